/* deed_account - what the operator is told of a deed: its plan, its result, what to do next
 *
 * deed_view.h has the words; here they go to where --json wants them.
 */
#ifndef CONTROLLER_DEED_ACCOUNT_H
#define CONTROLLER_DEED_ACCOUNT_H

struct deed;
struct deed_order;
struct fail;
struct options;

/* run NULL: a new one.  FAIL_MEMORY, FAIL_STATE: it could not be printed. */
int deed_account_plan(const struct deed_order *order, const struct options *o,
                      const char *run, struct fail *why);

/* At the end of a run; likewise. */
int deed_account_result(const struct deed *deed, const struct deed_order *order,
                        const struct options *o, const char *run, struct fail *why);

/* After the result: what is left, and how to go on. */
void deed_account_rest(const struct deed *deed, const char *run);

#endif
