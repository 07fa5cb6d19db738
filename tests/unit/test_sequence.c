#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/rollout/policy.h"
#include "controller/rollout/sequence.h"
#include "inventory/arena.h"
#include "inventory/fleet_policy.h"

#define NODES_MAX 1200

/* Nodes 0, 1, 2, ... by name; all of them take part unless a test says else. */
static struct arena arena;
static struct fleet_policy keys;
static struct sequence_node nodes[NODES_MAX];
static struct sequence sequence;

static int setup(void **state)
{
    (void)state;
    fleet_policy_init(&keys);
    memset(nodes, 0, sizeof nodes);
    for (size_t i = 0; i < NODES_MAX; i++)
        nodes[i] = (struct sequence_node){.takes_part = true, .stage = -1};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sequence_clear(&sequence);
    arena_done(&arena);
    return 0;
}

static void set(enum policy_key key, const char *value)
{
    assert_int_equal(fleet_policy_set(&keys, key, value, &arena, NULL), 0);
}

static void make(size_t count)
{
    assert_int_equal(sequence_make(&sequence, &keys, nodes, count, NULL), 0);
}

/* "0 1 | 2 3 4 / 5": batches, and after a slash who takes no part. */
static void assert_order(const char *wanted)
{
    char text[400] = "";
    size_t len = 0;

    for (size_t i = 0; i < sequence.count; i++) {
        const char *part = i == sequence.taking_part                         ? "/ "
                           : i && sequence.stage[i] != sequence.stage[i - 1] ? "| "
                                                                             : "";

        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s%zu", len ? " " : "",
                                part, sequence.order[i]);
    }
    assert_string_equal(text, wanted);
}

static void assert_sizes(const size_t *wanted, size_t count)
{
    size_t first, at = 0;

    assert_int_equal(sequence.stage_count, count);
    for (size_t s = 0; s < count; s++) {
        assert_int_equal(sequence_stage(&sequence, s, &first), wanted[s]);
        assert_int_equal(first, at);
        at += wanted[s];
    }
    assert_int_equal(at, sequence.taking_part);
}

#define SIZES(...)                              \
    assert_sizes((const size_t[]){__VA_ARGS__}, \
                 sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t))

static void name_leaves(size_t count, size_t a_leaf)
{
    static char names[NODES_MAX][12];

    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "l%02zu", i / a_leaf);
        nodes[i].leaf = names[i];
    }
}

/* ---- ramp ------------------------------------------------------------------------------------------ */

static void ramp_by_default_is_one_batch(void **state)
{
    (void)state;
    make(5);
    assert_order("0 1 2 3 4");
    SIZES(5);
    assert_false(sequence.has_canaries);
}

static void ramp_of_1_1_5_and_20_percent_is_as_its_example_says(void **state)
{
    (void)state;
    set(POLICY_RAMP, "1, 1%, 5%, 20%");
    make(1000);
    SIZES(1, 10, 50, 200, 200, 200, 200, 139);
}

static void ramp_is_rounded_down_and_at_least_one(void **state)
{
    (void)state;
    set(POLICY_RAMP, "1%, 50%");
    make(7);
    SIZES(1, 3, 3);
}

static void ramp_is_of_those_that_take_part_canaries_included(void **state)
{
    (void)state;
    set(POLICY_RAMP, "50%");
    set(POLICY_CANARY, "2");
    nodes[0].takes_part = false;
    make(9);
    SIZES(2, 4, 2);
    assert_true(sequence.has_canaries);
    assert_order("1 2 | 3 4 5 6 | 7 8 / 0");
    assert_int_equal(sequence.stage[8], POLICY_NO_STAGE);
}

static void a_batch_that_is_not_there_has_nobody(void **state)
{
    size_t first;

    (void)state;
    make(3);
    assert_int_equal(sequence_stage(&sequence, 1, &first), 0);
    sequence_clear(&sequence);
    make(0);
    assert_int_equal(sequence.stage_count, 0);
    assert_int_equal(sequence_stage(&sequence, 0, &first), 0);
}

/* ---- canaries -------------------------------------------------------------------------------------- */

static void canary_coverage_is_one_of_each_kind(void **state)
{
    (void)state;
    set(POLICY_CANARY, "coverage");
    set(POLICY_ORDER, "name");
    nodes[2].size = "HB120"; /* a size of its own */
    nodes[3].image = "22.04";
    nodes[4].kernel = "6.1";
    nodes[5].leaf = "l1";
    nodes[6].leaf = "l1";
    make(8);
    assert_order("0 2 3 4 5 | 1 6 7");
    assert_true(sequence.has_canaries);
}

