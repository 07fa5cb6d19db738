/* diary - a node's road through a run, as the journal gets it
 *
 * What happens before there is a run to write it into is kept, and written when the
 * run begins.  Each of the functions that put is as those of journal.h; the node's
 * seconds are those on the road.
 */
#ifndef CONTROLLER_DIARY_H
#define CONTROLLER_DIARY_H

#include <stddef.h>
#include <stdint.h>

#include "controller/journal/journal.h"
#include "controller/rollout/node_state.h"

struct fail;
struct node;
struct node_move;

/* A probe that finds nothing to do makes two moves, a pause one more. */
#define DIARY_EARLY_MAX 4

struct diary {
    const struct node *node; /* borrowed */
    struct {
        int64_t at_ms;
        enum node_state from, to;
        enum node_event event;
    } early[DIARY_EARLY_MAX];
    size_t early_count;
};

/* Before there is a run. */
void diary_keep(struct diary *d, const struct node_move *move);

/* The run begins: the node with its batch (-1: none), and what was kept. */
int diary_put_node(const struct diary *d, struct journal *journal, double seconds,
                   long batch, struct fail *why);

int diary_put_move(const struct diary *d, struct journal *journal,
                   const struct node_move *move, double seconds,
                   journal_written_fn written, void *arg, struct fail *why);

#endif
