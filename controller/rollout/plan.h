/* plan - a decision as the journal keeps it (pure)
 *
 *     {"verdict": "steps", "steps": [...], "reboot": true}
 *     {"verdict": "up-to-date"}      {"verdict": "refused", "code": ..., "reason": ...}
 */
#ifndef CONTROLLER_PLAN_H
#define CONTROLLER_PLAN_H

#include <stdbool.h>

struct decision;
struct fail;
struct json;

/* The caller frees it.  NULL: out of memory. */
struct json *plan_encode(const struct decision *d);

/* The same as it may be seen: no URL has its password or query.  Such a plan is for people
 * and their scripts, and cannot be taken.
 */
struct json *plan_encode_shown(const struct decision *d);

/* Is it a plan that says there is nothing to do, as of a node that was never probed? */
bool plan_is_empty(const char *text);

/* Only plans with steps are read back.  *d must be empty and is to be cleared.
 * FAIL_STATE: the journal says nonsense; FAIL_MEMORY.
 */
int plan_parse(const char *text, struct decision *d, struct fail *why);

#endif
