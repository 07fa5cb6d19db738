#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "controller/rollout/breaker.h"
#include "inventory/arena.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"

static struct arena arena;
static struct fleet_policy keys;
static struct breaker *breaker;

static int setup(void **state)
{
    (void)state;
    fleet_policy_init(&keys);
    keys.consecutive = keys.same_failure = 0;
    breaker = breaker_new(&keys, 400, 1000);
    return breaker ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    breaker_free(breaker);
    arena_done(&arena);
    return 0;
}

static void set(enum policy_key key, const char *value)
{
    assert_int_equal(fleet_policy_set(&keys, key, value, &arena, NULL), 0);
}

static void well(unsigned times)
{
    while (times-- > 0)
        breaker_count_well(breaker);
}

static void fails(unsigned times)
{
    while (times-- > 0)
        breaker_count_failed(breaker, NULL);
}

static void is_whole(void)
{
    if (breaker_why(breaker)->code)
        fail_msg("broken: %s", breaker_why(breaker)->text);
}

static void is_broken(const char *why)
{
    assert_int_equal(breaker_why(breaker)->code, FAIL_BUDGET);
    assert_string_equal(breaker_why(breaker)->text, why);
}

static void max_failures_may_be_none(void **state)
{
    (void)state;
    set(POLICY_MAX_FAILURES, "0");
    well(5);
    is_whole();
    fails(1);
    is_broken("1 node has failed, more than max_failures = 0");
}

static void max_failures_is_a_number_of_the_whole_run(void **state)
{
    (void)state;
    set(POLICY_MAX_FAILURES, "2");
    fails(1);
    well(100);
    fails(1);
    is_whole();
    fails(1);
    is_broken("3 nodes have failed, more than max_failures = 2");
}

/* As its example in the table says. */
static void
budget_upgraded_5_percent_bears_the_first_of_20_and_the_second_of_40(void **state)
{
    (void)state;
    set(POLICY_BUDGET_UPGRADED, "5%");
    well(19);
    fails(1);
    is_whole();
    well(19);
    fails(1);
    is_whole();
    well(18);
    fails(1); /* the third of 59 */
    is_broken(
        "3 of 59 nodes that have ended have failed, more than budget_upgraded = 5%");
}

static void budget_upgraded_5_percent_does_not_bear_the_first_of_19(void **state)
{
    (void)state;
    set(POLICY_BUDGET_UPGRADED, "5%");
    well(18);
    fails(1);
    is_broken(
        "1 of 19 nodes that have ended have failed, more than budget_upgraded = 5%");
}

static void budget_upgraded_may_be_a_number(void **state)
{
    (void)state;
    set(POLICY_BUDGET_UPGRADED, "2");
    fails(2);
    is_whole();
    fails(1);
    is_broken("3 of 3 nodes that have ended have failed, more than budget_upgraded = 2");
}

static void budget_fleet_is_a_share_of_the_whole_fleet(void **state)
{
    (void)state;
    set(POLICY_BUDGET_FLEET, "20%");
    breaker_check_fleet(breaker, 200);
    is_whole();
    breaker_check_fleet(breaker, 201);
    is_broken(
        "201 of 1000 nodes of the fleet are unhealthy, more than budget_fleet = 20%");
    breaker_check_fleet(breaker, 0); /* once broken it stays so */
    assert_int_equal(breaker_why(breaker)->code, FAIL_BUDGET);
}

static void consecutive_counts_in_the_order_of_the_ends(void **state)
{
    (void)state;
    set(POLICY_CONSECUTIVE, "3");
    fails(2);
    well(1);
    fails(2);
    is_whole();
    fails(1);
    is_broken("3 nodes in a row have failed (consecutive = 3)");
}

static void same_failure_does_not_mind_what_is_between(void **state)
{
    (void)state;
    set(POLICY_SAME_FAILURE, "2");
    breaker_count_failed(breaker, "x");
    well(50);
    breaker_count_failed(breaker, "y");
    breaker_count_failed(breaker, "");
    is_whole();
    breaker_count_failed(breaker, "x");
    is_broken("2 nodes have failed in the same way (same_failure = 2): x");
}

static void same_failure_tells_as_many_kinds_apart_as_can_fail(void **state)
{
    char signature[20];

    (void)state;
    set(POLICY_SAME_FAILURE, "2");
    for (int i = 0; i < 399; i++) {
        snprintf(signature, sizeof signature, "kind %d", i);
        breaker_count_failed(breaker, signature);
        is_whole();
    }
    breaker_count_failed(breaker, "kind 398");
    is_broken("2 nodes have failed in the same way (same_failure = 2): kind 398");
}

static void zero_is_no_limit(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++)
        breaker_count_failed(breaker, "same");
    is_whole(); /* consecutive = same_failure = 0 */
}

static void what_broke_it_first_is_told(void **state)
{
    (void)state;
    set(POLICY_MAX_FAILURES, "0");
    set(POLICY_CONSECUTIVE, "1");
    breaker_trip(breaker, "%s says %s", "before_batch", "no");
    fails(1);
    is_broken("before_batch says no");
}

static void a_long_signature_is_cut(void **state)
{
    char signature[400];

    (void)state;
    memset(signature, 'x', sizeof signature - 1);
    signature[sizeof signature - 1] = '\0';
    set(POLICY_SAME_FAILURE, "1");
    breaker_count_failed(breaker, signature);
    assert_int_equal(breaker_why(breaker)->code, FAIL_BUDGET);
    assert_true(strlen(breaker_why(breaker)->text) < sizeof breaker_why(breaker)->text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(max_failures_may_be_none),
        TEST(max_failures_is_a_number_of_the_whole_run),
        TEST(budget_upgraded_5_percent_bears_the_first_of_20_and_the_second_of_40),
        TEST(budget_upgraded_5_percent_does_not_bear_the_first_of_19),
        TEST(budget_upgraded_may_be_a_number),
        TEST(budget_fleet_is_a_share_of_the_whole_fleet),
        TEST(consecutive_counts_in_the_order_of_the_ends),
        TEST(same_failure_does_not_mind_what_is_between),
        TEST(same_failure_tells_as_many_kinds_apart_as_can_fail),
        TEST(zero_is_no_limit),
        TEST(what_broke_it_first_is_told),
        TEST(a_long_signature_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
