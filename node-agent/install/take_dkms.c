#include "node-agent/install/take.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inventory/version.h"
#include "node-agent/home.h"
#include "node-agent/install/dkms_built.h"
#include "node-agent/install/manager.h"
#include "node-agent/install/steplog.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

/* The vendor's whole stack, on a machine that does something else as well. */
#define BUILD_DEADLINE_MS (30 * 60 * 1000)

/* ---- what DKMS has for a kernel ------------------------------------------------------- */

/* The newest version; NULL: DKMS does not know the module. */
static const struct platform_dkms *find(const struct facts *f, const char *module)
{
    const struct platform_dkms *found = NULL;

    for (size_t i = 0; i < f->platform.dkms_count; i++) {
        const struct platform_dkms *d = &f->platform.dkms[i];

        if (strcmp(d->module, module) == 0 &&
            (!found || version_compare(d->version, found->version) > 0))
            found = d;
    }
    return found;
}

static bool is_installed(const struct facts *f, const char *module)
{
    const struct platform_dkms *d = find(f, module);

    return d && strcmp(d->state, "installed") == 0;
}

/* ---- why it was not built -------------------------------------------------------------- */

static int blame(const struct taking *t, const struct platform_dkms *d,
                 const char *kernel, const char *state, struct fail *why)
{
    char telling[DKMS_BUILT_TELLING_BYTES] = "";

    snprintf(telling, sizeof telling, "%.130s", steplog_telling(t->log));
    dkms_built_tell(t->home, d->module, d->version, telling);
    if (steplog_saw(t->log, STEPLOG_DISK_FULL) ||
        strstr(telling, "No space left on device"))
        return fail_set(why, FAIL_DISK_FULL, "building %s %s: %s", d->module, d->version,
                        telling);
    return fail_set(why, FAIL_DKMS, "%s %s is %s for %s, not installed%s%s", d->module,
                    d->version, state, kernel, *telling ? ": " : "", telling);
}

/* ---- build ------------------------------------------------------------------------------- */

static int check_headers(const struct taking *t, const char *kernel, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_root(t->home, path, why, "/lib/modules/%s/build/Makefile", kernel) < 0)
        return -1;
    if (access(path, F_OK) == 0)
        return 0;
    return fail_set(why, FAIL_KERNEL_HEADERS,
                    "no headers of kernel %s to build with: /lib/modules/%s/build leads "
                    "to none; install them, or boot a kernel that has them",
                    kernel, kernel);
}

/* --force: the kernel's own module of that name may look newer. */
static int build(const struct taking *t, const struct platform_dkms *d,
                 const char *kernel, struct fail *why)
{
    const char *const argv[] = {"dkms",     "install", "-m",   d->module, "-v",
                                d->version, "-k",      kernel, "--force", NULL};
    int status;

    return take_program(t, argv, NULL, 0, BUILD_DEADLINE_MS, &status, why);
}

/* Neither DKMS's own status nor that of a package tells; its folders do. */
static int build_one(const struct taking *t, const char *kernel, const char *module,
                     struct fail *why)
{
    CLEANUP(facts_done) struct facts *before = NULL;
    CLEANUP(facts_done) struct facts *after = NULL;
    const struct platform_dkms *d, *now;

    if (dkms_built_look(t->home, kernel, &before, why) < 0)
        return -1;
    d = find(before, module);
    if (!d)
        return fail_set(why, FAIL_DKMS,
                        "DKMS does not know the module %s: was its "
                        "package installed?",
                        module);
    if (check_headers(t, kernel, why) < 0 || build(t, d, kernel, why) < 0 ||
        dkms_built_look(t->home, kernel, &after, why) < 0)
        return -1;
    if (is_installed(after, module))
        return 0;
    now = find(after, module);
    return blame(t, d, kernel, now ? now->state : "not known", why);
}

/* Headers whose own hook failed with a module have waited for it.  Should something else be
 * unfinished, and stay so, that is not of this step.
 */
static void finish_headers(const struct taking *t)
{
    const struct manager *m = manager_find(t->home, NULL);

    if (m)
        manager_finish(t, m, NULL);
}

/* KERNEL MODULE...: in that order, for the later ones may need the first. */
int take_dkms(const struct taking *t, const struct step *step, bool *already,
              struct fail *why)
{
    CLEANUP(facts_done) struct facts *f = NULL;
    const char *kernel = step->args[0];

    if (dkms_built_look(t->home, kernel, &f, why) < 0)
        return -1;
    for (size_t i = 1; i < step->arg_count; i++) {
        if (is_installed(f, step->args[i]))
            continue;
        *already = false;
        if (build_one(t, kernel, step->args[i], why) < 0)
            return -1;
    }
    if (!*already)
        finish_headers(t);
    return 0;
}
