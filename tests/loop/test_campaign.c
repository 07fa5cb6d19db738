/* fakes: fake_link */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uv.h>

#include "controller/fabric/campaign.h"
#include "controller/fabric/finding.h"
#include "controller/fabric/member.h"
#include "controller/fabric/pairs.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "controller/link/link.h"
#include "inventory/fleet.h"
#include "tests/fake/fake_link.h"

#define LONG_WINDOW_MS 2000 /* then a batch is one round */

/* ---- one campaign, from links to closed handles ------------------------------------ */

static struct {
    uv_loop_t loop;
    size_t n, open;
    struct fleet_node nodes[FAKE_LINK_MOST];
    char names[FAKE_LINK_MOST][24];
    struct link *links[FAKE_LINK_MOST];
    struct campaign *campaign;
    struct campaign_options options;
    unsigned stop_after;      /* calls of advanced; 0: never */
    bool stop_in_retest;      /* when its first batch has landed */
    unsigned stop_at_once_ms; /* 0: never                    */
    uv_timer_t stopper;

    /* how it went */
    unsigned ended, advances, passes, out[FAKE_LINK_MOST];
    size_t done, total, retested;
    struct fail why;
    char findings[4000];
    enum tally_word words[40][40];
    size_t measured, bad;
    char gap[200];
} run;

static void on_link_closed(void *arg)
{
    (void)arg;
    if (--run.open == 0)
        campaign_close(run.campaign);
}

static void on_seated(void *arg, size_t node, const struct fail *why)
{
    (void)arg;
    run.out[node] += why != NULL;
}

static void on_advanced(void *arg, const struct campaign_progress *p)
{
    (void)arg;
    run.advances++;
    if (p->phase == CAMPAIGN_MEASURING) {
        run.done = p->done;
        run.total = p->total;
    }
    run.passes += p->phase == CAMPAIGN_RETESTING && p->total && !p->done;
    if (p->phase == CAMPAIGN_RETESTING && p->done > run.retested)
        run.retested = p->done;
    assert_true(p->done <= p->total);
    if (run.advances == run.stop_after ||
        (run.stop_in_retest && p->phase == CAMPAIGN_RETESTING && p->done))
        campaign_stop(run.campaign, false);
}

static void keep_verdict(const struct verdict *v, const struct tally *t)
{
    size_t len = 0;

    for (size_t i = 0; i < v->findings.count; i++) {
        const struct finding *f = &v->findings.list[i];

        len +=
            (size_t)snprintf(run.findings + len, sizeof run.findings - len,
                             "%s%s %s %zu%s", len ? "; " : "", finding_kind_name(f->kind),
                             finding_symptom_name(f->symptom),
                             f->who_count ? f->who[0] : (size_t)999,
                             f->proved || f->kind == FINDING_PASSING ? "" : " ?");
    }
    for (size_t a = 0; a < 40 && a < run.n; a++)
        for (size_t b = a + 1; b < 40 && b < run.n; b++)
            run.words[a][b] = run.words[b][a] = tally_pair(t, a, b)->word;
    run.measured = v->measured;
    run.bad = v->bad;
    if (v->not_tested_count)
        snprintf(run.gap, sizeof run.gap, "%s", v->not_tested[0]);
}

static void on_ended(void *arg, const struct fail *why)
{
    (void)arg;
    run.ended++;
    if (why)
        run.why = *why;
    if (campaign_verdict(run.campaign))
        keep_verdict(campaign_verdict(run.campaign), campaign_tally(run.campaign));
    for (size_t i = 0; i < run.n; i++)
        link_close(run.links[i], on_link_closed);
    uv_close((uv_handle_t *)&run.stopper, NULL);
}

static void on_stopper(uv_timer_t *timer)
{
    (void)timer;
    campaign_stop(run.campaign, true);
}

static const struct campaign_hooks hooks = {on_seated, on_advanced, on_ended};

static void prepare(size_t n)
{
    fake_link_reset();
    memset(&run, 0, sizeof run);
    run.n = n;
    run.options.name = "test";
    run.options.limit_ms = 20000; /* a test that hangs is red, and soon */
}

