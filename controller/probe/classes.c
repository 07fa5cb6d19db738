#include "controller/probe/classes.h"

#include <stdlib.h>
#include <string.h>

#include "controller/probe/traits.h"
#include "controller/screen/color.h"
#include "controller/screen/escape.h"
#include "controller/screen/fold.h"
#include "controller/screen/table.h"
#include "controller/screen/text.h"
#include "controller/screen/wrap.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* Where the text of a trait begins. */
#define TRAIT_INDENT 12

/* Cells of one row, told apart by a character that escape_add() would not leave in. */
#define CELL_END '\n'

struct classes {
    size_t count;
    bool sized;                  /* somebody's size is known */
    struct fold *rows;           /* the table's cells, a line each */
    struct fold *traits[TRAITS]; /* each trait alone               */
};

struct classes *classes_new(void)
{
    struct classes *c = calloc(1, sizeof *c);
    bool all = c && (c->rows = fold_new());

    for (int t = 0; all && t < TRAITS; t++)
        all = (c->traits[t] = fold_new());
    if (!all) {
        classes_free(c);
        return NULL;
    }
    return c;
}

void classes_free(struct classes *c)
{
    if (!c)
        return;
    fold_free(c->rows);
    for (int t = 0; t < TRAITS; t++)
        fold_free(c->traits[t]);
    free(c);
}

void classes_done(struct classes **c)
{
    classes_free(*c);
}

size_t classes_count(const struct classes *c)
{
    return c->count;
}

/* ---- adding -------------------------------------------------------------------- */

static void add_cell(const char *said, struct text *row)
{
    escape_add(row, said);
    text_add(row, "%c", CELL_END);
}

/* size, os, kernel, hca, link, rdma */
static void add_cells(const struct facts *f, struct text *row)
{
    CLEANUP(text_clear) struct text os = {0}, hca = {0}, link = {0}, rdma = {0};

    text_add(&os, "%s %s", f->os.id, f->os.version_id ? f->os.version_id : "");
    trait_add_hca_names(f, &hca);
    trait_add_links(f, &link);
    trait_add_rdma(f, &rdma);
    add_cell(f->size ? f->size : "-", row);
    add_cell(text_of(&os), row);
    add_cell(f->os.kernel, row);
    add_cell(text_of(&hca), row);
    add_cell(text_of(&link), row);
    add_cell(text_of(&rdma), row);
}

int classes_add(struct classes *c, const char *name, const struct facts *f,
                struct fail *why)
{
    CLEANUP(text_clear) struct text row = {0};

    add_cells(f, &row);
    if (text_is_cut(&row))
        return fail_memory(why);
    if (fold_add(c->rows, name, text_of(&row), row.len_bytes, why) < 0)
        return -1;
    for (int t = 0; t < TRAITS; t++) {
        CLEANUP(text_clear) struct text said = {0};

        trait_add(f, (enum trait)t, &said);
        if (text_is_cut(&said))
            return fail_memory(why);
        if (fold_add(c->traits[t], name, text_of(&said), said.len_bytes, why) < 0)
            return -1;
    }
    c->sized |= f->size != NULL;
    c->count++;
    return 0;
}

/* ---- the table ----------------------------------------------------------------- */

static void add_row(const struct classes *c, size_t i, struct table *t)
{
    const char *cell = fold_text(c->rows, i, NULL), *hosts = fold_hosts(c->rows, i);

    if (!c->sized)
        cell = strchr(cell, CELL_END) + 1;

    table_row(t, i ? COLOR_WARN : COLOR_PLAIN); /* the first is the most common */
    table_cell(t, "%s", hosts ? hosts : "?");
    table_cell(t, "%zu", fold_size(c->rows, i));
    for (const char *end; (end = strchr(cell, CELL_END)); cell = end + 1)
        table_cell(t, "%.*s", (int)(end - cell), cell);
}

static void put_table(struct classes *c, size_t width, bool color, struct text *text)
{
    CLEANUP(table_done)
    struct table *t = table_new(c->sized ? "NODES|>N|~SIZE|~OS|~KERNEL|~HCA|~LINK|~RDMA"
                                         : "NODES|>N|~OS|~KERNEL|~HCA|~LINK|~RDMA");

    if (!t) {
        text->cut = true;
        return;
    }
    for (size_t i = 0; i < fold_count(c->rows); i++)
        add_row(c, i, t);
    table_render(t, width, color, text);
}

/* ---- traits -------------------------------------------------------------------- */

static void put_value(const char *hosts, const char *said, size_t width,
                      struct text *text)
{
    CLEANUP(text_clear) struct text value = {0};

    if (hosts)
        text_add(&value, "%s: ", hosts);
    escape_add(&value, said);
    wrap_add(text, text_of(&value), TRAIT_INDENT, width);
}

static void put_name(const char *name, struct text *text)
{
    text_add(text, "  %-*s", TRAIT_INDENT - 2, name);
}

/* What nobody has is not worth a line. */
static bool is_empty(const char *said)
{
    return strcmp(said, "none") == 0 || strcmp(said, "nothing") == 0;
}

static void put_same(struct classes *c, size_t width, struct text *text)
{
    for (int t = 0; t < TRAITS; t++) {
        const char *said = fold_text(c->traits[t], 0, NULL);

        if (fold_count(c->traits[t]) != 1 || is_empty(said))
            continue;
        put_name(trait_name((enum trait)t), text);
        put_value(NULL, said, width, text);
    }
}

static void put_different(struct fold *f, const char *name, size_t width, bool color,
                          struct text *text)
{
    fold_sort(f);
    for (size_t i = 0; i < fold_count(f); i++) {
        const char *hosts = fold_hosts(f, i);

        text_add(text, "%s", color_of(COLOR_WARN, color && i));
        put_name(i ? "" : name, text);
        put_value(hosts ? hosts : "?", fold_text(f, i, NULL), width, text);
        text_add(text, "%s", color_of(COLOR_PLAIN, color && i));
    }
}

static size_t count_different(const struct classes *c)
{
    size_t count = 0;

    for (int t = 0; t < TRAITS; t++)
        count += fold_count(c->traits[t]) > 1;
    return count;
}

void classes_render(struct classes *c, size_t width, bool color, struct text *text)
{
    size_t different = count_different(c);

    if (!c->count)
        return;
    fold_sort(c->rows);
    put_table(c, width, color, text);
    if (different < TRAITS) {
        text_add(text, c->count > 1 ? "\nSame on all %zu:\n" : "\n", c->count);
        put_same(c, width, text);
    }
    if (different)
        text_add(text, "\nDiffers:\n");
    for (int t = 0; t < TRAITS; t++)
        if (fold_count(c->traits[t]) > 1)
            put_different(c->traits[t], trait_name((enum trait)t), width, color, text);
}
