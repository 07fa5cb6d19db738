#include "inventory/scaleset_record.h"

#include <stdlib.h>
#include <string.h>

#include "inventory/armfield.h"
#include "inventory/scaleset.h"
#include "inventory/scaleset_parts.h"
#include "protocol/fail.h"
#include "protocol/json.h"

#define LAST_SECOND ((int64_t)1 << 40)

/* ---- the fields ------------------------------------------------------------------------ */

enum shape { TEXT, FLAG, NUMBER };

struct field {
    const char *key;
    enum shape shape;
    size_t offset;
    bool is_needed;
};

/* clang-format off */
#define OF_SET(key, shape, member, needed)  {key, shape, offsetof(struct scaleset, member), needed}
static const struct field of_set[] = {
    OF_SET("resource",      TEXT,   resource, true),
    OF_SET("subscription",  TEXT,   subscription, true),
    OF_SET("group",         TEXT,   group, true),
    OF_SET("name",          TEXT,   name, true),
    OF_SET("location",      TEXT,   location, false),
    OF_SET("size",          TEXT,   size, false),
    OF_SET("name_prefix",   TEXT,   name_prefix, false),
    OF_SET("upgrade_mode",  TEXT,   upgrade_mode, false),
    OF_SET("repair_action", TEXT,   repair_action, false),
    OF_SET("eviction",      TEXT,   eviction, false),
    OF_SET("scale_in",      TEXT,   scale_in, false),
    OF_SET("capacity",      NUMBER, capacity, false),
    OF_SET("fault_domains", NUMBER, fault_domains, false),
    OF_SET("flexible",      FLAG,   is_flexible, true),
    OF_SET("spot",          FLAG,   is_spot, true),
    OF_SET("single_placement_group", FLAG, is_single_placement_group, true),
    OF_SET("repairs",       FLAG,   repairs, true),
    OF_SET("upgrades_os",   FLAG,   upgrades_os, true),
    OF_SET("overprovisions", FLAG,  overprovisions, true),
};

#define OF_INSTANCE(key, shape, member, needed) {key, shape, offsetof(struct scaleset_instance, member), needed}
static const struct field of_instance[] = {
    OF_INSTANCE("id",              TEXT,   id, true),
    OF_INSTANCE("resource",        TEXT,   resource, true),
    OF_INSTANCE("name",            TEXT,   name, true),
    OF_INSTANCE("vm_id",           TEXT,   vm_id, false),
    OF_INSTANCE("size",            TEXT,   size, false),
    OF_INSTANCE("zone",            TEXT,   zone, false),
    OF_INSTANCE("placement_group", TEXT,   placement_group, false),
    OF_INSTANCE("image",           TEXT,   image, false),
    OF_INSTANCE("address",         TEXT,   address, false),
    OF_INSTANCE("provisioning",    TEXT,   provisioning, false),
    OF_INSTANCE("health",          TEXT,   health, false),
    OF_INSTANCE("fault_domain",    NUMBER, fault_domain, false),
    OF_INSTANCE("keeps_from_scale_in",    FLAG, keeps_from_scale_in, true),
    OF_INSTANCE("keeps_from_set_actions", FLAG, keeps_from_set_actions, true),
    OF_INSTANCE("spot",            FLAG,   is_spot, true),
    OF_INSTANCE("awaits_maintenance", FLAG, awaits_maintenance, true),
    OF_INSTANCE("former_vm_id",    TEXT,   former_vm_id, false),
};
/* clang-format on */

#define COUNT(list) (sizeof list / sizeof *list)

/* ---- out --------------------------------------------------------------------------------- */

static int put_field(struct json *doc, const struct field *f, const void *from)
{
    const void *member = (const char *)from + f->offset;

    if (f->shape == TEXT)
        return json_put_text(doc, f->key, *(const char *const *)member);
    if (f->shape == FLAG)
        return json_put_flag(doc, f->key, *(const bool *)member);
    if (*(const int *)member < 0)
        return json_put_text(doc, f->key, NULL);
    return json_put_int(doc, f->key, *(const int *)member);
}

static struct json *put_fields(const struct field *fields, size_t count, const void *from)
{
    struct json *doc = json_object();

    for (size_t i = 0; doc && i < count; i++)
        if (put_field(doc, &fields[i], from) < 0) {
            json_free(doc);
            return NULL;
        }
    return doc;
}

struct json *scaleset_encode_instance(const struct scaleset_instance *instance)
{
    struct json *doc = put_fields(of_instance, COUNT(of_instance), instance);

