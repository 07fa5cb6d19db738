/* token - the bearer with which Azure is called: got from one source, kept, renewed
 *
 * It is kept in memory only, and renewed five minutes (or a tenth of its time) before its
 * end, once for all who wait.
 *
 *     bearer = token_ready(t, &generation);
 *     if (!bearer)
 *         token_ask(t, &me->wait, generation);    done comes later
 */
#ifndef CONTROLLER_TOKEN_H
#define CONTROLLER_TOKEN_H

#include <stdint.h>

struct arm_settings;
struct cloud;
struct fail;
struct tokens;
struct uv_loop_s;
struct web;

#define TOKEN_MAX_BYTES \
    ((size_t)64 << 10) /* of a bearer, and of the file it comes from */

/* Who waits; lives with its owner until done was called or token_forget(). */
struct token_wait {
    struct token_wait *next;
    void (*done)(void *arg, const struct fail *why); /* NULL: there is one now */
    void *arg;
};

/* What is needed of settings is copied.  -1: FAIL_USAGE, FAIL_AZURE_LOGIN with what is
 * missing for the source that is said, FAIL_MEMORY.
 */
int token_open(struct uv_loop_s *loop, struct web *web,
               const struct arm_settings *settings, struct tokens **t, struct fail *why);

/* Who waits hears nothing any more.  closed comes once, later. */
void token_close(struct tokens *t, void (*closed)(void *arg), void *arg);

/* To be called before the first token_ask(); borrowed. */
void token_set_cloud(struct tokens *t, const struct cloud *cloud);

/* Borrowed until the loop turns; NULL: none, or it ends too soon. */
const char *token_ready(struct tokens *t, unsigned *generation);

/* One newer than generation: when that is what there is, it was refused, and is renewed.
 * wait->done comes later, once.
 */
void token_ask(struct tokens *t, struct token_wait *wait, unsigned generation);
void token_forget(struct tokens *t, struct token_wait *wait);

/* Which source it is, "managed-identity"; and what it says beside the bearer: NULL where
 * it does not.
 */
const char *token_source(const struct tokens *t);
const char *token_subscription(const struct tokens *t);

#endif
