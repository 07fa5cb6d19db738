/* kept - the files with which a node stays as it was made, over reboots
 *
 * Written by install, recognised by detect, removed by uninstall.  Paths are
 * below the node's root.
 */
#ifndef NODE_AGENT_INSTALL_KEPT_H
#define NODE_AGENT_INSTALL_KEPT_H

#define KEPT_RXE_UNIT     "/etc/systemd/system/ibfleet-rxe.service"
#define KEPT_WANTS_FOLDER "/etc/systemd/system/multi-user.target.wants"
#define KEPT_RXE_WANTED   KEPT_WANTS_FOLDER "/ibfleet-rxe.service"
#define KEPT_MODULES_FILE "/etc/modules-load.d/ibfleet.conf"
#define KEPT_MEMLOCK_FILE "/etc/security/limits.d/ibfleet.conf"
#define KEPT_MANAGER_FILE "/etc/systemd/system.conf.d/ibfleet.conf"
#define KEPT_NAMES_FILE   "/etc/udev/rules.d/60-ibfleet-rdma-names.rules"
/* After 80-net-setup-link.rules, which give interfaces their names. */
#define KEPT_IPOIB_FILE "/etc/udev/rules.d/85-ibfleet-ipoib.rules"

/* Not a file that keeps anything, but the record of which holds are ours. */
#define KEPT_HOLDS_FILE "/var/lib/ibfleet/holds"

#endif
