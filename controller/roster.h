/* roster - the nodes of a fleet in the files of others (pure but for the struct text)
 */
#ifndef CONTROLLER_ROSTER_H
#define CONTROLLER_ROSTER_H

#include <stddef.h>

struct fail;
struct fleet;
struct fleet_node;
struct hostset;
struct hostset_groups;
struct text;

/* An inventory of Ansible, INI: the nodes with how to reach them, then each group of the
 * fleet file that some of them are in.  FAIL_HOSTLIST: Ansible would read a name
 * otherwise; FAIL_MEMORY.
 */
int roster_ansible(const struct fleet *fleet, const struct fleet_node *const *nodes,
                   size_t count, struct text *text, struct fail *why);

/* Lines for /etc/hosts.  Into without: those whose address is a name.  FAIL_MEMORY. */
int roster_hosts(const struct fleet_node *const *nodes, size_t count, struct text *text,
                 struct hostset *without, struct fail *why);

/* The nodes of `@group` among these, into *shared; free with hostset_free().  others as
 * in fleet_select(), and the same failures.
 */
int roster_group(const struct fleet *fleet, const struct fleet_node *const *nodes,
                 size_t count, const char *group, const struct hostset_groups *others,
                 struct hostset **shared, struct fail *why);

#endif
