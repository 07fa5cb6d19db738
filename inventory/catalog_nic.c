#include <string.h>

#include "inventory/catalog_parts.h"
#include "inventory/version.h"
#include "protocol/fail.h"
#include "protocol/json.h"

#define NAME_CHARACTERS " -.+"

/* ---- by name ----------------------------------------------------------------------------- */

/* The next letter or digit, small; '\0' at the end. */
static char next_mark(const char **at)
{
    for (; **at; (*at)++) {
        char c = **at;

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            (*at)++;
            return c;
        }
    }
    return '\0';
}

/* "ConnectX-3 Pro" is "connectx3-pro". */
static bool is_same(const char *a, const char *b)
{
    char x, y;

    do {
        x = next_mark(&a);
        y = next_mark(&b);
    } while (x && x == y);
    return x == y;
}

const struct catalog_nic *catalog_nic_find(const struct catalog *c, const char *family)
{
    for (size_t i = 0; i < c->nic_count; i++)
        for (size_t n = 0; n < c->nics[i].name_count; n++)
            if (is_same(c->nics[i].names[n], family))
                return &c->nics[i];
    return NULL;
}

/* ---- which drivers ------------------------------------------------------------------------ */

static int check_limits(const struct catalog_nic *nic, const struct catalog_driver *d,
                        const char *version, struct fail *why)
{
    const char *method = catalog_method_name(d->method);

    if (version && d->from && version_compare(version, d->from) < 0)
        return fail_set(why, FAIL_UNSUPPORTED, "%.40s needs %s %.40s or newer, not %.40s",
                        nic->names[0], method, d->from, version);
    if (version && d->below && version_compare(version, d->below) >= 0)
        return fail_set(why, FAIL_UNSUPPORTED,
                        "%.40s needs %s older than %.40s, not %.40s", nic->names[0],
                        method, d->below, version);
    return 0;
}

int catalog_nic_takes(const struct catalog_nic *nic, enum catalog_method method,
                      const char *version, struct fail *why)
{
    for (size_t i = 0; i < nic->driver_count; i++)
        if (nic->drivers[i].method == method)
            return check_limits(nic, &nic->drivers[i], version, why);
    return fail_set(why, FAIL_UNSUPPORTED, "%.40s is not served by %s", nic->names[0],
                    catalog_method_name(method));
}

int catalog_check_driver(const struct catalog *c, const char *family,
                         enum catalog_method method, const char *version,
                         struct fail *why)
{
    const struct catalog_nic *nic = catalog_nic_find(c, family);

    if (!nic)
        return fail_set(why, FAIL_UNSUPPORTED, "NIC '%.60s' is not in the catalog",
                        family);
    return catalog_nic_takes(nic, method, version, why);
}

/* ---- from the file ------------------------------------------------------------------------ */

static int read_driver(const struct catalog_place *at, const struct json *object,
                       struct catalog_driver *d, struct fail *why)
{
    static const char *const fields[] = {"method", "from", "below", NULL};

    if (catalog_check_fields(at, object, fields, why) < 0 ||
        catalog_get_method(at, object, &d->method, why) < 0 ||
        catalog_get_optional(at, object, "from", CATALOG_VERSION_CHARACTERS, &d->from,
                             why) < 0 ||
        catalog_get_optional(at, object, "below", CATALOG_VERSION_CHARACTERS, &d->below,
                             why) < 0)
        return -1;
    if (d->from && d->below && version_compare(d->from, d->below) >= 0)
        return catalog_refuse(at, "drivers", why,
                              "%s has no version from %.40s below %.40s",
                              catalog_method_name(d->method), d->from, d->below);
    return 0;
}

static int read_drivers(const struct catalog_place *at, const struct json *object,
                        struct catalog_nic *nic, struct fail *why)
{
    const struct json *list = json_find(object, "drivers");

    if (!list || !json_is_array(list) || !json_count(list))
        return catalog_refuse(at, "drivers", why, "must be a list that is not empty");
    for (const struct json *e = json_first(list); e; e = json_next(e)) {
        if (nic->driver_count == CATALOG_MAX_LIST)
            return catalog_refuse(at, "drivers", why, "more than %d", CATALOG_MAX_LIST);
        if (read_driver(at, e, &nic->drivers[nic->driver_count], why) < 0)
            return -1;
        nic->driver_count++;
    }
    return 0;
}

/* The family's own name goes before the others. */
static int read_names(const struct catalog_place *at, const struct json *object,
                      struct catalog_nic *nic, struct fail *why)
{
    const char *family;

    if (catalog_get_text(at, object, "family", NAME_CHARACTERS, &family, why) < 0 ||
        catalog_get_texts(at, object, "also", NAME_CHARACTERS, nic->names,
                          &nic->name_count, why) < 0)
        return -1;
    if (nic->name_count == CATALOG_MAX_LIST)
        return catalog_refuse(at, "also", why, "more than %d", CATALOG_MAX_LIST - 1);
    memmove(nic->names + 1, nic->names, nic->name_count * sizeof *nic->names);
    nic->names[0] = family;
    nic->name_count++;
    return 0;
}

static int check_names(const struct catalog *c, const struct catalog_place *at,
                       const struct catalog_nic *nic, struct fail *why)
{
    for (size_t i = 0; i < nic->name_count; i++)
        if (catalog_nic_find(c, nic->names[i]))
            return catalog_refuse(at, i ? "also" : "family", why,
                                  "'%.60s' is another entry's already", nic->names[i]);
    return 0;
}

int catalog_read_nic(struct catalog *c, struct catalog_place *at,
                     const struct json *object, struct fail *why)
{
    static const char *const fields[] = {"family", "also", "drivers", NULL};
    struct catalog_nic *nic = &c->nics[c->nic_count];

    if (catalog_check_fields(at, object, fields, why) < 0 ||
        read_names(at, object, nic, why) < 0)
        return -1;
    at->name = nic->names[0];
    if (check_names(c, at, nic, why) < 0 || read_drivers(at, object, nic, why) < 0)
        return -1;
    c->nic_count++;
    return 0;
}
