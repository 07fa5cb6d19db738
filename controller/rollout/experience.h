/* experience - how long nodes have taken in earlier rollouts
 */
#ifndef CONTROLLER_EXPERIENCE_H
#define CONTROLLER_EXPERIENCE_H

#include <stddef.h>
#include <stdint.h>

struct command;

#define EXPERIENCE_NODES \
    500 /* the latest that were done; more would be of another time */

/* The median of their time on the road, in milliseconds, and of how many.  Where there are
 * none, or no journal that can be read: 0, and *samples is 0.
 */
uint64_t experience_node_ms(struct command *c, size_t *samples);

#endif
