/* scaleset_instance - one entry of the list of instances, or of machines */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inventory/armfield.h"
#include "inventory/hostset.h"
#include "inventory/scaleset_name.h"
#include "inventory/scaleset_parts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

/* ---- states -------------------------------------------------------------------------- */

/* What follows "PowerState/" in the codes of the instance view. */
static const char *find_status(const struct json *from, const char *kind)
{
    const struct json *s = armfield_items(from, "properties.instanceView.statuses");
    size_t len = strlen(kind);

    for (; s; s = json_next(s)) {
        const char *code = armfield_text(s, "code");

        if (code && strncasecmp(code, kind, len) == 0 && code[len] == '/')
            return code + len + 1;
    }
    return NULL;
}

static enum scaleset_power read_power(const struct json *from)
{
    const char *state = find_status(from, "PowerState");

    for (int p = 0; state && p < SCALESET_POWERS; p++)
        if (strcasecmp(scaleset_power_name((enum scaleset_power)p), state) == 0)
            return (enum scaleset_power)p;
    return SCALESET_POWER_UNKNOWN;
}

/* "HealthState/healthy" */
static const char *read_health(const struct json *from)
{
    const char *code =
        armfield_text(from, "properties.instanceView.vmHealth.status.code");
    const char *slash = code ? strchr(code, '/') : NULL;

    return slash ? slash + 1 : code;
}

static enum scaleset_model read_model(const struct json *from)
{
    if (!armfield_at(from, "properties.latestModelApplied"))
        return SCALESET_MODEL_UNKNOWN;
    return armfield_flag(from, "properties.latestModelApplied", false)
               ? SCALESET_MODEL_LATEST
               : SCALESET_MODEL_OLD;
}

static int read_fault_domain(const struct json *from)
{
    int domain = armfield_number(from, "properties.instanceView.platformFaultDomain");

    return domain >= 0 ? domain : armfield_number(from, "properties.platformFaultDomain");
}

static void read_states(struct scaleset_instance *i, const struct json *from)
{
    i->power = read_power(from);
    i->model = read_model(from);
    i->fault_domain = read_fault_domain(from);
    i->is_spot = scaleset_is_spot(from, "properties.priority");
    i->keeps_from_scale_in =
        armfield_flag(from, "properties.protectionPolicy.protectFromScaleIn", false);
    i->keeps_from_set_actions =
        armfield_flag(from, "properties.protectionPolicy.protectFromScaleSetActions",
                      false);
    i->awaits_maintenance =
        armfield_text(from, "properties.instanceView.maintenanceRedeployStatus."
                            "preMaintenanceWindowStartTime") ||
        armfield_text(from, "properties.instanceView.maintenanceRedeployStatus."
                            "maintenanceWindowStartTime");
}

void scaleset_read_standing(const struct json *answer, struct scaleset_instance *instance)
{
    *instance = (struct scaleset_instance){
        .vm_id = armfield_text(answer, "properties.vmId"),
        .provisioning = armfield_text(answer, "properties.provisioningState"),
        .health = read_health(answer),
    };
    read_states(instance, answer);
}

/* ---- texts ----------------------------------------------------------------------------- */

static const char *either(const char *first, const char *second)
{
    return first ? first : second;
}

/* Marketplace images have four names, others the id of a gallery's. */
static int read_image(struct scaleset *set, struct scaleset_instance *i,
                      const struct json *from, struct fail *why)
{
    const struct json *image =
        armfield_at(from, "properties.storageProfile.imageReference");
    const char *publisher = armfield_text(image, "publisher");
    const char *offer = armfield_text(image, "offer"), *sku = armfield_text(image, "sku");
    const char *version =
        either(armfield_text(image, "exactVersion"), armfield_text(image, "version"));
    char *text;
    int status;

    if (!publisher || !offer || !sku)
        return scaleset_keep(set,
                             either(armfield_text(image, "id"),
                                    armfield_text(image, "sharedGalleryImageId")),
                             &i->image, why);
    if (asprintf(&text, "%s:%s:%s:%s", publisher, offer, sku, version ? version : "") < 0)
        return fail_memory(why);
    status = scaleset_keep(set, text, &i->image, why);
    free(text);
    return status;
}

