#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/rollout/node_state.h"

static int travel(const enum node_event *events, size_t count)
{
    int state = NODE_TODO;

    for (size_t i = 0; i < count && state != NODE_ILLEGAL; i++)
        state = node_state_next((enum node_state)state, events[i], 0);
    return state;
}

#define TRAVEL(...)                                \
    travel((const enum node_event[]){__VA_ARGS__}, \
           sizeof((const enum node_event[]){__VA_ARGS__}) / sizeof(enum node_event))

static void the_whole_road_ends_in_done(void **state)
{
    (void)state;
    assert_int_equal(TRAVEL(NODE_EV_START, NODE_EV_PLAN, NODE_EV_GO, NODE_EV_OK,
                            NODE_EV_REBOOT, NODE_EV_OK, NODE_EV_OK, NODE_EV_OK),
                     NODE_DONE);
    assert_int_equal(TRAVEL(NODE_EV_START, NODE_EV_PLAN, NODE_EV_GO, NODE_EV_OK,
                            NODE_EV_OK, NODE_EV_OK, NODE_EV_OK),
                     NODE_DONE);
    assert_int_equal(TRAVEL(NODE_EV_START, NODE_EV_UP_TO_DATE), NODE_UP_TO_DATE);
}

static void nothing_is_installed_without_go_and_a_claim(void **state)
{
    (void)state;
    assert_int_equal(TRAVEL(NODE_EV_START, NODE_EV_GO), NODE_ILLEGAL);
    assert_int_equal(TRAVEL(NODE_EV_START, NODE_EV_PLAN, NODE_EV_OK), NODE_ILLEGAL);
    assert_int_equal(TRAVEL(NODE_EV_START, NODE_EV_PLAN, NODE_EV_GO, NODE_EV_REBOOT),
                     NODE_ILLEGAL);
}

static void who_fails_with_a_claim_lets_it_go(void **state)
{
    (void)state;
    assert_int_equal(node_state_next(NODE_CLAIMING, NODE_EV_FAIL, NODE_LEGS_ALL),
                     NODE_FAILED);
    for (int s = NODE_STAGING; s <= NODE_UNDRAINING; s++)
        assert_int_equal(node_state_next((enum node_state)s, NODE_EV_FAIL, NODE_LEGS_ALL),
                         NODE_GIVING_UP);
    for (int e = NODE_EV_OK; e < NODE_EVENTS; e++)
        if (node_state_next(NODE_GIVING_UP, (enum node_event)e, 0))
            assert_int_equal(node_state_next(NODE_GIVING_UP, (enum node_event)e, 0),
                             e == NODE_EV_SKIP ? NODE_SKIPPED : NODE_FAILED);
}

static void what_is_not_for_a_node_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(node_state_next(NODE_CLAIMING, NODE_EV_OK, 0), NODE_INSTALLING);
    assert_int_equal(node_state_next(NODE_CLAIMING, NODE_EV_OK, NODE_LEG_DRAIN),
                     NODE_DRAINING);
    assert_int_equal(node_state_next(NODE_CLAIMING, NODE_EV_OK, NODE_LEGS_ALL),
                     NODE_STAGING);
    assert_int_equal(node_state_next(NODE_VERIFYING, NODE_EV_OK, NODE_LEG_DRAIN),
                     NODE_UNDRAINING);
    assert_int_equal(node_state_next(NODE_VERIFYING, NODE_EV_OK, 0), NODE_RELEASING);
    assert_int_equal(node_state_next(NODE_INSTALLING, NODE_EV_RETURN, 0), NODE_GIVING_UP);
}

static void what_may_be_read_is_what_may_be_written(void **state)
{
    (void)state;
    assert_true(node_state_may_follow(NODE_CLAIMING, NODE_EV_OK, NODE_STAGING));
    assert_true(node_state_may_follow(NODE_CLAIMING, NODE_EV_OK, NODE_INSTALLING));
    assert_false(node_state_may_follow(NODE_CLAIMING, NODE_EV_OK, NODE_VERIFYING));
    assert_false(node_state_may_follow(NODE_DONE, NODE_EV_OK, NODE_DONE));
}

static void every_state_but_an_end_leads_to_one(void **state)
{
    (void)state;
    for (int s = NODE_TODO; s < NODE_STATES; s++) {
        int ways = 0;

        for (int e = 0; e < NODE_EVENTS; e++)
            ways += node_state_next((enum node_state)s, (enum node_event)e,
                                    NODE_LEGS_ALL) != 0;
        assert_int_equal(ways == 0, node_state_is_end((enum node_state)s));
        if (ways)
            assert_true(node_state_is_end(
                (enum node_state)node_state_next((enum node_state)s, NODE_EV_PAUSE,
                                                 NODE_LEGS_ALL)));
    }
}

static void names_are_found_again(void **state)
{
    (void)state;
    for (int s = NODE_TODO; s < NODE_STATES; s++)
        assert_int_equal(node_state_of(node_state_name((enum node_state)s)), s);
    for (int e = 0; e < NODE_EVENTS; e++)
        assert_true(strlen(node_event_name((enum node_event)e)) > 0);
    assert_int_equal(node_state_of("elsewhere"), NODE_ILLEGAL);
}

static void a_lost_link_is_waited_out_while_installing_and_booting(void **state)
{
    (void)state;
    assert_false(node_loss_is_final(NODE_INSTALLING, FAIL_LINK_LOST, true));
    assert_false(node_loss_is_final(NODE_INSTALLING, FAIL_AGENT_DIED, true));
    assert_false(node_loss_is_final(NODE_INSTALLING, FAIL_CONNECT, false));
    assert_false(node_loss_is_final(NODE_REBOOTING, FAIL_AUTH_REFUSED, false));
    assert_false(node_loss_is_final(NODE_REBOOTING, FAIL_NO_AGENT, false));
    assert_true(node_loss_is_final(NODE_INSTALLING, FAIL_AUTH_REFUSED, false));
}

static void some_losses_never_get_better(void **state)
{
    (void)state;
    for (int s = NODE_PROBING; s <= NODE_GIVING_UP; s++) {
        assert_true(node_loss_is_final((enum node_state)s, FAIL_HOST_KEY_CHANGED, false));
        assert_true(node_loss_is_final((enum node_state)s, FAIL_GARBAGE, true));
        assert_true(node_loss_is_final((enum node_state)s, FAIL_MEMORY, true));
    }
}

static void a_node_that_is_off_is_not_waited_for_before_the_plan(void **state)
{
    (void)state;
    assert_true(node_loss_is_final(NODE_PROBING, FAIL_CONNECT, false));
    assert_false(node_loss_is_final(NODE_PROBING, FAIL_LINK_LOST, true));
    assert_false(node_loss_is_final(NODE_PROBING, FAIL_AGENT_DIED, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_road_ends_in_done),
        cmocka_unit_test(nothing_is_installed_without_go_and_a_claim),
        cmocka_unit_test(who_fails_with_a_claim_lets_it_go),
        cmocka_unit_test(what_is_not_for_a_node_is_passed_over),
        cmocka_unit_test(what_may_be_read_is_what_may_be_written),
        cmocka_unit_test(every_state_but_an_end_leads_to_one),
        cmocka_unit_test(names_are_found_again),
        cmocka_unit_test(a_lost_link_is_waited_out_while_installing_and_booting),
        cmocka_unit_test(some_losses_never_get_better),
        cmocka_unit_test(a_node_that_is_off_is_not_waited_for_before_the_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
