/* outcome - the exit status, derived from what happened (pure)
 *
 *     struct outcome o = {.total = n};
 *     ... o.failed++, o.unreached++ as nodes end; o.budget = true ...
 *     return outcome_status(&o);
 */
#ifndef CONTROLLER_OUTCOME_H
#define CONTROLLER_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

struct fail;

/* Functions give it as int, as main() and exit() do. */
enum exit_status {
    EXIT_WELL = 0,
    EXIT_SOME_FAILED = 1, /* some nodes or links failed                  */
    EXIT_USAGE = 2,       /* usage or configuration                      */
    EXIT_BUDGET = 3,      /* stopped by the failure budget               */
    EXIT_NOBODY = 4,      /* nobody could be reached                     */
    EXIT_INTERRUPTED = 5, /* interrupted or paused; can be resumed       */
    EXIT_CLAIMED = 6,     /* claimed by another controller               */
    EXIT_REFUSED = 7,     /* refused by a preflight check                */
    EXIT_OUR_FAULT = 8,
};

/* What happened.  A node counts once: in unreached (no conversation came about),
 * in claimed, in failed, or in none of them.
 */
struct outcome {
    size_t total;     /* nodes or links that were to be dealt with   */
    size_t unreached; /* no login, no agent                          */
    size_t claimed;   /* held by another controller                  */
    size_t failed;    /* reached, and something went wrong           */
    bool budget;      /* stopped by the failure budget               */
    bool interrupted; /* by the operator                             */
    bool refused;     /* by a preflight check, before anything began */
    bool our_fault;   /* memory, disk, a bug                         */
};

/* The gravest that is true: our fault, interrupted, budget, refused, claimed,
 * nobody (all of them unreached), some failed, well.
 */
int outcome_status(const struct outcome *o);

/* "some nodes or links failed": what an exit status says, for help and manual; NULL past
 * the last one.
 */
const char *outcome_meaning(int status);

/* For what ends a command before it has begun with any node. */
int outcome_of_fail(const struct fail *why);

/* Count one node's end; why is NULL or FAIL_NONE when it went well.  Codes about
 * reaching a node count as unreached, FAIL_CLAIMED and FAIL_STALE_EPOCH as claimed,
 * our own machine's as our_fault; FAIL_INTERRUPTED and FAIL_BUDGET are no failures of a
 * node and set their flags.
 */
void outcome_count(struct outcome *o, const struct fail *why);

/* The word for it in tables and JSON: "ok", "unreachable", "claimed", "not-run"
 * (interrupted) or "failed".
 */
const char *outcome_state(const struct fail *why);

#endif
