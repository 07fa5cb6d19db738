/* rollout_steer - what the operator, the scheduler and hooks have to say to a rollout */
#include <assert.h>

#include "controller/rollout/dispatch.h"
#include "controller/rollout/node.h"
#include "controller/rollout/policy.h"
#include "controller/rollout/rollout_parts.h"

void rollout_hold(struct rollout *r)
{
    if (r->dispatch)
        policy_hold(dispatch_policy(r->dispatch));
    rollout_want_turn(r);
}

void rollout_begin(struct rollout *r, size_t i, const struct fail *why)
{
    struct traveller *t = &r->travellers[i];

    assert(i < r->count);
    if (!t->is_under_way || node_where(t->node) != NODE_PLANNED)
        return;
    t->awaits_hook = false;
    if (why)
        node_refuse(t->node, why);
    else
        node_go(t->node, r->claim);
}

void rollout_answer(struct rollout *r, size_t i, enum node_state in,
                    const struct fail *why)
{
    assert(i < r->count);
    node_answer(r->travellers[i].node, in, why);
}

void rollout_keep(struct rollout *r, size_t i)
{
    dispatch_keep(r->dispatch, i);
    rollout_want_turn(r);
}

bool rollout_may_keep(const struct rollout *r, size_t i)
{
    return dispatch_may_keep(r->dispatch, i);
}

bool rollout_needs_kept(const struct rollout *r)
{
    return policy_needs_kept(dispatch_policy(r->dispatch));
}

void rollout_set_seen(struct rollout *r, const struct dispatch_seen *seen)
{
    if (r->dispatch && !r->closing)
        dispatch_set_seen(r->dispatch, seen);
    rollout_want_turn(r);
}

void rollout_look(struct rollout *r)
{
    rollout_want_turn(r);
}

void rollout_set_veto(struct rollout *r, bool is_vetoed)
{
    policy_set_veto(dispatch_policy(r->dispatch), is_vetoed);
    rollout_want_turn(r);
}

void rollout_stop(struct rollout *r, const char *why)
{
    policy_stop(dispatch_policy(r->dispatch), why);
    rollout_want_turn(r);
}

void rollout_promote(struct rollout *r)
{
    if (r->dispatch)
        policy_promote(dispatch_policy(r->dispatch));
    rollout_want_turn(r);
}

/* Its turn had come, and it was not begun. */
static void let_wait(struct traveller *t)
{
    t->awaits_hook = t->is_under_way = false;
    dispatch_report(t->rollout->dispatch, (size_t)(t - t->rollout->travellers),
                    POLICY_SKIPPED, NULL);
}

void rollout_pause(struct rollout *r)
{
    rollout_hold(r);
    for (size_t i = 0; i < r->count; i++) {
        enum node_state where = node_where(r->travellers[i].node);

        if (r->travellers[i].awaits_hook)
            let_wait(&r->travellers[i]);
        else if (where != NODE_PLANNED && !node_state_is_end(where))
            node_pause(r->travellers[i].node);
    }
}
