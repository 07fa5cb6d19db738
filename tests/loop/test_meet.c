/* fakes: fake_queue */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node-agent/clock.h"
#include "node-agent/verbs/meet.h"
#include "node-agent/verbs/patience.h"
#include "node-agent/verbs/queue.h"
#include "node-agent/verbs/traffic.h"
#include "protocol/fail.h"
#include "tests/fake/fake_queue.h"

/* ---- two nodes, each a thread ------------------------------------------- */

struct player {
    struct queue *queue;
    struct measure_plan plan;
    struct measure_round round;
    unsigned late_us, slot_ms;
    struct measure_result result;
    int outcome;
    uint64_t took_ms;
    pthread_t thread;
};

struct pair {
    struct player a, b;
    unsigned rounds, seed;
};

static unsigned roll(struct pair *p)
{
    p->seed = p->seed * 1103515245 + 12345;
    return p->seed >> 8;
}

static void pair_begin(struct pair *p)
{
    *p = (struct pair){.seed = 7};
    p->a.queue = fake_queue_new(1);
    p->b.queue = fake_queue_new(2);
    p->a.round.first = true;
}

static void pair_end(struct pair *p)
{
    fake_queue_free(p->a.queue);
    fake_queue_free(p->b.queue);
}

/* The next round, as the controller would order it. */
static void pair_next(struct pair *p, unsigned slot_ms, struct measure_plan plan)
{
    uint32_t psn_a = roll(p) & 0xffffff, psn_b = roll(p) & 0xffffff;
    struct player *both[2] = {&p->a, &p->b};

    for (int i = 0; i < 2; i++) {
        struct player *me = both[i];

        me->plan = plan;
        me->slot_ms = slot_ms;
        me->round.round = p->rounds;
        me->round.psn = i ? psn_b : psn_a;
        me->round.peer_psn = i ? psn_a : psn_b;
        me->round.partner = *queue_endpoint(both[!i]->queue);
        me->result = (struct measure_result){.round = p->rounds};
        me->late_us = 0;
    }
    p->rounds++;
}

static void *play(void *arg)
{
    struct player *me = arg;
    struct timespec late = {.tv_nsec = me->late_us * 1000};
    uint64_t begin_ns = clock_ns();
    struct match m = {.queue = me->queue, .round = &me->round, .plan = &me->plan};

    m.end_ns = begin_ns + (uint64_t)me->slot_ms * 1000000;
    m.silence_ns = (uint64_t)me->slot_ms * 1000000 / 4;
    nanosleep(&late, NULL);
    me->outcome = meet_partner(&m, &me->result.why);
    if (me->outcome == 0)
        me->outcome = traffic_run(&m, &me->result, &me->result.why);
    me->took_ms = (clock_ns() - begin_ns) / 1000000;
    return NULL;
}

static void begin(struct player *me)
{
    assert_int_equal(pthread_create(&me->thread, NULL, play, me), 0);
}

static void end(struct player *me)
{
    assert_int_equal(pthread_join(me->thread, NULL), 0);
}

static void pair_play(struct pair *p)
{
    begin(&p->a);
    begin(&p->b);
    end(&p->a);
    end(&p->b);
}

static const struct measure_plan nothing = {.depth = 1};
static const struct measure_plan pings = {.samples = 20, .latency_bytes = 8, .warmup = 4};
static const struct measure_plan all = {
    .samples = 20,
    .latency_bytes = 8,
    .warmup = 4,
    .window_ms = 2,
    .windows = 2,
    .message_bytes = 65536,
    .depth = 16,
};

/* ---- meeting ------------------------------------------------------------ */

/* Whoever is late, and whatever an earlier round left: met, with numbers that fit, or
 * the pings after it would not come through.
 */
static void a_pair_meets_round_after_round_whoever_is_late(void **state)
{
    struct pair p;

    (void)state;
    pair_begin(&p);
    for (int i = 0; i < 60; i++) {
        pair_next(&p, 10000, pings);
        *(roll(&p) & 1 ? &p.a.late_us : &p.b.late_us) = roll(&p) % 8 * 1000;
        pair_play(&p);
        assert_int_equal(p.a.outcome, 0);
        assert_int_equal(p.b.outcome, 0);
        assert_int_equal(p.a.result.latency.samples, 20);
    }
    assert_true(fake_queue_connects(p.a.queue) + fake_queue_connects(p.b.queue) > 120);
    pair_end(&p);
}

