/* What the node's own package manager has to bring: the inbox stack, or what the vendor's
 * installer and DKMS build with
 */
#include <stdio.h>
#include <string.h>

#include "inventory/decide_parts.h"
#include "inventory/version.h"
#include "protocol/facts.h"

#define LIST_MAX   16
#define NAME_BYTES 128 /* as steps.c allows */

/* `stack` is what a manager's distributions call the inbox stack.  Debian's rdma-core only
 * recommends the providers, and without them nothing works.
 *
 * `tools` is what builds a driver, `headers` the package of those of kernel %s.  Sources:
 * microsoft/lisa, lisa/features/infiniband.py; Azure/azhpc-images, of SLES
 * suse/sle-15-spx-hpc.  Azure Linux gets its modules built.
 */
static const struct {
    const char *manager;
    const char *stack[LIST_MAX];
    const char *headers;
    const char *tools[LIST_MAX];
} managers[] = {
    {"apt",
     {"rdma-core", "ibverbs-providers"},
     "linux-headers-%s",
     {"gcc", "make", "perl", "dkms"}},
    {"dnf",
     {"rdma-core", "libibverbs"},
     "kernel-devel-%s",
     {"gcc", "gcc-gfortran", "make", "perl", "rpm-build", "kernel-rpm-macros",
      "elfutils-libelf-devel", "pciutils", "lsof", "tcl", "tk"}},
    {"yum",
     {"rdma-core", "libibverbs"},
     "kernel-devel-%s",
     {"gcc", "gcc-gfortran", "make", "perl", "rpm-build", "redhat-rpm-config",
      "elfutils-libelf-devel", "pciutils", "lsof", "tcl", "tk"}},
    {"tdnf", {"rdma-core", "libibverbs"}, NULL, {NULL}},
    {"zypper",
     {"rdma-core", "libibverbs"},
     "kernel-%s-devel",
     {"gcc", "make", "perl", "rpm-build", "patch", "insserv-compat", "python3-devel",
      "tk", "expat", "createrepo_c"}},
};
#define MANAGERS (sizeof managers / sizeof *managers)

static size_t find_manager(const struct facts *f)
{
    size_t m = 0;

    while (m < MANAGERS && !decide_text_is(f->os.packages, managers[m].manager))
        m++;
    return m;
}

static bool is_debians(const struct decide_case *c)
{
    return decide_text_is(c->f->os.packages, "apt");
}

static bool is_fedoras(const struct decide_case *c)
{
    return decide_text_is(c->f->os.packages, "dnf") ||
           decide_text_is(c->f->os.packages, "yum");
}

/* From DOCA 3 on the modules come as sources there, too; before, and in MLNX_OFED, the
 * installer builds packages of them.
 */
static bool has_dkms_for_rpm(const struct decide_case *c)
{
    return is_fedoras(c) && c->method == CATALOG_DOCA_OFED && c->version &&
           version_compare(c->version, "3") >= 0;
}

size_t decide_dkms_of_row(const struct decide_case *c, const char *names[DECIDE_MAX_DKMS])
{
    if (is_debians(c))
        names[0] = "mlnx-ofed-kernel";
    else if (has_dkms_for_rpm(c))
        names[0] = "mlnx-ofa_kernel";
    else
        return 0;
    return 1;
}

/* ---- names ---------------------------------------------------------------------------- */

struct list {
    const char *names[LIST_MAX];
    size_t count;
    char headers[NAME_BYTES];
};

static void want(struct list *l, const struct facts *f, const char *name)
{
    if (!facts_package_version(f, name))
        l->names[l->count++] = name;
}

/* SUSE's are of a flavour, which ends the kernel's name: 5.14.21-150500.33.66-azure. */
static const char *kernel_for(const char *manager, const char *kernel)
{
    const char *dash = strrchr(kernel, '-');

    return strcmp(manager, "zypper") == 0 && dash ? dash + 1 : kernel;
}

static void want_headers(struct list *l, const struct facts *f, size_t m)
{
    const char *kernel =
        f->os.kernel ? kernel_for(managers[m].manager, f->os.kernel) : "";
    const char *pattern = managers[m].headers,
               *at = pattern ? strstr(pattern, "%s") : NULL;

    if (!at || !*kernel || decide_text_is(f->platform.headers, "present"))
        return;
    snprintf(l->headers, sizeof l->headers, "%.*s%.90s%s", (int)(at - pattern), pattern,
             kernel, at + 2);
    want(l, f, l->headers);
}

static void want_tools(struct list *l, const struct decide_case *c, size_t m)
{
    want_headers(l, c->f, m);
    for (const char *const *name = managers[m].tools; *name; name++)
        want(l, c->f, *name);
    if (has_dkms_for_rpm(c) || (c->rebuild && is_fedoras(c)))
        want(l, c->f, "dkms");
}

/* Where the vendor's goes, it takes its own rdma-core with it, by the same names. */
static void want_stack(struct list *l, const struct decide_case *c, size_t m)
{
    for (const char *const *name = managers[m].stack; *name; name++)
        if (c->drop)
            l->names[l->count++] = *name;
        else
            want(l, c->f, *name);
}

int decide_packages(const struct decide_case *c, struct decision *d, struct fail *why)
{
    struct list l = {.count = 0};
    size_t m = find_manager(c->f);
    bool vendors = decide_is_vendors(c->method);

    if (vendors && !c->row && !c->rebuild)
        return 0;
    if (m == MANAGERS)
        return decide_refuse(d, FAIL_UNSUPPORTED,
                             "%s: no way to install packages with %s",
                             c->f->os.pretty ? c->f->os.pretty
                                             : decide_or_unknown(c->f->os.id),
                             c->f->os.packages
                                 ? c->f->os.packages
                                 : "neither apt, dnf, yum, tdnf nor zypper there");
    if (vendors)
        want_tools(&l, c, m);
    else
        want_stack(&l, c, m);
    return l.count ? steps_add(&d->steps, STEP_PACKAGES, l.names, l.count, why) : 0;
}
