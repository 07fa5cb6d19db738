#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "controller/rollout/policy.h"
#include "inventory/arena.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"

#define NODES_MAX 24
#define SECOND    1000u
#define HOUR      (3600u * 1000u)

/* A fleet of which all nodes take part in one batch, unless a test says else.  Scope 0 is
 * the fleet, 1 and 2 are partitions.
 */
static struct arena arena;
static struct fleet_policy keys;
static struct policy_node nodes[NODES_MAX];
static size_t scopes[NODES_MAX][3], limits[3];
static const char *const names[] = {"the fleet", "partition a", "partition b"};
static struct policy_rules rules;
static struct policy *policy;
static struct policy_time now;

static int setup(void **state)
{
    (void)state;
    fleet_policy_init(&keys);
    memset(nodes, 0, sizeof nodes);
    for (size_t i = 0; i < NODES_MAX; i++)
        nodes[i] = (struct policy_node){.scopes = scopes[i], .scope_count = 1};
    memset(scopes, 0, sizeof scopes);
    for (size_t s = 0; s < 3; s++)
        limits[s] = NODES_MAX;
    rules = (struct policy_rules){.keys = &keys,
                                  .scope_limits = limits,
                                  .scope_names = names,
                                  .scope_count = 3,
                                  .stage_count = 1};
    now = (struct policy_time){.ms = 1000};
    policy = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    policy_free(policy);
    arena_done(&arena);
    return 0;
}

static void set(enum policy_key key, const char *value)
{
    struct fail why;

    if (fleet_policy_set(&keys, key, value, &arena, &why) < 0)
        fail_msg("%s", why.text);
}

static void start(size_t count)
{
    policy = policy_new(&rules, nodes, count);
    assert_non_null(policy);
}

/* The first `canaries` nodes are stage 0, the rest batches of that size. */
static void stage(size_t count, size_t canaries, size_t batch)
{
    rules.has_canaries = canaries > 0;
    rules.stage_count = canaries > 0;
    for (size_t i = canaries; i < count; i++) {
        nodes[i].stage = rules.has_canaries + (i - canaries) / batch;
        rules.stage_count = nodes[i].stage + 1;
    }
}

/* Those who are begun now, as "0 1 2". */
static const char *begun(void)
{
    static char text[200];
    size_t len = 0;
    long i;

    text[0] = '\0';
    while ((i = policy_next(policy, &now)) >= 0)
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s%ld", len ? " " : "", i);
    return text;
}

#define BEGUN(wanted) assert_string_equal(begun(), wanted)
#define WORD(wanted)  assert_int_equal(policy_word(policy, &now), wanted)

static void ends(size_t i, enum policy_end end)
{
    policy_report(policy, i, end, end == POLICY_WELL ? NULL : "disk-full: no room", &now);
}

static void fails_with(size_t i, const char *signature)
{
    policy_report(policy, i, POLICY_FAILED, signature, &now);
}

static void out(size_t i)
{
    policy_out(policy, i, &now);
}

static void assert_why(const char *wanted)
{
    struct fail why;

    policy_why(policy, &why);
    assert_string_equal(why.text, wanted);
    assert_int_equal(why.code, policy_is_stopped(policy) ? FAIL_BUDGET : FAIL_NOT_NOW);
}

static void assert_no_reason(void)
{
    struct fail why;

    policy_why(policy, &why);
    assert_int_equal(why.code, FAIL_NONE);
}

/* ---- the way of a run ----------------------------------------------------------------------- */

static void a_run_goes_through_all_nodes_in_their_order(void **state)
{
    (void)state;
    start(3);
    assert_int_equal(policy_left(policy), 3);
    WORD(POLICY_NEXT);
    BEGUN("0 1 2");
    WORD(POLICY_WAIT);
    for (size_t i = 0; i < 3; i++)
        ends(i, POLICY_WELL);
    WORD(POLICY_OVER);
    assert_int_equal(policy_left(policy), 0);
    assert_no_reason();
}

static void a_run_of_nobody_is_over(void **state)
{
    (void)state;
    rules.stage_count = 0;
    start(0);
    WORD(POLICY_OVER);
    BEGUN("");
}

static void who_takes_no_part_is_never_begun(void **state)
{
    (void)state;
    nodes[2].stage = nodes[3].stage = POLICY_NO_STAGE;
    start(4);
    policy_set_unavailable(policy, 2, true);
    policy_set_ready(policy, 2, true);
    policy_set_held(policy, 2, false);
    BEGUN("0 1");
    assert_int_equal(policy_left(policy), 0);
}

static void window_is_how_many_are_under_way_at_once(void **state)
{
    (void)state;
    set(POLICY_WINDOW, "2");
    start(5);
    BEGUN("0 1");
    ends(1, POLICY_WELL);
    BEGUN("2");
    ends(0, POLICY_FAILED);
    ends(2, POLICY_SKIPPED);
    BEGUN("3 4");
}

