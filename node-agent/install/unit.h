/* unit - the detached process in which a step is taken
 *
 * It survives the connection, the agent and the helper that started it: a named
 * transient unit where systemd runs, else a process of its own session.  Both run
 * the agent's own file (`ibfleet-agent step RUN STEP ATTEMPT`, see worker.h); no
 * shell is involved.  It holds the step's lock as long as it lives, which tells
 * whoever comes later that it does; and when it is killed, the programs that it has
 * started hold it until they have ended: nobody begins the step beside them.
 */
#ifndef NODE_AGENT_INSTALL_UNIT_H
#define NODE_AGENT_INSTALL_UNIT_H

#include <stdbool.h>

struct fail;
struct home;

/* From the start of a unit to its hold on the lock; a loaded machine takes seconds. */
#define UNIT_STARTING_MS 20000

/* Returns as soon as it is on its way.  FAIL_STEP. */
int unit_start(const struct home *h, const char *run, const char *step, int attempt,
               struct fail *why);

/* Does some process hold the step's lock: the unit, or what a killed one has left? */
bool unit_is_alive(const struct home *h, const char *run, const char *step);

/* Does no process hold the lock of any step of any run?  -1: FAIL_STEP names one. */
int unit_check_idle(const struct home *h, struct fail *why);

/* The step's lock, for the unit itself and all programs that it starts from then on.  -1:
 * it is held already, and not only by somebody who looks whether the unit is alive.
 */
int unit_hold(const struct home *h, const char *run, const char *step);

/* Whoever still runs, such as a daemon that a package has started, holds it no more.  For
 * CLEANUP(); -1 is allowed.
 */
void unit_let_go(int *lock);

/* Run a program detached from everything of ours, as above but without lock and name;
 * name is that of its systemd unit.  It starts after delay_s seconds.
 */
int unit_detach(const struct home *h, const char *name, unsigned delay_s,
                const char *const *argv, struct fail *why);

#endif
