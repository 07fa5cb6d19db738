/* deed_view - what a person, and a program, is told of a deed (pure)
 *
 * Instances are folded under one hostlist: in the plan by set, in the result by how they
 * have ended.
 */
#ifndef CONTROLLER_DEED_VIEW_H
#define CONTROLLER_DEED_VIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/deed/deed_state.h"
#include "controller/screen/progress.h"

struct deed;
struct deed_order;
struct fail;
struct json;
struct text;

/* For a progress display: DEED_STATES - 1 of them, the state less one is the number. */
const struct progress_state *deed_view_states(void);

/* What would be done, in which batches, and what is lost.  FAIL_MEMORY. */
int deed_view_plan(const struct deed_order *order, size_t width, bool color,
                   struct text *text, struct fail *why);

/* How each has ended, or stands.  FAIL_MEMORY. */
int deed_view_result(const struct deed *deed, size_t width, bool color, struct text *text,
                     struct fail *why);

/* "3 restarted, 1 failed, 2 not begun" */
void deed_view_counts(const struct deed *deed, const struct deed_order *order,
                      struct text *text);

/* {"schema": "ibfleet.azure.deed/1", ...}; deed and run NULL: the plan.  NULL: out of
 * memory.
 */
struct json *deed_view_json(const struct deed *deed, const struct deed_order *order,
                            const char *run);

#endif
