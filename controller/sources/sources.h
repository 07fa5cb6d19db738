/* sources - who the groups outside the fleet file are: @slurm:idle, @RUN:failed, ^FILE
 *
 * In this order a source is
 *
 *   one of a groups.conf     ClusterShell's or ours (groups_files.h), or of a YAML file
 *   slurm, slurmstate, slurmjob, genders       the same, built in
 *   hosts                    the names of /etc/hosts: only @hosts:*
 *   ansible                  `ansible-inventory --list`, as Ansible is configured here
 *   latest, or a run's id    the nodes of a run (run_groups.h)
 *
 * Nothing is read or run before it is asked for, and nothing twice.
 *
 *     sources_new(state_folder, &s, why);
 *     fleet_select(fleet, "@slurm:idle", sources_groups(s), &set, why);
 *     sources_free(s);
 */
#ifndef CONTROLLER_SOURCES_H
#define CONTROLLER_SOURCES_H

#include <stddef.h>

struct fail;
struct hostset_groups;
struct sources;

/* state_folder is where runs are kept; it need not be there.  NULL: there are none. */
int sources_new(const char *state_folder, struct sources **s, struct fail *why);
void sources_free(struct sources *s); /* NULL is allowed */

/* For hostset_parse() and fleet_select(); borrowed.  What they fail with: FAIL_HOSTLIST
 * (no such source, group or file), FAIL_GROUP_SOURCE (it could not be asked: "group
 * source slurm: 'sinfo ...' ended with 1: ..."), as run_groups_read(), or FAIL_MEMORY.
 */
const struct hostset_groups *sources_groups(const struct sources *s);

/* The names of the sources in groups.conf files, which is whom a list of all groups is
 * asked from; i from 0 to *count - 1.  FAIL_GROUP_SOURCE, FAIL_MEMORY.
 */
int sources_count(struct sources *s, size_t *count, struct fail *why);
const char *sources_name(const struct sources *s, size_t i);

#endif
