/* helper - a forked process that does one request, seen from the poll loop
 *
 * What it writes into its pipe are whole messages; they are passed on.  It answers
 * once; when it dies before that, or is too late, the loop has the failure to send.
 * It ends when the agent ends.  What it has detached (unit.h) goes on.
 *
 *     helper_open(&h, home, ask, id, body, why);
 *     poll: fd helper_fd(h), POLLIN
 *     helper_serve(h, now_ms, pass_on, arg);
 *     if (helper_is_over(h))
 *         helper_close(h);
 */
#ifndef NODE_AGENT_HELPER_H
#define NODE_AGENT_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ask;
struct fail;
struct helper;
struct home;
struct json;

/* FAIL_STEP: no more processes or descriptors; FAIL_MEMORY. */
int helper_open(struct helper **helper, const struct home *h, const struct ask *ask,
                uint32_t id, const struct json *body, int64_t now_ms, struct fail *why);

/* Kills it if it still runs.  Never waits.  NULL is allowed. */
void helper_close(struct helper *helper);

int helper_fd(const struct helper *helper);

/* When helper_serve() must be called even if nothing came. */
int64_t helper_due_ms(const struct helper *helper);

/* One whole message, borrowed for the call.  is_output: it may be dropped. */
typedef void (*helper_say_fn)(void *arg, const char *text, size_t len_bytes,
                              bool is_output);

/* *why is set, and 1 returned, once: when the request will not be answered by the
 * helper any more.  0 otherwise.
 */
int helper_serve(struct helper *helper, int64_t now_ms, helper_say_fn say, void *arg,
                 struct fail *why);

uint32_t helper_id(const struct helper *helper);

/* It has answered, or failed to, and its process is gone or given up. */
bool helper_is_over(const struct helper *helper);

#endif