/* A specialised image has no computer name: Uniform sets still number their instances. */
static int read_name(struct scaleset *set, struct scaleset_instance *i,
                     const struct json *from, struct fail *why)
{
    char made[SCALESET_NAME_ROOM];
    const char *name =
        either(armfield_text(from, "properties.osProfile.computerName"),
               armfield_text(from, "properties.instanceView.computerName"));
    char *end;
    uint64_t number = strtoull(i->id, &end, 10);

    if (!name && set->name_prefix && *i->id && !*end &&
        scaleset_name_format(set->name_prefix, number, made) == 0)
        name = made;
    return scaleset_keep(set, name ? name : either(armfield_text(from, "name"), i->id),
                         &i->name, why);
}

static int read_texts(struct scaleset *set, struct scaleset_instance *i,
                      const struct json *from, struct fail *why)
{
    const struct {
        const char **to, *text;
    } texts[] = {
        {&i->vm_id, armfield_text(from, "properties.vmId")},
        {&i->size, either(armfield_text(from, "sku.name"),
                          armfield_text(from, "properties.hardwareProfile.vmSize"))},
        {&i->zone, armfield_first(from, "zones")},
        {&i->placement_group,
         armfield_text(from, "properties.instanceView.placementGroupId")},
        {&i->provisioning, armfield_text(from, "properties.provisioningState")},
        {&i->health, read_health(from)},
    };

    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
        if (scaleset_keep(set, texts[t].text, texts[t].to, why) < 0)
            return -1;
    return read_image(set, i, from, why) < 0 ? -1 : read_name(set, i, from, why);
}

/* ---- the list ---------------------------------------------------------------------------- */

/* Lists of a resource group have machines that are of no set, or of another. */
static bool is_of_set(const struct scaleset *set, const struct json *from)
{
    const char *of = armfield_text(from, "properties.virtualMachineScaleSet.id");

    return !set->is_flexible || (of && strcasecmp(of, set->resource) == 0);
}

static int grow(struct scaleset *set, struct fail *why)
{
    size_t room = set->room ? 2 * set->room : 64;
    struct scaleset_instance *grown;

    if (set->count == SCALESET_MAX_INSTANCES)
        return fail_set(why, FAIL_AZURE_ANSWER, "scale set %s/%s: more than %d instances",
                        set->group, set->name, SCALESET_MAX_INSTANCES);
    if (set->count < set->room)
        return 0;
    grown = realloc(set->instances, room * sizeof *grown);
    if (!grown)
        return fail_memory(why);
    set->instances = grown;
    set->room = room;
    return 0;
}

/* A name goes into hostlists and tables: one that is none would mean something else. */
static int check_name(const struct scaleset *set, const struct scaleset_instance *i,
                      struct hostset *names, struct fail *why)
{
    struct fail reason;

    if (hostset_add(names, i->name, &reason) == 0)
        return 0;
    if (reason.code == FAIL_MEMORY)
        return fail_memory(why);
    return fail_set(why, FAIL_AZURE_ANSWER,
                    "scale set %s/%s: instance %s cannot be called '%s' here: %s",
                    set->group, set->name, i->id, i->name, reason.text);
}

static int add_instance(struct scaleset *set, const struct json *from,
                        struct hostset *names, struct fail *why)
{
    struct scaleset_instance *i;
    const char *resource = armfield_text(from, "id");
    const char *id = armfield_text(from, set->is_flexible ? "name" : "instanceId");

    if (!is_of_set(set, from))
        return 0;
    if (!resource || !id)
        return fail_set(why, FAIL_AZURE_ANSWER,
                        "scale set %s/%s: Azure's list has an instance without an id",
                        set->group, set->name);
    if (grow(set, why) < 0)
        return -1;
    i = &set->instances[set->count];
    *i = (struct scaleset_instance){.address_rank = -1};
    if (scaleset_keep(set, resource, &i->resource, why) < 0 ||
        scaleset_keep(set, id, &i->id, why) < 0 || read_texts(set, i, from, why) < 0 ||
        check_name(set, i, names, why) < 0)
        return -1;
    read_states(i, from);
    i->is_spot |= set->is_spot && !set->is_flexible;
    set->count++;
    return 0;
}

int scaleset_add_instances(struct scaleset *set, const struct json *page,
                           struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *names = hostset_new();

    if (!names)
        return fail_memory(why);
    if (scaleset_check_page(set, page, "instances", why) < 0)
        return -1;
    for (const struct json *e = json_first(page); e; e = json_next(e))
        if (add_instance(set, e, names, why) < 0)
            return -1;
    return 0;
}