static void go(void)
{
    struct campaign_node nodes[FAKE_LINK_MOST] = {0};

    uv_loop_init(&run.loop);
    for (size_t i = 0; i < run.n; i++) {
        snprintf(run.names[i], sizeof run.names[i], "n%zu", i);
        run.nodes[i].name = run.names[i];
        run.links[i] = link_new((struct link_pool *)&run.loop, &run.nodes[i], NULL, NULL);
        nodes[i] = (struct campaign_node){.name = run.names[i],
                                          .link = run.links[i],
                                          .hca = "mlx5_ib0",
                                          .port = 1};
    }
    run.open = run.n;
    assert_int_equal(campaign_start(&run.loop, nodes, run.n, &run.options, &hooks, NULL,
                                    &run.campaign, NULL),
                     0);
    assert_int_equal(run.ended, 0);
    uv_timer_init(&run.loop, &run.stopper);
    if (run.stop_at_once_ms)
        uv_timer_start(&run.stopper, on_stopper, run.stop_at_once_ms, 0);
    uv_run(&run.loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&run.loop), 0);
    assert_int_equal(run.ended, 1);
}

static void expect_met_once(size_t from, size_t to)
{
    for (size_t a = from; a < to; a++)
        for (size_t b = a + 1; b < to; b++)
            assert_int_equal(fake_link_met(a, b), 1);
}

/* ---- what a campaign costs --------------------------------------------------------- */

static void a_thousand_agents_get_two_frames_per_batch_and_no_more(void **state)
{
    (void)state;
    prepare(1024);
    run.options.limit_ms = 200000;
    go();
    assert_int_equal(run.why.code, FAIL_NONE);
    assert_int_equal(run.measured, pairs_count(1024));
    assert_int_equal(run.bad, 0);
    for (size_t i = 0; i < run.n; i++) {
        const struct fake_agent *a = &fake_agents[i];

        assert_true(a->orders > 1 && a->orders < 1023 / 10);
        assert_int_equal(a->joins, 1);
        assert_int_equal(a->leaves, 1);
        assert_int_equal(a->sent, a->orders + 2); /* join, leave */
        assert_int_equal(a->received, a->sent);
    }
}

static void everybody_meets_everybody_once(void **state)
{
    static const size_t sizes[] = {2, 3, 4, 33, 64};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        prepare(sizes[i]);
        go();
        expect_met_once(0, sizes[i]);
        assert_int_equal(run.measured, pairs_count(sizes[i]));
        assert_int_equal(run.done, run.total);
        assert_int_equal(run.total, pairs_count(sizes[i]));
        assert_string_equal(run.findings, "");
    }
}

/* ---- who fails does not stop the others -------------------------------------------- */

static void a_silent_agent_costs_one_batch_and_nobody_else(void **state)
{
    (void)state;
    prepare(33);
    fake_agents[5].silent = true;
    go();
    assert_int_equal(run.why.code, FAIL_NONE);
    assert_int_equal(fake_agents[5].orders, 1);
    assert_int_equal(fake_agents[5].leaves, 0);
    assert_int_equal(run.out[5], 1);
    assert_string_equal(run.findings, "unreachable failed 5");
    assert_int_equal(run.measured, pairs_count(32));
    assert_int_equal(run.words[5][6], WORD_NOT_MEASURED);
    assert_int_equal(run.words[6][7], WORD_OK);
}

static void a_link_lost_in_the_middle_leaves_what_was_measured(void **state)
{
    (void)state;
    prepare(33);
    fake_agents[7].lost_in_batch = 2;
    go();
    assert_int_equal(run.why.code, FAIL_NONE);
    assert_int_equal(fake_agents[7].orders, 2);
    assert_string_equal(run.findings, "unreachable failed 7");
    assert_true(run.measured > pairs_count(32));
    assert_true(run.measured < pairs_count(33));
    assert_int_equal(run.bad, 0);
    assert_non_null(strstr(run.gap, "lost before their turn"));
}

static void a_measuring_process_that_dies_ends_its_node_only(void **state)
{
    (void)state;
    prepare(33);
    fake_agents[7].dies_in_batch = 2;
    go();
    assert_int_equal(run.why.code, FAIL_NONE);
    assert_int_equal(fake_agents[7].orders, 2);
    assert_int_equal(run.out[7], 1);
    assert_string_equal(run.findings, "unreachable failed 7");
    assert_int_equal(run.bad, 0);
}

static void a_node_lost_among_the_retests_is_asked_no_more(void **state)
{
    (void)state;
    prepare(8);
    run.options.plan.window_ms = LONG_WINDOW_MS;
    fake_agents[2].slow = 0.5;
    fake_agents[2].lost_in_batch = 8; /* the first after the seven of the tournament */
    go();
    assert_int_equal(run.why.code, FAIL_NONE);
    assert_int_equal(fake_agents[2].orders, 8);
    assert_int_equal(run.out[2], 1);
    assert_int_equal(run.measured, pairs_count(8));
}

