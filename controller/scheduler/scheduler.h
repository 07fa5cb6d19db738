/* scheduler - what a rollout has to do with the cluster's scheduler
 *
 * A node is taken out of service before it is touched, and given back when it is proven.
 * Nobody's job is lost by that, and what others have done to a node stays as it is.
 *
 *     scheduler_open(loop, &config, names, count, &hooks, arg, &s, why);
 *         ... hooks->note for each warning, then hooks->ready
 *     scheduler_take(s, i);       ... hooks->taken: out of service, and no job on it
 *     scheduler_give(s, i);       ... hooks->given: in service again, and usable
 *     scheduler_close(s, on_closed, arg);
 *
 * Slurm is asked and told by its own programs (scontrol, squeue) of PATH, one at a time,
 * each within call_ms.  What is asked of many nodes in one turn of the loop becomes one
 * call with a folded hostlist.  Every look reads the nodes, then the jobs: Slurm calls a
 * node with a suspended job idle.
 *
 * Whose a node is.  A node that we take gets the reason "ibfleet:RUN: driver", and is ours
 * as long as its reason begins with "ibfleet:RUN: ", whatever Slurm appends to it; or as
 * long as Slurm itself, after we have drained it, says that it does not answer or has
 * rebooted.  A node that is out of service for any other reason is somebody else's: it is
 * taken when no job runs on it, its reason is never written, and it stays out of service
 * when it is given.  Only the nodes that are ours are brought back: by UNDRAIN, which leaves
 * what is DOWN; by RESUME only what is DOWN and ours, as every node is that we have rebooted
 * where ReturnToService is 0 or 1 ("Node unexpectedly rebooted").
 *
 * A node that we hold and that comes back into service meanwhile is drained again, and that
 * is said: jobs would be started on half a driver.  It is looked for once a minute.
 *
 * Strategies.
 *   drain        At once; its jobs may end, no new one is started.
 *   when-idle    A node is drained when no job is on it.  One that got a job just then is
 *                undrained and waited for again: nothing is idle for our sake.
 *   reservation  A maintenance reservation "ibfleet_RUN_N" that begins when the last job of
 *                the batch must have ended, so that short jobs still run before.  A job that
 *                may run past the deadline, or has no end, is not waited for by it.  When it
 *                has begun, nodes without a job are drained and taken.  A node leaves it when
 *                it is given; the last deletes it.  What our run has left is used again.
 *
 * At the deadline, with jobs still there:
 *   skip, fail   Put back as it was found; FAIL_SKIPPED or FAIL_JOBS_LEFT.
 *   force        state=DOWN: Slurm requeues the jobs that may be, and ends the others.  It
 *                forgets them at once and gives their processes KillWait, which is waited for,
 *                too.  Never on a node that somebody else has taken out of service, which
 *                fails.
 *
 * When Slurm does not answer, everything is tried again after a pause, until the deadline
 * of the node.  Each attempt begins with a look, so nothing is done twice.
 *
 * The command (SCHEDULER_COMMAND) is started as `PROGRAM look|drain|undrain|reboot` with one
 * object on stdin: {"schema": "ibfleet.scheduler/1", "run", "reason", "nodes": [...]}.  look
 * prints "NODE STATE [REASON]" for each of the nodes, STATE being free, busy, draining,
 * drained, down or unknown.  Exit status 0 is well; else the last line of stderr says why.
 * Without a REASON what we have drained is ours.  It has drain and when-idle, and no force.
 */
#ifndef CONTROLLER_SCHEDULER_H
#define CONTROLLER_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct scheduler;
struct uv_loop_s;

enum scheduler_kind {
    SCHEDULER_NONE, /* everything is taken and given at once */
    SCHEDULER_SLURM,
    SCHEDULER_COMMAND
};
enum scheduler_strategy { SCHEDULER_DRAIN, SCHEDULER_WHEN_IDLE, SCHEDULER_RESERVATION };
enum scheduler_on_timeout { SCHEDULER_SKIP, SCHEDULER_FAIL, SCHEDULER_FORCE };

struct scheduler_config {
    enum scheduler_kind kind;
    const char *command; /* of SCHEDULER_COMMAND: absolute path of a program */
    enum scheduler_strategy strategy;
    enum scheduler_on_timeout on_timeout;
    uint64_t deadline_ms; /* for jobs to end, from scheduler_take()                     */
    uint64_t return_ms;   /* for a node to be usable when given, or rebooting; 0: 600 s */
    uint64_t call_ms;     /* for one call of the scheduler's programs; 0: 60 s          */
    uint64_t poll_ms;     /* between two looks while somebody waits; 0: 10 s            */
    bool reboots;         /* scheduler_reboot() will be called                          */
    uint64_t reboot_ms;   /* how long a node may take to reboot; 0: not known           */
    const char *run;      /* such as 20261130-1412-ab3f: no space, no ','               */
};

