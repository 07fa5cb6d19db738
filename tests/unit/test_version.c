#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "inventory/version.h"

/* Older first. */
static void the_newer_one_is_found(void **state)
{
    static const char *const pairs[][2] = {
        {"5.9-0.5.9.0", "23.04-1.1.3.0"},
        {"5.5-1.0.3.2", "5.6-1.0.3.3"},
        {"5.6-1.0.3.2", "5.6-1.0.3.3"},
        {"5.9-0.5.6.0", "5.9-0.5.6.0.107"},
        {"4.9-6.0.6.0", "5.1"},
        {"2.10.0", "3.2.1"},
        {"2.8.0", "2.10.0"},
        {"8.9", "8.10"},
        {"3.10.0-957.27.2.el7.x86_64", "3.10.0-1160.el7.x86_64"},
        {"4.15.0-1041-azure", "5.4.0-1039-azure"},
        {"5.5.19-1041-azure", "5.6"},
        {"5.14.21-150400.24.46-azure", "5.14.21-150500.33-azure"},
        {"6.6.96.2-1.azl3", "6.6.104.2-1.azl3"},
        {"1.0~rc1", "1.0"},
        {"1.0~rc1", "1.0~rc2"},
        {"1.0~~", "1.0~"},
        {"1.0~rc1", "1.0.0"},
        {"1.0", "1.0a"},
        {"1.0a", "1.0b"},
        {"1.0ab", "1.0b"},
        {"1.0a", "1.0ab"},
        {"1.0a", "1.0.1"},
        {"1.0", "1.0.0"},
        {"99999999999999999999998", "99999999999999999999999"},
        {"9", "10000000000000000000000"},
        {"9.9", "1:0.1"},
        {"1:9", "02:1"},
        {"", "0"},
        {"~", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_true(version_compare(pairs[i][0], pairs[i][1]) < 0);
        assert_true(version_compare(pairs[i][1], pairs[i][0]) > 0);
        assert_int_equal(version_compare(pairs[i][0], pairs[i][0]), 0);
    }
}

static void zeros_separators_and_an_epoch_of_0_make_no_difference(void **state)
{
    static const char *const pairs[][2] = {
        {"1.05", "1.5"}, {"1.0-1", "1.0.1"}, {"1_0", "1.0"},   {"0:1.0", "1.0"},
        {"1.0.", "1.0"}, {"000", "0"},       {"2:1", "02:01"}, {"1..0", "1.0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_int_equal(version_compare(pairs[i][0], pairs[i][1]), 0);
        assert_int_equal(version_compare(pairs[i][1], pairs[i][0]), 0);
    }
}

static void the_last_of_a_range_has_all_its_parts_in_it(void **state)
{
    (void)state;
    assert_true(version_within("8.10", "8"));
    assert_true(version_within("8", "8"));
    assert_true(version_within("7.9", "8"));
    assert_true(version_within("8.10", "8.10"));
    assert_true(version_within("8.10.1", "8.10"));
    assert_false(version_within("8.10", "8.9"));
    assert_false(version_within("9.0", "8"));
    assert_false(version_within("1:1", "8"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newer_one_is_found),
        cmocka_unit_test(zeros_separators_and_an_epoch_of_0_make_no_difference),
        cmocka_unit_test(the_last_of_a_range_has_all_its_parts_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
