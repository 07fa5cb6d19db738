/* lines - cut what a node prints into lines (pure)
 *
 *     struct lines l = {0};
 *
 *     lines_push(&l, bytes, n, on_line, arg);    ... as it comes, in any pieces
 *     lines_end(&l, on_line, arg);               a last line without newline
 *
 * A carriage return before the newline is dropped.  Who prints no newline gets one
 * every LINES_MAX_BYTES, so nothing piles up.
 */
#ifndef CONTROLLER_LINES_H
#define CONTROLLER_LINES_H

#include <stddef.h>

#include "controller/screen/text.h"

#define LINES_MAX_BYTES ((size_t)64 << 10)

/* All zero is the beginning. */
struct lines {
    struct text part; /* of a line that has no end yet */
};

/* The line has no newline; borrowed for the call. */
typedef void (*lines_fn)(void *arg, const char *line, size_t len_bytes);

void lines_push(struct lines *l, const char *bytes, size_t len_bytes, lines_fn on_line,
                void *arg);

/* Hand out what is left and free everything. */
void lines_end(struct lines *l, lines_fn on_line, void *arg);

#endif
