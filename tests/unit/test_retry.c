#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "controller/door/pause.h"
#include "controller/door/retry.h"

static const struct retry_rules rules = {.tries = 3, .pause_ms = 1000},
                                links = {.tries = 3, .unreachable = true},
                                once = {.tries = 1, .unreachable = true};

static void what_may_pass_is_tried_so_often(void **state)
{
    (void)state;
    assert_int_equal(retry_of(&rules, FAIL_HANDSHAKE, 1), RETRY_AFTER_PAUSE);
    assert_int_equal(retry_of(&rules, FAIL_HANDSHAKE, 2), RETRY_AFTER_PAUSE);
    assert_int_equal(retry_of(&rules, FAIL_HANDSHAKE, 3), RETRY_NEVER);
    assert_int_equal(retry_of(&once, FAIL_HANDSHAKE, 1), RETRY_NEVER);
}

static void what_cannot_be_mended_is_not_tried_again(void **state)
{
    static const enum fail_code codes[] = {FAIL_AUTH_REFUSED,     FAIL_HOST_KEY_CHANGED,
                                           FAIL_HOST_KEY_UNKNOWN, FAIL_RESOLVE,
                                           FAIL_UNSUPPORTED,      FAIL_MEMORY,
                                           FAIL_TIMEOUT,          FAIL_NO_ANSWER,
                                           FAIL_INTERRUPTED,      FAIL_NONE};

    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        assert_int_equal(retry_of(&links, codes[i], 1), RETRY_NEVER);
}

static void where_nobody_listens_only_links_come_again(void **state)
{
    (void)state;
    assert_int_equal(retry_of(&rules, FAIL_CONNECT, 1), RETRY_NEVER);
    assert_int_equal(retry_of(&links, FAIL_CONNECT, 1), RETRY_AFTER_PAUSE);
}

static void who_is_turned_away_goes_back_to_the_door_but_not_for_ever(void **state)
{
    static const enum fail_code codes[] = {FAIL_TURNED_AWAY, FAIL_NOT_NOW};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        for (unsigned tries = 1; tries < RETRY_TURNED_AWAY_MOST; tries++)
            assert_int_equal(retry_of(&rules, codes[i], tries), RETRY_AT_THE_DOOR);
        assert_int_equal(retry_of(&rules, codes[i], RETRY_TURNED_AWAY_MOST), RETRY_NEVER);
        assert_int_equal(retry_of(&once, codes[i], 1), RETRY_NEVER);
    }
}

static void a_pause_is_doubled_up_to_a_ceiling(void **state)
{
    (void)state;
    for (uint32_t chance = 0; chance < 100000; chance += 37) {
        assert_in_range(retry_pause_ms(&rules, 1, chance), 500, 1000);
        assert_in_range(retry_pause_ms(&rules, 3, chance), 2000, 4000);
        assert_in_range(retry_pause_ms(&rules, 60, chance), 15000, 30000);
        assert_in_range(pause_above_ms(1000, 30000, 3, chance), 4000, 6000);
    }
    assert_int_not_equal(retry_pause_ms(&rules, 1, 1), retry_pause_ms(&rules, 1, 2));
}

static void the_words_say_how_many_were_tried(void **state)
{
    struct fail why;

    (void)state;
    fail_set(&why, FAIL_CONNECT, "Connection refused");
    retry_tell(&why, 1);
    assert_string_equal(why.text, "Connection refused");
    retry_tell(&why, 3);
    assert_string_equal(why.text, "Connection refused (3 logins tried)");
    assert_int_equal(why.code, FAIL_CONNECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_pass_is_tried_so_often),
        cmocka_unit_test(what_cannot_be_mended_is_not_tried_again),
        cmocka_unit_test(where_nobody_listens_only_links_come_again),
        cmocka_unit_test(who_is_turned_away_goes_back_to_the_door_but_not_for_ever),
        cmocka_unit_test(a_pause_is_doubled_up_to_a_ceiling),
        cmocka_unit_test(the_words_say_how_many_were_tried),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
