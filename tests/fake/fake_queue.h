/* fake_queue - queue.h between threads of one process, with a fabric that misbehaves
 *
 * Keeps what makes meeting hard: packets in order by number, old ones acknowledged
 * without being taken in, early ones refused, what comes from a stranger dropped,
 * a few retries and then the queue pair is broken.
 */
#ifndef TESTS_FAKE_FAKE_QUEUE_H
#define TESTS_FAKE_FAKE_QUEUE_H

#include <stdbool.h>

struct queue;

/* Its number (from 1) is its endpoint's qpn. */
struct queue *fake_queue_new(unsigned number);
void fake_queue_free(struct queue *q);

/* What this one sends from now on: so many of 1000 packets, and of the answers to
 * them, are lost; cut: all.
 */
void fake_queue_lose(struct queue *q, unsigned permille);
void fake_queue_cut(struct queue *q, bool cut);

/* How often it was connected. */
unsigned fake_queue_connects(const struct queue *q);

#endif
