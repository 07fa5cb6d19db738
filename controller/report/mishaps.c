#include "controller/report/mishaps.h"

#include <stdlib.h>
#include <string.h>

#include "controller/rollout/signature.h"
#include "controller/screen/advice.h"
#include "controller/screen/escape.h"
#include "controller/screen/text.h"
#include "inventory/hostset.h"
#include "protocol/scope.h"

struct group {
    struct mishap mishap;
    char signature[SIGNATURE_BYTES];
    char *reason;
    struct hostset *nodes;
    char *folded; /* NULL: not asked for yet */
};

struct mishaps {
    struct group *groups;
    size_t count, room, nodes;
};

struct mishaps *mishaps_new(void)
{
    return calloc(1, sizeof(struct mishaps));
}

static void group_clear(struct group *g)
{
    free(g->reason);
    free(g->folded);
    hostset_free(g->nodes);
}

void mishaps_free(struct mishaps *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->count; i++)
        group_clear(&m->groups[i]);
    free(m->groups);
    free(m);
}

void mishaps_done(struct mishaps **m)
{
    mishaps_free(*m);
}

/* ---- adding -------------------------------------------------------------------------- */

static struct group *find(const struct mishaps *m, const char *signature)
{
    for (size_t i = 0; i < m->count; i++)
        if (strcmp(m->groups[i].signature, signature) == 0)
            return &m->groups[i];
    return NULL;
}

static struct group *begin(struct mishaps *m, const char *signature, enum fail_code code,
                           const char *reason, struct fail *why)
{
    struct group made = {.mishap = {.code = code, .alike = true},
                         .reason = strdup(reason),
                         .nodes = hostset_new()};
    size_t room = m->room ? 2 * m->room : 8;

    if (m->count == m->room) {
        struct group *grown = reallocarray(m->groups, room, sizeof *grown);

        m->groups = grown ? grown : m->groups;
        m->room = grown ? room : m->room;
    }
    if (m->count == m->room || !made.reason || !made.nodes) {
        group_clear(&made);
        fail_memory(why);
        return NULL;
    }
    made.mishap.reason = made.reason;
    strcpy(made.signature, signature);
    m->groups[m->count] = made;
    return &m->groups[m->count++];
}

int mishaps_add(struct mishaps *m, const char *node, enum fail_code code,
                const char *reason, int64_t at_ms, struct fail *why)
{
    char signature[SIGNATURE_BYTES];
    struct group *g = find(m, signature_of(code, reason, node, signature));

    if (!g)
        g = begin(m, signature, code, reason, why);
    if (!g || hostset_add(g->nodes, node, why) < 0)
        return -1;
    free(g->folded);
    g->folded = NULL;
    g->mishap.alike &= strcmp(g->reason, reason) == 0;
    g->mishap.nodes++;
    if (at_ms > g->mishap.last_ms)
        g->mishap.last_ms = at_ms;
    m->nodes++;
    return 0;
}

/* ---- reading ------------------------------------------------------------------------- */

static int most_first(const void *a, const void *b)
{
    const struct group *one = a, *other = b;

    if (one->mishap.nodes != other->mishap.nodes)
        return one->mishap.nodes > other->mishap.nodes ? -1 : 1;
    return hostset_compare(hostset_name(one->nodes, 0), hostset_name(other->nodes, 0));
}

static int latest_first(const void *a, const void *b)
{
    const struct group *one = a, *other = b;

    if (one->mishap.last_ms != other->mishap.last_ms)
        return one->mishap.last_ms > other->mishap.last_ms ? -1 : 1;
    return most_first(a, b);
}

void mishaps_sort(struct mishaps *m, enum mishaps_order order)
{
    if (m->count)
        qsort(m->groups, m->count, sizeof *m->groups,
              order == MISHAPS_MOST_FIRST ? most_first : latest_first);
}

size_t mishaps_count(const struct mishaps *m)
{
    return m->count;
}

size_t mishaps_nodes(const struct mishaps *m)
{
    return m->nodes;
}

const struct mishap *mishaps_at(const struct mishaps *m, size_t i)
{
    return &m->groups[i].mishap;
}

const char *mishaps_hosts(struct mishaps *m, size_t i)
{
    struct group *g = &m->groups[i];

    if (!g->folded)
        g->folded = hostset_fold(g->nodes);
    return g->folded;
}

const char *mishaps_first(const struct mishaps *m, size_t i)
{
    return hostset_name(m->groups[i].nodes, 0);
}

void mishaps_add_head(struct mishaps *m, size_t i, struct text *text)
{
    const struct mishap *one = mishaps_at(m, i);
    const char *hosts = mishaps_hosts(m, i);

    text_add(text, "%zu node%s %s: %s (%s)", one->nodes, one->nodes == 1 ? "" : "s",
             hosts ? hosts : "?", advice_title(one->code), fail_code_name(one->code));
}

void mishaps_add_line(struct mishaps *m, size_t i, struct text *text)
{
    const struct mishap *one = mishaps_at(m, i);

    mishaps_add_head(m, i, text);
    if (!*one->reason)
        return;
    text_add(text, ": ");
    escape_add(text, one->reason);
    text_add(text, "%s", one->alike ? "" : " ...");
}
