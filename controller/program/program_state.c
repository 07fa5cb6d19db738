#include "controller/program/program_state.h"

#include <assert.h>

#define EV_EXITED PROGRAM_EV_EXITED
#define EV_QUIET  PROGRAM_EV_QUIET
#define EV_LATE   PROGRAM_EV_LATE
#define EV_FLOOD  PROGRAM_EV_FLOOD
#define EV_GONE   PROGRAM_EV_GONE
#define EV_CLOSE  PROGRAM_EV_CLOSE

/* clang-format off */
static const unsigned char road[PROGRAM_STATES][PROGRAM_EVENTS] = {
    [PROGRAM_RUNNING]     = { [EV_EXITED] = PROGRAM_DRAINING, [EV_LATE] = PROGRAM_TERMINATING,
                              [EV_FLOOD] = PROGRAM_TERMINATING, [EV_CLOSE] = PROGRAM_TERMINATING },
    [PROGRAM_DRAINING]    = { [EV_QUIET] = PROGRAM_OVER, [EV_LATE] = PROGRAM_OVER,
                              [EV_FLOOD] = PROGRAM_OVER, [EV_CLOSE] = PROGRAM_OVER },
    [PROGRAM_TERMINATING] = { [EV_GONE] = PROGRAM_OVER, [EV_LATE] = PROGRAM_KILLED },
    [PROGRAM_KILLED]      = { [EV_GONE] = PROGRAM_OVER, [EV_LATE] = PROGRAM_OVER },
    [PROGRAM_OVER]        = { [EV_CLOSE] = PROGRAM_CLOSED },
};
/* clang-format on */

int program_state_next(enum program_state state, enum program_event event)
{
    assert(state < PROGRAM_STATES && event < PROGRAM_EVENTS);
    return road[state][event];
}