static void canary_coverage_takes_the_first_in_the_order(void **state)
{
    (void)state;
    set(POLICY_CANARY, "coverage");
    nodes[2].is_unavailable = true; /* unhealthy first */
    make(4);
    assert_order("2 | 0 1 3");
}

static void
canary_coverage_knows_a_place_by_its_leaf_placement_group_or_zone(void **state)
{
    (void)state;
    set(POLICY_CANARY, "coverage");
    set(POLICY_ORDER, "name");
    nodes[0].leaf = nodes[1].leaf = "l1";
    nodes[0].placement = "p1"; /* the leaf is known: it does not matter */
    nodes[1].placement = "p2";
    nodes[2].placement = nodes[3].placement = "p1";
    nodes[2].zone = "1";
    nodes[3].zone = "2";
    nodes[4].zone = nodes[5].zone = "1";
    make(6);
    assert_order("0 2 4 | 1 3 5");
}

static void canary_coverage_of_who_is_not_to_be_changed_is_not_wanted(void **state)
{
    (void)state;
    set(POLICY_CANARY, "coverage");
    nodes[1].size = "other";
    nodes[1].takes_part = false;
    make(3);
    assert_order("0 | 2 / 1");
}

static void canary_number_is_the_first_in_the_order(void **state)
{
    (void)state;
    set(POLICY_CANARY, "2");
    name_leaves(6, 3);
    make(6);
    assert_order("0 3 | 1 4 2 5");
}

static void canary_number_may_be_more_than_there_are(void **state)
{
    (void)state;
    set(POLICY_CANARY, "9");
    make(3);
    assert_order("0 1 2");
    SIZES(3);
    assert_true(sequence.has_canaries);
}

static void canary_hosts_are_those_named(void **state)
{
    (void)state;
    set(POLICY_CANARY, "whoever");
    nodes[1].is_canary = nodes[3].is_canary = nodes[4].is_canary = true;
    nodes[4].takes_part = false;
    make(5);
    assert_order("1 3 | 0 2 / 4");
}

static void canary_hosts_that_take_no_part_are_none(void **state)
{
    (void)state;
    set(POLICY_CANARY, "whoever");
    nodes[1].is_canary = true;
    nodes[1].takes_part = false;
    make(3);
    assert_order("0 2 / 1");
    assert_false(sequence.has_canaries);
}

/* ---- order ----------------------------------------------------------------------------------------- */

static void order_spread_takes_one_of_each_leaf_in_turn(void **state)
{
    (void)state;
    set(POLICY_ORDER, "spread");
    name_leaves(7, 3);
    nodes[1].is_unavailable = true; /* does not matter here */
    make(7);
    assert_order("0 3 6 1 4 2 5");
}

static void order_spread_falls_back_on_placement_group_and_zone(void **state)
{
    (void)state;
    set(POLICY_ORDER, "spread");
    nodes[0].placement = nodes[1].placement = "p1";
    nodes[2].zone = nodes[3].zone = "1";
    make(4);
    assert_order("0 2 1 3");
}

static void order_unhealthy_comes_first(void **state)
{
    (void)state;
    name_leaves(6, 3);
    nodes[2].is_unavailable = nodes[5].is_unavailable = nodes[4].is_unavailable = true;
    make(6); /* unhealthy, spread */
    assert_order("4 2 5 0 3 1");
}

static void order_name_is_by_name(void **state)
{
    (void)state;
    set(POLICY_ORDER, "name");
    name_leaves(4, 2);
    nodes[3].is_unavailable = true;
    make(4);
    assert_order("0 1 2 3");
}

static void order_is_decided_by_the_word_said_first(void **state)
{
    (void)state;
    set(POLICY_ORDER, "spread, unhealthy");
    name_leaves(6, 3);
    nodes[3].is_unavailable = nodes[1].is_unavailable = true;
    make(6);
    assert_order("3 0 1 4 2 5");
}

/* ---- taken up again ---------------------------------------------------------------------------------- */

static void who_had_a_batch_keeps_it(void **state)
{
    (void)state;
    set(POLICY_CANARY, "coverage");
    set(POLICY_RAMP, "1");
    nodes[0].stage = 2;
    nodes[1].stage = 0;
    nodes[2].stage = 1;
    nodes[3].stage = 1;
    nodes[3].size = "other"; /* would be a canary of a new sequence */
    make(4);
    assert_order("1 | 2 3 | 0");
    assert_true(sequence.has_canaries);
}

