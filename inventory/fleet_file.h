/* fleet_file - the lines of a fleet file, before they mean anything
 *
 * INI by inih, narrowed: white space around lines is ignored (inih would take an
 * indented line for more of the one before), '#' and ';' begin a comment at the
 * start of a line or after white space, a line without '=' is a key with an empty
 * value, and ':' does not part keys from values.
 *
 * Pure.
 */
#ifndef INVENTORY_FLEET_FILE_H
#define INVENTORY_FLEET_FILE_H

#include <stddef.h>

#include "inventory/arena.h"

struct fail;

struct fleet_line {
    const char *section;
    const char *key; /* NULL: the line that begins the section */
    const char *value;
    unsigned number; /* counts from 1 */
};

/* All zero is empty. */
struct fleet_lines {
    struct fleet_line *lines;
    size_t count, room;
    struct arena text; /* owns what the lines point to */
};

/* Append the lines of a text to *lines.  -1: FAIL_FLEET_FILE, "FILE:LINE: ...", or
 * FAIL_MEMORY; *lines may then hold a part, and wants fleet_lines_done() as ever.
 */
int fleet_lines_read(const char *text, size_t len_bytes, const char *file,
                     struct fleet_lines *lines, struct fail *why);

void fleet_lines_done(struct fleet_lines *lines);

#endif
