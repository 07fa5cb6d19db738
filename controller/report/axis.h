/* axis - where a moment stands on a report's line of time (pure)
 *
 * Time while somebody worked on the run is as long as it was; a long time between two
 * controllers is a break of fixed width, so that a night's pause does not leave a line of
 * nothing with two dots at its ends.
 */
#ifndef CONTROLLER_AXIS_H
#define CONTROLLER_AXIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chronicle;

#define AXIS_WIDTH      1000.0
#define AXIS_MAX_PIECES 16 /* more breaks than that are as long as they were */
#define AXIS_MAX_TICKS  12

struct axis_piece {
    int64_t from_ms, to_ms;
    double from_x, to_x;
    bool is_break;
};

struct axis {
    struct axis_piece pieces[AXIS_MAX_PIECES];
    size_t count;
};

/* From a run's first move to until_ms, or to its last move when that is later.  Of a run
 * without moves, from until_ms on.
 */
void axis_of(const struct chronicle *c, int64_t until_ms, struct axis *a);

int64_t axis_from_ms(const struct axis *a);
int64_t axis_to_ms(const struct axis *a);

/* 0 to AXIS_WIDTH; what is outside stands at the end. */
double axis_x(const struct axis *a, int64_t at_ms);

/* The moment at x, 0 to AXIS_WIDTH. */
int64_t axis_at(const struct axis *a, double x);

/* Round moments (UTC) to be written below it, none in a break nor close to another one;
 * *step_ms is what is between two of them.  Returns how many.
 */
size_t axis_ticks(const struct axis *a, int64_t ticks_ms[AXIS_MAX_TICKS],
                  int64_t *step_ms);

#endif