static void ramp_begins_a_batch_when_all_of_the_one_before_have_ended(void **state)
{
    (void)state;
    stage(6, 0, 2);
    start(6);
    BEGUN("0 1");
    assert_int_equal(policy_stage(policy), 0);
    ends(0, POLICY_WELL);
    BEGUN("");
    WORD(POLICY_WAIT);
    ends(1, POLICY_SKIPPED);
    BEGUN("2 3");
    assert_int_equal(policy_stage(policy), 1);
    ends(2, POLICY_WELL);
    ends(3, POLICY_FAILED);
    BEGUN("4 5");
    ends(4, POLICY_WELL);
    ends(5, POLICY_WELL);
    WORD(POLICY_OVER);
    assert_int_equal(policy_stage(policy), 3);
}

/* ---- canaries --------------------------------------------------------------------------------- */

static void canary_goes_first_and_alone(void **state)
{
    (void)state;
    stage(4, 1, 3);
    start(4);
    BEGUN("0");
    WORD(POLICY_WAIT);
    ends(0, POLICY_WELL);
    BEGUN("1 2 3");
}

static void canary_that_failed_ends_it(void **state)
{
    (void)state;
    stage(4, 2, 2);
    start(4);
    BEGUN("0 1");
    fails_with(0, "disk-full: no room");
    assert_true(policy_is_stopped(policy));
    WORD(POLICY_WAIT); /* the other one goes on */
    ends(1, POLICY_WELL);
    BEGUN("");
    WORD(POLICY_OVER);
    assert_why("a canary has failed: disk-full: no room");
}

static void canary_that_failed_ends_it_though_it_was_put_back(void **state)
{
    (void)state;
    stage(3, 1, 2);
    start(3);
    BEGUN("0");
    policy_report(policy, 0, POLICY_RETURNED, NULL, &now);
    BEGUN("");
    assert_why("a canary has failed");
}

/* Its kind was not tried. */
static void canary_that_was_passed_over_wants_a_promote(void **state)
{
    (void)state;
    stage(4, 2, 2);
    start(4);
    BEGUN("0 1");
    ends(0, POLICY_WELL);
    ends(1, POLICY_SKIPPED);
    BEGUN("");
    WORD(POLICY_BLOCKED);
    assert_true(policy_awaits_promote(policy));
    assert_why(
        "1 of 2 canaries are done, the others were passed over or are held; waits for "
        "promote");
    policy_promote(policy);
    BEGUN("2 3");
}

static void canary_that_is_held_wants_a_promote_or_its_turn(void **state)
{
    (void)state;
    stage(3, 1, 2);
    nodes[0].is_held = true;
    start(3);
    WORD(POLICY_BLOCKED);
    assert_true(policy_awaits_promote(policy));
    policy_set_held(policy, 0, false);
    assert_false(policy_awaits_promote(policy));
    BEGUN("0");
    ends(0, POLICY_WELL);
    BEGUN("1 2");
}

static void promote_manual_waits_until_somebody_says_so(void **state)
{
    (void)state;
    set(POLICY_PROMOTE, "manual");
    stage(3, 1, 2);
    start(3);
    BEGUN("0");
    assert_false(policy_awaits_promote(policy));
    ends(0, POLICY_WELL);
    BEGUN("");
    WORD(POLICY_BLOCKED);
    assert_true(policy_awaits_promote(policy));
    assert_why("the canaries are done; waits for promote");
    policy_promote(policy);
    assert_false(policy_awaits_promote(policy));
    BEGUN("1 2");
}

static void promote_said_too_soon_holds_once_the_canaries_have_ended(void **state)
{
    (void)state;
    set(POLICY_PROMOTE, "manual");
    stage(4, 2, 2);
    start(4);
    BEGUN("0 1");
    policy_promote(policy);
    ends(0, POLICY_WELL);
    BEGUN("");
    ends(1, POLICY_WELL);
    BEGUN("2 3");
}

static void promote_does_not_mend_a_canary_that_failed(void **state)
{
    (void)state;
    stage(3, 1, 2);
    start(3);
    BEGUN("0");
    ends(0, POLICY_FAILED);
    policy_promote(policy);
    BEGUN("");
    WORD(POLICY_OVER);
}

static void promote_is_not_waited_for_when_nobody_is_left(void **state)
{
    (void)state;
    set(POLICY_PROMOTE, "manual");
    stage(3, 2, 1);
    nodes[2].is_held = true;
    start(3);
    BEGUN("0 1");
    ends(0, POLICY_WELL);
    ends(1, POLICY_WELL);
    assert_false(policy_awaits_promote(policy));
    WORD(POLICY_OVER);
    assert_no_reason();
}

static void promote_without_canaries_means_nothing(void **state)
{
    (void)state;
    set(POLICY_PROMOTE, "manual");
    stage(4, 0, 2);
    start(4);
    BEGUN("0 1");
    ends(0, POLICY_WELL);
    ends(1, POLICY_WELL);
    BEGUN("2 3");
}