static void a_pair_meets_over_a_lossy_path(void **state)
{
    struct pair p;

    (void)state;
    pair_begin(&p);
    fake_queue_lose(p.a.queue, 150);
    fake_queue_lose(p.b.queue, 150);
    for (int i = 0; i < 30; i++) {
        pair_next(&p, 60000, pings); /* a busy machine may lose seconds, too */
        p.b.late_us = roll(&p) % 20 * 1000;
        pair_play(&p);
        assert_int_equal(p.a.outcome, 0);
        assert_int_equal(p.b.outcome, 0);
    }
    pair_end(&p);
}

static void a_missing_partner_costs_its_slot_and_no_more(void **state)
{
    struct pair p;

    (void)state;
    pair_begin(&p);
    for (int i = 0; i < 3; i++) { /* the old queue pair may acknowledge, or not */
        pair_next(&p, 10000, nothing);
        pair_play(&p);
        pair_next(&p, 300, nothing);
        play(&p.a);
        assert_int_equal(p.a.outcome, -1);
        assert_int_equal(p.a.result.why.code, FAIL_PARTNER);
        assert_in_range(p.a.took_ms, 299, 1500);
    }
    pair_end(&p);
}

static void a_path_that_works_one_way_is_no_missing_partner(void **state)
{
    struct pair p;

    (void)state;
    pair_begin(&p);
    pair_next(&p, 500, nothing);
    fake_queue_cut(p.b.queue, true);
    pair_play(&p);
    assert_int_equal(p.a.result.why.code, FAIL_PARTNER);
    assert_int_equal(p.b.result.why.code, FAIL_PATH);
    fake_queue_cut(p.b.queue, false);
    pair_next(&p, 10000, pings);
    pair_play(&p);
    assert_int_equal(p.a.outcome + p.b.outcome, 0);
    pair_end(&p);
}

/* ---- traffic ------------------------------------------------------------ */

static void both_directions_are_measured(void **state)
{
    struct pair p;

    (void)state;
    pair_begin(&p);
    pair_next(&p, 20000, all);
    pair_play(&p);
    assert_int_equal(p.a.outcome + p.b.outcome, 0);
    assert_int_equal(p.a.result.latency.samples, 20);
    assert_int_equal(p.a.result.ack.samples, 20);
    assert_int_equal(p.b.result.latency.samples, 0);
    assert_int_equal(p.a.result.windows, 2);
    assert_int_equal(p.b.result.windows, 2);
    assert_true(p.a.result.out_gbps[1] > 0 && p.b.result.out_gbps[0] > 0);
    pair_end(&p);
}

/* Who only waits gets no error from its queue pair. */
static void a_cut_in_the_middle_ends_both_sides_before_the_slot(void **state)
{
    static const struct measure_plan plans[] = {
        {.samples = 1000000, .latency_bytes = 8},
        {.window_ms = 10000, .windows = 3, .message_bytes = 65536, .depth = 16},
    };
    const struct timespec moment = {.tv_nsec = 100000000};
    struct pair p;

    (void)state;
    pair_begin(&p);
    for (int i = 0; i < 2; i++) {
        pair_next(&p, 8000, plans[i]);
        begin(&p.a);
        begin(&p.b);
        nanosleep(&moment, NULL);
        fake_queue_cut(p.a.queue, true);
        fake_queue_cut(p.b.queue, true);
        end(&p.a);
        end(&p.b);
        assert_int_equal(p.a.result.why.code, FAIL_PATH);
        assert_int_equal(p.b.result.why.code, FAIL_PATH);
        assert_true(p.a.took_ms < 5000 && p.b.took_ms < 5000);
        fake_queue_cut(p.a.queue, false);
        fake_queue_cut(p.b.queue, false);
        pair_next(&p, 10000, all);
        pair_play(&p);
        assert_int_equal(p.a.outcome + p.b.outcome, 0);
    }
    pair_end(&p);
}

static void a_slot_too_short_is_told_from_a_broken_path(void **state)
{
    /* A round trip between two threads can be under 2 us: ten minutes and more of them. */
    struct measure_plan endless = {.samples = 1000000000, .latency_bytes = 8};
    struct pair p;

    (void)state;
    pair_begin(&p);
    pair_next(&p, 2000, endless); /* a quarter of it is silence enough to be taken for a cut */
    pair_play(&p);
    assert_int_equal(p.a.result.why.code, FAIL_TIMEOUT);
    assert_in_range(p.a.took_ms, 1999, 8000);
    pair_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_meets_round_after_round_whoever_is_late),
        cmocka_unit_test(a_pair_meets_over_a_lossy_path),
        cmocka_unit_test(a_missing_partner_costs_its_slot_and_no_more),
        cmocka_unit_test(a_path_that_works_one_way_is_no_missing_partner),
        cmocka_unit_test(both_directions_are_measured),
        cmocka_unit_test(a_cut_in_the_middle_ends_both_sides_before_the_slot),
        cmocka_unit_test(a_slot_too_short_is_told_from_a_broken_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
