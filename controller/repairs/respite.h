/* respite - automatic repairs suspended around a run that changes nodes
 *
 *     switch (respite_begin(command, run, on_begun, me, why))
 *     case 1: nothing to suspend, go on;   case 0: on_begun comes;   case -1: ...
 *     ...
 *     switch (respite_end(command, run, on_ended, me, why))      likewise
 *
 * Of the sets that chosen nodes are of.  What has come of it is told on stderr.  A run
 * that is paused keeps them suspended (respite_keep() says so); the one that takes it up
 * restores them.
 */
#ifndef CONTROLLER_VMSS_RESPITE_H
#define CONTROLLER_VMSS_RESPITE_H

struct command;
struct fail;

/* why NULL: all went well, or nothing had to be done. */
typedef void respite_done(void *arg, const struct fail *why);

/* Once, not before this has returned.  On a failure some may be suspended: respite_end(). */
int respite_begin(struct command *c, const char *run, respite_done *done, void *arg,
                  struct fail *why);
int respite_end(struct command *c, const char *run, respite_done *done, void *arg,
                struct fail *why);

/* Tell of what this run holds suspended and how that ends; nothing where it holds none. */
void respite_keep(struct command *c, const char *run);

#endif
