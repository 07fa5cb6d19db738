#include "controller/rollout/terms.h"

#include <stdlib.h>

#include "controller/command.h"
#include "controller/rollout/dispatch.h"
#include "controller/rollout/takeup.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"

struct terms {
    struct fleet_policy nobody; /* of a run in which all are left out */
    const struct fleet_node **fleet;
    struct hostset *canaries, *held;
    struct dispatch_terms told;
};

void terms_free(struct terms *t)
{
    if (!t)
        return;
    hostset_free(t->canaries);
    hostset_free(t->held);
    free(t->fleet);
    free(t);
}

const struct dispatch_terms *terms_of(const struct terms *t)
{
    return &t->told;
}

void terms_set_seen(struct terms *t, const struct dispatch_seen *seen)
{
    t->told.seen = seen;
}

static int name_hosts(struct command *c, enum policy_key key, const char *hosts,
                      struct hostset **set, struct fail *why)
{
    if (!hosts || command_names(c, hosts, set, why) == 0)
        return 0;
    return fail_prefix(why, "%s", policy_key_name(key));
}

static int list_fleet(struct terms *t, const struct fleet *fleet, struct fail *why)
{
    size_t count = fleet_count(fleet);

    t->fleet = calloc(count + 1, sizeof *t->fleet);
    if (!t->fleet)
        return fail_memory(why);
    for (size_t i = 0; i < count; i++)
        t->fleet[i] = fleet_node(fleet, i);
    t->told.fleet = t->fleet;
    t->told.fleet_count = count;
    return 0;
}

/* It takes two to be measured. */
static int check_two(const struct terms *t, struct fail *why)
{
    const struct fleet_policy *keys = t->told.keys;

    if (share_of_at_least_one(&keys->max_unavailable[POLICY_OF_FLEET],
                              t->told.fleet_count) < 2)
        return fail_set(
            why, FAIL_USAGE,
            "fabric_check = yes takes two nodes that are out of service at once, "
            "but max_unavailable = %s",
            fleet_policy_text(keys, POLICY_MAX_UNAVAILABLE));
    if (keys->window < 2 && !keys->references)
        return fail_set(why, FAIL_USAGE,
                        "fabric_check = yes takes two nodes at once, but window = 1 and "
                        "references = 0");
    return 0;
}

static int fill(struct terms *t, struct command *c, struct fail *why)
{
    const struct fleet_policy *keys = &t->nobody;

    if (c->fleet)
        keys = fleet_policy(c->fleet);
    t->told.keys = keys;
    if (c->fleet && list_fleet(t, c->fleet, why) < 0)
        return -1;
    if (keys->fabric_check && c->fleet && check_two(t, why) < 0)
        return -1;
    if (name_hosts(c, POLICY_CANARY,
                   keys->canary == CANARY_HOSTS ? keys->canary_hosts : NULL, &t->canaries,
                   why) < 0 ||
        name_hosts(c, POLICY_HOLD, keys->hold, &t->held, why) < 0)
        return -1;
    t->told.canaries = t->canaries;
    t->told.held = t->held;
    return 0;
}

int terms_new(struct command *c, const struct takeup *left, struct terms **t,
              struct fail *why)
{
    struct terms *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    fleet_policy_init(&made->nobody);
    if (left)
        made->told.past = takeup_past(left, &made->told.past_count);
    if (fill(made, c, why) < 0) {
        terms_free(made);
        return -1;
    }
    *t = made;
    return 0;
}
