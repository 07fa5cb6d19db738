#include "node-agent/install/manager.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-agent/clock.h"
#include "node-agent/home.h"
#include "node-agent/install/exec.h"
#include "node-agent/install/lockholder.h"
#include "node-agent/install/steplog.h"
#include "node-agent/install/take.h"
#include "protocol/fail.h"

/* A slow mirror and a slow disk; the kernel's own packages build an initramfs. */
#define RUN_DEADLINE_MS   (30 * 60 * 1000)
#define QUERY_DEADLINE_MS 60000

/* What a machine does to itself after its first boot takes minutes. */
#define LOCK_WAIT_S   300
#define LOCK_PAUSE_MS 1000

#define APT_LISTS "/var/lib/apt/lists"

#define LOCKS_MAX 5

struct manager {
    enum manager_kind kind;
    const char
        *program; /* below the node's root: that it is there says which one it is */
    const char *const *query; /* "installed" for each of those named */
    const char *const *list;  /* "installed NAME VERSION", or another status */
    const char *const *install;
    const char *const *download;
    const char *const *cached; /* install from what is there; NULL: no need to say so */
    const char *const *refresh;
    const char
        *locks[LOCKS_MAX]; /* as the kernel knows them; others are told by itself */
};

#define RPM_LOCKS "/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock"

/* yum and dnf wait for each other without end, unless told not to. */
#define AT_ONCE "-y", "--setopt=exit_on_lock=True"

/* clang-format off */
static const char *const apt_query[] = {"dpkg-query", "-W", "-f", "${db:Status-Status}\n", NULL};
static const char *const apt_list[] = {"dpkg-query", "-W", "-f",
    "${db:Status-Status} ${Package} ${Version}\n", NULL};
static const char *const apt_install[] = {MANAGER_APT_GET, "--no-install-recommends", "install", NULL};
static const char *const apt_download[] = {MANAGER_APT_GET, "--no-install-recommends",
    "--download-only", "install", NULL};
static const char *const apt_refresh[] = {MANAGER_APT_GET, "update", NULL};
static const char *const rpm_query[] = {"rpm", "-q", "--qf", "installed\n", NULL};
static const char *const rpm_list[] = {"rpm", "-qa", "--qf",
    "installed %{NAME} %{VERSION}-%{RELEASE}\n", NULL};
static const char *const tdnf_install[] = {"tdnf", "-y", "install", NULL};
static const char *const tdnf_download[] = {"tdnf", "-y", "--downloadonly", "install", NULL};
static const char *const tdnf_cached[] = {"tdnf", "-y", "-C", "install", NULL};
static const char *const tdnf_refresh[] = {"tdnf", "-y", "makecache", NULL};
static const char *const dnf_install[] = {"dnf", AT_ONCE, "--setopt=install_weak_deps=False",
    "install", NULL};
static const char *const dnf_download[] = {"dnf", AT_ONCE, "--setopt=install_weak_deps=False",
    MANAGER_DNF_KEEP, "--downloadonly", "install", NULL};
static const char *const dnf_cached[] = {"dnf", AT_ONCE, "--setopt=install_weak_deps=False",
    "-C", "install", NULL};
static const char *const dnf_refresh[] = {"dnf", AT_ONCE, "clean", "expire-cache", NULL};
static const char *const yum_install[] = {"yum", AT_ONCE, "install", NULL};
static const char *const yum_download[] = {"yum", AT_ONCE, "--downloadonly", "install", NULL};
static const char *const yum_cached[] = {"yum", AT_ONCE, "-C", "install", NULL};
static const char *const yum_refresh[] = {"yum", AT_ONCE, "clean", "expire-cache", NULL};
static const char *const zypper_install[] = {"zypper", "--non-interactive", "install",
    "--no-recommends", NULL};
static const char *const zypper_download[] = {"zypper", "--non-interactive", "install",
    "--no-recommends", "--download-only", NULL};
static const char *const zypper_cached[] = {"zypper", "--non-interactive", "--no-refresh",
    "install", "--no-recommends", NULL};
static const char *const zypper_refresh[] = {"zypper", "--non-interactive", "refresh", NULL};

/* As part_os() of detect has them: Azure Linux has dnf beside tdnf, and where dnf is, yum
 * is only its other name.
 */
