#include "inventory/sku.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inventory/armfield.h"
#include "protocol/fail.h"
#include "protocol/json.h"

/* clang-format off */

/* Sources, public all of them: (h) the conf files of Azure/azurehpc-health-checks, which
 * expect so many links of such a rate; (d) the size pages of MicrosoftDocs/azure-compute-docs;
 * (o) sizes-hpc.md of MicrosoftDocs/azure-docs as of 2020; (i) Azure/azhpc-images issues 28
 * and 51.  For ND40rs_v2 (i) says ConnectX-3 Pro, but no such NIC has the 100 Gb/s of (h).
 * For GB300 (d) says 800 Gb/s, which ConnectX-8 alone can do.
 */
static const struct sku_known table[] = {
    {"Standard_HB60*rs",              1, 100, NIC_CONNECTX_5,     true},  /* o   */
    {"Standard_HB120*rs_v2",          1, 200, NIC_CONNECTX_6,     true},  /* h d */
    {"Standard_HB120*rs_v3",          1, 200, NIC_CONNECTX_6,     true},  /* h   */
    {"Standard_HB176*rs_v4",          1, 400, NIC_CONNECTX_7,     true},  /* h   */
    {"Standard_HB368*rs_v5",          4, 200, NIC_CONNECTX_7,     true},  /* d   */
    {"Standard_HC44*rs",              1, 100, NIC_CONNECTX_5,     true},  /* h   */
    {"Standard_HX176*rs",             1, 400, NIC_CONNECTX_7,     true},  /* h   */
    {"Standard_H16r",                 1,  56, NIC_CONNECTX_3_PRO, false}, /* o   */
    {"Standard_H16mr",                1,  56, NIC_CONNECTX_3_PRO, false}, /* o   */
    {"Standard_NC24r",                1,  56, NIC_CONNECTX_3_PRO, false}, /* i   */
    {"Standard_NC24rs_v2",            1,  56, NIC_CONNECTX_3_PRO, false}, /* i   */
    {"Standard_NC24rs_v3",            1,  56, NIC_CONNECTX_3_PRO, true},  /* i   */
    {"Standard_ND40rs_v2",            1, 100, NIC_CONNECTX_5,     true},  /* h   */
    {"Standard_ND96asr_v4",           8, 200, NIC_CONNECTX_6,     true},  /* h   */
    {"Standard_ND96amsr_A100_v4",     8, 200, NIC_CONNECTX_6,     true},  /* h   */
    {"Standard_ND96asr_MI200_v4",     8, 200, NIC_CONNECTX_6,     true},  /* h   */
    {"Standard_ND96isr*_H[12]00_v5",  8, 400, NIC_CONNECTX_7,     true},  /* h   */
    {"Standard_ND96isr_MI300X_v5",    8, 400, NIC_CONNECTX_7,     true},  /* h   */
    {"Standard_ND128isr*_GB200_v6",   4, 400, NIC_CONNECTX_7,     true},  /* d   */
    {"Standard_ND128isr*_GB300_v6",   4, 800, NIC_CONNECTX_8,     true},  /* d   */
};
/* clang-format on */

const struct sku_known *sku_known(const char *size)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (fnmatch(table[i].pattern, size, FNM_CASEFOLD) == 0)
            return &table[i];
    return NULL;
}

enum sku_answer sku_by_name(const char *size)
{
    const char *part = strchr(size, '_');
    char end;

    if (sku_known(size))
        return SKU_YES;
    if (!part || !part[1])
        return SKU_UNKNOWN;
    part++;
    end = part[strcspn(part, "rR_")];
    return end == 'r' || end == 'R' ? SKU_YES : SKU_NO;
}

/* ---- the list ------------------------------------------------------------------------- */

static struct sku_size *find(const struct sku_list *list, const char *size)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcasecmp(list->sizes[i].name, size) == 0)
            return &list->sizes[i];
    return NULL;
}

int sku_list_put(struct sku_list *list, const char *size, bool is_rdma, struct fail *why)
{
    struct sku_size *known = find(list, size), *grown;

    if (known) {
        known->is_rdma |= is_rdma;
        return 0;
    }
    if (list->count == SKU_MAX_SIZES)
        return fail_set(why, FAIL_AZURE_ANSWER,
                        "Azure's list of sizes has more than %d of them", SKU_MAX_SIZES);
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 256;

        grown = realloc(list->sizes, room * sizeof *grown);
        if (!grown)
            return fail_memory(why);
        list->sizes = grown;
        list->room = room;
    }
    known = &list->sizes[list->count];
    *known = (struct sku_size){arena_copy(&list->text, size, strlen(size)), is_rdma};
    if (!known->name)
        return fail_memory(why);
    list->count++;
    return 0;
}

static bool is_offered(const struct json *sku, const char *location)
{
    const struct json *l = armfield_items(sku, "locations");

    if (!location)
        return true;
    for (; l; l = json_next(l))
        if (json_text_of(l) && strcasecmp(json_text_of(l), location) == 0)
            return true;
    return false;
}

static bool has_rdma(const struct json *sku)
{
    const struct json *c = armfield_items(sku, "capabilities");

    for (; c; c = json_next(c)) {
        const char *name = armfield_text(c, "name"), *value = armfield_text(c, "value");

        if (name && value && strcmp(name, "RdmaEnabled") == 0)
            return strcasecmp(value, "True") == 0;
    }
    return false;
}

int sku_list_add(struct sku_list *list, const struct json *page, const char *location,
                 struct fail *why)
{
    if (!json_is_array(page))
        return fail_set(why, FAIL_AZURE_ANSWER, "Azure's list of sizes is none");
    for (const struct json *s = json_first(page); s; s = json_next(s)) {
        const char *type = armfield_text(s, "resourceType");
        const char *name = armfield_text(s, "name");

        if (type && name && strcasecmp(type, "virtualMachines") == 0 &&
            is_offered(s, location) && sku_list_put(list, name, has_rdma(s), why) < 0)
            return -1;
    }
    return 0;
}

void sku_list_done(struct sku_list *list)
{
    free(list->sizes);
    arena_done(&list->text);
    *list = (struct sku_list){0};
}

enum sku_answer sku_list_rdma(const struct sku_list *list, const char *size)
{
    const struct sku_size *known = find(list, size);

    return !known ? SKU_UNKNOWN : known->is_rdma ? SKU_YES : SKU_NO;
}

enum sku_answer sku_rdma(const struct sku_list *list, const char *size)
{
    enum sku_answer said = list ? sku_list_rdma(list, size) : SKU_UNKNOWN;

    return said != SKU_UNKNOWN ? said : sku_known(size) ? SKU_YES : SKU_UNKNOWN;
}
