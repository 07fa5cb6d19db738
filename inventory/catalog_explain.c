#include <stdio.h>
#include <string.h>

#include "inventory/catalog_parts.h"
#include "inventory/version.h"
#include "protocol/fail.h"

/* A list of words with commas; what finds no room is left out. */
struct near {
    char text[120];
    size_t len;
};

static bool has(const struct near *n, const char *word)
{
    size_t len = strlen(word);

    for (const char *at = strstr(n->text, word); at; at = strstr(at + 1, word))
        if ((at == n->text || at[-1] == ' ') && (at[len] == ',' || !at[len]))
            return true;
    return false;
}

static void put(struct near *n, const char *word)
{
    size_t len = strlen(word), comma = n->len ? 2 : 0;

    if (has(n, word) || n->len + comma + len + 1 > sizeof n->text)
        return;
    memcpy(n->text + n->len, ", ", comma);
    memcpy(n->text + n->len + comma, word, len + 1);
    n->len += comma + len;
}

static const char *or_unknown(const char *text)
{
    return text && *text ? text : "(unknown)";
}

/* ---- what is near, of the rows that got as far as miss ------------------------------------- */

static void put_families(const struct catalog *c, struct near *n)
{
    for (size_t i = 0; i < c->nic_count; i++)
        put(n, c->nics[i].names[0]);
}

static void put_distributions(const struct catalog_row *row, struct near *n)
{
    for (size_t i = 0; i < row->distribution_count; i++)
        put(n, row->distributions[i]);
}

static void put_kernel(const struct catalog_row *row, struct near *n)
{
    char words[2 * CATALOG_MAX_TEXT];

    snprintf(words, sizeof words, "%s %s for kernels%s%s%s%s",
             catalog_method_name(row->method), row->version ? row->version : "",
             row->kernel_from ? " from " : "", row->kernel_from ? row->kernel_from : "",
             row->kernel_below ? " below " : "",
             row->kernel_below ? row->kernel_below : "");
    put(n, words);
}

static void put_driver(const struct catalog_row *row, struct near *n)
{
    char words[2 * CATALOG_MAX_TEXT];

    snprintf(words, sizeof words, "%s%s%s", catalog_method_name(row->method),
             row->version ? " " : "", row->version ? row->version : "");
    put(n, words);
}

static void put_row(const struct catalog_row *row, enum catalog_miss miss, struct near *n)
{
    if (miss == CATALOG_DISTRIBUTION)
        put_distributions(row, n);
    else if (miss == CATALOG_ARCH)
        put(n, row->arch);
    else if (miss == CATALOG_KERNEL)
        put_kernel(row, n);
    else if (miss == CATALOG_DRIVER)
        put_driver(row, n);
}

/* The last version before and the first one after the one that is asked for. */
static void put_versions(const struct catalog *c, const struct catalog_question *q,
                         struct near *n)
{
    const char *version = or_unknown(q->version), *before = NULL, *after = NULL;

    for (size_t i = 0; i < c->count; i++) {
        const struct catalog_row *row = &c->rows[i];

        if (catalog_row_miss(c, row, q) != CATALOG_VERSION)
            continue;
        if (row->to && !version_within(version, row->to) &&
            (!before || version_compare(row->to, before) > 0))
            before = row->to;
        if (row->from && version_compare(version, row->from) < 0 &&
            (!after || version_compare(row->from, after) < 0))
            after = row->from;
    }
    if (before)
        put(n, before);
    if (after)
        put(n, after);
}

static void look_around(const struct catalog *c, const struct catalog_question *q,
                        enum catalog_miss miss, struct near *n)
{
    if (miss == CATALOG_NIC)
        put_families(c, n);
    else if (miss == CATALOG_VERSION)
        put_versions(c, q, n);
    else
        for (size_t i = 0; i < c->count; i++)
            if (catalog_row_miss(c, &c->rows[i], q) == miss)
                put_row(&c->rows[i], miss, n);
}

/* ---- what is not served --------------------------------------------------------------------- */

static void name_driver(const struct catalog_question *q, char *words, size_t size)
{
    snprintf(words, size, "%s%s%.30s",
             q->method == CATALOG_ANY ? "a driver" : catalog_method_name(q->method),
             q->driver ? " " : "", q->driver ? q->driver : "");
}

static void name_miss(const struct catalog_question *q, enum catalog_miss miss,
                      char *words, size_t size)
{
    const char *id = or_unknown(q->id), *version = or_unknown(q->version);
    char driver[64];

    name_driver(q, driver, sizeof driver);
    if (miss == CATALOG_NIC)
        snprintf(words, size, "NIC family");
    else if (miss == CATALOG_DISTRIBUTION)
        snprintf(words, size, "%.30s for", id);
    else if (miss == CATALOG_VERSION)
        snprintf(words, size, "%.30s %.20s for", id, version);
    else if (miss == CATALOG_ARCH)
        snprintf(words, size, "%.20s of %.30s %.20s for", or_unknown(q->arch), id,
                 version);
    else if (miss == CATALOG_KERNEL)
        snprintf(words, size, "kernel %.40s of %.20s for", or_unknown(q->kernel), id);
    else
        snprintf(words, size, "%s on %.20s %.20s for", driver, id, version);
}

enum catalog_miss catalog_explain(const struct catalog *c,
                                  const struct catalog_question *q,
                                  enum catalog_miss miss, struct fail *why)
{
    struct near n = {.len = 0};
    char words[120];

    name_miss(q, miss, words, sizeof words);
    look_around(c, q, miss, &n);
    fail_set(why, FAIL_UNSUPPORTED, "the catalog has no %s %.20s; it has %s", words,
             or_unknown(q->family), n.len ? n.text : "nothing like it");
    return miss;
}
