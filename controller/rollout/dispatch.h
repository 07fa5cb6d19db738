/* dispatch - begins the nodes of a run when the policy lets it
 *
 *     dispatch_new(loop, &terms, rollout, &hooks, arg, &d, why);
 *     dispatch_turn(d)          ... hooks->begin for each whose turn it is
 *     dispatch_report(d, i, POLICY_FAILED, signature);
 *     dispatch_close(d, on_closed, arg);
 *
 * What a course is among numbers, this is on the loop: it knows the time, and asks for another
 * turn when time alone has changed something.  Who a node is and what is done with it
 * is the rollout's.
 */
#ifndef CONTROLLER_DISPATCH_H
#define CONTROLLER_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/rollout/policy.h"

struct course;
struct dispatch;
struct facts;
struct fail;
struct fleet_node;
struct fleet_policy;
struct hostset;
struct uv_loop_s;

/* A node that an earlier controller of the run has brought to its end. */
struct dispatch_past {
    const char *name;
    const struct facts *facts; /* NULL: none           */
    enum policy_end end;
    const char *signature; /* of its failure; NULL */
    long stage;            /* -1: it had none      */
};

/* What the scheduler says of a node of the fleet. */
struct dispatch_seen {
    char *partitions; /* parted by commas; NULL: none             */
    bool is_away;     /* out of service, for whatever cause       */
    bool is_ready;    /* it may be begun now, if its turn comes   */
};

/* What a run is to keep to; all of it borrowed until dispatch_close(). */
struct dispatch_terms {
    const struct fleet_policy *keys;
    const struct fleet_node *const *fleet; /* all of it, by name */
    size_t fleet_count;
    const struct hostset *canaries, *held; /* NULL: nobody */
    const struct dispatch_past *past;      /* in the order in which they ended */
    size_t past_count;
    const struct dispatch_seen *seen; /* of each of the fleet; NULL: no scheduler */
};

/* A node of the run, as it is when dispatch is made; in the order of the fleet. */
struct dispatch_node {
    const struct fleet_node *of;
    const struct facts *facts; /* NULL: none                                   */
    bool is_planned;           /* there is something to do                     */
    bool is_begun;             /* by an earlier controller: it goes on at once */
    long stage;                /* of it then; -1: none                         */
};

struct dispatch_hooks {
    /* May nodes of this batch be begun now?  False: not before another turn. */
    bool (*may_begin)(void *arg, size_t stage);

    /* Begin node i, of this batch. */
    void (*begin)(void *arg, size_t i, size_t stage);

    /* Node i was out of service for longer than it may: it has failed. */
    void (*overdue)(void *arg, size_t i);

    /* Something may have changed: call dispatch_turn() soon. */
    void (*woken)(void *arg);
};

/* FAIL_MEMORY. */
int dispatch_new(struct uv_loop_s *loop, const struct dispatch_terms *terms,
                 const struct dispatch_node *nodes, size_t count,
                 const struct dispatch_hooks *hooks, void *arg, struct dispatch **d,
                 struct fail *why);
void dispatch_close(struct dispatch *d, void (*on_closed)(void *arg), void *arg);

/* Begin whoever may be begun.  What follows from it: */
enum dispatch_word {
    DISPATCH_GOES_ON, /* some are under way, or may be begun             */
    DISPATCH_BLOCKED, /* nobody is, as policy_why() says                */
    DISPATCH_TIRED,   /* it was waited for too long: pause              */
    DISPATCH_OVER     /* nobody is under way, and nobody will be        */
};
enum dispatch_word dispatch_turn(struct dispatch *d);

/* As policy_report(), policy_out(), policy_rests(), policy_keep() and policy_may_keep(), for
 * node i of the run.
 */
void dispatch_report(struct dispatch *d, size_t i, enum policy_end end,
                     const char *signature);
void dispatch_out(struct dispatch *d, size_t i);
void dispatch_rests(struct dispatch *d, size_t i);
void dispatch_keep(struct dispatch *d, size_t i);
bool dispatch_may_keep(const struct dispatch *d, size_t i);

/* The scheduler was looked at: of each node of the fleet. */
void dispatch_set_seen(struct dispatch *d, const struct dispatch_seen *seen);

/* The batch of node i; -1: it has none. */
long dispatch_stage_of(const struct dispatch *d, size_t i);

/* Now, for the policy. */
struct policy_time dispatch_time(struct uv_loop_s *loop);

struct policy *dispatch_policy(const struct dispatch *d);
const struct course *dispatch_course(const struct dispatch *d);

#endif
