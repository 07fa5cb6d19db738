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
struct conduct_requests;
struct command;
struct fail;
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
    bool went;          /* nodes may have been changed           */
    bool interrupted;   /* by the operator                       */
    bool is_aborted;    /* likewise, and for good                */
    bool is_suspending; /* automatic repairs, before it goes     */
    bool is_ending;     /* nothing but the end comes now         */
    bool is_cut_off;    /* the journal failed in the middle      */
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

/* rollout_hooks.ended; arg is the conduct. */
void conduct_on_ended(void *arg, const struct fail *broken);

#endif
