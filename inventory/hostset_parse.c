/* A hostlist is worked out name by name, not set by set.  First every term is
 * expanded into mentions (this name, in that term); then the mentions are sorted,
 * and for each name its mentions are followed from left to right: a ',' puts it
 * in, a '!' takes it out.  So the cost is O(n log n) in the names mentioned,
 * however many operators there are.
 */
#include "inventory/hostset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/arena.h"
#include "inventory/hostset_range.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define OPERATORS ",!&^"

struct mention {
    const char *name;
    unsigned term;       /* counts from 1                                      */
    unsigned and_before; /* the last term before this one joined by '&', or 0  */
    char op;
};

struct scan {
    const char *text;
    const struct hostset_groups *groups;
    const struct scan *outer; /* the expression that named this group, or NULL */
    const char *group;        /* its name                                      */
    size_t *left;             /* names that may still be mentioned, all scans together */

    unsigned term, and_last;
    char op;
    bool is_named; /* a failure already names the group it was in, the innermost */

    struct arena names;
    struct mention *mentions;
    size_t count, room;
};

static void scan_done(struct scan *s)
{
    arena_done(&s->names);
    free(s->mentions);
}

static int too_many(const struct scan *s, const char *at, struct fail *why)
{
    return hostlist_fail(s->text, at, why, "more than %d names", HOSTSET_MAX_NAMES);
}

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
        *numbers += (r.last - r.first) / r.step + 1;
        if (*numbers > *s->left)
            return too_many(s, start, why);
    } while (**p == ',');
    if (**p != ']')
        return hostlist_fail(s->text, *p, why,
                             **p ? "',' or ']' is expected" : "']' is missing");
    ++*p;
    return 0;
}

/* ---- terms ------------------------------------------------------------------------ */

static bool char_is_name(char c)
{
    return c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                       "0123456789-_.:",
                       c);
}

/* Check the whole term and find its end, before anything is made of it. */
static int measure(const struct scan *s, const char *start, const char **end,
                   struct fail *why)
{
    const char *p = start + (*start == '@');
    uint64_t product = 1, numbers;

    while (*p == '[' || char_is_name(*p)) {
        if (*p != '[') {
            p++;
            continue;
        }
        if (measure_bracket(s, &p, &numbers, why) < 0)
            return -1;
        product *= numbers;
        if (product > *s->left)
            return too_many(s, start, why);
    }
    if (*p == ']')
        return hostlist_fail(s->text, p, why, "']' without '['");
    if (*p && !strchr(OPERATORS HOSTLIST_SPACES, *p))
        return *p < '!' || *p > '~'
                   ? hostlist_fail(s->text, p, why, "this cannot be in a node name")
                   : hostlist_fail(s->text, p, why, "'%c' cannot be in a node name", *p);
    if (p == start + (*start == '@'))
        return hostlist_fail(s->text, start, why, "a %s name is missing",
                             *start == '@' ? "group" : "node");
    *end = p;
    return 0;
}

static struct mention *next_mention(struct scan *s)
{
    size_t room = s->room ? 2 * s->room : 64;
    struct mention *more;

    if (s->count < s->room)
        return &s->mentions[s->count];
    more = realloc(s->mentions, room * sizeof *more);
    if (!more)
        return NULL;
    s->mentions = more;
    s->room = room;
    return &more[s->count];
}

static int mention(struct scan *s, const char *at, const char *name, struct fail *why)
{
    struct mention *m = next_mention(s);
    const char *copy = m ? arena_copy(&s->names, name, strlen(name)) : NULL;

    if (!copy)
        return fail_memory(why);
    if (*s->left == 0)
        return too_many(s, at, why);
    --*s->left;
    *m = (struct mention){copy, s->term, s->and_last, s->op};
    s->count++;
    return 0;
}

static int evaluate(struct scan *s, struct hostset **set, struct fail *why);

static int check_circle(const struct scan *s, const char *group, struct fail *why)
{
    int depth = 0;

    for (; s; s = s->outer) {
        if (s->group && strcmp(s->group, group) == 0)
            return fail_set(why, FAIL_HOSTLIST, "group '%s' contains itself", group);
        if (++depth > HOSTSET_MAX_DEPTH)
            return fail_set(why, FAIL_HOSTLIST, "groups are nested more than %d deep",
                            HOSTSET_MAX_DEPTH);
    }
    return 0;
}

static int mention_group(struct scan *s, const char *at, const char *group,
                         struct fail *why)
{
    CLEANUP(scan_done)
    struct scan inner = {.groups = s->groups,
                         .outer = s,
                         .group = group,
                         .left = s->left};
    CLEANUP(hostset_done) struct hostset *members = NULL;

