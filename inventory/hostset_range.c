#include "inventory/hostset_range.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/hostset.h"
#include "protocol/fail.h"

/* The excerpt begins a little before the place, so that both are seen. */
int hostlist_fail(const char *text, const char *at, struct fail *why, const char *fmt,
                  ...)
{
    size_t column = (size_t)(at - text), len = strlen(text);
    size_t from = len <= HOSTLIST_EXCERPT || column < HOSTLIST_EXCERPT / 2
                      ? 0
                      : column - HOSTLIST_EXCERPT / 2;
    char what[160];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return fail_set(why, FAIL_HOSTLIST, "column %zu of '%s%.*s%s': %s", column + 1,
                    from ? "..." : "", HOSTLIST_EXCERPT, text + from,
                    from + HOSTLIST_EXCERPT < len ? "..." : "", what);
}

static void skip_spaces(const char **p)
{
    *p += strspn(*p, HOSTLIST_SPACES);
}

/* A number as it is written. */
struct number {
    const char *text; /* its first digit */
    int len;          /* of the digits   */
    int64_t value;    /* with its sign   */
};

static int read_number(const char *text, const char **p, struct number *n,
                       struct fail *why)
{
    bool is_negative = **p == '-';
    size_t len;

    n->text = *p + is_negative;
    len = strspn(n->text, "0123456789");
    if (len == 0)
        return hostlist_fail(text, n->text, why,
                             *n->text ? "a number is expected" : "']' is missing");
    if (len > HOSTSET_MAX_DIGITS)
        return hostlist_fail(text, n->text, why, "a number of more than %d digits",
                             HOSTSET_MAX_DIGITS);
    n->len = (int)len;
    n->value = strtoll(n->text, NULL, 10);
    if (is_negative)
        n->value = -n->value;
    *p = n->text + len;
    skip_spaces(p);
    if (is_negative && len > 1 && *n->text == '0')
        return hostlist_fail(text, n->text, why, "a number below zero cannot be padded");
    return 0;
}

static bool is_padded(const struct number *n)
{
    return n->len > 1 && *n->text == '0';
}

static int check_ends(const char *text, const struct number *first,
                      const struct number *last, struct fail *why)
{
    int len = (int)(last->text + last->len - first->text);

    if ((is_padded(first) || is_padded(last)) && first->len != last->len)
        return hostlist_fail(text, first->text, why, "the ends of '%.*s' differ in width",
                             len, first->text);
    if (last->value < first->value)
        return hostlist_fail(text, first->text, why, "the range '%.*s' runs backwards",
                             len, first->text);
    return 0;
}

static int read_step(const char *text, const char *start, bool alone, const char **p,
                     struct range *r, struct fail *why)
{
    struct number step;

    ++*p;
    skip_spaces(p);
    if (read_number(text, p, &step, why) < 0)
        return -1;
    if (step.value <= 0)
        return hostlist_fail(text, start, why, "the step is not above 0");
    if (alone && step.value != 1)
        return hostlist_fail(text, start, why, "a step without a range");
    r->step = step.value;
    return 0;
}

int range_read(const char *text, const char **p, struct range *r, struct fail *why)
{
    struct number first, last;
    const char *start;
    bool alone;

    skip_spaces(p);
    start = *p;
    if (read_number(text, p, &first, why) < 0)
        return -1;
    last = first;
    alone = **p != '-';
    if (!alone) {
        ++*p;
        skip_spaces(p);
        if (read_number(text, p, &last, why) < 0 ||
            check_ends(text, &first, &last, why) < 0)
            return -1;
    }
    *r = (struct range){first.value, last.value, 1, is_padded(&first) ? first.len : 0};
    return **p == '/' ? read_step(text, start, alone, p, r, why) : 0;
}

uint64_t range_count(const struct range *r)
{
    return (uint64_t)(r->last - r->first) / (uint64_t)r->step + 1;
}
