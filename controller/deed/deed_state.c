#include "controller/deed/deed_state.h"

#include <assert.h>
#include <string.h>

/* clang-format off */
static const unsigned char road[DEED_STATES][DEED_EVENTS] = {
    [DEED_TODO]      = { [DEED_EV_GO]         = DEED_LOOKING,
                         [DEED_EV_FAIL]       = DEED_FAILED },
    [DEED_LOOKING]   = { [DEED_EV_ASK]        = DEED_ASKING,
                         [DEED_EV_UP_TO_DATE] = DEED_UP_TO_DATE,
                         [DEED_EV_FAIL]       = DEED_FAILED },
    [DEED_ASKING]    = { [DEED_EV_TAKEN]      = DEED_FOLLOWING,
                         [DEED_EV_OK]         = DEED_CHECKING,
                         [DEED_EV_DOUBT]      = DEED_DOUBTING,
                         [DEED_EV_FAIL]       = DEED_FAILED },
    [DEED_DOUBTING]  = { [DEED_EV_ASK]        = DEED_ASKING,
                         [DEED_EV_OK]         = DEED_DONE,
                         [DEED_EV_FAIL]       = DEED_FAILED },
    [DEED_FOLLOWING] = { [DEED_EV_OK]         = DEED_CHECKING,
                         [DEED_EV_DOUBT]      = DEED_DOUBTING,
                         [DEED_EV_FAIL]       = DEED_FAILED },
    [DEED_CHECKING]  = { [DEED_EV_OK]         = DEED_DONE,
                         [DEED_EV_FAIL]       = DEED_FAILED },
};

static const char *const states[DEED_STATES] = {
    [DEED_TODO]       = "todo",
    [DEED_LOOKING]    = "looking",
    [DEED_ASKING]     = "asking",
    [DEED_DOUBTING]   = "doubting",
    [DEED_FOLLOWING]  = "following",
    [DEED_CHECKING]   = "checking",
    [DEED_DONE]       = "done",
    [DEED_UP_TO_DATE] = "up-to-date",
    [DEED_FAILED]     = "failed",
};

static const char *const events[DEED_EVENTS] = {
    [DEED_EV_NONE]       = "none",
    [DEED_EV_GO]         = "go",
    [DEED_EV_UP_TO_DATE] = "up-to-date",
    [DEED_EV_ASK]        = "ask",
    [DEED_EV_DOUBT]      = "doubt",
    [DEED_EV_TAKEN]      = "taken",
    [DEED_EV_OK]         = "ok",
    [DEED_EV_FAIL]       = "fail",
};
/* clang-format on */

int deed_state_next(enum deed_state state, enum deed_event event)
{
    assert(state > 0 && state < DEED_STATES && event < DEED_EVENTS);
    return road[state][event];
}

const char *deed_state_name(enum deed_state state)
{
    assert(state > 0 && state < DEED_STATES);
    return states[state];
}

const char *deed_event_name(enum deed_event event)
{
    assert(event < DEED_EVENTS);
    return events[event];
}

int deed_state_of(const char *name)
{
    for (int i = 1; i < DEED_STATES; i++)
        if (strcmp(states[i], name) == 0)
            return i;
    return DEED_ILLEGAL;
}

bool deed_state_is_end(enum deed_state state)
{
    return state >= DEED_DONE;
}
