#include "controller/report/tide.h"

#include "controller/report/axis.h"
#include "controller/report/chronicle.h"
#include "controller/rollout/node_state.h"

void tide_add(struct tide *t, const struct axis *a, const struct chronicle_node *n)
{
    size_t next = 0; /* stay that has not begun yet */

    t->nodes++;
    for (size_t part = 0; part < TIDE_PARTS; part++) {
        double x = ((double)part + 0.5) * AXIS_WIDTH / TIDE_PARTS;
        int64_t at_ms = axis_at(a, x);

        while (next < n->stay_count && n->stays[next].from_ms <= at_ms)
            next++;
        t->counts[part][shade_of(next ? n->stays[next - 1].state : NODE_TODO)]++;
    }
}
