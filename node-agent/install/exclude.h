/* exclude - names that dnf, yum and tdnf leave alone, in their configuration file (pure)
 *
 * In the section [main], between two lines of ours.  Of two lines with one key the last
 * one counts, so what stood there is taken over, and comes back when ours goes:
 *
 *     [main]
 *     # ibfleet hold begins; before: exclude=opensm*
 *     exclude=opensm* mlnx-tools ofed-scripts
 *     # ibfleet hold ends
 */
#ifndef NODE_AGENT_INSTALL_EXCLUDE_H
#define NODE_AGENT_INSTALL_EXCLUDE_H

#include <stdbool.h>

/* The file's text without our lines, as it was before; the caller's.  NULL: no memory. */
char *exclude_remove(const char *text);

/* The text (which may be "") with our lines for these names, parted by blanks, in place of
 * those that were there; the caller's.  key is that of the manager, "exclude" or
 * "excludepkgs", where the file has neither.  NULL: no memory.
 */
char *exclude_put(const char *text, const char *key, const char *names);

/* Is that name among ours? */
bool exclude_has(const char *text, const char *name);

#endif
