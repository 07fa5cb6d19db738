/* relay - one jump host: an agent there, and the connections it makes for us
 *
 * The relay is logged in to and started (link.h) when the first connection is wanted, and
 * left soon after the last one is closed.  All its connections share that one login; each
 * is a wire (wire.h) on which an SSH session runs end to end.
 *
 *     r = relay_new(loop, pool, &node, fd);
 *     wire = relay_open(r, &request, on_ready, arg);
 *     relay_close(r, on_closed, arg);
 *
 * When it is lost, all its wires are, with its reason; the next relay_open() logs in
 * again.  One that could not be reached is not tried again for RELAY_REST_MS: who asks
 * meanwhile is told at once what happened.
 */
#ifndef CONTROLLER_RELAY_H
#define CONTROLLER_RELAY_H

#include <stdbool.h>

struct fleet_node;
struct link_pool;
struct relay;
struct tube_request;
struct uv_loop_s;
struct wire;

#define RELAY_REST_MS 5000

/* The node is copied; pool is one with options.relays.  fd: a descriptor that does not
 * block, for libssh2 to look at, borrowed.  NULL: out of memory.
 */
struct relay *relay_new(struct uv_loop_s *loop, struct link_pool *pool,
                        const struct fleet_node *node, int fd);

/* Would that node be reached as this relay is? */
bool relay_is(const struct relay *r, const struct fleet_node *node);

/* As passage->open().  NULL: out of memory. */
struct wire *relay_open(struct relay *r, const struct tube_request *request,
                        void (*on_ready)(void *arg), void *arg);

/* All its wires must be closed, though they need not have told so.  r is freed; on_closed
 * comes later.
 */
void relay_close(struct relay *r, void (*on_closed)(void *arg), void *arg);

/* For its owner's list. */
struct relay **relay_link(struct relay *r);

#endif
