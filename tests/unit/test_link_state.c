#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/link/link_state.h"
#include "controller/ssh/session_state.h"

static void a_link_goes_up_with_and_without_a_push(void **state)
{
    (void)state;
    assert_int_equal(link_state_next(LINK_DOWN, LINK_EV_OPEN), LINK_WAITING);
    assert_int_equal(link_state_next(LINK_WAITING, LINK_EV_TURN), LINK_CONNECTING);
    assert_int_equal(link_state_next(LINK_CONNECTING, LINK_EV_LOGGED_IN), LINK_STARTING);
    assert_int_equal(link_state_next(LINK_STARTING, LINK_EV_HELLO), LINK_UP);
    assert_int_equal(link_state_next(LINK_STARTING, LINK_EV_NEED_AGENT), LINK_PUSHING);
    assert_int_equal(link_state_next(LINK_PUSHING, LINK_EV_HELLO), LINK_UP);
}

static void a_link_can_be_lost_wherever_it_was_wanted(void **state)
{
    (void)state;
    for (int s = LINK_WAITING; s < LINK_LOST; s++)
        assert_int_equal(link_state_next((enum link_state)s, LINK_EV_LOST), LINK_LOST);
    assert_int_equal(link_state_next(LINK_DOWN, LINK_EV_LOST), LINK_ILLEGAL);
    assert_int_equal(link_state_next(LINK_LOST, LINK_EV_LOST), LINK_ILLEGAL);
}

static void only_the_way_up_is_tried_again(void **state)
{
    (void)state;
    for (int s = LINK_DOWN; s < LINK_STATES; s++)
        assert_int_equal(link_state_next((enum link_state)s, LINK_EV_RETRY),
                         s > LINK_WAITING && s < LINK_UP ? LINK_WAITING : LINK_ILLEGAL);
}

static void a_link_is_opened_only_when_it_is_down_or_lost(void **state)
{
    (void)state;
    for (int s = LINK_DOWN; s < LINK_STATES; s++)
        assert_int_equal(link_state_next((enum link_state)s, LINK_EV_OPEN),
                         s == LINK_DOWN || s == LINK_LOST ? LINK_WAITING : LINK_ILLEGAL);
}

static void a_session_has_one_road(void **state)
{
    (void)state;
    for (int s = SESSION_FRESH; s < SESSION_OVER; s++)
        assert_int_equal(session_state_next((enum session_state)s, SESSION_EV_DONE),
                         s == SESSION_RUNNING   ? SESSION_ENDING
                         : s == SESSION_LEAVING ? SESSION_OPENING
                                                : s + 1);
    assert_int_equal(session_state_next(SESSION_OVER, SESSION_EV_DONE), SESSION_ILLEGAL);
}

static void only_a_running_command_is_left_for_another(void **state)
{
    (void)state;
    for (int s = SESSION_FRESH; s < SESSION_STATES; s++)
        assert_int_equal(session_state_next((enum session_state)s, SESSION_EV_INSTEAD),
                         s == SESSION_RUNNING ? SESSION_LEAVING : SESSION_ILLEGAL);
}

static void a_session_fails_once_and_is_closed_once(void **state)
{
    (void)state;
    for (int s = SESSION_FRESH; s < SESSION_OVER; s++)
        assert_int_equal(session_state_next((enum session_state)s, SESSION_EV_FAIL),
                         SESSION_OVER);
    for (int s = SESSION_FRESH; s < SESSION_CLOSED; s++)
        assert_int_equal(session_state_next((enum session_state)s, SESSION_EV_CLOSE),
                         SESSION_CLOSED);
    assert_int_equal(session_state_next(SESSION_OVER, SESSION_EV_FAIL), SESSION_ILLEGAL);
    assert_int_equal(session_state_next(SESSION_CLOSED, SESSION_EV_CLOSE),
                     SESSION_ILLEGAL);
}

static void every_state_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int s = LINK_DOWN; s < LINK_STATES; s++)
        for (int t = LINK_DOWN; t < s; t++)
            assert_string_not_equal(link_state_name((enum link_state)s),
                                    link_state_name((enum link_state)t));
    for (int s = SESSION_FRESH; s < SESSION_STATES; s++)
        for (int t = SESSION_FRESH; t < s; t++)
            assert_string_not_equal(session_state_name((enum session_state)s),
                                    session_state_name((enum session_state)t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_goes_up_with_and_without_a_push),
        cmocka_unit_test(a_link_can_be_lost_wherever_it_was_wanted),
        cmocka_unit_test(only_the_way_up_is_tried_again),
        cmocka_unit_test(a_link_is_opened_only_when_it_is_down_or_lost),
        cmocka_unit_test(a_session_has_one_road),
        cmocka_unit_test(only_a_running_command_is_left_for_another),
        cmocka_unit_test(a_session_fails_once_and_is_closed_once),
        cmocka_unit_test(every_state_has_a_name_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
