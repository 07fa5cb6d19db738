/* DOCA-OFED: a package that brings the vendor's repository, and what is installed from it */
#include "node-agent/install/installer.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/install/manager.h"
#include "node-agent/install/take.h"
#include "node-agent/install/vendor.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* Until 2.x, packages for rpm have modules for the kernels of the distribution's releases,
 * and a program that builds them for another one, as a repository below /tmp.
 */
#define KERNEL_SUPPORT "/opt/mellanox/doca/tools/doca-kernel-support"
#define KERNEL_REPO    "/tmp/DOCA.*/doca-kernel-repo-*.rpm"

static void forget_matches(glob_t *matches)
{
    globfree(matches);
}

/* What the manager calls a failure of packages is the vendor's here. */
static int as_installer(struct fail *why)
{
    if (why->code == FAIL_PACKAGES)
        why->code = FAIL_INSTALLER;
    return -1;
}

static int run(const struct installer *i, const char *const *argv, struct fail *why)
{
    return manager_run(i->t, i->m, argv, NULL, 0, NULL, why);
}

static int add(const struct installer *i, const char *package, struct fail *why)
{
    char name[64], *names[] = {name};

    snprintf(name, sizeof name, "%s", package);
    return manager_install(i->t, i->m, names, 1, why);
}

/* ---- apt ------------------------------------------------------------------------------- */

/* The vendor's DKMS must not come in place of the distribution's. */
static int pin_dkms(const struct installer *i, struct fail *why)
{
    bool already = true;

    return take_file(
        i->t, VENDOR_DKMS_PIN,
        "# ibfleet: the distribution's own DKMS builds the vendor's modules\n"
        "Package: dkms\n"
        "Pin: release l=DOCA-HOST*\n"
        "Pin-Priority: -1\n",
        &already, why);
}

static int install_by_apt(const struct installer *i, struct fail *why)
{
    const char *const add_host[] = {"dpkg", "-i", i->path, NULL};

    if (run(i, add_host, why) < 0 || pin_dkms(i, why) < 0 ||
        manager_refresh(i->t, i->m, why) < 0)
        return -1;
    return add(i, "doca-ofed", why);
}

/* ---- rpm ------------------------------------------------------------------------------- */

static bool has_prebuilt_modules(const struct installer *i)
{
    return strtol(i->version, NULL, 10) < 3;
}

static int install_kernel_repo(const struct installer *i, struct fail *why)
{
    CLEANUP(forget_matches) glob_t found = {0};

    if (glob(KERNEL_REPO, 0, NULL, &found) != 0 || !found.gl_pathc)
        return fail_set(why, FAIL_INSTALLER, "doca-kernel-support has built no %s",
                        KERNEL_REPO);
    for (size_t n = 0; n < found.gl_pathc; n++) {
        const char *const rpm[] = {"rpm", "-U", "--replacepkgs", found.gl_pathv[n], NULL};

        if (run(i, rpm, why) < 0)
            return -1;
    }
    return 0;
}

static int build_modules(const struct installer *i, struct fail *why)
{
    static const char *const support[] = {KERNEL_SUPPORT, NULL};
    int status;

    if (add(i, "doca-extra", why) < 0 ||
        installer_program(i, "doca-kernel-support", support, NULL, 0, &status, why) < 0)
        return -1;
    if (status != 0)
        return take_blame(i->t, FAIL_INSTALLER, "doca-kernel-support", status, why);
    if (install_kernel_repo(i, why) < 0 || manager_refresh(i->t, i->m, why) < 0)
        return -1;
    return add(i, "doca-ofed-userspace", why);
}

static int install_by_rpm(const struct installer *i, struct fail *why)
{
    const char *const add_host[] = {"rpm", "-U", "--replacepkgs", i->path, NULL};

    if (run(i, add_host, why) < 0 || manager_refresh(i->t, i->m, why) < 0)
        return -1;
    if (has_prebuilt_modules(i) && manager_kind(i->m) != MANAGER_ZYPPER &&
        build_modules(i, why) < 0)
        return -1;
    return add(i, "doca-ofed", why);
}

int installer_run_doca(const struct installer *i, struct fail *why)
{
    int rc = manager_kind(i->m) == MANAGER_APT ? install_by_apt(i, why)
                                               : install_by_rpm(i, why);

    if (rc < 0)
        return as_installer(why);
    installer_note_reboot(i);
    return 0;
}
