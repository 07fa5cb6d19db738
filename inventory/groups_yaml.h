/* groups_yaml - ClusterShell's files of groups in an autodir
 *
 *     roles:
 *         io: '@racks:rack2,example2'
 *         all: '@io,@compute'
 *     racks:
 *         rack5:
 *             - example[200-205]
 *             - example245
 *
 * Each key is a source, what stands in it its groups: a hostlist, or a list of them.
 * Aliases are refused.  The only file that knows libyaml.  Pure: it is given the text.
 */
#ifndef INVENTORY_GROUPS_YAML_H
#define INVENTORY_GROUPS_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/arena.h"

struct fail;

#define GROUPS_YAML_MAX_TEXT   ((size_t)16 << 20) /* bytes in a file             */
#define GROUPS_YAML_MAX_GROUPS 100000             /* in all files of all sources */

struct yaml_group {
    const char *source, *name, *hostlist;
};

/* All zero is empty.  Groups of a source in one file stand together. */
struct groups_yaml {
    struct yaml_group *groups;
    size_t count, room;
    struct arena text; /* owns all text */
};

/* Add the groups of a file.  -1: FAIL_GROUP_SOURCE, "FILE:LINE: ...", also when another
 * file has the source already, or FAIL_MEMORY; *y may then hold a part, and wants
 * groups_yaml_done() as ever.
 */
int groups_yaml_read(struct groups_yaml *y, const char *text, size_t len_bytes,
                     const char *file, struct fail *why);

void groups_yaml_done(struct groups_yaml *y);

/* The i-th source, from 0 in the order of the files; NULL when there are no more. */
const char *groups_yaml_source(const struct groups_yaml *y, size_t i);
bool groups_yaml_has(const struct groups_yaml *y, const char *source);

/* The hostlist of a group of a source that is there, malloc'ed; "*" is its group `all`,
 * or else all of its groups.  FAIL_HOSTLIST: no such group; FAIL_MEMORY.
 */
int groups_yaml_hostlist(const struct groups_yaml *y, const char *source,
                         const char *name, char **hostlist, struct fail *why);

/* The names of its groups, parted by ','.  FAIL_MEMORY. */
int groups_yaml_names(const struct groups_yaml *y, const char *source, char **names,
                      struct fail *why);

#endif
