#include "node-agent/install/exchange.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/install/exec.h"
#include "node-agent/install/manager.h"
#include "node-agent/install/steplog.h"
#include "node-agent/install/take.h"
#include "node-agent/install/vendor.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define QUERY_DEADLINE_MS 60000

/* Arguments of one call; a driver has some eighty packages. */
#define WORDS_MAX 512

int exchange_add(struct was_packages *p, const char *name, const char *version,
                 struct fail *why)
{
    struct was_package *list = realloc(p->list, (p->count + 1) * sizeof *list), *entry;

    if (!list)
        return fail_memory(why);
    p->list = list;
    entry = &list[p->count];
    entry->name = strdup(name);
    entry->version = strdup(version);
    p->count++; /* so that was_packages_clear() finds what there is of it */
    return entry->name && entry->version ? 0 : fail_memory(why);
}

void exchange_clear(struct exchange *x)
{
    was_packages_clear(&x->gone);
    was_packages_clear(&x->back);
}

/* ---- the words of a call --------------------------------------------------------------- */

struct words {
    char *list[WORDS_MAX];
    size_t count;
};

static void forget_words(struct words *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->list[i]);
    w->count = 0;
}

static int add_word(struct words *w, struct fail *why, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static int add_word(struct words *w, struct fail *why, const char *fmt, ...)
{
    va_list ap;
    int n;

    if (w->count == WORDS_MAX)
        return fail_set(why, FAIL_PACKAGES, "more than %d packages to exchange",
                        WORDS_MAX);
    va_start(ap, fmt);
    n = vasprintf(&w->list[w->count], fmt, ap);
    va_end(ap);
    if (n < 0)
        return fail_memory(why);
    w->count++;
    return 0;
}

static void tell(const struct taking *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(const struct taking *t, const char *fmt, ...)
{
    char line[300];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    steplog_line(t->log, line);
}

/* ---- apt: which versions are there? ------------------------------------------------------ */

struct offer {
    const char *name, *wanted;
    bool is_ahead;   /* the vendor's repository is still there, and will not be */
    char first[128]; /* the one that would be installed */
    bool has_wanted;
};

/* " rdma-core |   44.0-2 | http://deb.debian.org/debian bookworm/main amd64 Packages" */
static void on_offer(void *arg, const char *line)
{
    struct offer *o = arg;
    char version[128];

    if (sscanf(line, " %*s | %127s |", version) != 1 ||
        (o->is_ahead && vendor_has_package(o->name, version)))
        return;
    if (!*o->first)
        snprintf(o->first, sizeof o->first, "%s", version);
    o->has_wanted = o->has_wanted || strcmp(version, o->wanted) == 0;
}

/* apt-cache never says so by its status when it knows a package by name only. */
static void ask_offer(struct offer *o)
{
    const char *const argv[] = {"apt-cache", "madison", o->name, NULL};
    struct exec e = {.argv = argv,
                     .deadline_ms = QUERY_DEADLINE_MS,
                     .on_line = on_offer,
                     .arg = o};
    int status;

    exec_run(&e, &status, NULL);
}

static int add_back_by_apt(const struct taking *t, const struct was_package *p,
                           bool is_ahead, struct words *w, struct fail *why)
{
    struct offer o = {.name = p->name, .wanted = p->version, .is_ahead = is_ahead};

    ask_offer(&o);
    if (!*o.first) {
        tell(t, "# no repository has %s any more: %s does not come back", p->name,
             p->version);
        return 0;
    }
    if (!o.has_wanted && *p->version)
        tell(t, "# no repository has %s %s any more: %s comes instead", p->name,
             p->version, o.first);
    return add_word(w, why, "%s=%s", p->name, o.has_wanted ? p->version : o.first);
}

/* A '-' behind a name removes it, within the same transaction. */
static int run_apt(const struct taking *t, const struct manager *m,
                   const struct exchange *x, bool is_ahead, struct fail *why)
{
    const char *const install[] = {MANAGER_APT_GET,
                                   "--no-install-recommends",
                                   "--allow-downgrades",
                                   "--allow-change-held-packages",
                                   "--purge",
                                   is_ahead ? "--download-only" : "install",
                                   is_ahead ? "install" : NULL,
                                   NULL};
    CLEANUP(forget_words) struct words w = {.count = 0};

    for (size_t i = 0; i < x->back.count; i++)
        if (add_back_by_apt(t, &x->back.list[i], is_ahead, &w, why) < 0)
            return -1;
    if (is_ahead && !w.count)
        return 0;
    for (size_t i = 0; i < x->gone.count; i++)
        if (add_word(&w, why, "%s-", x->gone.list[i].name) < 0)
            return -1;
    return w.count ? manager_run(t, m, install, w.list, w.count, NULL, why) : 0;
}

/* ---- the managers of rpm ------------------------------------------------------------------ */

/* Of what comes back some is there in the vendor's version, which goes down to the
 * repository's; the rest is installed.  zypper takes nothing away that it was not told to,
 * so what depends on the vendor's version has to go in the same call, as "!NAME".
 */
static const char *const *words_of(enum manager_kind kind, int which)
{
    static const char *const dnf[][5] = {{"dnf", "-y", "--noautoremove", "remove", NULL},
                                         {"dnf", "-y", "--allowerasing", "install", NULL},
                                         {"dnf", "-y", "--allowerasing", "distro-sync",
                                          NULL}};
    static const char *const yum[][5] = {{"yum", "-y",
                                          "--setopt=clean_requirements_on_remove=0",
                                          "remove", NULL},
                                         {"yum", "-y", "install", NULL},
                                         {"yum", "-y", "distro-sync", NULL}};
    static const char *const tdnf[][5] = {
        {"tdnf", "-y", "--noautoremove", "remove", NULL},
        {"tdnf", "-y", "--allowerasing", "install", NULL},
        {"tdnf", "-y", "--allowerasing", "distro-sync", NULL}};
    static const char *const zypper[][5] = {{NULL}, /* see run_rpm() */
                                            {"zypper", "--non-interactive", "install",
                                             "--force-resolution", NULL},
                                            {"zypper", "--non-interactive", "install",
                                             "--force", NULL}};

    return kind == MANAGER_DNF    ? dnf[which]
           : kind == MANAGER_YUM  ? yum[which]
           : kind == MANAGER_TDNF ? tdnf[which]
                                  : zypper[which];
}

enum { WORDS_REMOVE, WORDS_INSTALL, WORDS_DOWN };

static int run_words(const struct taking *t, const struct manager *m, int which,
                     struct words *w, struct fail *why)
{
    return w->count ? manager_run(t, m, words_of(manager_kind(m), which), w->list,
                                  w->count, NULL, why)
                    : 0;
}

static int sort_back(const struct manager *m, const struct exchange *x,
                     struct words *absent, struct words *present, struct fail *why)
{
    for (size_t i = 0; i < x->back.count; i++) {
        char **name = &x->back.list[i].name;

        if (add_word(manager_has(m, name, 1) ? present : absent, why, "%s", *name) < 0)
            return -1;
    }
    return 0;
}

static int run_rpm(const struct taking *t, const struct manager *m,
                   const struct exchange *x, struct fail *why)
{
    CLEANUP(forget_words) struct words gone = {.count = 0};
    CLEANUP(forget_words) struct words absent = {.count = 0};
    CLEANUP(forget_words) struct words present = {.count = 0};

    for (size_t i = 0; i < x->gone.count; i++)
        if ((manager_kind(m) == MANAGER_ZYPPER
                 ? add_word(&present, why, "!%s", x->gone.list[i].name)
                 : add_word(&gone, why, "%s", x->gone.list[i].name)) < 0)
            return -1;
    if (sort_back(m, x, &absent, &present, why) < 0 ||
        run_words(t, m, WORDS_DOWN, &present, why) < 0 ||
        run_words(t, m, WORDS_REMOVE, &gone, why) < 0)
        return -1;
    return run_words(t, m, WORDS_INSTALL, &absent, why);
}

int exchange_run(const struct taking *t, const struct manager *m,
                 const struct exchange *x, struct fail *why)
{
    if (!x->gone.count && !x->back.count)
        return 0;
    return manager_kind(m) == MANAGER_APT ? run_apt(t, m, x, false, why)
                                          : run_rpm(t, m, x, why);
}

/* ---- only what comes back, ahead ------------------------------------------------------------ */

static const char *const *ahead_words_of(enum manager_kind kind, int which)
{
    static const char *const dnf[][8] = {
        [WORDS_INSTALL] = {"dnf", "-y", "--setopt=doca*.enabled=0", MANAGER_DNF_KEEP,
                           "--downloadonly", "--allowerasing", "install", NULL},
        [WORDS_DOWN] = {"dnf", "-y", "--setopt=doca*.enabled=0", MANAGER_DNF_KEEP,
                        "--downloadonly", "--allowerasing", "distro-sync", NULL}};
    static const char *const yum[][8] = {
        [WORDS_INSTALL] = {"yum", "-y", "--disablerepo=doca*", "--downloadonly",
                           "install", NULL},
        [WORDS_DOWN] = {"yum", "-y", "--disablerepo=doca*", "--downloadonly",
                        "distro-sync", NULL}};
    static const char *const tdnf[][8] = {
        [WORDS_INSTALL] = {"tdnf", "-y", "--disablerepo=doca*", "--downloadonly",
                           "--allowerasing", "install", NULL},
        [WORDS_DOWN] = {"tdnf", "-y", "--disablerepo=doca*", "--downloadonly",
                        "--allowerasing", "distro-sync", NULL}};

    return kind == MANAGER_DNF   ? dnf[which]
           : kind == MANAGER_YUM ? yum[which]
                                 : tdnf[which];
}

static int download_words(const struct taking *t, const struct manager *m, int which,
                          struct words *w, struct fail *why)
{
    return w->count ? manager_run(t, m, ahead_words_of(manager_kind(m), which), w->list,
                                  w->count, NULL, why)
                    : 0;
}

static int download_rpm(const struct taking *t, const struct manager *m,
                        const struct exchange *x, struct fail *why)
{
    CLEANUP(forget_words) struct words absent = {.count = 0};
    CLEANUP(forget_words) struct words present = {.count = 0};

    if (sort_back(m, x, &absent, &present, why) < 0 ||
        download_words(t, m, WORDS_DOWN, &present, why) < 0)
        return -1;
    return download_words(t, m, WORDS_INSTALL, &absent, why);
}

/* zypper is let alone: it has no way to leave out a repository for one call. */
int exchange_download(const struct taking *t, const struct manager *m,
                      const struct exchange *x, struct fail *why)
{
    switch (manager_kind(m)) {
    case MANAGER_APT:
        return run_apt(t, m, x, true, why);
    case MANAGER_ZYPPER:
        tell(t, "# zypper: what comes back is left for the install");
        return 0;
    default:
        return download_rpm(t, m, x, why);
    }
}
