#include "controller/extension/extension_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/extension/extension_view.h"
#include "controller/screen/fold.h"
#include "controller/screen/table.h"
#include "controller/screen/text.h"
#include "controller/screen/wrap.h"
#include "inventory/scaleset.h"
#include "inventory/vm_extension.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define GAP        '\037'
#define CELLS      5
#define MAX_ROW    1024
#define MAX_BESIDE 60 /* bytes of a hostlist in the table; a longer one stands below it */

static const struct vm_extension_seen nothing;

/* ---- what there is to say of one ------------------------------------------------------------- */

static const struct vm_extension_seen *seen_of(const struct extension_report *r, size_t n)
{
    const struct vm_extension_seen *seen = extension_view_of(r->view, r->nodes[n]);

    return seen ? seen : &nothing;
}

static const char *model_word(const struct vm_extension_seen *seen)
{
    return seen->is_latest ? "latest" : seen->is_old ? "old" : "-";
}

static const char *version_of(const struct vm_extension_seen *seen)
{
    return *seen->version ? seen->version : *seen->wanted ? seen->wanted : "-";
}

static const struct vm_extension_exit *exit_of(const struct vm_extension_seen *seen)
{
    return seen->has_exit ? vm_extension_exit_of(seen->kind, seen->exit_code) : NULL;
}

static void put_row(const struct vm_extension_seen *seen, struct text *row)
{
    char code[16] = "-";

    if (seen->has_exit)
        snprintf(code, sizeof code, "%d", seen->exit_code);
    text_add(row, "%s%c%s%c%s%c%s%c%s", seen->kind ? seen->kind->type : "-", GAP,
             seen->kind ? version_of(seen) : "-", GAP,
             vm_extension_state_name(seen->state), GAP, model_word(seen), GAP, code);
}

/* ---- the table ---------------------------------------------------------------------------------- */

static enum color color_of_state(const char *cells)
{
    return strstr(cells, "\037failed\037")     ? COLOR_BAD
           : strstr(cells, "\037changing\037") ? COLOR_WARN
           : strstr(cells, "\037absent\037")   ? COLOR_DIM
                                               : COLOR_PLAIN;
}

static void put_cells(struct table *t, const char *cells, size_t len)
{
    for (size_t c = 0; c < CELLS; c++) {
        const char *gap = memchr(cells, GAP, len);
        size_t cell = gap ? (size_t)(gap - cells) : len;

        table_cell(t, "%.*s", (int)cell, cells);
        cells += gap ? cell + 1 : cell;
        len -= gap ? cell + 1 : cell;
    }
}

static int fold_all(const struct extension_report *r, struct fold *f, struct fail *why)
{
    CLEANUP(text_clear) struct text row = {.max_bytes = MAX_ROW};

    for (size_t n = 0; n < r->node_count; n++) {
        text_reset(&row);
        put_row(seen_of(r, n), &row);
        if (text_is_cut(&row))
            return fail_memory(why);
        if (fold_add(f, r->nodes[n], text_of(&row), row.len_bytes, why) < 0)
            return -1;
    }
    fold_sort(f);
    return 0;
}

/* Names in base 36 fold badly: a long list would push all else aside, or be cut. */
static void put_group(struct fold *f, size_t i, struct table *t, struct text *below)
{
    size_t len;
    const char *cells = fold_text(f, i, &len), *hosts = fold_hosts(f, i);

    table_row(t, color_of_state(cells));
    table_cell(t, "%zu", fold_size(f, i));
    put_cells(t, cells, len);
    if (strlen(hosts) <= MAX_BESIDE) {
        table_cell(t, "%s", hosts);
        return;
    }
    table_cell(t, "(%zu)", i + 1);
    text_add(below, "(%zu) %s\n", i + 1, hosts);
}

static int put_table(const struct extension_report *r, size_t width, bool color,
                     struct text *text, struct fail *why)
{
    CLEANUP(table_done)
    struct table *t = table_new(">COUNT|EXTENSION|VERSION|STATE|MODEL|>EXIT|NODES");
    CLEANUP(fold_done) struct fold *f = fold_new();
    CLEANUP(text_clear) struct text below = {0};

    if (!t || !f)
        return fail_memory(why);
    if (fold_all(r, f, why) < 0)
        return -1;
    for (size_t i = 0; i < fold_count(f); i++) {
        if (!fold_hosts(f, i))
            return fail_memory(why);
        put_group(f, i, t, &below);
    }
    table_render(t, width, color, text);
    text_put(text, text_of(&below), below.len_bytes);
    return text_is_cut(&below) ? fail_memory(why) : 0;
}

/* ---- what stands around it ------------------------------------------------------------------------ */

