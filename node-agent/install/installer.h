/* installer - run a vendor's installer: an archive of MLNX_OFED, a package of DOCA-OFED
 *
 * Both find the bundle at `path`, already compared with its SHA-256, and both take what
 * the installer says for what it is: whether the driver is there is looked at by
 * whoever called.
 */
#ifndef NODE_AGENT_INSTALL_INSTALLER_H
#define NODE_AGENT_INSTALL_INSTALLER_H

#include <stddef.h>

struct fail;
struct manager;
struct taking;

struct installer {
    const struct taking *t;
    const struct manager *m;
    const char *version;
    const char *path;   /* of the bundle          */
    const char *kernel; /* the running one        */
    char *const *flags; /* {kernel} stands for it */
    size_t flag_count;
};

/* FAIL_INSTALLER with the line that tells why; FAIL_DISK_FULL, FAIL_LOCKED, FAIL_TIMEOUT,
 * FAIL_STEP.
 */
int installer_run_mlnx(const struct installer *i, struct fail *why);
int installer_run_doca(const struct installer *i, struct fail *why);

/* ---- for these two ------------------------------------------------------------------ */

/* As take_program(), for one of the vendor's own, called `name`.  It is killed, with all
 * that it had started, after IBFLEET_INSTALLER_SECONDS of the environment, 2400 without;
 * that is FAIL_INSTALLER with its last words: another try is not for us to begin.
 */
int installer_program(const struct installer *i, const char *name,
                      const char *const *before, char *const *args, size_t count,
                      int *status, struct fail *why);

/* Into the log, when its words were of that. */
void installer_note_reboot(const struct installer *i);

#endif
