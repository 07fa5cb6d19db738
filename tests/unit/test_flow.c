#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "controller/door/flow.h"

#define MINUTE_MS 60000
#define MANY      5000

/* Logins that all take equally long, at servers that together do so many a ms. */
struct fleet {
    struct flow flow;
    uint64_t now_ms;
    unsigned took_ms, per_ms; /* per_ms 0: no bound */
    unsigned since[MANY];     /* of those under way, in the order in which they began */
    uint64_t due_ms[MANY];
    unsigned first, next; /* under way: first..next-1 */
    unsigned widest;
};

static void end_those_due(struct fleet *f)
{
    for (unsigned done = 0; f->first < f->next && f->due_ms[f->first] <= f->now_ms &&
                            (!f->per_ms || done < f->per_ms);
         done++) {
        flow_leave(&f->flow, f->since[f->first++]);
        flow_count(&f->flow, false);
    }
}

static void let_in(struct fleet *f, unsigned count)
{
    uint64_t due_ms;

    for (; f->next < count && flow_admits(&f->flow, f->now_ms, &due_ms); f->next++) {
        f->since[f->next] = flow_enter(&f->flow);
        f->due_ms[f->next] = f->now_ms + f->took_ms;
    }
    if (f->flow.width > f->widest)
        f->widest = f->flow.width;
}

/* Until all of count have ended. */
static void run(struct fleet *f, unsigned count, double busy)
{
    f->flow = flow_new(0, 0);
    for (f->now_ms = 0; f->first < count; f->now_ms++) {
        assert_true(f->now_ms < 10 * MINUTE_MS);
        end_those_due(f);
        flow_look(&f->flow, f->now_ms, busy);
        let_in(f, count);
        assert_true(f->flow.under_way - f->flow.slow <= f->widest);
        assert_true(f->flow.under_way <= FLOW_MOST);
    }
    assert_int_equal(f->flow.under_way, 0);
    assert_int_equal(f->flow.slow, 0);
}

static void far_nodes_are_reached_ever_more_at_once(void **state)
{
    struct fleet *f = calloc(1, sizeof *f);

    (void)state;
    f->took_ms = 400;
    run(f, MANY, 0.1);
    assert_true(f->widest > 4 * FLOW_FIRST);
    assert_true(f->now_ms < MANY / FLOW_FIRST * 400 / 2);
    free(f);
}

static void more_than_the_servers_can_do_is_not_kept(void **state)
{
    struct fleet *f = calloc(1, sizeof *f);

    (void)state;
    f->took_ms = 10;
    f->per_ms = 1; /* with 64 under way, each takes 64 ms */
    run(f, MANY, 0.1);
    assert_true(f->widest <= 2 * FLOW_FIRST);
    assert_true(f->flow.width <= 2 * FLOW_FIRST);
    assert_in_range(f->now_ms, MANY, MANY + 200);
    free(f);
}

static void a_busy_loop_gets_no_more(void **state)
{
    struct fleet *f = calloc(1, sizeof *f);

    (void)state;
    f->took_ms = 400;
    run(f, MANY, FLOW_BUSY);
    assert_int_equal(f->widest, FLOW_FIRST);
    free(f);
}

static void who_takes_long_takes_no_room(void **state)
{
    struct fleet *f = calloc(1, sizeof *f);

    (void)state;
    f->took_ms = 15000; /* dead, all of them */
    run(f, 1000, 0);
    assert_in_range(f->now_ms, 15000, 15000 + 1000 / FLOW_FIRST * 600 + 600);
    free(f);
}

/* ---- step by step -------------------------------------------------------------------- */

/* Let in all that may come now.  How many? */
static unsigned fill(struct flow *f, uint64_t now_ms, uint64_t *due_ms)
{
    unsigned count = 0;

    for (; flow_admits(f, now_ms, due_ms); count++)
        flow_enter(f);
    return count;
}

static void it_starts_narrow_and_says_when_to_ask_again(void **state)
{
    struct flow f = flow_new(0, 0);
    uint64_t due_ms;

    (void)state;
    assert_int_equal(fill(&f, 0, &due_ms), FLOW_FIRST);
    assert_int_equal(due_ms, FLOW_LOOK_MS);
    assert_false(flow_look(&f, FLOW_LOOK_MS - 1, 0)); /* too early */
    assert_true(flow_look(&f, FLOW_LOOK_MS, 0));
}

static void a_width_that_was_enough_is_left_alone(void **state)
{
    struct flow f = flow_new(0, 0);
    uint64_t due_ms;

    (void)state;
    for (unsigned i = 0; i < 2 * FLOW_FIRST; i++) {
        assert_true(flow_admits(&f, i, &due_ms));
        flow_leave(&f, flow_enter(&f));
        flow_count(&f, false);
    }
    assert_true(flow_look(&f, 1000, 0));
    assert_int_equal(f.width, FLOW_FIRST);
}

static void it_is_halved_when_servers_everywhere_turn_away(void **state)
{
    struct flow f = flow_new(0, 0);
    unsigned width = FLOW_FIRST;

    (void)state;
    for (uint64_t now_ms = FLOW_LOOK_MS; width > FLOW_LEAST; now_ms += FLOW_LOOK_MS) {
        for (unsigned i = 0; i < width; i++)
            flow_count(&f, i % 2);
        assert_true(flow_look(&f, now_ms, 0));
        width = width / 2 > FLOW_LEAST ? width / 2 : FLOW_LEAST;
        assert_int_equal(f.width, width);
    }
}

static void a_few_that_are_turned_away_say_nothing(void **state)
{
    struct flow f = flow_new(0, 0);

    (void)state;
    for (unsigned i = 0; i < FLOW_FIRST - 1; i++)
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
    for (uint64_t now_ms = 0; now_ms < MINUTE_MS; now_ms += FLOW_LOOK_MS) {
        flow_count(&f, true);
        flow_look(&f, now_ms, 0);
        assert_int_equal(fill(&f, now_ms, &due_ms), 0); /* nor where all take long */
    }
    assert_int_equal(f.width, 3);
}

static void connections_begin_at_a_bounded_rate(void **state)
{
    struct flow f = flow_new(FLOW_MOST, 0);
    uint64_t now_ms, due_ms;
    unsigned begun = 0;

    (void)state;
    for (now_ms = 0; now_ms <= 1000; now_ms++) {
        for (; flow_admits(&f, now_ms, &due_ms); begun++)
            flow_leave(&f, flow_enter(&f));
        assert_int_equal(due_ms, now_ms + 1);
        assert_true(begun <= FLOW_BURST + FLOW_PER_MS * now_ms);
    }
    assert_int_equal(begun, FLOW_BURST + FLOW_PER_MS * 1000);
    assert_int_equal(fill(&f, now_ms + MINUTE_MS, &due_ms), FLOW_BURST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_nodes_are_reached_ever_more_at_once),
        cmocka_unit_test(more_than_the_servers_can_do_is_not_kept),
        cmocka_unit_test(a_busy_loop_gets_no_more),
        cmocka_unit_test(who_takes_long_takes_no_room),
        cmocka_unit_test(it_starts_narrow_and_says_when_to_ask_again),
        cmocka_unit_test(a_width_that_was_enough_is_left_alone),
        cmocka_unit_test(it_is_halved_when_servers_everywhere_turn_away),
        cmocka_unit_test(a_few_that_are_turned_away_say_nothing),
        cmocka_unit_test(what_the_operator_said_is_kept),
        cmocka_unit_test(connections_begin_at_a_bounded_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
