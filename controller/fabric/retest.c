#include "controller/fabric/retest.h"

#include <stdlib.h>

#include "controller/fabric/explain.h"
#include "controller/fabric/grid.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "protocol/fail.h"

static bool can_meet_again(const struct retest *r, size_t a, size_t b)
{
    return r->members[a].why.code == FAIL_NONE && r->members[b].why.code == FAIL_NONE;
}

static unsigned retests_of(const struct grid *g)
{
    return g->symptom == SYMPTOM_FAILED ? VERDICT_FAILED_RETESTS : VERDICT_SLOW_RETESTS;
}

static unsigned probes_of(const struct grid *g)
{
    return g->symptom == SYMPTOM_FAILED ? VERDICT_FAILED_PROBES : VERDICT_SLOW_PROBES;
}

static void queue(const struct retest *r, struct grid *g, size_t a, size_t b)
{
    struct verdict *v = r->v;

    if (v->suspect_count >= RETEST_MOST || grid_is(g, a, b, CELL_QUEUED))
        return;
    tally_pair(r->t, a, b)->suspected = true;
    g->cells[a * r->n + b] |= CELL_QUEUED;
    g->cells[b * r->n + a] |= CELL_QUEUED;
    v->suspects[v->suspect_count++] = (struct verdict_pair){a < b ? a : b, a < b ? b : a};
}

static bool is_charged(const struct grid *g, const struct culprit *who, size_t j)
{
    return (who->side != SIDE_RECEIVING && grid_is(g, who->a, j, CELL_BAD)) ||
           (who->side != SIDE_SENDING && grid_is(g, j, who->a, CELL_BAD));
}

/* A few of the node's pairs stand for all: first those that have been begun with,
 * then those with partners that nothing is held against.
 */
static void queue_node(const struct retest *r, struct grid *g, const struct culprit *who,
                       const bool *accused)
{
    unsigned probes = 0, wanted = retests_of(g), enough = probes_of(g);

    for (int turn = 0; turn < 4; turn++)
        for (size_t j = 0; j < r->n && probes < enough; j++) {
            unsigned alone;
            int turn_of_j;

            if (j == who->a || !is_charged(g, who, j) || !can_meet_again(r, who->a, j))
                continue;
            alone = tally_pair(r->t, who->a, j)->alone;
            turn_of_j = alone >= wanted ? 0 : alone ? 1 : !accused[j] ? 2 : 3;
            if (turn_of_j != turn)
                continue;
            probes++;
            if (turn > 0)
                queue(r, g, who->a, j);
        }
}

static void queue_culprit(const struct retest *r, struct grid *g,
                          const struct culprit *who, const bool *accused)
{
    if (who->b == CULPRIT_NOBODY)
        queue_node(r, g, who, accused);
    else if (tally_pair(r->t, who->a, who->b)->alone < retests_of(g) &&
             can_meet_again(r, who->a, who->b))
        queue(r, g, who->a, who->b);
}

static bool is_innocent(const struct retest *r, const struct grid *g, size_t a, size_t b)
{
    return grid_is(g, a, b, CELL_TESTED) && !grid_is(g, a, b, CELL_BAD) &&
           !grid_is(g, b, a, CELL_BAD) && !tally_pair(r->t, a, b)->suspected &&
           can_meet_again(r, a, b);
}

static void queue_controls(const struct retest *r, const struct grid *g)
{
    struct verdict *v = r->v;

    for (size_t a = 0; a < r->n; a++)
        for (size_t b = a + 1; b < r->n && v->control_count < VERDICT_CONTROLS; b++)
            if (is_innocent(r, g, a, b)) {
                v->suspects[v->suspect_count++] = (struct verdict_pair){a, b};
                v->control_count++;
            }
}

int retest_queue(const struct retest *r, struct grid *g, const struct culprits *found,
                 struct fail *why)
{
    bool *accused = calloc(r->n ? r->n : 1, sizeof *accused);
    size_t before = r->v->suspect_count;

    if (!accused)
        return fail_memory(why);
    for (size_t i = 0; i < found->count; i++)
        if (found->list[i].b == CULPRIT_NOBODY)
            accused[found->list[i].a] = true;
    for (size_t i = 0; i < found->count; i++)
        queue_culprit(r, g, &found->list[i], accused);
    if (r->v->suspect_count > before && g->symptom != SYMPTOM_FAILED)
        queue_controls(r, g);
    free(accused);
    return 0;
}
