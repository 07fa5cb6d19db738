/* fabric_check - some nodes of a rollout measured against each other, once
 *
 *     fabric_check_start(loop, pool, &order, &hooks, arg, &check, why);
 *     ... hooks->ended, with a word for each of them ...
 *     fabric_check_close(check);
 *
 * Over links of its own: those of the rollout are closed where a node waits.  Judges as
 * `validate` does; nothing is changed on a node.
 */
#ifndef CONTROLLER_FABRIC_CHECK_H
#define CONTROLLER_FABRIC_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct blame;
struct fabric_check;
struct fail;
struct fleet_node;
struct link_pool;
struct uv_loop_s;

/* More partners of each node tell little more, and nodes wait meanwhile. */
#define FABRIC_CHECK_ROUNDS 15

/* Copied, but for the nodes themselves. */
struct fabric_check_order {
    const char *name; /* letters, digits, '-'                                */
    const struct fleet_node *const *nodes;
    const bool *was_good; /* by an earlier check */
    size_t count;         /* at least 2          */
};

struct fabric_check_hooks {
    /* Once.  What is held against each node, and whether it was measured at all; said: what
     * was measured and what is usual, in a sentence without a full stop.  Both are borrowed
     * for the call.
     */
    void (*ended)(void *arg, const struct blame *all, const char *said);
};

/* FAIL_MEMORY, and no callback comes. */
int fabric_check_start(struct uv_loop_s *loop, struct link_pool *pool,
                       const struct fabric_check_order *order,
                       const struct fabric_check_hooks *hooks, void *arg,
                       struct fabric_check **check, struct fail *why);

/* At any time; nothing is heard of it any more.  NULL is allowed. */
void fabric_check_close(struct fabric_check *check);

#endif
