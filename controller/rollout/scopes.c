#include "controller/rollout/scopes.h"

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
};

static int grow(struct maker *m)
{
    struct named *names;

    if (m->scopes->count < m->room)
        return 0;
    m->room = m->room ? 2 * m->room : 16;
    names = realloc(m->names, m->room * sizeof *names);
    if (!names)
        return -1;
    m->names = names;
    return 0;
}

/* The last ones first: neighbours by name tend to be in the same. */
static long find(struct maker *m, enum policy_scope kind, const char *name, size_t len)
{
    for (size_t i = m->scopes->count; i-- > 0;) {
        const struct named *n = &m->names[i];

        if (n->kind == kind && n->len == len && memcmp(n->name, name, len) == 0)
            return (long)i;
    }
    if (grow(m) < 0)
        return -1;
    m->names[m->scopes->count] = (struct named){.kind = kind, .name = name, .len = len};
    return (long)m->scopes->count++;
}

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
        made = set_limits(&m, keys);
    free(m.names);
    if (made == 0)
        return 0;
    scopes_clear(s);
    return fail_memory(why);
}

void scopes_clear(struct scopes *s)
{
    for (size_t i = 0; s->of && i < s->node_count; i++)
        free(s->of[i]);
    free(s->of);
    free(s->of_count);
    free(s->limits);
    *s = (struct scopes){0};
}
