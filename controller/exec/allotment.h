/* allotment - how much of what all nodes say is kept (pure)
 *
 * One node's own ceiling is lower (answer.h).  When all of it is used up, a node may
 * still say what is an equal share of it: who says little does not pay for those that
 * flood.  So at most twice the allotment is ever kept.
 */
#ifndef CONTROLLER_ALLOTMENT_H
#define CONTROLLER_ALLOTMENT_H

#include <stddef.h>

struct fail;

#define ALLOTMENT_BYTES ((size_t)256 << 20)

struct allotment {
    size_t node_count;
    size_t kept_bytes; /* of all of them; starts at 0 */
};

/* A node that has said so much before says more.  FAIL_FLOOD, and nothing is taken, when
 * that is more than there is for it.
 */
int allotment_take(struct allotment *a, size_t said_bytes, size_t more_bytes,
                   struct fail *why);

#endif
