#include "controller/extension/extension_view.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/azure/arm.h"
#include "controller/deed/deed_instance.h"
#include "inventory/armfield.h"
#include "inventory/scaleset.h"
#include "inventory/vm_extension.h"
#include "protocol/fail.h"
#include "protocol/json.h"

/* One thing seen; its settings, which `seen` points to, are ours. */
struct sighting {
    bool is_told;
    struct vm_extension_seen seen;
    struct json *settings;
};

struct part {
    const struct scaleset *set;
    struct sighting model;
    struct sighting *instances; /* as set->instances */
    size_t next;                /* whom Azure is likely to tell of next */
};

struct extension_view {
    struct arm *arm;
    const struct vm_extension_kind *kind;
    void (*done)(void *arg, const struct fail *why);
    void *arg;
    struct part *parts;
    size_t count, at; /* at: the set that is being asked about */
};

/* ---- what comes back -------------------------------------------------------------------------- */

static int keep(struct sighting *s, struct fail *why)
{
    s->is_told = true;
    if (!s->seen.settings)
        return 0;
    json_free(s->settings);
    s->settings = json_copy(s->seen.settings);
    s->seen.settings = s->settings;
    return s->settings ? 0 : fail_memory(why);
}

static int take_model(void *arg, const struct json *values, struct fail *why)
{
    struct extension_view *v = arg;
    struct sighting *model = &v->parts[v->at].model;

    for (const struct json *e = json_first(values); e; e = json_next(e)) {
        struct vm_extension_seen seen;

        vm_extension_read_resource(e, v->kind, &seen);
        if (!seen.kind)
            continue;
        model->seen = seen;
        if (keep(model, why) < 0)
            return -1;
    }
    return 0;
}

/* Azure lists them much in our order. */
static struct sighting *place_of(struct part *p, const struct json *machine)
{
    const char *id = armfield_text(machine, "id");

    for (size_t n = 0; id && n < p->set->count; n++) {
        size_t i = (p->next + n) % p->set->count;

        if (strcasecmp(p->set->instances[i].resource, id) != 0)
            continue;
        p->next = i + 1;
        return &p->instances[i];
    }
    return NULL;
}

/* Who has appeared since the set was asked is not among its instances. */
static int take_instances(void *arg, const struct json *values, struct fail *why)
{
    struct extension_view *v = arg;

    for (const struct json *e = json_first(values); e; e = json_next(e)) {
        struct sighting *s = place_of(&v->parts[v->at], e);

        if (!s)
            continue;
        vm_extension_read(e, v->kind, &s->seen);
        if (keep(s, why) < 0)
            return -1;
    }
    return 0;
}

/* ---- one set after the other --------------------------------------------------------------------- */

static void end(struct extension_view *v, const struct fail *why)
{
    v->done(v->arg, why);
}

static int ask_model(struct extension_view *v, struct fail *why);

static void on_instances(void *arg, const struct fail *why)
{
    struct extension_view *v = arg;
    struct fail reason;

    if (why || ++v->at == v->count)
        end(v, why);
    else if (ask_model(v, &reason) < 0)
        end(v, &reason);
}

static int list(struct extension_view *v, const char *path, const struct arm_param *query,
                const struct arm_list_hooks *hooks, struct fail *why)
{
    const struct scaleset *set = v->parts[v->at].set;
    char what[160];
    const struct arm_request ask = {.method = "GET",
                                    .path = path,
                                    .query = query,
                                    .api_version = DEED_API_VERSION,
                                    .what = what};

    snprintf(what, sizeof what, "scale set %s/%s", set->group, set->name);
    return arm_list(v->arm, &ask, hooks, v, why);
}

static int ask_instances(struct extension_view *v, struct fail *why)
{
    static const struct arm_list_hooks hooks = {take_instances, on_instances};
    const struct scaleset *set = v->parts[v->at].set;
    char path[DEED_PATH_BYTES], filter[DEED_PATH_BYTES];
    const struct arm_param with_view[] = {{"$expand", "instanceView"}, {NULL, NULL}};
    const struct arm_param of_set[] = {{"$filter", filter},
                                       {"$expand", "instanceView"},
                                       {NULL, NULL}};

    if (!set->is_flexible) {
        if (deed_path_of_set(set, "/virtualMachines", path, why) < 0)
            return -1;
        return list(v, path, with_view, &hooks, why);
    }
    snprintf(path, sizeof path,
             "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Compute/"
             "virtualMachines",
             set->subscription, set->group);
    snprintf(filter, sizeof filter, "'virtualMachineScaleSet/id' eq '%s'", set->resource);
    return list(v, path, of_set, &hooks, why);
}

static void on_model(void *arg, const struct fail *why)
{
    struct extension_view *v = arg;
    struct fail reason;

    if (why)
        end(v, why);
    else if (ask_instances(v, &reason) < 0)
        end(v, &reason);
}

static int ask_model(struct extension_view *v, struct fail *why)
{
    static const struct arm_list_hooks hooks = {take_model, on_model};
    char path[DEED_PATH_BYTES];

    if (deed_path_of_set(v->parts[v->at].set, "/extensions", path, why) < 0)
        return -1;
    return list(v, path, NULL, &hooks, why);
}

/* ---- its life ----------------------------------------------------------------------------------------- */

static int take_sets(struct extension_view *v, const struct scaleset *const *sets,
                     size_t count)
{
    v->parts = calloc(count ? count : 1, sizeof *v->parts);
    for (size_t i = 0; v->parts && i < count; i++) {
        v->parts[i].set = sets[i];
        v->parts[i].instances =
            calloc(sets[i]->count ? sets[i]->count : 1, sizeof(struct sighting));
        if (!v->parts[i].instances)
            return -1;
        v->count++;
    }
    return v->parts ? 0 : -1;
}

int extension_view_new(struct arm *arm, const struct scaleset *const *sets, size_t count,
                       const struct vm_extension_kind *kind,
                       void (*done)(void *arg, const struct fail *why), void *arg,
                       struct extension_view **view, struct fail *why)
{
    struct extension_view *v = calloc(1, sizeof *v);

    if (!v)
        return fail_memory(why);
    *v = (struct extension_view){.arm = arm, .kind = kind, .done = done, .arg = arg};
    if (take_sets(v, sets, count) < 0) {
        extension_view_free(v);
        return fail_memory(why);
    }
    if (ask_model(v, why) < 0) {
        extension_view_free(v);
        return -1;
    }
    *view = v;
    return 0;
}

void extension_view_free(struct extension_view *view)
{
    if (!view)
        return;
    for (size_t p = 0; view->parts && p < view->count; p++) {
        json_free(view->parts[p].model.settings);
        for (size_t i = 0; i < view->parts[p].set->count; i++)
            json_free(view->parts[p].instances[i].settings);
        free(view->parts[p].instances);
    }
    free(view->parts);
    free(view);
}

const struct vm_extension_seen *extension_view_model(const struct extension_view *view,
                                                     size_t i)
{
    return &view->parts[i].model.seen;
}

const struct vm_extension_seen *extension_view_of(const struct extension_view *view,
                                                  const char *node)
{
    for (size_t p = 0; p < view->count; p++) {
        const struct scaleset *set = view->parts[p].set;
        const struct scaleset_instance *of = scaleset_find(set, node);
        const struct sighting *s =
            of ? &view->parts[p].instances[of - set->instances] : NULL;

        if (s)
            return s->is_told ? &s->seen : NULL;
    }
    return NULL;
}
