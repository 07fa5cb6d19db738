/* tide - how many nodes were in which shade over time (pure)
 *
 * A line of time cut into so many equal parts; a node counts for where it was in the
 * middle of each.
 */
#ifndef CONTROLLER_TIDE_H
#define CONTROLLER_TIDE_H

#include <stddef.h>
#include <stdint.h>

#include "controller/report/shade.h"

struct axis;
struct chronicle_node;

#define TIDE_PARTS 250

struct tide {
    uint32_t counts[TIDE_PARTS][SHADES];
    uint32_t nodes;
};

/* Add one node to what is all zero at first. */
void tide_add(struct tide *t, const struct axis *a, const struct chronicle_node *n);

#endif
