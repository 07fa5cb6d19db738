/* lineup - the nodes of a fleet in a run: whom the limits count, who may be begun (pure)
 *
 *     while ((i = lineup_first(l)) >= 0)
 *         lineup_set_phase(l, i, LINEUP_UNDER_WAY);
 *
 * The half of the policy that knows no time, no failures and no words: counts of who is
 * unavailable in each scope and who is unhealthy, the stage that is being gone through, and
 * the first node for which there is room.  What it costs to find that one does not depend on
 * how many are in its way: nodes that share all scopes that can be full stand in one file,
 * of which only the head is looked at.
 */
#ifndef CONTROLLER_LINEUP_H
#define CONTROLLER_LINEUP_H

#include <stdbool.h>
#include <stddef.h>

struct lineup;
struct policy_node;
struct policy_rules;

enum lineup_phase {
    LINEUP_ASIDE, /* it takes no part                   */
    LINEUP_LEFT,  /* it was never begun                 */
    LINEUP_UNDER_WAY,
    LINEUP_WELL,
    LINEUP_OUT_OF_ORDER, /* it failed and is out of service    */
    LINEUP_RETURNED,     /* it failed and is back in service   */
    LINEUP_SKIPPED
};

/* Nodes stand stage by stage.  Both are borrowed until lineup_free().  NULL: out of memory. */
struct lineup *lineup_new(const struct policy_rules *rules,
                          const struct policy_node *nodes, size_t count);
void lineup_free(struct lineup *l); /* NULL is allowed */

/* From left it may go anywhere, from under way to an end; an end is for good. */
void lineup_set_phase(struct lineup *l, size_t i, enum lineup_phase phase);
enum lineup_phase lineup_phase(const struct lineup *l, size_t i);

/* As the scheduler says. */
void lineup_set_away(struct lineup *l, size_t i, bool is_away);
bool lineup_is_away(const struct lineup *l, size_t i);

/* Of who is left; of others nothing happens. */
void lineup_set_held(struct lineup *l, size_t i, bool is_held);
void lineup_set_ready(struct lineup *l, size_t i, bool is_ready);

/* A stage waits for those who are left and not held, and for those under way; for this one it
 * does not any more.
 */
void lineup_let_go(struct lineup *l, size_t i);

/* The stage that is being gone through; is all of it over?; the next.  It goes back when a node
 * of an earlier one is held no more.
 */
size_t lineup_stage(const struct lineup *l);
bool lineup_stage_is_over(const struct lineup *l);
void lineup_advance(struct lineup *l);

/* The first who is left, neither held nor unready, of a stage that has begun, and whose
 * scopes have room for one more, or who is unavailable already; -1: nobody.
 */
long lineup_first(const struct lineup *l);

/* The first of whom all that is so but for the room; -1: nobody. */
long lineup_first_without_room(const struct lineup *l);

/* A scope of node i that has no room; -1: all have. */
long lineup_full_scope(const struct lineup *l, size_t i);

size_t lineup_unavailable(const struct lineup *l, size_t scope);
size_t lineup_size(const struct lineup *l, size_t scope); /* nodes in it */

/* Those out of order, and those away who are not under way. */
size_t lineup_unhealthy(const struct lineup *l);

size_t lineup_left(const struct lineup *l);
size_t lineup_held(const struct lineup *l); /* of those */

#endif
