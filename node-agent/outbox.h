/* outbox - what is to be said to the controller and has not gone out yet
 *
 * A queue of whole frames with a ceiling.  Output of programs may be lost: when
 * there is no room the oldest output goes, and a line says how many are gone.  All
 * else stays; outbox_is_full() tells the loop to take in no more of it.
 *
 *     outbox_push(o, OUTBOX_KEEP, text, len_bytes, why);
 *     if (outbox_bytes(o) > 0 && fd is writable)
 *         outbox_write(o, fd);
 */
#ifndef NODE_AGENT_OUTBOX_H
#define NODE_AGENT_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct outbox;

/* Above this output is dropped; when all else alone is above it, nothing is taken in. */
#define OUTBOX_MAX_BYTES ((size_t)2 << 20)

enum outbox_worth { OUTBOX_KEEP, OUTBOX_OUTPUT };

/* NULL only when memory is exhausted. */
struct outbox *outbox_new(void);
void outbox_free(struct outbox *o); /* NULL is allowed */

/* Put a message at the end; it is framed and copied.  FAIL_MEMORY, FAIL_BUG (too long
 * for a frame).
 */
int outbox_push(struct outbox *o, enum outbox_worth worth, const char *text,
                size_t len_bytes, struct fail *why);

/* The same without a frame around it: for what comes before the first frame. */
int outbox_push_bare(struct outbox *o, const char *bytes, size_t len_bytes,
                     struct fail *why);

/* What waits, frames in full. */
size_t outbox_bytes(const struct outbox *o);
bool outbox_is_full(const struct outbox *o);

/* Output lines that were lost so far. */
unsigned long outbox_dropped(const struct outbox *o);

/* Write what fd takes at once.  -1: nobody reads it any more. */
int outbox_write(struct outbox *o, int fd);

#endif