static void a_refused_join_stops_nobody(void **state)
{
    (void)state;
    prepare(5);
    fake_agents[0].refuses = true;
    go();
    assert_int_equal(fake_agents[0].orders, 0);
    expect_met_once(1, 5);
    assert_string_equal(run.findings, "unreachable failed 0");
    assert_string_equal(run.gap, "4 pairs: one of the two did not take part");
}

static void nobody_joins_and_it_still_ends(void **state)
{
    (void)state;
    prepare(2);
    fake_agents[0].refuses = fake_agents[1].refuses = true;
    go();
    assert_int_equal(run.measured, 0);
    assert_string_equal(run.findings, "unreachable failed 0");
}

static void who_answers_what_was_not_asked_is_left_out(void **state)
{
    (void)state;
    prepare(40);
    fake_agents[3].lies = true;
    go();
    assert_int_equal(fake_agents[3].orders, 1);
    assert_string_equal(run.findings, "unreachable failed 3");
    assert_int_equal(run.measured, pairs_count(39));
    assert_int_equal(run.bad, 0);
}

static void who_leaves_out_a_meeting_is_left_out(void **state)
{
    (void)state;
    prepare(40);
    fake_agents[3].omits = true;
    go();
    assert_int_equal(fake_agents[3].orders, 1);
    assert_string_equal(run.findings, "unreachable failed 3");
    assert_int_equal(run.measured, pairs_count(39));
    assert_int_equal(run.bad, 0);
}

/* Neighbours in a rack have neighbouring names, and a round after the other meets
 * them.
 */
static void who_meets_a_broken_rack_first_is_not_given_up(void **state)
{
    (void)state;
    prepare(64);
    for (size_t i = 24; i < 48; i++)
        fake_agents[i].off_fabric = true;
    go();
    assert_int_equal(run.measured - run.bad, pairs_count(40));
    for (size_t i = 24; i < 48; i++)
        assert_true(fake_agents[i].orders < fake_agents[0].orders);
}

/* It answers its orders, but each of its rounds costs a slot. */
static void who_fails_with_everybody_is_spared_the_rest(void **state)
{
    (void)state;
    prepare(40);
    fake_agents[9].off_fabric = true;
    go();
    assert_string_equal(run.findings, "node failed 9");
    assert_true(fake_agents[9].orders <= 3);
    assert_int_equal(run.words[9][10] == WORD_FAILED ||
                         run.words[9][10] == WORD_NOT_MEASURED,
                     1);
    assert_string_equal(run.gap + strcspn(run.gap, ":"),
                        ": one of the two had failed with everybody before");
    assert_int_equal(run.bad + pairs_count(39), run.measured);
}

static void islands_play_apart(void **state)
{
    (void)state;
    prepare(9);
    for (size_t i = 6; i < 9; i++)
        fake_agents[i].pkey = 0x8002;
    go();
    expect_met_once(0, 6);
    expect_met_once(6, 9);
    for (size_t a = 0; a < 6; a++)
        for (size_t b = 6; b < 9; b++)
            assert_int_equal(fake_link_met(a, b), 0);
    assert_string_equal(run.findings, "config none 6");
    assert_int_equal(run.measured, 15 + 3);
}

/* ---- suspicions are measured again alone --------------------------------------------
 */

static void a_slow_node_is_convicted_by_meetings_alone(void **state)
{
    (void)state;
    prepare(8);
    fake_agents[2].slow = 0.5;
    go();
    assert_string_equal(run.findings, "node slow 2");
    assert_int_equal(run.retested, VERDICT_SLOW_PROBES + VERDICT_CONTROLS);
    assert_int_equal(run.passes, VERDICT_SLOW_RETESTS); /* each told once */
    assert_int_equal(run.bad, 7);
}

static void who_is_only_slow_in_a_crowd_is_acquitted(void **state)
{
    (void)state;
    prepare(8);
    fake_agents[2].slow_in_crowd = 0.5;
    go();
    assert_string_equal(run.findings, "passing none 999");
    assert_int_equal(run.bad, 0);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(run.words[2][i], i == 2 ? WORD_NOT_MEASURED : WORD_OK);
}

/* ---- it ends when it should ----------------------------------------------------------
 */

static void the_limit_ends_it_with_what_there_is(void **state)
{
    (void)state;
    prepare(40);
    for (size_t i = 0; i < 40; i++)
        fake_agents[i].answers_ms = 6000; /* 60 ms in here, 3 batches */
    run.options.limit_ms = 90;
    go();
    assert_int_equal(run.why.code, FAIL_TIMEOUT);
    assert_true(run.measured > 0 && run.measured < pairs_count(40));
    assert_int_equal(run.measured, run.done);
    assert_non_null(strstr(run.gap, "the measurement ended before their turn"));
}

