/* pingpong - latency of a pair that has met, by RC writes
 *
 * Half of the time from posting a ping to seeing the pong, as in ib_write_lat, and
 * beside it the time from posting to completion.  The first side pings and measures,
 * the second returns.
 *
 * Over real hardware both spin.  Over Soft-RoCE nobody can know what is faster: to
 * look all the time, while the same CPU has to do the work, or to sleep and be woken
 * by announced writes.  So half of the warm-up is played one way, half the other, and
 * the first side says which one counts.
 */
#ifndef NODE_AGENT_VERBS_PINGPONG_H
#define NODE_AGENT_VERBS_PINGPONG_H

struct fail;
struct match;
struct measure_latency;

/* FAIL_PATH, FAIL_TIMEOUT (the slot is too short), FAIL_VERBS, FAIL_MEMORY. */
int pingpong_measure(const struct match *m, struct measure_latency *half,
                     struct measure_latency *ack, struct fail *why);
int pingpong_return(const struct match *m, struct fail *why);

#endif
