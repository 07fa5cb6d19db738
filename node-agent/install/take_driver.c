#include "node-agent/install/take.h"

#include <stdio.h>
#include <string.h>

#include "node-agent/home.h"
#include "node-agent/install/bundle.h"
#include "node-agent/install/drop.h"
#include "node-agent/install/installer.h"
#include "node-agent/install/manager.h"
#include "node-agent/install/settle.h"
#include "node-agent/install/steplog.h"
#include "node-agent/install/vendor.h"
#include "node-agent/install/was.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

/* METHOD VERSION SHA256 FILE KERNEL [FLAG...] */
#define FIRST_FLAG 5

struct order {
    const struct taking *t;
    const struct manager *m;
    const char *method, *version, *hash, *file, *kernel;
    char *const *flags;
    size_t flag_count;
};

static bool is_mlnx(const struct order *o)
{
    return strcmp(o->method, VENDOR_MLNX_OFED) == 0;
}

static int read_order(const struct taking *t, const struct step *step, struct order *o,
                      struct fail *why)
{
    *o = (struct order){.t = t,
                        .method = step->args[0],
                        .version = step->args[1],
                        .hash = step->args[2],
                        .file = step->args[3],
                        .kernel = step->args[4],
                        .flags = step->args + FIRST_FLAG,
                        .flag_count = step->arg_count - FIRST_FLAG};
    if (!is_mlnx(o) && strcmp(o->method, VENDOR_DOCA_OFED) != 0)
        return fail_set(why, FAIL_UNSUPPORTED, "no way to install a driver '%s'",
                        o->method);
    o->m = manager_find(t->home, why);
    return o->m ? 0 : -1;
}

/* ---- may it be? --------------------------------------------------------------------- */

/* Its modules would be for a kernel that does not run. */
static int check_kernel(const struct order *o, const struct facts *f, struct fail *why)
{
    if (strcmp(f->os.kernel, o->kernel) == 0)
        return 0;
    return fail_set(why, FAIL_KERNEL,
                    "%s %s was meant for kernel %s, but %s runs: plan again", o->method,
                    o->version, o->kernel, f->os.kernel);
}

/* Right before it is run, not only when it came. */
static int check_bundle(const struct order *o, char path[HOME_PATH_MAX_BYTES],
                        struct fail *why)
{
    char hash[DIGEST_HEX_BYTES];

    if (bundle_path(o->t->home, o->file, path, why) < 0)
        return -1;
    if (bundle_size(path) < 0)
        return fail_set(why, FAIL_DOWNLOAD, "%s is not in %s: it has to be fetched first",
                        o->file, BUNDLE_FOLDER);
    if (bundle_hash(path, hash, why) < 0)
        return -1;
    if (strcmp(hash, o->hash) == 0)
        return 0;
    return fail_set(why, FAIL_HASH,
                    "%s has changed: its SHA-256 is %.12s..., not %.12s...", o->file,
                    hash, o->hash);
}

/* Another driver has a step of its own to go by; what is left of an installer that did not
 * end well has none.
 */
static int clear_the_way(const struct order *o, struct was *w, const struct facts *f,
                         struct fail *why)
{
    char name[160];

    vendor_name(f, name, sizeof name);
    if (was_is_unfinished(w))
        return drop_remains(o->t, o->m, w, why);
    if (!vendor_is_there(f))
        return 0;
    return fail_set(why, FAIL_STEP,
                    "%s is on this node and has to be removed first: plan "
                    "again",
                    name);
}

/* ---- the record ------------------------------------------------------------------------ */

static const char *run_of(const struct order *o)
{
    return o->t->run ? o->t->run : "";
}

/* A driver that this run took out, or whose follower did not get here, is still the one to
 * go back to.
 */
static bool keeps_earlier(const struct order *o, const struct was *w)
{
    if (!w->earlier)
        return false;
    return was_is_unfinished(w) || w->state == WAS_FAILED ||
           (w->state == WAS_DROPPED && w->run && strcmp(w->run, run_of(o)) == 0);
}

/* What is in the way has gone by now: without one to keep, it was the kernel's own. */
static int begin(const struct order *o, struct was *w, bool keep, struct fail *why)
{
    if (!keep && was_set(&w->earlier, "inbox", why) < 0)
        return -1;
    if (was_set(&w->run, run_of(o), why) < 0 || was_set(&w->method, o->method, why) < 0 ||
        was_set(&w->version, o->version, why) < 0 ||
        was_set(&w->sha256, o->hash, why) < 0 || was_set(&w->file, o->file, why) < 0 ||
        was_set(&w->kernel, o->kernel, why) < 0 || was_list(o->m, &w->before, why) < 0)
        return -1;
    was_packages_clear(&w->came);
    was_packages_clear(&w->went);
    w->state = WAS_STARTED;
    return was_write(o->t->home, w, why);
}

