/* node - takes one node along the road of a rollout
 *
 *     n = node_new(&crew, fleet_node, &hooks, arg);
 *     node_start(n);                  todo -> probing -> planned, up-to-date or failed
 *     node_go(n, &claim);             ... from planned, to an end of the road
 *     node_close(n, on_closed);
 *
 * The road itself is node_state.h.  Each move is told first and acted on when the
 * owner says so, so that a journal can come between.  A node owns its link: opened
 * when there is something to ask, closed in planned and at the end.  A link lost on
 * the way is opened again, with growing pauses, until the state's deadline, and what
 * was asked is asked again; the agent knows what it has done already.
 */
#ifndef CONTROLLER_NODE_H
#define CONTROLLER_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/rollout/deadline.h"
#include "controller/rollout/dossier.h"
#include "controller/rollout/node_state.h"

struct decision;
struct fail;
struct facts;
struct fleet_node;
struct link_pool;
struct news;
struct node;
struct node_claim;
struct uv_loop_s;

#define NODE_PROBE_LOSSES 3 /* conversations that may break before the plan */

/* What all nodes of a run share; borrowed for the life of the nodes. */
struct node_crew {
    struct uv_loop_s *loop;
    struct link_pool *pool;
    struct deadlines deadlines;
    struct dossier_aim aim;
    uint64_t pause_ms; /* 0: contact.h's */
    unsigned legs;     /* enum node_leg, or'ed: what a node of the run goes through */
    uint64_t soak_ms;
    unsigned on_failure; /* enum policy_on_failure */
};

struct node_move {
    enum node_state from, to;
    enum node_event event;
    const struct fail *why; /* NULL unless it failed                        */
    const char *boot_id;    /* to rebooting: of the boot to be ended; or NULL */
};

struct node_hooks {
    /* The node has moved; move is borrowed for the call.  True: act on it at once.
     * False: node_act() will be called later, and until then the node does nothing.
     */
    bool (*moved)(void *arg, const struct node_move *move);

    /* Of its steps, while it installs; borrowed for the call.  May be NULL. */
    void (*heard)(void *arg, const struct news *news);

    /* It is in a state in which somebody else acts (draining, checking, undraining,
     * returning), and waits for node_answer().  Only with such legs.  Also where somebody else
     * is to reboot it, once it was seen that nobody has: of that only a failure is answered.
     */
    void (*wants)(void *arg, enum node_state state);
};

/* Borrows crew, fleet_node and hooks until it is closed.  NULL: out of memory. */
struct node *node_new(const struct node_crew *crew, const struct fleet_node *fleet_node,
                      const struct node_hooks *hooks, void *arg);

/* Before node_start(), for a run that is taken up: what was decided then is what is
 * done now.  d is taken over and left empty.  boot_id: the one that a reboot was to
 * end, if it came that far, or NULL; copied.  may_boot: it was left in the middle, so
 * it is waited for as one that boots.  FAIL_MEMORY.
 */
int node_restore(struct node *n, struct decision *d, const char *boot_id, bool may_boot,
                 struct fail *why);

void node_start(struct node *n);

/* After moved() has returned false. */
void node_act(struct node *n);

/* From planned; claim is borrowed until the node is closed. */
void node_go(struct node *n, const struct node_claim *claim);

/* From planned: it is not to be changed, and has failed. */
void node_refuse(struct node *n, const struct fail *why);

/* What it waited for in that state is done (why NULL), or is not to be had.  One that has
 * moved on meanwhile is not concerned.  FAIL_SKIPPED: it is passed over.
 */
void node_answer(struct node *n, enum node_state in, const struct fail *why);

/* It was out of service for longer than that, and has failed, wherever it is. */
void node_overdue(struct node *n, uint64_t limit_ms);

/* Leave it where it is: the link is closed, and what the agent has begun goes on. */
void node_pause(struct node *n);

/* Closes what is open, whatever the state, and frees the node; then on_closed. */
void node_close(struct node *n, void (*on_closed)(void *arg), void *arg);

enum node_state node_where(const struct node *n);
const struct fleet_node *node_of_fleet(const struct node *n);

/* As it was probed; NULL before that.  Borrowed. */
const struct facts *node_facts(const struct node *n);

/* What probing decided; verdict up-to-date before that.  Borrowed. */
const struct decision *node_decision(const struct node *n);

/* Of one that failed: is it in service nevertheless, since nothing was changed yet, or since
 * it was put back?
 */
bool node_is_back(const struct node *n);

/* Why it failed; code FAIL_NONE otherwise. */
const struct fail *node_why(const struct node *n);

#endif
