#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/progress.h"
#include "controller/screen/progress_block.h"
#include "controller/screen/progress_view.h"
#include "controller/screen/text.h"
#include "controller/screen/utf8.h"
#include "protocol/scope.h"

#define NODES 12

enum { WAITING, WORKING, DONE, FAILED };
static const struct progress_state states[] = {{"waiting", PROGRESS_STILL},
                                               {"working", PROGRESS_BUSY},
                                               {"done", PROGRESS_GOOD},
                                               {"failed", PROGRESS_BAD}};
static const char *const names[NODES] = {"ib1", "ib2", "ib3", "ib4",  "ib5",  "ib6",
                                         "ib7", "ib8", "ib9", "ib10", "ib11", "ib12"};
static const struct progress_options options = {
    .title = "exec", .names = names, .count = NODES, .states = states, .state_count = 4};

static void begin(struct progress_view *v)
{
    assert_int_equal(progress_view_init(v, &options, 1000), 0);
}

static void set_all(struct progress_view *v, size_t from, size_t to, size_t state,
                    uint64_t at_ms)
{
    for (size_t i = from; i <= to; i++)
        progress_view_set(v, i, state, at_ms);
}

static void block_is(const struct progress_view *v, uint64_t now_ms, size_t width,
                     size_t lines, const char *wanted)
{
    CLEANUP(text_clear) struct text text = {0};

    progress_block_add(v, now_ms, width, lines, false, &text);
    assert_string_equal(text_of(&text), wanted);
}

static void lines_are(struct progress_view *v, const char *wanted)
{
    CLEANUP(text_clear) struct text text = {0};

    progress_view_changes(v, &text);
    assert_string_equal(text_of(&text), wanted);
}

/* An installer takes half an hour: which of them is at what, and what it said last. */
static void what_an_item_is_at_is_told_too(void **state)
{
    static const char fetch[] = "fetch", driver[] = "driver";
    CLEANUP(progress_view_clear) struct progress_view v;

    (void)state;
    begin(&v);
    set_all(&v, 0, 2, WORKING, 1000);
    for (size_t i = 0; i < 3; i++)
        progress_view_part(&v, i, fetch, NULL);
    lines_are(&v, ""); /* it may be over soon */
    lines_are(&v, "exec: ib[1-3]: working, fetch (3/12)\n");
    lines_are(&v, "");
    progress_view_part(&v, 1, fetch, "412 of 1290 MiB");
    progress_view_part(&v, 2, driver, "\033[2Jmore");
    lines_are(&v, "");
    lines_are(&v, "exec: ib3: working, driver (1/12)\n");
    block_is(&v, 5000, 60, 7,
             "exec [........................................] 0/12  0:04\n"
             "  waiting 9, working 3\n"
             "  slowest  ib1  working  0:04  fetch\n"
             "           ib2  working  0:04  fetch: 412 of 1290 MiB\n"
             "           ib3  working  0:04  driver: ^[[2Jmore\n");
    progress_view_part(&v, 1, driver, NULL); /* what fetch said is over */
    progress_view_set(&v, 2, DONE, 5000);    /* and so is the driver */
    block_is(&v, 5000, 60, 4,
             "exec [#.............] 1/12  0:04  15.0/min  about 44 s left\n"
             "  waiting 9, working 2, done 1\n"
             "  slowest  ib1  working  0:04  fetch\n"
             "           ib2  working  0:04  driver\n");
    lines_are(&v, "exec: ib3: done (1/12)\n");
}

static void the_block_says_how_much_how_fast_and_who_is_slow(void **state)
{
    CLEANUP(progress_view_clear) struct progress_view v;

    (void)state;
    begin(&v);
    block_is(
        &v, 1000, 80, 7,
        "exec [........................................] 0/12  0:00\n  waiting 12\n");
    set_all(&v, 0, 7, WORKING, 1000);
    progress_view_set(&v, 8, WORKING, 2500);
    set_all(&v, 0, 1, DONE, 3000);
    progress_view_set(&v, 2, FAILED, 3000);
    block_is(
        &v, 4000, 100, 7,
        "exec [##########..............................] 3/12  0:03  1 failed  1.0/s  "
        "about 9 s left\n"
        "  waiting 3, working 6, done 2, failed 1\n"
        "  slowest  ib4  working  0:03\n"
        "           ib5  working  0:03\n"
        "           ib6  working  0:03\n"
        "           ib7  working  0:03\n"
        "           ib8  working  0:03\n");
    block_is(&v, 4000, 60, 3,
             "exec [######..................] 3/12  0:03  1 failed  1.0/s\n"
             "  waiting 3, working 6, done 2, failed 1\n"
             "  slowest  ib4  working  0:03\n");
    block_is(&v, 4000, 80, 0, "");
}

