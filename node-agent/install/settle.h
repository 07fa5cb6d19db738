/* settle - what a step has done is on the disk before it is said to be done
 *
 * Package managers, installers and initramfs tools write much and sync some of it.  A
 * power cut soon after would leave a record that says "done" beside files that are empty
 * or not there, and nobody would do them again.
 */
#ifndef NODE_AGENT_SETTLE_H
#define NODE_AGENT_SETTLE_H

struct fail;
struct home;

/* All that was written so far to the file systems that steps write to; not to others, of
 * which one over the network may hang.  It waits for the disk: only in a step's own unit.
 * FAIL_DISK_FULL, FAIL_STEP.
 */
int settle(const struct home *h, struct fail *why);

#endif
