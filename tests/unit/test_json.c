#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static struct json *parsed(const char *text)
{
    struct json *doc = NULL;

    assert_int_equal(json_parse(text, strlen(text), &doc, NULL), 0);
    return doc;
}

static void a_64_bit_value_keeps_every_digit(void **state)
{
    CLEANUP(json_done) struct json *doc = json_object();
    uint64_t guid;

    (void)state;
    assert_int_equal(json_put_u64(doc, "guid", UINT64_MAX), 0);
    assert_int_equal(json_get_u64(doc, "guid", &guid, NULL), 0);
    assert_true(guid == UINT64_MAX);
}

static void a_getter_names_the_bad_field_and_sets_nothing(void **state)
{
    CLEANUP(json_done)
    struct json *doc =
        parsed("{\"port\": 70000, \"name\": 5, \"up\": \"yes\", \"big\": \"12x\", "
               "\"half\": 1.5, \"neg\": \"-1\"}");
    const char *text = "untouched";
    int64_t number = 42;
    uint64_t big = 42;
    bool up = true;
    struct fail why;

    (void)state;
    assert_int_equal(json_get_int(doc, "port", 1, 65535, &number, &why), -1);
    assert_string_equal(why.text, "field 'port': 70000 is not in 1..65535");
    assert_int_equal(json_get_int(doc, "half", 0, 9, &number, &why), -1);
    assert_string_equal(why.text, "field 'half': expected a whole number");
    assert_int_equal(json_get_text(doc, "name", &text, &why), -1);
    assert_string_equal(why.text, "field 'name': expected a text");
    assert_int_equal(json_get_text(doc, "gone", &text, &why), -1);
    assert_int_equal(json_get_flag(doc, "up", &up, &why), -1);
    assert_string_equal(why.text, "field 'up': expected true or false");
    assert_int_equal(json_get_u64(doc, "big", &big, &why), -1);
    assert_int_equal(json_get_u64(doc, "neg", &big, &why), -1);
    assert_int_equal(why.code, FAIL_GARBAGE);
    assert_string_equal(text, "untouched");
    assert_int_equal(number, 42);
    assert_int_equal(big, 42);
}

static void what_is_not_json_is_refused(void **state)
{
    static const char *const bad[] = {"", "{", "{}x", "{\"a\":}", "\xff\xfe"};
    struct json *doc = NULL;
    struct fail why;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(json_parse(bad[i], strlen(bad[i]), &doc, &why), -1);
        assert_int_equal(why.code, FAIL_GARBAGE);
    }
    assert_null(doc);
}

static void deep_nesting_is_refused_before_it_is_followed(void **state)
{
    char text[2 * JSON_MAX_DEPTH + 5];
    struct json *doc = NULL;
    struct fail why;

    (void)state;
    memset(text, '[', JSON_MAX_DEPTH + 1);
    memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
    assert_int_equal(json_parse(text, 2 * JSON_MAX_DEPTH + 2, &doc, &why), -1);
    assert_string_equal(why.text, "JSON nested deeper than 32");
    assert_int_equal(json_parse(text + 1, 2 * JSON_MAX_DEPTH, &doc, &why), 0);
    json_free(doc);
    doc = parsed("\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"\"");
    json_free(doc);
}

static void a_number_that_is_none_becomes_null(void **state)
{
    CLEANUP(json_done) struct json *doc = json_object();
    CLEANUP(text_done) char *text = NULL;

    (void)state;
    assert_int_equal(json_put_real(doc, "gbps", NAN), 0);
    assert_null(json_find(doc, "gbps"));
    text = json_print(doc);
    assert_string_equal(text, "{\"gbps\":null}");
}

static void a_missing_child_fails_and_nothing_leaks(void **state)
{
    CLEANUP(json_done) struct json *doc = json_object();

    (void)state;
    assert_int_equal(json_put(doc, "child", NULL), -1);
    assert_int_equal(json_push(doc, NULL), -1);
    assert_int_equal(json_count(doc), 0);
}

static struct json *word_of(const void *arg, size_t i)
{
    const char *const *words = arg;

    return words[i] ? json_text(words[i]) : NULL;
}

static void a_list_has_all_its_items_or_is_none(void **state)
{
    static const char *const words[] = {"a", "b", NULL};
    CLEANUP(json_done) struct json *whole = json_list(2, word_of, words);
    CLEANUP(json_done) struct json *empty = json_list(0, word_of, words);
    CLEANUP(text_done) char *text = json_print(whole);

    (void)state;
    assert_string_equal(text, "[\"a\",\"b\"]");
    assert_true(json_is_array(empty));
    assert_null(json_list(3, word_of, words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_64_bit_value_keeps_every_digit),
        cmocka_unit_test(a_getter_names_the_bad_field_and_sets_nothing),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(deep_nesting_is_refused_before_it_is_followed),
        cmocka_unit_test(a_number_that_is_none_becomes_null),
        cmocka_unit_test(a_missing_child_fails_and_nothing_leaks),
        cmocka_unit_test(a_list_has_all_its_items_or_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
