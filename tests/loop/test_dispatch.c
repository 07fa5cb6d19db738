#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "controller/rollout/dispatch.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "protocol/facts.h"

#define MOST 6

/* A fleet n0 to n5; whoever a test lets take part is of the run. */
static uv_loop_t loop;
static struct fleet_policy keys;
static struct fleet_node fleet[MOST];
static const struct fleet_node *listed[MOST];
static char names[MOST][4];
static struct dispatch_terms terms;
static struct dispatch_node travellers[MOST];
static size_t count;
static struct dispatch *dispatch;
static char told[200];
static bool is_refused; /* may_begin() */
static size_t asked_of; /* what batch  */

static void tell(const char *what, size_t i, size_t stage)
{
    size_t len = strlen(told);

    snprintf(told + len, sizeof told - len, " %s %s/%zu", what, travellers[i].of->name,
             stage);
}

static void begin(void *arg, size_t i, size_t stage)
{
    (void)arg;
    tell("begin", i, stage);
}

static void overdue(void *arg, size_t i)
{
    (void)arg;
    tell("overdue", i, 0);
}

static void woken(void *arg)
{
    (void)arg;
    strcat(told, " woken");
    dispatch_turn(dispatch);
}

static bool may_begin(void *arg, size_t stage)
{
    (void)arg;
    asked_of = stage;
    return !is_refused;
}

static const struct dispatch_hooks hooks = {may_begin, begin, overdue, woken};

static int setup(void **state)
{
    (void)state;
    fleet_policy_init(&keys);
    memset(fleet, 0, sizeof fleet);
    memset(travellers, 0, sizeof travellers);
    for (size_t i = 0; i < MOST; i++) {
        snprintf(names[i], sizeof names[i], "n%zu", i);
        fleet[i].name = names[i];
        listed[i] = &fleet[i];
    }
    terms = (struct dispatch_terms){.keys = &keys, .fleet = listed, .fleet_count = MOST};
    count = 0;
    told[0] = '\0';
    is_refused = false;
    return uv_loop_init(&loop);
}

