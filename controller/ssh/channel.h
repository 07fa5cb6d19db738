/* channel - one libssh2 channel as a byte stream, by the rules of libssh2 1.10
 *
 * One operation at a time: a call that libssh2 left half done (a packet partly
 * sent) is repeated with the same bytes before any other call is made; anything
 * else ends in BAD_USE or, in the middle of a key exchange, in a silent stall.
 * Data may be inside libssh2 where poll() does not see it, so a turn ends only when
 * a read pass after the last call found nothing more, or with CHANNEL_AGAIN.
 * libssh2's keepalive is never used: it leaves half-sent packets behind.
 */
#ifndef CONTROLLER_CHANNEL_H
#define CONTROLLER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/ssh/outqueue.h"
#include "controller/ssh/ssh.h"

struct _LIBSSH2_CHANNEL;
struct _LIBSSH2_SESSION;

/* What a node may send ahead of us; it bounds what libssh2 holds per session. */
#define CHANNEL_WINDOW_BYTES (128u << 10)

enum channel_next {
    CHANNEL_WAIT,  /* for the socket                               */
    CHANNEL_AGAIN, /* turn used up, there may be more: come back soon */
    CHANNEL_EOF,   /* the command has closed its output            */
    CHANNEL_BROKEN /* libssh2 says why                             */
};

enum channel_pending {
    CHANNEL_IDLE,
    CHANNEL_READ_OUT,
    CHANNEL_READ_ERR,
    CHANNEL_WRITE,
    CHANNEL_END
};

struct channel {
    struct _LIBSSH2_SESSION *session; /* both are set by the owner */
    struct _LIBSSH2_CHANNEL *handle;
    const struct ssh_hooks *hooks;
    void *arg;
    struct outqueue out;
    enum channel_pending pending; /* left half done by libssh2 */
    bool silent;                  /* set by the owner: no more hooks, end the turn */
    bool no_input; /* set by the owner: the command's stdin ends after out */
};

/* Read and write until there is nothing to do or no turn left, hooks being called on the
 * way; *left_bytes is what may be moved before the others have their turn, and becomes
 * what is left of it.
 */
enum channel_next channel_turn(struct channel *c, size_t *left_bytes);

/* Finish the call that was left half done, and none else: CHANNEL_WAIT, CHANNEL_BROKEN,
 * or CHANNEL_EOF when nothing is half done any more.  What it reads is dropped.
 */
enum channel_next channel_settle(struct channel *c);

/* The command's exit status, or SSH_STATUS_SIGNAL; for a channel that the node has
 * closed.
 */
int channel_status(const struct channel *c);

#endif
