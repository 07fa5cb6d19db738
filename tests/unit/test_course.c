#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/rollout/course.h"
#include "controller/rollout/policy.h"
#include "controller/rollout/scopes.h"
#include "inventory/arena.h"
#include "inventory/fleet_policy.h"
#include "inventory/hostset.h"
#include "protocol/facts.h"
#include "protocol/fail.h"

#define NODES 12

/* A fleet n01 to n12, all of whom take part; of each, facts of its own. */
static struct arena arena;
static struct fleet_policy keys;
static struct course_node nodes[NODES];
static char names[NODES][8];
static struct facts *facts[NODES];
static struct course_plan plan;
static struct course *course;
static struct scopes scopes;
static const struct policy_time now = {.ms = 1000};

static char *copy(const char *text)
{
    char *made = text ? strdup(text) : NULL;

    assert_true(made || !text);
    return made;
}

static int setup(void **state)
{
    (void)state;
    fleet_policy_init(&keys);
    for (size_t i = 0; i < NODES; i++) {
        snprintf(names[i], sizeof names[i], "n%02zu", i + 1);
        facts[i] = facts_new();
        if (!facts[i])
            return -1;
        facts[i]->azure = calloc(1, sizeof *facts[i]->azure);
        if (!facts[i]->azure)
            return -1;
        nodes[i] = (struct course_node){.name = names[i],
                                        .facts = facts[i],
                                        .traveller = (long)i,
                                        .takes_part = true,
                                        .stage = -1};
    }
    plan = (struct course_plan){.keys = &keys, .nodes = nodes, .count = NODES};
    course = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    course_free(course);
    scopes_clear(&scopes);
    for (size_t i = 0; i < NODES; i++)
        facts_free(facts[i]);
    arena_done(&arena);
    return 0;
}

static void set(enum policy_key key, const char *value)
{
    assert_int_equal(fleet_policy_set(&keys, key, value, &arena, NULL), 0);
}

static void make(void)
{
    struct fail why;

    if (course_new(&plan, &course, &why) < 0)
        fail_msg("%s", why.text);
}

/* The names of those who are begun now. */
static const char *begun(void)
{
    static char text[200];
    size_t len = 0;
    long place;

    text[0] = '\0';
    while ((place = policy_next(course_policy(course), &now)) >= 0) {
        long i = course_traveller(course, (size_t)place);

        assert_true(i >= 0);
        assert_int_equal(course_place(course, (size_t)i), place);
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", len ? " " : "",
                                names[i]);
    }
    return text;
}

static void ends(size_t i, enum policy_end end)
{
    policy_report(course_policy(course), course_place(course, i), end, NULL, &now);
}

static void assert_why(const char *wanted)
{
    struct fail why;

    assert_int_equal(policy_word(course_policy(course), &now), POLICY_BLOCKED);
    policy_why(course_policy(course), &why);
    assert_string_equal(why.text, wanted);
}

/* ---- scopes ------------------------------------------------------------------------------------------ */

static void assert_scopes(const char *wanted)
{
    char text[400] = "";
    size_t len = 0;

    assert_int_equal(scopes_make(&scopes, &keys, nodes, NODES, NULL), 0);
    for (size_t s = 0; s < scopes.count; s++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s: %zu", s ? ", " : "",
                                scopes.names[s], scopes.limits[s]);
    assert_string_equal(text, wanted);
}

static void a_scope_is_whatever_nodes_are_known_to_be_in(void **state)
{
    (void)state;
    nodes[0].partitions = "cpu,gpu,";
    nodes[1].partitions = ",gpu,gpu";
    nodes[2].leaf = "gpu"; /* a leaf of that name is another thing */
    facts[3]->azure->zone = copy("1");
    facts[3]->azure->placement_group = copy("1");
    nodes[4].facts = NULL;
    facts[5]->azure->zone = copy("");
    nodes[6].partitions = "";
    assert_scopes(
        "the fleet: 12, partition cpu: 1, partition gpu: 2, leaf gpu: 1, zone 1: 1, "
        "placement group 1: 1");
    assert_int_equal(scopes.of_count[0], 3);
    assert_int_equal(scopes.of_count[1], 2);
    assert_int_equal(scopes.of_count[6], 1);
    assert_int_equal(scopes.of[1][0], 0);
    assert_int_equal(scopes.of[1][1], 2);
}

