/* reboot - once, for whoever may
 *
 * The request names the boot that is to end.  When the node has another boot id by
 * now it has happened, and nothing is done: asked twice, it reboots once.
 */
#ifndef NODE_AGENT_INSTALL_REBOOT_H
#define NODE_AGENT_INSTALL_REBOOT_H

#include <stdbool.h>
#include <stdint.h>

struct fail;
struct home;

/* It comes a moment after this returns, so that the answer is out before. */
#define REBOOT_DELAY_S 1

/* FAIL_CLAIMED, FAIL_STALE_EPOCH; FAIL_REBOOT: it could not be begun; as the ledger. */
int reboot_node(const struct home *h, const char *run, int64_t epoch, const char *boot_id,
                bool *already, struct fail *why);

#endif
