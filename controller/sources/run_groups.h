/* run_groups - the nodes of a run by how they stand: @RUN:failed
 */
#ifndef CONTROLLER_RUN_GROUPS_H
#define CONTROLLER_RUN_GROUPS_H

struct fail;

/* The nodes of a run in the journal of this folder that are in this state, as a
 * hostlist, malloc'ed.  run may be "latest".  state is one that `status` shows, "*" for
 * all of them, "failed", which a node that was found bad is too, or "well": done, up to
 * date or found good.  FAIL_NO_SUCH_RUN; FAIL_HOSTLIST: no such state; FAIL_STATE;
 * FAIL_MEMORY.
 */
int run_groups_read(const char *folder, const char *run, const char *state,
                    char **hostlist, struct fail *why);

/* The states that a run's nodes can be asked for, parted by ','; malloc'ed, NULL when
 * memory is exhausted.
 */
char *run_groups_states(void);

#endif
