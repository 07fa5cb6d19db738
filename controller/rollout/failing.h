/* failing - what follows for a node that has failed on its road (pure)
 */
#ifndef CONTROLLER_FAILING_H
#define CONTROLLER_FAILING_H

#include "controller/rollout/node_state.h"

struct fail;

/* Where it goes: NODE_EV_FAIL, or what on_failure (enum policy_on_failure) says of a node that
 * may have been changed.  Nobody is rolled back whom the operator has to mend first, and
 * nothing is done when our own machine is what fails.
 */
enum node_event failing_event(enum node_state state, unsigned on_failure,
                              const struct fail *why);

/* *kept is what is told of it in the end: what it failed with first, and what failed after that
 * on the way back.  That a claim is not let go changes nothing.
 */
void failing_keep(struct fail *kept, enum node_state state, const struct fail *why);

/* Who was passed over has not failed, once its claim is let go. */
enum node_event failing_end(enum node_state state, const struct fail *why,
                            enum node_event event);

#endif
