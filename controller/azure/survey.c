#include "controller/azure/survey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/azure/arm.h"
#include "controller/azure/preflight.h"
#include "inventory/scaleset.h"
#include "inventory/sku.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define COMPUTE_VERSION   "2024-03-01"
#define SIZES_VERSION     "2021-07-01"
#define CARDS_VERSION     "2018-10-01" /* of the interfaces of a Uniform set */
#define ALL_CARDS_VERSION "2024-01-01"

#define MAX_PATH   512
#define MAX_FILTER 1024

/* In the order of travel; each asks one thing. */
enum stage { ASK_SET, ASK_INSTANCES, ASK_CARDS, ASK_SIZES, STAGES };

struct survey {
    struct arm *arm;
    struct survey_order order;
    void (*done)(void *arg, const struct fail *why);
    void *arg;

    enum stage stage;
    struct scaleset *set;
    struct sku_list sizes;
    bool has_sizes;
    struct preflight_right rights[STAGES];
    size_t right_count;
    char what[SURVEY_MAX_GROUP + SURVEY_MAX_NAME + 32];
};

static void advance(struct survey *s);

static void end(struct survey *s, const struct fail *why)
{
    s->done(s->arg, why);
}

/* ---- what is asked ------------------------------------------------------------------------ */

/* The right that each stage needs, as Azure names it. */
static const char *right_of(const struct survey *s)
{
    if (s->stage == ASK_SIZES)
        return "Microsoft.Compute/skus/read";
    return s->set->is_flexible
               ? "Microsoft.Network/networkInterfaces/read"
               : "Microsoft.Compute/virtualMachineScaleSets/networkInterfaces/read";
}

/* Where a role must be given for it: a part of the set's id, which lives as long as the set.
 * NULL: no memory.
 */
static const char *scope_of(struct survey *s)
{
    const char *id = s->set->resource, *end = id;
    int parts = s->stage == ASK_SIZES ? 2  /* /subscriptions/SUBSCRIPTION    */
                : s->set->is_flexible ? 4  /* ... /resourceGroups/GROUP      */
                                      : 0; /* the set                        */

    for (int i = 0; i < parts && *end; i++)
        end += 1 + strcspn(end + 1, "/");
    return parts ? arena_copy(&s->set->text, id, (size_t)(end - id)) : id;
}

static void put_set_path(const struct survey *s, const char *provider, const char *below,
                         char *path)
{
    snprintf(path, MAX_PATH,
             ARM_SUBSCRIPTION "/resourceGroups/%s/providers/%s/virtualMachineScaleSets/"
                              "%s%s",
             s->order.group, provider, s->order.name, below);
}

/* Of Flexible sets, whose machines and interfaces are the group's. */
static void put_group_path(const struct survey *s, const char *below, char *path)
{
    snprintf(path, MAX_PATH, ARM_SUBSCRIPTION "/resourceGroups/%s/providers/%s",
             s->order.group, below);
}

static int list(struct survey *s, const char *path, const char *version,
                const struct arm_param *query, const struct arm_list_hooks *hooks,
                struct fail *why)
{
    const struct arm_request ask = {
        .method = "GET",
        .path = path,
        .query = query,
        .api_version = version,
        .what = s->what,
        .max_bytes = s->stage == ASK_SIZES ? ARM_LARGE_BYTES : 0,
    };

    return arm_list(s->arm, &ask, hooks, s, why);
}

/* ---- what comes back ----------------------------------------------------------------------- */

/* Addresses may be names, and our table knows sizes; a machine of ours that fails ends it. */
static bool can_do_without(const struct survey *s, const struct fail *why)
{
    return s->stage == ASK_SIZES   ? fail_kind_of(why->code) != FAIL_KIND_HERE
           : s->stage == ASK_CARDS ? why->code == FAIL_AZURE_FORBIDDEN
                                   : false;
}

static int note_right(struct survey *s, struct fail *why)
{
    const char *scope = scope_of(s);

    if (!scope)
        return fail_memory(why);
    s->rights[s->right_count++] = (struct preflight_right){right_of(s), scope};
    return 0;
}

static void on_list(void *arg, const struct fail *why)
{
    struct survey *s = arg;
    struct fail ours;

    if (why && !can_do_without(s, why)) {
        end(s, why);
        return;
    }
    if (why && why->code == FAIL_AZURE_FORBIDDEN && note_right(s, &ours) < 0) {
        end(s, &ours);
        return;
    }
    s->has_sizes = s->stage == ASK_SIZES && !why;
    advance(s);
}

static int take_instances(void *arg, const struct json *values, struct fail *why)
{
    return scaleset_add_instances(((struct survey *)arg)->set, values, why);
}

static int take_cards(void *arg, const struct json *values, struct fail *why)
{
    return scaleset_add_interfaces(((struct survey *)arg)->set, values, why);
}

