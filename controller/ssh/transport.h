/* transport - a libssh2 session on a wire, never blocking, and what ails it
 *
 *     transport_open(&t, algorithms, why);
 *     rc = libssh2_session_handshake(t.session, socket);       any call to libssh2
 *     EAGAIN: wait for what transport_awaits(&t) says, then the same call again
 *     failed: transport_explain(&t, FAIL_HANDSHAKE, "logging in", why)
 *     transport_cut(&t); transport_close(&t);
 */
#ifndef CONTROLLER_TRANSPORT_H
#define CONTROLLER_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/ssh/wire.h"
#include "protocol/fail.h"

struct _LIBSSH2_SESSION;

/* A longer farewell is cut. */
#define TRANSPORT_FAREWELL_BYTES 80

/* The owner names the peer, for messages; all else starts as zero.  It must not move
 * while it is open.
 */
struct transport {
    const char *address;
    uint16_t port;
    struct wire *wire;                /* the owner's, set before the handshake */
    struct _LIBSSH2_SESSION *session; /* NULL: not open                             */
    bool hung_up; /* the peer has closed the connection, or it broke */
    char farewell[TRANSPORT_FAREWELL_BYTES]; /* what it said then; mostly "" */
    bool cut;                                /* nothing goes over the wire any more */
};

/* host_keys: the algorithms to offer for the host's key, best first.  FAIL_MEMORY;
 * FAIL_BUG when libssh2 knows one of the names not.
 */
int transport_open(struct transport *t, const char *host_keys, struct fail *why);

/* What the call that said EAGAIN waits for; WIRE_NOTHING when libssh2 does not say. */
enum wire_wait transport_awaits(const struct transport *t);

/* Why the last call failed, while what was going on: libssh2's words, unless the real
 * reason is that the peer is gone.  That is FAIL_LINK_LOST when code is, else
 * FAIL_HANDSHAKE, with its farewell.  Returns -1.
 */
int transport_explain(const struct transport *t, enum fail_code code, const char *phase,
                      struct fail *why);

/* From now on libssh2 finds the wire dead and waits for nothing. */
void transport_cut(struct transport *t);

/* After transport_cut(), or never opened. */
void transport_close(struct transport *t);

#endif
