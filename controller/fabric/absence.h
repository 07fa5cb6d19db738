/* absence - who was not there, and what has not been measured for it (pure)
 *
 * Nothing is passed over: each node that took no part or was lost is a finding, and
 * each pair that did not meet is counted under the reason why.
 */
#ifndef CONTROLLER_ABSENCE_H
#define CONTROLLER_ABSENCE_H

#include <stddef.h>

struct fail;
struct findings;
struct member;
struct tally;
struct verdict;

/* A finding for each way in which nodes were missing.  FAIL_MEMORY. */
int absence_tell(const struct member *members, size_t n, struct findings *findings,
                 struct fail *why);

/* A line of v->not_tested for each reason; the tally's words must be set.  FAIL_MEMORY. */
int absence_tell_gaps(const struct member *members, size_t n, const struct tally *t,
                      struct verdict *v, struct fail *why);

#endif
