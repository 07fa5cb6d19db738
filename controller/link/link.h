/* link - one node, reachable or not
 *
 * A link is a conversation with the agent on one node: an SSH session, the agent
 * pushed when it is not there, started, greeted.  It is a table of its own
 * (link_state.h): down, connecting, pushing, up, lost.  Losing a link is an
 * event, not a failure of the node; whoever owns the link decides what it means.
 *
 *     link_pool_open(loop, &options, &pool, why);
 *     link = link_new(pool, node, &hooks, arg);
 *     link_open(link);                       ... hooks->up or hooks->lost, once
 *     link_ask(link, "detect", NULL, 30000, on_facts, arg);
 *     link_close(link, on_closed);           ... then silence
 *
 * No callback comes before the call that caused it has returned.
 */
#ifndef CONTROLLER_LINK_H
#define CONTROLLER_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/link/link_state.h"

struct door;
struct fail;
struct fleet_node;
struct json;
struct link;
struct link_pool;
struct ssh_client;
struct uv_loop_s;

/* ---- what all links of a run share -------------------------------------------- */

struct link_pool_options {
    struct ssh_client *client; /* borrowed for the life of the pool, as are the strings */
    struct door *door;         /* borrowed, too: whose turn it is to log in            */
    const char *agent_path;    /* agentfiles_read()'s: what is pushed                   */
    bool unprivileged;         /* no sudo; the agent goes to the user's own folder     */
    bool relays;               /* the agents are relays, for hooks->frame               */
    uint64_t login_ms;         /* deadline for each phase of a login; 0: 15000         */
    unsigned tries;            /* logins tried for FAIL_KIND_AGAIN, with back-off, but not
                                after a deadline; more often when the server turns us
                                away; 1: never again; 0: 3                           */
    uint64_t pause_ms;         /* about this long before the second try, then doubled;
                                0: 1000                                              */
    uint64_t idle_ms;          /* an agent is pinged so often; 0: 60000                */
};

/* Reads the agents' files and nothing else yet.  FAIL_STATE when one cannot be read. */
int link_pool_open(struct uv_loop_s *loop, const struct link_pool_options *options,
                   struct link_pool **pool, struct fail *why);

/* All links must be closed.  NULL is allowed. */
void link_pool_close(struct link_pool *pool);

/* ---- one link ----------------------------------------------------------------- */

struct link_hooks {
    /* The state changed, other than by link_open() (for a progress display).  May be
     * NULL.
     */
    void (*moved)(void *arg, enum link_state state);

    /* The agent greeted; hello is its content, borrowed for the call. */
    void (*up)(void *arg, const struct json *hello);

    /* The link is lost: it did not come up, or it broke.  All requests under way
     * have been answered with *why before.  link_open() may be called again, also
     * from here.
     */
    void (*lost)(void *arg, const struct fail *why);

    /* An event from the agent; borrowed for the call.  May be NULL. */
    void (*event)(void *arg, const char *name, const struct json *body);

    /* A relay's frame (protocol/mux.h); borrowed for the call.  -1 and *why: it breaks the
     * rules, and the link is lost.  NULL: no relay is on the other side.
     */
    int (*frame)(void *arg, const char *text, size_t len_bytes, struct fail *why);

    /* All that was sent has been handed to the network.  May be NULL. */
    void (*drained)(void *arg);
};

/* node and hooks are borrowed until the link is closed.  NULL only when memory
 * is exhausted.  The link is down.
 */
struct link *link_new(struct link_pool *pool, const struct fleet_node *node,
                      const struct link_hooks *hooks, void *arg);

/* From down or lost: log in and start the agent.  Exactly one of up and lost
 * follows.
 */
void link_open(struct link *link);

/* Answered exactly once: answer is borrowed for the call and NULL exactly when
 * *why is set.
 */
typedef void (*link_answer_fn)(void *arg, const struct json *answer,
                               const struct fail *why);

/* Ask the agent; body is taken and may be NULL for {}.  deadline_ms (not 0) is
 * ours: when it passes, the request is answered with FAIL_TIMEOUT and a later
 * answer is dropped.  A link that is not up answers FAIL_LINK_LOST, after this
 * call has returned; only FAIL_MEMORY is answered at once.
 */
void link_ask(struct link *link, const char *what, struct json *body,
              uint64_t deadline_ms, link_answer_fn on_answer, void *arg);

/* Send a whole frame of mux_encode() to a relay.  FAIL_LINK_LOST when the link is not up,
 * FAIL_FLOOD when too much is unsent, FAIL_MEMORY.
 */
int link_send(struct link *link, const void *frame, size_t frame_bytes, struct fail *why);

enum link_state link_state_of(const struct link *link);

/* End the conversation and free the link; on_closed (may be NULL) is the last
 * thing that is heard.  Requests under way are not answered any more.
 */
void link_close(struct link *link, void (*on_closed)(void *arg));

/* Frames sent and received on this link since link_new(), for the tests that
 * count them.
 */
void link_traffic(const struct link *link, unsigned long *sent, unsigned long *received);

#endif