/* ---- unavailable ------------------------------------------------------------------------------ */

static void max_unavailable_counts_those_under_way(void **state)
{
    (void)state;
    limits[0] = 2;
    start(4);
    BEGUN("0 1");
    assert_int_equal(policy_unavailable(policy, 0), 2);
    ends(0, POLICY_WELL);
    assert_int_equal(policy_unavailable(policy, 0), 1);
    BEGUN("2");
}

static void max_unavailable_counts_nodes_down_for_other_causes(void **state)
{
    (void)state;
    limits[0] = 3;
    nodes[5].stage = POLICY_NO_STAGE;
    start(6);
    policy_set_unavailable(policy, 5, true); /* it takes no part */
    policy_set_unavailable(policy, 4, true);
    BEGUN("0 4");
    ends(0, POLICY_WELL);
    policy_set_unavailable(policy, 3, true);
    BEGUN("3");
    policy_set_unavailable(policy, 5, false);
    BEGUN("1");
}

static void max_unavailable_counts_each_node_once(void **state)
{
    (void)state;
    limits[0] = 2;
    start(4);
    BEGUN("0 1");
    policy_set_unavailable(policy, 0, true); /* the scheduler has it drained, for us */
    policy_set_unavailable(policy, 0, true);
    assert_int_equal(policy_unavailable(policy, 0), 2);
    ends(0, POLICY_FAILED); /* and stays out */
    assert_int_equal(policy_unavailable(policy, 0), 2);
    ends(1, POLICY_WELL);
    assert_int_equal(policy_unavailable(policy, 0), 1);
    BEGUN("2");
}

static void max_unavailable_lets_begin_who_is_unavailable_already(void **state)
{
    (void)state;
    limits[0] = 1;
    start(4);
    for (size_t i = 2; i < 4; i++)
        policy_set_unavailable(policy, i, true);
    BEGUN("2 3"); /* 2 are more than 1, but not for us */
    ends(2, POLICY_WELL);
    ends(3, POLICY_WELL);
    BEGUN(""); /* as they were found: nobody has said that they are back */
    policy_set_unavailable(policy, 2, false);
    policy_set_unavailable(policy, 3, false);
    BEGUN("0");
}

static void max_unavailable_says_what_is_full(void **state)
{
    (void)state;
    limits[0] = 2;
    start(4);
    policy_set_unavailable(policy, 3, true);
    nodes[3].is_held = true;
    policy_set_held(policy, 3, true);
    policy_set_unavailable(policy, 2, true);
    policy_set_held(policy, 2, true);
    BEGUN("");
    WORD(POLICY_BLOCKED);
    assert_why("the fleet has as many nodes unavailable as it may: 2 of 4, at most 2");
}

static void max_unavailable_partition_counts_in_each_of_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        nodes[i].scope_count = 2;
        scopes[i][1] = 1 + i / 2; /* 0 and 1 are of a, 2 and 3 of b */
    }
    nodes[1].scope_count = 3; /* and 1 of b, too */
    scopes[1][2] = 2;
    limits[1] = limits[2] = 1;
    start(4);
    BEGUN("0 2");
    ends(0, POLICY_WELL);
    BEGUN(""); /* 1 is in b */
    assert_int_equal(policy_unavailable(policy, 1), 0);
    ends(2, POLICY_WELL);
    BEGUN("1");
    assert_int_equal(policy_unavailable(policy, 2), 1);
    ends(1, POLICY_FAILED);
    WORD(POLICY_BLOCKED);
    assert_why("partition b has as many nodes unavailable as it may: 1 of 3, at most 1");
}

/* What the scheduler said of it meanwhile, we had caused. */
static void who_is_put_back_is_as_it_was_found(void **state)
{
    (void)state;
    limits[0] = 1;
    set(POLICY_BUDGET_FLEET, "0");
    start(3);
    BEGUN("0");
    policy_set_unavailable(policy, 0, true);
    ends(0, POLICY_WELL);
    BEGUN("1");
    policy_set_unavailable(policy, 1, true);
    policy_report(policy, 1, POLICY_RETURNED, NULL, &now);
    BEGUN("2");
    assert_false(policy_is_stopped(policy));
}

/* By an earlier controller, which had drained it. */
static void who_was_drained_before_is_back_when_the_scheduler_says_so(void **state)
{
    (void)state;
    limits[0] = 1;
    start(3);
    policy_set_unavailable(policy, 0, true);
    policy_resume(policy, 0, &now);
    policy_set_unavailable(policy, 0, false);
    ends(0, POLICY_WELL);
    assert_int_equal(policy_unavailable(policy, 0), 0);
    BEGUN("1");
}

static void on_failure_undrain_gives_the_place_back(void **state)
{
    (void)state;
    limits[0] = 1;
    start(4);
    BEGUN("0");
    policy_report(policy, 0, POLICY_RETURNED, "a", &now);
    BEGUN("1");
    policy_report(policy, 1, POLICY_FAILED, "b", &now);
    BEGUN("");
    WORD(POLICY_BLOCKED);
}

