#include "node-agent/verbs/traffic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/verbs/histogram.h"
#include "node-agent/verbs/meet.h"
#include "node-agent/verbs/patience.h"
#include "node-agent/verbs/queue.h"
#include "protocol/scope.h"

/* ---- latency -------------------------------------------------------------------------
 */

struct latency {
    struct histogram half; /* of a round trip */
    struct histogram ack;
};

static void latency_done(struct latency **l)
{
    free(*l);
}

static size_t last_byte(const struct match *m)
{
    return m->plan->latency_bytes - 1;
}

/* Its last byte numbers a ping and its pong; numbering starts at 1, since the
 * memory was zero when the pair met.
 */
static bool has_come(const struct match *m, unsigned number)
{
    return queue_peek_byte(m->queue, QUEUE_PING + last_byte(m)) == (uint8_t)number;
}

static int send_ping(const struct match *m, unsigned number, struct fail *why)
{
    size_t from = QUEUE_OUTBOX + MEASURE_MAX_LATENCY_BYTES;

    *((uint8_t *)queue_at(m->queue, from) + last_byte(m)) = (uint8_t)number;
    return queue_write(m->queue, from, QUEUE_PING, m->plan->latency_bytes, why);
}

struct pingpong {
    uint64_t posted_ns, acked_ns, back_ns; /* 0: not yet */
};

/* One ping: until it is acknowledged and its pong is here, whichever comes first. */
static int play_ping(const struct match *m, unsigned number, struct patience *p,
                     struct pingpong *seen, struct fail *why)
{
    *seen = (struct pingpong){.posted_ns = clock_ns()};
    if (send_ping(m, number, why) < 0)
        return -1;
    while (!seen->acked_ns || !seen->back_ns) {
        int n = seen->acked_ns ? 0 : queue_poll(m->queue, why);

        if (n < 0)
            return fail_prefix(why, "ping %u", number);
        if (n > 0)
            seen->acked_ns = clock_ns();
        else if (!seen->back_ns && has_come(m, number))
            seen->back_ns = clock_ns();
        else if (!patience_left(p))
            return patience_fail(p, why, "waiting for a pong");
    }
    patience_renew(p, seen->back_ns);
    return 0;
}

static struct measure_latency summary(const struct histogram *h)
{
    struct measure_latency l = {
        .min_us = histogram_quantile_ns(h, 0) / 1e3,
        .p50_us = histogram_quantile_ns(h, 0.5) / 1e3,
        .p99_us = histogram_quantile_ns(h, 0.99) / 1e3,
        .max_us = histogram_quantile_ns(h, 1) / 1e3,
        .samples = (unsigned)h->count,
    };

    return l;
}

static int serve_pings(const struct match *m, struct measure_result *result,
                       struct fail *why)
{
    CLEANUP(latency_done) struct latency *l = calloc(1, sizeof *l);
    unsigned count = m->plan->warmup + m->plan->samples;
    struct pingpong seen;
    struct patience p;

    if (!l)
        return fail_memory(why);
    patience_begin(&p, PATIENCE_HOT, m->soft, m->end_ns, m->silence_ns);
    for (unsigned i = 1; i <= count; i++) {
        if (play_ping(m, i, &p, &seen, why) < 0)
            return -1;
        if (i <= m->plan->warmup)
            continue;
        histogram_add(&l->half, (seen.back_ns - seen.posted_ns) / 2);
        histogram_add(&l->ack, seen.acked_ns - seen.posted_ns);
    }
    result->latency = summary(&l->half);
    result->ack = summary(&l->ack);
    return 0;
}

/* The other side: a pong for each ping.  Its own completions are read on the way. */
static int return_pings(const struct match *m, struct fail *why)
{
    unsigned count = m->plan->warmup + m->plan->samples, flying = 0;
    struct patience p;

    patience_begin(&p, PATIENCE_HOT, m->soft, m->end_ns, m->silence_ns);
    for (unsigned i = 1; i <= count || flying > 0;) {
        int n = flying > 0 ? queue_poll(m->queue, why) : 0;

        if (n < 0)
            return fail_prefix(why, "pong %u", i - 1);
        flying -= (unsigned)n;
        if (i <= count && has_come(m, i)) {
            if (send_ping(m, i, why) < 0)
                return -1;
            patience_renew(&p, clock_ns());
            flying++;
            i++;
        } else if (n == 0 && !patience_left(&p)) {
            return patience_fail(&p, why, "waiting for a ping");
        }
    }
    return 0;
}

/* ---- bandwidth -----------------------------------------------------------------------
 */

/* What is in flight when the last window ends still has to arrive before the
 * partner's turn; so there may be no more of it than a window lets through.
 */
#define MIN_FLYING 2

struct stream {
    const struct match *match;
    struct patience patience;
    uint64_t posted, done;
    uint64_t allowed; /* in flight */
    uint64_t now_ns;  /* of the last completion */
};

static int fill(struct stream *s, struct fail *why)
{
    const struct match *m = s->match;
    size_t bytes = m->plan->message_bytes;

    for (; s->posted - s->done < s->allowed; s->posted++)
        if (queue_write(m->queue, QUEUE_SOURCE, QUEUE_TARGET, bytes, why) < 0)
            return -1;
    return 0;
}

