/* uninstall - take away what ibfleet left on a node, but not what it installed
 *
 * Gone are the agent's own files, the claim, the ledger, the logs, and the files that
 * keep modules, Soft-RoCE, names, addresses and the memlock limit over reboots.  Packages
 * stay, but nothing holds them any more; what is loaded, named or given stays so until the
 * next boot.
 */
#ifndef NODE_AGENT_INSTALL_UNINSTALL_H
#define NODE_AGENT_INSTALL_UNINSTALL_H

#include <stdint.h>

struct fail;
struct home;
struct json;

/* *removed: array of paths, the caller's.  Nothing is touched while a step is at work
 * (FAIL_STEP) or somebody's claim lasts (FAIL_CLAIMED).
 */
int uninstall(const struct home *h, int64_t now_s, struct json **removed,
              struct fail *why);

#endif
