/* scaleset_filter - which instances of a scale set are meant
 *
 *     scaleset_filter_parse("zone=1,state=running,state=stopped", &filter, why)
 *     if (scaleset_filter_takes(&filter, set, instance)) ...
 *     scaleset_filter_done(&filter);
 *
 * Keys are state, zone, placement, size, model, health and id; `id` takes Azure's number
 * or the name that is made of it.  The same key again means either, different keys mean
 * both.  Case does not count.  Names themselves are for hostlists.
 *
 * Pure.
 */
#ifndef INVENTORY_SCALESET_FILTER_H
#define INVENTORY_SCALESET_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct scaleset;
struct scaleset_instance;

#define SCALESET_FILTER_MAX_TERMS 64

enum scaleset_filter_key {
    SCALESET_BY_STATE,
    SCALESET_BY_ZONE,
    SCALESET_BY_PLACEMENT,
    SCALESET_BY_SIZE,
    SCALESET_BY_MODEL,
    SCALESET_BY_HEALTH,
    SCALESET_BY_ID,
    SCALESET_FILTER_KEYS
};

/* All zero takes everything. */
struct scaleset_filter {
    struct {
        enum scaleset_filter_key key;
        const char *value;
    } terms[SCALESET_FILTER_MAX_TERMS];
    size_t count;
    char *text; /* owns the values */
};

/* -1: FAIL_USAGE names the term that is wrong, FAIL_MEMORY; *filter is then empty. */
int scaleset_filter_parse(const char *text, struct scaleset_filter *filter,
                          struct fail *why);

void scaleset_filter_done(struct scaleset_filter *filter);

bool scaleset_filter_takes(const struct scaleset_filter *filter,
                           const struct scaleset *set,
                           const struct scaleset_instance *instance);

/* Does it say something about the state?  Else only running instances are nodes. */
bool scaleset_filter_names_state(const struct scaleset_filter *filter);

#endif
