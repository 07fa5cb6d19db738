#include "node-agent/verbs/stream.h"

#include "node-agent/clock.h"
#include "node-agent/verbs/patience.h"
#include "node-agent/verbs/queue.h"

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
        if (queue_write(m->queue, QUEUE_SOURCE, QUEUE_TARGET, bytes, false, why) < 0)
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

int stream_write(const struct match *m, double gbps[], unsigned *windows,
                 struct fail *why)
{
    struct stream s = {.match = m};
    uint64_t before;

    patience_begin(&s.patience, m->soft ? PATIENCE_SLEEP : PATIENCE_SPIN, m->queue,
                   m->end_ns, m->silence_ns);
    if (run_ramp(&s, why) < 0)
        return -1;
    for (unsigned i = 0; i < m->plan->windows; i++) {
        before = s.done;
        if (run_window(&s, &gbps[i], why) < 0)
            return -1;
        *windows = i + 1;
        allow(&s, s.done - before);
    }
    return drain(&s, why);
}

/* While the partner writes: it lives as long as its count moves. */
int stream_await(const struct match *m, enum meet_word word, struct fail *why)
{
    uint64_t last = 0, count;
    struct patience p;

    patience_begin(&p, PATIENCE_NAP, m->queue, m->end_ns, m->silence_ns);
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
