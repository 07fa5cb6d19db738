/* vmext_status - how install and uninstall ended, where Azure's extension would say it
 *
 * /var/log/azure/ib-vmext-status has one line, replaced as a whole:
 *
 *     TIME OPERATION EXIT CODE TEXT
 *     2026-11-29T16:39:44Z install 0 ok up to date: doca-ofed 3.2.2
 *     2026-11-29T16:39:44Z install 13 size-without-rdma Standard_D4s_v5 has no RDMA: ...
 *
 * TIME is UTC; OPERATION is install or uninstall; EXIT is what the program ends with, as
 * Microsoft documents it (inventory/extension_exit.h); CODE is the finer reason
 * (protocol/fail.h).  Microsoft does not document the content of the extension's own file,
 * only its name.
 */
#ifndef NODE_AGENT_VMEXT_STATUS_H
#define NODE_AGENT_VMEXT_STATUS_H

struct fail;
struct home;

#define VMEXT_STATUS_FOLDER "/var/log/azure"
#define VMEXT_STATUS_FILE   VMEXT_STATUS_FOLDER "/ib-vmext-status"

/* Where the machine is Azure's or the folder is there; elsewhere nothing happens.  When it
 * cannot be written, the old one goes, so that it never tells another exit than ours; then
 * -1: FAIL_DISK_FULL, FAIL_STEP.
 */
int vmext_status_write(const struct home *h, const char *operation,
                       const struct fail *result, struct fail *why);

#endif
