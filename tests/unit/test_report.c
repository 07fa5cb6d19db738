#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/journal/history.h"
#include "controller/report/axis.h"
#include "controller/report/chronicle.h"
#include "controller/report/html.h"
#include "controller/report/shade.h"
#include "controller/report/spans.h"
#include "controller/report/tide.h"
#include "controller/report/timeline.h"
#include "controller/rollout/node_state.h"
#include "controller/screen/text.h"
#include "protocol/scope.h"

#define MINUTE_MS 60000
#define NOON_MS   1795176000000 /* 2026-11-20 12:00 */

static int64_t row;

static void move(struct chronicle *c, const char *node, int64_t at_ms, const char *from,
                 const char *to)
{
    bool failed = strcmp(to, "failed") == 0;
    const struct history_move m = {.row = ++row,
                                   .at_ms = NOON_MS + at_ms,
                                   .node = node,
                                   .from = from,
                                   .event = "ok",
                                   .to = to,
                                   .code = failed ? "step-failed" : "ok",
                                   .reason = failed ? "no" : ""};

    assert_int_equal(chronicle_add_move(c, &m, NULL), 0);
}

static const char *name_of(size_t i)
{
    static char name[20];

    snprintf(name, sizeof name, "ib%zu", i);
    return name;
}

/* Node i installs from its i-th second on, for so long, and ends so. */
static void travel(struct chronicle *c, size_t i, int64_t install_ms, const char *end)
{
    int64_t from_ms = 1000 * (int64_t)i;

    assert_int_equal(chronicle_add_node(c, name_of(i), NULL), 1);
    move(c, name_of(i), 0, "todo", "probing");
    move(c, name_of(i), 500, "probing", "planned");
    move(c, name_of(i), from_ms, "planned", "installing");
    move(c, name_of(i), from_ms + install_ms, "installing", end);
}

/* ---- words ------------------------------------------------------------------------------ */

static void html_is(const char *words, const char *wanted)
{
    CLEANUP(text_clear) struct text page = {0};

    html_add(&page, words);
    assert_string_equal(text_of(&page), wanted);
}

