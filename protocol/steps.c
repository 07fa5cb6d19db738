#include "protocol/steps.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/character.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/url.h"

/* A package name is shorter by far; an interface has 15 at most. */
#define ARG_MAX_BYTES   128
#define IFACE_MAX_BYTES 15
#define FLAG_MAX_BYTES  160
#define HASH_BYTES      64

/* What an argument may look like.  None has a character that a shell could care about,
 * but for those of URLs, which are read by curl and wget from their standard input.
 */
enum look {
    LOOK_NAME, /* neither an option nor a path: [A-Za-z0-9][A-Za-z0-9._+:@-]* */
    LOOK_HASH, /* of SHA-256 */
    LOOK_URL,
    LOOK_FLAG, /* of an installer: --kernel, /usr/src/kernels/{kernel} */
};

#define LOOKS_MAX 6

/* The last look is that of all further arguments. */
/* clang-format off */
static const struct {
    const char *name;
    size_t args_min, args_max;
    enum look looks[LOOKS_MAX];
    size_t look_count, arg_bytes; /* of a name */
} verbs[STEP_VERBS] = {
    [STEP_DROP]      = {"drop",      2, 2,              {LOOK_NAME}, 1, ARG_MAX_BYTES},
    [STEP_PACKAGES]  = {"packages",  1, STEPS_MAX_ARGS, {LOOK_NAME}, 1, ARG_MAX_BYTES},
    [STEP_FETCH]     = {"fetch",     3, 4,              {LOOK_HASH, LOOK_NAME, LOOK_URL}, 3,
                        ARG_MAX_BYTES},
    [STEP_DOWNLOAD]  = {"download",  2, STEPS_MAX_ARGS, {LOOK_NAME}, 1, ARG_MAX_BYTES},
    [STEP_DRIVER]    = {"driver",    5, STEPS_MAX_ARGS, {LOOK_NAME, LOOK_NAME, LOOK_HASH,
                        LOOK_NAME, LOOK_NAME, LOOK_FLAG}, 6, ARG_MAX_BYTES},
    [STEP_DKMS]      = {"dkms",      2, STEPS_MAX_ARGS, {LOOK_NAME}, 1, ARG_MAX_BYTES},
    [STEP_MODULES]   = {"modules",   1, STEPS_MAX_ARGS, {LOOK_NAME}, 1, ARG_MAX_BYTES},
    [STEP_INITRAMFS] = {"initramfs", 1, 1,              {LOOK_NAME}, 1, ARG_MAX_BYTES},
    [STEP_RESTART]   = {"restart",   1, 1,              {LOOK_NAME}, 1, ARG_MAX_BYTES},
    [STEP_RXE]       = {"soft-roce", 1, 1,              {LOOK_NAME}, 1, IFACE_MAX_BYTES},
    [STEP_NAMES]     = {"names",     0, 0,              {LOOK_NAME}, 1, 0},
    [STEP_MEMLOCK]   = {"memlock",   0, 0,              {LOOK_NAME}, 1, 0},
    [STEP_IPOIB]     = {"ipoib",     2, STEPS_MAX_ARGS, {LOOK_NAME}, 1, ARG_MAX_BYTES},
    [STEP_HOLD]      = {"hold",      1, 2,              {LOOK_NAME}, 1, ARG_MAX_BYTES},
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

static bool is_made_of(const char *text, const char *others)
{
    for (; *text; text++)
        if (!is_alnum(*text) && !strchr(others, *text))
            return false;
    return true;
}

static bool is_hash(const char *text)
{
    return strlen(text) == HASH_BYTES && strspn(text, "0123456789abcdef") == HASH_BYTES;
}

static bool has_look(const char *arg, enum look look)
{
    switch (look) {
    case LOOK_HASH:
        return is_hash(arg);
    case LOOK_URL:
        return url_is_right(arg);
    case LOOK_FLAG:
        return *arg && is_made_of(arg, "._+:@-/={},");
    case LOOK_NAME:
        break;
    }
    return is_alnum(*arg) && is_made_of(arg, "._+:@-");
}

static size_t longest(enum step_verb verb, enum look look)
{
    return look == LOOK_URL    ? URL_MAX_BYTES
           : look == LOOK_FLAG ? FLAG_MAX_BYTES
                               : verbs[verb].arg_bytes;
}

static int check_arg(enum step_verb verb, size_t at, const char *arg, struct fail *why)
{
    size_t last = verbs[verb].look_count - 1;
    enum look look = verbs[verb].looks[at < last ? at : last];

    if (!arg)
        return fail_set(why, FAIL_GARBAGE, "'args' holds something that is not text");
    if (strlen(arg) > longest(verb, look))
        return fail_set(why, FAIL_GARBAGE, "'args' holds '%.*s...', which is too long",
                        character_cut(arg, 20), arg);
    if (!has_look(arg, look))
        return fail_set(why, FAIL_GARBAGE, "'args' holds '%s'", arg);
    return 0;
}

static int decode_args(const struct json *list, enum step_verb verb, const char **args,
                       size_t *count, struct fail *why)
{
    size_t at = 0;

    *count = json_count(list);
    if (*count < verbs[verb].args_min || *count > verbs[verb].args_max)
        return fail_set(why, FAIL_GARBAGE, "'args' of %s: %zu of them", step_name(verb),
                        *count);
    for (const struct json *e = json_first(list); e; e = json_next(e), at++) {
        args[at] = json_text_of(e);
        if (check_arg(verb, at, args[at], why) < 0)
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
