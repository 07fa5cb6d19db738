/* conduct - a rollout with its operator: probe, plan, ask, act, tell
 *
 * What `rollout` and `resume` have in common.
 */
#ifndef CONTROLLER_CONDUCT_H
#define CONTROLLER_CONDUCT_H

struct command;
struct plan_file;
struct takeup;

/* The nodes of the command, to the end.  run and left: of a run that is taken up, else
 * NULL.  agreed: the plan that is to be done and nothing else; NULL: none.  Returns the exit
 * status.
 */
int conduct(struct command *c, const char *run, const struct takeup *left,
            const struct plan_file *agreed);

#endif
