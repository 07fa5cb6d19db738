#include "controller/vmss/standing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/azure/preflight.h"
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

#define SCHEMA  "ibfleet.azure.status/1"
#define COLUMNS 80 /* when it is no terminal */

/* ---- a set ----------------------------------------------------------------------------- */

static const char *or_dash(const char *text)
{
    return text && *text ? text : "-";
}

static void put_set(const struct scaleset *set, struct text *text)
{
    const struct sku_known *known = set->size ? sku_known(set->size) : NULL;

    text_add(text, "%s/%s: %s, %zu instance%s, %s in %s", set->group, set->name,
             set->is_flexible ? "Flexible" : "Uniform", set->count,
             set->count == 1 ? "" : "s", or_dash(set->size), or_dash(set->location));
    if (known)
        text_add(text, " (%u HCA%s of %u Gb/s%s)", known->hcas,
                 known->hcas == 1 ? "" : "s", known->gbps,
                 known->is_sr_iov ? "" : ", Network Direct");
    text_add(text, "\n  upgrades %s, repairs %s, %s\n", or_dash(set->upgrade_mode),
             set->repairs ? "automatic" : "off",
             set->is_single_placement_group ? "one placement group"
                                            : "several placement groups");
    for (size_t i = 0; i < set->extension_count; i++)
        text_add(text, "  extension %s: %s %s\n", or_dash(set->extensions[i].name),
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

/* Cells parted by '|'; equal ones are one row.  The caller's; NULL: no memory. */
static char *cells_of(const struct scaleset_instance *i)
{
    char *cells, domain[16] = "-";

    if (i->fault_domain >= 0)
        snprintf(domain, sizeof domain, "%d", i->fault_domain);
    return asprintf(&cells, "%s%s|%s|%s|%s|%s|%s|%s|%s|%s", scaleset_power_name(i->power),
                    i->awaits_maintenance ? ", to be moved" : "",
                    scaleset_model_name(i->model), or_dash(i->health), or_dash(i->zone),
                    domain, last_part(i->placement_group), or_dash(i->size),
                    last_part(i->image), protection_of(i)) < 0
               ? NULL
               : cells;
}

static int add_instance(struct fold *fold, const struct scaleset_instance *instance,
                        struct fail *why)
{
    CLEANUP(text_done) char *cells = cells_of(instance);

    return cells ? fold_add(fold, instance->name, cells, strlen(cells), why)
                 : fail_memory(why);
}

static int put_row(struct table *table, struct fold *fold, size_t row, struct fail *why)
{
    size_t len_bytes;
    const char *hosts = fold_hosts(fold, row);
    const char *cells = fold_text(fold, row, &len_bytes);
    CLEANUP(text_done) char *copy = strndup(cells, len_bytes);
    bool is_well = strncmp(cells, "running|", 8) == 0;

    if (!hosts || !copy)
        return fail_memory(why);
    table_row(table, is_well ? COLOR_PLAIN : COLOR_WARN);
    table_cell(table, "%s", hosts);
    table_cell(table, "%zu", fold_size(fold, row));
    for (char *rest = copy, *cell; (cell = strsep(&rest, "|"));)
        table_cell(table, "%s", cell);
    return 0;
}

static int put_instances(const struct standing *s, size_t width, bool color,
                         struct text *text, struct fail *why)
{
    CLEANUP(fold_done) struct fold *fold = fold_new();
    CLEANUP(table_done)
    struct table *table = table_new("~INSTANCES|>COUNT|STATE|MODEL|HEALTH|ZONE|DOMAIN|"
                                    "~PLACEMENT GROUP|SIZE|~IMAGE|PROTECTED");

    if (!fold || !table)
        return fail_memory(why);
    for (size_t i = 0; i < s->instance_count; i++)
        if (add_instance(fold, s->instances[i], why) < 0)
            return -1;
    fold_sort(fold);
    for (size_t i = 0; i < fold_count(fold); i++)
        if (put_row(table, fold, i, why) < 0)
            return -1;
    text_add(text, "\n");
    table_render(table, width, color, text);
    return 0;
}

/* ---- findings -------------------------------------------------------------------------- */

static int put_finding(const struct preflight_finding *f, size_t width,
                       struct text *text, struct fail *why)
{
    CLEANUP(text_done) char *words = NULL;

    if (asprintf(&words, "%s: %s", f->object, f->text) < 0) {
        words = NULL;
        return fail_memory(why);
    }
    text_add(text, "\n%s ", f->refuses ? "!" : "-");
    wrap_add(text, words, 2, width);
    text_add(text, "  ");
    wrap_add(text, f->remedy, 2, width);
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
        if (put_finding(&s->found->findings[i], width ? width : COLUMNS, text, why) < 0)
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
    const struct preflight_finding *f = &((const struct standing *)arg)->found->findings[i];
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