static int teardown(void **state)
{
    (void)state;
    dispatch_close(dispatch, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

static struct dispatch_node *add(size_t i)
{
    travellers[count] =
        (struct dispatch_node){.of = &fleet[i], .is_planned = true, .stage = -1};
    return &travellers[count++];
}

static void make(void)
{
    assert_int_equal(dispatch_new(&loop, &terms, travellers, count, &hooks, NULL,
                                  &dispatch, NULL),
                     0);
}

static void turn(enum dispatch_word wanted)
{
    assert_int_equal(dispatch_turn(dispatch), wanted);
}

static void assert_told(const char *wanted)
{
    assert_string_equal(told, wanted);
    told[0] = '\0';
}

static void those_planned_are_begun_and_it_is_over(void **state)
{
    (void)state;
    add(1);
    add(3)->is_planned = false;
    add(4);
    make();
    turn(DISPATCH_GOES_ON);
    assert_told(" begin n1/0 begin n4/0");
    assert_int_equal(dispatch_stage_of(dispatch, 1), -1);
    dispatch_report(dispatch, 0, POLICY_WELL, NULL);
    turn(DISPATCH_GOES_ON);
    dispatch_report(dispatch, 2, POLICY_FAILED, "x");
    turn(DISPATCH_OVER);
    assert_told("");
}

static void who_was_begun_before_goes_on_first_and_once(void **state)
{
    (void)state;
    keys.window = 2;
    add(0)->stage = 1;
    add(1)->stage = 1;
    travellers[1].is_begun = true;
    add(2)->stage = 0;
    make();
    turn(DISPATCH_GOES_ON);
    assert_told(" begin n1/1 begin n2/0");
    turn(DISPATCH_GOES_ON);
    assert_told("");
    dispatch_report(dispatch, 1, POLICY_WELL, NULL);
    dispatch_report(dispatch, 2, POLICY_WELL, NULL);
    turn(DISPATCH_GOES_ON);
    assert_told(" begin n0/1");
}

static void what_failed_before_counts_and_who_left_the_fleet_does_not(void **state)
{
    static const struct dispatch_past past[] = {
        {.name = "gone", .end = POLICY_FAILED, .signature = "a", .stage = 0},
        {.name = "n5", .end = POLICY_FAILED, .signature = "a", .stage = 0},
    };

    (void)state;
    terms.past = past;
    terms.past_count = 2;
    keys.same_failure = 2;
    keys.window = 1;
    add(0);
    add(1);
    make();
    turn(DISPATCH_GOES_ON);
    assert_told(" begin n0/1"); /* a newcomer's batch */
    dispatch_report(dispatch, 0, POLICY_FAILED, "a");
    turn(DISPATCH_OVER);
    assert_true(policy_is_stopped(dispatch_policy(dispatch)));
}

/* Where it is, the facts of then say. */
static void max_unavailable_zone_counts_who_failed_before(void **state)
{
    char one[] = "1", two[] = "2";
    struct facts_azure first = {.zone = one}, second = {.zone = two};
    struct facts here = {.azure = &first}, there = {.azure = &second};
    const struct dispatch_past past[] = {
        {.name = "n5", .facts = &here, .end = POLICY_FAILED, .stage = 0},
    };

    (void)state;
    terms.past = past;
    terms.past_count = 1;
    keys.max_unavailable[POLICY_OF_ZONE] = (struct share){.n = 1};
    add(0)->facts = &here;
    add(1)->facts = &there;
    make();
    turn(DISPATCH_GOES_ON);
    assert_told(" begin n1/1");
}

static void who_has_to_ask_before_a_batch_is_waited_for(void **state)
{
    (void)state;
    keys.window = 1;
    add(0)->stage = 0;
    add(1)->stage = 1;
    make();
    is_refused = true;
    turn(DISPATCH_GOES_ON);
    assert_told("");
    is_refused = false;
    turn(DISPATCH_GOES_ON);
    assert_int_equal(asked_of, 0);
    dispatch_report(dispatch, 0, POLICY_WELL, NULL);
    turn(DISPATCH_GOES_ON);
    assert_int_equal(asked_of, 1);
    assert_told(" begin n0/0 begin n1/1");
}

static void healthy_deadline_is_told_when_it_is_over(void **state)
{
    (void)state;
    keys.healthy_ms = 20;
    add(2);
    make();
    turn(DISPATCH_GOES_ON);
    dispatch_out(dispatch, 0);
    turn(DISPATCH_GOES_ON);
    uv_run(&loop, UV_RUN_DEFAULT); /* until nothing will wake us any more */
    assert_told(" begin n2/0 woken overdue n2/0");
}

static void who_only_rests_is_not_overdue(void **state)
{
    (void)state;
    keys.healthy_ms = 20;
    add(2);
    make();
    turn(DISPATCH_GOES_ON);
    dispatch_out(dispatch, 0);
    dispatch_rests(dispatch, 0);
    turn(DISPATCH_GOES_ON);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0); /* nothing is waited for */
    assert_told(" begin n2/0");
}

static void wait_deadline_pauses_a_run_that_nobody_promotes(void **state)
{
    (void)state;
    keys.promote = PROMOTE_MANUAL;
    keys.canary = CANARY_COUNT;
    keys.canary_count = 1;
    keys.wait_ms = 20;
    add(0);
    add(1);
    make();
    turn(DISPATCH_GOES_ON);
    dispatch_report(dispatch, 0, POLICY_WELL, NULL);
    turn(DISPATCH_BLOCKED);
    uv_run(&loop, UV_RUN_DEFAULT);
    turn(DISPATCH_TIRED);
    assert_told(" begin n0/0 woken");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(those_planned_are_begun_and_it_is_over),
        TEST(who_was_begun_before_goes_on_first_and_once),
        TEST(what_failed_before_counts_and_who_left_the_fleet_does_not),
        TEST(max_unavailable_zone_counts_who_failed_before),
        TEST(who_has_to_ask_before_a_batch_is_waited_for),
        TEST(healthy_deadline_is_told_when_it_is_over),
        TEST(who_only_rests_is_not_overdue),
        TEST(wait_deadline_pauses_a_run_that_nobody_promotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
