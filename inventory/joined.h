/* joined - names parted by ',' that grow into one text
 */
#ifndef INVENTORY_JOINED_H
#define INVENTORY_JOINED_H

#include <stddef.h>
#include <stdio.h>

struct fail;

struct joined {
    FILE *out;
    char *text;
    size_t len_bytes;
};

/* FAIL_MEMORY. */
int joined_open(struct joined *j, struct fail *why);

void joined_add(struct joined *j, const char *name, size_t len_bytes);

/* The text is the caller's, malloc'ed, unless status, how filling it went, or memory says
 * -1.  FAIL_MEMORY.
 */
int joined_close(struct joined *j, int status, char **text, struct fail *why);

#endif
