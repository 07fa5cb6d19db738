/* muster - links up, and the facts of everybody
 *
 *     muster_start(pool, nodes, n, detect_ms, &hooks, arg, &m, why);
 *     ... hooks->settled for each node, then hooks->ready ...
 *     muster_link(m, i), muster_facts(m, i)     of those that answered
 *     muster_close(m);                          closes the links
 */
#ifndef CONTROLLER_MUSTER_H
#define CONTROLLER_MUSTER_H

#include <stddef.h>
#include <stdint.h>

#include "controller/link/link_state.h"

struct facts;
struct fail;
struct fleet_node;
struct link;
struct link_pool;
struct muster;

struct muster_hooks {
    void (*moved)(void *arg, size_t i, enum link_state state);

    /* Its facts are there (why NULL), or it takes no part. */
    void (*settled)(void *arg, size_t i, const struct fail *why);

    /* All are settled.  Once, never before muster_start() has returned. */
    void (*ready)(void *arg);
};

/* nodes and hooks are borrowed.  At least one node.  FAIL_MEMORY, and no callback
 * comes.
 */
int muster_start(struct link_pool *pool, const struct fleet_node *const *nodes, size_t n,
                 uint64_t detect_ms, const struct muster_hooks *hooks, void *arg,
                 struct muster **m, struct fail *why);

/* Whoever is not settled takes no part, for this reason: all of them (in_state 0), or
 * those whose link is in that state.
 */
void muster_stop(struct muster *m, int in_state, const struct fail *why);

/* Its facts were all that was wanted: close the link.  Also from hooks->settled. */
void muster_dismiss(struct muster *m, size_t i);

/* How many are not settled. */
size_t muster_unsettled(const struct muster *m);

/* NULL for who takes no part. */
struct link *muster_link(const struct muster *m, size_t i);
const struct facts *muster_facts(const struct muster *m, size_t i);

/* FAIL_NONE for who takes part. */
const struct fail *muster_why(const struct muster *m, size_t i);

/* Close what is open, silently; what it knows stays until muster_free(). */
void muster_close(struct muster *m);

/* After muster_close(), any time.  NULL is allowed. */
void muster_free(struct muster *m);

#endif
