/* traffic - what a pair does once it has met: latency, then bandwidth both ways
 *
 * The first of the pair pings and writes first; then it is the second's turn.
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