/* Compare the packages of before with today's, and write how it ended. */
static int complete(const struct order *o, struct was *w, int state, struct fail *why)
{
    struct was_packages now = {0};
    int rc = was_list(o->m, &now, why);

    if (rc == 0)
        rc = was_compare(w, &now, why);
    was_packages_clear(&now);
    if (rc < 0)
        return -1;
    if (state == WAS_FAILED && (w->came.count || w->went.count))
        state = WAS_HALF;
    w->state = state;
    if (state != WAS_STARTED)
        was_packages_clear(&w->before);
    return settle(o->t->home, why) < 0 ? -1 : was_write(o->t->home, w, why);
}

/* ---- how did it end? ------------------------------------------------------------------- */

/* The failure keeps its code; what is left behind is said behind its first words. */
static int tell_remains(const struct order *o, const struct was *w, struct fail *why)
{
    struct fail first = *why;
    char names[80], line[200];
    size_t unfinished = vendor_unfinished(names, sizeof names);

    if (w->state != WAS_HALF)
        return -1;
    snprintf(line, sizeof line, "# half-installed: %zu packages came, %zu went%s%s",
             w->came.count, w->went.count, unfinished ? "; not ended: " : "", names);
    steplog_line(o->t->log, line);
    return fail_set(why, first.code,
                    "%.130s; half-installed: %zu packages came, %zu went, which the next "
                    "run takes back first",
                    first.text, w->came.count, w->went.count);
}

static int fail_half(const struct order *o, struct was *w, struct fail *why)
{
    struct fail unwritten;

    if (complete(o, w, WAS_FAILED, &unwritten) < 0) {
        steplog_line(o->t->log, unwritten.text); /* the record still says "started" */
        return -1;
    }
    return tell_remains(o, w, why);
}

/* The installer is content: is the driver there? */
static int check_result(const struct order *o, struct fail *why)
{
    CLEANUP(facts_done) struct facts *f = NULL;
    char names[100], name[160];

    if (vendor_look(o->t->home, &f, why) < 0)
        return -1;
    vendor_name(f, name, sizeof name);
    if (!vendor_is(f, o->method, o->version))
        return fail_set(why, FAIL_INSTALLER,
                        "the installer is content, but there is %s and not %s %s", name,
                        o->method, o->version);
    if (vendor_unfinished(names, sizeof names))
        return fail_set(why, FAIL_INSTALLER,
                        "the installer is content, but dpkg has not ended %s", names);
    return 0;
}

static int install(const struct order *o, const char *path, struct fail *why)
{
    struct installer i = {.t = o->t,
                          .m = o->m,
                          .version = o->version,
                          .path = path,
                          .kernel = o->kernel,
                          .flags = o->flags,
                          .flag_count = o->flag_count};

    if ((is_mlnx(o) ? installer_run_mlnx(&i, why) : installer_run_doca(&i, why)) < 0)
        return -1;
    return check_result(o, why);
}

/* ---- all of it ---------------------------------------------------------------------------- */

/* After an installer that nobody saw end?  MLNX_OFED's version comes with its first package,
 * and between two of them dpkg has nothing unfinished; DOCA-OFED's with its last.
 */
static bool may_be_whole(const struct order *o, const struct was *w)
{
    return w->state != WAS_HALF && w->state != WAS_DROPPING &&
           (w->state != WAS_STARTED || !is_mlnx(o));
}

/* Is it there, whole?  Then a record that was cut is completed. */
static int find_done(const struct order *o, struct was *w, const struct facts *f,
                     bool *done, struct fail *why)
{
    char names[8];

    *done = vendor_is(f, o->method, o->version) && may_be_whole(o, w) &&
            !vendor_unfinished(names, sizeof names);
    if (*done && w->state == WAS_STARTED)
        return complete(o, w, WAS_INSTALLED, why);
    return 0;
}

int take_driver(const struct taking *t, const struct step *step, bool *already,
                struct fail *why)
{
    CLEANUP(was_clear) struct was w = {0};
    CLEANUP(facts_done) struct facts *f = NULL;
    char path[HOME_PATH_MAX_BYTES];
    struct order o;
    bool done, keep;

    if (read_order(t, step, &o, why) < 0 || vendor_look(t->home, &f, why) < 0 ||
        check_kernel(&o, f, why) < 0 || was_read(t->home, &w, why) < 0 ||
        find_done(&o, &w, f, &done, why) < 0)
        return -1;
    if (done)
        return 0;
    *already = false;
    keep = keeps_earlier(&o, &w);
    if (check_bundle(&o, path, why) < 0 || clear_the_way(&o, &w, f, why) < 0 ||
        begin(&o, &w, keep, why) < 0)
        return -1;
    if (install(&o, path, why) < 0)
        return fail_half(&o, &w, why);
    return complete(&o, &w, WAS_INSTALLED, why);
}
