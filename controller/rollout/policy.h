/* policy - which node is next, and whether any may be (pure)
 *
 *     struct policy *p = policy_new(&rules, nodes, count);
 *
 *     while ((i = policy_next(p, &now)) >= 0)
 *         begin(i);                        ... later, once for each begun:
 *     policy_out(p, i, &now);              it is out of service now
 *     policy_report(p, i, POLICY_FAILED, "disk-full no room on #", &now);
 *     switch (policy_word(p, &now)) ...
 *
 * Knows all nodes of the fleet, of which some take part.  What the keys of [policy] mean is
 * said in ibfleet-policy(7), from inventory/fleet_policy.c, and done here.  In short:
 *
 *   - Nodes go in stages: the canaries, then batches of the sizes of the ramp.  A node is
 *     begun when all of the stages before have ended, but for who is held; who is held no
 *     more goes first, and the others wait for it.  Those after the canaries are begun when
 *     somebody says promote, or with promote = auto when every canary is done; one that was
 *     passed over or is held is not.
 *   - Unavailable is who is under way, who failed and stayed out of service, and whom the
 *     scheduler says is out of service; each counts once.  A node is begun only when no scope
 *     it is in (the fleet, its partitions, zone, placement group, leaf) has more of them than
 *     allowed afterwards, or when it is unavailable already.
 *   - A broken limit of failures stops it for good: nothing new is begun, and those under way
 *     go on.  So a limit is overrun by no more than what was under way.
 *
 * It knows no clock and no order of its own: the caller says what time it is, and gives
 * the nodes in their order (sequence.h).  Counting and finding is lineup.h's.
 */
#ifndef CONTROLLER_POLICY_H
#define CONTROLLER_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct fleet_policy;
struct policy;

/* A moment: ms only ever grows; minute is that of the week (hours.h). */
struct policy_time {
    uint64_t ms;
    unsigned minute;
};

#define POLICY_NO_STAGE ((size_t)-1)

/* A node of the fleet.  Scopes: numbers of struct policy_rules' list. */
struct policy_node {
    const size_t *scopes; /* borrowed until policy_free() */
    size_t scope_count;
    size_t stage; /* from 0, in which it is begun; POLICY_NO_STAGE: it takes no part */
    bool is_held; /* not to be begun for now */
};

struct policy_rules {
    const struct fleet_policy *keys; /* borrowed until policy_free()              */
    const size_t *scope_limits;      /* so many of each scope may be unavailable  */
    const char *const *scope_names;  /* "the fleet", "partition gpu": for people  */
    size_t scope_count;
    size_t stage_count;
    bool has_canaries; /* stage 0 is theirs */
};

/* The nodes that take part are begun in this order, and stand stage by stage.  The lists of
 * the rules and the nodes are borrowed until policy_free().  NULL: out of memory.
 */
struct policy *policy_new(const struct policy_rules *rules,
                          const struct policy_node *nodes, size_t count);
void policy_free(struct policy *p); /* NULL is allowed */

enum policy_word {
    POLICY_NEXT,    /* policy_next() has one                                          */
    POLICY_WAIT,    /* some are under way, and no other may be begun now              */
    POLICY_BLOCKED, /* nobody is under way but those kept, and who is left may not be
                       begun now: policy_why() says why, policy_look_again_ms() when
                       to ask again                                                   */
    POLICY_OVER     /* nobody is under way, and nobody will be                        */
};

enum policy_word policy_word(struct policy *p, const struct policy_time *now);

/* The node to begin now, which is under way from here on; -1 when there is none. */
long policy_next(struct policy *p, const struct policy_time *now);

/* A node that is under way is out of service and at work from now on: its deadline and the
 * run's begin.  At most once for each.
 */
void policy_out(struct policy *p, size_t node, const struct policy_time *now);

/* A node that is under way has nothing left to do but to be left alone (its soak): its
 * deadline does not count any more.
 */
