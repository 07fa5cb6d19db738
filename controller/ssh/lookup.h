/* lookup - the addresses of a host
 *
 * A numeric address is read at once; a name is asked for in libuv's thread pool, where
 * the system's resolver may take its time: who has waited long enough abandons the
 * lookup, which then ends by itself in silence.
 */
#ifndef CONTROLLER_LOOKUP_H
#define CONTROLLER_LOOKUP_H

#include <stdint.h>

struct addrinfo;
struct fail;
struct lookup;
struct uv_loop_s;

/* NULL when it is not a numeric address.  Free with freeaddrinfo(). */
struct addrinfo *lookup_numeric(const char *address, uint16_t port);

/* Called once, never before lookup_start() has returned; addresses are the callee's
 * (freeaddrinfo), or NULL: *why is FAIL_RESOLVE.
 */
typedef void (*lookup_fn)(void *arg, struct addrinfo *addresses, const struct fail *why);

/* NULL: FAIL_RESOLVE or FAIL_MEMORY. */
struct lookup *lookup_start(struct uv_loop_s *loop, const char *name, uint16_t port,
                            lookup_fn on_found, void *arg, struct fail *why);

/* on_found will not be called.  Not for a lookup that has called it. */
void lookup_abandon(struct lookup *lookup);

#endif
