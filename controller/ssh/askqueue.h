/* askqueue - requests to an ssh-agent, in the order in which they are answered (pure)
 *
 * Each is in one queue, or with nobody.
 */
#ifndef CONTROLLER_ASKQUEUE_H
#define CONTROLLER_ASKQUEUE_H

#include <stddef.h>

#include "controller/ssh/keyagent.h"

/* The name of an algorithm is shorter. */
#define ASK_SCHEME_BYTES 64

struct keyagent_ask {
    struct keyagent_ask *next;
    unsigned char *frame; /* what is sent */
    size_t frame_bytes;
    unsigned char scheme[ASK_SCHEME_BYTES];
    size_t scheme_bytes;
    unsigned tries;        /* connections on which it was sent */
    keyagent_fn on_signed; /* NULL: cancelled                  */
    void *arg;
};

/* Starts as all zero. */
struct askqueue {
    struct keyagent_ask *first, *last;
    size_t count;
};

/* NULL: FAIL_MEMORY. */
struct keyagent_ask *ask_new(const struct blob *key, const struct blob *data,
                             const struct blob *scheme, struct fail *why);
void ask_free(struct keyagent_ask *ask);

/* Tell who asked, unless it was cancelled, and free it. */
void ask_settle(struct keyagent_ask *ask, const struct blob *signature,
                const struct fail *why);

void askqueue_put(struct askqueue *q, struct keyagent_ask *ask);

/* The first, which is the caller's then; NULL when there is none. */
struct keyagent_ask *askqueue_take(struct askqueue *q);

/* All have failed.  Who is told may ask again, but not into this queue. */
void askqueue_settle(struct askqueue *q, const struct fail *why);

/* Nobody is told. */
void askqueue_clear(struct askqueue *q);

#endif
