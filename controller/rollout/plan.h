/* plan - a decision as the journal keeps it (pure)
 *
 *     {"verdict": "steps", "steps": [...], "reboot": true}
 *     {"verdict": "up-to-date"}      {"verdict": "refused", "code": ..., "reason": ...}
 */
#ifndef CONTROLLER_PLAN_H
#define CONTROLLER_PLAN_H

struct decision;
struct fail;
struct json;

/* The caller frees it.  NULL: out of memory. */
struct json *plan_encode(const struct decision *d);

/* Only plans with steps are read back.  *d must be empty and is to be cleared.
 * FAIL_STATE: the journal says nonsense; FAIL_MEMORY.
 */
int plan_parse(const char *text, struct decision *d, struct fail *why);

#endif
