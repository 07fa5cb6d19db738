/* exchange - some packages go and others come back, in as few turns as the manager can
 *
 * apt does it in one, so that nothing that needs either is removed on the way.
 */
#ifndef NODE_AGENT_INSTALL_EXCHANGE_H
#define NODE_AGENT_INSTALL_EXCHANGE_H

#include "node-agent/install/was.h"

struct taking;

struct exchange {
    struct was_packages gone; /* to be removed                                       */
    struct was_packages back; /* to be there, in that version ("": in the one that a
                               * repository has) if a repository has it              */
};

/* Copies.  FAIL_MEMORY. */
int exchange_add(struct was_packages *p, const char *name, const char *version,
                 struct fail *why);
void exchange_clear(struct exchange *x);

/* With nothing to do nothing is run.  A package that no repository has is left out, and
 * the log says so.  FAIL_PACKAGES, FAIL_LOCKED, FAIL_DISK_FULL, FAIL_TIMEOUT.
 */
int exchange_run(const struct taking *t, const struct manager *m,
                 const struct exchange *x, struct fail *why);

/* Only bring what would come back into the manager's cache, from other repositories than
 * the vendor's.  Nothing else is changed.  Fails likewise.
 */
int exchange_download(const struct taking *t, const struct manager *m,
                      const struct exchange *x, struct fail *why);

#endif
