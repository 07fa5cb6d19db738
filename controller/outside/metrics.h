/* metrics - how a rollout stands, as Prometheus reads it (pure)
 *
 * Text exposition format 0.0.4, one family after the other, each with HELP and TYPE:
 *
 *     # HELP ibfleet_rollout_nodes Nodes of the rollout in each state.
 *     # TYPE ibfleet_rollout_nodes gauge
 *     ibfleet_rollout_nodes{run="20261130-1200-07e9",state="done"} 12
 *
 * Counts only, never a series for each node: a fleet of 10,000 costs as many series as one
 * of four.  All are gauges, since a run that is taken up may have fewer failures than before.
 */
#ifndef CONTROLLER_METRICS_H
#define CONTROLLER_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

/* Series of one family; what is beyond is counted in one that is called "other".  There are
 * 14 states, and as many codes as went wrong at once.
 */
#define METRICS_MAX_SERIES 64

/* Of a whole file; only a bug makes more. */
#define METRICS_MAX_BYTES ((size_t)64 << 10)

#define METRICS_NONE (-1) /* there is none, and so no series is told */

struct metrics_count {
    const char *name; /* of a state or a failure code */
    uint64_t nodes;
};

/* Texts and arrays are borrowed.  All numbers are METRICS_NONE where there is none: begin
 * with METRICS_EMPTY.
 */
struct metrics {
    const char *version, *run, *kind; /* "rollout" */

    const struct metrics_count
        *states; /* all there are, also those with nobody in them */
    size_t state_count;
    const struct metrics_count *failures; /* of the nodes that failed, by code */
    size_t failure_count;

    int64_t begun_s, moved_s, ended_s; /* Unix time */
    int64_t window;                    /* nodes that may be under way at once      */
    int64_t unavailable;               /* now, for any cause                       */
    int64_t unavailable_limit;         /* that the policy allows                   */
    int64_t batch, batches;            /* under way, from 1; of so many            */
    int64_t budget_left;               /* nodes that may still fail                */
    bool is_paused;                    /* nothing new is begun                     */
};

#define METRICS_EMPTY                                                              \
    {                                                                              \
        .begun_s = METRICS_NONE, .moved_s = METRICS_NONE, .ended_s = METRICS_NONE, \
        .window = METRICS_NONE, .unavailable = METRICS_NONE,                       \
        .unavailable_limit = METRICS_NONE, .batch = METRICS_NONE,                  \
        .batches = METRICS_NONE, .budget_left = METRICS_NONE                       \
    }

/* The text is cut when memory is short or it is more than METRICS_MAX_BYTES. */
void metrics_render(const struct metrics *m, struct text *text);

/* The i-th family, for the manual; false when there are no more. */
bool metrics_family(size_t i, const char **name, const char **help);

#endif
