/* sku - what a virtual machine of some Azure size has to do RDMA with
 *
 * Azure's list of sizes says whether one can do RDMA at all; a table of ours says through
 * how many HCAs of which family and how fast, which the list does not.
 *
 *     struct sku_list list = {0};
 *
 *     sku_list_add(&list, page, "westeurope", why)        for each page
 *     sku_list_rdma(&list, "Standard_HB120rs_v3")         SKU_YES
 *     sku_known("Standard_HB120-96rs_v3")->hcas           1
 *     sku_list_done(&list);
 *
 * Pure.
 */
#ifndef INVENTORY_SKU_H
#define INVENTORY_SKU_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/arena.h"
#include "inventory/nic.h"

struct fail;
struct json;

#define SKU_MAX_SIZES 20000 /* a region has about 1000 */

enum sku_answer { SKU_UNKNOWN, SKU_NO, SKU_YES };

struct sku_size {
    const char *name;
    bool is_rdma;
};

/* All zero is empty. */
struct sku_list {
    struct sku_size *sizes;
    size_t count, room;
    struct arena text;
};

/* What the table knows. */
struct sku_known {
    const char *pattern; /* of names: Standard_HB120*rs_v3 */
    unsigned hcas;
    unsigned gbps;  /* of each HCA's link, of 1e9 bits a second */
    enum nic_family family;
    bool is_sr_iov; /* false: Network Direct, which no driver of ours serves */
};

/* Take the sizes of virtual machines from a page of the list, its array.  location: those that are
 * offered there, NULL: all.  -1: FAIL_AZURE_ANSWER or FAIL_MEMORY.
 */
int sku_list_add(struct sku_list *list, const struct json *page, const char *location,
                 struct fail *why);

/* Add one; one that is there already is fine.  -1: FAIL_AZURE_ANSWER (too many) or
 * FAIL_MEMORY.
 */
int sku_list_put(struct sku_list *list, const char *size, bool is_rdma, struct fail *why);

void sku_list_done(struct sku_list *list);

/* SKU_UNKNOWN: the list does not have that size. */
enum sku_answer sku_list_rdma(const struct sku_list *list, const char *size);

/* NULL when the table does not have that size. */
const struct sku_known *sku_known(const char *size);

/* What its name alone says: the table's sizes have RDMA, and so have those with an r in
 * the part after the first _ (Standard_HB120rs_v3), by Azure's convention.  Unknown: a name
 * of another form.  Source: Azure/azhpc-diagnostics, Linux/test/vmsizes.bats.
 */
enum sku_answer sku_by_name(const char *size);

/* What list (NULL: there is none) says, else what the table says, else unknown: a size
 * that is in neither may be newer than the table.
 */
enum sku_answer sku_rdma(const struct sku_list *list, const char *size);

#endif
