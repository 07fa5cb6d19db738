#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "protocol/json.h"
#include "protocol/measure.h"
#include "protocol/scope.h"

static const struct endpoint far_end = {
    .hca = "mlx5_ib0",
    .port = 1,
    .ethernet = false,
    .lid = 0xbeef,
    .gid = {0xfe, 0x80, [15] = 0x07},
    .gid_index = 3,
    .qpn = 0x1234,
    .rkey = 0xfffffffe,
    .addr = 0x7fffdeadbeef1000,
    .mtu_bytes = 4096,
    .pkey = 0x8001,
    .rate_gbps = 200,
    .soft = true,
};

static const struct measure_plan usual = {
    .slot_ms = 2000,
    .warmup = 10,
    .samples = 1000,
    .latency_bytes = 8,
    .window_ms = 20,
    .windows = 3,
    .message_bytes = 65536,
    .depth = 128,
};

/* The document of which one thing was replaced; the test's own text must occur. */
static struct json *spoil(struct json *doc, const char *good, const char *bad)
{
    CLEANUP(text_done) char *text = json_print(doc);
    char spoilt[4096];
    struct json *made = NULL;
    char *at = strstr(text, good);

    assert_non_null(at);
    snprintf(spoilt, sizeof spoilt, "%.*s%s%s", (int)(at - text), text, bad,
             at + strlen(good));
    assert_int_equal(json_parse(spoilt, strlen(spoilt), &made, NULL), 0);
    return made;
}

static void an_endpoint_survives_the_wire(void **state)
{
    CLEANUP(json_done) struct json *doc = endpoint_encode(&far_end);
    struct endpoint e;
    struct fail why;

    (void)state;
    assert_int_equal(endpoint_decode(doc, &e, &why), 0);
    assert_string_equal(e.hca, "mlx5_ib0");
    assert_int_equal(e.port, 1);
    assert_false(e.ethernet);
    assert_int_equal(e.lid, 0xbeef);
    assert_memory_equal(e.gid, far_end.gid, 16);
    assert_int_equal(e.gid_index, 3);
    assert_int_equal(e.qpn, 0x1234);
    assert_int_equal(e.rkey, 0xfffffffe);
    assert_true(e.addr == far_end.addr);
    assert_int_equal(e.mtu_bytes, 4096);
    assert_int_equal(e.pkey, 0x8001);
    assert_true(e.rate_gbps == 200 && e.soft);
}

static void each_bad_field_of_an_endpoint_is_named(void **state)
{
    static const struct {
        const char *good, *bad, *named;
    } cases[] = {
        {"\"mlx5_ib0\"", "\"../../etc\"", "'hca'"},
        {"\"mlx5_ib0\"", "\"\"", "'hca'"},
        {"\"port\":1", "\"port\":0", "'port'"},
        {"\"lid\":48879", "\"lid\":65536", "'lid'"},
        {"\"gid\":\"fe80", "\"gid\":\"zz80", "'gid'"},
        {"\"gid\":\"fe80", "\"gid\":\"fe8", "'gid'"},
        {"\"gid_index\":3", "\"gid_index\":-1", "'gid_index'"},
        {"\"qpn\":4660", "\"qpn\":16777216", "'qpn'"},
        {"\"rkey\":4294967294", "\"rkey\":4294967296", "'rkey'"},
        {"\"addr\":\"9", "\"addr\":\"x", "'addr'"},
        {"\"mtu_bytes\":4096", "\"mtu_bytes\":1500", "'mtu_bytes'"},
        {"\"mtu_bytes\":4096", "\"mtu_bytes\":8192", "'mtu_bytes'"},
        {"\"pkey\":32769", "\"pkey\":\"all\"", "'pkey'"},
        {"\"rate_gbps\":200", "\"rate_gbps\":-1", "'rate_gbps'"},
        {"\"rate_gbps\":200", "\"rate_gbps\":1e9", "'rate_gbps'"},
        {"\"ethernet\":false", "\"ethernet\":0", "'ethernet'"},
        {"\"soft\":true", "\"soft\":null", "'soft'"},
    };
    CLEANUP(json_done) struct json *doc = endpoint_encode(&far_end);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(json_done) struct json *bad = spoil(doc, cases[i].good, cases[i].bad);
        struct endpoint e;
        struct fail why;

        assert_int_equal(endpoint_decode(bad, &e, &why), -1);
        assert_int_equal(why.code, FAIL_GARBAGE);
        assert_non_null(strstr(why.text, cases[i].named));
    }
}

