/* tests of controller/ssh/turns.c */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/ssh/turns.h"

#define MS 1000000u

/* A loop that is looked at from outside: heavy ones that always have more, and others
 * that want a share of its time.
 */
#define HEAVY 5

static struct turns turns;
static struct turn heavy[HEAVY];
static unsigned woken[HEAVY], turns_of[HEAVY];
static uint64_t now_ns, busy_ns, heavy_ns;

static void on_wake(void *arg)
{
    woken[(struct turn *)arg - heavy]++;
}

static int set_up(void **state)
{
    (void)state;
    memset(&turns, 0, sizeof turns);
    memset(woken, 0, sizeof woken);
    memset(turns_of, 0, sizeof turns_of);
    now_ns = 1000u * MS;
    busy_ns = heavy_ns = 0;
    for (int i = 0; i < HEAVY; i++)
        heavy[i] = (struct turn){.wake = on_wake, .arg = &heavy[i]};
    return 0;
}

static void enter(int i)
{
    turns_enter(&turns, &heavy[i], now_ns, busy_ns);
}

/* One round: the others have their work, then the first of the queue may. */
static void round_of_the_loop(uint64_t others_ns, uint64_t turn_ns)
{
    struct turn *first = turns.first;
    uint64_t begun_ns;

    now_ns += others_ns;
    busy_ns += others_ns;
    if (!first || !turns_admit(&turns, now_ns, busy_ns)) {
        now_ns += others_ns ? 0 : MS / 100; /* polling takes time, too */
        return;
    }
    turns_leave(&turns, first);
    begun_ns = now_ns;
    now_ns += turn_ns;
    heavy_ns += turn_ns;
    turns_took(&turns, begun_ns, now_ns);
    turns_of[first - heavy]++;
    turns_enter(&turns, first, now_ns, busy_ns);
}

static void who_moves_little_is_not_heavy(void **state)
{
    struct turn t = {0};

    (void)state;
    turn_moved(&t, TURNS_LIGHT_BYTES, 5);
    assert_false(turn_is_heavy(&t, 5));
    turn_moved(&t, 1, 6);
    assert_true(turn_is_heavy(&t, 6));
    assert_true(turn_is_heavy(&t, 5 + TURNS_PAUSE_MS));
    turn_moved(&t, 0, 6 + TURNS_PAUSE_MS); /* nothing was moved: still a pause */
    assert_false(turn_is_heavy(&t, 6 + TURNS_PAUSE_MS));
    turn_moved(&t, 100, 6 + TURNS_PAUSE_MS);
    assert_false(turn_is_heavy(&t, 6 + TURNS_PAUSE_MS));
}

static void only_the_first_is_woken(void **state)
{
    (void)state;
    for (int i = 0; i < HEAVY; i++)
        enter(i);
    enter(0); /* waits already */
    assert_int_equal(woken[0], 1);
    assert_int_equal(woken[1], 0);
    turns_leave(&turns, &heavy[2]); /* out of the middle: nobody else is first by it */
    turns_leave(&turns, &heavy[2]);
    assert_int_equal(woken[1], 0);
    turns_leave(&turns, &heavy[0]);
    assert_int_equal(woken[1], 1);
    turns_leave(&turns, &heavy[4]);
    turns_leave(&turns, &heavy[1]);
    assert_int_equal(woken[3], 1);
    turns_leave(&turns, &heavy[3]);
    assert_null(turns.first);
    assert_null(turns.last);
}

static void others_that_are_busy_lose_little(void **state)
{
    uint64_t begun_ns = now_ns;

    (void)state;
    for (int i = 0; i < HEAVY; i++)
        enter(i);
    while (now_ns - begun_ns < 2000u * (uint64_t)MS)
        round_of_the_loop(2 * MS, MS / 2);
    assert_true(heavy_ns <= (now_ns - begun_ns) / TURNS_PARTS + MS);
    assert_true(heavy_ns >= (now_ns - begun_ns) / (2 * TURNS_PARTS)); /* but not all */
}

static void a_loop_that_has_time_gives_it_away(void **state)
{
    uint64_t begun_ns = now_ns;

    (void)state;
    for (int i = 0; i < HEAVY; i++)
        enter(i);
    while (now_ns - begun_ns < 1000u * (uint64_t)MS)
        round_of_the_loop(0, MS / 2);
    assert_true(heavy_ns >= 9 * (now_ns - begun_ns) / 10);
}

static void the_heavy_share_alike(void **state)
{
    (void)state;
    for (int i = 0; i < HEAVY; i++)
        enter(i);
    for (int i = 0; i < 1000; i++)
        round_of_the_loop((uint64_t)(rand() % 3) * MS, MS / 2);
    for (int i = 1; i < HEAVY; i++)
        assert_in_range(turns_of[i] + 1, turns_of[0], turns_of[0] + 2);
}

static void a_storm_after_a_quiet_time_is_noticed(void **state)
{
    uint64_t begun_ns;

    (void)state;
    enter(0);
    for (int i = 0; i < 1000; i++)
        round_of_the_loop(0, MS / 2);
    begun_ns = now_ns;
    heavy_ns = 0;
    while (now_ns - begun_ns < 1000u * (uint64_t)MS)
        round_of_the_loop(2 * MS, MS / 2);
    assert_true(heavy_ns <= (now_ns - begun_ns) / TURNS_PARTS + TURNS_LOOK_NS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_moves_little_is_not_heavy),
        cmocka_unit_test_setup(only_the_first_is_woken, set_up),
        cmocka_unit_test_setup(others_that_are_busy_lose_little, set_up),
        cmocka_unit_test_setup(a_loop_that_has_time_gives_it_away, set_up),
        cmocka_unit_test_setup(the_heavy_share_alike, set_up),
        cmocka_unit_test_setup(a_storm_after_a_quiet_time_is_noticed, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
