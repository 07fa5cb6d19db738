/* policy - which node is next, and whether any may be (pure)
 *
 *     struct policy *p = policy_new(&limits, count);
 *
 *     while ((i = policy_next(p)) >= 0)
 *         begin(i);                       ... later, once for each begun:
 *     policy_report(p, i, POLICY_FAILED);
 *     if (policy_word(p) == POLICY_OVER)
 *         all that may be begun has ended
 *
 * Narrow for now: a window of nodes at once, and a failure budget.  Order, batches
 * and canaries go behind the same four calls.
 */
#ifndef CONTROLLER_POLICY_H
#define CONTROLLER_POLICY_H

#include <stdbool.h>
#include <stddef.h>

struct policy;

#define POLICY_NO_BUDGET ((size_t)-1)

struct policy_limits {
    size_t window;   /* nodes under way at once; at least 1                        */
    size_t failures; /* so many may fail; one more and nothing new is begun        */
};

enum policy_word {
    POLICY_WAIT, /* some are under way, and the window is full or nobody is left */
    POLICY_NEXT, /* policy_next() has one */
    POLICY_OVER  /* nobody is under way, and nobody will be */
};

enum policy_end { POLICY_WELL, POLICY_FAILED };

/* count nodes, 0 to count-1, begun in this order.  NULL: out of memory. */
struct policy *policy_new(const struct policy_limits *limits, size_t count);
void policy_free(struct policy *p); /* NULL is allowed */

/* The node to begin now, which is under way from here on; -1 when there is none. */
long policy_next(struct policy *p);

/* A node that was under way has ended. */
void policy_report(struct policy *p, size_t node, enum policy_end end);

/* Begin nobody any more; those under way go on. */
void policy_hold(struct policy *p);

enum policy_word policy_word(const struct policy *p);

/* Has the failure budget been spent? */
bool policy_is_spent(const struct policy *p);

/* Nodes that were never begun. */
size_t policy_left(const struct policy *p);

#endif
