#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "controller/rollout/deadline.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

static void what_is_given_wins_over_what_is_usual(void **state)
{
    const struct deadlines usual = {0};
    const struct deadlines given = {.install_ms = 1000, .reboot_ms = 2000};

    (void)state;
    assert_int_equal(deadline_of_state(&usual, NODE_REBOOTING), DEADLINE_REBOOT_MS);
    assert_int_equal(deadline_of_state(&given, NODE_REBOOTING), 2000);
    assert_int_equal(deadline_of_state(&given, NODE_PROBING), 2000);
    assert_int_equal(deadline_of_state(&given, NODE_VERIFYING), DEADLINE_VERIFY_MS);
    assert_int_equal(deadline_of_answer(&given, NODE_INSTALLING), 1000);
    assert_int_equal(deadline_of_answer(&given, NODE_REBOOTING), DEADLINE_ANSWER_MS);
}

static void a_claim_outlives_the_road(void **state)
{
    const struct deadlines long_ones = {.install_ms = 14400000, .reboot_ms = 14400000};
    const struct deadlines usual = {0};

    (void)state;
    assert_in_range(deadline_of_claim_s(&usual), 2610 + DEADLINE_SPARE_S, 3600);
    assert_int_equal(deadline_of_claim_s(&long_ones),
                     60 + 14400 + 14400 + 120 + 30 + DEADLINE_SPARE_S);
}

static void a_vendors_driver_has_the_time_that_its_installer_takes(void **state)
{
    static const enum step_verb verbs[] = {STEP_FETCH, STEP_DRIVER, STEP_DKMS,
                                           STEP_MEMLOCK};
    const struct deadlines usual = {0}, given = {.install_ms = 1000};
    CLEANUP(steps_clear) struct steps steps = {0};
    struct deadlines d;

    (void)state;
    d = deadlines_for(&usual, &steps);
    assert_int_equal(deadline_of_state(&d, NODE_INSTALLING), DEADLINE_INSTALL_MS);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        assert_int_equal(steps_add(&steps, verbs[i], NULL, 0, NULL), 0);
    d = deadlines_for(&usual, &steps);
    assert_in_range(deadline_of_state(&d, NODE_INSTALLING),
                    DEADLINE_INSTALL_MS + 45 * 60 * 1000, 3 * 3600 * 1000);
    assert_int_equal(deadline_of_answer(&d, NODE_INSTALLING),
                     deadline_of_state(&d, NODE_INSTALLING));
    assert_true((uint64_t)deadline_of_claim_s(&d) * 1000 >
                deadline_of_state(&d, NODE_INSTALLING) + DEADLINE_REBOOT_MS);
    d = deadlines_for(&given, &steps);
    assert_int_equal(deadline_of_state(&d, NODE_INSTALLING), 1000);
}

static void who_is_late_is_told_what_was_last_heard(void **state)
{
    struct fail lost = {.code = FAIL_NONE}, why;

    (void)state;
    deadline_explain(NODE_INSTALLING, &lost, &why);
    assert_int_equal(why.code, FAIL_TIMEOUT);
    assert_string_equal(why.text, "installing: no answer in time");
    fail_set(&lost, FAIL_CONNECT, "connection refused");
    deadline_explain(NODE_INSTALLING, &lost, &why);
    assert_int_equal(why.code, FAIL_CONNECT);
    assert_string_equal(why.text, "installing: connection refused");
    deadline_explain(NODE_REBOOTING, &lost, &why);
    assert_int_equal(why.code, FAIL_REBOOT);
    assert_string_equal(why.text, "not back in time: connection refused");
    fail_set(&lost, FAIL_VERIFY, "still not so: port 1 is DOWN");
    deadline_explain(NODE_VERIFYING, &lost, &why);
    assert_string_equal(why.text, "still not so: port 1 is DOWN");
    fail_set(&lost, FAIL_PORT_DOWN, "mlx5_ib0 port 1: it is DOWN");
    deadline_explain(NODE_SOAKING, &lost, &why);
    assert_int_equal(why.code, FAIL_PORT_DOWN);
    assert_string_equal(why.text, "mlx5_ib0 port 1: it is DOWN");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_wins_over_what_is_usual),
        cmocka_unit_test(a_claim_outlives_the_road),
        cmocka_unit_test(a_vendors_driver_has_the_time_that_its_installer_takes),
        cmocka_unit_test(who_is_late_is_told_what_was_last_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
