#include "inventory/scaleset_filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inventory/nearest.h"
#include "inventory/scaleset.h"
#include "inventory/scaleset_name.h"
#include "protocol/fail.h"

static const char *const keys[SCALESET_FILTER_KEYS + 1] = {"state", "zone",  "placement",
                                                           "size",  "model", "health",
                                                           "id",    NULL};

/* ---- words ----------------------------------------------------------------------------- */

static int refuse(const char *what, const char *word, const char *const *words,
                  struct fail *why)
{
    const char *near = nearest_word(word, words);

    return fail_set(why, FAIL_USAGE, "%s '%s'%s%s%s", what, word,
                    near ? ": did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static bool is_among(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(*words, word) == 0)
            return true;
    return false;
}

/* What can never be true is a typing error, and would take nobody in silence. */
static int check_value(enum scaleset_filter_key key, const char *value, struct fail *why)
{
    static const char *const models[] = {"latest", "old", "unknown", NULL};
    const char *powers[SCALESET_POWERS + 1] = {NULL};

    for (int p = 0; p < SCALESET_POWERS; p++)
        powers[p] = scaleset_power_name((enum scaleset_power)p);
    if (!*value)
        return fail_set(why, FAIL_USAGE, "'%s=' wants a value", keys[key]);
    if (key == SCALESET_BY_STATE && !is_among(value, powers))
        return refuse("no instance has the state", value, powers, why);
    if (key == SCALESET_BY_MODEL && !is_among(value, models))
        return refuse("no instance has the model", value, models, why);
    return 0;
}

static int take_term(struct scaleset_filter *filter, char *term, struct fail *why)
{
    char *equals = strchr(term, '=');
    int key = 0;

    if (!equals)
        return fail_set(why, FAIL_USAGE, "'%s' is not KEY=VALUE", term);
    *equals = '\0';
    while (keys[key] && strcmp(keys[key], term) != 0)
        key++;
    if (!keys[key])
        return refuse("instances have no", term, keys, why);
    if (check_value((enum scaleset_filter_key)key, equals + 1, why) < 0)
        return -1;
    if (filter->count == SCALESET_FILTER_MAX_TERMS)
        return fail_set(why, FAIL_USAGE, "more than %d conditions",
                        SCALESET_FILTER_MAX_TERMS);
    filter->terms[filter->count].key = (enum scaleset_filter_key)key;
    filter->terms[filter->count++].value = equals + 1;
    return 0;
}

int scaleset_filter_parse(const char *text, struct scaleset_filter *filter,
                          struct fail *why)
{
    char *rest, *term;

    *filter = (struct scaleset_filter){.text = strdup(text)};
    rest = filter->text;
    if (!rest)
        return fail_memory(why);
    while ((term = strsep(&rest, ", ")))
        if (*term && take_term(filter, term, why) < 0) {
            scaleset_filter_done(filter);
            return -1;
        }
    return 0;
}

void scaleset_filter_done(struct scaleset_filter *filter)
{
    free(filter->text);
    *filter = (struct scaleset_filter){0};
}

/* ---- who is meant ------------------------------------------------------------------------ */

static bool is_same(const char *text, const char *value)
{
    return text && strcasecmp(text, value) == 0;
}

/* "10" and ib00000a are one instance. */
static bool has_id(const struct scaleset *set, const struct scaleset_instance *i,
                   const char *value)
{
    char id[24];
    uint64_t number;

    if (is_same(i->id, value))
        return true;
    if (!set->name_prefix || !scaleset_name_parse(set->name_prefix, value, &number))
        return false;
    snprintf(id, sizeof id, "%" PRIu64, number);
    return strcmp(i->id, id) == 0;
}

static bool is_met(const struct scaleset *set, const struct scaleset_instance *i,
                   enum scaleset_filter_key key, const char *value)
{
    switch (key) {
    case SCALESET_BY_STATE:
        return is_same(scaleset_power_name(i->power), value);
    case SCALESET_BY_ZONE:
        return is_same(i->zone, value);
    case SCALESET_BY_PLACEMENT:
        return is_same(i->placement_group, value);
    case SCALESET_BY_SIZE:
        return is_same(i->size, value);
    case SCALESET_BY_MODEL:
        return is_same(scaleset_model_name(i->model), value);
    case SCALESET_BY_HEALTH:
        return is_same(i->health, value);
    case SCALESET_BY_ID:
        return has_id(set, i, value);
    default:
        return false;
    }
}

bool scaleset_filter_takes(const struct scaleset_filter *filter,
                           const struct scaleset *set,
                           const struct scaleset_instance *instance)
{
    bool is_asked[SCALESET_FILTER_KEYS] = {false}, is_so[SCALESET_FILTER_KEYS] = {false};

    for (size_t t = 0; t < filter->count; t++) {
        enum scaleset_filter_key key = filter->terms[t].key;

        is_asked[key] = true;
        is_so[key] |= is_met(set, instance, key, filter->terms[t].value);
    }
    for (int k = 0; k < SCALESET_FILTER_KEYS; k++)
        if (is_asked[k] && !is_so[k])
            return false;
    return true;
}

bool scaleset_filter_names_state(const struct scaleset_filter *filter)
{
    for (size_t t = 0; t < filter->count; t++)
        if (filter->terms[t].key == SCALESET_BY_STATE)
            return true;
    return false;
}
