/* alike - what is usual is itself less than the links carry (pure)
 *
 * Whom the others are no better than is not slower than usual.  Then all have
 * something in common: a setting, mostly.  But when all low pairs share one node it may
 * as well be that node, and of a single pair either; that is a suspicion, told as one.
 */
#ifndef CONTROLLER_ALIKE_H
#define CONTROLLER_ALIKE_H

struct fail;
struct findings;
struct grid;
struct member;

/* Add a finding when the bandwidth grid g says all_low: `share` of the payload ceiling
 * is what a good link reaches at least.  FAIL_MEMORY.
 */
int alike_tell(const struct member *members, const struct grid *g, double share,
               struct findings *findings, struct fail *why);

#endif
