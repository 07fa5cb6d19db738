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

static int read_number(const char *text, const char **p, uint64_t *number, int *len,
                       struct fail *why)
{
    const char *start = *p;
    size_t n = strspn(start, "0123456789");

    if (n == 0)
        return hostlist_fail(text, start, why,
                             *start ? "a number is expected" : "']' is missing");
    if (n > HOSTSET_MAX_DIGITS)
        return hostlist_fail(text, start, why, "a number of more than %d digits",
                             HOSTSET_MAX_DIGITS);
    *number = strtoull(start, NULL, 10);
    *len = (int)n;
    *p = start + n;
    skip_spaces(p);
    return 0;
}

static bool is_padded(const char *number, int len)
{
    return len > 1 && *number == '0';
}

static int read_end(const char *text, const char *start, int width, const char **p,
                    struct range *r, struct fail *why)
{
    const char *end;
    int end_width;

    skip_spaces(p);
    end = *p;
    if (read_number(text, p, &r->last, &end_width, why) < 0)
        return -1;
    if ((r->width || is_padded(end, end_width)) && width != end_width)
        return hostlist_fail(text, start, why, "the ends of '%.*s-%.*s' differ in width",
                             width, start, end_width, end);
    if (r->last < r->first)
        return hostlist_fail(text, start, why, "the range '%.*s-%.*s' runs backwards",
                             width, start, end_width, end);
    return 0;
}

int range_read(const char *text, const char **p, struct range *r, struct fail *why)
{
    const char *start;
    bool alone;
    int width, step_width;

    skip_spaces(p);
    start = *p;
    if (read_number(text, p, &r->first, &width, why) < 0)
        return -1;
    r->last = r->first;
    r->step = 1;
    r->width = is_padded(start, width) ? width : 0;
    alone = **p != '-';
    if (!alone && (++*p, read_end(text, start, width, p, r, why) < 0))
        return -1;
    if (**p != '/')
        return 0;
    ++*p;
    skip_spaces(p);
    if (read_number(text, p, &r->step, &step_width, why) < 0)
        return -1;
    if (r->step == 0)
        return hostlist_fail(text, start, why, "the step is 0");
    if (alone && r->step != 1)
        return hostlist_fail(text, start, why, "a step without a range");
    return 0;
}
