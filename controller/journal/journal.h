/* journal - what a run decided and did, on disk before it is acted on
 *
 * One writer thread per journal.  What the loop puts in one of its turns is
 * written in one transaction, and the callbacks come when that is on the disk; so
 * the loop never waits for a disk, and an act that waits for its callback is never
 * ahead of the journal.
 *
 *     journal_open(loop, folder, &j, why);
 *     journal_begin(j, &run, why);             the run has an id, and is ours
 *     journal_put_node(j, &node, NULL, NULL, why);
 *     journal_put_move(j, &move, on_written, node, why);      ... act in on_written
 *     journal_end(j, "done", NULL, NULL, why);
 *     journal_close(j, on_closed, arg);        writes what is left
 *
 * A failed write fails everything after it: the run is to stop.  Reading is
 * history.h's.
 */
#ifndef CONTROLLER_JOURNAL_H
#define CONTROLLER_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct journal;
struct uv_loop_s;

/* What may wait for the disk. */
#define JOURNAL_MAX_QUEUE_BYTES ((size_t)256 << 20)

/* "20261120-1412-ab3f": UTC and a random end, so that names sort by time. */
#define JOURNAL_RUN_ID_BYTES 24

struct journal_run {
    const char *kind;   /* "rollout", "validate"             */
    const char *argv;   /* JSON array: what was typed        */
    const char *folder; /* where                             */
    const char *plan;   /* JSON object: the limits of the run */
    const char *user;   /* who                               */
};

/* plan, facts and boot_id may be NULL. */
struct journal_node {
    const char *name, *state, *code, *reason;
    const char *plan;  /* JSON: steps and reboot        */
    const char *facts; /* JSON: protocol/facts.h's form */
    double seconds;
    long batch; /* from 0; -1: none */
};

/* Now, as the journal counts: milliseconds since 1970. */
int64_t journal_clock_ms(void);

/* A step on a node's road, and what is so from then on. */
struct journal_move {
    int64_t at_ms; /* of journal_clock_ms(); 0: now */
    const char *node, *from, *event, *to;
    const char *code, *reason; /* "ok" and "" unless it failed                     */
    const char *boot_id;       /* the boot that a reboot is to end, or, of a deed, where
                                  Azure's operation is followed; NULL: as it was */
    const char *found; /* how the scheduler had it when it was found; NULL: as it was   */
    double seconds;
};

/* To the run as a whole: a batch began, it waits, it was stopped. */
struct journal_happening {
    const char *word; /* "batch", "waits", "stopped", "promoted", ... */
    const char *text; /* a sentence */
};

struct journal_pair {
    const char *a, *b, *rail;
    const char *numbers; /* JSON */
    const char *verdict;
    const char *reason; /* "" unless it failed */
};

struct journal_finding {
    size_t rank;       /* from 0, the most convincing first   */
    const char *whole; /* JSON; its "nodes" are whom it names */
};

/* Opens, migrates and tries to write the journal in this folder, which exists.
 * FAIL_STATE in one line; nothing has changed then but the journal.
 */
int journal_open(struct uv_loop_s *loop, const char *folder, struct journal **j,
                 struct fail *why);

/* Make a run and be its controller.  Once per journal, and waits for the disk, as
 * nothing has begun yet.  FAIL_STATE.
 */
int journal_begin(struct journal *j, const struct journal_run *run, struct fail *why);

/* Instead: take up a run that is there; its epoch is raised.  FAIL_NO_SUCH_RUN;
 * FAIL_CLAIMED names the controller that works on it.
 */
int journal_take(struct journal *j, const char *id, struct fail *why);

const char *journal_run_id(const struct journal *j);
uint32_t journal_epoch(const struct journal *j); /* 1 for a new run */

/* why is NULL when it is on the disk. */
typedef void (*journal_written_fn)(void *arg, const struct fail *why);

/* Each copies what it is given and calls back once (written may be NULL), never
 * before it has returned; on -1 not at all.  FAIL_STATE: more waits than the
 * ceiling, or an earlier write failed; FAIL_MEMORY.
 */
int journal_put_node(struct journal *j, const struct journal_node *node,
                     journal_written_fn written, void *arg, struct fail *why);
int journal_put_move(struct journal *j, const struct journal_move *move,
                     journal_written_fn written, void *arg, struct fail *why);
int journal_put_happening(struct journal *j, const struct journal_happening *happening,
                          journal_written_fn written, void *arg, struct fail *why);
int journal_put_pair(struct journal *j, const struct journal_pair *pair,
                     journal_written_fn written, void *arg, struct fail *why);
int journal_put_finding(struct journal *j, const struct journal_finding *finding,
                        journal_written_fn written, void *arg, struct fail *why);

/* What a validation came to: JSON, of which "verdict" stands in the list of runs. */
int journal_put_summary(struct journal *j, const char *summary,
                        journal_written_fn written, void *arg, struct fail *why);

/* The run's last word: "done", "failed", "stopped", "paused".  Paused ones, and
 * those whose controller died without a word, can be taken again.
 */
int journal_end(struct journal *j, const char *state, journal_written_fn written,
                void *arg, struct fail *why);

/* Writes what is left, calls back for it, frees the journal, then calls
 * on_closed (may be NULL).
 */
void journal_close(struct journal *j, void (*on_closed)(void *arg), void *arg);

#endif
