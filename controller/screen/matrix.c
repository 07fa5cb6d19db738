#include "controller/screen/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/color.h"
#include "controller/screen/escape.h"
#include "controller/screen/table.h"
#include "controller/screen/text.h"
#include "controller/screen/utf8.h"
#include "protocol/scope.h"

/* Longest a value may be printed. */
#define VALUE_BYTES 32

static double value_at(const struct matrix *m, size_t row, size_t column)
{
    return m->values[row * m->count + column];
}

static bool is_marked(const struct matrix *m, size_t row, size_t column)
{
    return m->marked && m->marked[row * m->count + column];
}

static void print_value(const struct matrix *m, size_t row, size_t column,
                        char out[VALUE_BYTES])
{
    double value = value_at(m, row, column);

    if (row == column)
        out[0] = '\0';
    else if (value >= 0)
        snprintf(out, VALUE_BYTES, "%.*f", m->decimals, value);
    else
        snprintf(out, VALUE_BYTES, "%s", value == MATRIX_FAILED ? "!" : ".");
}

/* ---- the square ----------------------------------------------------------------- */

static size_t label_columns(const struct matrix *m)
{
    size_t widest = 0;

    for (size_t i = 0; i < m->count; i++) {
        size_t wide = utf8_columns(m->names[i], strlen(m->names[i]));

        widest = wide > widest ? wide : widest;
    }
    return widest;
}

static size_t number_columns(const struct matrix *m)
{
    char out[VALUE_BYTES];
    size_t widest = (size_t)snprintf(out, sizeof out, "%zu", m->count);

    for (size_t i = 0; i < m->count * m->count; i++) {
        size_t wide;

        print_value(m, i / m->count, i % m->count, out);
        wide = strlen(out);
        widest = wide > widest ? wide : widest;
    }
    return widest;
}

static void put_label(const struct matrix *m, size_t row, size_t wide, struct text *text)
{
    char number[VALUE_BYTES];
    int digits = snprintf(number, sizeof number, "%zu", m->count);

    text_add(text, "%*zu ", digits, row + 1);
    escape_add(text, m->names[row]);
    text_fill(text, ' ', wide - utf8_columns(m->names[row], strlen(m->names[row])));
}

static void put_square(const struct matrix *m, size_t label, size_t cell, bool color,
                       struct text *text)
{
    size_t left = label + 1 + (size_t)snprintf(NULL, 0, "%zu", m->count);
    char out[VALUE_BYTES];

    text_fill(text, ' ', left);
    for (size_t c = 0; c < m->count; c++)
        text_add(text, "  %*zu", (int)cell, c + 1);
    text_add(text, "\n");
    for (size_t r = 0; r < m->count; r++) {
        put_label(m, r, label, text);
        for (size_t c = 0; c < m->count; c++) {
            bool on = color && is_marked(m, r, c);

            if (c == r && c + 1 == m->count)
                break; /* nothing is to be seen there */
            print_value(m, r, c, out);
            text_add(text, "  %s%*s%s", color_of(COLOR_BAD, on), (int)cell, out,
                     color_of(COLOR_PLAIN, on));
        }
        text_add(text, "\n");
    }
}

/* ---- one line per node ------------------------------------------------------------ */

struct summary {
    double *values;              /* sorted, of those measured */
    size_t count, failed, worst; /* worst: the column */
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void summarize(const struct matrix *m, size_t row, struct summary *s)
{
    s->count = s->failed = 0;
    for (size_t c = 0; c < m->count; c++) {
        double value = value_at(m, row, c);

        if (c == row)
            continue;
        s->failed += value == MATRIX_FAILED;
        if (value < 0)
            continue;
        if (!s->count || (m->high_is_bad ? value > value_at(m, row, s->worst)
                                         : value < value_at(m, row, s->worst)))
            s->worst = c;
        s->values[s->count++] = value;
    }
    if (s->count)
        qsort(s->values, s->count, sizeof *s->values, by_value);
}

static void add_summary(const struct matrix *m, size_t row, const struct summary *s,
                        struct table *t)
{
    table_row(t, s->failed ? COLOR_BAD : COLOR_PLAIN);
    table_cell(t, "%s", m->names[row]);
    table_cell(t, "%zu", s->count);
    table_cell(t, "%zu", s->failed);
    if (!s->count)
        return;
    table_cell(t, "%.*f", m->decimals, s->values[0]);
    table_cell(t, "%.*f", m->decimals, s->values[s->count / 2]);
    table_cell(t, "%.*f", m->decimals, s->values[s->count - 1]);
    table_cell(t, "%s", m->names[s->worst]);
}

static void put_lines(const struct matrix *m, size_t width, bool color, struct text *text)
{
    CLEANUP(table_done)
    struct table *t = table_new("FROM|>PAIRS|>FAILED|>MIN|>MEDIAN|>MAX|WORST TO");
    struct summary s = {.values = calloc(m->count, sizeof *s.values)};

    if (!t || !s.values) {
        text->cut = true;
    } else {
        for (size_t r = 0; r < m->count; r++) {
            summarize(m, r, &s);
            add_summary(m, r, &s, t);
        }
        table_render(t, width, color, text);
    }
    free(s.values);
}

void matrix_render(const struct matrix *m, size_t width, bool color, struct text *text)
{
    size_t label = label_columns(m), cell = number_columns(m);
    size_t wide = label + 6 + m->count * (cell + 2);

    text_add(text, "%s%s%s\n", color_of(COLOR_BOLD, color), m->title,
             color_of(COLOR_PLAIN, color));
    if (width && wide > width)
        put_lines(m, width, color, text);
    else
        put_square(m, label, cell, color, text);
}
