/* grid - where one symptom shows, among all pairs and directions (pure)
 *
 * A cell is one direction, from i to j; a symptom that has no direction fills
 * both cells of a pair alike.  Bandwidth is a minimum over what lies on the way, so
 * a node is as good as its best pairs; the best are the measure for all.
 */
#ifndef CONTROLLER_GRID_H
#define CONTROLLER_GRID_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/fabric/finding.h"

struct fail;
struct member;
struct tally;

enum { /* bits of a cell */
       CELL_TESTED = 1,
       CELL_BAD = 2,
       CELL_ALONE = 4,     /* measured again with nobody else measuring */
       CELL_EXPLAINED = 8, /* somebody has been found for it            */
       CELL_QUEUED = 16,   /* to be measured again alone                */
       CELL_LOW = 32,      /* below grid_floors.ceiling                 */
};

struct grid {
    size_t n;
    enum symptom symptom;
    bool directed;
    unsigned char *cells; /* n * n, from * n + to                          */
    double *values;       /* likewise; a share of capacity_scale_gbps(), or us   */
    double center;        /* of the cells that are not bad; NAN            */
    double control;       /* the worst that usual pairs showed alone; NAN    */
    double limit;         /* how much worse than the center is bad: 0.03   */
    double noise;         /* what the good cells scatter, as such a share    */
    double reach;         /* what is usual, as a share of the ceiling; NAN   */
    bool all_low;         /* and that is below grid_floors.ceiling: tell all  */
};

/* How far from the center is never called bad, however calm the fabric is. */
struct grid_floors {
    double slow;    /* share of bandwidth missing: 0.03                        */
    double late_us; /* latency on top, at least, for late to mean anything     */
    bool by_least;  /* latency is judged by the fastest ping-pong, not the p50 */
    double late;    /* share of latency on top: 0.5                            */
    double ceiling; /* below this share of the payload ceiling is slow; 0: off */
};

/* Wide for Soft-RoCE (if any member is soft), where a neighbour's load halves a
 * figure.
 */
struct grid_floors grid_floors_of(const struct member *members, size_t n);

/* What is measured again is measured at another time, when the machines below may
 * be busy with something else.  So innocent pairs are measured again with it, and
 * only who is bad beside them, too, stays bad.
 *
 * Fill one grid; clear it with grid_clear(), also after -1 (FAIL_MEMORY).  Late
 * is only tested where the pair is not slow, so `slow` is the grid before it.
 */
int grid_of_failures(const struct tally *t, struct grid *g, struct fail *why);
int grid_of_bandwidth(const struct tally *t, const struct member *members,
                      const struct grid_floors *floors, struct grid *g, struct fail *why);
int grid_of_latency(const struct tally *t, const struct grid *slow,
                    const struct grid_floors *floors, struct grid *g, struct fail *why);
void grid_clear(struct grid *g);

/* All of these bits are set. */
bool grid_is(const struct grid *g, size_t from, size_t to, unsigned bits);

#endif
