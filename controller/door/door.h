/* door - who may log in now: one admission for all that log in
 *
 * At most so many logins are under way at once, in all (flow.h) and at each address
 * (doorway.h); who wants in waits in a queue of its address, and the addresses take
 * turns, so that a server that takes few holds up nobody elsewhere.
 *
 *     door_open(loop, &options, &door, why);
 *     door_enter(door, &wait, node, false, why);      ... hooks->turn, or hopeless
 *     door_passed(door, &wait);                          logged in
 *     door_leave(door, &wait, NULL);                     or a failure; at any time
 *     door_close(door);
 *
 * No callback comes before the call that caused it has returned.
 */
#ifndef CONTROLLER_DOOR_H
#define CONTROLLER_DOOR_H

#include <stdbool.h>
#include <stdint.h>

struct door;
struct door_place;
struct fail;
struct fleet_node;
struct uv_loop_s;

/* How long a server that turns everything away is tried at most: DOORWAY_PATIENT_TRIES
 * refusals in a row end it sooner.
 */
#define DOOR_PATIENCE_MS 120000u

struct door_options {
    unsigned width;       /* logins under way at once; 0: it adapts     */
    uint64_t patience_ms; /* 0: DOOR_PATIENCE_MS                        */
};

struct door_hooks {
    /* Its turn: from now on a place is taken. */
    void (*turn)(void *arg);

    /* The address turns everybody away (FAIL_TURNED_AWAY, FAIL_NOT_NOW).  It waits no
     * longer.
     */
    void (*hopeless)(void *arg, const struct fail *why);
};

enum door_where { DOOR_OUTSIDE, DOOR_WAITS, DOOR_INSIDE, DOOR_PASSED };

/* One that wants in; inside its owner, who sets the first two and leaves the rest zero. */
struct door_wait {
    const struct door_hooks *hooks;
    void *arg;

    enum door_where where;
    unsigned round, since; /* of its doorway, and of the flow */
    struct door_place *place;
    struct door_wait *next, *before;
};

/* FAIL_MEMORY. */
int door_open(struct uv_loop_s *loop, const struct door_options *options,
              struct door **door, struct fail *why);

/* Nobody may wait or be inside; the loop runs once more to let go of it.  NULL is
 * allowed.
 */
void door_close(struct door *door);

/* Wait for a turn at the node's address, from where its jump host stands; who comes again stands before who comes first.  On -1
 * (FAIL_MEMORY) it does not wait.
 */
int door_enter(struct door *door, struct door_wait *wait, const struct fleet_node *node,
               bool again, struct fail *why);

/* The server has let it in: its address may take another.  It is still one of those
 * under way, until it leaves.
 */
void door_passed(struct door *door, struct door_wait *wait);

/* Its login is over: with *why, or, NULL, well or because it is not wanted any more.
 * Does nothing for one that is outside.
 */
void door_leave(struct door *door, struct door_wait *wait, const struct fail *why);

/* Any number, for pauses of the owner's own. */
uint32_t door_chance(struct door *door);

#endif