/* ---- limits of failures -------------------------------------------------------------------------- */

static void max_failures_stops_it_at_one_more(void **state)
{
    (void)state;
    set(POLICY_MAX_FAILURES, "1");
    set(POLICY_WINDOW, "2");
    start(5);
    BEGUN("0 1");
    ends(0, POLICY_FAILED);
    BEGUN("2");
    ends(1, POLICY_FAILED);
    BEGUN("");
    WORD(POLICY_WAIT); /* 2 goes on */
    ends(2, POLICY_WELL);
    WORD(POLICY_OVER);
    assert_int_equal(policy_left(policy), 2);
    assert_why("2 nodes have failed, more than max_failures = 1");
}

static void budget_upgraded_is_a_share_of_those_that_have_ended(void **state)
{
    (void)state;
    set(POLICY_BUDGET_UPGRADED, "25%");
    set(POLICY_WINDOW, "1");
    start(8);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(policy_next(policy, &now), (long)i);
        ends(i, POLICY_WELL);
    }
    assert_int_equal(policy_next(policy, &now), 3);
    ends(3, POLICY_FAILED); /* 1 of 4 */
    assert_int_equal(policy_next(policy, &now), 4);
    ends(4, POLICY_SKIPPED); /* which is no end of that kind */
    assert_int_equal(policy_next(policy, &now), 5);
    ends(5, POLICY_FAILED); /* 2 of 5 */
    BEGUN("");
    assert_why(
        "2 of 5 nodes that have ended have failed, more than budget_upgraded = 25%");
}

static void budget_fleet_is_looked_at_before_a_node_is_begun(void **state)
{
    (void)state;
    set(POLICY_BUDGET_FLEET, "25%");
    nodes[7].stage = POLICY_NO_STAGE;
    set(POLICY_WINDOW, "1");
    start(8);
    policy_set_unavailable(policy, 7, true);
    policy_set_unavailable(policy, 1, true);
    assert_int_equal(policy_next(policy, &now),
                     0); /* 2 of 8 are no more than a quarter */
    ends(0, POLICY_WELL);
    assert_int_equal(policy_next(policy, &now), 1); /* under way it is not unhealthy */
    policy_set_unavailable(policy, 2, true);
    policy_set_unavailable(policy, 3, true);
    WORD(POLICY_WAIT);
    assert_false(policy_is_stopped(policy)); /* nobody is to be begun just now */
    ends(1, POLICY_WELL);                    /* as it was found */
    BEGUN("");
    assert_why("4 of 8 nodes of the fleet are unhealthy, more than budget_fleet = 25%");
}

static void budget_fleet_counts_who_failed_and_stayed_out(void **state)
{
    (void)state;
    set(POLICY_BUDGET_FLEET, "1");
    start(4);
    assert_int_equal(policy_next(policy, &now), 0);
    policy_report(policy, 0, POLICY_RETURNED, "a", &now);
    assert_int_equal(policy_next(policy, &now), 1);
    policy_report(policy, 1, POLICY_FAILED, "b", &now);
    policy_set_unavailable(policy, 1, true); /* and is counted once */
    assert_int_equal(policy_next(policy, &now), 2);
    policy_report(policy, 2, POLICY_FAILED, "c", &now);
    BEGUN("");
    assert_true(policy_is_stopped(policy));
}

static void consecutive_is_ended_by_one_that_is_done(void **state)
{
    (void)state;
    set(POLICY_CONSECUTIVE, "2");
    set(POLICY_SAME_FAILURE, "0");
    start(6);
    BEGUN("0 1 2 3 4 5");
    ends(0, POLICY_FAILED);
    ends(1, POLICY_WELL);
    ends(2, POLICY_FAILED);
    ends(3, POLICY_SKIPPED);
    assert_false(policy_is_stopped(policy));
    ends(4, POLICY_RETURNED);
    assert_true(policy_is_stopped(policy));
    assert_why("2 nodes in a row have failed (consecutive = 2)");
}

static void same_failure_counts_signatures(void **state)
{
    (void)state;
    set(POLICY_CONSECUTIVE, "0");
    set(POLICY_SAME_FAILURE, "2");
    start(5);
    BEGUN("0 1 2 3 4");
    fails_with(0, "a");
    fails_with(1, "b");
    fails_with(2, NULL);
    fails_with(3, NULL);
    assert_false(policy_is_stopped(policy));
    fails_with(4, "a");
    assert_why("2 nodes have failed in the same way (same_failure = 2): a");
}

static void a_reason_from_outside_stops_it_for_good(void **state)
{
    (void)state;
    set(POLICY_WINDOW, "1");
    start(3);
    assert_int_equal(policy_next(policy, &now), 0);
    policy_stop(policy, "before_batch says no");
    policy_stop(policy, "another one");
    ends(0, POLICY_WELL);
    BEGUN("");
    WORD(POLICY_OVER);
    assert_why("before_batch says no");
}

