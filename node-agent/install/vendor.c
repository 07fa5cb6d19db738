#include "node-agent/install/vendor.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "node-agent/detect/part.h"
#include "node-agent/home.h"
#include "node-agent/install/exec.h"
#include "protocol/facts.h"
#include "protocol/fail.h"

#define QUERY_DEADLINE_MS 60000

int vendor_look(const struct home *h, struct facts **f, struct fail *why)
{
    struct facts *made = facts_new();

    if (!made)
        return fail_memory(why);
    part_os(h->root, made);
    part_modules(h->root, made);
    part_packages(h->root, made);
    part_ofed(h->root, made);
    if (!made->os.kernel || !made->os.machine || !made->platform.driver) {
        facts_free(made);
        return fail_memory(why);
    }
    *f = made;
    return 0;
}

static bool is_doca(const char *method)
{
    return strcmp(method, VENDOR_DOCA_OFED) == 0;
}

bool vendor_is_there(const struct facts *f)
{
    return strcmp(f->platform.driver, VENDOR_MLNX_OFED) == 0 ||
           is_doca(f->platform.driver);
}

bool vendor_is(const struct facts *f, const char *method, const char *version)
{
    const char *has = f->platform.driver_version;
    size_t n = strlen(version);

    if (!vendor_is_there(f) || strcmp(f->platform.driver, method) != 0 || !has)
        return false;
    return strcmp(has, version) == 0 ||
           (is_doca(method) && strncmp(has, version, n) == 0 && has[n] == '-');
}

void vendor_name(const struct facts *f, char *name, size_t size)
{
    const char *version = f->platform.driver_version;

    if (!vendor_is_there(f))
        snprintf(name, size, "inbox");
    else
        snprintf(name, size, "%s %.*s", f->platform.driver,
                 version ? (int)(is_doca(f->platform.driver) ? strcspn(version, "-")
                                                             : strlen(version))
                         : 7,
                 version ? version : "unknown");
}

/* ---- its packages ------------------------------------------------------------------- */

static bool matches(const char *text, const char *const *patterns)
{
    for (; *patterns; patterns++)
        if (fnmatch(*patterns, text, 0) == 0)
            return true;
    return false;
}

/* Names from the vendor's package lists; those that distributions have as well are told
 * by the version.
 */
bool vendor_has_package(const char *name, const char *version)
{
    static const char *const names[] = {"ofed-scripts", "mlnx-*",     "mlnx_*",
                                        "mlnxofed-*",   "kmod-mlnx*", "kmod-iser",
                                        "kmod-isert",   "kmod-srp",   "kmod-knem*",
                                        "kmod-xpmem",   "doca-*",     "iser-dkms",
                                        "srp-dkms",     "isert-dkms", "xpmem-dkms",
                                        "kernel-mft*",  "hcoll",      "sharp",
                                        "clusterkit",   "collectx*",  NULL};
    static const char *const versions[] = {
        "*mlnx*",
        "*MLNX*",
        "*OFED*",
        "*.[2-9][0-9][0-9][0-9][0-9]",       /* ucx 1.14.0-1.58203   */
        "*.2[0-9][0-9][0-9][0-9][0-9][0-9]", /* ucx 1.18.0-1.2410068 */
        NULL};

    return matches(name, names) || matches(version, versions);
}

struct unfinished {
    char *names;
    size_t size, used, count;
};

/* "iF  ofed-scripts 24.10": wanted, and unpacked, half-configured or half-installed. */
static void on_status(void *arg, const char *line)
{
    struct unfinished *u = arg;
    char abbreviation[8], name[256], version[256] = "";
    int n;

    if (sscanf(line, "%7s %255s %255s", abbreviation, name, version) < 2 ||
        !strchr("UFH", abbreviation[1]) || !abbreviation[1] ||
        !vendor_has_package(name, version))
        return;
    u->count++;
    n = snprintf(u->names + u->used, u->size - u->used, "%s%s", u->used ? " " : "", name);
    if (n > 0 && (size_t)n < u->size - u->used)
        u->used += (size_t)n;
    else
        u->names[u->used] = '\0';
}

size_t vendor_unfinished(char *names, size_t size)
{
    static const char *const argv[] = {"dpkg-query", "-W", "-f",
                                       "${db:Status-Abbrev} ${Package} ${Version}\n",
                                       NULL};
    struct unfinished u = {.names = names, .size = size};
    struct exec e = {.argv = argv,
                     .deadline_ms = QUERY_DEADLINE_MS,
                     .on_line = on_status,
                     .arg = &u};
    int status;

    *names = '\0';
    exec_run(&e, &status, NULL);
    return u.count;
}
