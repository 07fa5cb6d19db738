/* addresses - where a target may be: numeric addresses, tried one after the other
 *
 * The agent is static, so it has no getaddrinfo(): what is no numeric address is looked
 * up by a program of the system's (namesake.h).
 */
#ifndef NODE_AGENT_ADDRESSES_H
#define NODE_AGENT_ADDRESSES_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

/* More of one name are not tried. */
#define ADDRESSES_MAX 8

/* Starts as all zero. */
struct addresses {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } all[ADDRESSES_MAX];
    size_t count, next;
};

/* "10.0.0.4", "fe80::1%eth0"; an address that is there already counts once, and what is
 * above ADDRESSES_MAX not at all.  -1: it is no numeric address.
 */
int addresses_add(struct addresses *a, const char *numeric, uint16_t port);

/* Start to connect to the next one.  A descriptor that will be writable when that is
 * done; -1 when none is left or could be tried: *why (may be NULL) is then what errno
 * says of the last one that was tried now, and else left alone.
 */
int addresses_connect(struct addresses *a, struct fail *why);

/* How many have not been tried yet. */
size_t addresses_left(const struct addresses *a);

#endif
