#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "controller/screen/advice.h"
#include "controller/screen/text.h"
#include "controller/screen/trouble.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* ---- trouble ------------------------------------------------------------------------
 */

static const struct fleet_node nodes[] = {
    {.name = "ib1", .address = "10.0.0.1", .port = 22},
    {.name = "ib2", .address = "10.0.0.2", .port = 22},
    {.name = "ib10", .address = "10.0.0.10", .port = 2222},
};

static void add(struct trouble *t, size_t node, enum fail_code code, const char *words)
{
    struct fail what;

    fail_set(&what, code, "%s", words);
    assert_int_equal(trouble_add(t, &nodes[node], &what, NULL), 0);
}

static void equal_failures_are_told_once_with_what_to_do(void **state)
{
    CLEANUP(trouble_done) struct trouble *t = trouble_new();
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    add(t, 0, FAIL_CONNECT, "ib1: 10.0.0.1:22: Connection refused");
    add(t, 1, FAIL_CONNECT, "ib2: 10.0.0.2:22: Connection refused");
    add(t, 2, FAIL_CONNECT, "ib10: 10.0.0.10:2222: Connection refused");
    trouble_render(t, false, &text);
    assert_string_equal(
        text_of(&text),
        "3 nodes ib[1-2,10]: not reachable (not-reachable)\n"
        "    NODE: ADDRESS: Connection refused\n"
        "    -> is it on, and sshd at that address and port?  ssh -v NODE\n");
}

static void different_words_of_one_code_stand_under_one_head(void **state)
{
    CLEANUP(trouble_done) struct trouble *t = trouble_new();
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    add(t, 0, FAIL_STEP, "apt ended with 100");
    add(t, 1, FAIL_STEP, "ib2 ended, 10.0.0.20 did not");
    add(t, 2, FAIL_STEP, "apt ended with 100");
    add(t, 1, FAIL_UNSUPPORTED, "SLES");
    trouble_render(t, false, &text);
    assert_string_equal(text_of(&text), "3 nodes ib[1-2,10]: step failed (step-failed)\n"
                                        "    ib[1,10]: apt ended with 100\n"
                                        "    ib2: ib2 ended, 10.0.0.20 did not\n"
                                        "    -> all of its output:  ibfleet logs NODE\n"
                                        "1 node ib2: not supported (not-supported)\n"
                                        "    SLES\n");
}

static void a_longer_name_is_not_taken_for_the_node(void **state)
{
    CLEANUP(trouble_done) struct trouble *t = trouble_new();
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    add(t, 0, FAIL_PARTNER, "ib1 waits for ib10 (10.0.0.10)");
    add(t, 1, FAIL_PARTNER, "ib2 waits for ib10 (10.0.0.10)");
    trouble_render(t, false, &text);
    assert_non_null(strstr(text_of(&text), "    NODE waits for ib10 (10.0.0.10)\n"));
}

static void many_words_are_counted_not_told(void **state)
{
    CLEANUP(trouble_done) struct trouble *t = trouble_new();
    CLEANUP(text_clear) struct text text = {0};
    char words[20];

    (void)state;
    for (size_t i = 0; i < 7; i++) {
        snprintf(words, sizeof words, "word %zu", i);
        add(t, i % 3, FAIL_STEP, words);
    }
    trouble_render(t, false, &text);
    assert_non_null(strstr(text_of(&text), "and 3 more in other words"));
}

static void a_failure_with_controls_in_it_is_harmless(void **state)
{
    CLEANUP(trouble_done) struct trouble *t = trouble_new();
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    add(t, 0, FAIL_GARBAGE,
        "said \xc2\x9b"
        "2J");
    trouble_render(t, false, &text);
    assert_non_null(strstr(text_of(&text), "said \\u009b2J"));
}

static void every_code_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < FAIL_CODE_COUNT; i++)
        assert_true(advice_of((enum fail_code)i) || /* the name stands in for no title */
                    strcmp(advice_title((enum fail_code)i),
                           fail_code_name((enum fail_code)i)) != 0);
    assert_non_null(strstr(advice_of(FAIL_HOST_KEY_CHANGED), "ssh-keygen -R"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_failures_are_told_once_with_what_to_do),
        cmocka_unit_test(different_words_of_one_code_stand_under_one_head),
        cmocka_unit_test(a_longer_name_is_not_taken_for_the_node),
        cmocka_unit_test(many_words_are_counted_not_told),
        cmocka_unit_test(a_failure_with_controls_in_it_is_harmless),
        cmocka_unit_test(every_code_has_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
