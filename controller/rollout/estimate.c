#include "controller/rollout/estimate.h"

#include <stdio.h>
#include <stdlib.h>

#include "controller/rollout/course.h"
#include "controller/rollout/policy.h"
#include "inventory/fleet_policy.h"
#include "inventory/hours.h"

#define MINUTE_MS 60000u

struct rehearsal {
    const struct fleet_policy *keys;
    struct policy *policy;
    struct policy_time now;
    uint64_t begun_ms, node_ms;
    unsigned begun_minute;

    /* who is under way, in the order in which they will end, as all take as long */
    struct {
        size_t place;
        uint64_t end_ms;
    } way[FLEET_MAX_WINDOW];
    size_t first, count;
};

static void go_on_to(struct rehearsal *r, uint64_t ms)
{
    r->now.ms = ms;
    r->now.minute = (unsigned)((r->begun_minute + (ms - r->begun_ms) / MINUTE_MS) %
                               HOURS_MINUTES_A_WEEK);
}

static void begin_all(struct rehearsal *r)
{
    long place;

    while ((place = policy_next(r->policy, &r->now)) >= 0) {
        size_t at = (r->first + r->count++) % FLEET_MAX_WINDOW;

        r->way[at].place = (size_t)place;
        r->way[at].end_ms = r->now.ms + r->node_ms;
    }
}

static void end_one(struct rehearsal *r)
{
    size_t at = r->first;

    go_on_to(r, r->way[at].end_ms);
    r->first = (at + 1) % FLEET_MAX_WINDOW;
    r->count--;
    policy_report(r->policy, r->way[at].place, POLICY_WELL, NULL, &r->now);
}

/* False: it waits for something that time does not bring. */
static bool unblock(struct rehearsal *r)
{
    unsigned minutes = hours_until_open(&r->keys->hours, r->now.minute);

    if (policy_awaits_promote(r->policy))
        policy_promote(r->policy);
    else if (minutes)
        go_on_to(r, r->now.ms + minutes * (uint64_t)MINUTE_MS);
    else
        return false;
    return true;
}

static uint64_t rehearse(struct rehearsal *r)
{
    for (;;) {
        begin_all(r);
        switch (policy_word(r->policy, &r->now)) {
        case POLICY_NEXT:
            break;
        case POLICY_WAIT:
            if (!r->count)
                return UINT64_MAX;
            end_one(r);
            break;
        case POLICY_BLOCKED:
            if (!unblock(r))
                return UINT64_MAX;
            break;
        case POLICY_OVER:
            return r->now.ms - r->begun_ms;
        }
    }
}

uint64_t estimate_course_ms(const struct course *c, const struct fleet_policy *keys,
                            uint64_t node_ms, const struct policy_time *now)
{
    struct rehearsal *r = calloc(1, sizeof *r);
    uint64_t took_ms = UINT64_MAX;

    if (!r)
        return UINT64_MAX;
    r->keys = keys;
    r->now = *now;
    r->begun_ms = now->ms;
    r->begun_minute = now->minute;
    r->node_ms = node_ms;
    r->policy = course_policy_anew(c);
    if (r->policy)
        took_ms = rehearse(r);
    policy_free(r->policy);
    free(r);
    return took_ms;
}

void estimate_format(uint64_t ms, char text[ESTIMATE_TEXT_BYTES])
{
    unsigned long long minutes = (ms + MINUTE_MS - 1) / MINUTE_MS, hours = minutes / 60;

    if (hours >= 48)
        snprintf(text, ESTIMATE_TEXT_BYTES, "%llu d %llu h", hours / 24, hours % 24);
    else if (hours)
        snprintf(text, ESTIMATE_TEXT_BYTES, "%llu h %llu min", hours, minutes % 60);
    else
        snprintf(text, ESTIMATE_TEXT_BYTES, "%llu min", minutes);
}