static void put_model(const struct extension_report *r, size_t s, struct text *text)
{
    const struct vm_extension_seen *seen = extension_view_model(r->view, s);
    const struct scaleset *set = r->sets[s];

    text_add(text, "scale set %s/%s: ", set->group, set->name);
    if (seen->kind)
        text_add(text, "%s %s is in its model as '%s' (%s)\n", seen->kind->type,
                 version_of(seen), seen->name, vm_extension_state_name(seen->state));
    else
        text_add(text, "no InfiniBand extension in its model\n");
}

static bool is_worse(const struct vm_extension_seen *seen)
{
    const struct vm_extension_exit *e = exit_of(seen);

    return seen->state == VM_EXTENSION_FAILED || (e && e->remedy);
}

static bool is_same_end(const struct vm_extension_seen *a,
                        const struct vm_extension_seen *b)
{
    return a->kind == b->kind && is_worse(a) && a->has_exit == b->has_exit &&
           (a->has_exit ? a->exit_code == b->exit_code
                        : strcmp(a->message, b->message) == 0);
}

/* Was it explained before? */
static bool is_told(const struct extension_report *r, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_same_end(seen_of(r, i), seen_of(r, n)))
            return true;
    return false;
}

static void put_end(const struct vm_extension_seen *seen, struct text *text)
{
    const struct vm_extension_exit *e = exit_of(seen);

    if (e && e->remedy)
        text_add(text, "exit code %d: %s\n    %s\n", e->code, e->meaning, e->remedy);
    else if (seen->has_exit)
        text_add(text, "exit code %d is not documented: read %s there\n", seen->exit_code,
                 seen->kind->log);
    else {
        text_add(text, "failed: ");
        wrap_add_escaped(text, *seen->message ? seen->message : "Azure does not say why",
                         0, 0);
    }
}

static void put_ends(const struct extension_report *r, struct text *text)
{
    for (size_t n = 0; n < r->node_count; n++)
        if (is_worse(seen_of(r, n)) && !is_told(r, n))
            put_end(seen_of(r, n), text);
}

int extension_report_render(const struct extension_report *report, size_t width,
                            bool color, struct text *text, struct fail *why)
{
    for (size_t s = 0; s < report->set_count; s++)
        put_model(report, s, text);
    if (put_table(report, width, color, text, why) < 0)
        return -1;
    put_ends(report, text);
    return text_is_cut(text) ? fail_memory(why) : 0;
}

/* ---- JSON -------------------------------------------------------------------------------------------- */

static int put_known(struct json *one, const char *key, const char *text)
{
    return json_put_text(one, key, *text ? text : NULL);
}

static int put_exit(struct json *one, const struct vm_extension_seen *seen)
{
    const struct vm_extension_exit *e = exit_of(seen);

    if (seen->has_exit ? json_put_int(one, "exit", seen->exit_code) < 0
                       : json_put_text(one, "exit", NULL) < 0)
        return -1;
    return json_put_text(one, "meaning", e ? e->meaning : NULL) < 0
               ? -1
               : json_put_text(one, "remedy", e ? e->remedy : NULL);
}

static struct json *encode_seen(const char *key, const char *name,
                                const struct vm_extension_seen *seen)
{
    struct json *one = json_object();

    if (one && json_put_text(one, key, name) == 0 &&
        json_put_text(one, "type", seen->kind ? seen->kind->type : NULL) == 0 &&
        put_known(one, "name", seen->name) == 0 &&
        put_known(one, "wanted", seen->wanted) == 0 &&
        put_known(one, "version", seen->version) == 0 &&
        json_put_text(one, "state", vm_extension_state_name(seen->state)) == 0 &&
        put_known(one, "message", seen->message) == 0 && put_exit(one, seen) == 0)
        return one;
    json_free(one);
    return NULL;
}

static struct json *encode_model(const void *arg, size_t s)
{
    const struct extension_report *r = arg;

    return encode_seen("set", r->sets[s]->resource, extension_view_model(r->view, s));
}

static struct json *encode_node(const void *arg, size_t n)
{
    const struct extension_report *r = arg;
    const struct vm_extension_seen *seen = seen_of(r, n);
    struct json *one = encode_seen("node", r->nodes[n], seen);

    if (one &&
        json_put_text(one, "model",
                      seen->is_latest || seen->is_old ? model_word(seen) : NULL) < 0) {
        json_free(one);
        return NULL;
    }
    return one;
}

struct json *extension_report_encode(const struct extension_report *report)
{
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", "ibfleet.azure.extension/1") == 0 &&
        json_put(doc, "models", json_list(report->set_count, encode_model, report)) ==
            0 &&
        json_put(doc, "instances", json_list(report->node_count, encode_node, report)) ==
            0)
        return doc;
    json_free(doc);
    return NULL;
}

size_t extension_report_failed(const struct extension_report *report)
{
    size_t count = 0;

    for (size_t n = 0; n < report->node_count; n++)
        count += seen_of(report, n)->state == VM_EXTENSION_FAILED;
    return count;
}
