/* hostset_part - some names of a set: by chance, or one of several equal parts
 *
 * Pure: chance is a number that the caller brings.
 */
#ifndef INVENTORY_HOSTSET_PART_H
#define INVENTORY_HOSTSET_PART_H

#include <stddef.h>
#include <stdint.h>

struct fail;
struct hostset;

/* most names of the set (all when it has no more), each choice as likely as any other and
 * the same for the same seed, into *part; free with hostset_free().  FAIL_MEMORY.
 */
int hostset_pick(const struct hostset *set, size_t most, uint64_t seed,
                 struct hostset **part, struct fail *why);

/* The i-th of parts, i below parts: in natural order, all of the same size or the first
 * ones larger by one, so that the last ones are empty when there are more parts than
 * names.  FAIL_MEMORY.
 */
int hostset_split(const struct hostset *set, size_t parts, size_t i,
                  struct hostset **part, struct fail *why);

#endif
