#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "controller/rollout/policy.h"

static const struct policy_limits two_at_once = {.window = 2,
                                                 .failures = POLICY_NO_BUDGET};

static void the_window_is_never_passed(void **state)
{
    struct policy *p = policy_new(&two_at_once, 3);

    (void)state;
    assert_int_equal(policy_next(p), 0);
    assert_int_equal(policy_next(p), 1);
    assert_int_equal(policy_next(p), -1);
    assert_int_equal(policy_word(p), POLICY_WAIT);
    policy_report(p, 0, POLICY_WELL);
    assert_int_equal(policy_next(p), 2);
    policy_report(p, 1, POLICY_WELL);
    assert_int_equal(policy_word(p), POLICY_WAIT);
    policy_report(p, 2, POLICY_FAILED);
    assert_int_equal(policy_word(p), POLICY_OVER);
    assert_false(policy_is_spent(p));
    policy_free(p);
}

static void a_spent_budget_begins_nobody_new(void **state)
{
    const struct policy_limits limits = {.window = 2, .failures = 1};
    struct policy *p = policy_new(&limits, 10);

    (void)state;
    policy_next(p);
    policy_next(p);
    policy_report(p, 0, POLICY_FAILED);
    assert_int_equal(policy_next(p), 2);
    policy_report(p, 1, POLICY_FAILED);
    assert_true(policy_is_spent(p));
    assert_int_equal(policy_next(p), -1);
    assert_int_equal(policy_word(p), POLICY_WAIT); /* one still goes on */
    policy_report(p, 2, POLICY_WELL);
    assert_int_equal(policy_word(p), POLICY_OVER);
    assert_int_equal(policy_left(p), 7);
    policy_free(p);
}

static void no_failure_allowed_means_the_first_stops_it(void **state)
{
    const struct policy_limits limits = {.window = 1, .failures = 0};
    struct policy *p = policy_new(&limits, 2);

    (void)state;
    policy_report(p, (size_t)policy_next(p), POLICY_FAILED);
    assert_int_equal(policy_word(p), POLICY_OVER);
    policy_free(p);
}

static void held_begins_nobody_and_ends_with_those_under_way(void **state)
{
    struct policy *p = policy_new(&two_at_once, 5);

    (void)state;
    policy_next(p);
    policy_hold(p);
    assert_int_equal(policy_next(p), -1);
    assert_int_equal(policy_word(p), POLICY_WAIT);
    policy_report(p, 0, POLICY_WELL);
    assert_int_equal(policy_word(p), POLICY_OVER);
    assert_int_equal(policy_left(p), 4);
    policy_free(p);
}

static void nobody_is_over_at_once(void **state)
{
    struct policy *p = policy_new(&two_at_once, 0);

    (void)state;
    assert_int_equal(policy_word(p), POLICY_OVER);
    policy_free(p);
}

/* Any order of endings: the window holds, and everyone is begun exactly once. */
static void ten_thousand_nodes_in_any_order(void **state)
{
    enum { NODES = 10000, WINDOW = 50 };
    const struct policy_limits limits = {.window = WINDOW, .failures = POLICY_NO_BUDGET};
    struct policy *p = policy_new(&limits, NODES);
    size_t under_way[WINDOW], count = 0, begun = 0, pick;
    unsigned seed = 7;
    long next;

    (void)state;
    while (policy_word(p) != POLICY_OVER) {
        while ((next = policy_next(p)) >= 0) {
            assert_true(count < WINDOW);
            assert_int_equal(next, begun++);
            under_way[count++] = (size_t)next;
        }
        pick = (size_t)rand_r(&seed) % count;
        policy_report(p, under_way[pick],
                      rand_r(&seed) % 3 ? POLICY_WELL : POLICY_FAILED);
        under_way[pick] = under_way[--count];
    }
    assert_int_equal(begun, NODES);
    policy_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_is_never_passed),
        cmocka_unit_test(a_spent_budget_begins_nobody_new),
        cmocka_unit_test(no_failure_allowed_means_the_first_stops_it),
        cmocka_unit_test(held_begins_nobody_and_ends_with_those_under_way),
        cmocka_unit_test(nobody_is_over_at_once),
        cmocka_unit_test(ten_thousand_nodes_in_any_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
