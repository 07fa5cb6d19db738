/* namebook - which of our nodes has this name (pure)
 *
 * Sorted once, so that ten thousand names in an answer cost no more than their bytes.
 */
#ifndef CONTROLLER_NAMEBOOK_H
#define CONTROLLER_NAMEBOOK_H

#include <stdbool.h>
#include <stddef.h>

struct namebook;

/* names are borrowed until namebook_free().  NULL only when memory is exhausted. */
struct namebook *namebook_new(const char *const *names, size_t count);
void namebook_free(struct namebook *book); /* NULL is allowed */

size_t namebook_count(const struct namebook *book);
const char *namebook_name(const struct namebook *book, size_t i);

/* Where the name stands among names, into *i; false: it is none of them. */
bool namebook_find(const struct namebook *book, const char *name, size_t *i);

#endif
