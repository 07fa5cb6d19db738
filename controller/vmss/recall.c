#include "controller/vmss/recall.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/azure/survey.h"
#include "controller/state_folder.h"
#include "controller/vmss/keep_file.h"
#include "controller/whole_file.h"
#include "inventory/scaleset.h"
#include "inventory/scaleset_record.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA      "ibfleet.scaleset/1"
#define MAX_BYTES   ((size_t)32 << 20) /* 5,000 instances have 5 MB */
#define LAST_SECOND ((int64_t)1 << 40)

/* FOLDER/azure/RG_NAME.json; Azure does not tell capitals from small letters.  The
 * caller's; NULL: no memory.
 */
static char *path_of(const char *folder, const struct survey_order *order)
{
    char *path = NULL;

    if (asprintf(&path, "%s/azure/%s_%s.json", folder, order->group, order->name) < 0)
        return NULL;
    for (char *at = path + strlen(folder); *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return path;
}

/* ---- read ------------------------------------------------------------------------------ */

static int decode_sizes(const struct json *doc, struct sku_list *sizes, struct fail *why)
{
    const struct json *list;

    if (json_get_object(doc, "rdma_sizes", &list, why) < 0)
        return -1;
    for (const struct json *e = json_first(list); e; e = json_next(e)) {
        bool is_rdma;

        if (json_get_flag(list, json_key(e), &is_rdma, why) < 0 ||
            sku_list_put(sizes, json_key(e), is_rdma, why) < 0)
            return -1;
    }
    return 0;
}

static int decode(const struct json *doc, struct recall *kept, struct fail *why)
{
    const struct json *set;
    const char *schema;

    if (json_get_text(doc, "schema", &schema, why) < 0)
        return -1;
    if (strcmp(schema, SCHEMA) != 0)
        return fail_set(why, FAIL_GARBAGE, "schema %s", schema);
    if (json_get_int(doc, "asked_s", 0, LAST_SECOND, &kept->asked_s, why) < 0 ||
        json_get_int(doc, "sizes_asked_s", 0, LAST_SECOND, &kept->sizes_asked_s, why) <
            0 ||
        json_get_flag(doc, "outdated", &kept->is_outdated, why) < 0 ||
        decode_sizes(doc, &kept->sizes, why) < 0 ||
        json_get_object(doc, "set", &set, why) < 0)
        return -1;
    return scaleset_decode(set, &kept->set, why);
}

void recall_read(const char *folder, const struct survey_order *order,
                 struct recall *kept)
{
    CLEANUP(text_done) char *path = path_of(folder, order), *text = NULL;
    CLEANUP(json_done) struct json *doc = NULL;
    size_t len_bytes;

    *kept = (struct recall){.set = NULL};
    if (!path || whole_file_read(path, MAX_BYTES, &text, &len_bytes) < 0 ||
        json_parse(text, len_bytes, &doc, NULL) < 0)
        return;
    if (decode(doc, kept, NULL) < 0)
        recall_done(kept);
}

void recall_done(struct recall *kept)
{
    scaleset_free(kept->set);
    sku_list_done(&kept->sizes);
    *kept = (struct recall){.set = NULL};
}

/* ---- write ----------------------------------------------------------------------------- */

static int put_size(struct json *sizes, const struct sku_list *list, const char *size)
{
    enum sku_answer answer = size ? sku_list_rdma(list, size) : SKU_UNKNOWN;

    return answer == SKU_UNKNOWN || json_find(sizes, size)
               ? 0
               : json_put_flag(sizes, size, answer == SKU_YES);
}

/* Of a region's thousand sizes those that the set has. */
static struct json *encode_sizes(const struct recall *kept)
{
    struct json *sizes = json_object();
    int status = sizes ? put_size(sizes, &kept->sizes, kept->set->size) : -1;

    for (size_t i = 0; status == 0 && i < kept->set->count; i++)
        status = put_size(sizes, &kept->sizes, kept->set->instances[i].size);
    if (status == 0)
        return sizes;
    json_free(sizes);
    return NULL;
}

static char *print(const struct recall *kept)
{
    CLEANUP(json_done) struct json *doc = json_object();

    return doc && json_put_text(doc, "schema", SCHEMA) == 0 &&
                   json_put_int(doc, "asked_s", kept->asked_s) == 0 &&
                   json_put_int(doc, "sizes_asked_s", kept->sizes_asked_s) == 0 &&
                   json_put_flag(doc, "outdated", kept->is_outdated) == 0 &&
                   json_put(doc, "rdma_sizes", encode_sizes(kept)) == 0 &&
                   json_put(doc, "set", scaleset_encode(kept->set)) == 0
               ? json_print(doc)
               : NULL;
}

int recall_write(const char *folder, const struct survey_order *order,
                 const struct recall *kept, struct fail *why)
{
    CLEANUP(text_done) char *path = path_of(folder, order), *text = print(kept);

    if (!path || !text)
        return fail_memory(why);
    return state_folder_make(folder, why) < 0 ? -1
                                              : keep_file(path, text, strlen(text), why);
}
