/* tube - one stream of a relay as a wire, as if it were a socket (pure)
 *
 * What comes is kept until it is received, what is sent goes out at once as far as the
 * stream's credit and the line allow.  It has no descriptor and makes no system call:
 * the line that all tubes of a relay share calls it, and is told who is ready.
 *
 *     t = tube_new(&line, &request, on_ready, arg);
 *     tube_open(t, id, due_ms)         the relay is up: the stream is asked for
 *     tube_hear(t, &frame, why)        a frame of it
 *     tube_fail(t, why)                the relay is lost
 *     tube_serve(t)                    after line->hooks->ready(): calls on_ready
 *     if (tube_is_gone(t)) tube_free(t)
 */
#ifndef CONTROLLER_TUBE_H
#define CONTROLLER_TUBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct mux_frame;
struct tube;
struct wire;

struct tube_hooks {
    /* Send a frame.  What cannot be sent is lost with the relay, which tells later. */
    void (*say)(void *arg, const struct mux_frame *f);

    /* Call tube_serve() soon, once. */
    void (*ready)(void *arg, struct tube *t);
};

/* What all tubes of a relay share. */
struct tube_line {
    const struct tube_hooks *hooks;
    void *arg;
    bool is_full; /* no more data may be sent now: tube_look() when that is over */
    int fd;       /* what libssh2 may look at in place of a socket               */
};

struct tube_request {
    const char *address; /* copied */
    uint16_t port;
    uint32_t patience_ms;
};

/* NULL: out of memory. */
struct tube *tube_new(struct tube_line *line, const struct tube_request *request,
                      void (*on_ready)(void *arg), void *arg);
void tube_free(struct tube *t); /* NULL is allowed */

struct wire *tube_wire(struct tube *t);

/* Ask the relay for it, as this stream. */
void tube_open(struct tube *t, uint32_t id, uint64_t due_ms);

/* When an answer should have come, or UINT64_MAX. */
uint64_t tube_due_ms(const struct tube *t);

/* Its stream; 0: not asked for yet. */
uint32_t tube_stream(const struct tube *t);

uint32_t tube_patience_ms(const struct tube *t);

/* FAIL_GARBAGE: the relay does not keep to the rules; FAIL_MEMORY. */
int tube_hear(struct tube *t, const struct mux_frame *f, struct fail *why);

/* It is over and nothing more comes, because of why; who has closed it is told at once.
 */
void tube_fail(struct tube *t, const struct fail *why);

/* The line is not full any more. */
void tube_look(struct tube *t);

/* Call on_ready, or on_closed, where it is waited for.  True when it was on_closed: its
 * user is gone.
 */
bool tube_serve(struct tube *t);

/* Its user has closed it (and perhaps not been told yet). */
bool tube_is_closed(const struct tube *t);

/* Nobody will speak of it any more, neither its user nor the relay. */
bool tube_is_gone(const struct tube *t);

/* For its owner's chains: of all tubes, and of those that are ready. */
struct tube **tube_link(struct tube *t);
struct tube **tube_ready_link(struct tube *t);

#endif
