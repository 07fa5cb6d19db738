/* What extension_plan has to say: for people, and as JSON. */
#include <strings.h>

#include "controller/extension/extension_plan.h"
#include "controller/screen/text.h"
#include "inventory/scaleset.h"
#include "protocol/json.h"

static const char *const changes[] = {"stays", "settles", "changes"};
static const char *const done_words[] = {"added", "upgraded", "taken out"};

/* ---- for people ------------------------------------------------------------------------------- */

static void put_change(const struct extension_plan *plan, size_t s, struct text *text)
{
    const struct extension_order *o = &plan->order;
    const struct extension_model_plan *m = &plan->models[s];

    if (m->change == EXTENSION_CHANGES && o->action == EXTENSION_UPGRADE)
        text_add(text, "%s in its model is changed from version %s to %s%s\n", m->name,
                 m->version, vm_extension_version_of(&o->wish),
                 o->wish.keeps_settings ? ", its settings stay" : "");
    else if (m->change == EXTENSION_CHANGES)
        text_add(text, "%s %s is %s %s its model\n", o->wish.kind->type,
                 o->action == EXTENSION_ADD ? vm_extension_version_of(&o->wish)
                                            : m->version,
                 done_words[o->action], o->action == EXTENSION_ADD ? "to" : "of");
    else
        text_add(text, "its model is as wished already%s\n",
                 m->change == EXTENSION_SETTLES ? ", or soon: Azure is at it" : "");
}

static void put_model(const struct extension_plan *plan, size_t s, struct text *text)
{
    const struct scaleset *set = plan->order.sets[s];

    text_add(text, "scale set %s/%s: ", set->group, set->name);
    put_change(plan, s, text);
    if (plan->models[s].change == EXTENSION_CHANGES && set->upgrade_mode &&
        strcasecmp(set->upgrade_mode, "Manual") != 0)
        text_add(text,
                 "    its upgrade policy is %s: Azure brings it to all instances by "
                 "itself\n",
                 set->upgrade_mode);
}

static void put_nodes(const struct extension_plan *plan, struct text *text)
{
    static const char *const by_machine[] = {"given it", "upgraded", "rid of it"};
    const struct extension_order *o = &plan->order;

    if (plan->todo)
        text_add(
            text,
            "%zu instance%s %s %s, %zu at a time, each looked at before the next: %s\n",
            plan->todo, plan->todo == 1 ? "" : "s", plan->todo == 1 ? "is" : "are",
            o->way == EXTENSION_BY_MODEL ? "brought to the model" : by_machine[o->action],
            o->batch, plan->todo_hosts);
    if (plan->done_hosts)
        text_add(text, "as wished already: %s\n", plan->done_hosts);
    if (plan->todo && o->action != EXTENSION_REMOVE)
        text_add(text,
                 "its program installs a driver over the one that is there, and may "
                 "restart them\n");
    if (plan->left_out && o->way == EXTENSION_BY_MODEL)
        text_add(text,
                 "%zu instance%s of the set %s left out, as %s not chosen or not "
                 "running: ask again for all that run\n",
                 plan->left_out, plan->left_out == 1 ? "" : "s",
                 plan->left_out == 1 ? "is" : "are",
                 plan->left_out == 1 ? "it is" : "they are");
}

void extension_plan_render(const struct extension_plan *plan, struct text *text)
{
    for (size_t s = 0; plan->models && s < plan->order.set_count; s++)
        put_model(plan, s, text);
    put_nodes(plan, text);
}

/* ---- JSON ------------------------------------------------------------------------------------------ */

static struct json *encode_model(const void *arg, size_t s)
{
    const struct extension_plan *plan = arg;
    const struct scaleset *set = plan->order.sets[s];
    const struct extension_model_plan *m = &plan->models[s];
    struct json *one = json_object();

    if (one && json_put_text(one, "set", set->resource) == 0 &&
        json_put_text(one, "policy", set->upgrade_mode) == 0 &&
        json_put_text(one, "change", changes[m->change]) == 0 &&
        json_put_text(one, "name", m->name) == 0 &&
        json_put_text(one, "version", *m->version ? m->version : NULL) == 0)
        return one;
    json_free(one);
    return NULL;
}

struct json *extension_plan_encode(const struct extension_plan *plan)
{
    const struct extension_order *o = &plan->order;
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "schema", "ibfleet.azure.extension.plan/1") == 0 &&
        json_put_text(doc, "action", extension_action_name(o->action)) == 0 &&
        json_put_text(doc, "type", o->wish.kind->type) == 0 &&
        json_put_text(doc, "version",
                      o->action == EXTENSION_REMOVE
                          ? NULL
                          : vm_extension_version_of(&o->wish)) == 0 &&
        json_put_text(doc, "way", o->way == EXTENSION_BY_MODEL ? "model" : "machine") ==
            0 &&
        json_put(doc, "models",
                 json_list(plan->models ? o->set_count : 0, encode_model, plan)) == 0 &&
        json_put_int(doc, "batch", (int64_t)o->batch) == 0 &&
        json_put_int(doc, "count", (int64_t)plan->todo) == 0 &&
        json_put_text(doc, "todo", plan->todo_hosts) == 0 &&
        json_put_text(doc, "up_to_date", plan->done_hosts) == 0 &&
        json_put_int(doc, "left_out", (int64_t)plan->left_out) == 0)
        return doc;
    json_free(doc);
    return NULL;
}
