#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "controller/rollout/past.h"

#define BEGUN_MS 1795190400000 /* 2026-11-20 16:00 */

static void expect(int64_t seconds, const char *said)
{
    const struct history_run run = {.created_ms = BEGUN_MS,
                                    .ended_ms = BEGUN_MS + seconds * 1000 + 300};
    char took[PAST_TOOK_BYTES];

    past_format_took(&run, took);
    assert_string_equal(took, said);
}

static void what_it_took_has_the_digits_that_count(void **state)
{
    (void)state;
    expect(0, "0 s");
    expect(239, "239 s");
    expect(999, "999 s");
    expect(1000, "16 min");
    expect(5999, "99 min");
    expect(6000, "1 h");
    expect(400 * 3600, "400 h");
}

static void a_clock_that_was_set_back_is_no_shorter_than_nothing(void **state)
{
    (void)state;
    expect(-3600, "0 s");
}

static void who_has_not_said_the_last_word_has_no_end(void **state)
{
    struct history_run run = {.created_ms = journal_clock_ms() - 7200000};
    char took[PAST_TOOK_BYTES];

    (void)state;
    past_format_took(&run, took);
    assert_string_equal(took, "-");
    run.live = true;
    past_format_took(&run, took);
    assert_string_equal(took, "2 h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_took_has_the_digits_that_count),
        cmocka_unit_test(a_clock_that_was_set_back_is_no_shorter_than_nothing),
        cmocka_unit_test(who_has_not_said_the_last_word_has_no_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
