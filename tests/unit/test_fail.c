#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "protocol/fail.h"

static void a_failure_returns_minus_one_and_keeps_errno(void **state)
{
    struct fail why;

    (void)state;
    errno = ENOENT;
    assert_int_equal(fail_set(&why, FAIL_HOSTLIST, "no such node: '%s'", "ib1"), -1);
    assert_int_equal(errno, ENOENT);
    assert_string_equal(why.text, "no such node: 'ib1'");
    assert_int_equal(why.code, FAIL_HOSTLIST);
    assert_int_equal(fail_set(NULL, FAIL_HOSTLIST, "nobody listens"), -1);
}

static void a_prefix_goes_before_the_text(void **state)
{
    struct fail why;

    (void)state;
    fail_set(&why, FAIL_PACKAGES, "apt ended with 100");
    fail_prefix(&why, "installing on %s", "ib1");
    assert_string_equal(why.text, "installing on ib1: apt ended with 100");
    fail_set(&why, FAIL_STEP, "again: %s", why.text);
    assert_string_equal(why.text, "again: installing on ib1: apt ended with 100");
}

static void a_long_text_ends_in_dots(void **state)
{
    char text[400];
    struct fail why;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    fail_set(&why, FAIL_STEP, "%s", text);
    assert_int_equal(strlen(why.text), sizeof why.text - 1);
    assert_string_equal(why.text + sizeof why.text - 4, "...");
}

static void control_characters_never_stay(void **state)
{
    struct fail why;

    (void)state;
    fail_set(&why, FAIL_STEP, "one\ntwo\033[31m");
    assert_string_equal(why.text, "one?two?[31m");
}

static void every_code_is_found_by_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < FAIL_CODE_COUNT; i++)
        assert_int_equal(fail_code_of(fail_code_name((enum fail_code)i)), i);
    assert_int_equal(fail_code_of("from-the-future"), FAIL_UNKNOWN);
    assert_int_equal(fail_kind_of(FAIL_HOST_KEY_CHANGED), FAIL_KIND_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_returns_minus_one_and_keeps_errno),
        cmocka_unit_test(a_prefix_goes_before_the_text),
        cmocka_unit_test(a_long_text_ends_in_dots),
        cmocka_unit_test(control_characters_never_stay),
        cmocka_unit_test(every_code_is_found_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
