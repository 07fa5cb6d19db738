/* stage - what of a plan can be brought to a node while it is still in service (pure)
 *
 *     if (stage_has(&plan->steps))
 *         stage_of(&plan->steps, &staged, why)      ... and these are asked for first
 *
 * Whatever is staged changes nothing that runs: bundles come into the agent's folder,
 * packages into the package manager's cache.  A fetch is staged as it is, and the node's
 * ledger knows it again when all of the steps come; of packages and of a driver that is to
 * go a download is made (protocol/steps.h), and the install finds what it has brought.
 */
#ifndef CONTROLLER_STAGE_H
#define CONTROLLER_STAGE_H

#include <stdbool.h>

#include "protocol/fail.h"

struct steps;

/* Is there anything to be brought? */
bool stage_has(const struct steps *plan);

/* *staged must be empty; the fetches are its last.  A step with too many arguments to be
 * staged is left for the install.  FAIL_MEMORY, and then *staged is empty.
 */
int stage_of(const struct steps *plan, struct steps *staged, struct fail *why);

/* Staging has failed with that code: is it only too early, for an earlier step of the plan
 * may bring what was missing?  Otherwise the install would meet it, too.
 */
bool stage_may_wait(const struct steps *plan, enum fail_code code);

#endif