static void the_first_stop_waits_for_the_batch(void **state)
{
    (void)state;
    prepare(40);
    fake_agents[2].slow = 0.5;
    run.stop_after = 2; /* the first batch has landed */
    go();
    assert_int_equal(run.why.code, FAIL_INTERRUPTED);
    assert_int_equal(run.passes, 0); /* nor is a retest announced */
    assert_int_equal(fake_agents[0].leaves, 1);
    assert_true(run.measured > 0 && run.measured < pairs_count(40));
}

static void the_second_stop_waits_for_nothing(void **state)
{
    (void)state;
    prepare(40);
    for (size_t i = 0; i < 40; i++)
        fake_agents[i].answers_ms = 1000000; /* 10 s in here */
    run.stop_at_once_ms = 50;
    go();
    assert_int_equal(run.why.code, FAIL_INTERRUPTED);
    assert_int_equal(run.measured, 0);
    assert_int_equal(fake_agents[0].orders, 1);
    assert_int_equal(fake_agents[0].received, 1); /* its join */
    assert_int_equal(fake_agents[0].leaves, 0);
}

/* SIGTERM, or a second Ctrl-C at once. */
static void a_stop_at_once_while_they_join_is_heard(void **state)
{
    (void)state;
    prepare(40);
    for (size_t i = 0; i < 40; i++)
        fake_agents[i].joins_ms = 1000000; /* 10 s in here */
    run.stop_at_once_ms = 50;
    go();
    assert_int_equal(run.why.code, FAIL_INTERRUPTED);
    assert_int_equal(run.measured, 0);
    assert_int_equal(fake_agents[0].orders, 0);
    assert_string_equal(run.findings, "");
    assert_string_equal(run.gap, "780 pairs: one of the two did not take part");
}

static void a_stop_among_the_retests_judges_what_they_found(void **state)
{
    (void)state;
    prepare(8);
    run.options.plan.window_ms = LONG_WINDOW_MS;
    fake_agents[2].slow_in_crowd = 0.5;
    run.stop_in_retest = true;
    go();
    assert_int_equal(run.why.code, FAIL_INTERRUPTED);
    assert_int_equal(fake_agents[0].leaves, 1);
    assert_int_equal(run.retested, 1);
    assert_int_equal(run.passes, 1); /* announced, and no second one */
    assert_int_equal(run.bad, 6);    /* whom it met again is acquitted */
}

static void nobody_to_measure_is_said_at_once(void **state)
{
    struct campaign_node node = {.name = "n0"};
    struct campaign *c = NULL;
    struct fail why;

    (void)state;
    prepare(1);
    uv_loop_init(&run.loop);
    assert_int_equal(campaign_start(&run.loop, &node, 1, &run.options, &hooks, NULL, &c,
                                    &why),
                     -1);
    assert_int_equal(why.code, FAIL_USAGE);
    assert_null(c);
    assert_int_equal(uv_loop_close(&run.loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thousand_agents_get_two_frames_per_batch_and_no_more),
        cmocka_unit_test(everybody_meets_everybody_once),
        cmocka_unit_test(a_silent_agent_costs_one_batch_and_nobody_else),
        cmocka_unit_test(a_link_lost_in_the_middle_leaves_what_was_measured),
        cmocka_unit_test(a_measuring_process_that_dies_ends_its_node_only),
        cmocka_unit_test(a_node_lost_among_the_retests_is_asked_no_more),
        cmocka_unit_test(a_refused_join_stops_nobody),
        cmocka_unit_test(nobody_joins_and_it_still_ends),
        cmocka_unit_test(who_answers_what_was_not_asked_is_left_out),
        cmocka_unit_test(who_leaves_out_a_meeting_is_left_out),
        cmocka_unit_test(who_meets_a_broken_rack_first_is_not_given_up),
        cmocka_unit_test(who_fails_with_everybody_is_spared_the_rest),
        cmocka_unit_test(islands_play_apart),
        cmocka_unit_test(a_slow_node_is_convicted_by_meetings_alone),
        cmocka_unit_test(who_is_only_slow_in_a_crowd_is_acquitted),
        cmocka_unit_test(the_limit_ends_it_with_what_there_is),
        cmocka_unit_test(the_first_stop_waits_for_the_batch),
        cmocka_unit_test(the_second_stop_waits_for_nothing),
        cmocka_unit_test(a_stop_at_once_while_they_join_is_heard),
        cmocka_unit_test(a_stop_among_the_retests_judges_what_they_found),
        cmocka_unit_test(nobody_to_measure_is_said_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
