#include "controller/fabric/explain.h"

#include <math.h>
#include <stdlib.h>

#include "controller/fabric/robust.h"
#include "protocol/fail.h"

/* A node is accused when at least three of four of its cells are bad, and as many
 * of those that were measured alone.
 */
#define GOOD_WEIGHT  3
#define MIN_PARTNERS 2

struct count {
    unsigned tested, bad, alone, alone_bad;
};

struct counts {
    struct count *out, *in; /* per node; what is explained is not counted */
};

/* ---- counting ---------------------------------------------------------------------- */

static void count_cell(struct count *c, unsigned cell, unsigned sign)
{
    if (!(cell & CELL_TESTED))
        return;
    c->tested += sign;
    if (cell & CELL_BAD)
        c->bad += sign;
    if (cell & CELL_ALONE)
        c->alone += sign;
    if ((cell & CELL_BAD) && (cell & CELL_ALONE))
        c->alone_bad += sign;
}

static void count_all(const struct grid *g, struct counts *c)
{
    for (size_t i = 0; i < g->n; i++)
        for (size_t j = 0; j < g->n; j++) {
            count_cell(&c->out[i], g->cells[i * g->n + j], 1);
            count_cell(&c->in[j], g->cells[i * g->n + j], 1);
        }
}

static struct count of_side(const struct counts *c, size_t i, enum side side)
{
    struct count sum = side == SIDE_RECEIVING ? c->in[i] : c->out[i];

    if (side == SIDE_BOTH) {
        sum.tested += c->in[i].tested;
        sum.bad += c->in[i].bad;
        sum.alone += c->in[i].alone;
        sum.alone_bad += c->in[i].alone_bad;
    }
    return sum;
}

static bool is_accused(const struct count *c, enum side side)
{
    unsigned cells_per_partner = side == SIDE_BOTH ? 2 : 1;

    return c->bad >= MIN_PARTNERS * cells_per_partner &&
           c->bad >= GOOD_WEIGHT * (c->tested - c->bad) &&
           c->alone_bad >= GOOD_WEIGHT * (c->alone - c->alone_bad);
}

/* The accused with the most bad cells over good ones. */
static bool pick(const struct grid *g, const struct counts *c, struct culprit *picked)
{
    enum side last = g->directed ? SIDE_RECEIVING : SIDE_BOTH;
    long best = 0;

    for (size_t i = 0; i < g->n; i++)
        for (enum side side = SIDE_BOTH; side <= last; side++) {
            struct count sum = of_side(c, i, side);
            long weight = (long)sum.bad - (long)(sum.tested - sum.bad);

            if (weight > best && is_accused(&sum, side)) {
                best = weight;
                *picked = (struct culprit){.a = i, .b = CULPRIT_NOBODY, .side = side};
            }
        }
    return best > 0;
}

/* ---- setting aside ----------------------------------------------------------------- */

static bool is_open(const struct grid *g, size_t from, size_t to)
{
    return grid_is(g, from, to, CELL_BAD) && !grid_is(g, from, to, CELL_EXPLAINED);
}

static void close_cell(struct grid *g, struct counts *c, size_t from, size_t to)
{
    unsigned char *cell = &g->cells[from * g->n + to];

    count_cell(&c->out[from], *cell, (unsigned)-1);
    count_cell(&c->in[to], *cell, (unsigned)-1);
    *cell |= CELL_EXPLAINED;
}

/* Fill in what the culprit has to answer for, and set it aside. */
static void charge(struct grid *g, struct counts *c, struct culprit *who, double *values)
{
    size_t count = 0;

    for (size_t j = 0; j < g->n; j++) {
        bool out = who->side != SIDE_RECEIVING, in = who->side != SIDE_SENDING;
        bool bad = false;

        who->tested += (out && grid_is(g, who->a, j, CELL_TESTED)) ||
                       (in && grid_is(g, j, who->a, CELL_TESTED));
        if (out && is_open(g, who->a, j)) {
            values[count++] = g->values[who->a * g->n + j];
            who->alone += grid_is(g, who->a, j, CELL_ALONE);
            close_cell(g, c, who->a, j);
            bad = true;
        }
        if (in && is_open(g, j, who->a)) {
            values[count++] = g->values[j * g->n + who->a];
            who->alone += grid_is(g, j, who->a, CELL_ALONE);
            close_cell(g, c, j, who->a);
            bad = true;
        }
        who->bad += bad;
    }
    who->value = robust_median(values, count);
}

static int add(struct culprits *found, const struct culprit *who, struct fail *why)
{
    struct culprit *grown = found->list;

    if ((found->count & (found->count - 1)) == 0) /* doubles at powers of two */
        grown = reallocarray(grown, found->count ? 2 * found->count : 1, sizeof *grown);
    if (!grown)
        return fail_memory(why);
    found->list = grown;
    found->list[found->count++] = *who;
    return 0;
}

/* ---- what is left is between two --------------------------------------------------- */

/* Is i good with anybody but `other`? */
static bool is_acquitted(const struct grid *g, size_t i, size_t other)
{
    for (size_t j = 0; j < g->n; j++)
        if (j != other &&
            ((grid_is(g, i, j, CELL_TESTED) && !grid_is(g, i, j, CELL_BAD)) ||
             (grid_is(g, j, i, CELL_TESTED) && !grid_is(g, j, i, CELL_BAD))))
            return true;
    return false;
}

static struct culprit between(const struct grid *g, size_t a, size_t b)
{
    bool there = is_open(g, a, b), back = is_open(g, b, a);
    double to = g->values[a * g->n + b], from = g->values[b * g->n + a];

    return (struct culprit){
        .a = a,
        .b = b,
        .side = there && back ? SIDE_BOTH
                : there       ? SIDE_SENDING
                              : SIDE_RECEIVING,
        .bad = 1,
        .tested = 1,
        .alone = grid_is(g, a, b, CELL_ALONE) || grid_is(g, b, a, CELL_ALONE),
        .a_acquitted = is_acquitted(g, a, b),
        .b_acquitted = is_acquitted(g, b, a),
        .value = there && back ? (to + from) / 2
                 : there       ? to
                               : from,
    };
}

static int add_pairs(const struct grid *g, struct culprits *found, struct fail *why)
{
    for (size_t a = 0; a < g->n; a++)
        for (size_t b = a + 1; b < g->n; b++)
            if (is_open(g, a, b) || is_open(g, b, a)) {
                struct culprit who = between(g, a, b);

                if (add(found, &who, why) < 0)
                    return -1;
            }
    return 0;
}

int explain(struct grid *g, struct culprits *found, struct fail *why)
{
    size_t room = g->n ? g->n : 1;
    struct counts c = {calloc(room, sizeof *c.out), calloc(room, sizeof *c.in)};
    double *values = malloc(2 * room * sizeof *values);
    int result = c.out && c.in && values ? 0 : fail_memory(why);
    struct culprit who;

    *found = (struct culprits){0};
    if (result == 0)
        count_all(g, &c);
    while (result == 0 && pick(g, &c, &who)) {
        charge(g, &c, &who, values);
        result = add(found, &who, why);
    }
    if (result == 0)
        result = add_pairs(g, found, why);
    free(c.out);
    free(c.in);
    free(values);
    return result;
}
