/* run_lock - one controller per run on this machine
 *
 * A byte of FOLDER/runs.lock per run, held by an open file: it goes when the
 * process does, however that ends, and leaves nothing behind.  Controllers of
 * other runs are not disturbed.  The lock that counts between machines is the
 * claim on each node.
 */
#ifndef CONTROLLER_RUN_LOCK_H
#define CONTROLLER_RUN_LOCK_H

#include <stdint.h>

struct fail;

#define RUN_LOCK_FILE "runs.lock"

/* 0 and *fd, to be closed to let go.  FAIL_CLAIMED: somebody else holds it, and
 * the text is bare, for the caller to name run and holder.  FAIL_STATE.
 */
int run_lock_take(const char *folder, int64_t run, int *fd, struct fail *why);

/* 1: a live controller holds it, 0: nobody does, -1: cannot be told. */
int run_lock_is_held(const char *folder, int64_t run);

#endif