/* ---- time ------------------------------------------------------------------------------------------ */

static void healthy_deadline_is_told_once(void **state)
{
    (void)state;
    set(POLICY_HEALTHY_DEADLINE, "60s");
    start(2);
    BEGUN("0 1");
    assert_true(policy_look_again_ms(policy, &now) == UINT64_MAX); /* nobody is out */
    out(0);
    now.ms += 50 * SECOND;
    out(1);
    assert_int_equal(policy_look_again_ms(policy, &now), 10 * SECOND + 1);
    now.ms += 10 * SECOND;
    assert_int_equal(policy_overdue(policy, &now), -1);
    now.ms += 1;
    assert_int_equal(policy_overdue(policy, &now), 0);
    assert_int_equal(policy_overdue(policy, &now), -1);
    assert_int_equal(policy_look_again_ms(policy, &now), 50 * SECOND);
    ends(1, POLICY_WELL);
    now.ms += HOUR;
    assert_int_equal(policy_overdue(policy, &now), -1);
    WORD(POLICY_WAIT); /* 0 is under way until it is reported */
}

static void soak_does_not_count_for_deadlines(void **state)
{
    (void)state;
    set(POLICY_HEALTHY_DEADLINE, "60s");
    set(POLICY_PROGRESS_DEADLINE, "60s");
    start(1);
    BEGUN("0");
    out(0);
    now.ms += 30 * SECOND;
    policy_rests(policy, 0, &now);
    policy_rests(policy, 0, &now); /* soaking, then undraining */
    now.ms += 2 * HOUR;
    assert_int_equal(policy_overdue(policy, &now), -1);
    assert_true(policy_look_again_ms(policy, &now) == UINT64_MAX);
    assert_false(policy_is_stopped(policy));
    ends(0, POLICY_WELL);
    WORD(POLICY_OVER);
}

static void progress_deadline_counts_time_at_work_alone(void **state)
{
    (void)state;
    set(POLICY_PROGRESS_DEADLINE, "60s");
    set(POLICY_WINDOW, "4");
    start(7);
    BEGUN("0 1 2 3");
    now.ms += HOUR; /* all of them drain */
    WORD(POLICY_WAIT);
    out(0);
    out(1);
    now.ms += 50 * SECOND;
    assert_int_equal(policy_look_again_ms(policy, &now), 10 * SECOND + 1);
    ends(0, POLICY_WELL);
    BEGUN("4");
    now.ms += 50 * SECOND; /* 1 is at work all the time */
    ends(1, POLICY_FAILED);
    BEGUN("5");
    now.ms += HOUR;
    out(2);
    now.ms += 10 * SECOND;
    WORD(POLICY_WAIT);
    assert_false(policy_is_stopped(policy));
    now.ms += 1;
    WORD(POLICY_WAIT);
    assert_why("no node was done in 60s of work (progress_deadline)");
}

/* Or the caller would look again and again and again. */
static void a_broken_progress_deadline_is_not_looked_at_again(void **state)
{
    (void)state;
    set(POLICY_PROGRESS_DEADLINE, "60s");
    set(POLICY_WINDOW, "2");
    start(3);
    BEGUN("0 1");
    out(0);
    now.ms += HOUR;
    WORD(POLICY_WAIT);
    assert_true(policy_is_stopped(policy));
    assert_true(policy_look_again_ms(policy, &now) == UINT64_MAX);
}

static void hours_keep_new_ones_back_and_let_the_others_go_on(void **state)
{
    (void)state;
    set(POLICY_HOURS, "20:00-22:00");
    set(POLICY_WINDOW, "1");
    now.minute = 21 * 60;
    start(3);
    BEGUN("0");
    now.minute = 22 * 60;
    WORD(POLICY_WAIT);
    ends(0, POLICY_WELL);
    BEGUN("");
    WORD(POLICY_BLOCKED);
    assert_why("outside of the hours 20:00-22:00");
    assert_int_equal(policy_look_again_ms(policy, &now), 60 * SECOND);
    now.minute = 20 * 60;
    BEGUN("1");
}

static void hours_are_the_reason_when_they_are(void **state)
{
    (void)state;
    set(POLICY_HOURS, "20:00-22:00");
    now.minute = 21 * 60;
    limits[0] = 1;
    nodes[2].stage = POLICY_NO_STAGE;
    start(3);
    policy_set_unavailable(policy, 2, true);
    BEGUN("");
    WORD(POLICY_BLOCKED);
    assert_why("the fleet has as many nodes unavailable as it may: 1 of 3, at most 1");
    now.minute = 23 * 60;
    WORD(POLICY_BLOCKED);
    assert_why("outside of the hours 20:00-22:00");
}

