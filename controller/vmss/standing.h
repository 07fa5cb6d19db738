/* standing - how a scale set and its instances are, for people and for scripts (pure)
 */
#ifndef CONTROLLER_STANDING_H
#define CONTROLLER_STANDING_H

#include <stdbool.h>
#include <stddef.h>

struct fail;
struct json;
struct preflight;
struct scaleset;
struct scaleset_instance;
struct text;

/* What is shown: a set, and of its instances those that are named. */
struct standing {
    const struct scaleset *const *sets;
    size_t set_count;
    const struct scaleset_instance *const *instances; /* in the order of their names */
    size_t instance_count;
    const struct preflight *found;
};

/* A line for each set, a table with equal instances folded, and the findings with what to
 * do.  FAIL_MEMORY.
 */
int standing_render(const struct standing *s, size_t width, bool color, struct text *text,
                    struct fail *why);

/* The caller's; NULL when memory is exhausted. */
struct json *standing_encode(const struct standing *s);

#endif