/* Wait for a completion; take all that are there. */
static int reap(struct stream *s, struct fail *why)
{
    const struct match *m = s->match;
    int n;

    while ((n = queue_poll(m->queue, why)) == 0)
        if (!patience_left(&s->patience))
            return patience_fail(&s->patience, why, "writing");
    if (n < 0)
        return fail_prefix(why, "write %llu", (unsigned long long)s->done);
    s->done += (unsigned)n;
    s->now_ns = clock_ns();
    patience_renew(&s->patience, s->now_ns);
    __atomic_store_n((uint64_t *)queue_at(m->queue, QUEUE_SOURCE), s->done,
                     __ATOMIC_RELEASE); /* the sign of life */
    return 0;
}

/* From the last completion to the first after window_ms. */
static int run_window(struct stream *s, double *gbps, struct fail *why)
{
    const struct measure_plan *plan = s->match->plan;
    uint64_t from_ns = s->now_ns, before = s->done;

    do {
        if (fill(s, why) < 0 || reap(s, why) < 0)
            return -1;
    } while (s->now_ns - from_ns < (uint64_t)plan->window_ms * 1000000);
    *gbps = (double)(s->done - before) * plan->message_bytes * 8 /
            (double)(s->now_ns - from_ns);
    return 0;
}

/* As many in flight as a window completed. */
static void allow(struct stream *s, uint64_t completed)
{
    uint64_t depth = s->match->plan->depth;
    uint64_t least = depth < MIN_FLYING ? depth : MIN_FLYING;

    s->allowed = completed < least ? least : completed > depth ? depth : completed;
}

/* The window that is thrown away finds out how much may be in flight. */
static int run_ramp(struct stream *s, struct fail *why)
{
    uint64_t window_ns = (uint64_t)s->match->plan->window_ms * 1000000;
    uint64_t from_ns = clock_ns();

    do {
        allow(s, MIN_FLYING + s->done);
        if (fill(s, why) < 0 || reap(s, why) < 0)
            return -1;
    } while (s->now_ns - from_ns < window_ns);
    return 0;
}

static int drain(struct stream *s, struct fail *why)
{
    while (s->done < s->posted)
        if (reap(s, why) < 0)
            return -1;
    return 0;
}

static int write_windows(const struct match *m, struct measure_result *result,
                         struct fail *why)
{
    struct stream s = {.match = m};
    uint64_t before;

    patience_begin(&s.patience, PATIENCE_HOT, m->soft, m->end_ns, m->silence_ns);
    if (run_ramp(&s, why) < 0)
        return -1;
    for (unsigned i = 0; i < m->plan->windows; i++) {
        before = s.done;
        if (run_window(&s, &result->out_gbps[i], why) < 0)
            return -1;
        result->windows = i + 1;
        allow(&s, s.done - before);
    }
    return drain(&s, why);
}

/* ---- whose turn it is
 * ------------------------------------------------------------------ */

static int hand_over(const struct match *m, enum meet_word word, struct fail *why)
{
    struct patience p;
    int n;

    if (meet_say(m, word, why) < 0)
        return -1;
    patience_begin(&p, PATIENCE_COOL, m->soft, m->end_ns, m->silence_ns);
    while ((n = queue_poll(m->queue, why)) == 0)
        if (!patience_left(&p))
            return patience_fail(&p, why, "handing over");
    return n < 0 ? fail_prefix(why, "handing over") : 0;
}

/* While the partner writes: it lives as long as its count moves. */
static int await_turn(const struct match *m, enum meet_word word, struct fail *why)
{
    uint64_t last = 0, count;
    struct patience p;

    patience_begin(&p, PATIENCE_COOL, m->soft, m->end_ns, m->silence_ns);
    while (meet_heard(m) < word) {
        count = queue_peek(m->queue, QUEUE_TARGET);
        if (count != last)
            patience_renew(&p, clock_ns());
        last = count;
        if (!patience_left(&p))
            return patience_fail(&p, why, "the partner writes");
    }
    return 0;
}

static int run_bandwidth(const struct match *m, struct measure_result *result,
                         struct fail *why)
{
    if (m->round->first)
        return write_windows(m, result, why) < 0 ||
                       hand_over(m, MEET_YOUR_TURN, why) < 0 ||
                       await_turn(m, MEET_DONE, why) < 0
                   ? -1
                   : 0;
    return await_turn(m, MEET_YOUR_TURN, why) < 0 || write_windows(m, result, why) < 0 ||
                   hand_over(m, MEET_DONE, why) < 0
               ? -1
               : 0;
}

static int run_latency(const struct match *m, struct measure_result *result,
                       struct fail *why)
{
    return m->round->first ? serve_pings(m, result, why) : return_pings(m, why);
}

int traffic_run(const struct match *m, struct measure_result *result, struct fail *why)
{
    if (m->plan->samples > 0 && run_latency(m, result, why) < 0)
        return -1;
    if (m->plan->window_ms > 0 && run_bandwidth(m, result, why) < 0)
        return -1;
    return 0;
}
