#include "protocol/steps.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/character.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* A package name is shorter by far; an interface has 15 at most. */
#define ARG_MAX_BYTES   128
#define IFACE_MAX_BYTES 15

/* clang-format off */
static const struct {
    const char *name;
    size_t args_min, args_max, arg_bytes;
} verbs[STEP_VERBS] = {
    [STEP_PACKAGES] = {"packages",  1, STEPS_MAX_ARGS, ARG_MAX_BYTES},
    [STEP_MODULES]  = {"modules",   1, STEPS_MAX_ARGS, ARG_MAX_BYTES},
    [STEP_RXE]      = {"soft-roce", 1, 1,              IFACE_MAX_BYTES},
    [STEP_MEMLOCK]  = {"memlock",   0, 0,              0},
};
/* clang-format on */

const char *step_name(enum step_verb verb)
{
    return verbs[verb].name;
}

static void clear_step(struct step *step)
{
    for (size_t i = 0; i < step->arg_count; i++)
        free(step->args[i]);
    free(step->args);
}

/* On failure nothing is left behind. */
static int copy_args(struct step *step, const char *const *args, size_t arg_count)
{
    step->args = calloc(arg_count + 1, sizeof *step->args);
    if (!step->args)
        return -1;
    for (; step->arg_count < arg_count; step->arg_count++) {
        step->args[step->arg_count] = strdup(args[step->arg_count]);
        if (!step->args[step->arg_count]) {
            clear_step(step);
            return -1;
        }
    }
    return 0;
}

int steps_add(struct steps *s, enum step_verb verb, const char *const *args,
              size_t arg_count, struct fail *why)
{
    struct step step = {.verb = verb};
    struct step *list;

    if (s->count >= STEPS_MAX || arg_count > STEPS_MAX_ARGS)
        return fail_set(why, FAIL_BUG, "more steps or arguments than %d and %d",
                        STEPS_MAX, STEPS_MAX_ARGS);
    list = realloc(s->list, (s->count + 1) * sizeof *list);
    if (!list)
        return fail_memory(why);
    s->list = list;
    if (copy_args(&step, args, arg_count) < 0)
        return fail_memory(why);
    list[s->count++] = step;
    return 0;
}

void steps_clear(struct steps *s)
{
    for (size_t i = 0; i < s->count; i++)
        clear_step(&s->list[i]);
    free(s->list);
    *s = (struct steps){0};
}

/* ---- encode -------------------------------------------------------------------- */

static struct json *encode_step(const struct step *step)
{
    CLEANUP(json_done) struct json *object = json_object();
    struct json *args = json_array(), *whole;
    bool fits = args != NULL;

    for (size_t i = 0; fits && i < step->arg_count; i++)
        fits = json_push(args, json_text(step->args[i])) == 0;
    if (!fits || !object || json_put_text(object, "name", step_name(step->verb)) < 0) {
        json_free(args);
        return NULL;
    }
    if (json_put(object, "args", args) < 0)
        return NULL;
    whole = object;
    object = NULL;
    return whole;
}

struct json *steps_encode(const struct steps *s)
{
    struct json *list = json_array();

    for (size_t i = 0; list && i < s->count; i++)
        if (json_push(list, encode_step(&s->list[i])) < 0) {
            json_free(list);
            return NULL;
        }
    return list;
}

/* ---- decode -------------------------------------------------------------------- */

static int find_verb(const char *name, enum step_verb *verb, struct fail *why)
{
    for (int i = 0; i < STEP_VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0) {
            *verb = (enum step_verb)i;
            return 0;
        }
    return fail_set(why, FAIL_GARBAGE, "'name': no such step: '%s'", name);
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Neither an option, nor a path, nor anything that a shell could care about. */
static int check_arg(const char *arg, size_t max_bytes, struct fail *why)
{
    if (!arg)
        return fail_set(why, FAIL_GARBAGE, "'args' holds something that is not text");
    if (strlen(arg) > max_bytes)
        return fail_set(why, FAIL_GARBAGE, "'args' holds '%.*s...', which is too long",
                        character_cut(arg, 20), arg);
    if (!is_alnum(*arg))
        return fail_set(why, FAIL_GARBAGE, "'args' holds '%s'", arg);
    for (const char *c = arg; *c; c++)
        if (!is_alnum(*c) && !strchr("._+:@-", *c))
            return fail_set(why, FAIL_GARBAGE, "'args' holds '%s'", arg);
    return 0;
}

static int decode_args(const struct json *list, enum step_verb verb, const char **args,
                       size_t *count, struct fail *why)
{
    *count = json_count(list);
    if (*count < verbs[verb].args_min || *count > verbs[verb].args_max)
        return fail_set(why, FAIL_GARBAGE, "'args' of %s: %zu of them", step_name(verb),
                        *count);
    for (const struct json *e = json_first(list); e; e = json_next(e), args++) {
        *args = json_text_of(e);
        if (check_arg(*args, verbs[verb].arg_bytes, why) < 0)
            return -1;
    }
    return 0;
}

static int decode_step(const struct json *object, struct steps *s, struct fail *why)
{
    const char *name, *args[STEPS_MAX_ARGS];
    const struct json *list;
    enum step_verb verb = STEP_VERBS;
    size_t count;

    if (json_get_text(object, "name", &name, why) < 0 ||
        find_verb(name, &verb, why) < 0 ||
        json_get_array(object, "args", &list, why) < 0 ||
        decode_args(list, verb, args, &count, why) < 0)
        return -1;
    return steps_add(s, verb, args, count, why);
}

int steps_decode(const struct json *list, struct steps *s, struct fail *why)
{
    if (!json_is_array(list) || json_count(list) > STEPS_MAX)
        return fail_set(why, FAIL_GARBAGE, "'steps' is not a list of at most %d",
                        STEPS_MAX);
    for (const struct json *e = json_first(list); e; e = json_next(e))
        if (decode_step(e, s, why) < 0) {
            fail_prefix(why, "step %zu", s->count);
            steps_clear(s);
            return -1;
        }
    return 0;
}
