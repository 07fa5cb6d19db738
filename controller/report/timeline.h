/* timeline - which nodes have a row of their own, and which share one (pure)
 *
 *     timeline_of(chronicle, until_ms, &t, why);
 *     for (i = 0; i < t.count; i++)
 *         t.rows[i].nodes[0], ... of the chronicle
 *     timeline_clear(&t);
 *
 * All nodes of a small fleet have one.  Of a large one those that failed have, and those
 * that took longest; the others share a row with all that went the same way, from state to
 * state, so that there are at most TIMELINE_MAX_ROWS.
 */
#ifndef CONTROLLER_TIMELINE_H
#define CONTROLLER_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

struct chronicle;
struct fail;

#define TIMELINE_MAX_ROWS   200
#define TIMELINE_SMALL      100 /* so many nodes have rows of their own */
#define TIMELINE_MAX_FAILED 150
#define TIMELINE_SLOWEST    20

enum timeline_why {
    TIMELINE_ALL,    /* everybody has one            */
    TIMELINE_FAILED, /* it failed                    */
    TIMELINE_SLOW,   /* it is among the slowest      */
    TIMELINE_SHARED, /* of all that went the same way */
    TIMELINE_REST,   /* of all that went any other way */
};

struct timeline_row {
    enum timeline_why why;
    size_t *nodes; /* indices, in natural order of their names */
    size_t count;
};

struct timeline {
    struct timeline_row *rows;
    size_t count, room;
};

/* Rows of single nodes are in the order in which work on them began; those that failed,
 * then the slowest, come first, then shared rows, the largest first.  FAIL_MEMORY.
 */
int timeline_of(const struct chronicle *c, int64_t until_ms, struct timeline *t,
                struct fail *why);
void timeline_clear(struct timeline *t);

#endif
