/* fleet_parts - what a fleet is made of; for the fleet*.c files only
 */
#ifndef INVENTORY_FLEET_PARTS_H
#define INVENTORY_FLEET_PARTS_H

#include "inventory/arena.h"
#include "inventory/fleet.h"
#include "inventory/fleet_azure.h"
#include "inventory/fleet_policy.h"
#include "inventory/fleet_setting.h"

struct fleet_entry {
    struct fleet_node node;
    unsigned line; /* of the file, 0 without one                  */
    bool own_port; /* written with the address, wins over `port` */
};

struct fleet_group {
    const char *name;
    char *hostlist; /* malloc'ed */
    unsigned line;  /* the first that says something about it */
};

struct fleet {
    struct fleet_entry *nodes; /* sorted by hostset_compare() once it is built */
    size_t count, room;
    struct fleet_group *groups;
    size_t group_count;
    char *all; /* the hostlist of all nodes */
    struct fleet_policy policy;
    struct fleet_azure azure;
    struct arena text; /* owns all other text */
};

/* Without nodes; NULL when memory is exhausted. */
struct fleet *fleet_new(void);

/* Add the nodes of a hostlist at these addresses ("": each at its own name), with
 * all settings at their defaults.  -1: FAIL_HOSTLIST, FAIL_FLEET_FILE or FAIL_MEMORY.
 */
int fleet_add_nodes(struct fleet *fleet, const char *names, const char *addresses,
                    unsigned line, struct fail *why);

/* Add a node that was found.  -1: FAIL_HOSTLIST, FAIL_FLEET_FILE or FAIL_MEMORY. */
int fleet_add_found(struct fleet *fleet, const struct fleet_found *found,
                    struct fail *why);

/* Sort the nodes after the last was added, and fill in `all`.  -1: FAIL_FLEET_FILE,
 * "FILE:LINE: ..." when a name was added twice, or FAIL_MEMORY.
 */
int fleet_close_nodes(struct fleet *fleet, const char *file, struct fail *why);

/* Give a node one setting, a text from setting_read(). */
void fleet_apply(struct fleet_entry *entry, enum fleet_setting setting, const char *text);

/* As fleet_select(), but no node at all is fine. */
int fleet_resolve(const struct fleet *fleet, const char *hostlist, struct hostset **set,
                  struct fail *why);

/* NULL when there is none of that name. */
struct fleet_group *fleet_find_group(const struct fleet *fleet, const char *name);

#endif
