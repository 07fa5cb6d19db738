/* progress_block - the block that a terminal shows while work goes on (pure)
 *
 *     rollout [########..............] 12/64  3:20  3.6/min  about 15 min left  2 failed
 *       probing 4, installing 30, rebooting 8, done 10, failed 2
 *       slowest  ib017  installing  3:02  fetch: 412 of 1290 MiB
 *                ib044  rebooting   1:40
 *
 * Every line is shorter than the terminal is wide, so none wraps when it is drawn; what
 * does not fit is left out from the end, the bar becomes shorter first.
 */
#ifndef CONTROLLER_PROGRESS_BLOCK_H
#define CONTROLLER_PROGRESS_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress_view;
struct text;

/* Who has been longest in a state that should pass: so many, and for longer than this. */
#define PROGRESS_SLOWEST 5
#define PROGRESS_SLOW_MS 3000

/* The bar, the states, the slowest. */
#define PROGRESS_BLOCK_LINES (2 + PROGRESS_SLOWEST)

/* At most max_lines lines, each with fewer than width columns and a newline. */
void progress_block_add(const struct progress_view *v, uint64_t now_ms, size_t width,
                        size_t max_lines, bool color, struct text *text);

#endif
