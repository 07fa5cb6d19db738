/* take - take one step: make it so, unless it is so already
 *
 * Each take looks first, acts, and looks again; all are idempotent.  They run
 * programs and wait for them: only in a step's own unit.
 */
#ifndef NODE_AGENT_INSTALL_TAKE_H
#define NODE_AGENT_INSTALL_TAKE_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct home;
struct step;
struct steplog;

struct taking {
    const struct home *home;
    struct steplog *log;
};

/* *already: nothing had to be changed.  FAIL_PACKAGES, FAIL_MODULE, FAIL_STEP,
 * FAIL_DISK_FULL, FAIL_TIMEOUT (a lock, or it took too long), FAIL_UNSUPPORTED.
 */
int take_step(const struct taking *t, const struct step *step, bool *already,
              struct fail *why);

/* ---- its parts, for each verb ---------------------------------------------------- */

int take_packages(const struct taking *t, const struct step *step, bool *already,
                  struct fail *why);
int take_modules(const struct taking *t, const struct step *step, bool *already,
                 struct fail *why);
int take_rxe(const struct taking *t, const struct step *step, bool *already,
             struct fail *why);
int take_memlock(const struct taking *t, const struct step *step, bool *already,
                 struct fail *why);

/* ---- what the parts share ---------------------------------------------------------- */

/* Room for a program, its options and a step's arguments. */
#define TAKE_ARGV_MAX 96

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

/* Write a file below the node's root unless it has that text; *already becomes false
 * when it was written.
 */
int take_file(const struct taking *t, const char *path, const char *text, bool *already,
              struct fail *why);

#endif
