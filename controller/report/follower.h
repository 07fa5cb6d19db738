/* follower - a rollout as it goes, seen from another terminal
 *
 * Reads the journal and nothing else, so it works while another process has the run, and
 * after that has died.  It is asked twice a second whether somebody has written, and only
 * what is new is read then.  The display is the rollout's own, on stdout: a block on a
 * terminal, lines elsewhere, with --ndjson its events, all from the first one.
 */
#ifndef CONTROLLER_FOLLOWER_H
#define CONTROLLER_FOLLOWER_H

struct command;

/* Until the run has its last word, its controller is gone, nobody reads us or the operator
 * interrupts us; the run is never touched.  run NULL: the rollout that a controller works
 * on, else the latest.  Returns the exit status: that of the rollout itself, as far as the
 * journal knows it; interrupted also when it was we.
 */
int follower_run(struct command *c, const char *run);

#endif
