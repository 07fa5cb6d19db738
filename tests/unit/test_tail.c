#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/tail.h"

static void assert_last(const char *text, const char *wanted)
{
    size_t len_bytes = 99;
    const char *line = tail_last_words(text, &len_bytes);

    if (!wanted) {
        assert_null(line);
        return;
    }
    assert_non_null(line);
    assert_int_equal(len_bytes, strlen(wanted));
    assert_memory_equal(line, wanted, len_bytes);
}

static void the_last_line_that_has_words_is_found(void **state)
{
    (void)state;
    assert_last("one\ntwo", "two");
    assert_last("one\ntwo \n\n", "two");
    assert_last("one\n\t two words \r\n \n\t\r\n", "two words");
    assert_last("one", "one");
    assert_last("\n\none\n", "one");
}

static void where_there_are_no_words_there_is_none(void **state)
{
    (void)state;
    assert_last("", NULL);
    assert_last("\n \t\r\n\n", NULL);
}

static void only_the_end_is_kept(void **state)
{
    struct tail tail = {""};
    char large[3 * TAIL_BYTES];

    (void)state;
    memset(large, 'x', sizeof large);
    tail_add(&tail, large, sizeof large);
    assert_int_equal(strlen(tail.text), TAIL_BYTES - 1);
    tail_add(&tail, "\na\0b\n", 5);
    assert_int_equal(strlen(tail.text), TAIL_BYTES - 1);
    assert_last(tail.text, "a?b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_line_that_has_words_is_found),
        cmocka_unit_test(where_there_are_no_words_there_is_none),
        cmocka_unit_test(only_the_end_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
