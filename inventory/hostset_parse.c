/* Terms, one after the other: what an expression says, before it means anything. */
#include "inventory/hostset_scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/hostset.h"
#include "inventory/hostset_range.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static void skip_spaces(const char **p)
{
    *p += strspn(*p, HOSTLIST_SPACES);
}

/* From '[' to after ']'; how many numbers it stands for. */
static int measure_bracket(const struct scan *s, const char **p, uint64_t *numbers,
                           struct fail *why)
{
    const char *start = *p;
    struct range r;

    *numbers = 0;
    do {
        ++*p;
        if (range_read(s->text, p, &r, why) < 0)
            return -1;
        *numbers += range_count(&r);
        if (*numbers > *s->left)
            return scan_too_many(s, start, why);
    } while (**p == ',');
    if (**p != ']')
        return hostlist_fail(s->text, *p, why,
                             **p ? "',' or ']' is expected" : "']' is missing");
    ++*p;
    return 0;
}

/* ---- terms ------------------------------------------------------------------------ */

static int refuse_char(const struct scan *s, const char *p, bool is_group,
                       struct fail *why)
{
    const char *what = is_group ? "group" : "node";

    if (*p == ']')
        return hostlist_fail(s->text, p, why, "']' without '['");
    if (*p < '!' || *p > '~')
        return hostlist_fail(s->text, p, why, "this cannot be in a %s name", what);
    return hostlist_fail(s->text, p, why, "'%c' cannot be in a %s name", *p, what);
}

static bool is_end(char c)
{
    return !c || strchr(HOSTLIST_OPERATORS HOSTLIST_SPACES, c);
}

/* Check the whole term and find its end, before anything is made of it. */
static int measure(const struct scan *s, const char *start, const char **end,
                   struct fail *why)
{
    bool is_group = *start == '@';
    const char *p = start + is_group;
    uint64_t product = 1, numbers;

    while (*p == '[' ||
           scan_char_is_in(*p, is_group ? GROUP_MARKS "*@" : NAME_MARKS "*?")) {
        if (*p != '[') {
            p++;
            continue;
        }
        if (measure_bracket(s, &p, &numbers, why) < 0)
            return -1;
        product *= numbers;
        if (product > *s->left)
            return scan_too_many(s, start, why);
    }
    if (!is_end(*p))
        return refuse_char(s, p, is_group, why);
    if (p == start + is_group)
        return hostlist_fail(s->text, start, why, "a %s name is missing",
                             is_group ? "group" : "node");
    *end = p;
    return 0;
}

static int take_name(struct scan *s, const char *at, const char *name, struct fail *why)
{
    const struct hostset_groups *g = s->groups;

    if (*name == '@')
        return scan_group(s, at, name, why);
    if (strpbrk(name, "*?"))
        return scan_pattern(s, at, name, why);
    if (strchr(NAME_MARKS, *name))
        return hostlist_fail(s->text, at, why, "a node name cannot begin with '%c'",
                             *name);
    if (g && g->is_node && !g->is_node(g->arg, s->of_group, name))
        return hostlist_fail(s->text, at, why, "no such node: '%s'", name);
    return scan_mention(s, at, name, why);
}

/* A term on its way to names: text is what is still to be read of it. */
struct partial {
    const char *text, *start, *end;
    size_t len;
    char name[HOSTSET_MAX_NAME + 2]; /* '@' and NUL */
};

static int expand(struct scan *s, struct partial *t, struct fail *why);

static int append(const struct scan *s, struct partial *t, const char *text, size_t n,
                  struct fail *why)
{
    if (t->len + n > HOSTSET_MAX_NAME)
        return hostlist_fail(s->text, t->start, why, "a name of more than %d bytes",
                             HOSTSET_MAX_NAME);
    memcpy(t->name + t->len, text, n);
    t->len += n;
    t->name[t->len] = '\0';
    return 0;
}

static int expand_range(struct scan *s, struct partial *t, const char *rest,
                        const struct range *r, struct fail *why)
{
    size_t len = t->len;
    char number[HOSTSET_MAX_DIGITS + 3];

    for (int64_t v = r->first; v <= r->last; v += r->step) {
        int n = snprintf(number, sizeof number, "%0*" PRId64, r->width, v);

        t->len = len;
        t->text = rest;
        if (append(s, t, number, (size_t)n, why) < 0 || expand(s, t, why) < 0)
            return -1;
    }
    t->len = len;
    return 0;
}