static struct measure_order usual_order(struct measure_round rounds[2])
{
    struct measure_order o = {.campaign = "c-7", .batch = 4, .plan = usual};

    rounds[0] = (struct measure_round){.round = 8, .peer = 5, .first = true};
    rounds[0].psn = 0xabcdef;
    rounds[0].partner = far_end;
    rounds[1] = rounds[0];
    rounds[1].round = 9;
    rounds[1].slot = 3; /* it rests in between */
    rounds[1].peer_psn = 1;
    o.rounds = rounds;
    o.round_count = 2;
    return o;
}

static void an_order_survives_the_wire(void **state)
{
    struct measure_round rounds[2];
    struct measure_order sent = usual_order(rounds), got;
    CLEANUP(json_done) struct json *doc = measure_order_encode(&sent);
    struct fail why;

    (void)state;
    assert_int_equal(measure_order_decode(doc, &got, &why), 0);
    assert_string_equal(got.campaign, "c-7");
    assert_int_equal(got.batch, 4);
    assert_memory_equal(&got.plan, &usual, sizeof usual);
    assert_int_equal(got.round_count, 2);
    assert_int_equal(got.rounds[0].round, 8);
    assert_int_equal(got.rounds[0].peer, 5);
    assert_true(got.rounds[0].first);
    assert_int_equal(got.rounds[0].psn, 0xabcdef);
    assert_int_equal(got.rounds[1].slot, 3);
    assert_int_equal(got.rounds[1].peer_psn, 1);
    assert_int_equal(got.rounds[1].partner.qpn, 0x1234);
    measure_order_clear(&got);
}

static void each_bad_field_of_an_order_is_named(void **state)
{
    static const struct {
        const char *good, *bad, *named;
    } cases[] = {
        {"\"c-7\"", "\"c/7\"", "'campaign'"},
        {"\"batch\":4", "\"batch\":-4", "'batch'"},
        {"\"slot_ms\":2000", "\"slot_ms\":99", "'slot_ms'"},
        {"\"warmup\":10", "\"warmup\":1000001", "'warmup'"},
        {"\"samples\":1000", "\"samples\":1000001", "'samples'"},
        {"\"latency_bytes\":8", "\"latency_bytes\":0", "'latency_bytes'"},
        {"\"window_ms\":20", "\"window_ms\":60001", "'window_ms'"},
        {"\"windows\":3", "\"windows\":33", "'windows'"},
        {"\"message_bytes\":65536", "\"message_bytes\":7", "'message_bytes'"},
        {"\"depth\":128", "\"depth\":513", "'depth'"},
        {"\"plan\":{", "\"plans\":{", "'plan'"},
        {"\"rounds\":[", "\"rounds\":[],\"gone\":[", "'rounds'"},
        {"\"peer\":5", "\"peer\":65536", "'peer'"},
        {"\"psn\":11259375", "\"psn\":16777216", "'psn'"},
        {"\"peer_psn\":0", "\"peer_psn\":0.5", "'peer_psn'"},
        {"\"first\":true", "\"first\":1", "'first'"},
        {"\"qpn\":4660", "\"qpn\":-1", "rounds 0: partner: field 'qpn'"},
    };
    struct measure_round rounds[2];
    struct measure_order sent = usual_order(rounds);
    CLEANUP(json_done) struct json *doc = measure_order_encode(&sent);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(json_done) struct json *bad = spoil(doc, cases[i].good, cases[i].bad);
        struct measure_order got;
        struct fail why;

        assert_int_equal(measure_order_decode(bad, &got, &why), -1);
        assert_int_equal(why.code, FAIL_GARBAGE);
        assert_non_null(strstr(why.text, cases[i].named));
    }
}

