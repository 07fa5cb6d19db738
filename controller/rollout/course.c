#include "controller/rollout/course.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/rollout/policy.h"
#include "controller/rollout/scopes.h"
#include "controller/rollout/sequence.h"
#include "inventory/hostset.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

struct course {
    struct sequence sequence;
    struct scopes scopes;
    struct policy_node *places; /* by place */
    struct policy_rules rules;
    bool *is_away; /* by place */
    struct policy *policy;
    long *travellers; /* by place        */
    size_t *place_of; /* by fleet index  */
};

void course_free(struct course *c)
{
    if (!c)
        return;
    policy_free(c->policy);
    free(c->is_away);
    free(c->places);
    free(c->travellers);
    free(c->place_of);
    scopes_clear(&c->scopes);
    sequence_clear(&c->sequence);
    free(c);
}

/* ---- the sequence ---------------------------------------------------------------------- */

/* What makes an image another one; NULL: not known. */
static const char *image_of(const struct facts *f)
{
    const struct facts_azure *azure = f->azure;

    if (azure && azure->image_version)
        return azure->image_version;
    return azure && azure->sku ? azure->sku : f->os.pretty;
}

static struct sequence_node seen(const struct course_plan *plan,
                                 const struct course_node *n)
{
    struct sequence_node s = {.takes_part = n->takes_part,
                              .is_unavailable = n->is_away,
                              .is_canary =
                                  plan->canaries && hostset_has(plan->canaries, n->name),
                              .stage = n->stage,
                              .leaf = n->leaf};

    if (n->facts) {
        s.size = n->facts->size;
        s.image = image_of(n->facts);
        s.kernel = n->facts->os.kernel;
    }
    if (n->facts && n->facts->azure) {
        s.placement = n->facts->azure->placement_group;
        s.zone = n->facts->azure->zone;
    }
    return s;
}

static int make_sequence(struct course *c, const struct course_plan *plan,
                         struct fail *why)
{
    struct sequence_node *nodes = calloc(plan->count + 1, sizeof *nodes);
    int made;

    if (!nodes)
        return fail_memory(why);
    for (size_t i = 0; i < plan->count; i++)
        nodes[i] = seen(plan, &plan->nodes[i]);
    made = sequence_make(&c->sequence, plan->keys, nodes, plan->count, why);
    free(nodes);
    return made;
}

/* ---- the policy ------------------------------------------------------------------------ */

static int set_places(struct course *c, const struct course_plan *plan)
{
    size_t count = plan->count;

    c->places = calloc(count + 1, sizeof *c->places);
    c->travellers = calloc(count + 1, sizeof *c->travellers);
    c->place_of = calloc(count + 1, sizeof *c->place_of);
    c->is_away = calloc(count + 1, sizeof *c->is_away);
    if (!c->places || !c->travellers || !c->place_of || !c->is_away)
        return -1;
    for (size_t place = 0; place < count; place++) {
        size_t i = c->sequence.order[place];
        const struct course_node *n = &plan->nodes[i];

        c->places[place] =
            (struct policy_node){.scopes = c->scopes.of[i],
                                 .scope_count = c->scopes.of_count[i],
                                 .stage = c->sequence.stage[place],
                                 .is_held =
                                     plan->held && hostset_has(plan->held, n->name)};
        c->travellers[place] = n->traveller;
        c->is_away[place] = n->is_away;
        c->place_of[i] = place;
    }
    return 0;
}

struct policy *course_policy_anew(const struct course *c)
{
    struct policy *p = policy_new(&c->rules, c->places, c->sequence.count);

    for (size_t place = 0; p && place < c->sequence.count; place++)
        policy_set_unavailable(p, place, c->is_away[place]);
    return p;
}

static int make_policy(struct course *c, const struct course_plan *plan, struct fail *why)
{
    c->rules = (struct policy_rules){.keys = plan->keys,
                                     .scope_limits = c->scopes.limits,
                                     .scope_count = c->scopes.count,
                                     .stage_count = c->sequence.stage_count,
                                     .has_canaries = c->sequence.has_canaries};
    if (set_places(c, plan) < 0)
        return fail_memory(why);
    c->policy = course_policy_anew(c);
    return c->policy ? 0 : fail_memory(why);
}

int course_new(const struct course_plan *plan, struct course **c, struct fail *why)
{
    struct course *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    if (make_sequence(made, plan, why) < 0 ||
        scopes_make(&made->scopes, plan->keys, plan->nodes, plan->count, why) < 0 ||
        make_policy(made, plan, why) < 0) {
        course_free(made);
        return -1;
    }
    *c = made;
    return 0;
}

/* ---- asking ---------------------------------------------------------------------------- */

struct policy *course_policy(const struct course *c)
{
    return c->policy;
}

long course_traveller(const struct course *c, size_t place)
{
    assert(place < c->sequence.count);
    return c->travellers[place];
}

size_t course_place(const struct course *c, size_t fleet_index)
{
    assert(fleet_index < c->sequence.count);
    return c->place_of[fleet_index];
}

size_t course_stages(const struct course *c)
{
    return c->sequence.stage_count;
}

bool course_has_canaries(const struct course *c)
{
    return c->sequence.has_canaries;
}

size_t course_stage_of(const struct course *c, size_t place)
{
    assert(place < c->sequence.count);
    return c->sequence.stage[place];
}

size_t course_stage(const struct course *c, size_t stage, size_t *first)
{
    return sequence_stage(&c->sequence, stage, first);
}
