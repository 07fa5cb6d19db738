#include "controller/rollout/sequence.h"

#include <stdlib.h>
#include <string.h>

#include "controller/rollout/policy.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

struct place {
    const struct sequence_node *node;
    const struct fleet_policy *keys;
    size_t index;  /* by name */
    size_t rank;   /* among those of its leaf */
    bool is_first; /* a canary */
};

static const char *leaf_of(const struct sequence_node *n)
{
    if (n->leaf)
        return n->leaf;
    if (n->placement)
        return n->placement;
    return n->zone ? n->zone : "";
}

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int compare_numbers(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

/* ---- the order ------------------------------------------------------------------------- */

static int by_leaf(const void *x, const void *y)
{
    const struct place *a = x, *b = y;
    int d = strcmp(leaf_of(a->node), leaf_of(b->node));

    return d ? d : compare_numbers(a->index, b->index);
}

static void set_ranks(struct place *places, size_t count)
{
    qsort(places, count, sizeof *places, by_leaf);
    for (size_t i = 1; i < count; i++)
        if (strcmp(leaf_of(places[i].node), leaf_of(places[i - 1].node)) == 0)
            places[i].rank = places[i - 1].rank + 1;
}

static int compare_by(const struct place *a, const struct place *b, unsigned word)
{
    switch (word) {
    case ORDER_UNHEALTHY:
        return b->node->is_unavailable - a->node->is_unavailable;
    case ORDER_SPREAD:
        return compare_numbers(a->rank, b->rank);
    default:
        return 0;
    }
}

/* Who was not in the earlier sequence comes last. */
static int compare_stages(const struct sequence_node *a, const struct sequence_node *b)
{
    return compare_numbers((size_t)a->stage, (size_t)b->stage);
}

static int by_order(const void *x, const void *y)
{
    const struct place *a = x, *b = y;

    if (a->node->stage != b->node->stage)
        return compare_stages(a->node, b->node);
    if (a->is_first != b->is_first)
        return a->is_first ? -1 : 1;
    for (unsigned i = 0; i < a->keys->order_count; i++) {
        int d = compare_by(a, b, a->keys->order[i]);

        if (d)
            return d;
    }
    return compare_numbers(a->index, b->index);
}

/* ---- canaries -------------------------------------------------------------------------- */

static int compare_kinds(const struct sequence_node *a, const struct sequence_node *b)
{
    int d = compare_texts(a->size, b->size);

    d = d ? d : compare_texts(a->image, b->image);
    d = d ? d : compare_texts(a->kernel, b->kernel);
    return d ? d : strcmp(leaf_of(a), leaf_of(b));
}

static int by_kind(const void *x, const void *y)
{
    const struct place *a = *(struct place *const *)x, *b = *(struct place *const *)y;
    int d = compare_kinds(a->node, b->node);

    return d ? d : by_order(a, b);
}

/* The first of each kind, in the order without canaries. */
static int cover(struct place *places, size_t count)
{
    struct place **by = calloc(count + 1, sizeof *by);

    if (!by)
        return -1;
    for (size_t i = 0; i < count; i++)
        by[i] = &places[i];
    qsort(by, count, sizeof *by, by_kind);
    for (size_t i = count; i-- > 0;)
        by[i]->is_first = !i || compare_kinds(by[i]->node, by[i - 1]->node) != 0;
    free(by);
    return 0;
}

/* The places stand in their order already. */
static int choose_canaries(const struct fleet_policy *keys, struct place *places,
                           size_t count)
{
    if (keys->canary == CANARY_COVERAGE)
        return cover(places, count);
    for (size_t i = 0; i < count; i++)
        places[i].is_first = keys->canary == CANARY_HOSTS
                                 ? places[i].node->is_canary
                                 : keys->canary == CANARY_COUNT && i < keys->canary_count;
    return 0;
}

/* ---- batches --------------------------------------------------------------------------- */

static size_t size_of_batch(const struct fleet_policy *keys, size_t batch, size_t count)
{
    size_t last = keys->ramp_count - 1;

    return share_of_at_least_one(&keys->ramp[batch < last ? batch : last], count);
}

static void cut(struct sequence *s, const struct fleet_policy *keys,
                const struct place *places)
{
    size_t at = 0, batch = 0;

    while (at < s->taking_part && places[at].is_first)
        s->stage[at++] = 0;
    s->has_canaries = at > 0;
    s->stage_count = s->has_canaries;
    for (; at < s->taking_part; batch++, s->stage_count++) {
        size_t size = size_of_batch(keys, batch, s->taking_part);

        for (size_t i = 0; i < size && at < s->taking_part; i++)
            s->stage[at++] = s->stage_count;
    }
}

/* A sequence that is taken up again. */
static void keep(struct sequence *s, const struct fleet_policy *keys,
                 const struct place *places)
{
    for (size_t i = 0; i < s->taking_part; i++) {
        long stage = places[i].node->stage;

        s->stage[i] = stage >= 0 ? (size_t)stage : s->stage_count;
        if (stage >= 0)
            s->stage_count = (size_t)stage + 1;
    }
    if (s->taking_part && s->stage[s->taking_part - 1] == s->stage_count)
        s->stage_count++;
    s->has_canaries = keys->canary != CANARY_NONE;
}

/* ---- all of it ------------------------------------------------------------------------- */

static void fill(struct sequence *s, const struct place *places,
                 const struct sequence_node *nodes)
{
    size_t at = s->taking_part;

    for (size_t i = 0; i < s->taking_part; i++)
        s->order[i] = places[i].index;
    for (size_t i = 0; i < s->count; i++)
        if (!nodes[i].takes_part) {
            s->order[at] = i;
            s->stage[at++] = POLICY_NO_STAGE;
        }
}

static int arrange(struct sequence *s, const struct fleet_policy *keys,
                   struct place *places)
{
    set_ranks(places, s->taking_part);
    qsort(places, s->taking_part, sizeof *places, by_order);
    if (s->taking_part && places[0].node->stage >= 0) {
        keep(s, keys, places);
        return 0;
    }
    if (choose_canaries(keys, places, s->taking_part) < 0)
        return -1;
    qsort(places, s->taking_part, sizeof *places, by_order);
    cut(s, keys, places);
    return 0;
}

int sequence_make(struct sequence *s, const struct fleet_policy *keys,
                  const struct sequence_node *nodes, size_t count, struct fail *why)
{
    struct place *places = calloc(count + 1, sizeof *places);
    int made = -1;

    *s = (struct sequence){.order = calloc(count + 1, sizeof *s->order),
                           .stage = calloc(count + 1, sizeof *s->stage),
                           .count = count};
    for (size_t i = 0; places && i < count; i++)
        if (nodes[i].takes_part)
            places[s->taking_part++] =
                (struct place){.node = &nodes[i], .keys = keys, .index = i};
    if (places && s->order && s->stage)
        made = arrange(s, keys, places);
    if (made == 0)
        fill(s, places, nodes);
    else
        sequence_clear(s);
    free(places);
    return made < 0 ? fail_memory(why) : 0;
}

void sequence_clear(struct sequence *s)
{
    free(s->order);
    free(s->stage);
    *s = (struct sequence){0};
}

size_t sequence_stage(const struct sequence *s, size_t stage, size_t *first)
{
    size_t from = 0, until;

    while (from < s->taking_part && s->stage[from] < stage)
        from++;
    for (until = from; until < s->taking_part && s->stage[until] == stage;)
        until++;
    *first = from;
    return until - from;
}
