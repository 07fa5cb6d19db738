/* holdable - which installed packages an update must leave alone (pure) */
#ifndef NODE_AGENT_INSTALL_HOLDABLE_H
#define NODE_AGENT_INSTALL_HOLDABLE_H

#include <stdbool.h>

/* Is it of the vendor's driver?  By its name, or by the mark that the vendor puts into the
 * version of what the distribution has under the same name ("2501mlnx56-1").
 */
bool holdable_is_driver(const char *name, const char *version);

/* Is it of the kernel: the package that always leads to the newest, or one of the running
 * release ("5.15.0-1064-azure"), which an update in place would change?
 */
bool holdable_is_kernel(const char *name, const char *release);

#endif
