#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "controller/screen/advice.h"
#include "controller/screen/progress_view.h"
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
    assert_string_equal(text_of(&text),
                        "3 nodes ib[1-2,10]: step failed (step-failed)\n"
                        "    ib[1,10]: apt ended with 100\n"
                        "    ib2: ib2 ended, 10.0.0.20 did not\n"
                        "    -> all of its output, on the node:  /var/lib/ibfleet/logs\n"
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
        assert_string_not_equal(advice_title((enum fail_code)i), "");
    assert_non_null(strstr(advice_of(FAIL_HOST_KEY_CHANGED), "ssh-keygen -R"));
}

/* ---- progress -----------------------------------------------------------------------
 */

static const char *const items[] = {"ib1", "ib2", "ib3", "ib10"};
static const struct progress_state states[] = {{"waiting", PROGRESS_STILL},
                                               {"connecting", PROGRESS_BUSY},
                                               {"done", PROGRESS_GOOD},
                                               {"failed", PROGRESS_BAD}};
static const struct progress_options four = {
    .title = "probe", .names = items, .count = 4, .states = states, .state_count = 4};

static void a_block_says_how_far_in_what_state_and_who_is_slow(void **state)
{
    CLEANUP(text_clear) struct text text = {0};
    struct progress_view v;

    (void)state;
    assert_int_equal(progress_view_init(&v, &four, 1000), 0);
    progress_view_set(&v, 0, 2, 2000);
    progress_view_set(&v, 1, 3, 2000);
    progress_view_set(&v, 2, 1, 3000);
    progress_view_set(&v, 3, 1, 2000);
    progress_view_block(&v, 9000, 80, 3, false, &text);
    assert_string_equal(text_of(&text),
                        "probe [###############...............] 2/4  8 s  1 failed\n"
                        "  connecting 2, done 1, failed 1\n"
                        "  slowest: ib10 connecting 7 s, ib3 connecting 6 s\n");
    progress_view_clear(&v);
}

static void the_bar_shows_the_work_that_is_done(void **state)
{
    CLEANUP(text_clear) struct text text = {0};
    struct progress_view v;

    (void)state;
    assert_int_equal(progress_view_init(&v, &four, 1000), 0);
    assert_false(progress_view_work(&v, 0, 120, "pairs measured"));
    assert_false(progress_view_work(&v, 11, 120, "pairs measured"));
    assert_true(progress_view_work(&v, 40, 120, "pairs measured"));
    assert_false(progress_view_work(&v, 47, 120, "pairs measured"));
    progress_view_block(&v, 9000, 80, 1, false, &text);
    assert_string_equal(
        text_of(&text),
        "probe [###########...................] 47/120 pairs measured  8 s\n");
    assert_true(progress_view_work(&v, 1, 3, "pairs measured again"));
    progress_view_clear(&v);
}

static void no_line_is_as_wide_as_the_screen_or_longer(void **state)
{
    struct progress_view v;

    (void)state;
    assert_int_equal(progress_view_init(&v, &four, 0), 0);
    progress_view_set(&v, 1, 3, 0);
    progress_view_set(&v, 2, 1, 0);
    for (size_t width = 1; width < 100; width++) {
        CLEANUP(text_clear) struct text text = {0};
        const char *line, *end;

        progress_view_block(&v, 99000, width, 3, false, &text);
        for (line = text_of(&text); (end = strchr(line, '\n')); line = end + 1)
            assert_true((size_t)(end - line) < width);
    }
    progress_view_clear(&v);
}

static void a_cut_line_does_not_leak_its_colour(void **state)
{
    CLEANUP(text_clear) struct text text = {0};
    struct progress_view v;

    (void)state;
    assert_int_equal(progress_view_init(&v, &four, 0), 0);
    progress_view_set(&v, 1, 3, 0);
    progress_view_block(&v, 0, 12, 1, true, &text);
    assert_string_equal(text_of(&text), "\033[31mprobe [####\033[0m\n");
    progress_view_clear(&v);
}

static void only_the_slowest_three_are_named(void **state)
{
    CLEANUP(text_clear) struct text text = {0};
    struct progress_view v;

    (void)state;
    assert_int_equal(progress_view_init(&v, &four, 0), 0);
    for (size_t i = 0; i < 4; i++)
        progress_view_set(&v, i, 1, 4000 - 1000 * i);
    progress_view_block(&v, 20000, 80, 3, false, &text);
    assert_non_null(strstr(text_of(&text),
                           "slowest: ib10 connecting 19 s, ib3 connecting "
                           "18 s, ib2 connecting 17 s\n"));
    progress_view_clear(&v);
}

static void changes_are(struct progress_view *v, const char *wanted)
{
    CLEANUP(text_clear) struct text text = {0};

    progress_view_changes(v, &text);
    assert_string_equal(text_of(&text), wanted);
}

static void plain_lines_tell_ends_at_once_and_the_rest_when_it_lasts(void **state)
{
    struct progress_view v;

    (void)state;
    assert_int_equal(progress_view_init(&v, &four, 0), 0);
    changes_are(&v, "");
    for (size_t i = 0; i < 3; i++)
        progress_view_set(&v, i, 1, 0);
    progress_view_set(&v, 3, 2, 0);
    changes_are(&v, "probe: ib10: done (1/4)\n");
    progress_view_set(&v, 0, 3, 0);
    changes_are(&v, "probe: ib[2-3]: connecting (2/4)\nprobe: ib1: failed (1/4)\n");
    changes_are(&v, "");
    progress_view_set(&v, 1, 2, 0);
    progress_view_set(&v, 2, 2, 0);
    changes_are(&v, "probe: ib[2-3]: done (3/4)\n");
    progress_view_clear(&v);
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
        cmocka_unit_test(a_block_says_how_far_in_what_state_and_who_is_slow),
        cmocka_unit_test(the_bar_shows_the_work_that_is_done),
        cmocka_unit_test(no_line_is_as_wide_as_the_screen_or_longer),
        cmocka_unit_test(a_cut_line_does_not_leak_its_colour),
        cmocka_unit_test(only_the_slowest_three_are_named),
        cmocka_unit_test(plain_lines_tell_ends_at_once_and_the_rest_when_it_lasts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