static const struct manager managers[] = {
    {MANAGER_APT, "/usr/bin/apt-get", apt_query, apt_list, apt_install, apt_download, NULL, apt_refresh,
        {"/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock", APT_LISTS "/lock",
         "/var/cache/apt/archives/lock"}},
    {MANAGER_TDNF, "/usr/bin/tdnf", rpm_query, rpm_list, tdnf_install, tdnf_download, tdnf_cached, tdnf_refresh,
        {"/run/.tdnf-instance-lockfile", RPM_LOCKS}},
    {MANAGER_DNF, "/usr/bin/dnf", rpm_query, rpm_list, dnf_install, dnf_download, dnf_cached, dnf_refresh, {RPM_LOCKS}},
    {MANAGER_YUM, "/usr/bin/yum", rpm_query, rpm_list, yum_install, yum_download, yum_cached, yum_refresh, {RPM_LOCKS}},
    {MANAGER_ZYPPER, "/usr/bin/zypper", rpm_query, rpm_list, zypper_install, zypper_download, zypper_cached, zypper_refresh,
        {RPM_LOCKS}},
};
/* clang-format on */

const struct manager *manager_find(const struct home *h, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];

    for (size_t i = 0; i < sizeof managers / sizeof *managers; i++)
        if (home_in_root(h, path, NULL, "%s", managers[i].program) == 0 &&
            access(path, F_OK) == 0)
            return &managers[i];
    fail_set(why, FAIL_UNSUPPORTED,
             "none of apt, dnf, yum, tdnf and zypper is on this node");
    return NULL;
}

enum manager_kind manager_kind(const struct manager *m)
{
    return m->kind;
}

const char *manager_name(const struct manager *m)
{
    return m->install[0];
}

/* ---- what is there ------------------------------------------------------------------ */

static void count_installed(void *arg, const char *line)
{
    size_t *count = arg;

    *count += strcmp(line, "installed") == 0;
}

bool manager_has(const struct manager *m, char *const *names, size_t count)
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
    for (size_t i = 0; i < count && n < TAKE_ARGV_MAX; i++)
        argv[n++] = names[i];
    return exec_run(&e, &status, NULL) == 0 && status == 0 && installed >= count;
}

struct listing {
    manager_package_fn on_package;
    void *arg;
};

/* dpkg keeps the names of what has gone, too, and of what was never there. */
static bool is_there(const char *status)
{
    return strcmp(status, "not-installed") != 0 && strcmp(status, "config-files") != 0;
}

static void on_listed(void *arg, const char *line)
{
    const struct listing *l = arg;
    char status[32], name[256], version[256];

    if (sscanf(line, "%31s %255s %255s", status, name, version) == 3 && is_there(status))
        l->on_package(l->arg, name, version);
}

int manager_each(const struct manager *m, manager_package_fn on_package, void *arg,
                 struct fail *why)
{
    struct listing l = {on_package, arg};
    struct exec e = {.argv = m->list,
                     .deadline_ms = QUERY_DEADLINE_MS,
                     .on_line = on_listed,
                     .arg = &l};
    int status;

    if (exec_run(&e, &status, why) < 0)
        return -1;
    if (status != 0)
        return fail_set(why, FAIL_PACKAGES, "%s ended with %d", m->list[0], status);
    return 0;
}

/* ---- the lock ------------------------------------------------------------------------- */

static int64_t lock_wait_ms(void)
{
    return take_patience_ms("IBFLEET_LOCK_SECONDS", LOCK_WAIT_S);
}

/* The lock that is held, and by whom; NULL: none, as far as the kernel tells. */
static const char *held_lock(const struct home *h, const struct manager *m,
                             char who[LOCKHOLDER_MAX_BYTES])
{
    for (int i = 0; i < LOCKS_MAX && m->locks[i]; i++)
        if (lockholder_find(h, m->locks[i], who))
            return m->locks[i];
    return NULL;
}

static void say_once(const struct taking *t, const char *lock, const char *who,
                     bool *said)
{
    char line[256];

    if (*said)
        return;
    *said = true;
    snprintf(line, sizeof line, "# waiting for %s, which %s holds", lock, who);
    steplog_line(t->log, line);
}

/* Nothing is started while somebody else is at work. */
static int await_lock(const struct taking *t, const struct manager *m, int64_t until_ms,
                      struct fail *why)
{
    char who[LOCKHOLDER_MAX_BYTES];
    bool said = false;
    const char *lock;

