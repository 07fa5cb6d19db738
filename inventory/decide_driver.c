/* Which driver: what is there and does, else what the catalog has for the node */
#include <stdio.h>
#include <string.h>

#include "inventory/decide_parts.h"
#include "protocol/facts.h"

static bool has_vendors(const struct decide_case *c)
{
    return decide_is_vendors(decide_installed_method(c->f));
}

static bool has_mana(const struct facts *f)
{
    for (size_t i = 0; i < f->platform.nic_count; i++)
        if (decide_text_is(f->platform.nics[i].family, "MANA"))
            return true;
    return false;
}

/* ---- where it ends ------------------------------------------------------------------ */

static void aim_at_inbox(struct decide_case *c)
{
    c->method = CATALOG_INBOX;
    c->drop = has_vendors(c);
}

static void aim_at_installed(struct decide_case *c)
{
    const char *names[DECIDE_MAX_DKMS];

    c->method = decide_installed_method(c->f);
    c->version = c->f->platform.driver_version;
    c->rebuild = decide_unbuilt(c->f, names) > 0;
}

static void aim_at_row(struct decide_case *c, const struct catalog_row *row,
                       struct decision *d)
{
    if (row->method == CATALOG_INBOX) {
        aim_at_inbox(c);
        return;
    }
    if (row->method == CATALOG_NONE) {
        decide_refuse(d, FAIL_DRIVER, "%s", row->note ? row->note : row->name);
        return;
    }
    if (!row->sha256) {
        decide_refuse(d, FAIL_NOT_PINNED,
                      "nobody has published the SHA-256 of %.60s (%s %s): pin it in a "
                      "catalog of your own, or name another version",
                      row->name, catalog_method_name(row->method), row->version);
        return;
    }
    c->method = row->method;
    c->version = row->version;
    c->row = row;
    c->drop = has_vendors(c);
}

/* ---- the catalog ---------------------------------------------------------------------- */

static enum fail_code code_of(enum catalog_miss miss)
{
    switch (miss) {
    case CATALOG_DISTRIBUTION:
    case CATALOG_VERSION:
    case CATALOG_ARCH:
        return FAIL_DISTRIBUTION;
    case CATALOG_KERNEL:
        return FAIL_KERNEL;
    default:
        return FAIL_DRIVER;
    }
}

static enum catalog_miss look_up(const struct decide_case *c, enum catalog_method method,
                                 const char *driver, const struct catalog_row **row,
                                 struct fail *why)
{
    const struct facts_os *os = &c->f->os;
    struct catalog_question q = {.family = decide_family(c),
                                 .id = os->id,
                                 .id_like = os->id_like,
                                 .version = os->version_id,
                                 .arch = os->machine,
                                 .kernel = os->kernel,
                                 .method = method,
                                 .driver = driver};

    return catalog_choose(c->want->catalog, &q, row, why);
}

/* NULL: refused. */
static const struct catalog_row *choose(const struct decide_case *c,
                                        enum catalog_method method, const char *driver,
                                        struct decision *d)
{
    const struct catalog_row *row = NULL;
    enum catalog_miss miss;
    struct fail why;

    if (!decide_family(c)) {
        decide_refuse(
            d, FAIL_DRIVER,
            "nothing tells what NIC %.20s is (15b3:%04x), since no driver serves "
            "it and the size is not known: driver = inbox, then again",
            decide_or_unknown(c->hca->address), c->hca->device);
        return NULL;
    }
    miss = look_up(c, method, driver, &row, &why);
    if (miss == CATALOG_SERVED)
        return row;
    decide_refuse(d, code_of(miss), "%s", why.text);
    return NULL;
}

/* ---- what is wanted ------------------------------------------------------------------- */

/* What was built for another kernel and knows no DKMS is put in again: the same version,
 * where the catalog still has it.
 */
static void put_in_again(struct decide_case *c, struct decision *d)
{
    enum catalog_method method = decide_installed_method(c->f);
    const struct catalog_row *row = NULL;
    struct fail why;

    if (look_up(c, method, c->f->platform.driver_version, &row, &why) != CATALOG_SERVED)
        row = choose(c, method, NULL, d);
    if (row)
        aim_at_row(c, row, d);
}

