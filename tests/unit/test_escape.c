#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/screen/escape.h"
#include "controller/screen/text.h"
#include "controller/screen/utf8.h"
#include "protocol/character.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static void check(const char *bytes, size_t len_bytes, enum escape_style style,
                  const char *wanted)
{
    CLEANUP(text_clear) struct text t = {0};

    escape_put(&t, bytes, len_bytes, style);
    assert_string_equal(text_of(&t), wanted);
}

static void line(const char *bytes, const char *wanted)
{
    check(bytes, strlen(bytes), ESCAPE_LINE, wanted);
}

static void what_people_write_stays(void **state)
{
    (void)state;
    line("Debian GNU/Linux 12 (bookworm)", "Debian GNU/Linux 12 (bookworm)");
    line("Überprüfung: 节点 ✓ \\ \"", "Überprüfung: 节点 ✓ \\ \"");
}

static void control_characters_are_spelled_out(void **state)
{
    (void)state;
    line("\033[2J\033]0;owned\a", "^[[2J^[]0;owned^G");
    line("a\tb\nc\rd\b\x7f", "a^Ib^Jc^Md^H^?");
    check("a\tb\0c", 5, ESCAPE_TABS, "a\tb^@c");
}

static void c1_is_caught_as_a_byte_and_as_a_character(void **state)
{
    (void)state;
    line("\x9b"
         "31m",
         "\\x9b31m");
    line("\xc2\x9b"
         "31m",
         "\\u009b31m");
    line("\xc2\x80 \xc2\x9f \xc2\xa0", "\\u0080 \\u009f \xc2\xa0");
}

static void text_cannot_change_its_direction_or_hide(void **state)
{
    (void)state;
    line("\u202egnp.exe", "\\u202egnp.exe");
    line("\u2066\u2069\u200b\u200f\u061c\ufeff\u2028",
         "\\u2066\\u2069\\u200b\\u200f\\u061c\\ufeff\\u2028");
    line("\U000e0041", "\\U000e0041");
}

static void bytes_that_are_not_utf8_are_shown_one_by_one(void **state)
{
    (void)state;
    line("\xff\xfe", "\\xff\\xfe");
    line("\xc0\xaf", "\\xc0\\xaf");                   /* overlong '/'      */
    line("\xe0\x80\xaf", "\\xe0\\x80\\xaf");          /* longer still      */
    line("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* a surrogate       */
    line("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* past U+10FFFF     */
    line("\xe2\x82", "\\xe2\\x82");                   /* cut at the end    */
    line("\xe2\x82x", "\\xe2\\x82x");                 /* cut in the middle */
}

/* Whatever comes in, nothing goes out that a terminal obeys. */
static void no_two_bytes_get_a_control_through(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        char bytes[2] = {(char)(pair >> 8), (char)pair};
        CLEANUP(text_clear) struct text t = {0};
        uint32_t point;

        escape_put(&t, bytes, 2, ESCAPE_LINE);
        for (size_t at = 0; at < t.len_bytes;) {
            size_t len = character_decode(t.bytes + at, t.len_bytes - at, &point);

            assert_true(len > 0);
            assert_true(point >= 0x20 && !(point >= 0x7f && point < 0xa0));
            at += len;
        }
    }
}

static void json_stays_json_and_loses_its_teeth(void **state)
{
    static const char said[] = "\"a\033\x7f\u202e\U000e0041\xff\n\"";
    CLEANUP(json_done) struct json *doc = json_object(), *again = NULL;
    CLEANUP(text_clear) struct text t = {0};
    CLEANUP(text_done) char *printed = NULL;
    const char *read;

    (void)state;
    assert_int_equal(json_put_text(doc, "said", said), 0);
    printed = json_print(doc);
    escape_put(&t, printed, strlen(printed), ESCAPE_JSON);
    for (size_t i = 0; i < t.len_bytes; i++)
        assert_true((unsigned char)t.bytes[i] < 0x7f);
    assert_int_equal(json_parse(t.bytes, t.len_bytes, &again, NULL), 0);
    assert_int_equal(json_get_text(again, "said", &read, NULL), 0);
    assert_string_equal(read, "\"a\033\x7f\u202e\U000e0041\ufffd\n\"");
}

static void columns_are_counted_as_a_terminal_does(void **state)
{
    (void)state;
    assert_int_equal(utf8_columns("abc", 3), 3);
    assert_int_equal(utf8_columns("äöü", 6), 3);
    assert_int_equal(utf8_columns("节点", 6), 4);
    assert_int_equal(utf8_columns("e\u0301", 3), 1);
    assert_int_equal(utf8_fit("节点", 6, 3), 3); /* half a character does not fit */
    assert_int_equal(utf8_fit("e\u0301x", 4, 1), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_people_write_stays),
        cmocka_unit_test(control_characters_are_spelled_out),
        cmocka_unit_test(c1_is_caught_as_a_byte_and_as_a_character),
        cmocka_unit_test(text_cannot_change_its_direction_or_hide),
        cmocka_unit_test(bytes_that_are_not_utf8_are_shown_one_by_one),
        cmocka_unit_test(no_two_bytes_get_a_control_through),
        cmocka_unit_test(json_stays_json_and_loses_its_teeth),
        cmocka_unit_test(columns_are_counted_as_a_terminal_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