    while ((lock = held_lock(t->home, m, who))) {
        say_once(t, lock, who, &said);
        if (clock_ms() >= until_ms)
            return fail_set(
                why, FAIL_LOCKED,
                "%s is held by %s, waited for it for %lld s: again, when that "
                "has ended",
                lock, who, (long long)(lock_wait_ms() / 1000));
        poll(NULL, 0, LOCK_PAUSE_MS);
    }
    return 0;
}

int manager_await(const struct taking *t, const struct manager *m, struct fail *why)
{
    return await_lock(t, m, clock_ms() + lock_wait_ms(), why);
}

/* What the kernel does not tell (yum and zypper lock by a file with a number in it, and
 * somebody may have been faster), the program says; then it has changed nothing.
 */
int manager_run(const struct taking *t, const struct manager *m,
                const char *const *before, char *const *args, size_t count, int *status,
                struct fail *why)
{
    int64_t until_ms = clock_ms() + lock_wait_ms();
    int ended;

    for (;;) {
        if (await_lock(t, m, until_ms, why) < 0 ||
            take_program(t, before, args, count, RUN_DEADLINE_MS, &ended, why) < 0)
            return -1;
        if (ended == 0 || !steplog_saw(t->log, STEPLOG_LOCKED) || clock_ms() >= until_ms)
            break;
        poll(NULL, 0, LOCK_PAUSE_MS);
    }
    if (status)
        *status = ended;
    else if (ended != 0)
        return take_blame(t, FAIL_PACKAGES, before[0], ended, why);
    return 0;
}

/* ---- install ---------------------------------------------------------------------------- */

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

int manager_refresh(const struct taking *t, const struct manager *m, struct fail *why)
{
    forget_empty_lists(t->home);
    return manager_run(t, m, m->refresh, NULL, 0, NULL, why);
}

int manager_finish(const struct taking *t, const struct manager *m, struct fail *why)
{
    static const char *const configure[] = {"dpkg", "--configure", "-a", NULL};

    if (m->kind != MANAGER_APT)
        return 0;
    return manager_run(t, m, configure, NULL, 0, NULL, why);
}

/* What may help before a second attempt: fresh lists, or ending what dpkg began when a
 * reboot or a full disk cut it short.  False: nothing.
 */
static bool remedy(const struct taking *t, const struct manager *m)
{
    if (steplog_saw(t->log, STEPLOG_UNFINISHED))
        return manager_finish(t, m, NULL) == 0;
    return steplog_saw(t->log, STEPLOG_UNKNOWN) && manager_refresh(t, m, NULL) == 0;
}

/* Lists grow old while a node waits for its jobs to end, and a repository that does not
 * answer then has no say in what came ahead.  What it says that fails in vain explains
 * nothing.
 */
static int install_cached(const struct taking *t, const struct manager *m,
                          char *const *names, size_t count)
{
    int status;

    if (!m->cached || !steplog_saw(t->log, STEPLOG_UNFETCHED))
        return -1;
    steplog_line(t->log, "# from what has come already, then");
    if (manager_run(t, m, m->cached, names, count, &status, NULL) == 0 && status == 0)
        return 0;
    steplog_begin(t->log);
    return -1;
}

/* Fresh lists and an unfinished dpkg may both be in the way, one after the other. */
#define REMEDIES 2

int manager_install(const struct taking *t, const struct manager *m, char *const *names,
                    size_t count, struct fail *why)
{
    int status;

    for (int tries = 0;; tries++) {
        if (manager_run(t, m, m->install, names, count, &status, why) < 0)
            return -1;
        if (status == 0)
            return 0;
        if (steplog_saw(t->log, STEPLOG_DISK_FULL) || tries == REMEDIES || !remedy(t, m))
            break;
    }
    take_blame(t, FAIL_PACKAGES, m->install[0], status, why);
    return install_cached(t, m, names, count);
}

/* ---- download ---------------------------------------------------------------------------- */

int manager_download(const struct taking *t, const struct manager *m, char *const *names,
                     size_t count, struct fail *why)
{
    int status;

    for (int tries = 0;; tries++) {
        if (manager_run(t, m, m->download, names, count, &status, why) < 0)
            return -1;
        if (status == 0)
            return 0;
        if (steplog_saw(t->log, STEPLOG_DISK_FULL) || tries == 1 ||
            !steplog_saw(t->log, STEPLOG_UNKNOWN) || manager_refresh(t, m, NULL) < 0)
            return take_blame(t, FAIL_PACKAGES, m->download[0], status, why);
    }
}
