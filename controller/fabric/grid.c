#include "controller/fabric/grid.h"

#include <math.h>
#include <stdlib.h>

#include "controller/fabric/capacity.h"
#include "controller/fabric/member.h"
#include "controller/fabric/robust.h"
#include "controller/fabric/tally.h"
#include "protocol/fail.h"

#define RISK         0.01 /* of accusing anybody in a good fabric, before the retest */
#define SIGMA_FLOOR  0.005
#define LIMIT_MAX    0.5 /* half the bandwidth is never noise on a real link */
#define REFINE_TIMES 8
#define BEST_PERCENT 90 /* of a node's cells: what the node itself can do  */

struct grid_floors grid_floors_of(const struct member *members, size_t n)
{
    struct grid_floors floors = {.slow = 0.03,
                                 .late = 0.5,
                                 .late_us = 0.5,
                                 .ceiling = 0.97};

    for (size_t i = 0; i < n; i++)
        if (members[i].joined && members[i].endpoint.soft)
            floors = (struct grid_floors){.slow = 0.65,
                                          .late = 2.0,
                                          .late_us = 1500,
                                          .by_least = true};
    return floors;
}

/* ---- the best are the measure ------------------------------------------------------ */

/* By what share a value is worse: low is (bandwidth), or high (latency). */
static double worse_by(const struct grid *g, double value, double center)
{
    double share = value / center - 1;

    return g->symptom == SYMPTOM_SLOW ? -share : share;
}

static double worse_of(const struct grid *g, double a, double b)
{
    return g->symptom == SYMPTOM_SLOW ? fmin(a, b) : fmax(a, b);
}

static size_t gather_node(const struct grid *g, size_t i, double *values)
{
    size_t count = 0;

    for (size_t j = 0; j < g->n; j++) {
        if (grid_is(g, i, j, CELL_TESTED))
            values[count++] = g->values[i * g->n + j];
        if (grid_is(g, j, i, CELL_TESTED))
            values[count++] = g->values[j * g->n + i];
    }
    return count;
}

/* What the better half of the nodes can do: the median node, each taken at its
 * best.  With two bad nodes in four the better of the two middle ones counts.
 */
static double best_of_fleet(const struct grid *g, double *values, double *bests)
{
    bool low_is_bad = g->symptom == SYMPTOM_SLOW;
    size_t nodes = 0, count;

    for (size_t i = 0; i < g->n; i++) {
        count = gather_node(g, i, values);
        if (!count)
            continue;
        robust_sort(values, count);
        bests[nodes++] =
            robust_percentile(values, count,
                              low_is_bad ? BEST_PERCENT : 100 - BEST_PERCENT);
    }
    robust_sort(bests, nodes);
    return nodes ? bests[low_is_bad ? nodes / 2 : (nodes - 1) / 2] : NAN;
}

/* Near what is usual: one of those that say what that is. */
static bool is_usual(const struct grid *g, size_t c)
{
    return (g->cells[c] & CELL_TESTED) &&
           worse_by(g, g->values[c], g->center) <= g->limit;
}

static size_t gather_usual(const struct grid *g, double *values)
{
    size_t count = 0;

    for (size_t c = 0; c < g->n * g->n; c++)
        if (is_usual(g, c))
            values[count++] = g->values[c];
    return count;
}

/* Start from the best and the floor, and widen to what the good cells scatter:
 * half of the cells may be bad (one node of four is enough for that), so the
 * spread of all would hide them.
 */
static int find_center(struct grid *g, double floor, struct fail *why)
{
    size_t room = g->n * g->n + 2 * g->n;
    double *values = malloc((room ? room : 1) * sizeof *values);
    double *bests = malloc((g->n ? g->n : 1) * sizeof *bests);
    double cap = fmax(floor, LIMIT_MAX);
    int result = values && bests ? 0 : fail_memory(why);

    g->limit = floor;
    if (result == 0)
        g->center = best_of_fleet(g, values, bests);
    for (int i = 0; result == 0 && !isnan(g->center) && i < REFINE_TIMES; i++) {
        double center_before = g->center, limit_before = g->limit;
        size_t count = gather_usual(g, values);
        double center = robust_median(values, count);
        double sigma = robust_sigma(values, count, center, SIGMA_FLOOR * center);

        if (!count)
            break;
        g->center = center;
        g->noise = fmin(robust_z_limit(count, RISK) * sigma / center, cap);
        g->limit = fmax(floor, g->noise);
        if (fabs(center - center_before) <= 0 && fabs(g->limit - limit_before) <= 0)
            break; /* the same cells would be gathered again */
    }
    free(values);
    free(bests);
    return result;
}

/* ---- filling ----------------------------------------------------------------------- */

static int make(struct grid *g, size_t n, enum symptom symptom, struct fail *why)
{
    *g = (struct grid){.n = n, .symptom = symptom};
    g->center = g->control = g->reach = NAN;
    g->directed = symptom == SYMPTOM_SLOW;
    g->cells = calloc(n ? n * n : 1, sizeof *g->cells);
    g->values = calloc(n ? n * n : 1, sizeof *g->values);
    return g->cells && g->values ? 0 : fail_memory(why);
}

static void set(struct grid *g, size_t i, size_t j, const struct tally_pair *p,
                unsigned bits, double value)
{
    g->cells[i * g->n + j] = (unsigned char)(bits | (p->alone ? CELL_ALONE : 0));
    g->values[i * g->n + j] = value;
}

