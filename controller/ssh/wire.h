/* wire - what carries the bytes of an SSH session, as far as libssh2 leaves it to us
 *
 *     w = tcp_open(loop, address, on_ready, arg, why);
 *     wire_wait(w, WIRE_WRITABLE);         on_ready: connected, or not
 *     if (wire_check(w, why) < 0) ...
 *     wire_wait(w, WIRE_READABLE);         on_ready: wire_receive(w, bytes, n)
 *     wire_close(w, on_closed);            then silence, and it is gone
 *
 * A wire is a TCP connection of our own (tcp.h), or one that a jump host keeps for us
 * (passage.h); each kind begins with a struct wire.
 */
#ifndef CONTROLLER_WIRE_H
#define CONTROLLER_WIRE_H

#include <stddef.h>
#include <sys/types.h>

struct fail;
struct wire_kind;

struct wire {
    const struct wire_kind *kind;
    void (*on_ready)(void *arg);
    void *arg;
};

enum wire_wait { WIRE_NOTHING = 0, WIRE_READABLE = 1, WIRE_WRITABLE = 2 };

struct wire_kind {
    void (*wait)(struct wire *w, int for_what);
    int (*check)(struct wire *w, struct fail *why);
    int (*explain)(const struct wire *w, struct fail *why);
    ssize_t (*send)(struct wire *w, const void *bytes, size_t len_bytes);
    ssize_t (*receive)(struct wire *w, void *bytes, size_t len_bytes);
    int (*socket)(const struct wire *w);
    void (*close)(struct wire *w, void (*on_closed)(void *arg));
};

/* Call on_ready whenever the wire is ready for any of these (a set of enum wire_wait),
 * never from within this call.
 */
static inline void wire_wait(struct wire *w, int for_what)
{
    w->kind->wait(w, for_what);
}

/* Is it connected?  -1: it will never be, and why; FAIL_CONNECT in the words of errno
 * when it is the network.
 */
static inline int wire_check(struct wire *w, struct fail *why)
{
    return w->kind->check(w, why);
}

/* It has broken: -1 when the wire knows more than that, and *why says it. */
static inline int wire_explain(const struct wire *w, struct fail *why)
{
    return w->kind->explain(w, why);
}

/* How many bytes were taken, or a negative errno: -EAGAIN when none can be now. */
static inline ssize_t wire_send(struct wire *w, const void *bytes, size_t len_bytes)
{
    return w->kind->send(w, bytes, len_bytes);
}

/* The same for what has come; 0: the peer has ended its side. */
static inline ssize_t wire_receive(struct wire *w, void *bytes, size_t len_bytes)
{
    return w->kind->receive(w, bytes, len_bytes);
}

/* A descriptor that libssh2 may look at, but neither reads nor writes. */
static inline int wire_socket(const struct wire *w)
{
    return w->kind->socket(w);
}

/* w is freed; on_closed follows later. */
static inline void wire_close(struct wire *w, void (*on_closed)(void *arg))
{
    w->kind->close(w, on_closed);
}

#endif
