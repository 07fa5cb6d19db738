/* jump - the hosts on the way to a node, first one first: "[USER@]HOST[:PORT],..."
 *
 * HOST is a node of the fleet, a name or an address (IPv6 in brackets).  Pure.
 *
 *     way = jump_before(node->jump, node->name, node->port);      0: it is reached directly
 *     rest = jump_last(node->jump, way, &hop);        rest: the way to hop itself
 */
#ifndef INVENTORY_JUMP_H
#define INVENTORY_JUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Hosts in one chain, those that a jump host of the fleet jumps through included. */
#define JUMP_HOPS_MAX 8

struct jump_hop {
    char user[64];  /* "": not named   */
    char host[256]; /* without brackets */
    uint16_t port;  /* 0: not named    */
};

/* Are these such hosts, and not too many? */
bool jump_is_right(const char *jump);

/* How many bytes of jump lead to the node of this name and port (0: 22): all of it, but only what
 * stands before the node when it is one of the hosts itself.
 */
size_t jump_before(const char *jump, const char *name, uint16_t port);

/* The last host of the first len_bytes (not 0) bytes of a right jump.  Returns how many
 * bytes lead to it.
 */
size_t jump_last(const char *jump, size_t len_bytes, struct jump_hop *hop);

#endif