static void wait_deadline_is_for_who_waits_for_others(void **state)
{
    (void)state;
    set(POLICY_WAIT_DEADLINE, "1h");
    set(POLICY_VETO, "/etc/veto");
    start(2);
    policy_set_veto(policy, true);
    WORD(POLICY_BLOCKED);
    assert_false(policy_is_tired(policy, &now));
    assert_int_equal(policy_look_again_ms(policy, &now), HOUR);
    now.ms += HOUR - 1;
    WORD(POLICY_BLOCKED);
    assert_int_equal(policy_look_again_ms(policy, &now), 1);
    assert_false(policy_is_tired(policy, &now));
    now.ms += 1;
    WORD(POLICY_BLOCKED);
    assert_true(policy_is_tired(policy, &now));
}

static void wait_deadline_begins_anew_when_somebody_was_under_way(void **state)
{
    (void)state;
    set(POLICY_WAIT_DEADLINE, "1h");
    set(POLICY_WINDOW, "1");
    start(2);
    policy_set_veto(policy, true);
    WORD(POLICY_BLOCKED);
    now.ms += HOUR - 1;
    policy_set_veto(policy, false);
    BEGUN("0");
    policy_set_veto(policy, true);
    ends(0, POLICY_WELL);
    WORD(POLICY_BLOCKED);
    now.ms += HOUR - 1;
    WORD(POLICY_BLOCKED);
    assert_false(policy_is_tired(policy, &now));
}

static void wait_deadline_does_not_count_closed_hours(void **state)
{
    (void)state;
    set(POLICY_WAIT_DEADLINE, "3h");
    set(POLICY_HOURS, "20:00-22:00");
    set(POLICY_PROMOTE, "manual");
    stage(2, 1, 1);
    start(2);
    now.minute = 20 * 60;
    BEGUN("0");
    ends(0, POLICY_WELL);
    WORD(POLICY_BLOCKED);
    assert_int_equal(policy_look_again_ms(policy, &now), 2 * HOUR); /* until they close */
    now.ms += 2 * HOUR;
    now.minute = 22 * 60;
    WORD(POLICY_BLOCKED);
    now.ms += 22 * HOUR;
    now.minute = 20 * 60;
    WORD(POLICY_BLOCKED);
    assert_false(policy_is_tired(policy, &now));
    assert_int_equal(policy_look_again_ms(policy, &now), HOUR); /* two are gone */
    now.ms += HOUR;
    now.minute = 21 * 60;
    WORD(POLICY_BLOCKED);
    assert_true(policy_is_tired(policy, &now));
}

/* ---- what others say ------------------------------------------------------------------------------- */

static void veto_keeps_new_ones_back(void **state)
{
    (void)state;
    set(POLICY_VETO, "/etc/ibfleet/alerts-firing");
    set(POLICY_WINDOW, "1");
    start(2);
    BEGUN("0");
    policy_set_veto(policy, true);
    ends(0, POLICY_WELL);
    BEGUN("");
    WORD(POLICY_BLOCKED);
    assert_why("/etc/ibfleet/alerts-firing says no");
    policy_set_veto(policy, false);
    BEGUN("1");
}

static void hold_keeps_a_node_back_and_nobody_else(void **state)
{
    (void)state;
    stage(4, 0, 2);
    nodes[1].is_held = true;
    start(4);
    BEGUN("0");
    assert_int_equal(policy_held(policy), 1);
    ends(0, POLICY_WELL);
    BEGUN("2 3"); /* its batch does not wait for it */
    ends(2, POLICY_WELL);
    ends(3, POLICY_WELL);
    WORD(POLICY_OVER); /* only it is left */
    assert_int_equal(policy_left(policy), 1);
    assert_int_equal(policy_held(policy), 1);
}

static void hold_that_is_gone_lets_it_begin(void **state)
{
    (void)state;
    set(POLICY_WINDOW, "1");
    nodes[0].is_held = true;
    start(2);
    BEGUN("1");
    policy_set_held(policy, 0, false);
    policy_set_held(policy, 1, true); /* it is under way: nothing happens */
    assert_int_equal(policy_held(policy), 0);
    ends(1, POLICY_WELL);
    BEGUN("0");
    ends(0, POLICY_WELL);
    WORD(POLICY_OVER);
}

/* It is of an earlier batch, which has then not ended. */
static void a_batch_waits_for_one_that_was_held_before(void **state)
{
    (void)state;
    stage(6, 0, 2);
    nodes[1].is_held = true;
    set(POLICY_WINDOW, "2");
    limits[0] = 2;
    start(6);
    BEGUN("0");
    ends(0, POLICY_WELL);
    policy_set_unavailable(policy, 5, true); /* there is room for one */
    BEGUN("2");
    policy_set_held(policy, 1, false);
    assert_int_equal(policy_stage(policy), 0);
    ends(2, POLICY_WELL);
    BEGUN("1");
    policy_set_unavailable(policy, 5, false);
    BEGUN("");
    WORD(POLICY_WAIT);
    ends(1, POLICY_WELL);
    BEGUN("3");
    ends(3, POLICY_WELL);
    BEGUN("4 5");
}

