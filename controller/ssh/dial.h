/* dial - the addresses of a host, tried one after the other until one connects
 *
 *     dial_resolve(d, on_found, arg, why);
 *     wire = dial_next(d, on_ready, arg, why);
 *         ... on_ready: wire_check(wire, why) < 0: wire_close(wire), dial_next() again
 *     dial_clear(d);
 *
 * Knows no deadline: who has waited long enough clears it, at any time.
 */
#ifndef CONTROLLER_DIAL_H
#define CONTROLLER_DIAL_H

#include <stdint.h>

struct addrinfo;
struct fail;
struct lookup;
struct uv_loop_s;
struct wire;

/* The first three are the owner's, borrowed; all else starts as zero. */
struct dial {
    struct uv_loop_s *loop;
    const char *address; /* a name or a numeric address */
    uint16_t port;

    struct lookup *lookup;       /* under way, or NULL           */
    struct addrinfo *all, *next; /* found; not tried yet         */
    void (*on_found)(void *arg, const struct fail *why);
    void *arg;
};

/* Find the addresses.  1: they are known; 0: on_found comes, once, never before this
 * call has returned, with NULL or FAIL_RESOLVE; -1: FAIL_RESOLVE or FAIL_MEMORY.
 */
int dial_resolve(struct dial *d, void (*on_found)(void *arg, const struct fail *why),
                 void *arg, struct fail *why);

/* Start to connect to the next address; on_ready comes when it is connected or has
 * failed.  NULL when none is left: *why then begins with the host, and how the last
 * address failed is in it already (or put in by the owner).
 */
struct wire *dial_next(struct dial *d, void (*on_ready)(void *arg), void *arg,
                       struct fail *why);

/* How many addresses have not been tried yet. */
unsigned dial_left(const struct dial *d);

/* on_found will not come any more; the wires are the owner's. */
void dial_clear(struct dial *d);

#endif
