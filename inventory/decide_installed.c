/* The driver of the vendor's that a node has: which it is, and whether it is whole */
#include <stdio.h>
#include <string.h>

#include "inventory/decide_parts.h"
#include "inventory/version.h"
#include "protocol/facts.h"

bool decide_is_vendors(enum catalog_method method)
{
    return method == CATALOG_DOCA_OFED || method == CATALOG_MLNX_OFED;
}

enum catalog_method decide_installed_method(const struct facts *f)
{
    if (decide_text_is(f->platform.driver, "doca-ofed"))
        return CATALOG_DOCA_OFED;
    if (decide_text_is(f->platform.driver, "mlnx-ofed"))
        return CATALOG_MLNX_OFED;
    return CATALOG_INBOX;
}

bool decide_installed_suits(const struct decide_case *c, const char *family)
{
    enum catalog_method method = decide_installed_method(c->f);

    return decide_is_vendors(method) &&
           (!family || catalog_check_driver(c->want->catalog, family, method,
                                            c->f->platform.driver_version, NULL) == 0);
}

/* ---- versions ------------------------------------------------------------------- */

/* A package's version goes on where the catalog's ends: 3.2.1-044000 is 3.2.1. */
static bool is_version(const char *found, const char *version)
{
    return version_within(found, version) && version_compare(found, version) >= 0;
}

bool decide_installed_is(const struct facts *f, const char *version)
{
    const char *found = f->platform.driver_version;

    return found && version && is_version(found, version);
}

#define RELEASE_BYTES sizeof "25.10"

/* DOCA-OFED may be known by the release of the OFED in it alone, 25.10-1.2.8 where it is
 * DOCA 3.2.1.  Those are named by year and month, and none of DOCA is older than 2023.
 */
static bool is_release(const char *version, char release[RELEASE_BYTES])
{
    size_t len = version ? strcspn(version, "-") : 0;

    if (!len || len >= RELEASE_BYTES || version_compare(version, "20") < 0)
        return false;
    memcpy(release, version, len);
    release[len] = '\0';
    return true;
}

/* The bundle's name has both: doca-host_3.2.1-044000-25.10-ubuntu2204_amd64.deb. */
static const char *release_of_row(const struct catalog_row *row)
{
    const char *file = row->url ? strrchr(row->url, '/') : NULL;

    for (; file && *file; file++)
        if ((*file == '-' || *file == '_') && strspn(file + 1, "0123456789") == 2 &&
            file[3] == '.' && strspn(file + 4, "0123456789") == 2 &&
            strchr("-_.", file[6]))
            return file + 1;
    return NULL;
}

/* <0, 0, >0 as the installed one is older than, the same as or newer than the row's. */
static int compare_to_row(const struct facts *f, const struct catalog_row *row)
{
    const char *found = f->platform.driver_version, *of_row = release_of_row(row);
    char release[RELEASE_BYTES], wanted[RELEASE_BYTES] = "";

    if (!found || !row->version)
        return -1;
    if (row->method != CATALOG_DOCA_OFED || !is_release(found, release))
        return is_version(found, row->version) ? 0 : version_compare(found, row->version);
    if (f->platform.image_driver && !is_release(f->platform.image_driver, wanted))
        return version_compare(f->platform.image_driver, row->version);
    if (!of_row)
        return -1;
    memcpy(wanted, of_row, RELEASE_BYTES - 1);
    return version_compare(release, wanted);
}

bool decide_installed_is_row(const struct facts *f, const struct catalog_row *row)
{
    return decide_installed_method(f) == row->method && compare_to_row(f, row) == 0;
}

bool decide_installed_reaches(const struct facts *f, const struct catalog_row *row)
{
    return decide_installed_method(f) == row->method && compare_to_row(f, row) >= 0;
}

/* ---- is it built for the running kernel? ------------------------------------------ */

/* By the names of Debian's packages and of those of rpm; the others build on the first. */
static const char *const vendors_modules[] = {"mlnx-ofed-kernel", "mlnx-ofa_kernel",
                                              "iser", "isert", "srp"};
#define VENDORS_MODULES (sizeof vendors_modules / sizeof *vendors_modules)

/* An upgrade may leave the older version's sources behind: one that is in is enough. */
static bool is_unbuilt(const struct facts_platform *on, const char *module)
{
    bool is_known = false;

    for (size_t i = 0; i < on->dkms_count; i++) {
        if (!decide_text_is(on->dkms[i].module, module))
            continue;
        if (decide_text_is(on->dkms[i].state, "installed"))
            return false;
        is_known = true;
    }
    return is_known;
}

size_t decide_unbuilt(const struct facts *f, const char *names[DECIDE_MAX_DKMS])
{
    size_t count = 0;

    for (size_t i = 0; i < VENDORS_MODULES; i++)
        if (is_unbuilt(&f->platform, vendors_modules[i]))
            names[count++] = vendors_modules[i];
    return count;
}

static bool is_vendors_module(const char *name)
{
    for (size_t i = 0; i < VENDORS_MODULES; i++)
        if (decide_text_is(name, vendors_modules[i]))
            return true;
    return false;
}

bool decide_is_of_other_kernel(const struct facts *f)
{
    const struct facts_platform *on = &f->platform;

    for (size_t i = 0; i < on->dkms_count; i++)
        if (is_vendors_module(on->dkms[i].module))
            return false;
    return on->driver_module && strncmp(on->driver_module, "kernel/", 7) == 0;
}
