#include "node-agent/verbs/pingpong.h"

#include <stdlib.h>

#include "node-agent/clock.h"
#include "node-agent/verbs/histogram.h"
#include "node-agent/verbs/meet.h"
#include "node-agent/verbs/patience.h"
#include "node-agent/verbs/queue.h"
#include "protocol/scope.h"

/* ---- one ping ----------------------------------------------------------- */

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

static int send_ping(const struct match *m, unsigned number, const struct patience *p,
                     struct fail *why)
{
    size_t from = QUEUE_OUTBOX + MEASURE_MAX_LATENCY_BYTES;

    *((uint8_t *)queue_at(m->queue, from) + last_byte(m)) = (uint8_t)number;
    return queue_write(m->queue, from, QUEUE_PING, m->plan->latency_bytes,
                       p->kind == PATIENCE_SLEEP, why);
}

struct ping {
    uint64_t posted_ns, acked_ns, back_ns; /* 0: not yet */
};

/* Until it is acknowledged and its pong is here, whichever comes first. */
static int play(const struct match *m, unsigned number, struct patience *p,
                struct ping *seen, struct fail *why)
{
    *seen = (struct ping){.posted_ns = clock_ns()};
    if (send_ping(m, number, p, why) < 0)
        return -1;
    while (!seen->acked_ns || !seen->back_ns) {
        int n = queue_poll(m->queue, why);

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

/* ---- many of them ------------------------------------------------------- */

struct tally {
    struct histogram half; /* of a round trip */
    struct histogram ack;
};

static void tally_done(struct tally **t)
{
    free(*t);
}

static void wait_so(const struct match *m, enum patience_kind kind, struct patience *p)
{
    patience_begin(p, kind, m->queue, m->end_ns, m->silence_ns);
}

/* Pings from..to (not included), counted in *t. */
static int play_many(const struct match *m, enum patience_kind kind, unsigned from,
                     unsigned to, struct tally *t, struct fail *why)
{
    struct patience p;
    struct ping seen;

    wait_so(m, kind, &p);
    for (unsigned i = from; i < to; i++) {
        if (play(m, i, &p, &seen, why) < 0)
            return -1;
        histogram_add(&t->half, (seen.back_ns - seen.posted_ns) / 2);
        histogram_add(&t->ack, seen.acked_ns - seen.posted_ns);
    }
    return 0;
}

/* The other side of play_many(): a pong for each ping. */
static int return_many(const struct match *m, enum patience_kind kind, unsigned from,
                       unsigned to, struct fail *why)
{
    unsigned flying = 0;
    struct patience p;

    wait_so(m, kind, &p);
    for (unsigned i = from; i < to || flying > 0;) {
        int n = queue_poll(m->queue, why);

        if (n < 0)
            return fail_prefix(why, "pong %u", i - 1);
        flying -= (unsigned)n;
        if (i < to && has_come(m, i)) {
            if (send_ping(m, i, &p, why) < 0)
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

/* ---- the warm-up, and what it finds out --------------------------------- */

/* Where the warm-up's second half begins, which is played asleep. */
static unsigned middle_of(const struct match *m)
{
    return m->soft ? m->plan->warmup / 2 + 1 : m->plan->warmup + 1;
}

/* Judged by the whole time, not by a typical ping: who looks all the time does well
 * until the scheduler has had enough of it, and then badly.
 */
static int warm_up(const struct match *m, enum patience_kind *kind, struct fail *why)
{
    CLEANUP(tally_done) struct tally *thrown_away = calloc(1, sizeof *thrown_away);
    unsigned end = m->plan->warmup + 1, middle = middle_of(m);
    uint64_t begin_ns = clock_ns(), middle_ns;

    *kind = m->soft ? PATIENCE_YIELD : PATIENCE_SPIN;
    if (!thrown_away)
        return fail_memory(why);
    if (play_many(m, *kind, 1, middle, thrown_away, why) < 0)
        return -1;
    middle_ns = clock_ns();
    if (play_many(m, PATIENCE_SLEEP, middle, end, thrown_away, why) < 0)
        return -1;
    if (!m->soft)
        return 0;
    if (m->plan->warmup > 1 && clock_ns() - middle_ns < middle_ns - begin_ns)
        *kind = PATIENCE_SLEEP;
    return meet_tell(m, *kind == PATIENCE_SLEEP ? MEET_SLEEP : MEET_YIELD, why);
}

static int return_warm_up(const struct match *m, enum patience_kind *kind,
                          struct fail *why)
{
    unsigned end = m->plan->warmup + 1, middle = middle_of(m);
    struct patience p;

    *kind = m->soft ? PATIENCE_YIELD : PATIENCE_SPIN;
    if (return_many(m, *kind, 1, middle, why) < 0 ||
        return_many(m, PATIENCE_SLEEP, middle, end, why) < 0)
        return -1;
    if (!m->soft)
        return 0;
    wait_so(m, PATIENCE_NAP, &p);
    while (meet_heard(m) < MEET_YIELD)
        if (!patience_left(&p))
            return patience_fail(&p, why, "waiting for a word");
    *kind = meet_heard(m) == MEET_YIELD ? PATIENCE_YIELD : PATIENCE_SLEEP;
    return 0;
}

/* ---- the interface ------------------------------------------------------ */

int pingpong_measure(const struct match *m, struct measure_latency *half,
                     struct measure_latency *ack, struct fail *why)
{
    CLEANUP(tally_done) struct tally *t = calloc(1, sizeof *t);
    unsigned begin = m->plan->warmup + 1;
    enum patience_kind kind;

    if (!t)
        return fail_memory(why);
    if (warm_up(m, &kind, why) < 0 ||
        play_many(m, kind, begin, begin + m->plan->samples, t, why) < 0)
        return -1;
    *half = summary(&t->half);
    *ack = summary(&t->ack);
    return 0;
}

int pingpong_return(const struct match *m, struct fail *why)
{
    unsigned begin = m->plan->warmup + 1;
    enum patience_kind kind;

    if (return_warm_up(m, &kind, why) < 0)
        return -1;
    return return_many(m, kind, begin, begin + m->plan->samples, why);
}
