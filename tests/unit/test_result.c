#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/fabric/finding.h"
#include "controller/fabric/islands.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "controller/screen/text.h"
#include "controller/screen/utf8.h"
#include "controller/validate/result.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define MOST 300

/* ---- a fleet that has been measured ------------------------------------------------ */

static struct {
    struct member members[MOST];
    char names[MOST][24];
    struct tally *tally;
    struct verdict *verdict;
    struct result r;
} made;

static void meet(size_t a, size_t b, double gbps, const char *failure)
{
    struct measure_result of_a = {.windows = 1, .out_gbps = {gbps}}, of_b;

    of_a.latency = (struct measure_latency){1.5, 1.7, 2.5, 9, 1000};
    of_a.ack = of_a.latency;
    if (failure)
        fail_set(&of_a.why, FAIL_PATH, "%s", failure);
    of_b = of_a;
    assert_int_equal(tally_add(made.tally, a, b, false, &of_a, &of_b, NULL), 0);
}

static void prepare(size_t n)
{
    memset(&made, 0, sizeof made);
    made.tally = tally_new(n);
    for (size_t i = 0; i < n; i++) {
        struct member *m = &made.members[i];

        snprintf(made.names[i], sizeof made.names[i], "ib%03zu", i + 1);
        m->name = made.names[i];
        m->joined = true;
        m->endpoint = (struct endpoint){.hca = "mlx5_ib0",
                                        .port = 1,
                                        .lid = (uint16_t)(i + 1),
                                        .mtu_bytes = 4096,
                                        .pkey = 0x8001,
                                        .rate_gbps = 200};
    }
    made.r = (struct result){.campaign = "c1",
                             .members = made.members,
                             .n = n,
                             .tally = made.tally,
                             .seconds = 12.3};
}

static void judge(void)
{
    islands_number(made.members, made.r.n);
    assert_int_equal(verdict_judge(made.members, made.r.n, made.tally, &made.verdict,
                                   NULL),
                     0);
    made.r.verdict = made.verdict;
}

static void forget(void)
{
    verdict_free(made.verdict);
    tally_free(made.tally);
}

static void meet_all(void)
{
    for (size_t a = 0; a < made.r.n; a++)
        for (size_t b = a + 1; b < made.r.n; b++)
            meet(a, b, 197, NULL);
}

static char *rendered(size_t width)
{
    CLEANUP(text_clear) struct text text = {0};

    result_render(&made.r, width, false, &text);
    assert_false(text_is_cut(&text));
    return strdup(text_of(&text));
}

/* ---- for people ----------------------------------------------------------------------
 */

static void the_verdict_comes_first(void **state)
{
    CLEANUP(text_done) char *text = NULL;

    (void)state;
    prepare(4);
    meet_all();
    judge();
    text = rendered(0);
    assert_int_equal(strncmp(text,
                             "GOOD  6 of 6 pairs measured in 12 s; all of them ok; usual "
                             "is 197 Gb/s each way and 1.70 us\n",
                             90),
                     0);
    assert_true(result_is_good(&made.r));
    forget();
}

static void a_long_verdict_goes_on_below_itself(void **state)
{
    CLEANUP(text_done) char *text = NULL;

    (void)state;
    prepare(4);
    meet_all();
    judge();
    text = rendered(60);
    assert_non_null(strstr(text, "usual\n      is 197 Gb/s each way"));
    forget();
}

static void nothing_measured_is_never_good(void **state)
{
    CLEANUP(text_done) char *text = NULL;

    (void)state;
    prepare(2);
    judge();
    text = rendered(0);
    assert_false(result_is_good(&made.r));
    assert_int_equal(strncmp(text, "NOT MEASURED", 12), 0);
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "Bandwidth"));
    forget();
}

static void an_early_end_is_not_good_either(void **state)
{
    struct fail why;

    (void)state;
    prepare(2);
    meet_all();
    judge();
    assert_true(result_is_good(&made.r));
    fail_set(&why, FAIL_TIMEOUT, "the measurement was to end after 5 s");
    made.r.why = &why;
    assert_false(result_is_good(&made.r));
    forget();
}

static void no_line_is_wider_than_the_screen(void **state)
{
    static const size_t sizes[] = {2, 4, 16, 40, MOST}, widths[] = {60, 80, 120};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        prepare(sizes[i]);
        meet_all();
        meet(0, 1, 0, NULL);
        made.members[sizes[i] - 1].why.code = FAIL_LINK_LOST;
        snprintf(made.members[sizes[i] - 1].why.text, 200,
                 "the connection is gone: it was reset by somebody in between, who has "
                 "not said why");
        judge();
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
            CLEANUP(text_done) char *text = rendered(widths[w]);

            for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
                if (utf8_columns(line, strlen(line)) > widths[w])
                    fail_msg("%zu nodes, width %zu: %s", sizes[i], widths[w], line);
        }
        forget();
    }
}

static void what_a_node_says_cannot_move_the_cursor(void **state)
{
    CLEANUP(text_done) char *text = NULL;

    (void)state;
    prepare(4);
    meet_all();
    made.members[3].why.code = FAIL_VERBS;
    snprintf(made.members[3].why.text, 100, "evil\x1b[2J\xe2\x80\xaetxt");
    judge();
    text = rendered(80);
    assert_non_null(strstr(text, "evil"));
    assert_null(strchr(text, '\x1b'));
    assert_null(strstr(text, "\xe2\x80\xae"));
    forget();
}

/* ---- for machines --------------------------------------------------------------------
 */

static void a_failed_pair_has_a_reason_and_no_numbers(void **state)
{
    CLEANUP(json_done) struct json *pair = NULL;
    const char *reason;

    (void)state;
    prepare(3);
    meet(0, 2, 197, NULL);
    meet(1, 2, 197, NULL);
    meet(0, 1, 0, "transport retry counter exceeded");
    judge();
    pair = result_encode_pair(&made.r, 0, 1);
    assert_int_equal(json_get_text(pair, "reason", &reason, NULL), 0);
    assert_string_equal(reason, "transport retry counter exceeded");
    assert_null(json_find(pair, "latency_us"));
    assert_null(json_find(json_find(pair, "bandwidth_gbps"), "a_to_b"));
    forget();
}

static void rails_that_differ_are_both_named(void **state)
{
    char rail[RESULT_RAIL];

    (void)state;
    prepare(2);
    result_rail(&made.r, 0, 1, rail);
    assert_string_equal(rail, "mlx5_ib0");
    snprintf(made.members[1].endpoint.hca, 64, "mlx5_ib7");
    result_rail(&made.r, 0, 1, rail);
    assert_string_equal(rail, "mlx5_ib0/mlx5_ib7");
    forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_verdict_comes_first),
        cmocka_unit_test(a_long_verdict_goes_on_below_itself),
        cmocka_unit_test(nothing_measured_is_never_good),
        cmocka_unit_test(an_early_end_is_not_good_either),
        cmocka_unit_test(no_line_is_wider_than_the_screen),
        cmocka_unit_test(what_a_node_says_cannot_move_the_cursor),
        cmocka_unit_test(a_failed_pair_has_a_reason_and_no_numbers),
        cmocka_unit_test(rails_that_differ_are_both_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
