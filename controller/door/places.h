/* places - the addresses of a door: who waits at each, and which of them has its turn
 * (pure)
 *
 * Waits hang in the queue of their place, which is an address.  A place stands in at
 * most one list: of those that are ready to let in, that rest, or that are hopeless; one
 * that is full, or for which nobody waits, stands in none.  So a turn costs the same
 * however many wait.
 */
#ifndef CONTROLLER_PLACES_H
#define CONTROLLER_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/door/door.h"
#include "controller/door/doorway.h"
#include "protocol/fail.h"

enum place_state { PLACE_IDLE, PLACE_READY, PLACE_RESTS, PLACE_HOPELESS, PLACE_STATES };

struct door_place {
    struct doorway way;
    enum place_state state;
    struct door_place *next;        /* in the list of its state           */
    struct door_wait *first, *last; /* of its queue                       */
    enum fail_code why;             /* how it last turned somebody away   */
    char address[];                 /* and by which jump host             */
};

struct place_list {
    struct door_place *first, *last;
};

/* Starts as all zero. */
struct places {
    void *tree; /* tsearch()'s, by address */
    struct place_list lists[PLACE_STATES];
    size_t waiting; /* in all queues */
};

/* The node's; made when it is the first there.  NULL: no memory. */
struct door_place *places_find(struct places *all, const struct fleet_node *node);

/* Nobody may wait. */
void places_clear(struct places *all);

void place_add(struct places *all, struct door_place *p, struct door_wait *w, bool front);
void place_remove(struct places *all, struct door_wait *w);

/* At the end of a list; the place must be idle. */
void place_push(struct places *all, struct door_place *p, enum place_state state);

/* The first of a list that is not empty, now idle. */
struct door_place *place_pop(struct place_list *list);

/* Put a place where it belongs now; one that is in a list stays there. */
void place_sort_in(struct places *all, struct door_place *p, uint64_t now_ms);

/* When the first rest ends; UINT64_MAX: nobody rests. */
uint64_t places_rest_end_ms(const struct places *all);

#endif
