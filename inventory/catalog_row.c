#include <string.h>

#include "inventory/catalog_parts.h"
#include "inventory/version.h"
#include "protocol/fail.h"
#include "protocol/json.h"

#define SHA256_DIGITS 64

/* What goes to a command line or into a request stays free of all that a shell, curl or
 * wget could take for something else.
 */
#define URL_CHARACTERS  "-._~:/?&=%+@,"
#define FLAG_CHARACTERS "-._/=+{}"
#define KERNEL_WORD     "{kernel}"

static const char *const fields[] = {
    "name",   "nics",        "distributions", "id_like", "from",    "to",
    "arch",   "kernel_from", "kernel_below",  "method",  "version", "url",
    "sha256", "flags",       "source",        "note",    NULL,
};

/* ---- for which machines --------------------------------------------------------------------- */

static int read_nics(const struct catalog *c, const struct catalog_place *at,
                     const struct json *object, struct catalog_row *row, struct fail *why)
{
    const char *names[CATALOG_MAX_LIST];
    size_t count;

    if (catalog_get_texts(at, object, "nics", NULL, names, &count, why) < 0)
        return -1;
    if (!count)
        return catalog_refuse(at, "nics", why, "names none");
    for (size_t i = 0; i < count; i++) {
        const struct catalog_nic *nic = catalog_nic_find(c, names[i]);

        if (!nic)
            return catalog_refuse(at, "nics", why, "'%.60s' is not among the nics",
                                  names[i]);
        row->nics |= UINT32_C(1) << (nic - c->nics);
    }
    return 0;
}

static int read_distributions(const struct catalog_place *at, const struct json *object,
                              struct catalog_row *row, struct fail *why)
{
    if (catalog_get_texts(at, object, "distributions", "._-*", row->distributions,
                          &row->distribution_count, why) < 0)
        return -1;
    if (!row->distribution_count)
        return catalog_refuse(at, "distributions", why, "names none");
    for (size_t i = 0; i < row->distribution_count; i++)
        if (strchr(row->distributions[i], '*') &&
            (row->distributions[i][1] || row->distribution_count > 1))
            return catalog_refuse(at, "distributions", why, "* stands alone");
    if (json_get_flag(object, "id_like", &row->id_like, NULL) < 0)
        return catalog_refuse(at, "id_like", why, "must be true or false");
    return 0;
}

/* An arch of which no agent exists could never be asked for. */
static int read_arch(const struct catalog_place *at, const struct json *object,
                     struct catalog_row *row, struct fail *why)
{
    if (catalog_get_text(at, object, "arch", "_", &row->arch, why) < 0)
        return -1;
    if (strcmp(row->arch, "x86_64") != 0 && strcmp(row->arch, "aarch64") != 0)
        return catalog_refuse(at, "arch", why, "'%.40s' is neither x86_64 nor aarch64",
                              row->arch);
    return 0;
}

static int read_ranges(const struct catalog_place *at, const struct json *object,
                       struct catalog_row *row, struct fail *why)
{
    static const char *const allowed = CATALOG_VERSION_CHARACTERS;

    if (catalog_get_optional(at, object, "from", allowed, &row->from, why) < 0 ||
        catalog_get_optional(at, object, "to", allowed, &row->to, why) < 0 ||
        catalog_get_optional(at, object, "kernel_from", allowed, &row->kernel_from, why) <
            0 ||
        catalog_get_optional(at, object, "kernel_below", allowed, &row->kernel_below,
                             why) < 0)
        return -1;
    if (row->from && row->to && !version_within(row->from, row->to))
        return catalog_refuse(at, "to", why, "%.40s is before %.40s", row->to, row->from);
    if (row->kernel_from && row->kernel_below &&
        version_compare(row->kernel_from, row->kernel_below) >= 0)
        return catalog_refuse(at, "kernel_below", why,
                              "no kernel from %.40s is below %.40s", row->kernel_from,
                              row->kernel_below);
    return 0;
}

/* ---- what -------------------------------------------------------------------------------------- */

static int check_sha256(const struct catalog_place *at, const char *sha256,
                        struct fail *why)
{
    if (sha256 && (strlen(sha256) != SHA256_DIGITS ||
                   strspn(sha256, "0123456789abcdef") != SHA256_DIGITS))
        return catalog_refuse(at, "sha256", why,
                              "must be 64 small hexadecimal digits, or null: not known");
    return 0;
}

