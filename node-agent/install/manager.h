/* manager - the node's own package manager: what it has, and how it is asked
 *
 * apt, tdnf, dnf, yum or zypper, whichever is there.  Another one that is at work is
 * waited for and never forced: for IBFLEET_LOCK_SECONDS of the environment, 300 without,
 * and then it is FAIL_LOCKED with the name of the process that holds the lock.
 *
 *     const struct manager *m = manager_find(t->home, why);
 *
 *     if (!m || manager_install(t, m, names, count, why) < 0)
 *         return -1;
 */
#ifndef NODE_AGENT_INSTALL_MANAGER_H
#define NODE_AGENT_INSTALL_MANAGER_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct home;
struct manager;
struct taking;

enum manager_kind {
    MANAGER_APT,
    MANAGER_TDNF,
    MANAGER_DNF,
    MANAGER_YUM,
    MANAGER_ZYPPER,
};

/* apt-get that asks nothing, and keeps the node's own configuration files. */
#define MANAGER_APT_GET                                                               \
    "apt-get", "-q", "-y", "-o", "Acquire::Retries=2", "-o", "Dpkg::Use-Pty=0", "-o", \
        "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"

/* What is downloaded stays until it is installed, not only until dnf's next transaction. */
#define MANAGER_DNF_KEEP "--setopt=keepcache=True"

/* NULL: FAIL_UNSUPPORTED, there is none that we know. */
const struct manager *manager_find(const struct home *h, struct fail *why);

enum manager_kind manager_kind(const struct manager *m);
const char *manager_name(const struct manager *m); /* "apt-get", "dnf"; never NULL */

/* Are all of these packages installed? */
bool manager_has(const struct manager *m, char *const *names, size_t count);

/* For each package that is there, be it only half; name and version are borrowed.
 * FAIL_PACKAGES.
 */
typedef void (*manager_package_fn)(void *arg, const char *name, const char *version);
int manager_each(const struct manager *m, manager_package_fn on_package, void *arg,
                 struct fail *why);

/* Install packages of the repositories, or files: with fresh lists where one is not known,
 * and after what an interrupted dpkg left has been ended.  FAIL_PACKAGES, FAIL_DISK_FULL,
 * FAIL_LOCKED, FAIL_TIMEOUT.
 */
int manager_install(const struct taking *t, const struct manager *m, char *const *names,
                    size_t count, struct fail *why);

/* Bring what installing them would bring into the manager's cache, where a later
 * manager_install() finds it, and change nothing else: what dpkg has only begun is not
 * ended for it (STEPLOG_UNFINISHED).  With fresh lists where one is not known.  Names that
 * are installed are to be left out, for apt marks those.  Fails as manager_install().
 */
int manager_download(const struct taking *t, const struct manager *m, char *const *names,
                     size_t count, struct fail *why);

/* Take fresh lists of what the repositories have.  Fails as manager_install(). */
int manager_refresh(const struct taking *t, const struct manager *m, struct fail *why);

/* End what dpkg has only begun; the others leave nothing such.  Fails as manager_install(). */
int manager_finish(const struct taking *t, const struct manager *m, struct fail *why);

/* Until nobody else is at work, for what must be started once and no more.  FAIL_LOCKED. */
int manager_await(const struct taking *t, const struct manager *m, struct fail *why);

/* As take_program(), for whatever needs the lock; *status may be NULL when anything but
 * 0 is a failure, FAIL_PACKAGES.
 */
int manager_run(const struct taking *t, const struct manager *m,
                const char *const *before, char *const *args, size_t count, int *status,
                struct fail *why);

#endif
