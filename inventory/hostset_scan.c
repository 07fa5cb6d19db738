#include "inventory/hostset_scan.h"

#include <stdlib.h>
#include <string.h>

#include "inventory/hostset.h"
#include "inventory/hostset_range.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

void scan_done(struct scan *s)
{
    arena_done(&s->names);
    free(s->mentions);
    hostset_free(s->known);
}

bool scan_char_is_in(char c, const char *marks)
{
    return c && (strchr(marks, c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                 (c >= '0' && c <= '9'));
}

const struct hostset *scan_candidates(const struct scan *s)
{
    return s->groups ? s->groups->candidates : NULL;
}

int scan_too_many(const struct scan *s, const char *at, struct fail *why)
{
    return hostlist_fail(s->text, at, why, "more than %d names", HOSTSET_MAX_NAMES);
}

/* ---- mentions ----------------------------------------------------------------------- */

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

int scan_mention(struct scan *s, const char *at, const char *name, struct fail *why)
{
    struct mention *m = next_mention(s);
    const char *copy = m ? arena_copy(&s->names, name, strlen(name)) : NULL;

    if (!copy)
        return fail_memory(why);
    if (*s->left == 0)
        return scan_too_many(s, at, why);
    --*s->left;
    *m = (struct mention){copy, s->term, s->and_last, s->op};
    s->count++;
    return 0;
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

int scan_settle(struct scan *s, struct hostset **set, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *made = hostset_new();

    if (!made)
        return fail_memory(why);
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