static void a_limit_is_of_the_size_of_its_scope(void **state)
{
    (void)state;
    for (size_t i = 0; i < NODES; i++)
        nodes[i].leaf = i < 9 ? "a" : "b";
    set(POLICY_MAX_UNAVAILABLE, "25%");
    set(POLICY_MAX_UNAVAILABLE_LEAF, "25%");
    assert_scopes("the fleet: 3, leaf a: 2, leaf b: 1");
}

static void many_scopes_are_told_apart(void **state)
{
    struct course_node *many = calloc(3000, sizeof *many);
    char(*leaves)[12] = calloc(3000, sizeof *leaves);

    (void)state;
    assert_true(many && leaves);
    for (size_t i = 0; i < 3000; i++) {
        snprintf(leaves[i], sizeof leaves[i], "l%zu", i % 1000);
        many[i] = (struct course_node){.name = leaves[i], .leaf = leaves[i]};
    }
    assert_int_equal(scopes_make(&scopes, &keys, many, 3000, NULL), 0);
    assert_int_equal(scopes.count, 1001);
    for (size_t i = 0; i < 3000; i++) {
        assert_int_equal(scopes.of_count[i], 2);
        assert_int_equal(scopes.of[i][1], 1 + i % 1000);
        assert_int_equal(scopes.limits[scopes.of[i][1]], 3);
    }
    scopes_clear(&scopes);
    free(leaves);
    free(many);
}

/* ---- the keys, from the fleet to the policy -------------------------------------------------------- */

static void max_unavailable_partition_is_a_share_of_all_its_nodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < NODES; i++)
        nodes[i].partitions = i < 8 ? "cpu" : "gpu";
    nodes[7].traveller = -1; /* of the fleet and the partition, not of the run */
    nodes[7].takes_part = false;
    nodes[7].facts = NULL;
    nodes[7].is_away = true;
    set(POLICY_MAX_UNAVAILABLE_PARTITION, "25%");
    make();
    assert_string_equal(begun(), "n01 n09"); /* 2 of 8, one of whom is down, and 1 of 4 */
    ends(0, POLICY_FAILED);
    ends(8, POLICY_FAILED);
    assert_string_equal(begun(), "");
    assert_why(
        "partition cpu has as many nodes unavailable as it may: 2 of 8, at most 2");
}

static void max_unavailable_zone_is_of_the_zone_of_the_metadata_service(void **state)
{
    (void)state;
    for (size_t i = 0; i < NODES; i++)
        facts[i]->azure->zone = copy(i % 2 ? "1" : "2");
    set(POLICY_MAX_UNAVAILABLE_ZONE, "1");
    make();
    assert_string_equal(begun(), "n01 n02");
    ends(1, POLICY_WELL);
    assert_string_equal(begun(), "n04");
}

static void max_unavailable_placement_is_of_the_placement_group(void **state)
{
    (void)state;
    for (size_t i = 0; i < NODES; i++)
        facts[i]->azure->placement_group = copy(i < 4 ? "p1" : "p2");
    set(POLICY_MAX_UNAVAILABLE_PLACEMENT, "25%");
    set(POLICY_ORDER, "name");
    make();
    assert_string_equal(begun(), "n01 n05 n06");
}

static void max_unavailable_leaf_is_of_the_leaf_of_the_setting(void **state)
{
    (void)state;
    for (size_t i = 0; i < 8; i++)
        nodes[i].leaf = i < 4 ? "a" : "b";
    set(POLICY_MAX_UNAVAILABLE_LEAF, "1");
    set(POLICY_ORDER, "name");
    make();
    assert_string_equal(begun(), "n01 n05 n09 n10 n11 n12"); /* four have no leaf */
}

