#include "controller/ssh/askqueue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/keyagent_wire.h"
#include "protocol/fail.h"

struct keyagent_ask *ask_new(const struct blob *key, const struct blob *data,
                             const struct blob *scheme, struct fail *why)
{
    struct keyagent_ask *ask = calloc(1, sizeof *ask);

    if (!ask) {
        fail_memory(why);
        return NULL;
    }
    assert(scheme->len_bytes <= sizeof ask->scheme);
    memcpy(ask->scheme, scheme->bytes, scheme->len_bytes);
    ask->scheme_bytes = scheme->len_bytes;
    if (keyagent_encode_sign(key, data, scheme, &ask->frame, &ask->frame_bytes, why) <
        0) {
        free(ask);
        return NULL;
    }
    return ask;
}

void askqueue_put(struct askqueue *q, struct keyagent_ask *ask)
{
    ask->next = NULL;
    if (q->last)
        q->last->next = ask;
    else
        q->first = ask;
    q->last = ask;
    q->count++;
}

struct keyagent_ask *askqueue_take(struct askqueue *q)
{
    struct keyagent_ask *ask = q->first;

    if (!ask)
        return NULL;
    q->first = ask->next;
    if (!q->first)
        q->last = NULL;
    q->count--;
    return ask;
}

void ask_free(struct keyagent_ask *ask)
{
    free(ask->frame);
    free(ask);
}

void ask_settle(struct keyagent_ask *ask, const struct blob *signature,
                const struct fail *why)
{
    if (ask->on_signed)
        ask->on_signed(ask->arg, signature, why);
    ask_free(ask);
}

void askqueue_settle(struct askqueue *q, const struct fail *why)
{
    struct keyagent_ask *ask;

    while ((ask = askqueue_take(q)))
        ask_settle(ask, NULL, why);
}

void askqueue_clear(struct askqueue *q)
{
    struct keyagent_ask *ask;

    while ((ask = askqueue_take(q)))
        ask_free(ask);
}
