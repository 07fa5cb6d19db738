#include "node-agent/install/drop.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/exchange.h"
#include "node-agent/install/hold.h"
#include "node-agent/install/manager.h"
#include "node-agent/install/settle.h"
#include "node-agent/install/steplog.h"
#include "node-agent/install/take.h"
#include "node-agent/install/vendor.h"
#include "node-agent/install/was.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define UNINSTALLER_DEADLINE_MS (20 * 60 * 1000)

#define DOCA_HOST "doca-host"

/* ---- the vendor's own way ---------------------------------------------------------------- */

/* What it leaves, or can not do, is the package manager's. */
static int uninstall_by_vendor(const struct taking *t, const struct manager *m,
                               struct fail *why)
{
    static const char *const argv[] = {VENDOR_UNINSTALLER, "--force", NULL};
    char path[HOME_PATH_MAX_BYTES];
    int status;

    if (home_in_root(t->home, path, why, VENDOR_UNINSTALLER) < 0)
        return -1;
    if (access(path, X_OK) < 0)
        return 0;
    if (manager_await(t, m, why) < 0 ||
        take_program(t, argv, NULL, 0, UNINSTALLER_DEADLINE_MS, &status, why) < 0)
        return -1;
    if (status != 0)
        steplog_line(t->log, "# it failed: by the package manager, then");
    return 0;
}

static int forget_pin(const struct taking *t, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_root(t->home, path, why, VENDOR_DKMS_PIN) < 0)
        return -1;
    unlink(path);
    return 0;
}

/* apt alone keeps the lists of what is no repository any more, though it does not read them.
 * The others are not made to ask the network for what they know, and apt's failure to is
 * told by what comes back, or not.
 */
static void refresh(const struct taking *t, const struct manager *m)
{
    if (manager_kind(m) == MANAGER_APT && manager_refresh(t, m, NULL) < 0)
        steplog_line(t->log, "# with the lists as they are, then");
}

/* The repository goes first, or what comes back would come from there. */
static int forget_repository(const struct taking *t, const struct manager *m,
                             struct fail *why)
{
    static const char *const purge[] = {MANAGER_APT_GET, "purge", DOCA_HOST, NULL};
    static const char *const erase[] = {"rpm", "-e", "--nodeps", DOCA_HOST, NULL};
    char name[] = DOCA_HOST, *names[] = {name};

    if (!manager_has(m, names, 1))
        return 0;
    if (manager_run(t, m, manager_kind(m) == MANAGER_APT ? purge : erase, NULL, 0, NULL,
                    why) < 0 ||
        forget_pin(t, why) < 0)
        return -1;
    refresh(t, m);
    return 0;
}

/* ---- the package manager's ------------------------------------------------------------- */

/* With a record only what came with the driver; without one all that looks like it. */
static bool goes(const struct was *w, const struct was_package *p)
{
    return vendor_has_package(p->name, p->version) &&
           (!w->came.count || was_find(&w->came, p->name));
}

static bool comes_back(const struct was_packages *now, const char *name)
{
    const char *is = was_find(now, name);

    return !is || vendor_has_package(name, is);
}

static int add_back(const struct was *w, const struct was_packages *now,
                    struct exchange *x, struct fail *why)
{
    for (size_t i = 0; i < w->went.count; i++) {
        const struct was_package *p = &w->went.list[i];

        if (comes_back(now, p->name) &&
            exchange_add(&x->back, p->name, p->version, why) < 0)
            return -1;
    }
    return 0;
}

static int add_gone(const struct was *w, const struct was_packages *now,
                    struct exchange *x, struct fail *why)
{
    for (size_t i = 0; i < now->count; i++)
        if (goes(w, &now->list[i]) && !was_find(&x->back, now->list[i].name) &&
            exchange_add(&x->gone, now->list[i].name, now->list[i].version, why) < 0)
            return -1;
    return 0;
}

