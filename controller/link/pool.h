/* pool - what the links of a run share: the agents to push, and the door */
#ifndef CONTROLLER_POOL_H
#define CONTROLLER_POOL_H

#include "controller/door/retry.h"
#include "controller/link/agentfile.h"
#include "controller/link/link.h"

struct ssh_order;

struct link_pool {
    struct uv_loop_s *loop;
    struct link_pool_options options; /* with the defaults filled in */
    struct retry_rules retry;
    struct agentfiles agents;
};

/* How to log in at a node and start the agent there.  *command is made when it is NULL,
 * used when it is not, and the caller's to free; the order borrows it.  FAIL_FLEET_FILE,
 * FAIL_MEMORY.
 */
int pool_order(const struct link_pool *pool, const struct fleet_node *node,
               char **command, struct ssh_order *order, struct fail *why);

#endif
