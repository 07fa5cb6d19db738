/* fold - equal text once, under the hostlist of all who said it (pure)
 *
 *     struct fold *f = fold_new();
 *
 *     fold_add(f, "ib017", text, len_bytes, why);   in any order
 *     fold_sort(f);                                 the largest group first
 *     for (i = 0; i < fold_count(f); i++)
 *         fold_hosts(f, i), fold_size(f, i), fold_text(f, i)
 *     fold_free(f);
 */
#ifndef CONTROLLER_FOLD_H
#define CONTROLLER_FOLD_H

#include <stddef.h>

struct fail;
struct fold;

/* NULL only when memory is exhausted. */
struct fold *fold_new(void);
void fold_free(struct fold *f); /* NULL is allowed */
void fold_done(struct fold **f);

/* Texts are copied and compared by bytes; they may hold NUL.  FAIL_MEMORY, or
 * FAIL_HOSTLIST when name is not a node's name.
 */
int fold_add(struct fold *f, const char *name, const char *bytes, size_t len_bytes,
             struct fail *why);

/* Largest group first, among equals by first node.  Before that: as added. */
void fold_sort(struct fold *f);

size_t fold_count(const struct fold *f);

/* Of the i-th group, i below fold_count(); borrowed until the fold is freed.
 * fold_hosts() folds on the first call; NULL when memory is exhausted.
 */
size_t fold_size(const struct fold *f, size_t i); /* nodes in it */
const char *fold_hosts(struct fold *f, size_t i);
const char *fold_text(const struct fold *f, size_t i, size_t *len_bytes);

#endif
