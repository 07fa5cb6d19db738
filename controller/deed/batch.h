/* batch - how many at once: "4", or "10%" of all (pure) */
#ifndef CONTROLLER_BATCH_H
#define CONTROLLER_BATCH_H

#include <stddef.h>

struct fail;

/* Of `all`, which is at least 1; text NULL: one at once.  A share is rounded down, but
 * never to nobody.  -1: FAIL_USAGE.
 */
int batch_read(const char *text, size_t all, size_t *batch, struct fail *why);

/* How many batches that makes. */
size_t batch_count(size_t all, size_t batch);

#endif
