/* color - whether to colour, and the few colours there are
 *
 * Only on a terminal, never with NO_COLOR set or TERM=dumb; a colour only
 * repeats what a word says already.
 */
#ifndef CONTROLLER_COLOR_H
#define CONTROLLER_COLOR_H

#include <stdbool.h>

enum color { COLOR_PLAIN, COLOR_GOOD, COLOR_BAD, COLOR_WARN, COLOR_DIM, COLOR_BOLD };

bool color_wanted(int fd);

/* The sequence that begins a colour; COLOR_PLAIN ends any.  "" unless on. */
const char *color_of(enum color color, bool on);

#endif
