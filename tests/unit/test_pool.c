#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "controller/link/pool.h"

#define MANY 5000

static struct link_pool pool;
static unsigned turns, depth, deepest;

static void comes_in(void *arg)
{
    (void)arg;
    turns++;
}

/* As a link whose login cannot even be begun. */
static void comes_and_goes(void *arg)
{
    turns++;
    if (++depth > deepest)
        deepest = depth;
    pool_leave(&pool, arg);
    depth--;
}

static int before(void **state)
{
    (void)state;
    pool = (struct link_pool){.options = {.width = 1, .pause_ms = 1000}, .random = 1};
    turns = depth = deepest = 0;
    return 0;
}

static void who_waits_comes_in_when_another_leaves(void **state)
{
    struct pool_wait a = {.on_turn = comes_in}, b = a, c = a;

    (void)state;
    pool_enter(&pool, &a);
    pool_enter(&pool, &b);
    pool_enter(&pool, &c);
    assert_int_equal(turns, 1);
    pool_leave(&pool, &b); /* in the queue */
    assert_int_equal(turns, 1);
    pool_leave(&pool, &a);
    assert_int_equal(turns, 2);
    assert_true(c.inside);
    pool_leave(&pool, &c);
    pool_leave(&pool, &c); /* neither inside nor waiting */
    assert_int_equal(pool.under_way, 0);
}

static void thousands_that_leave_at_once_do_not_pile_up(void **state)
{
    struct pool_wait first = {.on_turn = comes_in};
    struct pool_wait *all = calloc(MANY, sizeof *all);

    (void)state;
    pool_enter(&pool, &first);
    for (size_t i = 0; i < MANY; i++) {
        all[i] = (struct pool_wait){.on_turn = comes_and_goes, .arg = &all[i]};
        pool_enter(&pool, &all[i]);
    }
    pool_leave(&pool, &first);
    assert_int_equal(turns, 1 + MANY);
    assert_int_equal(deepest, 1);
    assert_int_equal(pool.under_way, 0);
    free(all);
}

static void a_pause_is_doubled_up_to_a_ceiling(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_in_range(pool_pause_ms(&pool, 1), 500, 1000);
        assert_in_range(pool_pause_ms(&pool, 3), 2000, 4000);
        assert_in_range(pool_pause_ms(&pool, 60), 15000, 30000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(who_waits_comes_in_when_another_leaves, before),
        cmocka_unit_test_setup(thousands_that_leave_at_once_do_not_pile_up, before),
        cmocka_unit_test_setup(a_pause_is_doubled_up_to_a_ceiling, before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
