#include "controller/screen/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/escape.h"
#include "controller/screen/text.h"
#include "controller/screen/utf8.h"
#include "protocol/scope.h"

/* Between two columns. */
#define GAP "  "

/* A column is not shortened below this. */
#define NARROWEST ((size_t)8)

struct row {
    enum color color;
    char *cells[TABLE_MAX_COLUMNS]; /* NULL: empty */
};

struct table {
    char *titles[TABLE_MAX_COLUMNS];
    bool right[TABLE_MAX_COLUMNS];
    bool elastic[TABLE_MAX_COLUMNS]; /* may be shortened */
    size_t columns;
    struct row *rows;
    size_t row_count, row_room;
    size_t cell; /* next of the last row */
    bool cut;
};

/* ---- filling ------------------------------------------------------------------ */

static bool add_title(struct table *t, const char *title, size_t len)
{
    size_t c = t->columns++;

    t->right[c] = title[0] == '>';
    t->elastic[c] = title[0] == '~';
    if (t->right[c] || t->elastic[c]) {
        title++;
        len--;
    }
    t->titles[c] = strndup(title, len);
    return t->titles[c] != NULL;
}

struct table *table_new(const char *titles)
{
    struct table *t = calloc(1, sizeof *t);

    while (t && t->columns < TABLE_MAX_COLUMNS) {
        size_t len = strcspn(titles, "|");

        if (!add_title(t, titles, len)) {
            table_free(t);
            return NULL;
        }
        if (!titles[len])
            break;
        titles += len + 1;
    }
    return t;
}

void table_free(struct table *t)
{
    if (!t)
        return;
    for (size_t c = 0; c < t->columns; c++)
        free(t->titles[c]);
    for (size_t r = 0; r < t->row_count; r++)
        for (size_t c = 0; c < t->columns; c++)
            free(t->rows[r].cells[c]);
    free(t->rows);
    free(t);
}

void table_done(struct table **t)
{
    table_free(*t);
}

void table_row(struct table *t, enum color color)
{
    if (t->row_count == t->row_room) {
        size_t room = t->row_room ? 2 * t->row_room : 16;
        struct row *grown = reallocarray(t->rows, room, sizeof *grown);

        if (!grown) {
            t->cut = true;
            return;
        }
        t->rows = grown;
        t->row_room = room;
    }
    t->rows[t->row_count++] = (struct row){.color = color};
    t->cell = 0;
}

void table_cell(struct table *t, const char *fmt, ...)
{
    CLEANUP(text_clear) struct text cell = {.max_bytes = 4 * TABLE_MAX_CELL_BYTES};
    char raw[TABLE_MAX_CELL_BYTES];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(raw, sizeof raw, fmt, ap);
    va_end(ap);
    if (t->cut || !t->row_count || t->cell == t->columns)
        return;
    escape_add(&cell, raw);
    t->rows[t->row_count - 1].cells[t->cell++] = cell.bytes;
    cell.bytes = NULL;
}

size_t table_rows(const struct table *t)
{
    return t->row_count;
}

/* ---- rendering ------------------------------------------------------------------ */

static size_t columns_of(const char *cell)
{
    return cell ? utf8_columns(cell, strlen(cell)) : 0;
}

static void measure(const struct table *t, size_t *wide)
{
    for (size_t c = 0; c < t->columns; c++) {
        wide[c] = columns_of(t->titles[c]);
        for (size_t r = 0; r < t->row_count; r++) {
            size_t found = columns_of(t->rows[r].cells[c]);

            wide[c] = found > wide[c] ? found : wide[c];
        }
    }
}

static size_t total(const struct table *t, const size_t *wide)
{
    size_t sum = (t->columns - 1) * strlen(GAP);

    for (size_t c = 0; c < t->columns; c++)
        sum += wide[c];
    return sum;
}

/* Take from the widest column that may give until it fits. */
static void shrink(const struct table *t, size_t width, size_t *wide)
{
    while (total(t, wide) > width) {
        size_t widest = t->columns;

        for (size_t c = 0; c < t->columns; c++)
            if (t->elastic[c] && wide[c] > NARROWEST &&
                (widest == t->columns || wide[c] > wide[widest]))
                widest = c;
        if (widest == t->columns)
            return;
        wide[widest]--;
    }
}

/* The cell, shortened with "~" when it is wider than its column. */
static void put_cell(const char *cell, size_t wide, bool right, bool last,
                     struct text *text)
{
    size_t len = cell ? strlen(cell) : 0, has = columns_of(cell);

    if (has > wide) {
        len = utf8_fit(cell, len, wide - 1);
        text_put(text, cell, len);
        text_fill(text, '~', wide - utf8_columns(cell, len));
        return;
    }
    if (right)
        text_fill(text, ' ', wide - has);
    text_put(text, cell, len);
    if (!right && !last)
        text_fill(text, ' ', wide - has);
}

static void put_row(const struct table *t, char *const *cells, const size_t *wide,
                    struct text *text)
{
    size_t last = t->columns;

    while (last > 1 && !(cells[last - 1] && *cells[last - 1]))
        last--;
    for (size_t c = 0; c < last; c++) {
        put_cell(cells[c], wide[c], t->right[c], c + 1 == last, text);
        text_add(text, "%s", c + 1 < last ? GAP : "");
    }
}

static void put_line(const struct table *t, char *const *cells, const size_t *wide,
                     enum color color, bool on, struct text *text)
{
    bool painted = on && color != COLOR_PLAIN;

    text_add(text, "%s", color_of(color, painted));
    put_row(t, cells, wide, text);
    text_add(text, "%s\n", color_of(COLOR_PLAIN, painted));
}

void table_render(const struct table *t, size_t width, bool color, struct text *text)
{
    size_t wide[TABLE_MAX_COLUMNS];

    measure(t, wide);
    if (width)
        shrink(t, width, wide);
    put_line(t, t->titles, wide, COLOR_BOLD, color, text);
    for (size_t r = 0; r < t->row_count; r++)
        put_line(t, t->rows[r].cells, wide, t->rows[r].color, color, text);
    text->cut |= t->cut;
}
