/* fanout - one shell line on many nodes, so many at once
 *
 *     fanout = fanout_new(&site, &order, &hooks, arg);
 *     fanout_launch(fanout);
 *     uv_run(loop, UV_RUN_DEFAULT);          hooks->ended once for each node started
 *     fanout_rest(fanout, &why);             and for those that never were
 *     fanout_free(fanout);
 *
 * Nodes are known by their place in the order.  What they say and how they ended is the
 * hooks' business; nothing is kept here.
 */
#ifndef CONTROLLER_FANOUT_H
#define CONTROLLER_FANOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/exec/errand.h"

struct fail;
struct fanout;
struct fleet_node;

struct fanout_order { /* what it points to is borrowed until fanout_free() */
    const struct fleet_node *const *nodes;
    size_t node_count;
    bool sudo;            /* what runs is root's, by sudo              */
    size_t width;         /* nodes under way at once                     */
    bool ends_with_input; /* what runs ends with its stdin (shot.h)      */
    uint64_t login_ms;    /* for each phase of a login; 0: as ssh.h says */
    uint64_t deadline_ms; /* for login and command together; 0: none     */
};

struct fanout_hooks {
    /* The shell line for a node; *line is ours to free. */
    int (*line)(void *arg, size_t i, char **line, struct fail *why);

    /* What it reads.  May be NULL: none of them reads anything. */
    struct shot_input (*input)(void *arg, size_t i);

    void (*connecting)(void *arg, size_t i); /* its turn at the door has come         */
    void (*retrying)(void *arg, size_t i);   /* the login failed; it will come again  */
    void (*running)(void *arg, size_t i);

    /* -1 stops the node, with what stands in *why. */
    int (*data)(void *arg, size_t i, enum ssh_stream stream, const char *bytes,
                size_t len_bytes, struct fail *why);

    /* Once for each node.  why is NULL when the command ended by itself; status as
     * ssh.h says.  took_ms is 0 for a node that was never started.
     */
    void (*ended)(void *arg, size_t i, int status, uint64_t took_ms,
                  const struct fail *why);
};

/* site is copied, hooks are borrowed until fanout_free().  NULL only when memory is exhausted. */
struct fanout *fanout_new(const struct errand_site *site,
                          const struct fanout_order *order,
                          const struct fanout_hooks *hooks, void *arg);

/* Send as many to the door as may run at once; each one that ends starts the next. */
void fanout_launch(struct fanout *f);

/* Start nothing new from now on: who still waits at the door for its first turn is taken
 * away, and not started.
 */
void fanout_hold(struct fanout *f);

/* End all that run, for this reason; or one, when it runs. */
void fanout_stop(struct fanout *f, const struct fail *why);
void fanout_stop_one(struct fanout *f, size_t i, const struct fail *why);

/* Nodes that were started and have not ended, and nodes that were not started. */
size_t fanout_running(const struct fanout *f);
size_t fanout_waiting(const struct fanout *f);

/* The nodes that were not started end for this reason. */
void fanout_rest(struct fanout *f, const struct fail *why);

/* No node may be under way.  NULL is allowed. */
void fanout_free(struct fanout *f);

#endif