void policy_rests(struct policy *p, size_t node, const struct policy_time *now);

/* A node that is under way is well, and is kept out of service for others' sake (a
 * reference): it counts as done from here on, its stage does not wait for it, nor does the
 * window count it.  It is unavailable until it is reported, as POLICY_WELL once
 * policy_needs_kept() says no, or as failed after all; until then the run is not over.
 */
void policy_keep(struct policy *p, size_t node, const struct policy_time *now);

/* Would there still be room in all scopes for somebody else, if the node were kept, too?  With
 * max_unavailable = 1 there is not, and who keeps one all the same waits for ever.
 */
bool policy_may_keep(const struct policy *p, size_t node);

/* Is or will anybody be under way beside those who are kept? */
bool policy_needs_kept(const struct policy *p);

enum policy_end {
    POLICY_WELL,
    POLICY_FAILED,   /* and stays out of service              */
    POLICY_RETURNED, /* failed, and is back in service        */
    POLICY_SKIPPED   /* as it was found: neither well nor not */
};

/* A node that was under way has ended.  signature: of its failure (signature.h), else
 * NULL.  It may be one that an earlier controller had begun: then it need not be under way.
 */
void policy_report(struct policy *p, size_t node, enum policy_end end,
                   const char *signature, const struct policy_time *now);

/* A node that was begun by an earlier controller is under way again. */
void policy_resume(struct policy *p, size_t node, const struct policy_time *now);

/* What the scheduler says of a node, whether it takes part or not.  Of one that is under way
 * it says what we did: one that was in service when it was begun (or resumed) is taken to be
 * so again at its end, until the scheduler is heard again.  An answer that is older than the
 * end must not be given.
 */
void policy_set_unavailable(struct policy *p, size_t node, bool is_unavailable);

/* May it be begun at all just now?  All may, until somebody says no (when-idle). */
void policy_set_ready(struct policy *p, size_t node, bool is_ready);

/* Marks of the operator's, on who is not begun yet. */
void policy_set_held(struct policy *p, size_t node, bool is_held);

/* The canaries were looked at.  Said too soon it holds once they have ended. */
void policy_promote(struct policy *p);

/* The last answer of the veto; without a veto there is none to give. */
void policy_set_veto(struct policy *p, bool is_vetoed);

/* The same for a reason from outside (a hook), which policy_why() then tells; for good. */
void policy_stop(struct policy *p, const char *why);

/* Begin nobody any more; those under way go on. */
void policy_hold(struct policy *p);

/* A node that was out of service for longer than its deadline; -1: there is none.  It is
 * still under way, and is told once.
 */
long policy_overdue(struct policy *p, const struct policy_time *now);

/* Why nothing more is begun for good, or just now (as of the last policy_word()): a
 * sentence, and FAIL_NONE when there is no reason.  Which of both, policy_is_stopped() tells.
 */
void policy_why(const struct policy *p, struct fail *why);

/* Has a limit been broken, so that nothing new is begun for good? */
bool policy_is_stopped(const struct policy *p);

/* Milliseconds after which time alone may have changed something; UINT64_MAX: it will not.
 * To be asked after policy_word().
 */
uint64_t policy_look_again_ms(const struct policy *p, const struct policy_time *now);

/* Blocked for as long as wait_deadline, closed hours not counted. */
bool policy_is_tired(const struct policy *p, const struct policy_time *now);

/* Does it wait for promote and for nothing else? */
bool policy_awaits_promote(const struct policy *p);

/* The stage that is being gone through; stage_count when all are over.  It goes back when a
 * node of an earlier one is held no more.
 */
size_t policy_stage(const struct policy *p);

/* Nodes that take part and were never begun; held ones among them. */
size_t policy_left(const struct policy *p);
size_t policy_held(const struct policy *p);

/* Of a scope, as counted for its limit. */
size_t policy_unavailable(const struct policy *p, size_t scope);

#endif
