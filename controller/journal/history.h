/* history - what the journal says, read by those who do not write it
 *
 * A connection of its own that can only read, so that `status` works while another
 * process writes.
 *
 *     history_open(folder, &h, why);
 *     history_runs(h, 20, print_run, arg, why);
 *     history_close(h);
 *
 * Visitors are called in order; what they are given is borrowed for the call.  One
 * that returns -1 (with *why filled in) ends the reading, and its failure is ours.
 */
#ifndef CONTROLLER_HISTORY_H
#define CONTROLLER_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct history;

struct history_run {
    const char *id, *kind, *state;
    const char *argv, *folder, *plan; /* as in journal.h */
    const char *controller, *user;
    int64_t created_ms;
    int64_t ended_ms; /* 0: no last word     */
    bool live;        /* its controller runs */
    uint32_t epoch;
    const char *summary; /* JSON: what a validation came to; NULL */
    const char *verdict; /* in it: "good" or "bad"; NULL          */

    /* well: done, up to date, found good; failed: or found bad.  The rest has not ended, or a
     * validation suspects it.
     */
    size_t nodes, well, failed;
};

/* Texts that may be NULL: plan, facts, boot_id. */
struct history_node {
    const char *name, *state, *code, *reason;
    const char *plan, *facts, *boot_id;
    bool begun;   /* it was told to go, by some controller                    */
    bool is_back; /* it failed before anything was changed, or was put back  */
    int64_t since_ms;
    double seconds;
    long batch;        /* from 0; -1: none                           */
    const char *found; /* in the scheduler, before it was taken out of service; NULL */
};

struct history_move {
    int64_t row; /* grows with each move of any run */
    int64_t at_ms;
    const char *node, *from, *event, *to, *reason;
    const char *code; /* "unknown" of a failure that another has followed on that node */
};

struct history_pair {
    const char *a, *b, *rail;
    const char *numbers; /* JSON */
    const char *verdict, *reason;
};

/* A folder in which no journal was ever written reads as empty.  FAIL_STATE. */
int history_open(const char *folder, struct history **h, struct fail *why);
void history_close(struct history *h); /* NULL is allowed */
void history_done(struct history **h);

typedef int (*history_run_fn)(void *arg, const struct history_run *run, struct fail *why);
typedef int (*history_node_fn)(void *arg, const struct history_node *node,
                               struct fail *why);
typedef int (*history_move_fn)(void *arg, const struct history_move *move,
                               struct fail *why);

typedef int (*history_pair_fn)(void *arg, const struct history_pair *pair,
                               struct fail *why);
typedef int (*history_finding_fn)(void *arg, const char *whole, struct fail *why);

/* The newest `most` runs, oldest of them first. */
int history_runs(struct history *h, size_t most, history_run_fn visit, void *arg,
                 struct fail *why);

/* One run.  FAIL_NO_SUCH_RUN. */
int history_run(struct history *h, const char *id, history_run_fn visit, void *arg,
                struct fail *why);

/* One run without what it takes to count its nodes: nodes, well and failed are 0, summary
 * and verdict NULL.  For who asks again and again.  FAIL_NO_SUCH_RUN.
 */
int history_run_brief(struct history *h, const char *id, history_run_fn visit, void *arg,
                      struct fail *why);

/* Likewise the run of this kind that a controller works on, the newest of them; when there
 * is none, the newest of all.  FAIL_NO_SUCH_RUN.
 */
int history_run_latest(struct history *h, const char *kind, history_run_fn visit,
                       void *arg, struct fail *why);

/* The newest run that has this node, of this kind (NULL: any).  FAIL_NO_SUCH_RUN. */
int history_run_of_node(struct history *h, const char *node, const char *kind,
                        history_run_fn visit, void *arg, struct fail *why);

/* The nodes of a run by name; NAME alone when node is not NULL. */
int history_nodes(struct history *h, const char *run, const char *node,
                  history_node_fn visit, void *arg, struct fail *why);

/* Nothing but their names, in the same order, by strcmp(). */
typedef int (*history_name_fn)(void *arg, const char *name, struct fail *why);
int history_names(struct history *h, const char *run, history_name_fn visit, void *arg,
                  struct fail *why);

/* 1: somebody has written since the last call, or it is the first; 0: nobody; -1:
 * FAIL_STATE.
 */
int history_is_news(struct history *h, struct fail *why);

/* The moves of all nodes of a run that came after a row, in the order in which they were
 * written; after 0, all of them.
 */
int history_moves_after(struct history *h, const char *run, int64_t row,
                        history_move_fn visit, void *arg, struct fail *why);

/* A node's road in a run, in order. */
int history_moves(struct history *h, const char *run, const char *node,
                  history_move_fn visit, void *arg, struct fail *why);

/* How long nodes have taken in rollouts, of the `most` that were done last. */
typedef int (*history_duration_fn)(void *arg, double seconds, struct fail *why);
int history_durations(struct history *h, size_t most, history_duration_fn visit,
                      void *arg, struct fail *why);

/* The pairs of a node, those that are not ok first; node NULL: of all nodes, and only
 * those that are not ok.
 */
int history_pairs(struct history *h, const char *run, const char *node,
                  history_pair_fn visit, void *arg, struct fail *why);

/* The findings of a run, the most convincing first; only those that name NODE when
 * it is not NULL.
 */
int history_findings(struct history *h, const char *run, const char *node,
                     history_finding_fn visit, void *arg, struct fail *why);

#endif