/* Whoever could not be reached then comes now, and not all at once. */
static void newcomers_come_last_in_batches_of_the_last_size(void **state)
{
    (void)state;
    set(POLICY_RAMP, "1, 2");
    nodes[1].stage = 0;
    nodes[3].stage = 4; /* those between have left the fleet */
    make(7);
    assert_order("1 | 3 | 0 2 | 4 5 | 6");
    assert_int_equal(sequence.stage_count, 8);
    assert_false(sequence.has_canaries);
}

static void canaries_are_still_those_named(void **state)
{
    (void)state;
    set(POLICY_CANARY, "whoever");
    nodes[0].stage = 0;
    nodes[1].stage = 1;
    make(2);
    assert_false(sequence.has_canaries); /* none of them took part */
    sequence_clear(&sequence);
    nodes[0].is_canary = true;
    make(2);
    assert_true(sequence.has_canaries);
}

/* ---- whatever the nodes ------------------------------------------------------------------------------- */

static const char *any_name(unsigned *seed)
{
    static const char *const names[] = {NULL, "a", "b", "c"};

    return names[rand_r(seed) % 4];
}

static void any_nodes(unsigned *seed, size_t count)
{
    for (size_t i = 0; i < count; i++)
        nodes[i] = (struct sequence_node){.takes_part = rand_r(seed) % 4 != 0,
                                          .is_unavailable = rand_r(seed) % 4 == 0,
                                          .stage = -1,
                                          .size = any_name(seed),
                                          .image = any_name(seed),
                                          .kernel = any_name(seed),
                                          .leaf = any_name(seed),
                                          .placement = any_name(seed)};
}

static int is_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static int is_like(const struct sequence_node *a, const struct sequence_node *b)
{
    return is_same(a->size, b->size) && is_same(a->image, b->image) &&
           is_same(a->kernel, b->kernel) &&
           is_same(a->leaf ? a->leaf : a->placement, b->leaf ? b->leaf : b->placement);
}

/* Everybody once, stages one after the other, and a canary for each that is no canary. */
static void every_node_has_one_place_and_every_kind_a_canary(void **state)
{
    unsigned seed = 3;

    (void)state;
    set(POLICY_CANARY, "coverage");
    set(POLICY_RAMP, "1, 10%, 3");
    for (int run = 0; run < 2000; run++) {
        size_t count = (size_t)rand_r(&seed) % 40, first, seen = 0, canaries;

        any_nodes(&seed, count);
        make(count);
        canaries = sequence_stage(&sequence, 0, &first);
        for (size_t i = 0; i < count; i++) {
            const struct sequence_node *n = &nodes[sequence.order[i]];
            size_t like = 0;

            seen += sequence.order[i];
            assert_int_equal(n->takes_part, i < sequence.taking_part);
            if (i && i < sequence.taking_part)
                assert_true(sequence.stage[i] - sequence.stage[i - 1] <= 1);
            for (size_t c = 0; n->takes_part && c < canaries; c++)
                like += (size_t)is_like(n, &nodes[sequence.order[c]]);
            assert_int_equal(like, n->takes_part);
        }
        assert_int_equal(seen, count ? count * (count - 1) / 2 : 0);
        sequence_clear(&sequence);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ramp_by_default_is_one_batch),
        TEST(ramp_of_1_1_5_and_20_percent_is_as_its_example_says),
        TEST(ramp_is_rounded_down_and_at_least_one),
        TEST(ramp_is_of_those_that_take_part_canaries_included),
        TEST(a_batch_that_is_not_there_has_nobody),
        TEST(canary_coverage_is_one_of_each_kind),
        TEST(canary_coverage_takes_the_first_in_the_order),
        TEST(canary_coverage_knows_a_place_by_its_leaf_placement_group_or_zone),
        TEST(canary_coverage_of_who_is_not_to_be_changed_is_not_wanted),
        TEST(canary_number_is_the_first_in_the_order),
        TEST(canary_number_may_be_more_than_there_are),
        TEST(canary_hosts_are_those_named),
        TEST(canary_hosts_that_take_no_part_are_none),
        TEST(order_spread_takes_one_of_each_leaf_in_turn),
        TEST(order_spread_falls_back_on_placement_group_and_zone),
        TEST(order_unhealthy_comes_first),
        TEST(order_name_is_by_name),
        TEST(order_is_decided_by_the_word_said_first),
        TEST(who_had_a_batch_keeps_it),
        TEST(newcomers_come_last_in_batches_of_the_last_size),
        TEST(canaries_are_still_those_named),
        TEST(every_node_has_one_place_and_every_kind_a_canary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