enum scheduler_standing {
    SCHEDULER_UNKNOWN, /* not a node of it */
    SCHEDULER_FREE,
    SCHEDULER_BUSY,     /* in service, and a job is on it      */
    SCHEDULER_DRAINING, /* out of service, and a job is on it  */
    SCHEDULER_DRAINED,
    SCHEDULER_DOWN, /* also what is being rebooted, and what it does not know about yet */
    SCHEDULER_STANDINGS
};

struct scheduler_seen {
    enum scheduler_standing standing;
    bool is_ours;           /* out of service because of this run                 */
    bool by_other;          /* out of service for somebody else's, or its, reason */
    const char *reason;     /* "" when there is none; never NULL                  */
    const char *partitions; /* comma separated, "" when there are none            */
    int64_t jobs_end_s; /* when its last job must have ended; 0: no job, or not known */
};

struct scheduler_hooks {
    /* Once, after the configuration was read and the first look.  FAIL_PREFLIGHT: it cannot
     * be used like this; else as of a call (below).  Nothing has been changed, and with why
     * nothing but scheduler_close() may follow.
     */
    void (*ready)(void *arg, const struct fail *why);

    /* A warning, one sentence; before ready, and when something is left as it was found. */
    void (*note)(void *arg, const char *text);

    /* scheduler_see() has something new for all nodes. */
    void (*seen)(void *arg);

    /* Once for each scheduler_take(): out of service, and no job on it, or why not.
     * FAIL_SKIPPED, FAIL_JOBS_LEFT: at the deadline; the node is as it was found.
     * FAIL_INTERRUPTED: scheduler_give() came first.  Else as of a call: it may be left
     * drained by us, for scheduler_give().
     */
    void (*taken)(void *arg, size_t node, const struct fail *why);

    /* Once for each scheduler_give(): in service and usable, or left out of service as it was
     * found or as somebody has put it meanwhile, which is noted.  FAIL_NOT_BACK: not usable
     * within return_ms, or taken out of service by somebody or something right after.
     */
    void (*given)(void *arg, size_t node, const struct fail *why);

    /* Once for each scheduler_reboot(): the scheduler has accepted it, which is not yet the
     * reboot; or why not.
     */
    void (*rebooting)(void *arg, size_t node, const struct fail *why);
};

/* Of a call, as a failure says it: FAIL_NO_PROGRAM, FAIL_SCHEDULER_SILENT (no answer in time,
 * or it cannot be reached), FAIL_SCHEDULER_REFUSED (we lack the rights),
 * FAIL_SCHEDULER_ANSWER (anything else; its words, or what is wrong with them).
 */

/* names are borrowed until closed, unique, and as the scheduler calls its nodes; config is
 * copied, hooks are borrowed.  No hook is called before this has returned, and none from
 * within any function here.  -1: FAIL_USAGE, FAIL_MEMORY.
 */
int scheduler_open(struct uv_loop_s *loop, const struct scheduler_config *config,
                   const char *const *names, size_t count,
                   const struct scheduler_hooks *hooks, void *arg, struct scheduler **s,
                   struct fail *why);

/* As of the last look.  Borrowed until the next turn of the loop. */
const struct scheduler_seen *scheduler_see(const struct scheduler *s, size_t node);

/* A fresh look soon; hooks->seen. */
void scheduler_look(struct scheduler *s);

/* One request for a node at a time: a take is followed by a give, with as many reboots in
 * between as needed.  scheduler_give() is also for a node that was not taken, and may come
 * while a take is pending.
 */
void scheduler_take(struct scheduler *s, size_t node);
void scheduler_give(struct scheduler *s, size_t node);

/* Of a node that was taken. */
void scheduler_reboot(struct scheduler *s, size_t node);

/* How the node was before we touched it, one short line for the journal: as it stands now,
 * or, once it is taken, as it stood then.  Borrowed until the next turn of the loop.
 */
const char *scheduler_found(struct scheduler *s, size_t node);

/* Before ready, for a node of a run that is resumed: it was found so, and we may have drained
 * it since.  -1: FAIL_STATE, that is no text of scheduler_found().
 */
int scheduler_restore(struct scheduler *s, size_t node, const char *text,
                      struct fail *why);

/* Silence from now on; nothing is changed.  A call that is on its way is ended.  on_closed may
 * be NULL.
 */
void scheduler_close(struct scheduler *s, void (*on_closed)(void *arg), void *arg);

/* "free", "busy", "draining", "drained", "down", "unknown". */
const char *scheduler_standing_name(enum scheduler_standing standing);

#endif
