/* contact - somebody to talk to on a node, found again when lost
 *
 *     c = contact_new(loop, pool, fleet_node, pause_ms, &hooks, arg);
 *     if (contact_reach(c) == CONTACT_UP)            else hooks->ready follows
 *         contact_ask(c, "install", body, deadline_ms, on_answer, arg);
 *     contact_retry(c);           after a loss, or a "not yet": hooks->ready later
 *     contact_close(c, on_closed, arg);
 *
 * Holds one link, which is opened when there is something to ask.  Whether a loss is
 * to be retried is the owner's to judge, and so is when to stop: here no wait but the
 * link's own has a deadline.
 */
#ifndef CONTROLLER_CONTACT_H
#define CONTROLLER_CONTACT_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/link/link.h"

struct contact;

#define CONTACT_PAUSE_MS     1000  /* the first one before a retry */
#define CONTACT_PAUSE_MAX_MS 15000 /* they double up to this       */

struct contact_hooks {
    /* Ask now.  hello: of an agent that has just come up; NULL: it was there. */
    void (*ready)(void *arg, const struct json *hello);

    /* The link is gone, and nothing is tried until the owner says so.  was_up: there
     * was a conversation.  FAIL_MEMORY: there was no room for a link.
     */
    void (*lost)(void *arg, const struct fail *why, bool was_up);

    /* As link_hooks.event.  May be NULL. */
    void (*event)(void *arg, const char *name, const struct json *body);
};

/* Borrows all but pause_ms (0: as above) until it is closed.  NULL: out of memory. */
struct contact *contact_new(struct uv_loop_s *loop, struct link_pool *pool,
                            const struct fleet_node *fleet_node, uint64_t pause_ms,
                            const struct contact_hooks *hooks, void *arg);

enum contact_reach {
    CONTACT_UP,     /* ask at once                     */
    CONTACT_COMING, /* hooks->ready or ->lost follows  */
    CONTACT_NOT     /* out of memory                   */
};

enum contact_reach contact_reach(struct contact *c);

/* Only when it is up.  As link_ask(); body is taken over. */
void contact_ask(struct contact *c, const char *what, struct json *body,
                 uint64_t deadline_ms, link_answer_fn on_answer, void *arg);

bool contact_is_up(const struct contact *c);

/* Reach it again after a pause, a longer one each time. */
void contact_retry(struct contact *c);

/* How often that was, since contact_calm(). */
unsigned contact_retries(const struct contact *c);

/* No retry any more, and the next one is the first. */
void contact_calm(struct contact *c);

/* Hang up: nothing is heard before the next contact_reach() or contact_retry(). */
void contact_drop(struct contact *c);

/* At any time; frees it, then on_closed. */
void contact_close(struct contact *c, void (*on_closed)(void *arg), void *arg);

#endif
