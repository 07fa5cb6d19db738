/* keyagent - an ssh-agent that signs for many logins at once
 *
 * One connection for all of them, opened when it is first needed and closed when the
 * last session that needed it is gone.  Requests are pipelined, but only so many are
 * with the agent at a time: it is a small program that serves one after the other, and
 * thousands at once have killed it.  A connection that breaks is made anew, once for each
 * request.
 *
 *     keyagent_join(a, loop);
 *     ask = keyagent_sign(a, &key, &data, &scheme, on_signed, arg, why);
 *         ... on_signed, once; or keyagent_cancel(ask), then silence
 *     keyagent_leave(a);
 */
#ifndef CONTROLLER_KEYAGENT_H
#define CONTROLLER_KEYAGENT_H

struct blob;
struct fail;
struct keyagent;
struct keyagent_ask;
struct uv_loop_s;

/* Requests that the agent has at a time; the others wait here. */
#define KEYAGENT_IN_FLIGHT 16

/* So long without an answer, while it owes one, and it is given up.  Less than a login
 * waits, so that it is the agent that is blamed.
 */
#define KEYAGENT_SILENT_MS 10000

/* path is the agent's socket ($SSH_AUTH_SOCK); silent_ms: 0 for KEYAGENT_SILENT_MS.  NULL
 * only when memory is exhausted.
 */
struct keyagent *keyagent_new(const char *path, unsigned silent_ms);

/* Nobody may be joined any more.  NULL is allowed. */
void keyagent_free(struct keyagent *a);

/* Borrowed. */
const char *keyagent_path(const struct keyagent *a);

/* A session that is going to ask, and one that will not ask any more and has no request
 * open.  All who are joined share one loop.
 */
void keyagent_join(struct keyagent *a, struct uv_loop_s *loop);
void keyagent_leave(struct keyagent *a);

/* The bare signature, borrowed for the call; or NULL, and why is FAIL_KEY_FILE (the agent
 * refuses, or makes no sense), FAIL_NO_ANSWER (it is silent or gone, and may come back: it
 * was there when its keys were listed) or FAIL_MEMORY.
 */
typedef void (*keyagent_fn)(void *arg, const struct blob *signature,
                            const struct fail *why);

/* Sign data with the key by this algorithm; all is copied.  on_signed comes once, never
 * before this call has returned.  NULL: FAIL_MEMORY, FAIL_KEY_FILE.
 */
struct keyagent_ask *keyagent_sign(struct keyagent *a, const struct blob *key,
                                   const struct blob *data, const struct blob *scheme,
                                   keyagent_fn on_signed, void *arg, struct fail *why);

/* on_signed will not be called.  Not for a request whose on_signed was called. */
void keyagent_cancel(struct keyagent_ask *ask);

#endif