static int exchange(const struct taking *t, const struct manager *m, const struct was *w,
                    const struct was_packages *now, struct fail *why)
{
    CLEANUP(exchange_clear) struct exchange x = {0};

    if (add_back(w, now, &x, why) < 0 || add_gone(w, now, &x, why) < 0)
        return -1;
    return exchange_run(t, m, &x, why);
}

/* ---- how did it end? ---------------------------------------------------------------------- */

static int check_gone(const struct taking *t, struct fail *why)
{
    CLEANUP(facts_done) struct facts *f = NULL;
    char names[100], name[160];

    if (vendor_look(t->home, &f, why) < 0)
        return -1;
    vendor_name(f, name, sizeof name);
    if (vendor_is_there(f))
        return fail_set(why, FAIL_STEP, "all was removed, yet %s is still there", name);
    if (vendor_unfinished(names, sizeof names))
        return fail_set(why, FAIL_STEP, "dpkg has not ended %s", names);
    return 0;
}

/* An installer that was cut has not told what it did. */
static int compare(struct was *w, const struct was_packages *now, struct fail *why)
{
    int rc = w->before.count ? was_compare(w, now, why) : 0;

    was_packages_clear(&w->before);
    return rc;
}

static int list_and_exchange(const struct taking *t, const struct manager *m,
                             struct was *w, struct fail *why)
{
    CLEANUP(was_packages_clear) struct was_packages now = {0};

    if (was_list(m, &now, why) < 0)
        return -1;
    return exchange(t, m, w, &now, why);
}

static int begin(const struct taking *t, const struct manager *m, struct was *w,
                 struct fail *why)
{
    CLEANUP(was_packages_clear) struct was_packages now = {0};

    if (was_list(m, &now, why) < 0 || compare(w, &now, why) < 0)
        return -1;
    w->state = WAS_DROPPING;
    return was_write(t->home, w, why);
}

int drop_remains(const struct taking *t, const struct manager *m, struct was *w,
                 struct fail *why)
{
    if (begin(t, m, w, why) < 0 || hold_release(t->home, why) < 0 ||
        uninstall_by_vendor(t, m, why) < 0 || forget_repository(t, m, why) < 0 ||
        list_and_exchange(t, m, w, why) < 0 || check_gone(t, why) < 0)
        return -1;
    was_packages_clear(&w->came);
    was_packages_clear(&w->went);
    w->state = WAS_DROPPED;
    return settle(t->home, why) < 0 ? -1 : was_write(t->home, w, why);
}

/* ---- ahead --------------------------------------------------------------------------------- */

static int add_following(char *const *names, size_t count, const struct was_packages *now,
                         struct exchange *x, struct fail *why)
{
    for (size_t i = 0; i < count; i++)
        if (!was_find(&x->back, names[i]) && comes_back(now, names[i]) &&
            exchange_add(&x->back, names[i], "", why) < 0)
            return -1;
    return 0;
}

/* How packages of the vendor's stand in the way of others is only known for sure once they
 * have gone.
 */
static int leave(const struct taking *t)
{
    steplog_line(t->log, "# not to be had ahead: left for the install");
    return 0;
}

/* Once more with fresh lists, where a repository has not any more what its list says. */
int drop_download(const struct taking *t, const struct manager *m, const struct was *w,
                  char *const *names, size_t count, struct fail *why)
{
    CLEANUP(was_packages_clear) struct was_packages now = {0};
    CLEANUP(exchange_clear) struct exchange x = {0};

    if (was_list(m, &now, why) < 0 || add_back(w, &now, &x, why) < 0 ||
        add_following(names, count, &now, &x, why) < 0 || add_gone(w, &now, &x, why) < 0)
        return -1;
    for (int tries = 0; exchange_download(t, m, &x, why) < 0; tries++) {
        if (why->code != FAIL_PACKAGES)
            return -1;
        if (!steplog_saw(t->log, STEPLOG_UNFETCHED))
            return leave(t);
        if (tries == 1 || manager_refresh(t, m, NULL) < 0)
            return -1;
    }
    return 0;
}
