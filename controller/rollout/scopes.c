#include "controller/rollout/scopes.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/rollout/course.h"
#include "inventory/fleet_policy.h"
#include "protocol/facts.h"
#include "protocol/fail.h"

/* A name of a kind: "debug" as a partition is another than "debug" as a leaf. */
struct named {
    enum policy_scope kind;
    const char *name; /* borrowed, len bytes */
    size_t len, size; /* so many nodes       */
};

struct maker {
    struct scopes *scopes;
    struct named *names;
    size_t room;
    size_t *slots; /* twice as many; number of a name + 1, 0: free */
};

/* ---- finding a name ------------------------------------------------------------------------ */

static bool is_named(const struct named *n, enum policy_scope kind, const char *name,
                     size_t len)
{
    return n->kind == kind && n->len == len && memcmp(n->name, name, len) == 0;
}

/* Where the name is, or would be; FNV-1a. */
static size_t *slot_of(const struct maker *m, enum policy_scope kind, const char *name,
                       size_t len)
{
    uint64_t hash = 14695981039346656037u ^ (uint64_t)kind;
    size_t at;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)name[i]) * 1099511628211u;
    for (at = hash % (2 * m->room); m->slots[at]; at = (at + 1) % (2 * m->room))
        if (is_named(&m->names[m->slots[at] - 1], kind, name, len))
            break;
    return &m->slots[at];
}

static int grow(struct maker *m)
{
    struct named *names;
    size_t room = m->room ? 2 * m->room : 16;

    if (m->scopes->count < m->room)
        return 0;
    names = realloc(m->names, room * sizeof *names);
    if (!names)
        return -1;
    m->names = names;
    free(m->slots);
    m->slots = calloc(2 * room, sizeof *m->slots);
    if (!m->slots)
        return -1;
    m->room = room;
    for (size_t i = 0; i < m->scopes->count; i++)
        *slot_of(m, names[i].kind, names[i].name, names[i].len) = i + 1;
    return 0;
}

static long find(struct maker *m, enum policy_scope kind, const char *name, size_t len)
{
    size_t *slot;

    if (grow(m) < 0)
        return -1;
    slot = slot_of(m, kind, name, len);
    if (!*slot) {
        m->names[m->scopes->count++] =
            (struct named){.kind = kind, .name = name, .len = len};
        *slot = m->scopes->count;
    }
    return (long)*slot - 1;
}

/* ---- putting nodes in ------------------------------------------------------------------------ */

static int put(struct maker *m, size_t node, enum policy_scope kind, const char *name,
               size_t len)
{
    struct scopes *s = m->scopes;
    size_t *list = realloc(s->of[node], (s->of_count[node] + 1) * sizeof *list);
    long scope;

    if (!list)
        return -1;
    s->of[node] = list;
    scope = find(m, kind, name, len);
    if (scope < 0)
        return -1;
    for (size_t i = 0; i < s->of_count[node]; i++)
        if (list[i] == (size_t)scope)
            return 0;
    m->names[scope].size++;
    list[s->of_count[node]++] = (size_t)scope;
    return 0;
}

static int put_name(struct maker *m, size_t node, enum policy_scope kind,
                    const char *name)
{
    return name && *name ? put(m, node, kind, name, strlen(name)) : 0;
}

static int put_partitions(struct maker *m, size_t node, const char *list)
{
    int bad = 0;

    while (list && *list && !bad) {
        size_t len = strcspn(list, ",");

        if (len)
            bad = put(m, node, POLICY_OF_PARTITION, list, len);
        list += len + (list[len] == ',');
    }
    return bad;
}

static int put_node(struct maker *m, size_t i, const struct course_node *n)
{
    const struct facts_azure *azure = n->facts ? n->facts->azure : NULL;

    return put(m, i, POLICY_OF_FLEET, "", 0) < 0 ||
                   put_partitions(m, i, n->partitions) < 0 ||
                   put_name(m, i, POLICY_OF_ZONE, azure ? azure->zone : NULL) < 0 ||
                   put_name(m, i, POLICY_OF_PLACEMENT,
                            azure ? azure->placement_group : NULL) < 0 ||
                   put_name(m, i, POLICY_OF_LEAF, n->leaf) < 0
               ? -1
               : 0;
}

static int set_limits(struct maker *m, const struct fleet_policy *keys)
{
    struct scopes *s = m->scopes;

    s->limits = calloc(s->count + 1, sizeof *s->limits);
    for (size_t i = 0; s->limits && i < s->count; i++)
        s->limits[i] = share_of_at_least_one(&keys->max_unavailable[m->names[i].kind],
                                             m->names[i].size);
    return s->limits ? 0 : -1;
}

static int set_names(struct maker *m)
{
    static const char *const kinds[] = {[POLICY_OF_FLEET] = "the fleet",
                                        [POLICY_OF_PARTITION] = "partition ",
                                        [POLICY_OF_ZONE] = "zone ",
                                        [POLICY_OF_PLACEMENT] = "placement group ",
                                        [POLICY_OF_LEAF] = "leaf "};
    struct scopes *s = m->scopes;

    s->names = calloc(s->count + 1, sizeof *s->names);
    for (size_t i = 0; s->names && i < s->count; i++)
        if (asprintf(&s->names[i], "%s%.*s", kinds[m->names[i].kind],
                     (int)m->names[i].len, m->names[i].name) < 0) {
            s->names[i] = NULL;
            return -1;
        }
    return s->names ? 0 : -1;
}

int scopes_make(struct scopes *s, const struct fleet_policy *keys,
                const struct course_node *nodes, size_t count, struct fail *why)
{
    struct maker m = {.scopes = s};
    int made;

    *s = (struct scopes){.of = calloc(count + 1, sizeof *s->of),
                         .of_count = calloc(count + 1, sizeof *s->of_count),
                         .node_count = count};
    made = s->of && s->of_count ? 0 : -1;
    for (size_t i = 0; made == 0 && i < count; i++)
        made = put_node(&m, i, &nodes[i]);
    if (made == 0)
        made = set_limits(&m, keys) < 0 || set_names(&m) < 0 ? -1 : 0;
    free(m.names);
    free(m.slots);
    if (made == 0)
        return 0;
    scopes_clear(s);
    return fail_memory(why);
}

void scopes_clear(struct scopes *s)
{
    for (size_t i = 0; s->of && i < s->node_count; i++)
        free(s->of[i]);
    for (size_t i = 0; s->names && i < s->count; i++)
        free(s->names[i]);
    free(s->names);
    free(s->of);
    free(s->of_count);
    free(s->limits);
    *s = (struct scopes){0};
}
