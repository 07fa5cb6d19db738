#include "protocol/fail.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocol/character.h"

static const struct {
    enum fail_kind kind;
    const char *name;
} codes[FAIL_CODE_COUNT] = {
#define X(code, kind, name) [code] = {FAIL_KIND_##kind, name},
    FAIL_CODES(X)
#undef X
};

static const char *const kinds[FAIL_KINDS] = {"none", "input", "again", "node", "here"};

/* A failure is one line wherever it is printed, whoever wrote its words. */
static void tidy(char *text, size_t size, int wanted)
{
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
    if (wanted >= (int)size)
        strcpy(text + character_cut(text, size - sizeof "..."), "...");
}

int fail_set(struct fail *why, enum fail_code code, const char *fmt, ...)
{
    int saved = errno, wanted;
    va_list ap;

    assert(code > FAIL_NONE && code < FAIL_CODE_COUNT);
    if (why) {
        struct fail made = {.code = code};

        va_start(ap, fmt); /* into a copy: an argument may be why->text itself */
        wanted = vsnprintf(made.text, sizeof made.text, fmt, ap);
        va_end(ap);
        tidy(made.text, sizeof made.text, wanted);
        *why = made;
    }
    errno = saved;
    return -1;
}

int fail_prefix(struct fail *why, const char *fmt, ...)
{
    char before[sizeof why->text], after[sizeof why->text];
    int saved = errno, wanted;
    va_list ap;

    if (why) {
        memcpy(after, why->text, sizeof after);
        va_start(ap, fmt);
        vsnprintf(before, sizeof before, fmt, ap);
        va_end(ap);
        wanted = snprintf(why->text, sizeof why->text, "%s: %s", before, after);
        tidy(why->text, sizeof why->text, wanted);
    }
    errno = saved;
    return -1;
}

int fail_memory(struct fail *why)
{
    return fail_set(why, FAIL_MEMORY, "out of memory");
}

enum fail_kind fail_kind_of(enum fail_code code)
{
    assert(code < FAIL_CODE_COUNT);
    return codes[code].kind;
}

const char *fail_code_name(enum fail_code code)
{
    assert(code < FAIL_CODE_COUNT);
    return codes[code].name;
}

enum fail_code fail_code_of(const char *name)
{
    for (int i = 0; i < FAIL_CODE_COUNT; i++)
        if (strcmp(codes[i].name, name) == 0)
            return (enum fail_code)i;
    return FAIL_UNKNOWN;
}

const char *fail_kind_name(enum fail_kind kind)
{
    assert(kind < FAIL_KINDS);
    return kinds[kind];
}
