#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "controller/rollout/failing.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"

static const struct fail disk = {.code = FAIL_DISK_FULL, .text = "no room"};
static const struct fail key = {.code = FAIL_HOST_KEY_CHANGED, .text = "another key"};
static const struct fail here = {.code = FAIL_MEMORY, .text = "out of memory"};
static const struct fail skipped = {.code = FAIL_SKIPPED, .text = "busy"};

static void on_failure_says_where_a_changed_node_goes(void **state)
{
    (void)state;
    for (int s = NODE_INSTALLING; s <= NODE_SOAKING; s++) {
        enum node_state in = (enum node_state)s;

        assert_int_equal(failing_event(in, ON_FAILURE_LEAVE, &disk), NODE_EV_FAIL);
        assert_int_equal(failing_event(in, ON_FAILURE_ROLLBACK, &disk),
                         NODE_EV_ROLL_BACK);
        assert_int_equal(failing_event(in, ON_FAILURE_UNDRAIN, &disk), NODE_EV_RETURN);
    }
}

static void who_was_not_changed_just_fails(void **state)
{
    (void)state;
    for (int s = NODE_PROBING; s <= NODE_DRAINING; s++)
        assert_int_equal(failing_event((enum node_state)s, ON_FAILURE_ROLLBACK, &disk),
                         NODE_EV_FAIL);
    assert_int_equal(failing_event(NODE_UNDRAINING, ON_FAILURE_UNDRAIN, &disk),
                     NODE_EV_FAIL);
}

static void nobody_is_rolled_back_whom_a_person_must_mend(void **state)
{
    (void)state;
    assert_int_equal(failing_event(NODE_INSTALLING, ON_FAILURE_ROLLBACK, &key),
                     NODE_EV_FAIL);
    assert_int_equal(failing_event(NODE_INSTALLING, ON_FAILURE_ROLLBACK, &here),
                     NODE_EV_FAIL);
    assert_int_equal(failing_event(NODE_INSTALLING, ON_FAILURE_UNDRAIN, &here),
                     NODE_EV_FAIL);
}

static void what_it_failed_with_first_is_told_first(void **state)
{
    struct fail kept = {.code = FAIL_NONE};

    (void)state;
    failing_keep(&kept, NODE_INSTALLING, &disk);
    assert_string_equal(kept.text, "no room");
    failing_keep(&kept, NODE_BACK_INSTALLING, &key);
    assert_int_equal(kept.code, FAIL_DISK_FULL);
    assert_string_equal(kept.text, "no room; then rolling-back: another key");
    failing_keep(&kept, NODE_GIVING_UP, &here);
    assert_string_equal(kept.text, "no room; then rolling-back: another key");
}

static void who_is_passed_over_has_not_failed(void **state)
{
    (void)state;
    assert_int_equal(failing_end(NODE_GIVING_UP, &skipped, NODE_EV_OK), NODE_EV_SKIP);
    assert_int_equal(failing_end(NODE_GIVING_UP, &skipped, NODE_EV_FAIL), NODE_EV_SKIP);
    assert_int_equal(failing_end(NODE_GIVING_UP, &skipped, NODE_EV_PAUSE), NODE_EV_PAUSE);
    assert_int_equal(failing_end(NODE_GIVING_UP, &disk, NODE_EV_OK), NODE_EV_OK);
    assert_int_equal(failing_end(NODE_DRAINING, &skipped, NODE_EV_OK), NODE_EV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_failure_says_where_a_changed_node_goes),
        cmocka_unit_test(who_was_not_changed_just_fails),
        cmocka_unit_test(nobody_is_rolled_back_whom_a_person_must_mend),
        cmocka_unit_test(what_it_failed_with_first_is_told_first),
        cmocka_unit_test(who_is_passed_over_has_not_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