static void an_order_of_too_many_rounds_is_refused(void **state)
{
    static struct measure_round rounds[MEASURE_MAX_ROUNDS + 1];
    struct measure_order o = {.campaign = "c", .plan = usual, .rounds = rounds}, got;
    struct fail why;

    (void)state;
    for (size_t i = 0; i < MEASURE_MAX_ROUNDS + 1; i++)
        rounds[i].partner = far_end;
    for (size_t n = MEASURE_MAX_ROUNDS; n <= MEASURE_MAX_ROUNDS + 1; n++) {
        CLEANUP(json_done) struct json *doc = NULL;

        o.round_count = n;
        doc = measure_order_encode(&o);
        assert_int_equal(measure_order_decode(doc, &got, &why),
                         n > MEASURE_MAX_ROUNDS ? -1 : 0);
        if (n == MEASURE_MAX_ROUNDS)
            measure_order_clear(&got);
    }
    assert_string_equal(why.text, "'rounds' has 65 elements, more than 64");
}

static void a_join_survives_and_refuses_what_is_no_name(void **state)
{
    struct measure_join sent = {.campaign = "c1:0", .hca = "rxe0", .port = 1}, got;
    CLEANUP(json_done) struct json *doc = measure_join_encode(&sent);
    CLEANUP(json_done) struct json *bad = spoil(doc, "rxe0", "..");
    struct fail why;

    (void)state;
    assert_int_equal(measure_join_decode(doc, &got, &why), 0);
    assert_string_equal(got.campaign, "c1:0");
    assert_string_equal(got.hca, "rxe0");
    assert_int_equal(got.port, 1);
    assert_int_equal(measure_join_decode(bad, &got, &why), -1);
    assert_non_null(strstr(why.text, "'hca'"));
}

static void results_survive_the_wire(void **state)
{
    struct measure_result sent[2] = {
        {.round = 3,
         .peer = 9,
         .latency = {1.25, 1.5, 2.75, 100.125, 1000},
         .out_gbps = {197.5, 198.25},
         .windows = 2,
         .met_ms = 4,
         .took_ms = 120},
        {.round = 4, .peer = 2},
    };
    CLEANUP(json_done) struct json *doc = NULL;
    struct measure_result got[2];
    size_t count;
    struct fail why;

    (void)state;
    fail_set(&sent[1].why, FAIL_PARTNER, "nobody there");
    doc = measure_results_encode(sent, 2);
    assert_int_equal(measure_results_decode(doc, got, 2, &count, &why), 0);
    assert_int_equal(count, 2);
    assert_int_equal(got[0].why.code, FAIL_NONE);
    assert_int_equal(got[0].latency.samples, 1000);
    assert_true(got[0].latency.p50_us == 1.5 && got[0].latency.max_us == 100.125);
    assert_int_equal(got[0].ack.samples, 0);
    assert_int_equal(got[0].windows, 2);
    assert_true(got[0].out_gbps[1] == 198.25);
    assert_int_equal(got[0].met_ms, 4);
    assert_int_equal(got[0].took_ms, 120);
    assert_int_equal(got[1].why.code, FAIL_PARTNER);
    assert_string_equal(got[1].why.text, "nobody there");
    assert_int_equal(measure_results_decode(doc, got, 1, &count, &why), -1);
}

