/* take - take one step: make it so, unless it is so already
 *
 * Each take looks first, acts, and looks again; all are idempotent.  They run
 * programs and wait for them: only in a step's own unit.
 */
#ifndef NODE_AGENT_INSTALL_TAKE_H
#define NODE_AGENT_INSTALL_TAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct home;
struct step;
struct steplog;

struct taking {
    const struct home *home;
    struct steplog *log;
    const char *run; /* whose step it is */
};

/* *already: nothing had to be changed.  FAIL_PACKAGES, FAIL_MODULE, FAIL_STEP,
 * FAIL_DISK_FULL, FAIL_LOCKED, FAIL_TIMEOUT, FAIL_UNSUPPORTED, FAIL_KERNEL_HEADERS,
 * FAIL_DOWNLOAD, FAIL_NO_TOOL, FAIL_HASH, FAIL_INSTALLER, FAIL_DKMS, FAIL_IN_USE.
 */
int take_step(const struct taking *t, const struct step *step, bool *already,
              struct fail *why);

/* ---- its parts, for each verb ---------------------------------------------------- */

int take_drop(const struct taking *t, const struct step *step, bool *already,
              struct fail *why);
int take_packages(const struct taking *t, const struct step *step, bool *already,
                  struct fail *why);
int take_fetch(const struct taking *t, const struct step *step, bool *already,
               struct fail *why);
int take_download(const struct taking *t, const struct step *step, bool *already,
                  struct fail *why);
int take_driver(const struct taking *t, const struct step *step, bool *already,
                struct fail *why);
int take_dkms(const struct taking *t, const struct step *step, bool *already,
              struct fail *why);
int take_initramfs(const struct taking *t, const struct step *step, bool *already,
                   struct fail *why);
int take_restart(const struct taking *t, const struct step *step, bool *already,
                 struct fail *why);
int take_names(const struct taking *t, const struct step *step, bool *already,
               struct fail *why);
int take_ipoib(const struct taking *t, const struct step *step, bool *already,
               struct fail *why);
int take_hold(const struct taking *t, const struct step *step, bool *already,
              struct fail *why);
int take_modules(const struct taking *t, const struct step *step, bool *already,
                 struct fail *why);
int take_rxe(const struct taking *t, const struct step *step, bool *already,
             struct fail *why);
int take_memlock(const struct taking *t, const struct step *step, bool *already,
                 struct fail *why);

/* What a drop will need, ahead: METHOD VERSION NAME..., as a download has it behind its
 * word.
 */
int take_download_drop(const struct taking *t, const struct step *step, bool *already,
                       struct fail *why);
int take_download_packages(const struct taking *t, char *const *names, size_t count,
                           bool *already, struct fail *why);

/* ---- what the parts share ---------------------------------------------------------- */

/* Room for a program, its options, and a step's arguments or a driver's packages. */
#define TAKE_ARGV_MAX 600

/* Run a program into the log.  before and args are put together; before ends with
 * NULL, args has count elements.  As exec_run().
 */
int take_program(const struct taking *t, const char *const *before, char *const *args,
                 size_t count, unsigned deadline_ms, int *status, struct fail *why);

/* Fill *why after a program failed: disk full and locks are told apart from `code`.
 * Returns -1.
 */
int take_blame(const struct taking *t, int code, const char *what, int status,
               struct fail *why);

/* Say more of packages that were not to be had (FAIL_PACKAGES), where the log tells it:
 * FAIL_KERNEL_HEADERS, FAIL_DKMS.  Other failures stay as they are.  Returns -1.
 */
int take_explain_packages(const struct taking *t, char *const *names, size_t count,
                          struct fail *why);

/* Write a file below the node's root unless it has that text; *already becomes false
 * when it was written.
 */
int take_file(const struct taking *t, const char *path, const char *text, bool *already,
              struct fail *why);

/* The same for a file of udev's rules, which are then in force. */
int take_rules(const struct taking *t, const char *path, const char *text, bool *already,
               struct fail *why);

/* How long to wait for what others do: the environment's variable, which tests set, else
 * fallback; 1 to 1800.
 */
int64_t take_patience_ms(const char *variable, int fallback_s);

/* The whole path of a program, as a unit or a rule needs it: "/usr/sbin/ip".  False: it is
 * in none of the system's folders.
 */
bool take_tool(const struct taking *t, const char *name, char *path, size_t size);

#endif
