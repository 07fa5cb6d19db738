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

static const struct {
    const char *name, *meaning;
} states[LINK_STATES] = {
    [LINK_DOWN]       = {"down", "not opened yet"},
    [LINK_WAITING]    = {"waiting", "for its turn among the nodes that log in at once, or for another try"},
    [LINK_CONNECTING] = {"connecting", "TCP, key exchange, the host key is judged, login"},
    [LINK_STARTING]   = {"starting the agent", "the agent is looked up by its SHA-256, and started"},
    [LINK_PUSHING]    = {"sending the agent", "the node did not have it"},
    [LINK_UP]         = {"up", "the agent has greeted and can be asked"},
    [LINK_LOST]       = {"lost", "the code and the sentence beside it say why"},
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
    return states[state].name;
}

const char *link_state_meaning(enum link_state state)
{
    assert(state > LINK_ILLEGAL && state < LINK_STATES);
    return states[state].meaning;
}