static void what_a_node_says_is_text_and_nothing_more(void **state)
{
    (void)state;
    html_is("no room on /var", "no room on /var");
    html_is("<script>alert('x')</script>",
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
    html_is("\" onload=\"x", "&quot; onload=&quot;x");
    html_is("&lt;", "&amp;lt;");
    html_is("\033[2J\r\n\t", "^[[2J^M^J^I");
    html_is("\xe2\x80\xae"
            "txt.exe",
            "\\u202etxt.exe");
    html_is("\xff\xc0\x80", "\\xff\\xc0\\x80");
    html_is("gr\xc3\xb6\xc3\x9f"
            "er",
            "gr\xc3\xb6\xc3\x9f"
            "er");
    html_is("\xf3\xa0\x81\x81", "\\U000e0041");
}

static void a_word_can_be_typed_as_it_stands(void **state)
{
    CLEANUP(text_clear) struct text page = {0};

    (void)state;
    html_add_word(&page, "--driver=inbox");
    text_add(&page, " ");
    html_add_word(&page, "doca-ofed 3.2.2");
    text_add(&page, " ");
    html_add_word(&page, "it's");
    text_add(&page, " ");
    html_add_word(&page, "");
    text_add(&page, " ");
    html_add_hosts(&page, "ib[1,3]");
    assert_string_equal(text_of(&page), "--driver=inbox &#39;doca-ofed 3.2.2&#39; "
                                        "&#39;it&#39;\\&#39;&#39;s&#39; &#39;&#39; "
                                        "ib[1,<wbr/>3]");
}

static void every_state_has_a_shade(void **state)
{
    (void)state;
    assert_int_equal(shade_of(CHRONICLE_ALONE), SHADE_ALONE);
    for (int s = 1; s < NODE_STATES; s++)
        assert_non_null(shade_name(shade_of(s)));
    assert_int_equal(shade_of(NODE_DONE), SHADE_GOOD);
    assert_int_equal(shade_of(NODE_FAILED), SHADE_BAD);
    assert_int_equal(shade_of(NODE_PLANNED), SHADE_WAIT);
    assert_true(shade_is_busy(shade_of(NODE_INSTALLING)));
    assert_false(shade_is_busy(shade_of(NODE_DONE)));
    assert_false(shade_is_busy(shade_of(NODE_PAUSED)));
}

/* ---- time ------------------------------------------------------------------------------- */

static bool near(double a, double b)
{
    return a - b < 0.01 && b - a < 0.01;
}

static void time_of_work_is_as_long_as_it_was(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = chronicle_new();
    struct axis a;

    (void)state;
    travel(c, 1, 9000, "done");
    axis_of(c, 0, &a);
    assert_int_equal(a.count, 1);
    assert_true(near(axis_x(&a, NOON_MS), 0));
    assert_true(near(axis_x(&a, NOON_MS + 5000), 500));
    assert_true(near(axis_x(&a, NOON_MS - 1), 0));
    assert_true(near(axis_x(&a, NOON_MS + 99999), 1000));
    assert_int_equal(axis_at(&a, 250), NOON_MS + 2500);
    axis_of(c, NOON_MS + 20000, &a); /* a live run goes on */
    assert_true(near(axis_x(&a, NOON_MS + 5000), 250));
}

/* Ten minutes, a night, ten minutes. */
static void a_night_between_two_controllers_is_a_break(void **state)
{
    const int64_t night_ms = 12 * 60 * MINUTE_MS;
    CLEANUP(chronicle_done) struct chronicle *c = chronicle_new();
    int64_t ticks_ms[AXIS_MAX_TICKS], step_ms;
    struct axis a;
    size_t ticks;

    (void)state;
    chronicle_add_node(c, "ib1", NULL);
    move(c, "ib1", 0, "todo", "probing");
    move(c, "ib1", 10 * MINUTE_MS, "probing", "paused");
    move(c, "ib1", night_ms, "todo", "probing");
    move(c, "ib1", night_ms + 10 * MINUTE_MS, "probing", "done");
    axis_of(c, 0, &a);
    assert_int_equal(a.count, 3);
    assert_true(a.pieces[1].is_break);
    assert_true(near(axis_x(&a, NOON_MS + 10 * MINUTE_MS), 480));
    assert_true(near(axis_x(&a, NOON_MS + night_ms), 520));
    assert_true(near(axis_x(&a, NOON_MS + night_ms + 5 * MINUTE_MS), 760));
    ticks = axis_ticks(&a, ticks_ms, &step_ms);
    assert_true(ticks >= 4);
    for (size_t i = 0; i < ticks; i++) {
        double x = axis_x(&a, ticks_ms[i]);

        assert_int_equal(ticks_ms[i] % step_ms, 0);
        assert_true(x <= 480.01 || x >= 519.99);
        assert_true(!i || x - axis_x(&a, ticks_ms[i - 1]) >= 69.9);
    }
}

static void a_run_without_moves_has_an_axis(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = chronicle_new();
    int64_t ticks_ms[AXIS_MAX_TICKS], step_ms;
    struct axis a;

    (void)state;
    axis_of(c, NOON_MS, &a);
    assert_true(axis_to_ms(&a) > axis_from_ms(&a));
    assert_true(axis_ticks(&a, ticks_ms, &step_ms) <= AXIS_MAX_TICKS);
    chronicle_add_node(c, "ib1", NULL);
    move(c, "ib1", 0, "todo", "probing");
    axis_of(c, 0, &a);
    assert_true(axis_to_ms(&a) > axis_from_ms(&a));
}

/* However many times it was taken up. */
static void breaks_have_a_ceiling(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = chronicle_new();
    double before = -1;
    struct axis a;

    (void)state;
    chronicle_add_node(c, "ib1", NULL);
    for (int i = 0; i < 100; i++) {
        move(c, "ib1", (int64_t)i * 60 * MINUTE_MS, "todo", "probing");
        move(c, "ib1", (int64_t)i * 60 * MINUTE_MS + 1000, "probing", "paused");
    }
    axis_of(c, 0, &a);
    assert_true(a.count <= AXIS_MAX_PIECES);
    for (int i = 0; i < 100; i++) {
        double x = axis_x(&a, NOON_MS + (int64_t)i * 60 * MINUTE_MS);

        assert_true(x >= before && x <= AXIS_WIDTH + 0.01);
        before = x;
    }
}

/* ---- many nodes ------------------------------------------------------------------------- */

static void a_small_fleet_has_a_row_for_everybody(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = chronicle_new();
    struct timeline t;

    (void)state;
    for (size_t i = 12; i > 0; i--)
        travel(c, i, 9000, i == 5 ? "failed" : "done");
    assert_int_equal(timeline_of(c, NOON_MS + 30000, &t, NULL), 0);
    assert_int_equal(t.count, 12);
    for (size_t i = 0; i < 12; i++) { /* in the order in which they began */
        assert_int_equal(t.rows[i].count, 1);
        assert_string_equal(chronicle_node(c, t.rows[i].nodes[0])->name, name_of(i + 1));
    }
    timeline_clear(&t);
}

static size_t count_rows(const struct timeline *t, enum timeline_why why, size_t *nodes)
{
    size_t rows = 0;

    *nodes = 0;
    for (size_t i = 0; i < t->count; i++)
        if (t->rows[i].why == why) {
            rows++;
            *nodes += t->rows[i].count;
        }
    return rows;
}

static void of_a_large_fleet_who_failed_or_was_slowest_has_a_row(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = chronicle_new();
    struct timeline t;
    size_t nodes;

    (void)state;
    for (size_t i = 1; i <= 3000; i++)
        travel(c, i, i == 777 ? 99000 : 5000, i % 100 == 0 ? "failed" : "done");
    travel(c, 3001, 4000, "rebooting");
    assert_int_equal(timeline_of(c, NOON_MS + 4000000, &t, NULL), 0);
    assert_int_equal(count_rows(&t, TIMELINE_FAILED, &nodes), 30);
    assert_int_equal(count_rows(&t, TIMELINE_SLOW, &nodes), TIMELINE_SLOWEST);
    assert_string_equal(chronicle_node(c, t.rows[30].nodes[0])->name, "ib3001");
    assert_string_equal(chronicle_node(c, t.rows[31].nodes[0])->name, "ib777");
    assert_int_equal(count_rows(&t, TIMELINE_SHARED, &nodes), 1);
    assert_int_equal(nodes, 3001 - 30 - TIMELINE_SLOWEST);
    timeline_clear(&t);
}

/* Each its own way, by how often it was installed. */
static void rows_have_a_ceiling(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = chronicle_new();
    struct timeline t;
    size_t nodes = 0;

    (void)state;
    for (size_t i = 1; i <= 500; i++) {
        chronicle_add_node(c, name_of(i), NULL);
        for (size_t k = 0; k < i; k++)
            move(c, name_of(i), (int64_t)k, "planned", "installing");
        if (i % 2)
            move(c, name_of(i), 1000, "installing", "failed");
    }
    assert_int_equal(timeline_of(c, NOON_MS + 30000, &t, NULL), 0);
    assert_int_equal(t.count, TIMELINE_MAX_ROWS);
    for (size_t i = 0; i < t.count; i++)
        nodes += t.rows[i].count;
    assert_int_equal(nodes, 500);
    assert_int_equal(t.rows[t.count - 1].why, TIMELINE_REST);
    timeline_clear(&t);
}

static void a_tide_counts_everybody_at_each_moment(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = chronicle_new();
    struct tide *t = calloc(1, sizeof *t);
    struct axis a;

    (void)state;
    assert_non_null(t);
    for (size_t i = 1; i <= 10; i++)
        travel(c, i, 5000, "done");
    chronicle_add_node(c, "idle", NULL);
    axis_of(c, 0, &a);
    for (size_t i = 0; i < chronicle_count(c); i++)
        tide_add(t, &a, chronicle_node(c, i));
    for (size_t part = 0; part < TIDE_PARTS; part++) {
        size_t sum = 0;

        for (int s = 0; s < SHADES; s++)
            sum += t->counts[part][s];
        assert_int_equal(sum, 11);
    }
    assert_int_equal(t->counts[0][SHADE_LOOK], 10);
    assert_int_equal(t->counts[TIDE_PARTS - 1][SHADE_WAIT], 1);
    assert_int_equal(t->counts[TIDE_PARTS - 1][SHADE_GOOD],
                     9); /* the last one ends there */
    free(t);
}

static void spans_have_median_most_and_the_slowest(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = chronicle_new();
    CLEANUP(spans_done) struct spans *s = NULL;
    struct span span;

    (void)state;
    for (size_t i = 1; i <= 10; i++)
        travel(c, i, i == 3 ? 60000 : 1000 * (int64_t)i, "done");
    travel(c, 11, 2000, "rebooting");
    s = spans_new(c, NOON_MS + 20000);
    assert_true(spans_of(s, NODE_INSTALLING, &span));
    assert_int_equal(span.nodes, 11);
    assert_true(near(span.median_s, 6));
    assert_true(near(span.p90_s, 10));
    assert_true(near(span.most_s, 60));
    assert_string_equal(chronicle_node(c, span.slowest)->name, "ib3");
    assert_true(spans_of(s, NODE_REBOOTING, &span)); /* it still is */
    assert_true(near(span.most_s, 7));
    assert_false(spans_of(s, NODE_DONE, &span));
    assert_false(spans_of(s, NODE_CLAIMING, &span));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_node_says_is_text_and_nothing_more),
        cmocka_unit_test(a_word_can_be_typed_as_it_stands),
        cmocka_unit_test(every_state_has_a_shade),
        cmocka_unit_test(time_of_work_is_as_long_as_it_was),
        cmocka_unit_test(a_night_between_two_controllers_is_a_break),
        cmocka_unit_test(a_run_without_moves_has_an_axis),
        cmocka_unit_test(breaks_have_a_ceiling),
        cmocka_unit_test(a_small_fleet_has_a_row_for_everybody),
        cmocka_unit_test(of_a_large_fleet_who_failed_or_was_slowest_has_a_row),
        cmocka_unit_test(rows_have_a_ceiling),
        cmocka_unit_test(a_tide_counts_everybody_at_each_moment),
        cmocka_unit_test(spans_have_median_most_and_the_slowest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
