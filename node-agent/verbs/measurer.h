/* measurer - the child that measures, seen from the agent's poll loop
 *
 * The agent never touches verbs itself: a measurer is a forked child with one
 * rail's queue pair.  It is asked with the very requests of message.h (`join`,
 * `order`, `leave`) and answers with the very messages that go to the
 * controller, so the agent passes both through:
 *
 *     measurer_open(&m, why);
 *     measurer_ask(m, id, "join", body, why);
 *     poll: fd measurer_fd(m), events measurer_events(m)
 *     measurer_serve(m, revents, send_to_controller, arg);
 *     if (measurer_is_over(m))
 *         measurer_close(m);
 *
 * Each request is answered once: by the child, or, when the child has died, by
 * the measurer with FAIL_AGENT_DIED.  The child ends by itself after it has
 * answered `leave`; it never outlives the agent.
 */
#ifndef NODE_AGENT_VERBS_MEASURER_H
#define NODE_AGENT_VERBS_MEASURER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct json;
struct measurer;

/* Requests that may wait for their answers at once; more are FAIL_BUG. */
#define MEASURER_MAX_ASKED 16

/* One whole message (JSON without length), borrowed for the call. */
typedef void (*measurer_answer_fn)(void *arg, const char *text, size_t len_bytes);

/* Fork a child; it holds nothing yet.  One campaign and rail for each.
 * On success *m is to be closed.  FAIL_MEMORY, FAIL_STATE (no more processes or
 * descriptors).
 */
int measurer_open(struct measurer **m, struct fail *why);

/* Kills the child if it still runs, silently.  Never waits.  NULL is allowed. */
void measurer_close(struct measurer *m);

/* For poll(); the same descriptor until measurer_close(). */
int measurer_fd(const struct measurer *m);
short measurer_events(const struct measurer *m);

/* Hand a request on.  body is borrowed; NULL for {}.  Does not wait: what the
 * child does not take at once is kept and sent by measurer_serve().
 * FAIL_BUG (too many), FAIL_AGENT_DIED, FAIL_MEMORY.
 */
int measurer_ask(struct measurer *m, uint32_t id, const char *ask,
                 const struct json *body, struct fail *why);

/* After poll(), with what it returned.  Calls answer once for each message that
 * has come; it must not close the measurer.
 */
void measurer_serve(struct measurer *m, short revents, measurer_answer_fn answer,
                    void *arg);

/* The child is gone and all that was asked has been answered. */
bool measurer_is_over(const struct measurer *m);

#endif
