/* lockholder - which process holds a lock on a file
 *
 * As the kernel tells in /proc/locks; what dpkg, apt, rpm and tdnf lock, they lock so.
 * Only looks: nobody's lock is ever taken or broken.
 */
#ifndef NODE_AGENT_INSTALL_LOCKHOLDER_H
#define NODE_AGENT_INSTALL_LOCKHOLDER_H

#include <stdbool.h>

#include "node-agent/install/process.h"

struct home;

#define LOCKHOLDER_MAX_BYTES PROCESS_MAX_BYTES

/* "unattended-upgr (process 71)" into who, for a path below the node's root.  False:
 * nobody holds a lock for writing there, as far as can be seen.
 */
bool lockholder_find(const struct home *h, const char *path,
                     char who[LOCKHOLDER_MAX_BYTES]);

#endif
