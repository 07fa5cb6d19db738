/* outqueue - bytes on their way out, in pieces that never move
 *
 * libssh2 wants an interrupted write repeated with the same address and length, so
 * the front piece stays where it is until all of it is gone.
 *
 *     outqueue_push(q, bytes, n, why);
 *     while ((n = outqueue_front(q, &bytes)) > 0)
 *         outqueue_pop(q, write_some(bytes, n));
 */
#ifndef CONTROLLER_OUTQUEUE_H
#define CONTROLLER_OUTQUEUE_H

#include <stddef.h>

struct fail;
struct outqueue_piece;

/* Starts as all zero. */
struct outqueue {
    struct outqueue_piece *first, *last;
    size_t len_bytes; /* not yet popped */
};

/* Copy the bytes behind all others.  FAIL_FLOOD when the queue would exceed
 * SSH_QUEUE_MAX_BYTES, FAIL_MEMORY; the queue is then as it was.
 */
int outqueue_push(struct outqueue *q, const void *bytes, size_t len_bytes,
                  struct fail *why);

/* The bytes to write next, at most what one SSH packet carries, and how many: the
 * same answer until outqueue_pop().  0 when the queue is empty.
 */
size_t outqueue_front(const struct outqueue *q, const char **bytes);

/* len_bytes of the front (not more than outqueue_front() said) are gone. */
void outqueue_pop(struct outqueue *q, size_t len_bytes);

void outqueue_clear(struct outqueue *q);

#endif
