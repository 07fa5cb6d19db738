/* account - what the operator is told of a rollout: its plan, its result, what to do next
 *
 * view.h has the words; here they go to where --json and --ndjson want them.
 */
#ifndef CONTROLLER_ACCOUNT_H
#define CONTROLLER_ACCOUNT_H

#include <stddef.h>

struct fail;
struct options;
struct rollout;

/* After the probe.  FAIL_MEMORY, FAIL_STATE: it could not be printed. */
int account_plan(const struct rollout *r, const struct options *o, struct fail *why);

/* At the end of a run; likewise. */
int account_result(const struct rollout *r, const struct options *o, const char *run,
                   struct fail *why);

/* After the result, for a run with nodes left; failures as in policy_limits. */
void account_rest(const struct rollout *r, const char *run, size_t failures);

#endif