static void strategy_when_idle_begins_who_is_ready(void **state)
{
    (void)state;
    stage(4, 0, 3);
    start(4);
    for (size_t i = 0; i < 4; i++)
        policy_set_ready(policy, i, i == 1 || i == 3);
    BEGUN("1"); /* 3 is of the next batch */
    ends(1, POLICY_WELL);
    WORD(POLICY_BLOCKED);
    assert_why("none of the nodes that are left is idle");
    policy_set_ready(policy, 0, true);
    BEGUN("0");
    ends(0, POLICY_WELL);
    policy_set_ready(policy, 2, true);
    BEGUN("2");
    ends(2, POLICY_WELL);
    BEGUN("3");
}

static void who_holds_the_run_lets_those_under_way_go_on(void **state)
{
    (void)state;
    set(POLICY_WINDOW, "1");
    start(3);
    BEGUN("0");
    policy_hold(policy);
    WORD(POLICY_WAIT);
    ends(0, POLICY_WELL);
    BEGUN("");
    WORD(POLICY_OVER);
    assert_false(policy_is_stopped(policy));
    assert_no_reason();
}

/* ---- references ------------------------------------------------------------------------------------ */

static void references_are_unavailable_and_hold_nobody_up(void **state)
{
    (void)state;
    set(POLICY_WINDOW, "1");
    stage(4, 0, 1);
    limits[0] = 2;
    start(4);
    BEGUN("0");
    assert_true(policy_may_keep(policy, 0));
    policy_keep(policy, 0, &now);
    assert_int_equal(policy_unavailable(policy, 0), 1);
    BEGUN("1"); /* neither batch nor window counts 0 */
    assert_false(policy_may_keep(policy, 1));
    ends(1, POLICY_WELL);
    BEGUN("2");
    ends(2, POLICY_WELL);
    assert_true(policy_needs_kept(policy));
    BEGUN("3");
    assert_true(policy_needs_kept(policy));
    ends(3, POLICY_WELL);
    assert_false(policy_needs_kept(policy));
    WORD(POLICY_WAIT); /* until it is back in service */
    ends(0, POLICY_WELL);
    WORD(POLICY_OVER);
    assert_int_equal(policy_unavailable(policy, 0), 0);
}

static void references_count_as_done_when_they_are_kept(void **state)
{
    (void)state;
    set(POLICY_CONSECUTIVE, "2");
    stage(4, 1, 3);
    start(4);
    BEGUN("0");
    policy_keep(policy, 0, &now);
    BEGUN("1 2 3"); /* a canary that is done */
    ends(1, POLICY_FAILED);
    ends(0, POLICY_WELL); /* back in service, which is no other success */
    ends(2, POLICY_FAILED);
    assert_why("2 nodes in a row have failed (consecutive = 2)");
}

static void references_are_not_needed_once_it_is_stopped(void **state)
{
    (void)state;
    set(POLICY_MAX_FAILURES, "0");
    set(POLICY_WINDOW, "1");
    start(3);
    BEGUN("0");
    policy_keep(policy, 0, &now);
    BEGUN("1");
    ends(1, POLICY_FAILED);
    assert_false(policy_needs_kept(policy));
    WORD(POLICY_WAIT);
    ends(0, POLICY_WELL);
    WORD(POLICY_OVER);
}

/* ---- taken up again -------------------------------------------------------------------------------- */

static void who_was_begun_before_goes_on_and_counts(void **state)
{
    (void)state;
    set(POLICY_WINDOW, "2");
    limits[0] = 2;
    start(4);
    policy_resume(policy, 1, &now);
    policy_resume(policy, 3, &now);
    BEGUN("");
    WORD(POLICY_WAIT);
    assert_int_equal(policy_unavailable(policy, 0), 2);
    ends(1, POLICY_WELL);
    BEGUN("0");
    ends(3, POLICY_WELL);
    BEGUN("2");
}

static void more_than_the_window_may_have_been_under_way(void **state)
{
    (void)state;
    set(POLICY_WINDOW, "1");
    start(4);
    for (size_t i = 0; i < 3; i++)
        policy_resume(policy, i, &now);
    for (size_t i = 0; i < 3; i++) {
        BEGUN("");
        ends(i, POLICY_WELL);
    }
    BEGUN("3");
}

static void what_failed_before_counts(void **state)
{
    (void)state;
    set(POLICY_MAX_FAILURES, "1");
    start(4);
    fails_with(0, "a");
    policy_report(policy, 1, POLICY_WELL, NULL, &now);
    assert_int_equal(policy_left(policy), 2);
    assert_int_equal(policy_unavailable(policy, 0), 1);
    assert_int_equal(policy_next(policy, &now), 2);
    fails_with(2, "b");
    assert_true(policy_is_stopped(policy));
}