static void the_slowest_come_first_and_only_five(void **state)
{
    CLEANUP(progress_view_clear) struct progress_view v;

    (void)state;
    begin(&v);
    for (size_t i = 0; i < NODES; i++)
        progress_view_set(&v, i, WORKING, 20000 - 1000 * i);
    progress_view_set(&v, 11, DONE, 20000);
    block_is(&v, 20000, 80, 7,
             "exec [##................................] 1/12  0:19  3.2/min  about "
             "3 min left\n"
             "  working 11, done 1\n"
             "  slowest  ib11  working  0:10\n"
             "           ib10  working  0:09\n"
             "           ib9   working  0:08\n"
             "           ib8   working  0:07\n"
             "           ib7   working  0:06\n");
}

/* A line as wide as the terminal would wrap, and the next erase would miss a row. */
static void no_line_is_ever_as_wide_as_the_terminal(void **state)
{
    CLEANUP(progress_view_clear) struct progress_view v;

    (void)state;
    begin(&v);
    set_all(&v, 0, 9, WORKING, 1000);
    set_all(&v, 0, 4, FAILED, 5000);
    for (size_t width = 1; width < 130; width++)
        for (int color = 0; color < 2; color++) {
            CLEANUP(text_clear) struct text text = {0};
            const char *end;

            progress_block_add(&v, 9000, width, 7, color, &text);
            for (const char *l = text_of(&text); (end = strchr(l, '\n')); l = end + 1)
                assert_true(utf8_columns(l, (size_t)(end - l)) <
                            (width > 1 ? width : 2) + (color ? 9 : 0));
        }
}

static void work_has_a_pace_of_its_own(void **state)
{
    CLEANUP(progress_view_clear) struct progress_view v;

    (void)state;
    begin(&v);
    set_all(&v, 0, 11, WORKING, 1000);
    assert_false(progress_view_work(&v, 0, 1000, "pairs", 11000));
    assert_false(progress_view_work(&v, 99, 1000, "pairs", 12000));
    assert_true(progress_view_work(&v, 100, 1000, "pairs", 13000)); /* a tenth */
    block_is(
        &v, 13000, 120, 1,
        "exec [####....................................] 100/1000 pairs  0:12  50/s  "
        "about 18 s left\n");
}

static void a_cut_line_does_not_leak_its_colour(void **state)
{
    CLEANUP(progress_view_clear) struct progress_view v;
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    begin(&v);
    progress_view_set(&v, 1, FAILED, 1000);
    progress_block_add(&v, 1000, 12, 1, true, &text);
    assert_string_equal(text_of(&text), "\033[31mexec [.....\033[0m\n");
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
    assert_int_equal(progress_view_init(&v, &options, 0), 0);
    changes_are(&v, "");
    for (size_t i = 0; i < 3; i++)
        progress_view_set(&v, i, 1, 0);
    progress_view_set(&v, 3, 2, 0);
    changes_are(&v, "exec: ib4: done (1/12)\n");
    progress_view_set(&v, 0, 3, 0);
    changes_are(&v, "exec: ib[2-3]: working (2/12)\nexec: ib1: failed (1/12)\n");
    changes_are(&v, "");
    progress_view_set(&v, 1, 2, 0);
    progress_view_set(&v, 2, 2, 0);
    changes_are(&v, "exec: ib[2-3]: done (3/12)\n");
    progress_view_clear(&v);
}

static void a_heartbeat_says_what_is_left_and_for_how_long(void **state)
{
    CLEANUP(progress_view_clear) struct progress_view v;
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    begin(&v);
    set_all(&v, 0, 5, WORKING, 1000);
    set_all(&v, 0, 2, DONE, 1000);
    progress_view_heartbeat(&v, 3662000, &text);
    assert_string_equal(text_of(&text), "exec: 3/12; waiting 6, working 3; 1:01:01\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_item_is_at_is_told_too),
        cmocka_unit_test(the_block_says_how_much_how_fast_and_who_is_slow),
        cmocka_unit_test(the_slowest_come_first_and_only_five),
        cmocka_unit_test(no_line_is_ever_as_wide_as_the_terminal),
        cmocka_unit_test(work_has_a_pace_of_its_own),
        cmocka_unit_test(a_cut_line_does_not_leak_its_colour),
        cmocka_unit_test(plain_lines_tell_ends_at_once_and_the_rest_when_it_lasts),
        cmocka_unit_test(a_heartbeat_says_what_is_left_and_for_how_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
