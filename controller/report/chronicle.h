/* chronicle - a rollout as its moves tell it: where each node is, and where it has been
 *
 * Built from the journal's rows as they are read, in order, so that who follows a run and
 * who reports it see the same.
 *
 *     c = chronicle_new();
 *     chronicle_read(c, history, run, &hooks, arg, why);    all there is
 *     chronicle_read(...)                                   what has come since
 *
 * A controller that takes up a run begins at todo with each node that is left: its moves
 * are another stretch of the run, and in between nobody worked on it.
 */
#ifndef CONTROLLER_CHRONICLE_H
#define CONTROLLER_CHRONICLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/fail.h"

struct chronicle;
struct fail;
struct history;
struct history_move;

/* In a state of node_state.h, until the next stay begins.  CHRONICLE_ALONE: after its
 * controller was gone, before another came.
 */
#define CHRONICLE_ALONE 0
struct chronicle_stay {
    int64_t from_ms;
    unsigned char state;
};

struct chronicle_node {
    char *name;
    int state; /* todo before its first move; likewise one that is not of our version */
    enum fail_code code;
    char *reason; /* of its last move; never NULL */
    struct chronicle_stay *stays;
    size_t stay_count, stay_room;
    size_t stretch; /* of its last move */
};

/* From the first move to the last of one controller's work. */
struct chronicle_stretch {
    int64_t from_ms, to_ms;
};

/* NULL: out of memory. */
struct chronicle *chronicle_new(void);
void chronicle_free(struct chronicle *c); /* NULL is allowed */
void chronicle_done(struct chronicle **c);

struct chronicle_hooks {
    /* There are nodes that were not there before; indices have changed. */
    int (*grown)(void *arg, struct fail *why);

    /* Node i has moved. */
    int (*moved)(void *arg, size_t i, const struct history_move *move, struct fail *why);
};

/* Take in what was written since the last call, of the same run.  hooks may be NULL; one
 * that returns -1 ends the reading.  FAIL_STATE, FAIL_MEMORY.
 */
int chronicle_read(struct chronicle *c, struct history *h, const char *run,
                   const struct chronicle_hooks *hooks, void *arg, struct fail *why);

/* What chronicle_read() is made of, for who has the rows: the nodes first, then moves.  A
 * name that is there already stays as it is.  1: there was none; 0; -1: FAIL_MEMORY.
 */
int chronicle_add_node(struct chronicle *c, const char *name, struct fail *why);
int chronicle_add_move(struct chronicle *c, const struct history_move *move,
                       struct fail *why);

/* By strcmp() of their names. */
size_t chronicle_count(const struct chronicle *c);
const struct chronicle_node *chronicle_node(const struct chronicle *c, size_t i);

/* chronicle_count(): none of that name. */
size_t chronicle_find(const struct chronicle *c, const char *name);

/* None before the first move. */
size_t chronicle_stretches(const struct chronicle *c);
const struct chronicle_stretch *chronicle_stretch(const struct chronicle *c, size_t i);

#endif
