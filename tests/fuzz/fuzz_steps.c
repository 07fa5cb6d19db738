/* Whatever list of steps is sent: what is taken has known verbs, few arguments, and of them
 * none that a shell could care about, or that a program could take for an option of its own
 * where it is not one.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

/* A URL may have what a shell would read; it never is an argument of a program. */
static int is_url(const char *arg)
{
    return strncmp(arg, "http://", 7) == 0 || strncmp(arg, "https://", 8) == 0;
}

static void check_arg(const struct step *step, size_t i)
{
    const char *arg = step->args[i];
    int is_flag = step->verb == STEP_DRIVER && i >= 5;

    demand(*arg && (is_flag || *arg != '-'));
    if (step->verb == STEP_FETCH && i >= 2) {
        demand(is_url(arg));
        return;
    }
    demand(!strpbrk(arg, " \t\n'\"\\`$;|&<>()*?[]!#~^"));
    for (; *arg; arg++)
        demand((unsigned char)*arg > ' ' && (unsigned char)*arg < 0x7f);
}

static void check(const struct steps *s)
{
    CLEANUP(json_done) struct json *doc = steps_encode(s);
    struct steps again = {0};

    demand(s->count <= STEPS_MAX);
    for (size_t i = 0; i < s->count; i++) {
        demand(s->list[i].verb < STEP_VERBS && s->list[i].arg_count <= STEPS_MAX_ARGS);
        for (size_t j = 0; j < s->list[i].arg_count; j++)
            check_arg(&s->list[i], j);
    }
    demand(doc && steps_decode(doc, &again, NULL) == 0 && again.count == s->count);
    steps_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(json_done) struct json *doc = NULL;
    struct fail why = {.code = FAIL_NONE};
    struct steps s = {0};

    if (json_parse((const char *)data, size, &doc, NULL) < 0)
        return 0;
    if (steps_decode(doc, &s, &why) < 0)
        demand(why.code == FAIL_GARBAGE && *why.text && !s.count);
    else
        check(&s);
    steps_clear(&s);
    return 0;
}
