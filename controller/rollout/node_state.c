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
                          [NODE_EV_FAIL]       = NODE_FAILED,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_CLAIMING]   = { [NODE_EV_OK]         = NODE_STAGING,
                          [NODE_EV_FAIL]       = NODE_FAILED,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_STAGING]    = { [NODE_EV_OK]         = NODE_DRAINING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_DRAINING]   = { [NODE_EV_OK]         = NODE_INSTALLING,
                          [NODE_EV_SKIP]       = NODE_GIVING_UP,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_INSTALLING] = { [NODE_EV_OK]         = NODE_VERIFYING,
                          [NODE_EV_REBOOT]     = NODE_REBOOTING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_ROLL_BACK]  = NODE_BACK_PROBING,
                          [NODE_EV_RETURN]     = NODE_RETURNING,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_REBOOTING]  = { [NODE_EV_OK]         = NODE_VERIFYING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_ROLL_BACK]  = NODE_BACK_PROBING,
                          [NODE_EV_RETURN]     = NODE_RETURNING,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_VERIFYING]  = { [NODE_EV_OK]         = NODE_CHECKING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_ROLL_BACK]  = NODE_BACK_PROBING,
                          [NODE_EV_RETURN]     = NODE_RETURNING,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_CHECKING]   = { [NODE_EV_OK]         = NODE_SOAKING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_ROLL_BACK]  = NODE_BACK_PROBING,
                          [NODE_EV_RETURN]     = NODE_RETURNING,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_SOAKING]    = { [NODE_EV_OK]         = NODE_UNDRAINING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_ROLL_BACK]  = NODE_BACK_PROBING,
                          [NODE_EV_RETURN]     = NODE_RETURNING,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_UNDRAINING] = { [NODE_EV_OK]         = NODE_RELEASING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_RELEASING]  = { [NODE_EV_OK]         = NODE_DONE,
                          [NODE_EV_FAIL]       = NODE_DONE,  /* the claim runs out */
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_BACK_PROBING] = { [NODE_EV_PLAN]     = NODE_BACK_INSTALLING,
                          [NODE_EV_UP_TO_DATE] = NODE_RETURNING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_BACK_INSTALLING] = { [NODE_EV_OK]    = NODE_BACK_PROBING,
                          [NODE_EV_REBOOT]     = NODE_BACK_REBOOTING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_BACK_REBOOTING] = { [NODE_EV_OK]     = NODE_BACK_PROBING,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_RETURNING]  = { [NODE_EV_OK]         = NODE_GIVING_UP,
                          [NODE_EV_FAIL]       = NODE_GIVING_UP,
                          [NODE_EV_PAUSE]      = NODE_PAUSED },
    [NODE_GIVING_UP]  = { [NODE_EV_OK]         = NODE_FAILED,
                          [NODE_EV_FAIL]       = NODE_FAILED,
                          [NODE_EV_SKIP]       = NODE_SKIPPED,
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
    [NODE_STAGING]    = {"staging",
        "what its steps need is fetched while it is still in service"},
    [NODE_DRAINING]   = {"draining",
        "until the scheduler has no job on it any more"},
    [NODE_INSTALLING] = {"installing",
        "the agent takes the steps; they go on without the controller"},
    [NODE_REBOOTING]  = {"rebooting",
        "told to reboot; until it is back with another boot id"},
    [NODE_VERIFYING]  = {"verifying",
        "until nothing is left to do on it and its ports are as they should be"},
    [NODE_CHECKING]   = {"checking",
        "measured against the others of its batch and known good nodes"},
    [NODE_SOAKING]    = {"soaking",
        "left alone for a while, then looked at once more"},
    [NODE_UNDRAINING] = {"undraining",
        "until the scheduler has it back"},
    [NODE_RELEASING]  = {"releasing",
        "the claim is let go of"},
    [NODE_BACK_PROBING] = {"rollback-probing",
        "it failed: looked at for what brings back what was there before"},
    [NODE_BACK_INSTALLING] = {"rolling-back",
        "it failed: the agent brings back what was there before"},
    [NODE_BACK_REBOOTING] = {"rollback-rebooting",
        "it failed: told to reboot into what was there before"},
    [NODE_RETURNING]  = {"returning",
        "it failed, and goes back into service"},
    [NODE_GIVING_UP]  = {"giving-up",
        "it failed, and our claim is still on it"},
    [NODE_DONE]       = {"done",
        "is as the fleet file wants it, and was changed for it"},
    [NODE_UP_TO_DATE] = {"up-to-date",
        "was so before; nothing was changed"},
    [NODE_FAILED]     = {"failed",
        "the code and the sentence beside it say why"},
    [NODE_SKIPPED]    = {"skipped",
        "could not be taken out of service; it is as it was found"},
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
    [NODE_EV_ROLL_BACK]  = "roll-back",
    [NODE_EV_RETURN]     = "return",
    [NODE_EV_SKIP]       = "skip",
    [NODE_EV_PAUSE]      = "pause",
};
/* clang-format on */

/* The leg that a node must have to come into this state; 0: none. */
static unsigned leg_of(int state)
{
    switch (state) {
    case NODE_STAGING:
        return NODE_LEG_STAGE;
    case NODE_DRAINING:
    case NODE_UNDRAINING:
    case NODE_RETURNING:
        return NODE_LEG_DRAIN;
    case NODE_CHECKING:
        return NODE_LEG_CHECK;
    case NODE_SOAKING:
        return NODE_LEG_SOAK;
    default:
        return 0;
    }
}

int node_state_next(enum node_state state, enum node_event event, unsigned legs)
{
    int to;

    assert(state > 0 && state < NODE_STATES && event < NODE_EVENTS);
    to = road[state][event];
    while (to != NODE_ILLEGAL && (leg_of(to) & legs) != leg_of(to))
        to = road[to][NODE_EV_OK];
    return to;
}

bool node_state_may_follow(enum node_state from, enum node_event event,
                           enum node_state to)
{
    for (unsigned legs = 0; legs <= NODE_LEGS_ALL; legs++)
        if (node_state_next(from, event, legs) == (int)to)
            return true;
    return false;
}

bool node_state_is_out(enum node_state state)
{
    return state >= NODE_DRAINING && state <= NODE_RETURNING && state != NODE_RELEASING;
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
