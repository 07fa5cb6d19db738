/* deed_parley - a deed with its operator: plan, ask, act, tell
 *
 * What a new run and one that is taken up have in common.
 */
#ifndef CONTROLLER_DEED_PARLEY_H
#define CONTROLLER_DEED_PARLEY_H

struct command;
struct deed_log;
struct deed_order;

/* To the end.  run and log: of a run that is taken up, whose order has log's nodes; else
 * NULL.  Returns the exit status.
 */
int deed_parley(struct command *c, const struct deed_order *order, const char *run,
                const struct deed_log *log);

#endif
