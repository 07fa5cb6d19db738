#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "controller/door/flow.h"

#define MINUTE_MS 60000

/* Let in all that may come now.  How many? */
static unsigned fill(struct flow *f, uint64_t now_ms, uint64_t *due_ms)
{
    unsigned count = 0;

    for (; flow_admits(f, now_ms, due_ms); count++)
        flow_enter(f);
    return count;
}

static void leave(struct flow *f, unsigned count, bool turned_away)
{
    while (count-- > 0) {
        flow_leave(f);
        flow_count(f, turned_away);
    }
}

static void it_starts_narrow_and_grows_while_the_loop_has_time(void **state)
{
    struct flow f = flow_new(0, 0);
    uint64_t now_ms = 0, due_ms;
    unsigned width = FLOW_FIRST;

    (void)state;
    assert_int_equal(fill(&f, now_ms, &due_ms), FLOW_FIRST);
    assert_int_equal(due_ms, FLOW_LOOK_MS);
    while (width < FLOW_MOST) { /* nobody leaves: all are dead */
        now_ms += FLOW_LOOK_MS;
        assert_true(flow_look(&f, now_ms, 0.1));
        width = width + width / 2 < FLOW_MOST ? width + (width + 1) / 2 : FLOW_MOST;
        assert_int_equal(f.width, width);
        for (; f.under_way < f.width; now_ms++)
            fill(&f, now_ms, &due_ms);
    }
    now_ms += FLOW_LOOK_MS;
    assert_true(flow_look(&f, now_ms, 0));
    assert_int_equal(f.width, FLOW_MOST);
}

static void a_busy_loop_gets_no_more(void **state)
{
    struct flow f = flow_new(0, 0);
    uint64_t due_ms;

    (void)state;
    fill(&f, 0, &due_ms);
    assert_true(flow_look(&f, FLOW_LOOK_MS, FLOW_BUSY));
    assert_int_equal(f.width, FLOW_FIRST);
}

static void a_width_that_was_enough_is_left_alone(void **state)
{
    struct flow f = flow_new(0, 0);
    uint64_t due_ms;

    (void)state;
    assert_true(flow_admits(&f, 0, &due_ms));
    flow_enter(&f);
    assert_false(flow_look(&f, FLOW_LOOK_MS - 1, 0)); /* too early */
    assert_true(flow_look(&f, FLOW_LOOK_MS, 0));
    assert_int_equal(f.width, FLOW_FIRST);
}

/* Between two looks somebody found no room, though at the moment of the look there is. */
static void that_it_was_full_is_remembered(void **state)
{
    struct flow f = flow_new(0, 0);
    uint64_t due_ms;

    (void)state;
    fill(&f, 0, &due_ms);
    leave(&f, 10, false);
    assert_true(flow_look(&f, FLOW_LOOK_MS, 0));
    assert_true(f.width > FLOW_FIRST);
}

static void it_is_halved_when_servers_everywhere_turn_away(void **state)
{
    struct flow f = flow_new(0, 0);
    uint64_t now_ms = 0, due_ms;

    (void)state;
    for (int i = 0; i < 10; i++) {
        unsigned in = fill(&f, now_ms, &due_ms);

        leave(&f, in / 2, true);
        leave(&f, in - in / 2, false);
        for (unsigned more = in; more < FLOW_JUDGED; more++)
            flow_count(&f, true);
        now_ms += FLOW_LOOK_MS;
        flow_look(&f, now_ms, 0);
    }
    assert_int_equal(f.width, FLOW_LEAST);
}

static void a_few_that_are_turned_away_say_nothing(void **state)
{
    struct flow f = flow_new(0, 0);

    (void)state;
    for (unsigned i = 0; i < FLOW_JUDGED - 1; i++)
        flow_count(&f, true);
    flow_look(&f, FLOW_LOOK_MS, 0);
    assert_int_equal(f.width, FLOW_FIRST);
}

static void what_the_operator_said_is_kept(void **state)
{
    struct flow f = flow_new(3, 0);
    uint64_t due_ms;

    (void)state;
    assert_int_equal(fill(&f, 0, &due_ms), 3);
    assert_true(due_ms == UINT64_MAX); /* when one leaves, not before */
    for (unsigned i = 0; i < FLOW_JUDGED; i++)
        flow_count(&f, true);
    assert_true(flow_look(&f, FLOW_LOOK_MS, 0));
    assert_int_equal(f.width, 3);
}

static void connections_begin_at_a_bounded_rate(void **state)
{
    struct flow f = flow_new(FLOW_MOST, 0);
    uint64_t now_ms, due_ms;
    unsigned begun = 0;

    (void)state;
    for (now_ms = 0; now_ms <= 1000; now_ms++) {
        unsigned in = fill(&f, now_ms, &due_ms);

        assert_int_equal(due_ms, now_ms + 1);
        begun += in;
        leave(&f, in, false);
        assert_true(begun <= FLOW_BURST + FLOW_PER_MS * now_ms);
    }
    assert_int_equal(begun, FLOW_BURST + FLOW_PER_MS * 1000);
    assert_int_equal(fill(&f, now_ms + MINUTE_MS, &due_ms), FLOW_BURST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_narrow_and_grows_while_the_loop_has_time),
        cmocka_unit_test(a_busy_loop_gets_no_more),
        cmocka_unit_test(a_width_that_was_enough_is_left_alone),
        cmocka_unit_test(that_it_was_full_is_remembered),
        cmocka_unit_test(it_is_halved_when_servers_everywhere_turn_away),
        cmocka_unit_test(a_few_that_are_turned_away_say_nothing),
        cmocka_unit_test(what_the_operator_said_is_kept),
        cmocka_unit_test(connections_begin_at_a_bounded_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
