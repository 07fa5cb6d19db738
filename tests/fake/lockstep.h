/* lockstep - a loop and the journal's writer thread that wait for each other
 *
 * Each turn of the loop ends when the thread has written what the turn has put, and the
 * loop's clock goes on by a millisecond whenever somebody looks at it.  So a run is the same
 * each time, down to the last write, and waits for nothing.
 *
 *     lockstep_open(&loop, on_put);
 *     ... rollout_probe(r) ...
 *     lockstep_run(&loop);
 *
 * Linked with --wrap=writer_put and --wrap=uv_async_send.
 */
#ifndef TESTS_LOCKSTEP_H
#define TESTS_LOCKSTEP_H

#include <stdbool.h>

struct entry;
struct uv_loop_s;

/* For each entry that is put, in the loop's thread; `written` of it may be changed.  NULL
 * is allowed.
 */
void lockstep_open(struct uv_loop_s *loop, void (*on_put)(struct entry *e));

/* Until nothing is left to do.  False: there is no end to it. */
bool lockstep_run(struct uv_loop_s *loop);

/* Closes our handle; the loop runs once more after it. */
void lockstep_close(struct uv_loop_s *loop);

#endif
