#include "node-agent/verbs/traffic.h"

#include "node-agent/verbs/meet.h"
#include "node-agent/verbs/pingpong.h"
#include "node-agent/verbs/stream.h"

static int run_latency(const struct match *m, struct measure_result *result,
                       struct fail *why)
{
    if (m->round->first)
        return pingpong_measure(m, &result->latency, &result->ack, why);
    return pingpong_return(m, why);
}

static int write_out(const struct match *m, struct measure_result *result,
                     enum meet_word word, struct fail *why)
{
    if (stream_write(m, result->out_gbps, &result->windows, why) < 0)
        return -1;
    return meet_tell(m, word, why);
}

static int run_bandwidth(const struct match *m, struct measure_result *result,
                         struct fail *why)
{
    if (m->round->first)
        return write_out(m, result, MEET_YOUR_TURN, why) < 0
                   ? -1
                   : stream_await(m, MEET_DONE, why);
    return stream_await(m, MEET_YOUR_TURN, why) < 0
               ? -1
               : write_out(m, result, MEET_DONE, why);
}

int traffic_run(const struct match *m, struct measure_result *result, struct fail *why)
{
    if (m->plan->samples > 0 && run_latency(m, result, why) < 0)
        return -1;
    if (m->plan->window_ms > 0 && run_bandwidth(m, result, why) < 0)
        return -1;
    return 0;
}