static void who_is_begun_though_held_is_held_no_more(void **state)
{
    (void)state;
    stage(3, 0, 2);
    nodes[0].is_held = nodes[1].is_held = true;
    start(3);
    policy_resume(policy, 0, &now);
    assert_int_equal(policy_held(policy), 1);
    BEGUN("");
    ends(0, POLICY_WELL);
    BEGUN("2");
}

/* That the canaries were promoted is seen by who was begun after them. */
static void a_promotion_before_is_not_asked_for_again(void **state)
{
    (void)state;
    set(POLICY_PROMOTE, "manual");
    stage(4, 1, 3);
    start(4);
    policy_report(policy, 0, POLICY_WELL, NULL, &now);
    assert_true(policy_awaits_promote(policy));
    policy_resume(policy, 1, &now);
    assert_false(policy_awaits_promote(policy));
    BEGUN("2 3");
}

static void a_canary_that_failed_before_ends_it(void **state)
{
    (void)state;
    stage(3, 1, 2);
    start(3);
    fails_with(0, "a");
    BEGUN("");
    WORD(POLICY_OVER);
}

static void canaries_that_have_left_the_fleet_hold_nobody_up(void **state)
{
    (void)state;
    rules.has_canaries = true;
    rules.stage_count = 2;
    nodes[0].stage = nodes[1].stage = 1;
    start(2);
    BEGUN("0 1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_run_goes_through_all_nodes_in_their_order),
        TEST(a_run_of_nobody_is_over),
        TEST(who_takes_no_part_is_never_begun),
        TEST(window_is_how_many_are_under_way_at_once),
        TEST(ramp_begins_a_batch_when_all_of_the_one_before_have_ended),
        TEST(canary_goes_first_and_alone),
        TEST(canary_that_failed_ends_it),
        TEST(canary_that_failed_ends_it_though_it_was_put_back),
        TEST(canary_that_was_passed_over_wants_a_promote),
        TEST(canary_that_is_held_wants_a_promote_or_its_turn),
        TEST(promote_manual_waits_until_somebody_says_so),
        TEST(promote_said_too_soon_holds_once_the_canaries_have_ended),
        TEST(promote_does_not_mend_a_canary_that_failed),
        TEST(promote_is_not_waited_for_when_nobody_is_left),
        TEST(promote_without_canaries_means_nothing),
        TEST(max_unavailable_counts_those_under_way),
        TEST(max_unavailable_counts_nodes_down_for_other_causes),
        TEST(max_unavailable_counts_each_node_once),
        TEST(max_unavailable_lets_begin_who_is_unavailable_already),
        TEST(max_unavailable_says_what_is_full),
        TEST(max_unavailable_partition_counts_in_each_of_them),
        TEST(who_is_put_back_is_as_it_was_found),
        TEST(who_was_drained_before_is_back_when_the_scheduler_says_so),
        TEST(on_failure_undrain_gives_the_place_back),
        TEST(max_failures_stops_it_at_one_more),
        TEST(budget_upgraded_is_a_share_of_those_that_have_ended),
        TEST(budget_fleet_is_looked_at_before_a_node_is_begun),
        TEST(budget_fleet_counts_who_failed_and_stayed_out),
        TEST(consecutive_is_ended_by_one_that_is_done),
        TEST(same_failure_counts_signatures),
        TEST(a_reason_from_outside_stops_it_for_good),
        TEST(healthy_deadline_is_told_once),
        TEST(soak_does_not_count_for_deadlines),
        TEST(progress_deadline_counts_time_at_work_alone),
        TEST(a_broken_progress_deadline_is_not_looked_at_again),
        TEST(hours_keep_new_ones_back_and_let_the_others_go_on),
        TEST(hours_are_the_reason_when_they_are),
        TEST(wait_deadline_is_for_who_waits_for_others),
        TEST(wait_deadline_begins_anew_when_somebody_was_under_way),
        TEST(wait_deadline_does_not_count_closed_hours),
        TEST(veto_keeps_new_ones_back),
        TEST(hold_keeps_a_node_back_and_nobody_else),
        TEST(hold_that_is_gone_lets_it_begin),
        TEST(a_batch_waits_for_one_that_was_held_before),
        TEST(strategy_when_idle_begins_who_is_ready),
        TEST(who_holds_the_run_lets_those_under_way_go_on),
        TEST(references_are_unavailable_and_hold_nobody_up),
        TEST(references_count_as_done_when_they_are_kept),
        TEST(references_are_not_needed_once_it_is_stopped),
        TEST(who_was_begun_before_goes_on_and_counts),
        TEST(more_than_the_window_may_have_been_under_way),
        TEST(what_failed_before_counts),
        TEST(who_is_begun_though_held_is_held_no_more),
        TEST(a_promotion_before_is_not_asked_for_again),
        TEST(a_canary_that_failed_before_ends_it),
        TEST(canaries_that_have_left_the_fleet_hold_nobody_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
