/* table - columns that line up (pure)
 *
 *     struct table *t = table_new("NODE|STATE|>SECONDS|~WHY");
 *
 *     table_row(t, COLOR_BAD);
 *     table_cell(t, "%s", name);  ...  once per column
 *     table_render(t, width, color, &text);
 *     table_free(t);
 *
 * Cells are escaped; a cell past the ceiling is cut.  When the table is wider than
 * the screen, the widest column that may be shortened is, and the rest as it is:
 * what an operator copies (a run, a node, a number) stands there whole.
 * The last column is never padded.
 */
#ifndef CONTROLLER_TABLE_H
#define CONTROLLER_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/screen/color.h"

struct table;
struct text;

#define TABLE_MAX_COLUMNS    16
#define TABLE_MAX_CELL_BYTES ((size_t)4096)

/* Column titles, parted by '|'; '>' before one aligns it right, '~' lets it be
 * shortened.  NULL when memory is exhausted.
 */
struct table *table_new(const char *titles);
void table_free(struct table *t); /* NULL is allowed */
void table_done(struct table **t);

/* Begin a row; the colour is for the whole of it.  Cells not given are empty. */
void table_row(struct table *t, enum color color);
void table_cell(struct table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

size_t table_rows(const struct table *t);

/* width 0: as wide as it is (for pipes).  Memory trouble shows as a cut text. */
void table_render(const struct table *t, size_t width, bool color, struct text *text);

#endif
