/* retest - which pairs are to be measured again, alone (pure)
 *
 * What was measured beside everybody else is a suspicion.  Of a suspected node a few
 * pairs stand for all; beside what is slow or late some innocent pairs are measured
 * again too, to compare with: the machines below may be busy with something else
 * by then.
 */
#ifndef CONTROLLER_RETEST_H
#define CONTROLLER_RETEST_H

#include <stddef.h>

#include "controller/fabric/verdict.h"

struct culprits;
struct fail;
struct grid;
struct member;
struct tally;

/* Beyond so many no retest helps: it is not a few. */
#define RETEST_MOST 4096

/* Room that verdict->suspects must have. */
#define RETEST_ROOM ((size_t)RETEST_MOST + VERDICT_CONTROLS)

struct retest { /* all borrowed */
    const struct member *members;
    size_t n;
    struct tally *t;
    struct verdict *v;
};

/* Add to the verdict's suspects what must be measured again before these culprits of
 * grid g can be believed: nothing, when they have been often enough.  FAIL_MEMORY.
 */
int retest_queue(const struct retest *r, struct grid *g, const struct culprits *found,
                 struct fail *why);

#endif
