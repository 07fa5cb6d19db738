/* route - through what a node is reached, when that is for us to choose
 *
 * libssh2 is ten times cheaper, so it is taken unless something is known beforehand that
 * it cannot do: a setting of ssh_config that is beyond it, a certificate or a FIDO key, a host known only by a pattern or its
 * authority or with an RSA key only, or a node that has turned out so before.
 */
#ifndef CONTROLLER_ROUTE_H
#define CONTROLLER_ROUTE_H

#include <stddef.h>

struct fail;
struct ssh_client;
struct ssh_order;

#define ROUTE_REASON_BYTES ((size_t)200)

/* Fill in what the order leaves open and ssh_config says; the order borrows it from the
 * client.  reason: "", or what libssh2 cannot do: "ProxyJump in ~/.ssh/config".
 * FAIL_USAGE: ssh_config cannot be read; FAIL_STATE, FAIL_MEMORY.
 */
int route_configure(struct ssh_client *client, struct ssh_order *order,
                    char reason[ROUTE_REASON_BYTES], struct fail *why);

/* For an order that says SSH_THROUGH_AUTO or _LIBSSH2: configure it, and choose.  reason:
 * "" for libssh2, or why it is OpenSSH, in words that are the same for all nodes with the
 * same reason; the node is noted then (see ssh_client_detours()).  FAIL_KEY_FILE,
 * FAIL_USAGE, FAIL_STATE: neither way is open, or not the one that is wanted; FAIL_MEMORY.
 */
int route_choose(struct ssh_client *client, struct ssh_order *order,
                 char reason[ROUTE_REASON_BYTES], struct fail *why);

/* libssh2 has found out that it cannot reach the node, and said this.  0: OpenSSH is to
 * try, and it is noted.  -1: there is no OpenSSH.
 */
int route_turn(struct ssh_client *client, const struct ssh_order *order,
               const struct fail *told, struct fail *why);

#endif
