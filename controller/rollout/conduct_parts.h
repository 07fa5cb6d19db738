/* conduct_parts - between conduct.c, which has a rollout's way to its end, and conduct_end.c
 */
#ifndef CONTROLLER_CONDUCT_PARTS_H
#define CONTROLLER_CONDUCT_PARTS_H

#include <stdbool.h>

#include "controller/outcome.h"
#include "controller/rollout/node.h"
#include "controller/rollout/order.h"
#include "controller/rollout/dispatch.h"
#include "controller/rollout/terms.h"

struct catalog;
struct conduct_check;
struct conduct_hooks;
struct conduct_outlets;
struct conduct_requests;
struct conduct_scheduler;
struct dispatch_seen;
struct command;
struct fail;
struct fleet_policy;
struct forecast;
struct plan_file;
struct journal;
struct progress;
struct prompt;
struct rollout;
struct takeup;

struct conduct {
    struct command *command;
    const struct takeup *left;      /* NULL: a new run */
    const struct plan_file *agreed; /* NULL: what is decided now */
    struct catalog *catalog;        /* of the whole run, owned */
    struct node_crew crew;
    struct terms *terms; /* owned */
    struct node_claim claim;
    char host[ORDER_CONTROLLER_BYTES], user[ORDER_USER_BYTES];

    struct rollout *rollout;
    struct journal *journal; /* NULL with --plan */
    struct progress *progress;
    struct prompt *prompt;
    struct conduct_requests *requests;
    struct conduct_hooks *hooks; /* NULL: there are none */
    struct conduct_outlets *outlets;
    struct conduct_scheduler *scheduler; /* NULL: there is none */
    struct conduct_check *check;         /* NULL: nothing is measured */
    long batch;                          /* that was begun last; -1: none         */
    bool is_probed;                      /* all nodes were looked at              */
    bool went;                           /* nodes may have been changed           */
    bool interrupted;                    /* by the operator                       */
    bool is_aborted;                     /* likewise, and for good                */
    bool is_suspending;                  /* automatic repairs, before it goes     */
    bool is_ending;                      /* nothing but the end comes now         */
    bool is_cut_off;                     /* the journal failed in the middle      */
    struct outcome outcome;
    int status;          /* of what ended it before its time; 0: the outcome's */
    int trailing_status; /* of repairs that could not be resumed; likewise */
};

void conduct_hide_progress(struct conduct *c);

/* What has become of the nodes, into the outcome. */
void conduct_count(struct conduct *c);

/* Resume automatic repairs, say the last word, close everything; the loop ends then. */
void conduct_finish(struct conduct *c);
void conduct_finish_with(struct conduct *c, const struct fail *why);

/* From now on hear what is asked of the run from other terminals.  FAIL_STATE,
 * FAIL_MEMORY.
 */
int conduct_listen(struct conduct *c, struct fail *why);
void conduct_listen_no_more(struct conduct *c);

/* How long the rollout may take, once it is arranged. */
void conduct_foresee(const struct conduct *c, struct forecast *f);

/* With a plan that was agreed on: who would get something else now is refused, and the batches
 * are those of the plan.  Before the rollout is arranged.
 */
void conduct_keep_to_plan(struct conduct *c);

/* The plan into a file, if one is wanted.  FAIL_USAGE, FAIL_STATE, FAIL_MEMORY. */
int conduct_write_plan(const struct conduct *c, const struct forecast *forecast,
                       struct fail *why);

/* The programs of the policy that are run around batches and nodes.  FAIL_USAGE: one cannot be
 * run; FAIL_MEMORY.
 */
int conduct_hooks_open(struct conduct *c, const struct fleet_policy *keys,
                       struct fail *why);
void conduct_hooks_close(struct conduct *c);

/* As rollout_hooks.may_begin_batch; and may_begin_node, whose arg is the conduct. */
bool conduct_may_begin_batch(struct conduct *c, size_t batch);
bool conduct_may_begin_node(void *arg, size_t i);

/* A node that was begun has ended. */
void conduct_node_ended(struct conduct *c, size_t i);

/* Nothing more is begun: then, once all hooks are over. */
void conduct_hooks_end(struct conduct *c, bool batch_is_over,
                       void (*then)(struct conduct *c));

/* Metrics and the system's log, as the policy says.  Each of these is told when it happens;
 * before conduct_tell_begun() nobody is told anything.  FAIL_USAGE, FAIL_PREFLIGHT: what was
 * asked for is not to be had; FAIL_MEMORY.
 */
int conduct_outlets_open(struct conduct *c, const struct fleet_policy *keys,
                         struct fail *why);
void conduct_outlets_close(struct conduct *c);
void conduct_tell_begun(struct conduct *c);
void conduct_tell_moved(struct conduct *c);
void conduct_tell_batch(struct conduct *c, size_t batch);
void conduct_tell_node(struct conduct *c, size_t i);
void conduct_tell_why(struct conduct *c, bool is_stopped, const char *text);
void conduct_tell_ended(struct conduct *c, const char *word);

/* Is there a scheduler, by this policy, on this machine? */
bool conduct_has_scheduler(const struct fleet_policy *keys);

/* The scheduler, if there is one: looked at from now on.  run: of a run that is taken up,
 * else NULL.  When it cannot be used, conduct_finish_with() says why.  FAIL_STATE: what the
 * journal has of a node is nonsense; FAIL_USAGE; FAIL_MEMORY.
 */
int conduct_scheduler_open(struct conduct *c, const char *run, struct fail *why);
void conduct_scheduler_close(struct conduct *c);

/* Was it looked at?  Else conduct_go_on() follows. */
bool conduct_scheduler_is_ready(const struct conduct *c);
void conduct_go_on(struct conduct *c);

/* What it says of each node of the fleet; NULL without one. */
const struct dispatch_seen *conduct_seen(const struct conduct *c);

/* A new run has its name. */
int conduct_name_run(struct conduct *c, const char *run, struct fail *why);

/* As rollout_hooks.wants, for what the scheduler has to do; and found, whose arg is the
 * conduct.
 */
void conduct_wants(struct conduct *c, size_t i, enum node_state state);
const char *conduct_found(void *arg, size_t i);

/* Whether nodes are measured before they go back into service, as the policy says.
 * FAIL_MEMORY.
 */
int conduct_check_open(struct conduct *c, struct fail *why);
void conduct_check_close(struct conduct *c);

/* rollout_hooks.wants, for checking: node i waits to be measured. */
void conduct_check(struct conduct *c, size_t i);

/* One that was kept has failed after all, and the policy has not heard of it yet: its batch
 * counts as over, and nobody is to be begun for that.
 */
bool conduct_check_holds(const struct conduct *c);

/* Something may have changed for those that wait: rollout_hooks.turned; arg is the conduct. */
void conduct_check_look(void *arg);

/* rollout_hooks.ended; arg is the conduct. */
void conduct_on_ended(void *arg, const struct fail *broken);

#endif
