#include "controller/rollout/deadline.h"

#include <stdbool.h>

#include "protocol/fail.h"
#include "protocol/steps.h"

static uint64_t choose(uint64_t given_ms, uint64_t usual_ms)
{
    return given_ms ? given_ms : usual_ms;
}

static uint64_t extra_ms(enum step_verb verb)
{
    switch (verb) {
    case STEP_FETCH:
        return DEADLINE_FETCH_MS;
    case STEP_DRIVER:
    case STEP_DROP:
        return DEADLINE_DRIVER_MS;
    case STEP_DKMS:
        return DEADLINE_DKMS_MS;
    default:
        return 0;
    }
}

struct deadlines deadlines_for(const struct deadlines *given, const struct steps *steps)
{
    struct deadlines d = *given;

    if (d.install_ms)
        return d;
    d.install_ms = DEADLINE_INSTALL_MS;
    for (size_t i = 0; i < steps->count; i++)
        d.install_ms += extra_ms(steps->list[i].verb);
    return d;
}

uint64_t deadline_of_state(const struct deadlines *d, enum node_state state)
{
    switch (state) {
    case NODE_CLAIMING:
        return DEADLINE_CLAIM_MS;
    case NODE_DRAINING:
        return d->drain_ms;
    case NODE_CHECKING:
        return d->check_ms;
    case NODE_UNDRAINING:
        return DEADLINE_RETURN_MS;
    case NODE_STAGING:
    case NODE_BACK_INSTALLING:
    case NODE_INSTALLING:
        return choose(d->install_ms, DEADLINE_INSTALL_MS);
    case NODE_PROBING:
    case NODE_REBOOTING:
    case NODE_BACK_REBOOTING:
        return choose(d->reboot_ms, DEADLINE_REBOOT_MS);
    case NODE_VERIFYING:
    case NODE_SOAKING:
    case NODE_BACK_PROBING:
        return choose(d->verify_ms, DEADLINE_VERIFY_MS);
    default:
        return DEADLINE_RELEASE_MS;
    }
}

uint64_t deadline_of_answer(const struct deadlines *d, enum node_state state)
{
    return state == NODE_INSTALLING || state == NODE_STAGING ||
                   state == NODE_BACK_INSTALLING
               ? deadline_of_state(d, state)
               : choose(d->answer_ms, DEADLINE_ANSWER_MS);
}

/* Only with a scheduler is a node staged, drained and given back. */
static bool is_on_the_road(const struct deadlines *d, enum node_state state)
{
    return d->drain_ms || (state != NODE_STAGING && state != NODE_UNDRAINING &&
                           (state != NODE_SOAKING || d->soak_ms));
}

int64_t deadline_of_claim_s(const struct deadlines *d)
{
    uint64_t road_ms = d->soak_ms;

    for (int s = NODE_CLAIMING; s <= NODE_RELEASING; s++)
        if (is_on_the_road(d, (enum node_state)s))
            road_ms += deadline_of_state(d, (enum node_state)s);
    return (int64_t)(road_ms / 1000) + DEADLINE_SPARE_S;
}

/* It was looked at, and was not as it should be: that sentence says it all. */
static bool is_judgement(enum fail_code code)
{
    return code == FAIL_VERIFY || code == FAIL_PORT_DOWN || code == FAIL_NO_HCA;
}

void deadline_explain(enum node_state state, const struct fail *lost, struct fail *why)
{
    if ((state == NODE_VERIFYING || state == NODE_SOAKING) && is_judgement(lost->code))
        *why = *lost;
    else if (state == NODE_REBOOTING || state == NODE_BACK_REBOOTING)
        fail_set(why, FAIL_REBOOT, "not back in time: %s",
                 lost->code ? lost->text : "no answer");
    else if (lost->code)
        fail_set(why, lost->code, "%s: %s", node_state_name(state), lost->text);
    else
        fail_set(why, FAIL_TIMEOUT, "%s: no answer in time", node_state_name(state));
}
