/* islands - who can talk to whom by configuration, before any traffic (pure)
 *
 * Two queue pairs on different link layers, in different partitions or in
 * different subnets never meet: their packets are dropped without a word, and
 * after a deadline that looks like a broken cable.  Most of what is reported as
 * "status 12" ends here, so it is looked at first and such pairs are not tried.
 */
#ifndef CONTROLLER_ISLANDS_H
#define CONTROLLER_ISLANDS_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct findings;
struct member;

/* Number the islands in members[i].island: 0 is the largest, ISLAND_NONE is for
 * those that did not join.  Returns how many there are; at most n.
 */
unsigned islands_number(struct member *members, size_t n);

/* Same island, and not both limited members of their partition. */
bool islands_can_meet(const struct member *a, const struct member *b);

/* What differs: islands and why, limited members, MTU, rate.  FAIL_MEMORY. */
int islands_tell(const struct member *members, size_t n, struct findings *findings,
                 struct fail *why);

#endif