    if (!s->groups)
        return hostlist_fail(s->text, at, why, "there are no groups here");
    if (*s->left == 0)
        return too_many(s, at, why);
    --*s->left; /* an empty group is not free, or a small file could keep us busy */
    if (check_circle(s, group, why) < 0 ||
        s->groups->hostlist_of(s->groups->arg, group, &inner.text, why) < 0)
        return -1;
    if (evaluate(&inner, &members, why) < 0) {
        s->is_named = true;
        return inner.is_named ? -1 : fail_prefix(why, "group '%s'", group);
    }
    for (size_t i = 0; i < hostset_count(members); i++)
        if (mention(s, at, hostset_name(members, i), why) < 0)
            return -1;
    return 0;
}

static int take_name(struct scan *s, const char *at, const char *name, struct fail *why)
{
    if (*name == '@')
        return mention_group(s, at, name + 1, why);
    if (strchr("-.:", *name))
        return hostlist_fail(s->text, at, why, "a node name cannot begin with '%c'",
                             *name);
    if (s->groups && s->groups->is_node && !s->groups->is_node(s->groups->arg, name))
        return hostlist_fail(s->text, at, why, "no such node: '%s'", name);
    return mention(s, at, name, why);
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

    for (uint64_t v = r->first; v <= r->last; v += r->step) {
        int n = snprintf(number, sizeof number, "%0*" PRIu64, r->width, v);

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
    size_t plain = strcspn(t->text, "[" OPERATORS HOSTLIST_SPACES);
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

static int read_term(struct scan *s, const char **p, struct fail *why)
{
    struct partial t;

    t.text = t.start = *p;
    t.len = 0;
    s->term++;
    if (measure(s, t.start, &t.end, why) < 0 || expand(s, &t, why) < 0)
        return -1;
    if (s->op == '&')
        s->and_last = s->term;
    *p = t.end;
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
    for (s->op = ',';; s->op = *p++) {
        skip_spaces(&p);
        if (read_term(s, &p, why) < 0)
            return -1;
        skip_spaces(&p);
        if (!*p)
            return 0;
        if (!strchr(OPERATORS, *p))
            return hostlist_fail(s->text, p, why, "one of , ! & ^ is expected");
    }
}

/* ---- from mentions to a set ------------------------------------------------------- */

static int compare_mentions(const void *left, const void *right)
{
    const struct mention *a = left, *b = right;
    int order = hostset_compare(a->name, b->name);

    return order ? order : (a->term > b->term) - (a->term < b->term);
}

static void sort(struct mention *m, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (compare_mentions(&m[i - 1], &m[i]) > 0) {
            qsort(m, count, sizeof *m, compare_mentions);
            return;
        }
}

/* Follow one name through the expression; m[0] to m[n-1] are its mentions.  A
 * term joined by '&' that does not mention it takes it out.
 */
static bool stays(const struct mention *m, size_t n, unsigned and_last)
{
    unsigned term = 0;
    bool in = false;

    for (size_t i = 0; i < n; i++) {
        in = in && m[i].and_before <= term;
        if (m[i].op == ',')
            in = true;
        else if (m[i].op == '!')
            in = false;
        else if (m[i].op == '^' && m[i].term != term)
            in = !in;
        term = m[i].term;
    }
    return in && and_last <= term;
}

/* The set that s->text means. */
static int evaluate(struct scan *s, struct hostset **set, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *made = hostset_new();

    if (!made)
        return fail_memory(why);
    if (read_terms(s, why) < 0)
        return -1;
    sort(s->mentions, s->count);
    for (size_t i = 0, n; i < s->count; i += n) {
        const struct mention *m = &s->mentions[i];

        for (n = 1; i + n < s->count && strcmp(m[n].name, m->name) == 0;)
            n++;
        if (stays(m, n, s->and_last) && hostset_add(made, m->name, why) < 0)
            return -1;
    }
    *set = made;
    made = NULL;
    return 0;
}

int hostset_parse(const char *text, const struct hostset_groups *groups,
                  struct hostset **set, struct fail *why)
{
    size_t left = HOSTSET_MAX_NAMES;
    CLEANUP(scan_done)
    struct scan s = {.text = text, .groups = groups, .left = &left};

    return evaluate(&s, set, why);
}

int hostset_each(const char *text,
                 int (*visit)(void *arg, const char *name, struct fail *why), void *arg,
                 struct fail *why)
{
    size_t left = HOSTSET_MAX_NAMES;
    CLEANUP(scan_done) struct scan s = {.text = text, .left = &left};

    if (read_terms(&s, why) < 0)
        return -1;
    for (size_t i = 0; i < s.count; i++)
        if (s.mentions[i].op != ',')
            return fail_set(why, FAIL_HOSTLIST, "only ',' can join names in '%.*s'",
                            HOSTLIST_EXCERPT, text);
    for (size_t i = 0; i < s.count; i++)
        if (visit(arg, s.mentions[i].name, why) < 0)
            return -1;
    return 0;
}
