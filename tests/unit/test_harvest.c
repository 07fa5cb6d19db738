#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/fabric/harvest.h"
#include "controller/fabric/member.h"
#include "controller/fabric/schedule.h"
#include "controller/fabric/tally.h"
#include "protocol/json.h"
#include "protocol/measure.h"
#include "protocol/scope.h"

#define NODES 4
#define FIRST 10 /* round of the batch */
#define SLOTS 2

static const struct measure_plan plan = {.samples = 10, .window_ms = 20, .windows = 1};

/* One batch: two rounds of four nodes, and what node 0 has to say about them. */
struct field {
    struct member members[NODES];
    struct batch batch;
    struct harvest *harvest;
    struct tally *tally;
    struct measure_result said[SLOTS + 1];
    struct fail why;
};

static struct measure_result good(const struct batch *b, size_t i, unsigned slot)
{
    return (struct measure_result){
        .round = FIRST + slot,
        .peer = batch_partner(b, slot, i),
        .latency = {1, 2, 3, 4, 10},
        .ack = {1, 2, 3, 4, 10},
        .out_gbps = {197},
        .windows = 1,
        .took_ms = 100,
    };
}

static int till(void **state)
{
    struct field *f = calloc(1, sizeof *f);

    assert_non_null(f);
    for (size_t i = 0; i < NODES; i++)
        f->members[i] = (struct member){.joined = true, .endpoint.pkey = 0xffff};
    assert_int_equal(schedule_rounds(&f->batch, f->members, NODES, 0, SLOTS, &f->why), 0);
    f->batch.first_round = FIRST;
    f->harvest = harvest_new(NODES);
    f->tally = tally_new(NODES);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        f->said[slot] = good(&f->batch, 0, slot);
    *state = f;
    return 0;
}

static int clear(void **state)
{
    struct field *f = *state;

    batch_clear(&f->batch);
    harvest_free(f->harvest);
    tally_free(f->tally);
    free(f);
    return 0;
}

static int take(struct field *f, size_t i, const struct measure_result *said,
                size_t count)
{
    CLEANUP(json_done) struct json *answer = measure_results_encode(said, count);

    return harvest_take(f->harvest, &plan, &f->batch, i, answer, &f->why);
}

static void take_good(struct field *f, size_t i, unsigned took_ms)
{
    struct measure_result said[SLOTS];

    for (unsigned slot = 0; slot < SLOTS; slot++) {
        said[slot] = good(&f->batch, i, slot);
        said[slot].took_ms = took_ms;
    }
    assert_int_equal(take(f, i, said, SLOTS), 0);
}

static struct harvest_sum settle(struct field *f)
{
    struct harvest_sum sum;

    assert_int_equal(harvest_settle(f->harvest, &f->batch, f->members, f->tally, &sum,
                                    &f->why),
                     0);
    return sum;
}

static void expect_garbage(struct field *f, size_t count, const char *about)
{
    assert_int_equal(take(f, 0, f->said, count), -1);
    assert_int_equal(f->why.code, FAIL_GARBAGE);
    assert_non_null(strstr(f->why.text, about));
    for (size_t i = 1; i < NODES; i++)
        take_good(f, i, 100);
    assert_int_equal(settle(f).fresh, SLOTS); /* of the others; nothing of node 0's */
}

/* ---- what is no answer ------------------------------------------------------------- */

static void a_result_of_a_batch_long_over_is_garbage(void **state)
{
    struct field *f = *state;

    f->said[0].round = FIRST - 1;
    expect_garbage(f, SLOTS, "not ordered");
}

static void a_result_of_a_batch_to_come_is_garbage(void **state)
{
    struct field *f = *state;

    f->said[0].round = FIRST + SLOTS;
    expect_garbage(f, SLOTS, "not ordered");
}

static void a_result_about_another_partner_is_garbage(void **state)
{
    struct field *f = *state;

    f->said[0].peer = f->said[1].peer;
    expect_garbage(f, SLOTS, "not ordered");
}

static void two_results_of_one_meeting_are_garbage(void **state)
{
    struct field *f = *state;

    f->said[1] = f->said[0];
    expect_garbage(f, SLOTS, "two results");
}

