/* takeup - a run that another controller left in the middle, or with failed nodes
 *
 *     takeup_read(history, run, false, &t, why);
 *     takeup_begin(t, journal, run, why);
 *     ... choose the nodes of takeup_hosts(t), rollout_new() with them ...
 *     takeup_apply(t, r, why);                   before rollout_probe()
 *     takeup_free(t);
 *
 * Nodes that had not begun are decided about anew.  What was planned for the others is
 * done as it was planned: the nodes know how much of it they have done.
 */
#ifndef CONTROLLER_TAKEUP_H
#define CONTROLLER_TAKEUP_H

#include <stdbool.h>
#include <stddef.h>

#include "controller/outcome.h"
#include "protocol/fail.h"

struct dispatch_past;
struct fail;
struct history;
struct hostset;
struct journal;
struct rollout;
struct takeup;

/* with_failed: who failed is left over too.  FAIL_NO_SUCH_RUN, FAIL_STATE, FAIL_MEMORY. */
int takeup_read(struct history *history, const char *run, bool with_failed,
                struct takeup **t, struct fail *why);

/* The nodes of a run are written after the run, all at once, and none is touched before.
 * FAIL_NO_SUCH_RUN: its controller was cut off in between, and there is nothing to go on with.
 */
int takeup_check_begun(const struct takeup *t, const char *run, struct fail *why);

/* Leave these out, whom the fleet may not have any more.  FAIL_HOSTLIST: none of them is
 * left over; FAIL_MEMORY.
 */
int takeup_exclude(struct takeup *t, const struct hostset *out, struct fail *why);

/* Be the controller of the run, as journal_take(), and write of who was left out that
 * they have failed.  FAIL_CLAIMED also when another controller had it since it was read.
 */
int takeup_begin(const struct takeup *t, struct journal *journal, const char *run,
                 struct fail *why);

/* Leave out those that were not begun: they stay as they are.  FAIL_MEMORY. */
int takeup_only_begun(struct takeup *t, struct fail *why);

void takeup_free(struct takeup *t); /* NULL is allowed */
void takeup_done(struct takeup **t);

/* Those that are left, as a hostlist; NULL when there is none. */
const char *takeup_hosts(const struct takeup *t);
size_t takeup_count(const struct takeup *t);
size_t takeup_excluded(const struct takeup *t);

/* How the others ended; total counts only them. */
const struct outcome *takeup_ended(const struct takeup *t);

/* Those that have ended, in the order in which they did; borrowed. */
const struct dispatch_past *takeup_past(const struct takeup *t, size_t *count);

/* How the scheduler had a node when it was found, in scheduler_found()'s words; NULL: it was
 * not taken out of service.
 */
const char *takeup_found(const struct takeup *t, const char *node);

/* What a node had failed by; FAIL_NONE: by nothing, or it is not known. */
enum fail_code takeup_code(const struct takeup *t, const char *node);

/* How many of those failed. */
size_t takeup_failed(const struct takeup *t);

/* Has a controller said the last word?  It may have died right after the last node. */
bool takeup_is_closed(const struct takeup *t);

/* The run's own document, as journal_begin() was given it. */
const char *takeup_plan(const struct takeup *t);

/* Tell the nodes of r what was planned for them.  FAIL_STATE, FAIL_MEMORY. */
int takeup_apply(const struct takeup *t, struct rollout *r, struct fail *why);

#endif
