/* fitness - does a machine do RDMA as it should, beside having all that was installed?
 *
 * decide() says whether something is left to be done.  Here its ports are looked at: of a
 * machine of Azure's against what its size has (sku.h), of any other against what it had
 * before.
 *
 *     if (fitness_judge(f, before, &want, why) < 0)
 *         why->text: "mlx5_ib0 port 1: 100 Gb/s (2X HDR), HB120rs_v3 has 200"
 *
 * Only what was asked for is judged: nothing where the wish is driver = none, or that the
 * driver goes.  Ports take minutes after a boot, so whoever asks may have to ask again.
 *
 * Pure.
 */
#ifndef INVENTORY_FITNESS_H
#define INVENTORY_FITNESS_H

#include <stdbool.h>

struct decide_want;
struct facts;
struct fail;

/* Is there anything to judge a machine by, whatever is wanted of it? */
bool fitness_can_judge(const struct facts *f);

/* before: the machine as it was once, for the ports that were ACTIVE then; NULL: not known.
 * want may be NULL: whatever there is.
 *
 * -1, and the first thing that is wrong, with the device, the port, what it has and what it
 * should have:
 *   FAIL_NO_HCA     fewer than the size has, or than were there before; no Soft-RoCE
 *   FAIL_PORT_DOWN  a port is not ACTIVE, or its link is not up
 *   FAIL_VERIFY     the link layer, subnet manager, partition key or rate
 */
int fitness_judge(const struct facts *f, const struct facts *before,
                  const struct decide_want *want, struct fail *why);

#endif
