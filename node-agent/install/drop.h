/* drop - take a vendor's driver out, and put back what it had replaced
 *
 * What we hold against updates is let go first; then by the vendor's own uninstaller where
 * it is, and by the package manager for whatever that leaves.  What is to come back is in the record (was.h), in the version that was
 * there where a repository still has it, else in the one that it has; the log tells.
 */
#ifndef NODE_AGENT_INSTALL_DROP_H
#define NODE_AGENT_INSTALL_DROP_H

#include <stddef.h>

struct fail;
struct manager;
struct taking;
struct was;

/* What may be only half there.  The record says "dropping" meanwhile and "dropped" at the
 * end; where a rollback leads is as it was.  FAIL_STEP: something of the driver is still
 * there; FAIL_PACKAGES: the driver has gone, but not all came back; FAIL_LOCKED,
 * FAIL_DISK_FULL, FAIL_TIMEOUT.
 */
int drop_remains(const struct taking *t, const struct manager *m, struct was *w,
                 struct fail *why);

/* Bring what would come back with it, and these packages, which are to be there once it
 * has gone, into the manager's cache; nothing else is changed.  What no repository gives is
 * FAIL_PACKAGES, as it would be then; what is in the way only now is left for then, which
 * the log tells.  FAIL_LOCKED, FAIL_DISK_FULL, FAIL_TIMEOUT.
 */
int drop_download(const struct taking *t, const struct manager *m, const struct was *w,
                  char *const *names, size_t count, struct fail *why);

#endif
