#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/hours.h"

enum { SUN, MON, TUE, WED, THU, FRI, SAT };

static unsigned at(int day, int hour, int minute)
{
    return (unsigned)(day * HOURS_MINUTES_A_DAY + hour * 60 + minute);
}

static struct hours read_hours(const char *text)
{
    struct hours h;

    if (hours_parse(text, &h) < 0)
        fail_msg("'%s' is refused", text);
    return h;
}

static unsigned open_minutes(const struct hours *h)
{
    unsigned sum = 0;

    for (unsigned m = 0; m < HOURS_MINUTES_A_WEEK; m++)
        sum += hours_are_open(h, m);
    return sum;
}

static void assert_refused(const char *text)
{
    struct hours h = {.count = 1, .terms = {{.days = 1, .from = 2, .until = 3}}};

    if (hours_parse(text, &h) == 0)
        fail_msg("'%s' is taken for hours", text);
    assert_true(h.count == 1 && h.terms[0].days == 1 && h.terms[0].from == 2);
}

/* ---- what they mean ---------------------------------------------------------------------- */

static void any_is_always(void **state)
{
    struct hours h = read_hours("Any");

    (void)state;
    assert_int_equal(open_minutes(&h), HOURS_MINUTES_A_WEEK);
    assert_int_equal(hours_until_open(&h, 77), 0);
    assert_int_equal(hours_until_close(&h, 77), HOURS_MINUTES_A_WEEK);
}

static void a_span_is_of_every_day(void **state)
{
    struct hours h = read_hours("08:30-10:00");

    (void)state;
    for (int day = SUN; day <= SAT; day++) {
        assert_false(hours_are_open(&h, at(day, 8, 29)));
        assert_true(hours_are_open(&h, at(day, 8, 30)));
        assert_true(hours_are_open(&h, at(day, 9, 59)));
        assert_false(hours_are_open(&h, at(day, 10, 0)));
    }
    assert_int_equal(open_minutes(&h), 7 * 90);
}

static void a_day_alone_is_whole(void **state)
{
    struct hours h = read_hours("Sat, sun");

    (void)state;
    assert_int_equal(open_minutes(&h), 2 * HOURS_MINUTES_A_DAY);
    assert_true(hours_are_open(&h, at(SAT, 0, 0)));
    assert_true(hours_are_open(&h, at(SUN, 23, 59)));
    assert_false(hours_are_open(&h, at(MON, 0, 0)));
    assert_false(hours_are_open(&h, at(FRI, 23, 59)));
}

static void days_from_one_to_another_go_round_the_week(void **state)
{
    struct hours a = read_hours("Fri-Mon"), b = read_hours("Sun-Sat"),
                 c = read_hours("Wed-Wed"), d = read_hours("Sat-Fri");

    (void)state;
    assert_int_equal(open_minutes(&a), 4 * HOURS_MINUTES_A_DAY);
    assert_false(hours_are_open(&a, at(TUE, 12, 0)));
    assert_true(hours_are_open(&a, at(SUN, 12, 0)));
    assert_int_equal(open_minutes(&b), HOURS_MINUTES_A_WEEK);
    assert_int_equal(open_minutes(&c), HOURS_MINUTES_A_DAY);
    assert_int_equal(open_minutes(&d), HOURS_MINUTES_A_WEEK);
}

static void a_span_goes_on_over_midnight(void **state)
{
    struct hours h = read_hours("Mon-Fri 20:00-06:00");

    (void)state;
    assert_false(hours_are_open(&h, at(MON, 5, 0))); /* Sunday's night is not of it */
    assert_true(hours_are_open(&h, at(MON, 20, 0)));
    assert_true(hours_are_open(&h, at(TUE, 5, 59)));
    assert_false(hours_are_open(&h, at(TUE, 6, 0)));
    assert_true(hours_are_open(&h, at(SAT, 5, 59))); /* Friday's is */
    assert_false(hours_are_open(&h, at(SAT, 6, 0)));
    assert_false(hours_are_open(&h, at(SAT, 20, 0)));
    assert_int_equal(open_minutes(&h), 5 * 600);
}

static void a_span_goes_on_over_the_end_of_the_week(void **state)
{
    struct hours h = read_hours("Sat 22:00-02:00");

    (void)state;
    assert_true(hours_are_open(&h, at(SAT, 23, 59)));
    assert_true(hours_are_open(&h, at(SUN, 0, 0)));
    assert_true(hours_are_open(&h, at(SUN, 1, 59)));
    assert_false(hours_are_open(&h, at(SUN, 2, 0)));
    assert_int_equal(hours_until_close(&h, at(SAT, 23, 0)), 180);
    assert_int_equal(hours_until_open(&h, at(SUN, 2, 0)), HOURS_MINUTES_A_WEEK - 4 * 60);
}

static void a_span_that_ends_when_it_begins_is_a_whole_day(void **state)
{
    struct hours a = read_hours("Wed 08:00-08:00"), b = read_hours("Wed 00:00-00:00"),
                 c = read_hours("Wed 00:00-24:00");

    (void)state;
    assert_true(hours_are_open(&a, at(WED, 8, 0)));
    assert_true(hours_are_open(&a, at(THU, 7, 59)));
    assert_false(hours_are_open(&a, at(THU, 8, 0)));
    assert_int_equal(open_minutes(&a), HOURS_MINUTES_A_DAY);
    assert_int_equal(open_minutes(&b), HOURS_MINUTES_A_DAY);
    assert_int_equal(open_minutes(&c), HOURS_MINUTES_A_DAY);
    assert_false(hours_are_open(&c, at(THU, 0, 0)));
}

