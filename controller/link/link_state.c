#include "controller/link/link_state.h"

#include <assert.h>

/* clang-format off */
static const unsigned char road[LINK_STATES][LINK_EVENTS] = {
    [LINK_DOWN]       = { [LINK_EV_OPEN]       = LINK_WAITING },
    [LINK_WAITING]    = { [LINK_EV_TURN]       = LINK_CONNECTING,
                          [LINK_EV_LOST]       = LINK_LOST },
    [LINK_CONNECTING] = { [LINK_EV_LOGGED_IN]  = LINK_STARTING,
                          [LINK_EV_RETRY]      = LINK_WAITING, [LINK_EV_LOST] = LINK_LOST },
    [LINK_STARTING]   = { [LINK_EV_NEED_AGENT] = LINK_PUSHING,
                          [LINK_EV_HELLO]      = LINK_UP,
                          [LINK_EV_RETRY]      = LINK_WAITING, [LINK_EV_LOST] = LINK_LOST },
    [LINK_PUSHING]    = { [LINK_EV_HELLO]      = LINK_UP,
                          [LINK_EV_RETRY]      = LINK_WAITING, [LINK_EV_LOST] = LINK_LOST },
    [LINK_UP]         = { [LINK_EV_LOST]       = LINK_LOST },
    [LINK_LOST]       = { [LINK_EV_OPEN]       = LINK_WAITING },
};

static const char *const names[LINK_STATES] = {
    [LINK_DOWN]       = "down",
    [LINK_WAITING]    = "waiting",
    [LINK_CONNECTING] = "connecting",
    [LINK_STARTING]   = "starting the agent",
    [LINK_PUSHING]    = "sending the agent",
    [LINK_UP]         = "up",
    [LINK_LOST]       = "lost",
};
/* clang-format on */

int link_state_next(enum link_state state, enum link_event event)
{
    assert(state < LINK_STATES && event < LINK_EVENTS);
    return road[state][event];
}

const char *link_state_name(enum link_state state)
{
    assert(state > LINK_ILLEGAL && state < LINK_STATES);
    return names[state];
}
