/* matrix - what each node measured with each other, as a square (pure)
 *
 * Row is from, column is to.  A diagonal cell is empty; one that was not measured
 * is '.', one that failed '!'.  Columns are numbered as the rows are.  A fleet
 * whose square does not fit the width is shown as one line per node instead: its
 * lowest, median and highest value and with whom the worst was.
 */
#ifndef CONTROLLER_MATRIX_H
#define CONTROLLER_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

struct text;

/* Beside numbers: */
#define MATRIX_NOT_MEASURED (-1.0)
#define MATRIX_FAILED       (-2.0)

struct matrix {
    const char *title;        /* "latency, us (half a write ping-pong, p50)" */
    const char *const *names; /* count of them; escaped here */
    size_t count;
    const double *values; /* count * count, row by row; below 0 see above */
    int decimals;         /* 0..3 */
    bool high_is_bad;     /* latency: true; bandwidth: false */
    const bool *marked;   /* count * count: coloured as bad; NULL: none */
};

/* width 0: as wide as it gets. */
void matrix_render(const struct matrix *m, size_t width, bool color, struct text *text);

#endif