static void skip_leaves_a_node_in_the_fleet(void **state)
{
    (void)state;
    nodes[0].takes_part = false;
    nodes[0].traveller = -1;
    nodes[0].is_away = true;
    set(POLICY_MAX_UNAVAILABLE, "2");
    make();
    assert_string_equal(begun(), "n02");
}

static void hold_names_nodes_that_are_not_begun(void **state)
{
    struct hostset *held = hostset_new();

    (void)state;
    assert_int_equal(hostset_add(held, "n02", NULL), 0);
    assert_int_equal(hostset_add(held, "n03", NULL), 0);
    plan.held = held;
    set(POLICY_WINDOW, "3");
    make();
    assert_string_equal(begun(), "n01 n04 n05");
    assert_int_equal(policy_held(course_policy(course)), 2);
    hostset_free(held);
}

static void canary_names_nodes_that_go_first(void **state)
{
    struct hostset *canaries = hostset_new();
    size_t first;

    (void)state;
    assert_int_equal(hostset_add(canaries, "n07", NULL), 0);
    plan.canaries = canaries;
    set(POLICY_CANARY, "n07");
    set(POLICY_RAMP, "50%");
    make();
    assert_true(course_has_canaries(course));
    assert_int_equal(course_stages(course), 3);
    assert_int_equal(course_stage(course, 1, &first), 6);
    assert_int_equal(first, 1);
    assert_int_equal(course_stage_of(course, course_place(course, 0)), 1);
    assert_string_equal(begun(), "n07");
    ends(6, POLICY_WELL);
    assert_string_equal(begun(), "n01 n02 n03 n04 n05 n06");
    hostset_free(canaries);
}

/* The kind is what was found on the node: size, image, kernel and where it is. */
static void canary_coverage_is_by_what_was_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < NODES; i++) {
        facts[i]->size = copy("HB120");
        facts[i]->os.kernel = copy(i == 3 ? "6.2" : "6.1");
        facts[i]->os.pretty = copy("Debian 12");
        facts[i]->azure->image_version = copy(i == 5 ? "2026.1" : "2025.9");
        nodes[i].leaf = i == 7 ? "b" : "a";
    }
    nodes[9].facts = NULL; /* nothing is known: a kind of its own */
    free(facts[10]->size);
    facts[10]->size = copy("HB176");
    set(POLICY_CANARY, "coverage");
    set(POLICY_ORDER, "name");
    make();
    assert_string_equal(begun(), "n01 n04 n06 n08 n10 n11");
}

static void order_unhealthy_is_who_is_away_when_it_begins(void **state)
{
    (void)state;
    nodes[4].is_away = nodes[2].is_away = true;
    set(POLICY_WINDOW, "3");
    make();
    assert_string_equal(begun(), "n03 n05 n01");
}

static void who_is_of_an_earlier_sequence_keeps_its_batch(void **state)
{
    (void)state;
    for (size_t i = 0; i < NODES; i++)
        nodes[i].stage = (long)(NODES - 1 - i) / 6;
    make();
    assert_string_equal(begun(), "n07 n08 n09 n10 n11 n12");
}

/* ---- the example of ibfleet-policy(7) ----------------------------------------------------------------- */

#define MANY 128

static struct course_node many[MANY];
static char many_names[MANY][8], many_leaves[MANY][8];

static void make_many(void)
{
    set(POLICY_CANARY, "coverage");
    set(POLICY_PROMOTE, "manual");
    set(POLICY_RAMP, "4, 10%, 25%");
    set(POLICY_MAX_UNAVAILABLE, "10%");
    set(POLICY_MAX_UNAVAILABLE_LEAF, "25%");
    set(POLICY_BUDGET_UPGRADED, "5%");
    for (size_t i = 0; i < MANY; i++) {
        snprintf(many_names[i], sizeof many_names[i], "ib%03zu", i + 1);
        snprintf(many_leaves[i], sizeof many_leaves[i], "l%zu", i / 16 + 1);
        many[i] = (struct course_node){.name = many_names[i],
                                       .leaf = many_leaves[i],
                                       .is_away = i == 16 || i == 17 || i == 99,
                                       .traveller = (long)i,
                                       .takes_part = true,
                                       .stage = -1};
    }
    plan.nodes = many;
    plan.count = MANY;
    make();
}

