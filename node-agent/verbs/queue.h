/* queue - one RC queue pair that serves a whole campaign
 *
 * Its number, its registered buffer and its key stay the same while it is
 * connected to one partner after the other, so that endpoints need to be told
 * only once.  All that is ever posted is an RDMA write into the partner's buffer,
 * which is laid out alike on all nodes:
 *
 *     mailbox   a word by which the partner says how far it is (meet.h)
 *     ping      where a ping-pong lands
 *     outbox    words and pings on their way out
 *     target    where bandwidth is written to
 *     source    where it is written from
 *
 * Completions come in the order of posting, so counting them is enough.
 */
#ifndef NODE_AGENT_VERBS_QUEUE_H
#define NODE_AGENT_VERBS_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/measure.h"

struct device;
struct queue;

#define QUEUE_MAILBOX 0
#define QUEUE_PING    4096
#define QUEUE_OUTBOX  8192
#define QUEUE_TARGET  16384
#define QUEUE_SOURCE  (QUEUE_TARGET + MEASURE_MAX_MESSAGE_BYTES)
#define QUEUE_BYTES   ((size_t)QUEUE_SOURCE + MEASURE_MAX_MESSAGE_BYTES)

/* Bandwidth in flight and a word or ping beside it. */
#define QUEUE_DEPTH (MEASURE_MAX_DEPTH + 8)

/* Announced writes of the partner that may come between two polls. */
#define QUEUE_ANNOUNCED 16

/* d is borrowed and must outlive the queue.  FAIL_VERBS says which resource was
 * refused (locked memory: what to raise), FAIL_MEMORY.
 */
int queue_open(struct queue **q, const struct device *d, struct fail *why);
void queue_close(struct queue *q); /* NULL is allowed */

/* What a partner must know of us.  Borrowed. */
const struct endpoint *queue_endpoint(const struct queue *q);

/* Forget the partner: nothing of it arrives from now on, nothing of ours is in
 * flight, no completion is left over.
 */
int queue_reset(struct queue *q, struct fail *why);

/* After queue_reset(): ready to send and to receive.  psn: of our next packet,
 * far_psn: of the partner's next.  FAIL_CONFIG_DIFFERS (it will never work),
 * FAIL_PARTNER (its address does not resolve: the kernel took up to
 * QUEUE_RESOLVE_MS to say so), FAIL_VERBS.
 */
int queue_connect(struct queue *q, const struct endpoint *far, uint32_t psn,
                  uint32_t far_psn, struct fail *why);
#define QUEUE_RESOLVE_MS 1100

/* Our buffer at that offset; what the partner writes there comes by itself, so
 * read it with queue_peek*().
 */
void *queue_at(struct queue *q, size_t offset);
uint64_t queue_peek(const struct queue *q, size_t offset);
uint8_t queue_peek_byte(const struct queue *q, size_t offset);

/* Post a write of len_bytes from our offset to the partner's.  What fits the
 * device's inline limit is copied at once; the rest may not change before it has
 * completed.  An announced one wakes a partner in queue_sleep().  FAIL_VERBS.
 */
int queue_write(struct queue *q, size_t from, size_t to, size_t len_bytes, bool announced,
                struct fail *why);

/* How many writes have completed since the last call, or -1: the first that went
 * wrong, in the words of the hardware.  FAIL_PATH when nobody acknowledges,
 * FAIL_VERBS for everything else.  Then only queue_reset() helps.
 */
int queue_poll(struct queue *q, struct fail *why);

/* Sleep until something completes or an announced write comes, or max_ms are over.
 * Between arming and sleeping look once more: what came before arming wakes nobody.
 */
void queue_arm(struct queue *q);
void queue_sleep(struct queue *q, int max_ms);

#endif
