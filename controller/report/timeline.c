#include "controller/report/timeline.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "controller/report/chronicle.h"
#include "controller/report/spans.h"
#include "controller/report/shade.h"
#include "controller/rollout/node_state.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"

/* What one node is sorted by. */
struct mark {
    const struct chronicle_node *node;
    size_t index;
    int64_t began_ms; /* of the first work on it after it was planned */
    double road_s;
    bool has_row;
};

void timeline_clear(struct timeline *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->rows[i].nodes);
    free(t->rows);
    *t = (struct timeline){0};
}

/* ---- orders --------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    const struct mark *one = a, *other = b;

    return hostset_compare(one->node->name, other->node->name);
}

static int by_begin(const void *a, const void *b)
{
    const struct mark *one = a, *other = b;

    if (one->began_ms != other->began_ms)
        return one->began_ms < other->began_ms ? -1 : 1;
    return by_name(a, b);
}

static int by_road(const void *a, const void *b)
{
    const struct mark *one = a, *other = b;

    if (one->road_s < other->road_s || one->road_s > other->road_s)
        return one->road_s > other->road_s ? -1 : 1;
    return by_name(a, b);
}

/* The states it was in, one after the other. */
static int compare_courses(const struct chronicle_node *a, const struct chronicle_node *b)
{
    if (a->stay_count != b->stay_count)
        return a->stay_count < b->stay_count ? -1 : 1;
    for (size_t i = 0; i < a->stay_count; i++)
        if (a->stays[i].state != b->stays[i].state)
            return a->stays[i].state < b->stays[i].state ? -1 : 1;
    return 0;
}

static int by_course(const void *a, const void *b)
{
    const struct mark *one = a, *other = b;
    int order = one->has_row - other->has_row; /* who has none, first */

    if (!order)
        order = compare_courses(one->node, other->node);
    return order ? order : by_name(a, b);
}

static int by_size(const void *a, const void *b)
{
    const struct timeline_row *one = a, *other = b;

    if (one->why != other->why)
        return one->why < other->why ? -1 : 1;
    if (one->count != other->count)
        return one->count > other->count ? -1 : 1;
    return one->nodes[0] < other->nodes[0] ? -1 : 1;
}

/* ---- marks ---------------------------------------------------------------------------- */

/* Of one that nobody has begun with, after all others. */
static int64_t began_ms(const struct chronicle_node *n)
{
    bool is_planned = false;

    for (size_t i = 0; i < n->stay_count; i++) {
        if (is_planned && shade_is_busy(shade_of(n->stays[i].state)))
            return n->stays[i].from_ms;
        is_planned |= n->stays[i].state == NODE_PLANNED;
    }
    return INT64_MAX;
}

static struct mark *mark_all(const struct chronicle *c, int64_t until_ms)
{
    size_t count = chronicle_count(c);
    struct mark *marks = calloc(count + 1, sizeof *marks);

    for (size_t i = 0; marks && i < count; i++) {
        const struct chronicle_node *n = chronicle_node(c, i);

        marks[i] = (struct mark){.node = n,
                                 .index = i,
                                 .began_ms = began_ms(n),
                                 .road_s = span_on_the_road(n, until_ms)};
    }
    return marks;
}

/* ---- rows ------------------------------------------------------------------------------ */

static int add_row(struct timeline *t, enum timeline_why why_row,
                   const struct mark *marks, size_t count, struct fail *why)
{
    size_t room = t->room ? 2 * t->room : 32;
    size_t *nodes;

    if (t->count == t->room) {
        struct timeline_row *grown = reallocarray(t->rows, room, sizeof *grown);

        if (!grown)
            return fail_memory(why);
        t->rows = grown;
        t->room = room;
    }
    nodes = calloc(count, sizeof *nodes);
    if (!nodes)
        return fail_memory(why);
    for (size_t i = 0; i < count; i++)
        nodes[i] = marks[i].index;
    t->rows[t->count++] = (struct timeline_row){why_row, nodes, count};
    return 0;
}

static bool is_chosen(const struct mark *m, enum timeline_why which)
{
    return !m->has_row && (which != TIMELINE_FAILED || m->node->state == NODE_FAILED);
}

/* Rows for at most so many of them, in the order in which they stand. */
static int add_single(struct timeline *t, enum timeline_why which, struct mark *marks,
                      size_t count, size_t most, struct fail *why)
{
    for (size_t i = 0; i < count && most; i++) {
        if (!is_chosen(&marks[i], which))
            continue;
        if (add_row(t, which, &marks[i], 1, why) < 0)
            return -1;
        marks[i].has_row = true;
        most--;
    }
    return 0;
}

static size_t count_rest(const struct mark *marks, size_t count)
{
    size_t rest = 0;

    for (size_t i = 0; i < count; i++)
        rest += !marks[i].has_row;
    return rest;
}

/* Runs of one course in what is sorted by them; the small ones have one row together. */
static int add_shared(struct timeline *t, struct mark *marks, size_t count,
                      struct fail *why)
{
    size_t rest, first = t->count;

    qsort(marks, count, sizeof *marks, by_course);
    rest = count_rest(marks, count);
    for (size_t i = 0, end; i < rest; i = end) {
        for (end = i + 1;
             end < rest && compare_courses(marks[i].node, marks[end].node) == 0;)
            end++;
        if (add_row(t, TIMELINE_SHARED, marks + i, end - i, why) < 0)
            return -1;
    }
    if (t->count > first)
        qsort(t->rows + first, t->count - first, sizeof *t->rows, by_size);
    return 0;
}

/* The last rows become one. */
static int join_rest(struct timeline *t, size_t most, struct fail *why)
{
    struct timeline_row joined = {.why = TIMELINE_REST};
    size_t from = most - 1;

    if (t->count <= most)
        return 0;
    for (size_t i = from; i < t->count; i++)
        joined.count += t->rows[i].count;
    joined.nodes = calloc(joined.count, sizeof *joined.nodes);
    if (!joined.nodes)
        return fail_memory(why);
    joined.count = 0;
    for (size_t i = from; i < t->count; i++) {
        memcpy(joined.nodes + joined.count, t->rows[i].nodes,
               t->rows[i].count * sizeof *joined.nodes);
        joined.count += t->rows[i].count;
        free(t->rows[i].nodes);
    }
    t->rows[from] = joined;
    t->count = most;
    return 0;
}

static int add_large(struct timeline *t, const struct chronicle *c, struct mark *marks,
                     struct fail *why)
{
    size_t count = chronicle_count(c);

    qsort(marks, count, sizeof *marks, by_begin);
    if (add_single(t, TIMELINE_FAILED, marks, count, TIMELINE_MAX_FAILED, why) < 0)
        return -1;
    qsort(marks, count, sizeof *marks, by_road);
    if (add_single(t, TIMELINE_SLOW, marks, count, TIMELINE_SLOWEST, why) < 0 ||
        add_shared(t, marks, count, why) < 0)
        return -1;
    return join_rest(t, TIMELINE_MAX_ROWS, why);
}

int timeline_of(const struct chronicle *c, int64_t until_ms, struct timeline *t,
                struct fail *why)
{
    size_t count = chronicle_count(c);
    struct mark *marks = mark_all(c, until_ms);
    int result;

    *t = (struct timeline){0};
    if (!marks)
        return fail_memory(why);
    if (count <= TIMELINE_SMALL) {
        qsort(marks, count, sizeof *marks, by_begin);
        result = add_single(t, TIMELINE_ALL, marks, count, count, why);
    } else {
        result = add_large(t, c, marks, why);
    }
    free(marks);
    if (result < 0)
        timeline_clear(t);
    return result;
}
