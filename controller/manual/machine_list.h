/* machine_list - the machines that the manual has decisions for (pure)
 *
 * machines.txt is inside the program: what `make what-runs-where` prints.  A line is a
 * machine, and two blanks or more part its columns.
 */
#ifndef CONTROLLER_MACHINE_LIST_H
#define CONTROLLER_MACHINE_LIST_H

#include <stdbool.h>

enum machine_column {
    MACHINE_NAME,
    MACHINE_SIZE,
    MACHINE_SYSTEM, /* distribution, version, architecture */
    MACHINE_KERNEL,
    MACHINE_NICS,
    MACHINE_DECISION,
    MACHINE_EXIT, /* as the agent alone would end */
    MACHINE_COLUMNS
};

struct machine_line {
    char columns[MACHINE_COLUMNS][64]; /* what is longer is cut */
};

/* Take the line at *at, which begins as NULL and goes on to the next one.  False: there is
 * no further one.
 */
bool machine_list_next(const char **at, struct machine_line *line);

#endif
