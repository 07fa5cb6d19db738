#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "protocol/character.h"
#include "protocol/fail.h"
#include "protocol/fail_wire.h"

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

/* Wherever the end falls: in the middle of two, three or four bytes. */
static void a_character_is_never_cut_in_half(void **state)
{
    static const char *const characters[] = {"\u00e4", "\u8282", "\U0001f600"};

    (void)state;
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++)
        for (size_t before = 0; before < 4; before++) {
            size_t len_bytes = strlen(characters[i]), room;
            char text[400] = "xxxx";
            struct fail why;

            text[before] = '\0';
            while (strlen(text) + len_bytes < sizeof text)
                strcat(text, characters[i]);
            fail_set(&why, FAIL_STEP, "%s", text);
            room = sizeof why.text - sizeof "..." - before;
            assert_int_equal(strlen(why.text), before + room - room % len_bytes + 3);
            assert_memory_equal(why.text, text, strlen(why.text) - 3);
            assert_string_equal(why.text + strlen(why.text) - 3, "...");
        }
}

static void what_is_not_utf8_is_cut_anywhere(void **state)
{
    char text[400];
    struct fail why;

    (void)state;
    memset(text, 0x80, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    fail_set(&why, FAIL_STEP, "%s", text);
    assert_in_range(strlen(why.text), sizeof why.text - 4, sizeof why.text - 1);
}

static void an_excerpt_ends_between_characters(void **state)
{
    (void)state;
    assert_int_equal(character_cut("abc", 3), 3);
    assert_int_equal(character_cut("abc", 2), 2);
    assert_int_equal(character_cut("a\u8282", 4), 4);
    assert_int_equal(character_cut("a\u8282", 3), 1);
    assert_int_equal(character_cut("a\u8282", 2), 1);
    assert_int_equal(character_cut("\u8282", 1), 0);
    assert_int_equal(character_cut("", 0), 0);
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

/* Its machine is not ours: a node without memory must not stop the whole run. */
static void a_peer_cannot_say_that_our_machine_failed(void **state)
{
    (void)state;
    for (int i = 0; i < FAIL_CODE_COUNT; i++) {
        enum fail_code taken = fail_wire_code(fail_code_name((enum fail_code)i));
        enum fail_kind kind = fail_kind_of((enum fail_code)i);
        bool is_taken = kind != FAIL_KIND_HERE && kind != FAIL_KIND_NONE;

        assert_int_equal(taken, is_taken ? i : FAIL_UNKNOWN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_returns_minus_one_and_keeps_errno),
        cmocka_unit_test(a_prefix_goes_before_the_text),
        cmocka_unit_test(a_long_text_ends_in_dots),
        cmocka_unit_test(a_character_is_never_cut_in_half),
        cmocka_unit_test(what_is_not_utf8_is_cut_anywhere),
        cmocka_unit_test(an_excerpt_ends_between_characters),
        cmocka_unit_test(control_characters_never_stay),
        cmocka_unit_test(every_code_is_found_by_its_name),
        cmocka_unit_test(a_peer_cannot_say_that_our_machine_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