/* What comes over a line that anybody may write on is known by its hash, or not at all. */
static int check_url(const struct catalog_place *at, const struct catalog_row *row,
                     struct fail *why)
{
    if (strncmp(row->url, "https://", 8) == 0 && row->url[8])
        return 0;
    if (strncmp(row->url, "http://", 7) != 0 || !row->url[7])
        return catalog_refuse(at, "url", why, "must begin with https://");
    if (!row->sha256)
        return catalog_refuse(at, "url", why, "http:// needs a sha256; or take https://");
    return 0;
}

static int read_file(const struct catalog_place *at, const struct json *object,
                     struct catalog_row *row, struct fail *why)
{
    bool is_file = row->method == CATALOG_DOCA_OFED || row->method == CATALOG_MLNX_OFED;

    if (catalog_get_optional(at, object, "version", CATALOG_VERSION_CHARACTERS,
                             &row->version, why) < 0 ||
        catalog_get_optional(at, object, "url", URL_CHARACTERS, &row->url, why) < 0 ||
        catalog_get_optional(at, object, "sha256", "", &row->sha256, why) < 0)
        return -1;
    if (is_file && !row->version)
        return catalog_refuse(at, "version", why, "missing");
    if (is_file && !row->url)
        return catalog_refuse(at, "url", why, "missing");
    if (!is_file && (row->version || row->url || row->sha256))
        return catalog_refuse(at,
                              row->version ? "version"
                              : row->url   ? "url"
                                           : "sha256",
                              why, "%s has none: null", catalog_method_name(row->method));
    if (check_sha256(at, row->sha256, why) < 0)
        return -1;
    return is_file ? check_url(at, row, why) : 0;
}

/* Braces are for the one word that we put in. */
static bool is_flag(const char *flag)
{
    const char *word = strstr(flag, KERNEL_WORD);
    const char *brace = strpbrk(flag, "{}");

    if (!word)
        return !brace;
    return brace == word && !strpbrk(word + strlen(KERNEL_WORD), "{}");
}

static int read_flags(const struct catalog_place *at, const struct json *object,
                      struct catalog_row *row, struct fail *why)
{
    if (catalog_get_texts(at, object, "flags", FLAG_CHARACTERS, row->flags,
                          &row->flag_count, why) < 0)
        return -1;
    if (row->flag_count && row->method != CATALOG_MLNX_OFED)
        return catalog_refuse(at, "flags", why, "%s has no installer that takes any",
                              catalog_method_name(row->method));
    for (size_t i = 0; i < row->flag_count; i++)
        if (!is_flag(row->flags[i]))
            return catalog_refuse(at, "flags", why,
                                  "'%.80s': braces are for " KERNEL_WORD, row->flags[i]);
    return 0;
}

/* ---- does it agree with the rest? ---------------------------------------------------------------- */

static int check_name(const struct catalog *c, const struct catalog_place *at,
                      struct fail *why)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->rows[i].name, at->name) == 0)
            return catalog_refuse(at, "name", why, "row %zu has that name", i + 1);
    return 0;
}

static int check_nics(const struct catalog *c, const struct catalog_place *at,
                      const struct catalog_row *row, struct fail *why)
{
    struct fail limit = {.code = FAIL_NONE};

    for (size_t i = 0; i < c->nic_count; i++)
        if (row->nics & UINT32_C(1) << i &&
            catalog_nic_takes(&c->nics[i], row->method, row->version, &limit) < 0)
            return catalog_refuse(at, "version", why, "%s", limit.text);
    return 0;
}

int catalog_read_row(struct catalog *c, struct catalog_place *at,
                     const struct json *object, struct fail *why)
{
    struct catalog_row *row = &c->rows[c->count];

    if (catalog_check_fields(at, object, fields, why) < 0 ||
        catalog_get_text(at, object, "name", "-._", &row->name, why) < 0)
        return -1;
    at->name = row->name;
    if (check_name(c, at, why) < 0 || read_nics(c, at, object, row, why) < 0 ||
        read_distributions(at, object, row, why) < 0 ||
        read_arch(at, object, row, why) < 0 || read_ranges(at, object, row, why) < 0 ||
        catalog_get_method(at, object, &row->method, why) < 0 ||
        read_file(at, object, row, why) < 0 || read_flags(at, object, row, why) < 0 ||
        catalog_get_text(at, object, "source", NULL, &row->source, why) < 0 ||
        catalog_get_optional(at, object, "note", NULL, &row->note, why) < 0 ||
        check_nics(c, at, row, why) < 0)
        return -1;
    c->count++;
    return 0;
}
