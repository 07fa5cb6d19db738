#include "node-agent/install/holdable.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

static bool is_one_of(const char *name, const char *const *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fnmatch(patterns[i], name, 0) == 0)
            return true;
    return false;
}

bool holdable_is_driver(const char *name, const char *version)
{
    static const char *const names[] = {"mlnx-*",      "mlnx_*",     "mlnxofed*",
                                        "kmod-mlnx*",  "ofed-*",     "doca-*",
                                        "knem*",       "kmod-knem*", "kmod-iser*",
                                        "kmod-isert*", "kmod-srp*"};

    return is_one_of(name, names, COUNT(names)) || strcasestr(version, "mlnx") ||
           strcasestr(version, "ofed");
}

/* "linux-image-amd64" has none, "linux-image-6.1.0-9-amd64" has. */
static bool has_release(const char *name)
{
    for (; *name; name++)
        if (isdigit((unsigned char)name[0]) && name[1] == '.' &&
            isdigit((unsigned char)name[2]))
            return true;
    return false;
}

/* The part of a release that Ubuntu's common headers have: "5.15.0-1064". */
static bool has_number_of(const char *name, const char *release)
{
    size_t n = strcspn(release, "-");
    const char *hit;

    n += release[n] ? 1 + strspn(release + n + 1, "0123456789") : 0;
    for (hit = name; n && (hit = strchr(hit, release[0])); hit++)
        if (strncmp(hit, release, n) == 0 && !isdigit((unsigned char)hit[n]))
            return true;
    return false;
}

/* rpm's names have no release. */
bool holdable_is_kernel(const char *name, const char *release)
{
    static const char *const debs[] = {"linux-image-*",   "linux-headers-*",
                                       "linux-modules-*", "linux-azure*",
                                       "linux-generic*",  "linux-virtual*"};
    static const char *const rpms[] = {"kernel",          "kernel-core",
                                       "kernel-modules*", "kernel-devel*",
                                       "kernel-default*", "kernel-azure*",
                                       "kernel-64k*",     "kernel-rt*"};

    if (is_one_of(name, rpms, COUNT(rpms)))
        return true;
    return is_one_of(name, debs, COUNT(debs)) &&
           (!has_release(name) || has_number_of(name, release));
}
