/* scaleset_name - the computer names that a Uniform scale set gives its instances
 *
 * They are the set's prefix and the instance's number in base 36, six digits wide:
 * instance 10 of prefix "ib" is ib00000a.  Slurm knows nodes by these names, Azure
 * instances by their numbers.
 *
 *     scaleset_name_format("ib", 10, name)               "ib00000a"
 *     scaleset_name_parse("ib", "ib00000A", &number)     10
 */
#ifndef INVENTORY_SCALESET_NAME_H
#define INVENTORY_SCALESET_NAME_H

#include <stdbool.h>
#include <stdint.h>

#define SCALESET_NAME_DIGITS     6
#define SCALESET_NAME_NUMBERS    UINT64_C(2176782336) /* 36 to the 6th */
#define SCALESET_NAME_MAX_PREFIX 58                   /* Linux; Windows has 9 */

/* Room for the longest name and its NUL. */
#define SCALESET_NAME_ROOM (SCALESET_NAME_MAX_PREFIX + SCALESET_NAME_DIGITS + 1)

/* The name, into name[SCALESET_NAME_ROOM].  -1: the prefix is too long, or the number has
 * more digits than a name has room for.
 */
int scaleset_name_format(const char *prefix, uint64_t number, char *name);

/* The number, digits of either case, into *number.  False: not a name of this prefix. */
bool scaleset_name_parse(const char *prefix, const char *name, uint64_t *number);

#endif