static void assert_batch(size_t batch, size_t size, const char *members)
{
    char text[100] = "";
    size_t first, len = 0;

    assert_int_equal(course_stage(course, batch, &first), size);
    for (size_t i = 0; members && i < size; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? " " : "",
                                many_names[course_traveller(course, first + i)]);
    if (members)
        assert_string_equal(text, members);
}

/* Those under way, the first begun first. */
static size_t road[MANY], on_road;

static size_t begin_all(void)
{
    long place;

    while ((place = policy_next(course_policy(course), &now)) >= 0)
        road[on_road++] = (size_t)place;
    return on_road;
}

static void end_first(enum policy_end end)
{
    policy_report(course_policy(course), road[0], end, NULL, &now);
    memmove(road, road + 1, --on_road * sizeof *road);
}

static void end_well(size_t times)
{
    for (; times > 0; times--) {
        begin_all();
        assert_true(on_road > 0);
        end_first(POLICY_WELL);
    }
}

static void the_example_of_the_manual_is_true(void **state)
{
    struct policy *p;

    (void)state;
    on_road = 0;
    make_many();
    p = course_policy(course);
    assert_int_equal(policy_unavailable(p, 0), 3);
    assert_batch(0, 8, "ib017 ib100 ib001 ib033 ib049 ib065 ib081 ib113");
    assert_batch(1, 4, "ib018 ib097 ib002 ib034");
    assert_batch(2, 12, NULL);
    assert_batch(3, 32, NULL);
    assert_batch(4, 32, NULL);
    assert_batch(5, 32, NULL);
    assert_batch(6, 8, NULL);
    assert_int_equal(course_stages(course), 7);

    assert_int_equal(begin_all(), 8);
    assert_int_equal(policy_unavailable(p, 0), 9);
    end_well(8);
    assert_int_equal(begin_all(), 0);
    assert_true(policy_awaits_promote(p));
    policy_promote(p);
    assert_int_equal(begin_all(), 4);
    end_well(4);
    assert_int_equal(begin_all(), 9);
    end_well(12 + 5); /* 29 have ended */
    assert_int_equal(begin_all(), 9);
    end_first(POLICY_FAILED);
    assert_false(policy_is_stopped(p));
    assert_int_equal(begin_all(), 8);
    end_well(4);
    assert_int_equal(begin_all(), 8);
    end_first(POLICY_FAILED);
    assert_true(policy_is_stopped(p));
    assert_int_equal(begin_all(), 7);
}

static void a_fleet_of_nobody_has_a_course(void **state)
{
    (void)state;
    plan.count = 0;
    make();
    assert_int_equal(policy_word(course_policy(course), &now), POLICY_OVER);
    assert_int_equal(course_stages(course), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_scope_is_whatever_nodes_are_known_to_be_in),
        TEST(a_limit_is_of_the_size_of_its_scope),
        TEST(many_scopes_are_told_apart),
        TEST(max_unavailable_partition_is_a_share_of_all_its_nodes),
        TEST(max_unavailable_zone_is_of_the_zone_of_the_metadata_service),
        TEST(max_unavailable_placement_is_of_the_placement_group),
        TEST(max_unavailable_leaf_is_of_the_leaf_of_the_setting),
        TEST(skip_leaves_a_node_in_the_fleet),
        TEST(hold_names_nodes_that_are_not_begun),
        TEST(canary_names_nodes_that_go_first),
        TEST(canary_coverage_is_by_what_was_found),
        TEST(order_unhealthy_is_who_is_away_when_it_begins),
        TEST(who_is_of_an_earlier_sequence_keeps_its_batch),
        TEST(the_example_of_the_manual_is_true),
        TEST(a_fleet_of_nobody_has_a_course),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
