#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "inventory/share.h"

static void numbers_and_percentages_are_read(void **state)
{
    struct share s;

    (void)state;
    assert_int_equal(share_parse("0", &s), 0);
    assert_true(s.n == 0 && !s.of_hundred);
    assert_int_equal(share_parse("100000", &s), 0);
    assert_true(s.n == 100000 && !s.of_hundred);
    assert_int_equal(share_parse("0%", &s), 0);
    assert_true(s.n == 0 && s.of_hundred);
    assert_int_equal(share_parse("100%", &s), 0);
    assert_true(s.n == 100 && s.of_hundred);
}

static void anything_else_is_refused_and_changes_nothing(void **state)
{
    static const char *const bad[] = {
        "",     "%",       "101%", "100001", "1000000",       "-1",
        "+1",   " 1",      "1 ",   "1.5",    "1%%",           "1 %",
        "0x10", "9999999", "ten",  "5%x",    "99999999999999"};
    struct share s = {.n = 7, .of_hundred = true};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (share_parse(bad[i], &s) == 0)
            fail_msg("'%s' is taken for a share", bad[i]);
        assert_true(s.n == 7 && s.of_hundred);
    }
}

static void a_percentage_is_rounded_down(void **state)
{
    struct share s;

    (void)state;
    assert_int_equal(share_parse("10%", &s), 0);
    assert_int_equal(share_of(&s, 128), 12);
    assert_int_equal(share_of(&s, 9), 0);
    assert_int_equal(share_of(&s, 0), 0);
    assert_int_equal(share_parse("33%", &s), 0);
    assert_int_equal(share_of(&s, 3), 0);
    assert_int_equal(share_of(&s, 100000), 33000);
    assert_int_equal(share_of(&SHARE_ALL, 77), 77);
}

static void a_number_does_not_depend_on_the_whole(void **state)
{
    struct share s;

    (void)state;
    assert_int_equal(share_parse("5", &s), 0);
    assert_int_equal(share_of(&s, 128), 5);
    assert_int_equal(share_of(&s, 2), 5);
}

static void at_least_one_may_always_be_begun(void **state)
{
    struct share s;

    (void)state;
    assert_int_equal(share_parse("1%", &s), 0);
    assert_int_equal(share_of_at_least_one(&s, 99), 1);
    assert_int_equal(share_of_at_least_one(&s, 200), 2);
    assert_int_equal(share_parse("0", &s), 0);
    assert_int_equal(share_of_at_least_one(&s, 50), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_and_percentages_are_read),
        cmocka_unit_test(anything_else_is_refused_and_changes_nothing),
        cmocka_unit_test(a_percentage_is_rounded_down),
        cmocka_unit_test(a_number_does_not_depend_on_the_whole),
        cmocka_unit_test(at_least_one_may_always_be_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
