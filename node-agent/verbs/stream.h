/* stream - bandwidth of a pair that has met: one side writes, the other waits
 *
 * Writes for a number of windows, each from one completion to another, so that no
 * message is counted by half; a first window is thrown away.  The waiting side gets
 * no completions, but sees that the writer is alive by a count in what is written.
 */
#ifndef NODE_AGENT_VERBS_STREAM_H
#define NODE_AGENT_VERBS_STREAM_H

#include "node-agent/verbs/meet.h"

struct fail;

/* Write all the plan's windows; Gb/s of payload of each in gbps[].  *windows counts
 * those that were finished, also when it fails.  Nothing is in flight afterwards.
 * FAIL_PATH, FAIL_TIMEOUT (the slot is too short), FAIL_VERBS.
 */
int stream_write(const struct match *m, double gbps[], unsigned *windows,
                 struct fail *why);

/* Wait until the writing partner says so.  FAIL_PATH, FAIL_TIMEOUT. */
int stream_await(const struct match *m, enum meet_word word, struct fail *why);

#endif
