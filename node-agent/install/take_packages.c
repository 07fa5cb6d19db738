#include "node-agent/install/take.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

#include "node-agent/install/dkms_built.h"
#include "node-agent/install/manager.h"
#include "node-agent/install/steplog.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

/* ---- headers of a kernel that the repositories have no more ------------------------------ */

static bool is_headers(const char *package)
{
    static const char *const patterns[] = {"linux-headers-*", "kernel-devel*",
                                           "kernel-*-devel*", "kernel-headers*"};

    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (fnmatch(patterns[i], package, 0) == 0)
            return true;
    return false;
}

/* Only the package that the manager complains of. */
static const char *missing_headers(const struct taking *t, char *const *names,
                                   size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_headers(names[i]) && strstr(steplog_telling(t->log), names[i]))
            return names[i];
    return NULL;
}

static int blame_headers(const struct taking *t, char *const *names, size_t count,
                         struct fail *why)
{
    const char *package = missing_headers(t, names, count);

    if (!package)
        return -1;
    return fail_set(
        why, FAIL_KERNEL_HEADERS,
        "no repository of this node has %s (archives of older releases are not "
        "looked into): update the kernel and reboot, or install it by hand",
        package);
}

/* ---- headers that came, and a module that does not compile with them --------------------- */

/* Whoever installs headers has DKMS build all that it knows, and fails with it.  The
 * headers of a step are those of the kernel that runs.
 */
static int blame_dkms(const struct taking *t, struct fail *why)
{
    CLEANUP(facts_done) struct facts *f = NULL;
    char telling[DKMS_BUILT_TELLING_BYTES];

    if (dkms_built_look(t->home, NULL, &f, why) < 0)
        return -1;
    for (size_t i = 0; i < f->platform.dkms_count; i++) {
        const struct platform_dkms *d = &f->platform.dkms[i];

        if (strcmp(d->state, "installed") != 0 &&
            dkms_built_tell(t->home, d->module, d->version, telling))
            return fail_set(why, FAIL_DKMS,
                            "%s %s does not compile for %s, whose headers wait for it, "
                            "half configured: %s",
                            d->module, d->version, f->os.kernel, telling);
    }
    return -1;
}

int take_explain_packages(const struct taking *t, char *const *names, size_t count,
                          struct fail *why)
{
    if (why->code != FAIL_PACKAGES)
        return -1;
    if (steplog_saw(t->log, STEPLOG_DKMS))
        return blame_dkms(t, why);
    return steplog_saw(t->log, STEPLOG_UNKNOWN) ? blame_headers(t, names, count, why)
                                                : -1;
}

int take_packages(const struct taking *t, const struct step *step, bool *already,
                  struct fail *why)
{
    const struct manager *m = manager_find(t->home, why);

    if (!m)
        return -1;
    if (manager_has(m, step->args, step->arg_count))
        return 0;
    *already = false;
    if (manager_install(t, m, step->args, step->arg_count, why) < 0)
        return take_explain_packages(t, step->args, step->arg_count, why);
    if (manager_has(m, step->args, step->arg_count))
        return 0;
    fail_set(why, FAIL_PACKAGES, "%s is content, yet not all is installed",
             manager_name(m));
    return take_explain_packages(t, step->args, step->arg_count,
                                 why); /* yum leaves out what it does not know */
}
