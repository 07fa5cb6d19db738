/* gate - not more than so many at once; who comes too early waits in a queue (pure)
 *
 * A ssh process that logs in costs ten times the CPU of a libssh2 login: more of them
 * at once than there are cores to run them only makes all of them late.
 *
 *     gate_enter(g, &place);       place.on_turn comes, at once or later
 *     gate_leave(g, &place);       at any time, once or more often
 */
#ifndef CONTROLLER_GATE_H
#define CONTROLLER_GATE_H

#include <stdbool.h>

/* One that wants in; inside its owner.  Starts as all zero but for the last two. */
struct gate_place {
    struct gate_place *next, *before;
    bool queued, inside; /* or neither */
    void (*on_turn)(void *arg);
    void *arg;
};

/* Starts as all zero but for the width. */
struct gate {
    unsigned width, inside;
    bool letting_in;
    struct gate_place *first, *last;
};

void gate_enter(struct gate *g, struct gate_place *place);
void gate_leave(struct gate *g, struct gate_place *place);

#endif
