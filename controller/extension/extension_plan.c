#include "controller/extension/extension_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/extension/extension_view.h"
#include "controller/screen/text.h"
#include "inventory/hostset.h"
#include "inventory/scaleset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static const char *const actions[] = {"add", "upgrade", "remove"};
static const char *const deeds[] = {"extension-add", "extension-upgrade",
                                    "extension-remove"};

const char *extension_action_name(enum extension_action action)
{
    return actions[action];
}

const char *extension_action_kind(enum extension_action action)
{
    return deeds[action];
}

/* ---- which one ------------------------------------------------------------------------------ */

static const struct vm_extension_kind *kind_there(const struct extension_order *o,
                                                  const struct extension_view *view)
{
    for (size_t s = 0; s < o->set_count; s++)
        if (extension_view_model(view, s)->kind)
            return extension_view_model(view, s)->kind;
    for (size_t n = 0; n < o->node_count; n++) {
        const struct vm_extension_seen *seen = extension_view_of(view, o->nodes[n]);

        if (seen && seen->kind)
            return seen->kind;
    }
    return vm_extension_named("linux");
}

/* One of the other system is as good as none. */
static const struct vm_extension_kind *found_kind(const struct extension_order *o,
                                                  const struct vm_extension_seen *seen)
{
    return seen && seen->kind == o->wish.kind ? seen->kind : NULL;
}

static bool is_as_wished(const struct extension_order *o,
                         const struct vm_extension_seen *seen)
{
    return o->action == EXTENSION_REMOVE ? !found_kind(o, seen)
                                         : seen && vm_extension_is_as(seen, &o->wish);
}

/* ---- the models ------------------------------------------------------------------------------- */

static void say_policy(const struct scaleset *set, struct fail *why)
{
    fail_set(
        why, FAIL_PREFLIGHT,
        "scale set %s/%s: its upgrade policy is %s, so Azure would bring it to all "
        "instances without waiting for a check: set upgradePolicy.mode to Manual, or "
        "say --all-at-once",
        set->group, set->name, set->upgrade_mode);
}

/* A Flexible set has no policy that is said. */
static bool waits_for_us(const struct scaleset *set)
{
    return !set->upgrade_mode || strcasecmp(set->upgrade_mode, "Manual") == 0;
}

/* `add` does not change what is there, and `upgrade` puts nothing where nothing is. */
static int check_model(const struct extension_order *o, const struct scaleset *set,
                       const struct vm_extension_seen *seen, struct fail *why)
{
    bool is_there = found_kind(o, seen);

    if (o->action == EXTENSION_ADD && is_there)
        return fail_set(why, FAIL_PREFLIGHT,
                        "scale set %s/%s: %s is in its model already, in version %s and "
                        "with its own settings: change it with 'extension upgrade'",
                        set->group, set->name, o->wish.kind->type, seen->wanted);
    if (o->action == EXTENSION_UPGRADE && !is_there)
        return fail_set(why, FAIL_PREFLIGHT,
                        "scale set %s/%s: %s is not in its model: 'extension add' puts "
                        "it there, or name HOSTS whose own it is",
                        set->group, set->name, o->wish.kind->type);
    if (!waits_for_us(set) && !o->all_at_once) {
        say_policy(set, why);
        return -1;
    }
    return 0;
}

static int plan_model(const struct extension_order *o, const struct scaleset *set,
                      const struct vm_extension_seen *seen,
                      struct extension_model_plan *m, struct fail *why)
{
    bool is_there = found_kind(o, seen);

    snprintf(m->name, sizeof m->name, "%s",
             is_there ? seen->name : vm_extension_name_of(&o->wish));
    snprintf(m->version, sizeof m->version, "%s", is_there ? seen->wanted : "");
    m->change = EXTENSION_STAYS;
    if (is_there && seen->state == VM_EXTENSION_CHANGING)
        m->change = EXTENSION_SETTLES;
    if (is_as_wished(o, seen))
        return 0;
    m->change = EXTENSION_CHANGES;
    return check_model(o, set, seen, why);
}

static int plan_models(struct extension_plan *plan, const struct extension_view *view,
                       struct fail *why)
{
    const struct extension_order *o = &plan->order;

    plan->models = calloc(o->set_count ? o->set_count : 1, sizeof *plan->models);
    if (!plan->models)
        return fail_memory(why);
    for (size_t s = 0; s < o->set_count; s++)
        if (plan_model(o, o->sets[s], extension_view_model(view, s), &plan->models[s],
                       why) < 0)
            return -1;
    return 0;
}

