#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "controller/outside/metrics.h"
#include "controller/screen/text.h"
#include "protocol/scope.h"

static bool has_line(const struct text *text, const char *line)
{
    const char *at = text_of(text);
    size_t len = strlen(line);

    while ((at = strstr(at, line)) &&
           ((at > text_of(text) && at[-1] != '\n') || at[len] != '\n'))
        at++;
    return at != NULL;
}

static void a_run_is_told_in_counts(void **state)
{
    static const struct metrics_count states[] = {{"done", 12}, {"failed", 0}};
    static const struct metrics_count failures[] = {{"verify-failed", 2}};
    struct metrics m = METRICS_EMPTY;
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    m.version = "0.1.0";
    m.run = "r1";
    m.kind = "rollout";
    m.states = states;
    m.state_count = 2;
    m.failures = failures;
    m.failure_count = 1;
    m.begun_s = 1795953600;
    m.unavailable = 0;
    metrics_render(&m, &text);
    assert_true(has_line(&text, "# TYPE ibfleet_rollout_nodes gauge"));
    assert_true(has_line(&text, "ibfleet_build_info{version=\"0.1.0\"} 1"));
    assert_true(has_line(&text, "ibfleet_run_info{run=\"r1\",kind=\"rollout\"} 1"));
    assert_true(has_line(&text, "ibfleet_rollout_nodes{run=\"r1\",state=\"done\"} 12"));
    assert_true(has_line(&text, "ibfleet_rollout_nodes{run=\"r1\",state=\"failed\"} 0"));
    assert_true(
        has_line(&text,
                 "ibfleet_rollout_failed_nodes{run=\"r1\",code=\"verify-failed\"} 2"));
    assert_true(
        has_line(&text, "ibfleet_rollout_start_time_seconds{run=\"r1\"} 1795953600"));
    assert_true(has_line(&text, "ibfleet_rollout_unavailable_nodes{run=\"r1\"} 0"));
    assert_true(has_line(&text, "ibfleet_rollout_paused{run=\"r1\"} 0"));
}

/* An absent series is no zero. */
static void what_there_is_none_of_is_not_told(void **state)
{
    struct metrics m = METRICS_EMPTY;
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    m.version = m.run = m.kind = "";
    metrics_render(&m, &text);
    assert_null(strstr(text_of(&text), "end_time"));
    assert_null(strstr(text_of(&text), "budget"));
    assert_null(strstr(text_of(&text), "-1"));
    assert_null(strstr(text_of(&text), "failed_nodes"));
}

static void a_label_cannot_be_left(void **state)
{
    struct metrics m = METRICS_EMPTY;
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    m.version = "0";
    m.kind = "k";
    m.run = "a\"b\\c\nd\re";
    metrics_render(&m, &text);
    assert_true(has_line(&text, "ibfleet_rollout_paused{run=\"a\\\"b\\\\c\\nd?e\"} 0"));
}

static void more_series_than_allowed_become_one(void **state)
{
    static char names[1000][8];
    static struct metrics_count failures[1000];
    struct metrics m = METRICS_EMPTY;
    CLEANUP(text_clear) struct text text = {0};
    unsigned series = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        snprintf(names[i], sizeof names[i], "c%d", i);
        failures[i] = (struct metrics_count){names[i], 1};
    }
    m.version = m.run = m.kind = "";
    m.failures = failures;
    m.failure_count = 1000;
    metrics_render(&m, &text);
    for (const char *at = text_of(&text); (at = strstr(at, "\nibfleet_rollout_failed"));
         at++)
        series++;
    assert_int_equal(series, METRICS_MAX_SERIES);
    assert_true(
        has_line(&text, "ibfleet_rollout_failed_nodes{run=\"\",code=\"other\"} 937"));
    assert_false(text_is_cut(&text));
}

static void every_family_has_a_sentence(void **state)
{
    const char *name, *help;
    size_t n = 0;

    (void)state;
    for (; metrics_family(n, &name, &help); n++) {
        assert_int_equal(strncmp(name, "ibfleet_", 8), 0);
        assert_int_equal(help[strlen(help) - 1], '.');
        assert_null(strpbrk(help, "\\\n"));
    }
    assert_true(n >= 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_told_in_counts),
        cmocka_unit_test(what_there_is_none_of_is_not_told),
        cmocka_unit_test(a_label_cannot_be_left),
        cmocka_unit_test(more_series_than_allowed_become_one),
        cmocka_unit_test(every_family_has_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
