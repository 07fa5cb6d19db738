#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "controller/rollout/deadline.h"
#include "protocol/fail.h"

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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_wins_over_what_is_usual),
        cmocka_unit_test(a_claim_outlives_the_road),
        cmocka_unit_test(who_is_late_is_told_what_was_last_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