static void keep(struct decide_case *c, struct decision *d)
{
    if (decide_is_of_other_kernel(c->f))
        put_in_again(c, d);
    else
        aim_at_installed(c);
}

/* A driver of the vendor's that does its work is never exchanged: HPC images bring one. */
static void judge_auto(struct decide_case *c, struct decision *d)
{
    const struct catalog_row *row;

    if (decide_installed_suits(c, decide_family(c))) {
        keep(c, d);
        return;
    }
    if (has_mana(c->f)) {
        aim_at_inbox(c);
        return;
    }
    row = choose(c, CATALOG_ANY, NULL, d);
    if (row)
        aim_at_row(c, row, d);
}

/* Is what is there what is wanted?  Without a version a newer one than the catalog's is, and
 * so is one of which the catalog has none.
 */
static bool is_there(const struct decide_case *c, enum catalog_method method,
                     const char *version)
{
    const struct catalog_row *row = NULL;
    struct fail why;

    if (decide_installed_method(c->f) != method ||
        !decide_installed_suits(c, decide_family(c)))
        return false;
    if (version && decide_installed_is(c->f, version))
        return true;
    if (look_up(c, method, version, &row, &why) != CATALOG_SERVED)
        return !version;
    return version ? decide_installed_is_row(c->f, row)
                   : decide_installed_reaches(c->f, row);
}

static void judge_vendors(struct decide_case *c, enum catalog_method method,
                          const char *version, struct decision *d)
{
    const struct catalog_row *row;

    if (has_mana(c->f)) {
        decide_refuse(
            d, FAIL_MANA,
            "this machine has a MANA NIC, whose driver %s breaks: driver = inbox, "
            "or auto",
            catalog_method_name(method));
        return;
    }
    if (is_there(c, method, version)) {
        keep(c, d);
        return;
    }
    row = choose(c, method, version, d);
    if (row)
        aim_at_row(c, row, d);
}

/* "inbox", or METHOD VERSION. */
static void judge_back(struct decide_case *c, struct decision *d)
{
    const char *earlier = c->f->platform.earlier;
    const char *space = earlier ? strchr(earlier, ' ') : NULL;

    if (!earlier)
        decide_refuse(
            d, FAIL_NO_WAY_BACK,
            "ibfleet has put no driver on this node, so there is none to go back "
            "to: driver = ... says which one is wanted");
    else if (strncmp(earlier, "doca-ofed ", 10) == 0)
        judge_vendors(c, CATALOG_DOCA_OFED, space + 1, d);
    else if (strncmp(earlier, "mlnx-ofed ", 10) == 0)
        judge_vendors(c, CATALOG_MLNX_OFED, space + 1, d);
    else
        aim_at_inbox(c);
}

/* It is what a fleet wants that says nothing, so it takes no driver away. */
static void judge_inbox(struct decide_case *c, struct decision *d)
{
    const char *version = c->f->platform.driver_version;

    if (has_vendors(c))
        decide_refuse(
            d, FAIL_DRIVER,
            "%s%s%s is installed, and the wish is inbox: driver = auto keeps it, "
            "--remove takes it out",
            catalog_method_name(decide_installed_method(c->f)), version ? " " : "",
            version ? version : "");
    else
        aim_at_inbox(c);
}

static bool needs_catalog(const struct decide_case *c)
{
    return !c->want->remove && (c->want->back || c->want->driver != FLEET_DRIVER_INBOX);
}

void decide_driver(struct decide_case *c, struct decision *d)
{
    const struct decide_want *want = c->want;

    if (needs_catalog(c) && !want->catalog)
        decide_refuse(d, FAIL_CATALOG, "no catalog of drivers is at hand");
    else if (want->remove)
        aim_at_inbox(c);
    else if (want->back)
        judge_back(c, d);
    else if (want->driver == FLEET_DRIVER_AUTO)
        judge_auto(c, d);
    else if (want->driver == FLEET_DRIVER_DOCA_OFED)
        judge_vendors(c, CATALOG_DOCA_OFED, want->driver_version, d);
    else if (want->driver == FLEET_DRIVER_MLNX_OFED)
        judge_vendors(c, CATALOG_MLNX_OFED, want->driver_version, d);
    else
        judge_inbox(c, d);
}
