/* attempt - one try at starting the agent: what the node said, and what it was given
 *
 * Pure: it remembers, and knows the words for why there is no agent.  What the node
 * prints after the agent has greeted is taken in here, too.
 *
 *     a = (struct attempt){0};
 *     attempt_needs_agent(&a, agents, bytes, n, why) == 1: attempt_next_piece(&a, &bytes)
 *     attempt_explain_end(&a, reader, status, why), attempt_explain_silence(...)
 */
#ifndef CONTROLLER_ATTEMPT_H
#define CONTROLLER_ATTEMPT_H

#include <stddef.h>
#include <stdint.h>

#include "controller/link/bootstrap.h"
#include "controller/tail.h"

struct agentfile;
struct agentfiles;
struct fail;
struct frame_reader;

/* How much of the agent is handed over at a time. */
#define ATTEMPT_PIECE_BYTES ((size_t)128 << 10)

/* Starts as all zero. */
struct attempt {
    struct bootstrap_scan scan;
    const struct agentfile *needed; /* the one that the node wants; NULL: none */
    size_t pushed_bytes;
    struct tail err; /* of its stderr */
};

/* Stdout, before the agent has greeted: 1, once, when the node says that it does not have
 * the one for it among these agents, which are borrowed from then on; 0 otherwise.
 * FAIL_GARBAGE when it says that of one that is not among them.
 */
int attempt_needs_agent(struct attempt *a, const struct agentfiles *agents,
                        const char *bytes, size_t len_bytes, struct fail *why);

/* The part of the agent to send next, which then counts as sent; 0: nothing is left. */
size_t attempt_next_piece(struct attempt *a, const char **bytes);

/* The command ended by itself, with this status, and that is never what we want.
 * reader is what has heard its stdout.
 */
void attempt_explain_end(const struct attempt *a, const struct frame_reader *reader,
                         int status, struct fail *why);

/* Nothing came, or no more was taken, for so long: FAIL_TIMEOUT. */
void attempt_explain_silence(const struct attempt *a, const struct frame_reader *reader,
                             uint64_t waited_ms, struct fail *why);

#endif
