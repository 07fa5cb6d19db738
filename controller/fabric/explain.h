/* explain - the fewest nodes and paths that explain all bad cells (pure)
 *
 * A node that is slow makes all its pairs slow, and each of its partners sees one
 * slow pair.  So whoever has nearly all of his cells bad is taken first, his bad
 * cells are set aside, and the question is asked again; what is left in the end
 * is between two nodes.  A node that was measured with one partner only is never
 * accused alone: it may be the partner, or the path.
 */
#ifndef CONTROLLER_EXPLAIN_H
#define CONTROLLER_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/fabric/grid.h"

#define CULPRIT_NOBODY ((size_t)-1)

struct culprit {
    size_t a, b; /* b CULPRIT_NOBODY: the node a; else the pair, a below b */
    enum side side;
    unsigned bad, tested; /* partners, for a node              */
    unsigned alone;       /* bad cells that were measured alone */
    bool a_acquitted;     /* pair: a is good with somebody else */
    bool b_acquitted;
    double value; /* median of the bad cells; NAN       */
};

struct culprits { /* all zero is none; free list */
    struct culprit *list;
    size_t count;
};

/* Marks what is explained by nodes in the grid.  The list is the caller's.
 * FAIL_MEMORY.
 */
int explain(struct grid *g, struct culprits *found, struct fail *why);

#endif