static void a_day_before_a_comma_takes_the_span_that_follows(void **state)
{
    struct hours h = read_hours("Sat,Sun 08:00-18:00, Mon");

    (void)state;
    assert_false(hours_are_open(&h, at(SAT, 7, 0)));
    assert_true(hours_are_open(&h, at(SAT, 8, 0)));
    assert_false(hours_are_open(&h, at(SUN, 18, 0)));
    assert_true(hours_are_open(&h, at(MON, 3, 0))); /* none follows: the whole day */
    assert_int_equal(open_minutes(&h), 2 * 600 + HOURS_MINUTES_A_DAY);
}

/* It would be one of all days, and so open on days that nobody has named. */
static void a_span_alone_after_days_is_refused(void **state)
{
    (void)state;
    assert_refused("Mon, 20:00-22:00");
    assert_refused("Mon-Fri 20:00-24:00, 00:00-06:00");
    assert_int_equal(open_minutes(&(struct hours){0}), HOURS_MINUTES_A_WEEK);
    assert_int_equal(read_hours("01:00-02:00, 04:00-05:00").count, 2);
    assert_int_equal(read_hours("01:00-02:00, Sat 04:00-05:00").count, 2);
}

/* ---- when they open and close -------------------------------------------------------------- */

static void spans_that_touch_are_one(void **state)
{
    struct hours h = read_hours("Mon 20:00-24:00, Tue 00:00-04:00, Tue 03:00-05:00");

    (void)state;
    assert_int_equal(hours_until_close(&h, at(MON, 20, 0)), 9 * 60);
    assert_int_equal(hours_until_close(&h, at(TUE, 4, 59)), 1);
    assert_int_equal(hours_until_close(&h, at(TUE, 5, 0)), 0);
}

static void who_never_closes_says_so(void **state)
{
    struct hours a = read_hours("00:00-24:00"), b = read_hours("Sun-Sat"),
                 c = read_hours("06:00-18:00, 18:00-06:00");

    (void)state;
    assert_int_equal(hours_until_close(&a, 5), HOURS_MINUTES_A_WEEK);
    assert_int_equal(hours_until_close(&b, 5), HOURS_MINUTES_A_WEEK);
    assert_int_equal(hours_until_close(&c, 5), HOURS_MINUTES_A_WEEK);
}

/* Against a count of minutes, whatever the hours. */
static void openings_and_closings_are_those_of_the_minutes(void **state)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    unsigned seed = 1;

    (void)state;
    for (int run = 0; run < 200; run++) {
        char text[64];
        struct hours h;
        unsigned from = (unsigned)rand_r(&seed) % HOURS_MINUTES_A_WEEK, open = 0,
                 close = 0;

        snprintf(text, sizeof text, "%s %02d:%02d-%02d:00, %s-%s 12:00-%02d:30",
                 days[rand_r(&seed) % 7], rand_r(&seed) % 24, rand_r(&seed) % 60,
                 rand_r(&seed) % 25, days[rand_r(&seed) % 7], days[rand_r(&seed) % 7],
                 rand_r(&seed) % 24);
        h = read_hours(text);
        while (!hours_are_open(&h, from + open))
            open++;
        while (close < HOURS_MINUTES_A_WEEK && hours_are_open(&h, from + close))
            close++;
        assert_int_equal(hours_until_open(&h, from), open);
        assert_int_equal(hours_until_close(&h, from), close);
    }
}

/* ---- what they are not --------------------------------------------------------------------- */

static void garbage_is_refused_and_changes_nothing(void **state)
{
    static const char *const bad[] = {
        "",
        " ",
        ",",
        "Mon,",
        ",Mon",
        "Monday",
        "Mo",
        "Mon-",
        "Mon-Foo",
        "Mon Tue",
        "20:00",
        "20:00-",
        "20:00-25:00",
        "20:60-21:00",
        "24:00-02:00",
        "24:01-02:0",
        "8:00-9:00",
        "08:00 09:00",
        "08:00-9",
        "08:00-09:000",
        "any, Mon",
        "Mon 08-09",
        "anyway",
        "-",
        "Mon 08:00-09:00 x",
        "08.00-09.00",
        "Mon-Fri-Sat",
        "0800-0900",
        "\xff",
        "20:00-24:01",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(bad[i]);
}

static void more_terms_than_there_is_room_for_are_refused(void **state)
{
    char text[8 * (HOURS_TERMS_MAX + 1)] = "Mon";

    (void)state;
    for (int i = 1; i < HOURS_TERMS_MAX; i++)
        strcat(text, ",Tue");
    assert_int_equal(read_hours(text).count, HOURS_TERMS_MAX);
    strcat(text, ",Wed");
    assert_refused(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_is_always),
        cmocka_unit_test(a_span_is_of_every_day),
        cmocka_unit_test(a_day_alone_is_whole),
        cmocka_unit_test(days_from_one_to_another_go_round_the_week),
        cmocka_unit_test(a_span_goes_on_over_midnight),
        cmocka_unit_test(a_span_goes_on_over_the_end_of_the_week),
        cmocka_unit_test(a_span_that_ends_when_it_begins_is_a_whole_day),
        cmocka_unit_test(a_day_before_a_comma_takes_the_span_that_follows),
        cmocka_unit_test(a_span_alone_after_days_is_refused),
        cmocka_unit_test(spans_that_touch_are_one),
        cmocka_unit_test(who_never_closes_says_so),
        cmocka_unit_test(openings_and_closings_are_those_of_the_minutes),
        cmocka_unit_test(garbage_is_refused_and_changes_nothing),
        cmocka_unit_test(more_terms_than_there_is_room_for_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
