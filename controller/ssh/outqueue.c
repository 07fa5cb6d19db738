#include "controller/ssh/outqueue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/ssh.h"
#include "protocol/fail.h"

/* libssh2 cuts a write at 32,700 bytes; asking for less keeps the length ours. */
#define PACKET_BYTES ((size_t)32000)

struct outqueue_piece {
    struct outqueue_piece *next;
    size_t len_bytes, done_bytes;
    char bytes[];
};

int outqueue_push(struct outqueue *q, const void *bytes, size_t len_bytes,
                  struct fail *why)
{
    struct outqueue_piece *p;

    if (len_bytes == 0)
        return 0;
    if (len_bytes > SSH_QUEUE_MAX_BYTES - q->len_bytes)
        return fail_set(why, FAIL_FLOOD, "the node does not take what it is sent");
    p = malloc(sizeof *p + len_bytes);
    if (!p)
        return fail_memory(why);
    *p = (struct outqueue_piece){.len_bytes = len_bytes};
    memcpy(p->bytes, bytes, len_bytes);
    if (q->last)
        q->last->next = p;
    else
        q->first = p;
    q->last = p;
    q->len_bytes += len_bytes;
    return 0;
}

size_t outqueue_front(const struct outqueue *q, const char **bytes)
{
    const struct outqueue_piece *p = q->first;
    size_t left_bytes;

    if (!p)
        return 0;
    *bytes = p->bytes + p->done_bytes;
    left_bytes = p->len_bytes - p->done_bytes;
    return left_bytes < PACKET_BYTES ? left_bytes : PACKET_BYTES;
}

void outqueue_pop(struct outqueue *q, size_t len_bytes)
{
    struct outqueue_piece *p = q->first;

    assert(p && len_bytes <= p->len_bytes - p->done_bytes);
    p->done_bytes += len_bytes;
    q->len_bytes -= len_bytes;
    if (p->done_bytes < p->len_bytes)
        return;
    q->first = p->next;
    if (!q->first)
        q->last = NULL;
    free(p);
}

void outqueue_clear(struct outqueue *q)
{
    while (q->first) {
        struct outqueue_piece *next = q->first->next;

        free(q->first);
        q->first = next;
    }
    *q = (struct outqueue){0};
}
