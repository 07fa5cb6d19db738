#include "controller/openssh/child_state.h"

#include <assert.h>

#define EV_DONE  CHILD_EV_DONE
#define EV_FAIL  CHILD_EV_FAIL
#define EV_CLOSE CHILD_EV_CLOSE

/* clang-format off */
static const unsigned char road[CHILD_STATES][CHILD_EVENTS] = {
    [CHILD_QUEUED]     = { [EV_DONE] = CHILD_LOGGING_IN, [EV_FAIL] = CHILD_OVER, [EV_CLOSE] = CHILD_CLOSED },
    [CHILD_LOGGING_IN] = { [EV_DONE] = CHILD_RUNNING,    [EV_FAIL] = CHILD_OVER, [EV_CLOSE] = CHILD_CLOSED },
    [CHILD_RUNNING]    = { [EV_DONE] = CHILD_OVER,       [EV_FAIL] = CHILD_OVER, [EV_CLOSE] = CHILD_CLOSED },
    [CHILD_OVER]       = { [EV_CLOSE] = CHILD_CLOSED },
};
/* clang-format on */

int child_state_next(enum child_state state, enum child_event event)
{
    assert(state < CHILD_STATES && event < CHILD_EVENTS);
    return road[state][event];
}