static void a_meeting_left_out_is_garbage(void **state)
{
    expect_garbage(*state, SLOTS - 1, "1 results of 2");
}

static void a_meeting_too_many_is_garbage(void **state)
{
    struct field *f = *state;

    f->said[SLOTS] = f->said[0];
    expect_garbage(f, SLOTS + 1, "more than 2");
}

static void all_well_without_a_latency_is_garbage(void **state)
{
    struct field *f = *state;

    f->said[0].latency.samples = 0;
    expect_garbage(f, SLOTS, "without its numbers");
}

static void all_well_without_a_bandwidth_is_garbage(void **state)
{
    struct field *f = *state;

    f->said[1].windows = 0;
    expect_garbage(f, SLOTS, "without its numbers");
}

/* ---- what is one ------------------------------------------------------------------- */

static void a_failure_needs_no_numbers(void **state)
{
    struct field *f = *state;

    for (unsigned slot = 0; slot < SLOTS; slot++) {
        f->said[slot].latency.samples = f->said[slot].ack.samples = 0;
        f->said[slot].windows = 0;
        fail_set(&f->said[slot].why, FAIL_TIMEOUT, "the slot is over");
    }
    assert_int_equal(take(f, 0, f->said, SLOTS), 0);
    for (size_t i = 1; i < NODES; i++)
        take_good(f, i, 100);
    assert_true(settle(f).ran_out);
    assert_int_equal(tally_pair(f->tally, 0, f->said[0].peer)->failures, 1);
}

static void what_one_side_saw_alone_counts_for_nothing(void **state)
{
    struct field *f = *state;

    assert_int_equal(take(f, 0, f->said, SLOTS), 0);
    assert_int_equal(settle(f).fresh, 0);
    take_good(f, 1, 100); /* nor does it wait for the next batch */
    assert_int_equal(settle(f).fresh, 0);
    assert_int_equal(tally_pair(f->tally, 0, 1)->meetings, 0);
}

static void who_exaggerates_slows_nobody_down(void **state)
{
    struct field *f = *state;

    take_good(f, 0, UINT32_MAX);
    for (size_t i = 1; i < NODES; i++)
        take_good(f, i, 100 + (unsigned)i);
    assert_true(settle(f).longest_ms <= 103);
}

/* ---- giving up --------------------------------------------------------------------- */

static void where_nobody_gets_on_all_are_given_up(void **state)
{
    struct field *f = *state;

    for (int times = 0; times < HARVEST_GIVE_UP; times += SLOTS) {
        for (size_t i = 0; i < NODES; i++)
            assert_false(f->members[i].given_up);
        for (size_t i = 0; i < NODES; i++) {
            for (unsigned slot = 0; slot < SLOTS; slot++) {
                f->said[slot] = good(&f->batch, i, slot);
                fail_set(&f->said[slot].why, FAIL_PARTNER, "nothing is heard");
            }
            assert_int_equal(take(f, i, f->said, SLOTS), 0);
        }
        settle(f);
    }
    for (size_t i = 0; i < NODES; i++)
        assert_true(f->members[i].given_up);
}

#define HARVEST_TEST(name) cmocka_unit_test_setup_teardown(name, till, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARVEST_TEST(a_result_of_a_batch_long_over_is_garbage),
        HARVEST_TEST(a_result_of_a_batch_to_come_is_garbage),
        HARVEST_TEST(a_result_about_another_partner_is_garbage),
        HARVEST_TEST(two_results_of_one_meeting_are_garbage),
        HARVEST_TEST(a_meeting_left_out_is_garbage),
        HARVEST_TEST(a_meeting_too_many_is_garbage),
        HARVEST_TEST(all_well_without_a_latency_is_garbage),
        HARVEST_TEST(all_well_without_a_bandwidth_is_garbage),
        HARVEST_TEST(a_failure_needs_no_numbers),
        HARVEST_TEST(what_one_side_saw_alone_counts_for_nothing),
        HARVEST_TEST(who_exaggerates_slows_nobody_down),
        HARVEST_TEST(where_nobody_gets_on_all_are_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
