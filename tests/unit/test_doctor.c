#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/doctor/checkup.h"
#include "controller/screen/text.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static void the_worst_counts_and_advice_stands_below(void **state)
{
    struct checkup c = {.count = 0};
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    assert_int_equal(checkup_worst(&c), CHECKUP_OK);
    checkup_add(&c, CHECKUP_OK, "clock", "not told when all is well", "kept by NTP");
    checkup_add(&c, CHECKUP_WARN, "known hosts", "add %s of them", "%d\033[31m", 7);
    assert_int_equal(checkup_worst(&c), CHECKUP_WARN);
    checkup_add(&c, CHECKUP_BAD, "key", NULL, "one two three four five six seven");
    assert_int_equal(checkup_worst(&c), CHECKUP_BAD);
    checkup_render(&c, 44, false, &text);
    assert_string_equal(text_of(&text), "ok    clock         kept by NTP\n"
                                        "warn  known hosts   7^[[31m\n"
                                        "                    -> add %s of them\n"
                                        "bad   key           one two three four five\n"
                                        "                    six seven\n");
}

static void more_than_there_is_room_for_is_bad(void **state)
{
    static struct checkup c;
    CLEANUP(text_clear) struct text text = {0};
    CLEANUP(json_done) struct json *doc = NULL;

    (void)state;
    for (size_t i = 0; i <= CHECKUP_MAX; i++)
        checkup_add(&c, CHECKUP_OK, "key", NULL, "%zu", i);
    assert_int_equal(c.count, CHECKUP_MAX);
    assert_int_equal(checkup_worst(&c), CHECKUP_BAD);
    checkup_render(&c, 0, false, &text);
    assert_non_null(strstr(text_of(&text), "more than can be told\n"));
    doc = checkup_encode(&c);
    assert_non_null(doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_counts_and_advice_stands_below),
        cmocka_unit_test(more_than_there_is_room_for_is_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
