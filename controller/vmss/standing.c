#include "controller/vmss/standing.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/azure/preflight.h"
#include "controller/screen/escape.h"
#include "controller/screen/fold.h"
#include "controller/screen/table.h"
#include "controller/screen/text.h"
#include "controller/screen/wrap.h"
#include "inventory/scaleset.h"
#include "inventory/scaleset_record.h"
#include "inventory/sku.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA     "ibfleet.azure.status/1"
#define PIPE_WIDTH 80 /* where there is no terminal */

/* ---- a set ----------------------------------------------------------------------------- */

static const char *or_dash(const char *text)
{
    return text && *text ? text : "-";
}

/* What Azure says may have anything in it. */
static void put_line(struct text *text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void put_line(struct text *text, const char *fmt, ...)
{
    CLEANUP(text_done) char *line = NULL;
    va_list args;

    va_start(args, fmt);
    if (vasprintf(&line, fmt, args) < 0)
        line = NULL;
    va_end(args);
    escape_add(text, line ? line : "");
    text_add(text, "\n");
}

static void put_set(const struct scaleset *set, struct text *text)
{
    const struct sku_known *known = set->size ? sku_known(set->size) : NULL;

    put_line(text, "%s/%s: %s, %zu instance%s, %s in %s", set->group, set->name,
             set->is_flexible ? "Flexible" : "Uniform", set->count,
             set->count == 1 ? "" : "s", or_dash(set->size), or_dash(set->location));
    if (known)
        put_line(text, "  %u HCA%s of %u Gb/s on each%s", known->hcas,
                 known->hcas == 1 ? "" : "s", known->gbps,
                 known->is_sr_iov ? "" : " (Network Direct)");
    put_line(text, "  upgrades %s, repairs %s, %s", or_dash(set->upgrade_mode),
             set->repairs ? "automatic" : "off",
             set->is_single_placement_group ? "one placement group"
                                            : "several placement groups");
    for (size_t i = 0; i < set->extension_count; i++)
        put_line(text, "  extension %s: %s %s", or_dash(set->extensions[i].name),
                 or_dash(set->extensions[i].type), or_dash(set->extensions[i].version));
}

/* ---- instances ------------------------------------------------------------------------- */

static const char *protection_of(const struct scaleset_instance *i)
{
    return i->keeps_from_scale_in && i->keeps_from_set_actions ? "all"
           : i->keeps_from_scale_in                            ? "scale-in"
           : i->keeps_from_set_actions                         ? "actions"
                                                               : "-";
}

/* Group, size or image: what an ARM id ends with, as all of it is the same for all. */
static const char *last_part(const char *resource)
{
    const char *slash = resource ? strrchr(resource, '/') : NULL;

    return slash ? slash + 1 : or_dash(resource);
}

enum column {
    STATE,
    MODEL,
    HEALTH,
    ZONE,
    DOMAIN,
    PLACEMENT,
    SIZE,
    IMAGE,
    PROTECTED,
    COLUMNS
};

static const struct {
    const char *title, *words;
} columns[COLUMNS] = {
    [STATE] = {"STATE", "state"},
    [MODEL] = {"MODEL", "model"},
    [HEALTH] = {"HEALTH", "health"},
    [ZONE] = {"ZONE", "zone"},
    [DOMAIN] = {"DOMAIN", "fault domain"},
    [PLACEMENT] = {"PLACEMENT GROUP", "placement group"},
    [SIZE] = {"SIZE", "size"},
    [IMAGE] = {"~IMAGE", "image"},
    [PROTECTED] = {"PROTECTED", "protected from"},
};

/* What one instance has in a column; number is room for one. */
static const char *cell_of(const struct scaleset_instance *i, enum column column,
                           char number[16])
{
    switch (column) {
    case STATE:
        return i->awaits_maintenance ? "to be moved" : scaleset_power_name(i->power);
    case MODEL:
        return scaleset_model_name(i->model);
    case HEALTH:
        return or_dash(i->health);
    case ZONE:
        return or_dash(i->zone);
    case DOMAIN:
        snprintf(number, 16, "%d", i->fault_domain);
        return i->fault_domain < 0 ? "-" : number;
    case PLACEMENT:
        return last_part(i->placement_group);
    case SIZE:
        return or_dash(i->size);
    case IMAGE:
        return last_part(i->image);
    case PROTECTED:
        return protection_of(i);
    case COLUMNS:
        break;
    }
    return "-";
}

static bool is_same_for_all(const struct standing *s, enum column column)
{
    char first[16], other[16];

    for (size_t i = 1; i < s->instance_count; i++)
        if (strcmp(cell_of(s->instances[0], column, first),
                   cell_of(s->instances[i], column, other)) != 0)
            return false;
    return true;
}

/* Where instances differ, and how they are in any case. */
static bool is_shown(const struct standing *s, enum column column)
{
    return column == STATE || !is_same_for_all(s, column);
}

/* The cells that are shown, parted by '|'. */
static int add_instance(const struct standing *s, struct fold *fold,
                        const struct scaleset_instance *instance, struct fail *why)
{
    CLEANUP(text_clear) struct text cells = {0};
    char number[16];

    for (enum column c = 0; c < COLUMNS; c++)
        if (is_shown(s, c))
            text_add(&cells, "%s%s", c == STATE ? "" : "|", cell_of(instance, c, number));
    return fold_add(fold, instance->name, text_of(&cells), cells.len_bytes, why);
}

static int put_row(struct table *table, struct fold *fold, size_t row, struct fail *why)
{
    size_t len_bytes;
    const char *hosts = fold_hosts(fold, row);
    const char *cells = fold_text(fold, row, &len_bytes);
    CLEANUP(text_done) char *copy = strndup(cells, len_bytes);
    bool is_well = strncmp(cells, "running", strlen("running")) == 0;

    if (!hosts || !copy)
        return fail_memory(why);
    table_row(table, is_well ? COLOR_PLAIN : COLOR_WARN);
    table_cell(table, "%s", hosts);
    table_cell(table, "%zu", fold_size(fold, row));
    for (char *rest = copy, *cell; (cell = strsep(&rest, "|"));)
        table_cell(table, "%s", cell);
    return 0;
}

static struct table *new_table(const struct standing *s)
{
    CLEANUP(text_clear) struct text titles = {0};

    text_add(&titles, "~INSTANCES|>COUNT");
    for (enum column c = 0; c < COLUMNS; c++)
        if (is_shown(s, c))
            text_add(&titles, "|%s", columns[c].title);
    return table_new(text_of(&titles));
}

static void put_common(const struct standing *s, size_t width, struct text *text)
{
    CLEANUP(text_clear) struct text words = {0};
    char number[16];

    for (enum column c = 0; s->instance_count && c < COLUMNS; c++) {
        const char *cell = cell_of(s->instances[0], c, number);

        if (!is_shown(s, c) && strcmp(cell, "-") != 0)
            text_add(&words, "%s%s %s", words.len_bytes ? ", " : "", columns[c].words,
                     cell);
    }
    if (!words.len_bytes)
        return;
    text_add(text, "\nAll: ");
    wrap_add_escaped(text, text_of(&words), 5, width);
}

static int put_instances(const struct standing *s, size_t width, bool color,
                         struct text *text, struct fail *why)
{
    CLEANUP(fold_done) struct fold *fold = fold_new();
    CLEANUP(table_done) struct table *table = new_table(s);

    if (!fold || !table)
        return fail_memory(why);
    for (size_t i = 0; i < s->instance_count; i++)
        if (add_instance(s, fold, s->instances[i], why) < 0)
            return -1;
    fold_sort(fold);
    for (size_t i = 0; i < fold_count(fold); i++)
        if (put_row(table, fold, i, why) < 0)
            return -1;
    text_add(text, "\n");
    table_render(table, width, color, text);
    put_common(s, width ? width : PIPE_WIDTH, text);
    return 0;
}

/* ---- findings -------------------------------------------------------------------------- */

static int put_finding(const struct preflight_finding *f, size_t width, struct text *text,
                       struct fail *why)
{
    CLEANUP(text_done) char *words = NULL;

    if (asprintf(&words, "%s: %s", f->object, f->text) < 0) {
        words = NULL;
        return fail_memory(why);
    }
    text_add(text, "\n%s ", f->refuses ? "!" : "-");
    wrap_add_escaped(text, words, 2, width);
    text_add(text, "  ");
    wrap_add_escaped(text, f->remedy, 2, width);
    return 0;
}

int standing_render(const struct standing *s, size_t width, bool color, struct text *text,
                    struct fail *why)
{
    for (size_t i = 0; i < s->set_count; i++)
        put_set(s->sets[i], text);
    if (put_instances(s, width, color, text, why) < 0)
        return -1;
    for (size_t i = 0; i < s->found->count; i++)
        if (put_finding(&s->found->findings[i], width ? width : PIPE_WIDTH, text, why) <
            0)
            return -1;
    return 0;
}

/* ---- JSON ------------------------------------------------------------------------------ */

static struct json *encode_set(const void *arg, size_t i)
{
    const struct standing *s = arg;
    const struct scaleset *set = s->sets[i];
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "resource", set->resource) == 0 &&
        json_put_text(doc, "group", set->group) == 0 &&
        json_put_text(doc, "name", set->name) == 0 &&
        json_put_text(doc, "mode", set->is_flexible ? "Flexible" : "Uniform") == 0 &&
        json_put_text(doc, "location", set->location) == 0 &&
        json_put_text(doc, "size", set->size) == 0 &&
        json_put_int(doc, "instances", (int64_t)set->count) == 0 &&
        json_put_text(doc, "upgrade_mode", set->upgrade_mode) == 0 &&
        json_put_flag(doc, "automatic_repairs", set->repairs) == 0 &&
        json_put_flag(doc, "single_placement_group", set->is_single_placement_group) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static struct json *encode_instance(const void *arg, size_t i)
{
    return scaleset_encode_instance(((const struct standing *)arg)->instances[i]);
}

static struct json *encode_finding(const void *arg, size_t i)
{
    const struct preflight_finding *f =
        &((const struct standing *)arg)->found->findings[i];
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "check", preflight_check_name(f->check)) == 0 &&
        json_put_flag(doc, "refuses", f->refuses) == 0 &&
        json_put_text(doc, "object", f->object) == 0 &&
        json_put_text(doc, "text", f->text) == 0 &&
        json_put_text(doc, "remedy", f->remedy) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *standing_encode(const struct standing *s)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", SCHEMA) == 0 &&
        json_put(doc, "sets", json_list(s->set_count, encode_set, s)) == 0 &&
        json_put(doc, "instances", json_list(s->instance_count, encode_instance, s)) ==
            0 &&
        json_put(doc, "findings", json_list(s->found->count, encode_finding, s)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}
