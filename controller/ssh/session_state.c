#include "controller/ssh/session_state.h"

#include <assert.h>

#define EV_DONE    SESSION_EV_DONE
#define EV_FAIL    SESSION_EV_FAIL
#define EV_CLOSE   SESSION_EV_CLOSE
#define EV_INSTEAD SESSION_EV_INSTEAD

/* clang-format off */
static const unsigned char road[SESSION_STATES][SESSION_EVENTS] = {
    [SESSION_FRESH]       = { [EV_DONE] = SESSION_RESOLVING,   [EV_FAIL] = SESSION_OVER, [EV_CLOSE] = SESSION_CLOSED },
    [SESSION_RESOLVING]   = { [EV_DONE] = SESSION_CONNECTING,  [EV_FAIL] = SESSION_OVER, [EV_CLOSE] = SESSION_CLOSED },
    [SESSION_CONNECTING]  = { [EV_DONE] = SESSION_HANDSHAKING, [EV_FAIL] = SESSION_OVER, [EV_CLOSE] = SESSION_CLOSED },
    [SESSION_HANDSHAKING] = { [EV_DONE] = SESSION_LOGGING_IN,  [EV_FAIL] = SESSION_OVER, [EV_CLOSE] = SESSION_CLOSED },
    [SESSION_LOGGING_IN]  = { [EV_DONE] = SESSION_OPENING,     [EV_FAIL] = SESSION_OVER, [EV_CLOSE] = SESSION_CLOSED },
    [SESSION_OPENING]     = { [EV_DONE] = SESSION_STARTING,    [EV_FAIL] = SESSION_OVER, [EV_CLOSE] = SESSION_CLOSED },
    [SESSION_STARTING]    = { [EV_DONE] = SESSION_RUNNING,     [EV_FAIL] = SESSION_OVER, [EV_CLOSE] = SESSION_CLOSED },
    [SESSION_RUNNING]     = { [EV_DONE] = SESSION_ENDING,      [EV_FAIL] = SESSION_OVER, [EV_CLOSE] = SESSION_CLOSED,
                              [EV_INSTEAD] = SESSION_LEAVING },
    [SESSION_LEAVING]     = { [EV_DONE] = SESSION_OPENING,     [EV_FAIL] = SESSION_OVER, [EV_CLOSE] = SESSION_CLOSED },
    [SESSION_ENDING]      = { [EV_DONE] = SESSION_OVER,        [EV_FAIL] = SESSION_OVER, [EV_CLOSE] = SESSION_CLOSED },
    [SESSION_OVER]        = { [EV_CLOSE] = SESSION_CLOSED },
};

static const char *const names[SESSION_STATES] = {
    [SESSION_FRESH]       = "preparing",
    [SESSION_RESOLVING]   = "looking up the address",
    [SESSION_CONNECTING]  = "connecting",
    [SESSION_HANDSHAKING] = "in the SSH handshake",
    [SESSION_LOGGING_IN]  = "logging in",
    [SESSION_OPENING]     = "opening a channel",
    [SESSION_STARTING]    = "starting the command",
    [SESSION_RUNNING]     = "running the command",
    [SESSION_LEAVING]     = "leaving the command",
    [SESSION_ENDING]      = "waiting for the exit status",
    [SESSION_OVER]        = "over",
    [SESSION_CLOSED]      = "closed",
};
/* clang-format on */

int session_state_next(enum session_state state, enum session_event event)
{
    assert(state < SESSION_STATES && event < SESSION_EVENTS);
    return road[state][event];
}

const char *session_state_name(enum session_state state)
{
    assert(state > SESSION_ILLEGAL && state < SESSION_STATES);
    return names[state];
}
