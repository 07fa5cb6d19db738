#include "controller/rollout/failing.h"

#include "inventory/fleet_policy.h"
#include "protocol/fail.h"

static bool may_be_changed(enum node_state state)
{
    return state >= NODE_INSTALLING && state <= NODE_SOAKING;
}

enum node_event failing_event(enum node_state state, unsigned on_failure,
                              const struct fail *why)
{
    enum fail_kind kind = fail_kind_of(why->code);

    if (!may_be_changed(state) || kind == FAIL_KIND_HERE)
        return NODE_EV_FAIL;
    switch (on_failure) {
    case ON_FAILURE_ROLLBACK:
        return kind == FAIL_KIND_INPUT ? NODE_EV_FAIL : NODE_EV_ROLL_BACK;
    case ON_FAILURE_UNDRAIN:
        return NODE_EV_RETURN;
    default:
        return NODE_EV_FAIL;
    }
}

static bool is_on_its_way_back(enum node_state state)
{
    return state >= NODE_BACK_PROBING && state <= NODE_RETURNING;
}

void failing_keep(struct fail *kept, enum node_state state, const struct fail *why)
{
    struct fail first = *kept;

    if (is_on_its_way_back(state))
        fail_set(kept, first.code, "%s; then %s: %s", first.text, node_state_name(state),
                 why->text);
    else if (state != NODE_RELEASING && state != NODE_GIVING_UP)
        *kept = *why;
}

enum node_event failing_end(enum node_state state, const struct fail *why,
                            enum node_event event)
{
    bool is_skipped = state == NODE_GIVING_UP && why->code == FAIL_SKIPPED;

    return is_skipped && (event == NODE_EV_OK || event == NODE_EV_FAIL) ? NODE_EV_SKIP
                                                                        : event;
}
