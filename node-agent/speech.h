/* speech - what an agent says of itself to its controller, into an outbox
 *
 * The greeting, answers and failures of a conversation (message.h), for the loops that
 * hold one.  Each copies what it is given.
 */
#ifndef NODE_AGENT_SPEECH_H
#define NODE_AGENT_SPEECH_H

#include <stdint.h>

struct fail;
struct home;
struct json;
struct outbox;

/* Last words when the conversation breaks off: this long, then without. */
#define SPEECH_FLUSH_MS ((int64_t)2000)

/* What this machine is; the caller's.  NULL: out of memory. */
struct json *speech_hello(const struct home *h);

/* The marker that ends what the login printed, and the hello (NULL: out of memory). */
int speech_greet(struct outbox *o, const struct json *hello, struct fail *why);

/* That a request was done, or why it was not.  FAIL_MEMORY. */
int speech_answer(struct outbox *o, uint32_t id, struct fail *why);
int speech_failure(struct outbox *o, uint32_t id, const struct fail *reason,
                   struct fail *why);

/* Why we leave: an event, for there is no request that it could answer. */
void speech_refused(struct outbox *o, const struct fail *reason);

/* Write what is still to be said, for a moment. */
void speech_flush(struct outbox *o, int fd);

#endif
