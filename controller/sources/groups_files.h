/* groups_files - the groups.conf files of this machine and user, read
 *
 * ClusterShell's, from the least to the most important: /etc/clustershell,
 * ~/.local/etc/clustershell, ~/.config/clustershell, $CLUSTERSHELL_CFGDIR, with the
 * folders that they name; then our own, /etc/ibfleet/groups.conf or $IBFLEET_GROUPS, whose
 * sources, default and autodir take the place of theirs.
 */
#ifndef CONTROLLER_GROUPS_FILES_H
#define CONTROLLER_GROUPS_FILES_H

struct fail;
struct groups_conf;
struct groups_yaml;

/* Add what they say to *conf, and what the YAML files of their autodir say to *yaml; both
 * are to be cleared also after -1: a file that
 * is there and cannot be read or understood, FAIL_GROUP_SOURCE, or FAIL_MEMORY.
 */
int groups_files_read(struct groups_conf *conf, struct groups_yaml *yaml,
                      struct fail *why);

#endif
