#include "inventory/catalog.h"

#include <assert.h>
#include <stdlib.h>

#include "inventory/catalog_parts.h"
#include "protocol/fail.h"
#include "protocol/json.h"

/* What a later program could not read as this one does has another number. */
#define FORMAT 1

void catalog_free(struct catalog *c)
{
    if (!c)
        return;
    json_free(c->doc);
    free(c->rows);
    free(c);
}

void catalog_done(struct catalog **c)
{
    catalog_free(*c);
}

size_t catalog_count(const struct catalog *c)
{
    return c->count;
}

const struct catalog_row *catalog_row(const struct catalog *c, size_t i)
{
    assert(i < c->count);
    return &c->rows[i];
}

/* ---- reading ----------------------------------------------------------------------------- */

typedef int (*read_entry)(struct catalog *c, struct catalog_place *at,
                          const struct json *object, struct fail *why);

static int read_list(struct catalog *c, const char *file, const struct json *list,
                     const char *kind, read_entry read, struct fail *why)
{
    struct catalog_place at = {.file = file, .kind = kind};

    for (const struct json *e = json_first(list); e; e = json_next(e)) {
        at.index++;
        at.name = NULL;
        if (read(c, &at, e, why) < 0)
            return -1;
    }
    return 0;
}

static int get_list(const char *file, const struct json *doc, const char *key, size_t max,
                    const struct json **list, struct fail *why)
{
    *list = json_find(doc, key);
    if (!*list || !json_is_array(*list) || !json_count(*list))
        return fail_set(why, FAIL_CATALOG, "%.60s: %s: must be a list that is not empty",
                        file, key);
    if (json_count(*list) > max)
        return fail_set(why, FAIL_CATALOG, "%.60s: %s: more than %zu", file, key, max);
    return 0;
}

static int check_top(const char *file, const struct json *doc, struct fail *why)
{
    static const char *const keys[] = {"catalog", "nics", "rows", NULL};
    const struct catalog_place at = {.file = file, .kind = "document", .index = 1};
    int64_t format;

    if (catalog_check_fields(&at, doc, keys, why) < 0)
        return -1;
    if (json_get_int(doc, "catalog", FORMAT, FORMAT, &format, NULL) < 0)
        return fail_set(why, FAIL_CATALOG, "%.60s: catalog: must be %d, the format", file,
                        FORMAT);
    return 0;
}

static int read_document(struct catalog *c, const char *file, struct fail *why)
{
    const struct json *nics, *rows;

    if (check_top(file, c->doc, why) < 0 ||
        get_list(file, c->doc, "nics", CATALOG_MAX_NICS, &nics, why) < 0 ||
        get_list(file, c->doc, "rows", CATALOG_MAX_ROWS, &rows, why) < 0)
        return -1;
    c->rows = calloc(json_count(rows), sizeof *c->rows);
    if (!c->rows)
        return fail_memory(why);
    if (read_list(c, file, nics, "nic", catalog_read_nic, why) < 0)
        return -1;
    return read_list(c, file, rows, "row", catalog_read_row, why);
}

int catalog_parse(const char *text, size_t len_bytes, const char *name,
                  struct catalog **c, struct fail *why)
{
    struct fail garbage = {.code = FAIL_NONE};
    struct catalog *made;

    if (len_bytes > CATALOG_MAX_BYTES)
        return fail_set(why, FAIL_CATALOG, "%.60s: larger than %zu bytes", name,
                        CATALOG_MAX_BYTES);
    made = calloc(1, sizeof *made);
    if (!made)
        return fail_memory(why);
    if (json_parse(text, len_bytes, &made->doc, &garbage) < 0) {
        free(made);
        return fail_set(why, FAIL_CATALOG, "%.60s: %s", name, garbage.text);
    }
    if (read_document(made, name, why) < 0) {
        catalog_free(made);
        return -1;
    }
    *c = made;
    return 0;
}
