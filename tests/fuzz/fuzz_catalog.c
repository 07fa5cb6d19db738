/* Whatever a file says, a catalog that is read is whole and answers every question, and
 * nothing of it can be taken for an option or a word of a shell.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/catalog.h"
#include "inventory/version.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static void check_order(const char *a, const char *b)
{
    int there = version_compare(a, b), back = version_compare(b, a);

    demand((there > 0) == (back < 0) && (there == 0) == (back == 0));
    demand(version_compare(a, a) == 0 && version_within(a, a));
}

static void check_row(const struct catalog_row *row)
{
    bool is_file = row->method == CATALOG_DOCA_OFED || row->method == CATALOG_MLNX_OFED;

    demand(*row->name && row->nics && row->distribution_count && *row->source);
    demand(row->distribution_count <= CATALOG_MAX_LIST &&
           row->flag_count <= CATALOG_MAX_LIST);
    demand(is_file == (row->url != NULL) && is_file == (row->version != NULL));
    demand(!row->url ||
           (strncmp(row->url, "http", 4) == 0 && !strpbrk(row->url, " '\"\\`$;")));
    demand(!row->sha256 || strlen(row->sha256) == 64);
    for (size_t i = 0; i < row->flag_count; i++)
        demand(*row->flags[i] && !strpbrk(row->flags[i], " '\"\\`$;|&<>"));
}

static void ask(const struct catalog *c, const struct catalog_question *q)
{
    const struct catalog_row *found = NULL;
    struct fail why = {.code = FAIL_NONE};

    if (catalog_choose(c, q, &found, &why) == CATALOG_SERVED)
        demand(found && strcmp(found->arch, q->arch) == 0);
    else
        demand(!found && why.code == FAIL_UNSUPPORTED && *why.text);
}

/* By its own name, and as what is like it; and whether a NIC takes its driver. */
static void ask_all(const struct catalog *c, const struct catalog_row *row)
{
    struct catalog_question q = {.family = "CX7",
                                 .id = row->distributions[0],
                                 .id_like = row->name,
                                 .version = row->from ? row->from : row->to,
                                 .arch = row->arch,
                                 .kernel = row->kernel_from};
    struct fail why = {.code = FAIL_NONE};

    ask(c, &q);
    q.id = "of-which-nobody-knows";
    q.id_like = row->distributions[row->distribution_count - 1];
    ask(c, &q);
    if (row->version &&
        catalog_check_driver(c, q.family, row->method, row->version, &why) < 0)
        demand(why.code != FAIL_NONE && *why.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(catalog_done) struct catalog *c = NULL;
    struct fail why = {.code = FAIL_NONE};

    if (catalog_parse((const char *)data, size, "c.json", &c, &why) < 0) {
        demand(!c && why.code == FAIL_CATALOG && strncmp(why.text, "c.json: ", 8) == 0);
        return 0;
    }
    for (size_t i = 0; i < catalog_count(c) && i < 50; i++) {
        const struct catalog_row *row = catalog_row(c, i);

        check_row(row);
        ask_all(c, row);
        if (row->version && row->to)
            check_order(row->version, row->to);
    }
    return 0;
}
