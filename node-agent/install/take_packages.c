#include "node-agent/install/take.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/exec.h"
#include "node-agent/install/steplog.h"
#include "protocol/fail.h"
#include "protocol/steps.h"

/* A slow mirror and a slow disk; the kernel's own packages build an initramfs. */
#define INSTALL_DEADLINE_MS (30 * 60 * 1000)
#define QUERY_DEADLINE_MS   60000

#define APT_LISTS "/var/lib/apt/lists"

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

struct manager {
    const char
        *program; /* below the node's root: that it is there says which one it is */
    const char *const *query;
    const char *const *install;
    const char *const *refresh; /* its lists; NULL: it does so itself */
};

/* dpkg's lock is waited for; what holds it (unattended-upgrades) ends by itself. */
#define APT                                                                             \
    "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=180", "-o", "Acquire::Retries=2", \
        "-o", "Dpkg::Use-Pty=0"

static const char *const apt_query[] = {"dpkg-query", "-W", "-f", "${db:Status-Status}\n",
                                        NULL};
static const char *const apt_install[] = {APT,
                                          "-o",
                                          "Dpkg::Options::=--force-confdef",
                                          "-o",
                                          "Dpkg::Options::=--force-confold",
                                          "--no-install-recommends",
                                          "install",
                                          NULL};
static const char *const apt_refresh[] = {APT, "update", NULL};
static const char *const rpm_query[] = {"rpm", "-q", "--qf", "installed\n", NULL};
static const char *const tdnf_install[] = {"tdnf", "-y", "install", NULL};
static const char *const dnf_install[] = {"dnf", "-y", "--setopt=install_weak_deps=False",
                                          "install", NULL};
static const char *const zypper_install[] = {"zypper", "--non-interactive", "install",
                                             "--no-recommends", NULL};

static const struct manager managers[] = {
    {"/usr/bin/apt-get", apt_query, apt_install, apt_refresh},
    {"/usr/bin/tdnf", rpm_query, tdnf_install, NULL},
    {"/usr/bin/dnf", rpm_query, dnf_install, NULL},
    {"/usr/bin/zypper", rpm_query, zypper_install, NULL},
};

static const struct manager *find_manager(const struct home *h)
{
    char path[HOME_PATH_MAX_BYTES];

    for (size_t i = 0; i < sizeof managers / sizeof *managers; i++)
        if (home_in_root(h, path, NULL, "%s", managers[i].program) == 0 &&
            access(path, F_OK) == 0)
            return &managers[i];
    return NULL;
}

/* ---- are they there? --------------------------------------------------------------- */

static void count_installed(void *arg, const char *line)
{
    size_t *count = arg;

    *count += strcmp(line, "installed") == 0;
}

static bool all_installed(const struct manager *m, const struct step *step)
{
    const char *argv[TAKE_ARGV_MAX + 1] = {0};
    size_t n = 0, installed = 0;
    struct exec e = {.argv = argv,
                     .deadline_ms = QUERY_DEADLINE_MS,
                     .on_line = count_installed,
                     .arg = &installed};
    int status;

    for (const char *const *q = m->query; *q; q++)
        argv[n++] = *q;
    for (size_t i = 0; i < step->arg_count; i++)
        argv[n++] = step->args[i];
    return exec_run(&e, &status, NULL) == 0 && status == 0 &&
           installed >= step->arg_count;
}

/* ---- install ------------------------------------------------------------------------
 */

static int run(const struct taking *t, const char *const *before, const struct step *step,
               int *status, struct fail *why)
{
    return take_program(t, before, step ? step->args : NULL, step ? step->arg_count : 0,
                        INSTALL_DEADLINE_MS, status, why);
}

/* A node that lost power keeps apt's indexes as empty files, and update believes them to
 * be current for as long as the mirror has nothing newer.
 */
static void forget_empty_lists(const struct home *h)
{
    char path[HOME_PATH_MAX_BYTES];
    struct dirent *entry;
    struct stat st;
    DIR *lists;

    if (home_in_root(h, path, NULL, APT_LISTS) < 0 || !(lists = opendir(path)))
        return;
    while ((entry = readdir(lists)))
        if (strcmp(entry->d_name, "lock") != 0 &&
            fstatat(dirfd(lists), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode) && st.st_size == 0)
            unlinkat(dirfd(lists), entry->d_name, 0);
    closedir(lists);
}

static bool refresh(const struct taking *t, const struct manager *m)
{
    int status;

    forget_empty_lists(t->home);
    return run(t, m->refresh, NULL, &status, NULL) == 0 && status == 0;
}

/* What may help before a second attempt: fresh lists, or ending what dpkg began when a
 * reboot or a full disk cut it short.  False: nothing.
 */
static bool remedy(const struct taking *t, const struct manager *m)
{
    static const char *const configure[] = {"dpkg", "--configure", "-a", NULL};
    int status;

    if (steplog_saw(t->log, STEPLOG_UNFINISHED))
        return run(t, configure, NULL, &status, NULL) == 0 && status == 0;
    return steplog_saw(t->log, STEPLOG_UNKNOWN) && m->refresh && refresh(t, m);
}

/* Fresh lists and an unfinished dpkg may both be in the way, one after the other. */
#define REMEDIES 2

static int install(const struct taking *t, const struct manager *m,
                   const struct step *step, struct fail *why)
{
    int status;

    for (int tries = 0;; tries++) {
        if (run(t, m->install, step, &status, why) < 0)
            return -1;
        if (status == 0)
            return 0;
        if (steplog_saw(t->log, STEPLOG_DISK_FULL) || tries == REMEDIES || !remedy(t, m))
            return take_blame(t, FAIL_PACKAGES, m->install[0], status, why);
    }
}

int take_packages(const struct taking *t, const struct step *step, bool *already,
                  struct fail *why)
{
    const struct manager *m = find_manager(t->home);

    if (!m)
        return fail_set(why, FAIL_UNSUPPORTED,
                        "none of apt, dnf, tdnf and zypper is on this node");
    if (all_installed(m, step))
        return 0;
    *already = false;
    if (install(t, m, step, why) < 0)
        return -1;
    if (!all_installed(m, step))
        return fail_set(why, FAIL_PACKAGES, "%s is content, yet not all is installed",
                        m->install[0]);
    return 0;
}
