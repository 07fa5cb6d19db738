#include "controller/rollout/node_state.h"

#include <assert.h>
#include <string.h>

/* clang-format off */
static const unsigned char road[NODE_STATES][NODE_EVENTS] = {
    [NODE_TODO]       = { [NODE_EV_START]      = NODE_PROBING,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_PROBING]    = { [NODE_EV_PLAN]       = NODE_PLANNED,
                          [NODE_EV_UP_TO_DATE] = NODE_UP_TO_DATE,
                          [NODE_EV_FAIL]       = NODE_FAILED,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_PLANNED]    = { [NODE_EV_GO]         = NODE_CLAIMING,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_CLAIMING]   = { [NODE_EV_OK]         = NODE_INSTALLING,
                          [NODE_EV_FAIL]       = NODE_FAILED,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_INSTALLING] = { [NODE_EV_OK]         = NODE_VERIFYING,
                          [NODE_EV_REBOOT]     = NODE_REBOOTING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_REBOOTING]  = { [NODE_EV_OK]         = NODE_VERIFYING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_VERIFYING]  = { [NODE_EV_OK]         = NODE_RELEASING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_RELEASING]  = { [NODE_EV_OK]         = NODE_DONE,
                          [NODE_EV_FAIL]       = NODE_DONE,  /* the claim runs out */
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_GIVING_UP]  = { [NODE_EV_OK]         = NODE_FAILED,
                          [NODE_EV_FAIL]       = NODE_FAILED,
                          [NODE_EV_PAUSE]      = NODE_FAILED },
};

static const struct {
    const char *name, *meaning;
} states[NODE_STATES] = {
    [NODE_TODO]       = {"todo",
        "its turn has not come yet"},
    [NODE_PROBING]    = {"probing",
        "logging in, looking at what it has, deciding what it lacks"},
    [NODE_PLANNED]    = {"planned",
        "there is something to do; waits until it may begin"},
    [NODE_CLAIMING]   = {"claiming",
        "from here on no other controller may touch it"},
    [NODE_INSTALLING] = {"installing",
        "the agent takes the steps; they go on without the controller"},
    [NODE_REBOOTING]  = {"rebooting",
        "told to reboot; until it is back with another boot id"},
    [NODE_VERIFYING]  = {"verifying",
        "until nothing is left to do on it"},
    [NODE_RELEASING]  = {"releasing",
        "the claim is let go of"},
    [NODE_GIVING_UP]  = {"giving-up",
        "it failed, and our claim is still on it"},
    [NODE_DONE]       = {"done",
        "is as the fleet file wants it, and was changed for it"},
    [NODE_UP_TO_DATE] = {"up-to-date",
        "was so before; nothing was changed"},
    [NODE_FAILED]     = {"failed",
        "the code and the sentence beside it say why"},
    [NODE_PAUSED]     = {"paused",
        "by the operator; resume takes it up again"},
};

static const char *const events[NODE_EVENTS] = {
    [NODE_EV_NONE]       = "none",
    [NODE_EV_START]      = "start",
    [NODE_EV_UP_TO_DATE] = "up-to-date",
    [NODE_EV_PLAN]       = "plan",
    [NODE_EV_GO]         = "go",
    [NODE_EV_OK]         = "ok",
    [NODE_EV_REBOOT]     = "reboot",
    [NODE_EV_FAIL]       = "fail",
    [NODE_EV_PAUSE]      = "pause",
};
/* clang-format on */

int node_state_next(enum node_state state, enum node_event event)
{
    assert(state > 0 && state < NODE_STATES && event < NODE_EVENTS);
    return road[state][event];
}

const char *node_state_name(enum node_state state)
{
    assert(state > 0 && state < NODE_STATES);
    return states[state].name;
}

const char *node_state_meaning(enum node_state state)
{
    assert(state > 0 && state < NODE_STATES);
    return states[state].meaning;
}

const char *node_event_name(enum node_event event)
{
    assert(event < NODE_EVENTS);
    return events[event];
}

int node_state_of(const char *name)
{
    for (int i = 1; i < NODE_STATES; i++)
        if (strcmp(states[i].name, name) == 0)
            return i;
    return NODE_ILLEGAL;
}

bool node_state_is_end(enum node_state state)
{
    return state >= NODE_DONE;
}

bool node_loss_is_final(enum node_state state, enum fail_code code, bool was_up)
{
    switch (code) {
    case FAIL_HOST_KEY_CHANGED:
    case FAIL_HOST_KEY_ANOTHERS:
    case FAIL_HOST_REPLACED:
    case FAIL_HOST_KEY_UNKNOWN:
    case FAIL_VERSION:
    case FAIL_GARBAGE:
    case FAIL_FLOOD:
        return true;
    default:
        break;
    }
    if (fail_kind_of(code) == FAIL_KIND_HERE)
        return true;
    if (state == NODE_REBOOTING || code == FAIL_AGENT_DIED)
        return false; /* what an agent had begun goes on; the next one finds it */
    if (state == NODE_PROBING && !was_up)
        return true;
    return fail_kind_of(code) != FAIL_KIND_AGAIN;
}