    if (doc && json_put_text(doc, "state", scaleset_power_name(instance->power)) == 0 &&
        json_put_text(doc, "model", scaleset_model_name(instance->model)) == 0 &&
        json_put_int(doc, "replaced", instance->replaced_s) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

static struct json *encode_at(const void *arg, size_t i)
{
    const struct scaleset *set = arg;

    return scaleset_encode_instance(&set->instances[i]);
}

static struct json *encode_extension(const void *arg, size_t i)
{
    const struct scaleset_extension *e = &((const struct scaleset *)arg)->extensions[i];
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", e->name) == 0 &&
        json_put_text(doc, "publisher", e->publisher) == 0 &&
        json_put_text(doc, "type", e->type) == 0 &&
        json_put_text(doc, "version", e->version) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

struct json *scaleset_encode(const struct scaleset *set)
{
    struct json *doc = put_fields(of_set, COUNT(of_set), set);

    if (doc &&
        json_put(doc, "extensions",
                 json_list(set->extension_count, encode_extension, set)) == 0 &&
        json_put(doc, "instances", json_list(set->count, encode_at, set)) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

/* ---- in ---------------------------------------------------------------------------------- */

static int lacks(const char *key, struct fail *why)
{
    return fail_set(why, FAIL_AZURE_ANSWER,
                    "what was kept of a scale set has no proper '%s'", key);
}

static int get_field(struct scaleset *set, const struct json *doc, const struct field *f,
                     void *to, struct fail *why)
{
    void *member = (char *)to + f->offset;
    const char **text = member;

    if (f->shape == FLAG)
        return json_get_flag(doc, f->key, member, NULL) < 0 ? lacks(f->key, why) : 0;
    if (f->shape == NUMBER) {
        *(int *)member = armfield_number(doc, f->key);
        return 0;
    }
    if (scaleset_keep(set, armfield_text(doc, f->key), text, why) < 0)
        return -1;
    return f->is_needed && !*text ? lacks(f->key, why) : 0;
}

static int get_fields(struct scaleset *set, const struct json *doc,
                      const struct field *fields, size_t count, void *to,
                      struct fail *why)
{
    for (size_t i = 0; i < count; i++)
        if (get_field(set, doc, &fields[i], to, why) < 0)
            return -1;
    return 0;
}

static int decode_instance(struct scaleset *set, const struct json *doc, struct fail *why)
{
    struct scaleset_instance *i = &set->instances[set->count];
    const char *state = armfield_text(doc, "state"), *model = armfield_text(doc, "model");

    if (get_fields(set, doc, of_instance, COUNT(of_instance), i, why) < 0)
        return -1;
    for (int p = 0; state && p < SCALESET_POWERS; p++)
        if (strcmp(state, scaleset_power_name((enum scaleset_power)p)) == 0)
            i->power = (enum scaleset_power)p;
    for (int m = SCALESET_MODEL_UNKNOWN; model && m <= SCALESET_MODEL_OLD; m++)
        if (strcmp(model, scaleset_model_name((enum scaleset_model)m)) == 0)
            i->model = (enum scaleset_model)m;
    if (json_get_int(doc, "replaced", 0, LAST_SECOND, &i->replaced_s, NULL) < 0)
        return lacks("replaced", why);
    set->count++;
    return 0;
}

static int decode_extension(struct scaleset *set, const struct json *doc,
                            struct fail *why)
{
    struct scaleset_extension *e = &set->extensions[set->extension_count++];

    if (scaleset_keep(set, armfield_text(doc, "name"), &e->name, why) < 0 ||
        scaleset_keep(set, armfield_text(doc, "publisher"), &e->publisher, why) < 0 ||
        scaleset_keep(set, armfield_text(doc, "type"), &e->type, why) < 0)
        return -1;
    return scaleset_keep(set, armfield_text(doc, "version"), &e->version, why);
}

static int decode_list(struct scaleset *set, const struct json *doc, const char *key,
                       size_t max, size_t size, void *list,
                       int (*decode)(struct scaleset *set, const struct json *doc,
                                     struct fail *why),
                       struct fail *why)
{
    const struct json *from = armfield_at(doc, key);
    void **to = list;

    if (!json_is_array(from) || json_count(from) > max)
        return lacks(key, why);
    *to = calloc(json_count(from) + 1, size);
    if (!*to)
        return fail_memory(why);
    for (const struct json *e = json_first(from); e; e = json_next(e))
        if (decode(set, e, why) < 0)
            return -1;
    return 0;
}

int scaleset_decode(const struct json *doc, struct scaleset **set, struct fail *why)
{
    struct scaleset *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    if (get_fields(made, doc, of_set, COUNT(of_set), made, why) < 0 ||
        decode_list(made, doc, "extensions", SCALESET_MAX_EXTENSIONS,
                    sizeof *made->extensions, &made->extensions, decode_extension,
                    why) < 0 ||
        decode_list(made, doc, "instances", SCALESET_MAX_INSTANCES,
                    sizeof *made->instances, &made->instances, decode_instance,
                    why) < 0 ||
        scaleset_close(made, why) < 0) {
        scaleset_free(made);
        return -1;
    }
    *set = made;
    return 0;
}
