/* follow - see a list of steps through, or find them where an earlier agent left them
 *
 * For each step, in order: done in this run already -> pass on; its unit at work ->
 * attach; cut off (a reboot, a kill) -> again; else begin it.  What its programs say
 * is passed on as events while it runs.  Whoever follows may die at any moment: the
 * step goes on, and the next one to follow finds it.
 *
 * It waits: a helper's work, not the loop's.
 */
#ifndef NODE_AGENT_INSTALL_FOLLOW_H
#define NODE_AGENT_INSTALL_FOLLOW_H

#include <stdint.h>

struct fail;
struct home;
struct json;
struct steps;
struct voice;

/* No step takes longer by itself; a unit that hangs is left alone and told. */
#define FOLLOW_STEP_DEADLINE_MS (45 * 60 * 1000)

/* A step that was cut off is begun again, so often in one call. */
#define FOLLOW_TRIES 2

/* *answer is {steps: [{name, state, seconds}]}, the caller's.  The claim of (run, epoch)
 * is looked at before a step is begun.  On failure the text starts with the step's name:
 * whatever the step failed with, FAIL_CLAIMED, FAIL_STALE_EPOCH, FAIL_TIMEOUT.
 */
int follow_steps(const struct home *h, const char *run, int64_t epoch,
                 const struct steps *steps, const struct voice *voice,
                 struct json **answer, struct fail *why);

#endif
