/* home - where the agent lives on its node
 *
 * The state folder holds the claim, the ledger, the logs and the locks:
 * /var/lib/ibfleet for root, else $XDG_STATE_HOME/ibfleet (~/.local/state/ibfleet).
 *
 * With IBFLEET_ROOT=DIR in the environment everything on the node (the state folder
 * too) is meant below DIR, and installing needs no root: so the tests rehearse on a
 * tree of their own.  Never under sudo, where the environment may be a stranger's.
 */
#ifndef NODE_AGENT_HOME_H
#define NODE_AGENT_HOME_H

#include <stdbool.h>
#include <stddef.h>

struct fail;

#define HOME_PATH_MAX_BYTES 512

/* What a peer calls a run becomes a file name. */
#define HOME_NAME_MAX_BYTES 64

/* Nobody holds a lock for longer than an fsync takes. */
#define HOME_LOCK_DEADLINE_MS 10000

struct home {
    char root[HOME_PATH_MAX_BYTES / 2];  /* "" on a real node */
    char state[HOME_PATH_MAX_BYTES / 2]; /* "": a user without a home */
    bool may_install;
    bool systemd; /* steps run as its units */
};

/* FAIL_STEP: a path that is too long. */
int home_find(struct home *p, struct fail *why);

/* Give the programs that the agent starts a plain environment: PATH of the system's
 * folders on a real node run by root, C locale, nothing that asks questions.
 */
void home_environment(const struct home *h);

/* Make the state folder (and `folder` in it, unless NULL) if it is not there.
 * FAIL_STEP, FAIL_DISK_FULL.
 */
int home_make(const struct home *h, const char *folder, struct fail *why);

/* Below the state folder, or below the node's root.  FAIL_STEP: too long, or nothing says
 * where a user keeps state, which who only looks at the node need not know.
 */
int home_in_state(const struct home *h, char path[HOME_PATH_MAX_BYTES], struct fail *why,
                  const char *fmt, ...) __attribute__((format(printf, 4, 5)));
int home_in_root(const struct home *h, char path[HOME_PATH_MAX_BYTES], struct fail *why,
                 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Letters, digits, '.', '_', '-', not starting with '.' or '-', at most
 * HOME_NAME_MAX_BYTES: fit for a file name and for a unit's.
 */
bool home_name_is_safe(const char *name);

/* Take the lock of that name in the state folder; close() gives it back, death too.
 * Returns a descriptor.  FAIL_TIMEOUT after HOME_LOCK_DEADLINE_MS, FAIL_STEP.
 */
int home_lock(const struct home *h, const char *name, struct fail *why);

/* The same at once or not at all: -1 without a failure means that it is held. */
int home_try_lock(const struct home *h, const char *name);

/* Does somebody hold it, or can that not be told?  Those who only ask do not see each
 * other, but who takes it at that moment sees them.
 */
bool home_is_locked(const struct home *h, const char *name);

/* Put text into a file; the directories above it are made.  On disk when it returns; after
 * a power cut before that it is there whole or not at all.  FAIL_DISK_FULL, FAIL_STEP.
 */
int home_write(const char *path, const char *text, unsigned mode, struct fail *why);

/* Remove a file, so that no power cut brings it back; one that is not there is fine.
 * FAIL_STEP.
 */
int home_remove(const char *path, struct fail *why);

/* Make the directories that stand before the last slash of path, on disk too. */
int home_make_above(const char *path, struct fail *why);

/* The whole file, NUL-terminated, the caller's; NULL when it is not there, is larger
 * than max_bytes or can not be read.
 */
char *home_read(const char *path, size_t max_bytes);

/* The same of what may have NULs in it. */
char *home_read_bytes(const char *path, size_t max_bytes, size_t *len);

/* Differs after a reboot; "" where the kernel does not tell. */
#define HOME_BOOT_ID_BYTES 40
void home_boot_id(const struct home *h, char boot_id[HOME_BOOT_ID_BYTES]);

/* Fill *why for errno: FAIL_DISK_FULL where that is what it says, else FAIL_STEP.
 * Returns -1.
 */
int home_fail(struct fail *why, const char *doing, const char *path);

#endif
