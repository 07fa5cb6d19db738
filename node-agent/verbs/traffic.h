/* traffic - what a pair does once it has met: latency, then bandwidth both ways
 *
 * Latency is RC write ping-pong: half of the time from posting a ping to seeing
 * the pong, as in ib_write_lat, and beside it the time from posting to completion.
 * Bandwidth is written by one side for a number of windows, each from one completion
 * to another, so that no message is counted by half; a first window is thrown away.
 * The other side waits; it sees that the writer is alive by a count in what is
 * written.
 */
#ifndef NODE_AGENT_VERBS_TRAFFIC_H
#define NODE_AGENT_VERBS_TRAFFIC_H

struct fail;
struct match;
struct measure_result;

/* After meet_partner(): all that the plan wants.  What was measured before a failure
 * stays in *result.  FAIL_PATH: the partner was lost; FAIL_TIMEOUT: the slot is too
 * short for the plan; FAIL_VERBS; FAIL_MEMORY.
 */
int traffic_run(const struct match *m, struct measure_result *result, struct fail *why);

#endif
