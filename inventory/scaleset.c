#include "inventory/scaleset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inventory/armfield.h"
#include "inventory/hostset.h"
#include "inventory/scaleset_parts.h"
#include "protocol/fail.h"
#include "protocol/json.h"

static const char *const powers[SCALESET_POWERS] = {"unknown",    "starting",
                                                    "running",    "stopping",
                                                    "stopped",    "deallocating",
                                                    "deallocated"};

/* ---- parts ------------------------------------------------------------------------- */

int scaleset_keep(struct scaleset *set, const char *text, const char **copy,
                  struct fail *why)
{
    *copy = text ? arena_copy(&set->text, text, strlen(text)) : NULL;
    return text && !*copy ? fail_memory(why) : 0;
}

int scaleset_check_page(const struct scaleset *set, const struct json *page,
                        const char *of, struct fail *why)
{
    return json_is_array(page) ? 0
                               : fail_set(why, FAIL_AZURE_ANSWER,
                                          "scale set %s/%s: Azure's list of %s is none",
                                          set->group, set->name, of);
}

const char *scaleset_id_part(const char *resource, const char *name, size_t *len)
{
    size_t name_len = strlen(name);

    for (const char *slash = strchr(resource, '/'); slash; slash = strchr(slash + 1, '/'))
        if (strncasecmp(slash + 1, name, name_len) == 0 && slash[1 + name_len] == '/') {
            const char *part = slash + 2 + name_len;

            *len = strcspn(part, "/");
            return *len ? part : NULL;
        }
    return NULL;
}

/* ---- the set ------------------------------------------------------------------------ */

static int keep_part(struct scaleset *set, const char *name, const char **copy,
                     struct fail *why)
{
    size_t len;
    const char *part = scaleset_id_part(set->resource, name, &len);

    if (!part)
        return fail_set(why, FAIL_AZURE_ANSWER, "not the id of a scale set: '%s'",
                        set->resource);
    *copy = arena_copy(&set->text, part, len);
    return *copy ? 0 : fail_memory(why);
}

static int read_identity(struct scaleset *set, const struct json *answer,
                         struct fail *why)
{
    const char *resource = armfield_text(answer, "id");

    if (!resource)
        return fail_set(why, FAIL_AZURE_ANSWER,
                        "Azure's answer about a scale set has no id in it");
    if (scaleset_keep(set, resource, &set->resource, why) < 0 ||
        keep_part(set, "subscriptions", &set->subscription, why) < 0 ||
        keep_part(set, "resourceGroups", &set->group, why) < 0)
        return -1;
    return keep_part(set, "virtualMachineScaleSets", &set->name, why);
}

