/* jumps - the relays of a run, one for each jump host, and who goes through which
 *
 * A jump host is a node of the fleet, reached as the fleet says, or else a host reached as
 * the node is that goes through it (user, key, known hosts).  One that is itself reached
 * through another has its connection carried by that one's relay.
 *
 *     jumps_new(loop, client, &options, &jumps, why);
 *     jumps_check(jumps, node, why)                  for each node, before any is reached
 *         ... ssh_open() of orders with a jump
 *     jumps_close(jumps); uv_run(loop)
 */
#ifndef CONTROLLER_JUMPS_H
#define CONTROLLER_JUMPS_H

#include <stdint.h>

struct fail;
struct fleet;
struct fleet_node;
struct jumps;
struct ssh_client;
struct uv_loop_s;

struct jumps_options {
    const struct fleet *fleet; /* borrowed, as the client */
    uint64_t login_ms;         /* as link_pool_options    */
};

/* From now on the client passes through them.  FAIL_STATE: the agent cannot be read;
 * FAIL_MEMORY.
 */
int jumps_new(struct uv_loop_s *loop, struct ssh_client *client,
              const struct jumps_options *options, struct jumps **jumps,
              struct fail *why);

/* Can we log in at the jump hosts of this node, as far as our own machine goes?
 * FAIL_FLEET_FILE: they lead in a circle; and as ssh_client_check().
 */
int jumps_check(struct jumps *jumps, const struct fleet_node *node, struct fail *why);

/* All sessions must be closed.  It is freed when the loop has run.  NULL is allowed. */
void jumps_close(struct jumps *jumps);

#endif
