/* progress_view - what a progress display says, without a terminal (pure) */
#ifndef CONTROLLER_PROGRESS_VIEW_H
#define CONTROLLER_PROGRESS_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/screen/progress.h"

struct text;

/* What was heard is cut to this. */
#define PROGRESS_HEARD_BYTES 120

struct progress_at {
    const char *part;                 /* NULL: nothing is known           */
    const char *told_part;            /* in the last plain line about it  */
    const char *seen_part;            /* when the last lines were made    */
    char heard[PROGRESS_HEARD_BYTES]; /* escaped */
};

struct progress_view {
    const struct progress_options *of;
    uint64_t started_ms;
    unsigned char *state; /* of each item                           */
    unsigned char *told;  /* its state in the last plain line about it */
    unsigned char *seen;  /* its state when the last lines were made  */
    uint64_t *since_ms;   /* when it entered its state               */
    size_t counts[PROGRESS_MAX_STATES];
    struct progress_at *at; /* of each item, within its state */

    /* what the bar shows; unit NULL: items that have ended */
    size_t work_done, work_total;
    const char *unit;
    size_t
        work_from; /* how much was done when the pace began to count, and when that was */
    uint64_t work_since_ms;
};

/* NULL-safe to clear after -1 (memory). */
int progress_view_init(struct progress_view *v, const struct progress_options *options,
                       uint64_t now_ms);
void progress_view_clear(struct progress_view *v);

void progress_view_set(struct progress_view *v, size_t item, size_t state,
                       uint64_t now_ms);

/* As progress_begun(). */
void progress_view_begun(struct progress_view *v, uint64_t at_ms, bool from_now);

/* As progress_part(). */
void progress_view_part(struct progress_view *v, size_t item, const char *part,
                        const char *heard);

/* The bar shows work from now on; unit is borrowed.  True: another tenth is done. */
bool progress_view_work(struct progress_view *v, size_t done, size_t total,
                        const char *unit, uint64_t now_ms);

/* Items in states of this kind. */
size_t progress_view_count(const struct progress_view *v, enum progress_kind kind);

/* How much of how much: work where there is some, else items that have ended. */
void progress_view_done(const struct progress_view *v, size_t *done, size_t *total);

/* One line for each state that items have entered, and for each part of it: an end at
 * once, what should pass only of those that were in it at the last call already.
 */
void progress_view_changes(struct progress_view *v, struct text *text);

/* One line that says that we are alive when nothing else was to be said: how much is
 * done, what the others are at, for how long.
 */
void progress_view_heartbeat(const struct progress_view *v, uint64_t now_ms,
                             struct text *text);

/* "0:07", "12:34", "1:02:03" */
void progress_clock_add(struct text *text, uint64_t ms);

#endif