/* ---- the instances ------------------------------------------------------------------------------ */

static const struct extension_model_plan *model_of(const struct extension_plan *plan,
                                                   const char *node)
{
    for (size_t s = 0; plan->models && s < plan->order.set_count; s++)
        if (scaleset_find(plan->order.sets[s], node))
            return &plan->models[s];
    return NULL;
}

/* A model that changes makes an old one of everybody's. */
static bool is_done(const struct extension_plan *plan, const char *node,
                    const struct vm_extension_seen *seen)
{
    const struct extension_model_plan *m = model_of(plan, node);
    bool is_well = plan->order.action == EXTENSION_REMOVE ||
                   (seen && seen->state == VM_EXTENSION_SUCCEEDED);

    if (m && (m->change != EXTENSION_STAYS || (seen && seen->is_old)))
        return false;
    return is_well && is_as_wished(&plan->order, seen);
}

/* Not by the model: who cannot be dealt with as was said. */
static bool is_unfit(const struct extension_order *o,
                     const struct vm_extension_seen *seen)
{
    bool is_there = found_kind(o, seen);

    if (o->way == EXTENSION_BY_MODEL || is_as_wished(o, seen))
        return false;
    return (o->action == EXTENSION_ADD && is_there) ||
           (o->action == EXTENSION_UPGRADE && !is_there);
}

static int refuse_unfit(const struct extension_plan *plan, const struct hostset *unfit,
                        struct fail *why)
{
    CLEANUP(text_done) char *hosts = NULL;
    const char *type = plan->order.wish.kind->type;

    if (!hostset_count(unfit))
        return 0;
    hosts = hostset_fold(unfit);
    if (!hosts)
        return fail_memory(why);
    return fail_set(why, FAIL_PREFLIGHT,
                    plan->order.action == EXTENSION_ADD
                        ? "%.100s: %s is there already, but otherwise: change it with "
                          "'extension upgrade', or leave them out with -x"
                        : "%.100s: %s is not there: 'extension add' puts it there, or "
                          "leave them out with -x",
                    hosts, type);
}

static int fold_into(const struct hostset *set, char **hosts)
{
    if (!hostset_count(set))
        return 0;
    *hosts = hostset_fold(set);
    return *hosts ? 0 : -1;
}

static int plan_nodes(struct extension_plan *plan, const struct extension_view *view,
                      struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *todo = hostset_new();
    CLEANUP(hostset_done) struct hostset *done = hostset_new();
    CLEANUP(hostset_done) struct hostset *unfit = hostset_new();

    if (!todo || !done || !unfit)
        return fail_memory(why);
    for (size_t n = 0; n < plan->order.node_count; n++) {
        const char *node = plan->order.nodes[n];
        const struct vm_extension_seen *seen = extension_view_of(view, node);
        bool is_over = is_done(plan, node, seen);

        plan->todo += !is_over;
        if (hostset_add(is_over ? done : todo, node, why) < 0 ||
            (is_unfit(&plan->order, seen) && hostset_add(unfit, node, why) < 0))
            return -1;
    }
    if (refuse_unfit(plan, unfit, why) < 0)
        return -1;
    if (fold_into(todo, &plan->todo_hosts) < 0 || fold_into(done, &plan->done_hosts) < 0)
        return fail_memory(why);
    return 0;
}

/* ---- the whole ------------------------------------------------------------------------------------ */

static size_t count_instances(const struct extension_order *o)
{
    size_t count = 0;

    for (size_t s = 0; s < o->set_count; s++)
        count += o->sets[s]->count;
    return count;
}

int extension_plan_make(const struct extension_order *order,
                        const struct extension_view *view, struct extension_plan *plan,
                        struct fail *why)
{
    size_t count = count_instances(order);

    *plan = (struct extension_plan){.order = *order};
    if (!plan->order.wish.kind)
        plan->order.wish.kind = kind_there(order, view);
    if (count > order->node_count)
        plan->left_out = count - order->node_count;
    if (order->way == EXTENSION_BY_MODEL && plan_models(plan, view, why) < 0)
        return -1;
    return plan_nodes(plan, view, why);
}

void extension_plan_done(struct extension_plan *plan)
{
    free(plan->models);
    free(plan->todo_hosts);
    free(plan->done_hosts);
    *plan = (struct extension_plan){.todo = 0};
}

bool extension_plan_is_empty(const struct extension_plan *plan)
{
    for (size_t s = 0; plan->models && s < plan->order.set_count; s++)
        if (plan->models[s].change != EXTENSION_STAYS)
            return false;
    return !plan->todo;
}
