/* account - what the operator is told of a rollout: its plan, its result, what to do next
 *
 * view.h has the words; here they go to where --json and --ndjson want them.
 */
#ifndef CONTROLLER_ACCOUNT_H
#define CONTROLLER_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>

struct dispatch_terms;
struct fail;
struct forecast;
struct options;
struct rollout;

/* After the probe.  FAIL_MEMORY, FAIL_STATE: it could not be printed. */
int account_plan(const struct rollout *r, const struct options *o,
                 const struct dispatch_terms *terms, const struct forecast *forecast,
                 struct fail *why);

/* At the end of a run; likewise. */
int account_result(const struct rollout *r, const struct options *o, const char *run,
                   struct fail *why);

/* In place of a result: the run has nothing left to do. */
int account_nothing(const struct options *o, const char *run, struct fail *why);

/* After the result: what is left, and how to go on. */
void account_rest(const struct rollout *r, const char *run);

/* How to go on with a run that has nodes left, or failed ones; nothing when it has
 * neither.
 */
void account_next(const char *run, bool unfinished, size_t failed);

#endif