static int take_sizes(void *arg, const struct json *values, struct fail *why)
{
    struct survey *s = arg;

    return sku_list_add(&s->sizes, values, s->set->location, why);
}

static void on_set(void *arg, const struct arm_answer *answer)
{
    struct survey *s = arg;
    struct fail why;

    if (answer->why)
        end(s, answer->why);
    else if (scaleset_new(answer->body, &s->set, &why) < 0)
        end(s, &why);
    else
        advance(s);
}

/* ---- stages -------------------------------------------------------------------------------- */

static int ask_set(struct survey *s, struct fail *why)
{
    char path[MAX_PATH];
    const struct arm_request ask = {.method = "GET",
                                    .path = path,
                                    .api_version = COMPUTE_VERSION,
                                    .what = s->what};

    put_set_path(s, "Microsoft.Compute", "", path);
    return arm_call(s->arm, &ask, on_set, s, why);
}

/* Flexible: plain machines, and those of this set only when asked so. */
static int ask_instances(struct survey *s, struct fail *why)
{
    static const struct arm_list_hooks hooks = {take_instances, on_list};
    char path[MAX_PATH], filter[MAX_FILTER];
    const struct arm_param with_view[] = {{"$expand", "instanceView"}, {NULL, NULL}};
    const struct arm_param of_set[] = {{"$filter", filter},
                                       {"$expand", "instanceView"},
                                       {NULL, NULL}};

    if (!s->set->is_flexible) {
        put_set_path(s, "Microsoft.Compute", "/virtualMachines", path);
        return list(s, path, COMPUTE_VERSION, with_view, &hooks, why);
    }
    put_group_path(s, "Microsoft.Compute/virtualMachines", path);
    snprintf(filter, sizeof filter, "'virtualMachineScaleSet/id' eq '%s'",
             s->set->resource);
    return list(s, path, COMPUTE_VERSION, of_set, &hooks, why);
}

static int ask_cards(struct survey *s, struct fail *why)
{
    static const struct arm_list_hooks hooks = {take_cards, on_list};
    char path[MAX_PATH];

    if (!s->set->is_flexible) {
        put_set_path(s, "microsoft.Compute", "/networkInterfaces", path);
        return list(s, path, CARDS_VERSION, NULL, &hooks, why);
    }
    put_group_path(s, "Microsoft.Network/networkInterfaces", path);
    return list(s, path, ALL_CARDS_VERSION, NULL, &hooks, why);
}

static int ask_sizes(struct survey *s, struct fail *why)
{
    static const struct arm_list_hooks hooks = {take_sizes, on_list};
    char filter[MAX_FILTER];
    const struct arm_param of_place[] = {{"$filter", filter}, {NULL, NULL}};

    if (s->set->location)
        snprintf(filter, sizeof filter, "location eq '%s'", s->set->location);
    return list(s, ARM_SUBSCRIPTION "/providers/Microsoft.Compute/skus", SIZES_VERSION,
                s->set->location ? of_place : NULL, &hooks, why);
}

/* The only place where the stage changes. */
static void advance(struct survey *s)
{
    static int (*const asks[STAGES])(struct survey * s,
                                     struct fail * why) = {ask_set, ask_instances,
                                                           ask_cards, ask_sizes};
    struct fail why;

    s->stage++;
    if (s->stage == ASK_SIZES && !s->order.wants_sizes)
        s->stage++;
    if (s->stage < STAGES) {
        if (asks[s->stage](s, &why) < 0)
            end(s, &why);
        return;
    }
    end(s, scaleset_close(s->set, &why) < 0 ? &why : NULL);
}

int survey_new(struct arm *arm, const struct survey_order *order,
               void (*done)(void *arg, const struct fail *why), void *arg,
               struct survey **survey, struct fail *why)
{
    struct survey *s = calloc(1, sizeof *s);

    if (!s)
        return fail_memory(why);
    *s = (struct survey){.arm = arm, .order = *order, .done = done, .arg = arg};
    snprintf(s->what, sizeof s->what, "scale set %s/%s", order->group, order->name);
    if (ask_set(s, why) < 0) {
        survey_free(s);
        return -1;
    }
    *survey = s;
    return 0;
}

/* ---- the end ------------------------------------------------------------------------------- */

void survey_free(struct survey *survey)
{
    if (!survey)
        return;
    scaleset_free(survey->set);
    sku_list_done(&survey->sizes);
    free(survey);
}

struct scaleset *survey_take_set(struct survey *survey)
{
    struct scaleset *set = survey->set;

    survey->set = NULL;
    return set;
}

const struct sku_list *survey_sizes(const struct survey *survey)
{
    return survey->has_sizes ? &survey->sizes : NULL;
}

const struct preflight_right *survey_rights(const struct survey *survey, size_t *count)
{
    *count = survey->right_count;
    return survey->rights;
}
