/* armfield - one field of an answer of Azure, by its way through the objects
 *
 *     size = armfield_text(vm, "properties.hardwareProfile.vmSize");
 *
 * Azure leaves out what it has nothing to say about, so what is not there is no failure
 * here; neither is what has another type than the one asked for.  Everything returned is
 * borrowed from the document.
 */
#ifndef INVENTORY_ARMFIELD_H
#define INVENTORY_ARMFIELD_H

#include <stdbool.h>

struct json;

/* A word of the way is at most so long. */
#define ARMFIELD_MAX_WORD 63

/* NULL when one of the objects is not there. */
const struct json *armfield_at(const struct json *object, const char *way);

/* NULL: not there, no text, or an empty one. */
const char *armfield_text(const struct json *object, const char *way);

/* What the flag says, or otherwise when there is none. */
bool armfield_flag(const struct json *object, const char *way, bool otherwise);

/* A whole number from 0 to 1000000; -1 when there is none. */
int armfield_number(const struct json *object, const char *way);

/* The first entry of a list, for json_next(); NULL: there is no list, or it is empty. */
const struct json *armfield_items(const struct json *object, const char *way);

/* The first text of a list (`zones`); NULL when there is none. */
const char *armfield_first(const struct json *object, const char *way);

#endif
