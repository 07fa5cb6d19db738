/* orders - from what some nodes need to the calls that do it */
#ifndef CONTROLLER_ORDERS_H
#define CONTROLLER_ORDERS_H

#include <stddef.h>

#include "controller/scheduler/custody.h"

struct scheduler;

/* One order for these nodes behind those that s has; more than one where the hostlist would
 * be too long for an argument, and one for each reservation that nodes leave.  -1: no memory.
 */
int orders_add(struct scheduler *s, enum custody_act act, const size_t *nodes,
               size_t count);

#endif
