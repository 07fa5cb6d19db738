/* scaleset_parts - what the scaleset*.c files share */
#ifndef INVENTORY_SCALESET_PARTS_H
#define INVENTORY_SCALESET_PARTS_H

#include "inventory/scaleset.h"

/* A copy of a text that lives as long as the set, into *copy; NULL stays NULL.
 * -1: FAIL_MEMORY.
 */
int scaleset_keep(struct scaleset *set, const char *text, const char **copy,
                  struct fail *why);

/* -1: FAIL_AZURE_ANSWER, the page of that list is no array. */
int scaleset_check_page(const struct scaleset *set, const struct json *page,
                        const char *of, struct fail *why);

/* What follows `/NAME/` in an ARM id, whose case does not count, up to the next slash;
 * *len bytes of it.  NULL when it is not there.
 */
const char *scaleset_id_part(const char *resource, const char *name, size_t *len);

/* Is this priority Spot, or Low, as it was called before? */
bool scaleset_is_spot(const struct json *object, const char *way);

#endif
