#include "node-agent/install/take.h"

#include <stdio.h>
#include <string.h>

#include "node-agent/install/drop.h"
#include "node-agent/install/manager.h"
#include "node-agent/install/vendor.h"
#include "node-agent/install/was.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

/* A rollback leads to what was there and did its work: not to what ibfleet could not put
 * in whole.  Catalogs name the driver as the record does, which may differ from what its
 * packages say.
 */
static int keep_earlier(const struct taking *t, struct was *w, const struct facts *f,
                        struct fail *why)
{
    char name[160];

    if (was_set(&w->run, t->run, why) < 0)
        return -1;
    if (was_is_unfinished(w))
        return 0;
    if (w->state == WAS_INSTALLED && w->method && w->version &&
        vendor_is(f, w->method, w->version))
        snprintf(name, sizeof name, "%.40s %.100s", w->method, w->version);
    else
        vendor_name(f, name, sizeof name);
    return was_set(&w->earlier, name, why);
}

/* A record of another driver than the one that is there tells nothing of its packages. */
static void forget_others(struct was *w, const struct facts *f)
{
    if (was_is_unfinished(w) ||
        (w->method && w->version && vendor_is(f, w->method, w->version)))
        return;
    was_packages_clear(&w->came);
    was_packages_clear(&w->went);
}

/* What is only half there may say that it is anything. */
static int check(const struct facts *f, const struct was *w, const struct step *step,
                 struct fail *why)
{
    char name[160];

    if (!vendor_is_there(f) || was_is_unfinished(w) ||
        vendor_is(f, step->args[0], step->args[1]) || !f->platform.driver_version)
        return 0;
    vendor_name(f, name, sizeof name);
    return fail_set(why, FAIL_STEP, "%s is on this node, not %s %s: plan again", name,
                    step->args[0], step->args[1]);
}

/* ---- ahead --------------------------------------------------------------------------------- */

/* METHOD VERSION NAME...: what it will take to drop that driver, and have those packages
 * then.
 */
int take_download_drop(const struct taking *t, const struct step *step, bool *already,
                       struct fail *why)
{
    CLEANUP(was_clear) struct was w = {0};
    CLEANUP(facts_done) struct facts *f = NULL;
    const struct manager *m = manager_find(t->home, why);

    if (!m || vendor_look(t->home, &f, why) < 0 || was_read(t->home, &w, why) < 0 ||
        check(f, &w, step, why) < 0)
        return -1;
    if (!vendor_is_there(f) && !was_is_unfinished(&w))
        return take_download_packages(t, step->args + 2, step->arg_count - 2, already,
                                      why);
    *already = false;
    forget_others(&w, f);
    return drop_download(t, m, &w, step->args + 2, step->arg_count - 2, why);
}

/* ---- and when its time has come ---------------------------------------------------------- */

int take_drop(const struct taking *t, const struct step *step, bool *already,
              struct fail *why)
{
    CLEANUP(was_clear) struct was w = {0};
    CLEANUP(facts_done) struct facts *f = NULL;
    const struct manager *m = manager_find(t->home, why);

    if (!m || vendor_look(t->home, &f, why) < 0 || was_read(t->home, &w, why) < 0 ||
        check(f, &w, step, why) < 0)
        return -1;
    if (!vendor_is_there(f) && !was_is_unfinished(&w))
        return 0;
    *already = false;
    forget_others(&w, f);
    if (keep_earlier(t, &w, f, why) < 0)
        return -1;
    return drop_remains(t, m, &w, why);
}
