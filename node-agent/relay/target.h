/* target - one connection that a relay makes for its controller, and what flows there
 *
 * It is looked up, connected to, and then bytes go both ways, as far as the node, the
 * credit of its stream (mux_stream.h) and the outbox take them.  It never waits: the
 * loop tells it what is ready and what time it is.
 *
 *     target_new(&t, &line, &frame, now_ms, why);
 *     target_hear(t, &frame, why)             a frame of its stream
 *     target_serve(t, events, now_ms, why)    what epoll says of it
 *     target_tick(t, now_ms, why)             at target_due_ms(t)
 *     if (target_is_over(t)) target_free(t);
 */
#ifndef NODE_AGENT_TARGET_H
#define NODE_AGENT_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct mux_frame;
struct outbox;
struct target;

/* Lookups at work at once; the others wait for their turn. */
#define TARGET_LOOKUPS_MAX 16

/* target_due_ms() of one that waits for nothing but its peers. */
#define TARGET_NEVER INT64_MAX

/* What all targets of a relay share. */
struct target_line {
    struct outbox *outbox;
    int epoll;        /* events carry the target as their pointer */
    unsigned lookups; /* at work                                  */
};

/* All functions that may fail do so only with FAIL_MEMORY, or FAIL_GARBAGE where the
 * controller does not keep to the rules: the relay then ends.  What is wrong with a
 * target is told to the controller.
 *
 * frame is an open; *t is put into chains by its owner through target_link().
 */
int target_new(struct target **t, struct target_line *line, const struct mux_frame *frame,
               int64_t now_ms, struct fail *why);

/* Its connection is cut; nothing is said.  NULL is allowed. */
void target_free(struct target *t);

/* frame is of its stream and no open. */
int target_hear(struct target *t, const struct mux_frame *frame, struct fail *why);

int target_serve(struct target *t, uint32_t events, int64_t now_ms, struct fail *why);

/* When target_tick() is wanted, or TARGET_NEVER. */
int64_t target_due_ms(const struct target *t);
int target_tick(struct target *t, int64_t now_ms, struct fail *why);

/* Both sides have said close. */
bool target_is_over(const struct target *t);

uint32_t target_stream(const struct target *t);

/* For its owner's chain. */
struct target **target_link(struct target *t);

#endif