static int read_texts(struct scaleset *set, const struct json *answer, struct fail *why)
{
    const struct {
        const char **to, *way;
    } texts[] = {
        {&set->location, "location"},
        {&set->size, "sku.name"},
        {&set->name_prefix,
         "properties.virtualMachineProfile.osProfile.computerNamePrefix"},
        {&set->upgrade_mode, "properties.upgradePolicy.mode"},
        {&set->repair_action, "properties.automaticRepairsPolicy.repairAction"},
        {&set->eviction, "properties.virtualMachineProfile.evictionPolicy"},
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (scaleset_keep(set, armfield_text(answer, texts[i].way), texts[i].to, why) < 0)
            return -1;
    return scaleset_keep(set, armfield_first(answer, "properties.scaleInPolicy.rules"),
                         &set->scale_in, why);
}

static bool is_text(const struct json *object, const char *way, const char *wanted)
{
    const char *text = armfield_text(object, way);

    return text && strcasecmp(text, wanted) == 0;
}

bool scaleset_is_spot(const struct json *object, const char *way)
{
    return is_text(object, way, "Spot") || is_text(object, way, "Low");
}

static void read_flags(struct scaleset *set, const struct json *answer)
{
    set->is_flexible = is_text(answer, "properties.orchestrationMode", "Flexible");
    set->is_spot = scaleset_is_spot(answer, "properties.virtualMachineProfile.priority");
    set->is_single_placement_group =
        armfield_flag(answer, "properties.singlePlacementGroup", !set->is_flexible);
    set->repairs =
        armfield_flag(answer, "properties.automaticRepairsPolicy.enabled", false);
    set->upgrades_os = armfield_flag(
        answer,
        "properties.upgradePolicy.automaticOSUpgradePolicy.enableAutomaticOSUpgrade",
        false);
    set->overprovisions = armfield_flag(answer, "properties.overprovision", false);
    set->capacity = armfield_number(answer, "sku.capacity");
    set->fault_domains = armfield_number(answer, "properties.platformFaultDomainCount");
}

static int read_extension(struct scaleset *set, const struct json *from, struct fail *why)
{
    struct scaleset_extension *e = &set->extensions[set->extension_count++];

    if (scaleset_keep(set, armfield_text(from, "name"), &e->name, why) < 0 ||
        scaleset_keep(set, armfield_text(from, "properties.publisher"), &e->publisher,
                      why) < 0 ||
        scaleset_keep(set, armfield_text(from, "properties.type"), &e->type, why) < 0)
        return -1;
    return scaleset_keep(set, armfield_text(from, "properties.typeHandlerVersion"),
                         &e->version, why);
}

static int read_extensions(struct scaleset *set, const struct json *answer,
                           struct fail *why)
{
    const struct json *list =
        armfield_at(answer,
                    "properties.virtualMachineProfile.extensionProfile.extensions");

    if (!json_is_array(list) || !json_count(list))
        return 0;
    if (json_count(list) > SCALESET_MAX_EXTENSIONS)
        return fail_set(why, FAIL_AZURE_ANSWER,
                        "scale set %s/%s: more than %d extensions in its model",
                        set->group, set->name, SCALESET_MAX_EXTENSIONS);
    set->extensions = calloc(json_count(list), sizeof *set->extensions);
    if (!set->extensions)
        return fail_memory(why);
    for (const struct json *e = json_first(list); e; e = json_next(e))
        if (read_extension(set, e, why) < 0)
            return -1;
    return 0;
}

int scaleset_new(const struct json *answer, struct scaleset **set, struct fail *why)
{
    struct scaleset *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    if (read_identity(made, answer, why) < 0 || read_texts(made, answer, why) < 0 ||
        read_extensions(made, answer, why) < 0) {
        scaleset_free(made);
        return -1;
    }
    read_flags(made, answer);
    *set = made;
    return 0;
}

void scaleset_free(struct scaleset *set)
{
    if (!set)
        return;
    free(set->extensions);
    free(set->instances);
    free(set->by_resource);
    arena_done(&set->text);
    free(set);
}

void scaleset_done(struct scaleset **set)
{
    scaleset_free(*set);
}

/* ---- closed -------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    const struct scaleset_instance *x = a, *y = b;

    return hostset_compare(x->name, y->name);
}

int scaleset_close(struct scaleset *set, struct fail *why)
{
    free(set->by_resource);
    set->by_resource = NULL;
    set->is_indexed = false;
    if (set->count)
        qsort(set->instances, set->count, sizeof *set->instances, compare_names);
    for (size_t i = 1; i < set->count; i++)
        if (compare_names(&set->instances[i - 1], &set->instances[i]) == 0)
            return fail_set(why, FAIL_AZURE_ANSWER,
                            "scale set %s/%s: instances %s and %s are both called %s: "
                            "give each a computer name of its own",
                            set->group, set->name, set->instances[i - 1].id,
                            set->instances[i].id, set->instances[i].name);
    return 0;
}

bool scaleset_is_node(const struct scaleset_instance *instance)
{
    const char *provisioning = instance->provisioning;

    return instance->power == SCALESET_RUNNING &&
           !(provisioning && strcasecmp(provisioning, "Deleting") == 0);
}

const struct scaleset_instance *scaleset_find(const struct scaleset *set,
                                              const char *name)
{
    const struct scaleset_instance wanted = {.name = name};
    const struct scaleset_instance *found =
        set->count ? bsearch(&wanted, set->instances, set->count, sizeof *set->instances,
                             compare_names)
                   : NULL;

    for (size_t i = 0; !found && i < set->count; i++)
        if (strcmp(set->instances[i].id, name) == 0)
            found = &set->instances[i];
    return found;
}

const char *scaleset_power_name(enum scaleset_power power)
{
    return (unsigned)power < SCALESET_POWERS ? powers[power] : powers[0];
}

const char *scaleset_model_name(enum scaleset_model model)
{
    return model == SCALESET_MODEL_LATEST ? "latest"
           : model == SCALESET_MODEL_OLD  ? "old"
                                          : "unknown";
}
