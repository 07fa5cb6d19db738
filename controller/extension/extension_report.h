/* extension_report - who has which extension in which state, equal ones folded (pure) */
#ifndef CONTROLLER_EXTENSION_REPORT_H
#define CONTROLLER_EXTENSION_REPORT_H

#include <stdbool.h>
#include <stddef.h>

struct extension_view;
struct fail;
struct json;
struct scaleset;
struct text;

struct extension_report {
    const struct extension_view *view;
    const struct scaleset *const *sets; /* as in the view */
    size_t set_count;
    const char *const *nodes; /* instances in them */
    size_t node_count;
};

/* The models, a table, and each exit code that stands in it with its meaning and what to
 * do.  width 0: as wide as it is.  -1: FAIL_MEMORY.
 */
int extension_report_render(const struct extension_report *report, size_t width,
                            bool color, struct text *text, struct fail *why);

/* {schema, models, instances}; the caller's; NULL when memory is exhausted. */
struct json *extension_report_encode(const struct extension_report *report);

/* How many of the nodes have one that failed. */
size_t extension_report_failed(const struct extension_report *report);

#endif
