/* deadline - how long a node may stay in each state of its road (pure)
 *
 * Logins have their own deadlines, in the pool of links.
 */
#ifndef CONTROLLER_DEADLINE_H
#define CONTROLLER_DEADLINE_H

#include <stdint.h>

#include "controller/rollout/node_state.h"

struct fail;
struct steps;

#define DEADLINE_ANSWER_MS  30000   /* detect, claim, release, reboot: one answer */
#define DEADLINE_CLAIM_MS   60000   /* of the whole state                         */
#define DEADLINE_INSTALL_MS 1800000 /* packages may come over a slow line         */
#define DEADLINE_FETCH_MS   1800000 /* and so much more for a vendor's bundle,    */
#define DEADLINE_DRIVER_MS  2700000 /* its installer, or its removal,             */
#define DEADLINE_DKMS_MS    1800000 /* and modules that are built                 */
#define DEADLINE_REBOOT_MS  600000  /* until the boot id differs                  */
#define DEADLINE_VERIFY_MS  120000  /* ports take a while to become ACTIVE        */
#define DEADLINE_RELEASE_MS 30000
#define DEADLINE_CHECK_MS   600000 /* of a batch that is measured                */
#define DEADLINE_RETURN_MS  600000 /* until the scheduler has a node back        */

/* What a claim lasts beyond all of them, for clocks that differ. */
#define DEADLINE_SPARE_S 900

/* In the state; 0: as above. */
struct deadlines {
    uint64_t answer_ms, install_ms, reboot_ms, verify_ms;
    uint64_t drain_ms, check_ms, soak_ms; /* 0: none of it */
};

/* The same for a node with these steps before it: what is not given becomes as long as
 * they may take.
 */
struct deadlines deadlines_for(const struct deadlines *given, const struct steps *steps);

/* For a state in which the agent is asked something.  Probing is that of a node that
 * may be booting.
 */
uint64_t deadline_of_state(const struct deadlines *d, enum node_state state);

/* For one answer in that state. */
uint64_t deadline_of_answer(const struct deadlines *d, enum node_state state);

/* How long a claim lasts, in seconds: longer than the road from claiming to releasing. */
int64_t deadline_of_claim_s(const struct deadlines *d);

/* What is told of a node that did not make it; lost: the latest failure or "not yet"
 * there, code FAIL_NONE when there was none.
 */
void deadline_explain(enum node_state state, const struct fail *lost, struct fail *why);

#endif