/* Each bracket adds a digit to the name, so the depth is bounded by its length. */
static int expand(struct scan *s, struct partial *t, struct fail *why)
{
    size_t plain = strcspn(t->text, "[" HOSTLIST_OPERATORS HOSTLIST_SPACES);
    const char *p = t->text + plain, *rest;
    struct range r;

    if (append(s, t, t->text, plain, why) < 0)
        return -1;
    if (p >= t->end)
        return take_name(s, t->start, t->name, why);
    rest = strchr(p, ']') + 1;
    do {
        ++p;
        if (range_read(s->text, &p, &r, why) < 0 || expand_range(s, t, rest, &r, why) < 0)
            return -1;
    } while (*p == ',');
    return 0;
}

static int read_names(struct scan *s, const char **p, struct fail *why)
{
    struct partial t = {.text = *p, .start = *p};
    size_t before = s->count;

    if (measure(s, t.start, &t.end, why) < 0 || expand(s, &t, why) < 0)
        return -1;
    if (s->count == before && !s->title && *t.start != '@')
        return hostlist_fail(s->text, t.start, why, "no node matches '%.*s'",
                             (int)(t.end - t.start), t.start);
    *p = t.end;
    return 0;
}

/* pdsh's standard input: a '-' alone; `-^` is `but not the file`.  Not for a group, which
 * has none.
 */
static bool is_stdin(const struct scan *s, const char *p)
{
    return !s->title && *p == '-' && p[1] != '^' && is_end(p[1]);
}

/* pdsh's way to say `but not`: ib[1-4],-ib3 */
static void read_minus(struct scan *s, const char **p)
{
    if (**p == '-' && s->term && s->op == ',' && !is_stdin(s, *p)) {
        s->op = '!';
        ++*p;
    }
}

static int read_term(struct scan *s, const char **p, struct fail *why)
{
    int status;

    read_minus(s, p);
    if (**p == '/' && s->op == ',' && !scan_candidates(s)) /* a filter: but only */
        s->op = '&';
    s->term++;
    s->has_others |= s->op != ',';
    if (**p == '/')
        status = scan_regex(s, p, why);
    else if (**p == '^' || is_stdin(s, *p))
        status = scan_file(s, p, why);
    else
        status = read_names(s, p, why);
    if (status == 0 && s->op == '&')
        s->and_last = s->term;
    return status;
}

/* What joins the next term: an operator, or white space, which is as good as ','.  A
 * bracket after white space is more likely a slip.  0 at the end of the text.
 */
static int read_operator(struct scan *s, const char **p, char *op, struct fail *why)
{
    const char *start = *p;

    skip_spaces(p);
    if (!**p || strchr(HOSTLIST_OPERATORS, **p))
        *op = **p ? *(*p)++ : '\0';
    else if (*p > start && **p != '[')
        *op = ',';
    else
        return hostlist_fail(s->text, *p, why, "one of , ! & ^ is expected");
    return 0;
}

static int read_terms(struct scan *s, struct fail *why)
{
    const char *p = s->text;

    if (strnlen(s->text, HOSTSET_MAX_TEXT + 1) > HOSTSET_MAX_TEXT)
        return fail_set(why, FAIL_HOSTLIST, "the hostlist is longer than %zu bytes",
                        HOSTSET_MAX_TEXT);
    skip_spaces(&p);
    if (!*p)
        return 0;
    for (s->op = ','; s->op;) {
        skip_spaces(&p);
        if (read_term(s, &p, why) < 0 || read_operator(s, &p, &s->op, why) < 0)
            return -1;
    }
    return 0;
}

/* ---- all of it ------------------------------------------------------------------- */

int scan_evaluate(struct scan *s, struct hostset **set, struct fail *why)
{
    return read_terms(s, why) < 0 ? -1 : scan_settle(s, set, why);
}

int hostset_parse(const char *text, const struct hostset_groups *groups,
                  struct hostset **set, struct fail *why)
{
    size_t left = HOSTSET_MAX_NAMES;
    CLEANUP(scan_done)
    struct scan s = {.text = text, .groups = groups, .left = &left};

    return scan_evaluate(&s, set, why);
}

int hostset_each(const char *text,
                 int (*visit)(void *arg, const char *name, struct fail *why), void *arg,
                 struct fail *why)
{
    size_t left = HOSTSET_MAX_NAMES;
    CLEANUP(scan_done) struct scan s = {.text = text, .left = &left};

    if (read_terms(&s, why) < 0)
        return -1;
    if (s.has_others)
        return fail_set(why, FAIL_HOSTLIST, "only ',' can join names in '%.*s'",
                        HOSTLIST_EXCERPT, text);
    for (size_t i = 0; i < s.count; i++)
        if (visit(arg, s.mentions[i].name, why) < 0)
            return -1;
    return 0;
}
