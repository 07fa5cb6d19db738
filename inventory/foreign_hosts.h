/* foreign_hosts - hostlists out of files and answers that are none
 *
 * Each function sets *hostlist to names parted by ',', malloc'ed; "" when there are none.
 * What cannot be a node's name in it is refused by whoever parses it.  Pure.
 */
#ifndef INVENTORY_FOREIGN_HOSTS_H
#define INVENTORY_FOREIGN_HOSTS_H

#include <stddef.h>

struct fail;
struct json;

/* The first name of every line of an /etc/hosts, in its order; addresses of this machine
 * itself and of multicast do not count.  FAIL_MEMORY.
 */
int foreign_hosts_file(const char *text, char **hostlist, struct fail *why);

/* The hosts of a group of `ansible-inventory --list` and of the groups in it; "all" and
 * "*" mean every host.  FAIL_HOSTLIST: no such group; FAIL_GROUP_SOURCE: not such a
 * document; FAIL_MEMORY.
 */
int foreign_hosts_ansible(const struct json *doc, const char *group, char **hostlist,
                          struct fail *why);

/* The names of its groups. */
int foreign_hosts_ansible_groups(const struct json *doc, char **hostlist,
                                 struct fail *why);

/* What a file of hostlists (`^FILE`) says: without its comments, which begin with '#' at
 * the start of a word; and pdsh's line `#include FILE` is `^FILE`, beside this one when it
 * does not begin with '/'.  folder is where this file is; "": where we are.  FAIL_MEMORY.
 */
int foreign_hosts_list(const char *text, const char *folder, char **hostlist,
                       struct fail *why);

#endif