int grid_of_failures(const struct tally *t, struct grid *g, struct fail *why)
{
    size_t n = tally_size(t);

    if (make(g, n, SYMPTOM_FAILED, why) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const struct tally_pair *p = i == j ? NULL : tally_pair(t, i, j);

            if (p && p->meetings)
                set(g, i, j, p, CELL_TESTED | (tally_pair_failed(p) ? CELL_BAD : 0), NAN);
        }
    return 0;
}

/* `least` is a difference below which nothing is bad, whatever the share. */
static void mark_bad(struct grid *g, double least)
{
    for (size_t c = 0; c < g->n * g->n; c++) {
        double center = g->center;

        if (!(g->cells[c] & CELL_TESTED))
            continue;
        if (g->cells[c] & CELL_ALONE)
            center = worse_of(g, center, g->control);
        if (worse_by(g, g->values[c], center) > g->limit &&
            fabs(g->values[c] - center) > least)
            g->cells[c] |= CELL_BAD;
    }
}

/* The worst that p showed alone, in this direction and as the grid's values are. */
static double alone_of(const struct grid *g, const struct tally_pair *p, size_t i,
                       size_t j, bool by_least)
{
    if (g->symptom == SYMPTOM_SLOW)
        return g->values[i * g->n + j] * p->worst.gbps[i > j] / p->gbps[i > j];
    return by_least ? p->worst.min_us : p->worst.p50_us;
}

/* A pair that was measured alone to be compared with bears witness only while it is
 * usual itself: one that is bad would acquit all who are as bad as it is.
 */
static void hear_witnesses(struct grid *g, const struct tally *t, bool by_least)
{
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j < g->n; j++) {
            const struct tally_pair *p = i == j ? NULL : tally_pair(t, i, j);

            if (p && p->alone && !p->suspected && is_usual(g, i * g->n + j))
                g->control = worse_of(g, g->control, alone_of(g, p, i, j, by_least));
        }
}

/* ---- what a link can carry --------------------------------------------------------- */

/* As a share of what a perfect link carries; NAN: that is not known. */
static double reach_of(const struct grid *g, const struct member *members, size_t i,
                       size_t j)
{
    double scale = capacity_scale_gbps(&members[i], &members[j]);
    double ceiling = capacity_ceiling_gbps(&members[i], &members[j]);

    return ceiling > 0 ? g->values[i * g->n + j] * scale / ceiling : NAN;
}

/* Of the cells that say what is usual the middle one; of two the better. */
static int find_reach(struct grid *g, const struct member *members, struct fail *why)
{
    double *shares = malloc((g->n ? g->n * g->n : 1) * sizeof *shares);
    size_t count = 0;

    if (!shares)
        return fail_memory(why);
    for (size_t c = 0; c < g->n * g->n; c++) {
        double share = is_usual(g, c) ? reach_of(g, members, c / g->n, c % g->n) : NAN;

        if (!isnan(share))
            shares[count++] = share;
    }
    robust_sort(shares, count);
    g->reach = count ? shares[count / 2] : NAN;
    free(shares);
    return 0;
}

/* A link may be slower than it can be although its neighbours are no faster.  When
 * what is usual is itself too low, that is no one's fault and only said about all.
 */
static int mark_low(struct grid *g, const struct member *members, double share,
                    struct fail *why)
{
    if (find_reach(g, members, why) < 0)
        return -1;
    g->all_low = g->reach < share;
    for (size_t c = 0; c < g->n * g->n; c++) {
        if (!(g->cells[c] & CELL_TESTED) ||
            !(reach_of(g, members, c / g->n, c % g->n) < share))
            continue;
        g->cells[c] |= CELL_LOW;
        if (!g->all_low && worse_by(g, g->values[c], g->center) > g->noise)
            g->cells[c] |= CELL_BAD;
    }
    return 0;
}

/* ---- one symptom each -------------------------------------------------------------- */

int grid_of_bandwidth(const struct tally *t, const struct member *members,
                      const struct grid_floors *floors, struct grid *g, struct fail *why)
{
    size_t n = tally_size(t);

    if (make(g, n, SYMPTOM_SLOW, why) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double gbps = i == j ? NAN : tally_gbps(t, i, j);

            if (!isnan(gbps))
                set(g, i, j, tally_pair(t, i, j), CELL_TESTED,
                    gbps / capacity_scale_gbps(&members[i], &members[j]));
        }
    if (find_center(g, floors->slow, why) < 0)
        return -1;
    hear_witnesses(g, t, false);
    mark_bad(g, 0);
    return floors->ceiling > 0 ? mark_low(g, members, floors->ceiling, why) : 0;
}

int grid_of_latency(const struct tally *t, const struct grid *slow,
                    const struct grid_floors *floors, struct grid *g, struct fail *why)
{
    size_t n = tally_size(t);

    if (make(g, n, SYMPTOM_LATE, why) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const struct tally_pair *p = i == j ? NULL : tally_pair(t, i, j);

            if (p && p->latency.samples && !grid_is(slow, i, j, CELL_BAD) &&
                !grid_is(slow, j, i, CELL_BAD))
                set(g, i, j, p, CELL_TESTED,
                    floors->by_least ? p->least_us : p->latency.p50_us);
        }
    if (find_center(g, floors->late, why) < 0)
        return -1;
    hear_witnesses(g, t, floors->by_least);
    mark_bad(g, floors->late_us);
    return 0;
}

void grid_clear(struct grid *g)
{
    free(g->cells);
    free(g->values);
    *g = (struct grid){0};
}

bool grid_is(const struct grid *g, size_t from, size_t to, unsigned bits)
{
    return (g->cells[from * g->n + to] & bits) == bits;
}
