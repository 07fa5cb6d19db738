/* pool - what the links of a run share: the agent to push, and the door
 *
 * At most `width` logins are under way at once; who wants in waits in a queue.
 */
#ifndef CONTROLLER_POOL_H
#define CONTROLLER_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/link/agentfile.h"
#include "controller/link/link.h"

struct ssh_order;

/* One that waits; inside its link.  Starts as all zero. */
struct pool_wait {
    struct pool_wait *next;
    bool queued, inside; /* or neither */
    void (*on_turn)(void *arg);
    void *arg;
};

struct link_pool {
    struct uv_loop_s *loop;
    struct link_pool_options options; /* with the defaults filled in */
    struct agentfile agent;
    unsigned under_way;
    bool letting_in;
    uint32_t random; /* state of the jitter */
    struct pool_wait *first, *last;
};

/* Call on_turn when there is room, perhaps at once; from then on a place is taken. */
void pool_enter(struct link_pool *pool, struct pool_wait *wait);

/* Its login is over, one way or the other, or its turn no longer wanted; does nothing
 * for one that is neither inside nor in the queue.
 */
void pool_leave(struct link_pool *pool, struct pool_wait *wait);

/* How to log in at a node and start the agent there.  *command is made when it is NULL,
 * used when it is not, and the caller's to free; the order borrows it.  FAIL_FLEET_FILE,
 * FAIL_MEMORY.
 */
int pool_order(const struct link_pool *pool, const struct fleet_node *node,
               char **command, struct ssh_order *order, struct fail *why);

/* How long to wait before the try after `tries` ones (1 or more): doubled each time up
 * to a ceiling, and between half and all of that, so that a thousand nodes do not
 * come back in one moment.
 */
uint64_t pool_pause_ms(struct link_pool *pool, unsigned tries);

#endif
