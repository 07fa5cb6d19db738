/* scaleset_change - what became of a scale set's instances between two looks at it
 *
 * A machine is the one it was as long as its vmId is.  Another vmId under the same name,
 * the same number or at the same address is a machine that took another's place, whose
 * host key is a new one: that is told apart from who came and who went.
 *
 *     scaleset_compare(before, now, on_change, arg, why)
 *
 * Pure.
 */
#ifndef INVENTORY_SCALESET_CHANGE_H
#define INVENTORY_SCALESET_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

struct fail;
struct scaleset;
struct scaleset_instance;

enum scaleset_change_kind {
    SCALESET_CAME,     /* was is NULL */
    SCALESET_WENT,     /* is is NULL */
    SCALESET_REPLACED, /* is stands where was stood */
};

struct scaleset_change {
    enum scaleset_change_kind kind;
    const struct scaleset_instance *was, *is;
};

/* Call visit for each change, those of now in the order of their names and then who went.
 * Both sets are closed.  visit returns 0, or -1 with *why filled in to end it.  -1 also:
 * FAIL_MEMORY.
 */
int scaleset_compare(const struct scaleset *before, const struct scaleset *now,
                     int (*visit)(void *arg, const struct scaleset_change *change,
                                  struct fail *why),
                     void *arg, struct fail *why);

/* Let now remember which of its machines took another's place, from before and as before
 * remembered it; now_s: Unix time in seconds.  -1: FAIL_MEMORY.
 */
int scaleset_remember(const struct scaleset *before, struct scaleset *now, int64_t now_s,
                      struct fail *why);

/* Does now have another vmId than was?  Never, when one of them has none. */
bool scaleset_is_another(const struct scaleset_instance *was,
                         const struct scaleset_instance *now);

#endif
