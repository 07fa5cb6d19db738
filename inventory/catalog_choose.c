#include <string.h>

#include "inventory/catalog_parts.h"
#include "inventory/version.h"

static bool lists(const struct catalog_row *row, const char *id, size_t len)
{
    for (size_t i = 0; i < row->distribution_count; i++)
        if (strlen(row->distributions[i]) == len &&
            memcmp(row->distributions[i], id, len) == 0)
            return true;
    return false;
}

/* Is one of the words of ID_LIKE a distribution of that row? */
static bool is_like(const struct catalog_row *row, const char *words)
{
    while (*words) {
        size_t len = strcspn(words, " ");

        if (len && lists(row, words, len))
            return true;
        words += len + strspn(words + len, " ");
    }
    return false;
}

/* Who is in the catalog under its own name is not taken for another: it has other
 * kernels.
 */
static bool is_listed(const struct catalog *c, const char *id)
{
    for (size_t i = 0; i < c->count; i++)
        if (lists(&c->rows[i], id, strlen(id)))
            return true;
    return false;
}

static bool serves_distribution(const struct catalog *c, const struct catalog_row *row,
                                const struct catalog_question *q)
{
    if (lists(row, "*", 1))
        return true;
    if (!q->id || *q->id == '*')
        return false;
    if (lists(row, q->id, strlen(q->id)))
        return true;
    return row->id_like && q->id_like && !is_listed(c, q->id) && is_like(row, q->id_like);
}

static bool serves_version(const struct catalog_row *row, const char *version)
{
    if (!row->from && !row->to)
        return true;
    return version && *version &&
           (!row->from || version_compare(version, row->from) >= 0) &&
           (!row->to || version_within(version, row->to));
}

static bool serves_kernel(const struct catalog_row *row, const char *kernel)
{
    if (!row->kernel_from && !row->kernel_below)
        return true;
    return kernel && *kernel &&
           (!row->kernel_from || version_compare(kernel, row->kernel_from) >= 0) &&
           (!row->kernel_below || version_compare(kernel, row->kernel_below) < 0);
}

static bool is_wanted(const struct catalog_row *row, const struct catalog_question *q)
{
    if (q->method != CATALOG_ANY && q->method != row->method)
        return false;
    return !q->driver || (row->version && version_compare(q->driver, row->version) == 0);
}

enum catalog_miss catalog_row_miss(const struct catalog *c, const struct catalog_row *row,
                                   const struct catalog_question *q)
{
    const struct catalog_nic *nic = q->family ? catalog_nic_find(c, q->family) : NULL;

    if (!nic || !(row->nics & UINT32_C(1) << (nic - c->nics)))
        return CATALOG_NIC;
    if (!serves_distribution(c, row, q))
        return CATALOG_DISTRIBUTION;
    if (!serves_version(row, q->version))
        return CATALOG_VERSION;
    if (!q->arch || strcmp(row->arch, q->arch) != 0)
        return CATALOG_ARCH;
    if (!serves_kernel(row, q->kernel))
        return CATALOG_KERNEL;
    return is_wanted(row, q) ? CATALOG_SERVED : CATALOG_DRIVER;
}

enum catalog_miss catalog_choose(const struct catalog *c,
                                 const struct catalog_question *q,
                                 const struct catalog_row **row, struct fail *why)
{
    enum catalog_miss farthest = CATALOG_NIC;

    for (size_t i = 0; i < c->count; i++) {
        enum catalog_miss miss = catalog_row_miss(c, &c->rows[i], q);

        if (miss == CATALOG_SERVED) {
            *row = &c->rows[i];
            return miss;
        }
        if (miss > farthest)
            farthest = miss;
    }
    return catalog_explain(c, q, farthest, why);
}
