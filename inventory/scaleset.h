/* scaleset - a scale set of Azure and its instances, out of the answers of its API
 *
 * Read in this order: the set, the pages of its instances, the pages of its network
 * interfaces; then close.
 *
 *     if (scaleset_new(set_answer, &set, why) < 0 ||
 *         scaleset_add_instances(set, page, why) < 0 ||        for each page
 *         scaleset_add_interfaces(set, page, why) < 0 ||       for each page
 *         scaleset_close(set, why) < 0)
 *         ...
 *     for (size_t i = 0; i < set->count; i++)
 *         if (scaleset_is_node(&set->instances[i])) ...
 *     scaleset_free(set);
 *
 * Uniform and Flexible sets give the same instances here; what one of them does not say is
 * NULL, -1 or unknown.  An answer may tell of machines of other sets (Flexible): those
 * are passed over.
 *
 * Pure: calls nobody.
 */
#ifndef INVENTORY_SCALESET_H
#define INVENTORY_SCALESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory/arena.h"

struct fail;
struct json;

#define SCALESET_MAX_INSTANCES  5000 /* Azure's own limit is 1000 */
#define SCALESET_MAX_EXTENSIONS 64

enum scaleset_power {
    SCALESET_POWER_UNKNOWN,
    SCALESET_STARTING,
    SCALESET_RUNNING,
    SCALESET_STOPPING,
    SCALESET_STOPPED,
    SCALESET_DEALLOCATING,
    SCALESET_DEALLOCATED,
    SCALESET_POWERS
};

/* Does an instance have what the set's model says now? */
enum scaleset_model { SCALESET_MODEL_UNKNOWN, SCALESET_MODEL_LATEST, SCALESET_MODEL_OLD };

struct scaleset_extension {
    const char *name, *publisher, *type, *version; /* NULL: not said */
};

/* Texts are NULL when Azure does not say; all are owned by the set. */
struct scaleset_instance {
    const char *id; /* Uniform: its number; Flexible: the machine's name; never NULL */
    const char *resource; /* the ARM id; never NULL */
    const char *name; /* the node's: computer name, else what it is made of; never NULL */
    const char *vm_id; /* another one under the same name: another machine */
    const char *size, *zone, *placement_group, *image;
    const char *address;      /* private, of the primary interface; IPv4 before IPv6 */
    const char *provisioning; /* "Succeeded", "Creating", "Deleting", ... */
    const char *health;       /* "healthy", "unhealthy", ... */
    enum scaleset_power power;
    enum scaleset_model model;
    int fault_domain;                                 /* -1: not said */
    bool keeps_from_scale_in, keeps_from_set_actions; /* protection */
    bool is_spot;
    bool awaits_maintenance;  /* Azure has announced to move it to other hardware */
    const char *former_vm_id; /* of the machine that it was seen to replace */
    int64_t replaced_s;       /* when, Unix time in seconds; 0: never */
    int address_rank;         /* how good the address is: scaleset_add_interfaces()'s */
};

struct scaleset {
    const char *resource;                      /* ARM id */
    const char *subscription, *group, *name;   /* out of it; never NULL */
    const char *location, *size, *name_prefix; /* NULL: not said */
    const char *upgrade_mode;                  /* "Automatic", "Manual", "Rolling" */
    const char *repair_action;                 /* "Replace", "Restart", "Reimage" */
    const char *eviction;                      /* of Spot: "Deallocate", "Delete" */
    int capacity;                              /* -1: not said */
    int fault_domains;                         /* -1: not said */
    bool is_flexible, is_spot;
    bool is_single_placement_group;
    bool repairs, upgrades_os, overprovisions;
    const char *scale_in;                  /* its first rule */
    struct scaleset_extension *extensions; /* of the model */
    size_t extension_count;

    struct scaleset_instance *instances; /* by name in natural order once closed */
    size_t count, room;
    size_t *by_resource; /* of instances, while it is open */
    bool is_indexed;
    struct arena text;
};

/* ---- read -------------------------------------------------------------------------- */

/* What GET of the set said.  -1: FAIL_AZURE_ANSWER names what is wrong with it, or
 * FAIL_MEMORY; *set is then left alone.
 */
int scaleset_new(const struct json *answer, struct scaleset **set, struct fail *why);

/* NULL is allowed. */
void scaleset_free(struct scaleset *set);
void scaleset_done(struct scaleset **set);

/* A page of the list of instances, or of machines for Flexible: its array.  -1: FAIL_AZURE_ANSWER
 * (no list, an instance without an id, too many of them) or FAIL_MEMORY.
 */
int scaleset_add_instances(struct scaleset *set, const struct json *page,
                           struct fail *why);

/* A page of the list of interfaces, of the set or of the whole resource group; after the
 * last page of instances.  Addresses that are none are passed over.  Same failures.
 */
int scaleset_add_interfaces(struct scaleset *set, const struct json *page,
                            struct fail *why);

/* Sort, after the last page.  -1: FAIL_AZURE_ANSWER names two instances that have one
 * name; FAIL_MEMORY.
 */
int scaleset_close(struct scaleset *set, struct fail *why);

/* ---- look -------------------------------------------------------------------------- */

/* Is it there to be logged in to: running, and not about to be deleted? */
bool scaleset_is_node(const struct scaleset_instance *instance);

/* By name or by id, in a closed set; NULL when there is none. */
const struct scaleset_instance *scaleset_find(const struct scaleset *set,
                                              const char *name);

/* How an instance stands by an answer about it alone: power, model, provisioning, health,
 * protection and the like, and vm_id.  Texts are the answer's; what is not said is as in a
 * set, and of all else there is nothing in *instance.
 */
void scaleset_read_standing(const struct json *answer,
                            struct scaleset_instance *instance);

/* "running", "deallocated", ..., "unknown"; "latest", "old", "unknown". */
const char *scaleset_power_name(enum scaleset_power power);
const char *scaleset_model_name(enum scaleset_model model);

#endif