static void each_bad_field_of_a_result_is_named(void **state)
{
    static const struct {
        const char *good, *bad, *named;
    } cases[] = {
        {"\"round\":3", "\"round\":-3", "'round'"},
        {"\"took_ms\":120", "\"took_ms\":1e300", "'took_ms'"},
        {"\"min\":1.25", "\"min\":-1.25", "latency_us: field 'min'"},
        {"\"p50\":1.5", "\"p50\":null", "latency_us: field 'p50'"},
        {"\"samples\":1000", "\"samples\":0", "latency_us: field 'samples'"},
        {"\"gbps\":7", "\"gbps\":1e999", "'gbps'"},
        {"\"gbps\":7", "\"gbps\":1e15", "'gbps'"},
        {"\"gbps\":7", "\"gbps\":-0.5", "'gbps'"},
        {"\"gbps\":7", "\"gbps\":null", "'gbps'"},
        {"\"max\":3", "\"max\":1e12", "latency_us: field 'max'"},
        {"\"max\":3", "\"max\":1.75", "latency_us: min, p50, p99 and max"},
        {"\"min\":1.25", "\"min\":1.625", "latency_us: min, p50, p99 and max"},
        {"\"out\":[", "\"in\":[", "'out'"},
        {"\"code\":\"path-broken\"", "\"code\":5", "'code'"},
    };
    struct measure_result sent = {.round = 3,
                                  .latency = {1.25, 1.5, 2, 3, 1000},
                                  .out_gbps = {7},
                                  .windows = 1};
    CLEANUP(json_done) struct json *doc = NULL;

    (void)state;
    sent.took_ms = 120;
    fail_set(&sent.why, FAIL_PATH, "gone");
    doc = measure_result_encode(&sent);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(json_done) struct json *bad = spoil(doc, cases[i].good, cases[i].bad);
        struct measure_result got;
        struct fail why;

        assert_int_equal(measure_result_decode(bad, &got, &why), -1);
        assert_int_equal(why.code, FAIL_GARBAGE);
        assert_non_null(strstr(why.text, cases[i].named));
    }
}

static void a_failure_of_the_future_is_still_a_failure(void **state)
{
    struct measure_result sent = {.round = 1}, got;
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(json_done) struct json *newer = NULL;
    CLEANUP(json_done) struct json *fine = NULL;

    (void)state;
    fail_set(&sent.why, FAIL_PATH, "gone");
    doc = measure_result_encode(&sent);
    newer = spoil(doc, "path-broken", "path-bent");
    fine = spoil(doc, "path-broken", "ok");
    assert_int_equal(measure_result_decode(newer, &got, NULL), 0);
    assert_int_equal(got.why.code, FAIL_UNKNOWN);
    assert_int_equal(measure_result_decode(fine, &got, NULL), 0);
    assert_int_equal(got.why.code, FAIL_UNKNOWN);
}

static void the_bandwidth_is_the_median_of_the_windows(void **state)
{
    struct measure_result r = {.windows = 0};

    (void)state;
    assert_true(isnan(measure_result_gbps(&r)));
    r = (struct measure_result){.out_gbps = {9, 1, 5}, .windows = 3};
    assert_true(measure_result_gbps(&r) == 5);
    r = (struct measure_result){.out_gbps = {9, 1, 5, 6}, .windows = 4};
    assert_true(measure_result_gbps(&r) == 5.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_endpoint_survives_the_wire),
        cmocka_unit_test(each_bad_field_of_an_endpoint_is_named),
        cmocka_unit_test(an_order_survives_the_wire),
        cmocka_unit_test(each_bad_field_of_an_order_is_named),
        cmocka_unit_test(an_order_of_too_many_rounds_is_refused),
        cmocka_unit_test(a_join_survives_and_refuses_what_is_no_name),
        cmocka_unit_test(results_survive_the_wire),
        cmocka_unit_test(each_bad_field_of_a_result_is_named),
        cmocka_unit_test(a_failure_of_the_future_is_still_a_failure),
        cmocka_unit_test(the_bandwidth_is_the_median_of_the_windows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
