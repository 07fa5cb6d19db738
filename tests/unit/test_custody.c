/* What is to be done with a node, by what a look has seen of it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/scheduler/custody.h"
#include "controller/scheduler/sighting.h"

#define OURS     "ibfleet:R1: driver"
#define DEADLINE 10000
#define RETURN   5000
#define KILL     3000

static struct custody_rules rules;
static struct custody node;
static struct sighting seen;
static struct fail why;
static char reason[200];

static int begin(void **state)
{
    (void)state;
    rules = (struct custody_rules){.strategy = SCHEDULER_DRAIN,
                                   .on_timeout = SCHEDULER_SKIP,
                                   .deadline_ms = DEADLINE,
                                   .return_ms = RETURN,
                                   .kill_wait_ms = KILL,
                                   .prefix = "ibfleet:R1: "};
    node = (struct custody){0};
    seen = (struct sighting){.is_known = true, .reason = reason, .state = reason};
    *reason = '\0';
    return 0;
}

static enum custody_act next(uint64_t now_ms)
{
    return custody_next(&node, &rules, &seen, now_ms, &why);
}

static void drained(const char *text)
{
    seen.is_drained = true;
    strcpy(reason, text);
}

static void in_service(void)
{
    seen.is_drained = seen.is_down = false;
    *reason = '\0';
}

static void take(void)
{
    custody_ask(&node, &rules, CUSTODY_TAKE, 1);
}

static void give(uint64_t now_ms)
{
    custody_ask(&node, &rules, CUSTODY_GIVE, now_ms);
}

/* Drained by us, and told. */
static void hold(void)
{
    take();
    assert_int_equal(next(1), CUSTODY_ACT_DRAIN);
    custody_ordered(&node, CUSTODY_ACT_DRAIN, 1);
    drained(OURS);
    assert_int_equal(next(2), CUSTODY_TAKEN);
}

/* ---- take ---------------------------------------------------------------------------- */

static void a_node_is_taken_when_its_last_job_has_ended(void **state)
{
    (void)state;
    take();
    seen.has_jobs = true;
    assert_int_equal(next(1), CUSTODY_ACT_DRAIN);
    custody_ordered(&node, CUSTODY_ACT_DRAIN, 1);
    drained(OURS);
    assert_int_equal(next(2), CUSTODY_WAIT);
    seen.has_jobs = false;
    assert_int_equal(next(3), CUSTODY_TAKEN);
    assert_int_equal(next(4), CUSTODY_WAIT);
}

/* The order was lost on its way: it is given again. */
static void what_the_look_does_not_see_has_not_happened(void **state)
{
    (void)state;
    take();
    assert_int_equal(next(1), CUSTODY_ACT_DRAIN);
    custody_ordered(&node, CUSTODY_ACT_DRAIN, 1);
    assert_int_equal(next(2), CUSTODY_ACT_DRAIN);
}

static void a_drain_that_never_works_is_a_failure_in_the_end(void **state)
{
    (void)state;
    take();
    assert_int_equal(next(DEADLINE + RETURN), CUSTODY_ACT_DRAIN);
    custody_ordered(&node, CUSTODY_ACT_DRAIN, DEADLINE + RETURN);
    assert_int_equal(next(DEADLINE + RETURN + 1), CUSTODY_NOT_TAKEN);
    assert_int_equal(why.code, FAIL_SCHEDULER_ANSWER);
}

static void a_node_of_somebody_else_is_taken_and_not_drained(void **state)
{
    (void)state;
    take();
    drained("NHC: no ib0");
    seen.has_jobs = true;
    assert_int_equal(next(1), CUSTODY_WAIT);
    seen.has_jobs = false;
    assert_int_equal(next(2), CUSTODY_TAKEN);
    give(3);
    assert_int_equal(next(3), CUSTODY_LEFT);
}

static void another_run_of_ours_is_somebody_else(void **state)
{
    (void)state;
    take();
    drained("ibfleet:R12: driver");
    assert_int_equal(next(1), CUSTODY_TAKEN);
    assert_false(custody_is_ours(&node, &rules, &seen));
}

static void a_node_that_is_down_before_is_left_down(void **state)
{
    (void)state;
    take();
    seen.is_down = true;
    strcpy(reason, "Not responding");
    assert_int_equal(next(1), CUSTODY_TAKEN);
    give(2);
    assert_int_equal(next(2), CUSTODY_LEFT);
}

static void a_stranger_is_taken_at_once(void **state)
{
    (void)state;
    seen.is_known = false;
    take();
    assert_int_equal(next(1), CUSTODY_TAKEN);
    assert_int_equal(next(2), CUSTODY_WAIT);
    give(3);
    assert_int_equal(next(3), CUSTODY_GIVEN);
}

/* An answer without a node that had been there is no licence to take it. */
static void a_node_that_vanishes_is_not_taken(void **state)
{
    (void)state;
    take();
    seen.has_jobs = true;
    assert_int_equal(next(1), CUSTODY_ACT_DRAIN);
    seen = (struct sighting){0};
    assert_int_equal(next(2), CUSTODY_WAIT);
    assert_int_equal(next(DEADLINE + 1), CUSTODY_NOT_TAKEN);
    assert_int_equal(why.code, FAIL_SCHEDULER_ANSWER);
    seen.is_known = true; /* a look that asked for nothing */
    node = (struct custody){0};
    assert_int_equal(next(1), CUSTODY_WAIT);
    seen.is_known = false;
    take();
    assert_int_equal(next(1), CUSTODY_WAIT);
}

static void nothing_is_judged_before_slurm_knows(void **state)
{
    (void)state;
    seen.is_unsettled = true;
    take();
    assert_int_equal(next(1), CUSTODY_WAIT);
    give(2);
    assert_int_equal(next(2), CUSTODY_WAIT);
}

/* ---- strategies, and the deadline ------------------------------------------------------- */

static void when_idle_never_drains_a_node_with_a_job(void **state)
{
    (void)state;
    rules.strategy = SCHEDULER_WHEN_IDLE;
    take();
    seen.has_jobs = true;
    assert_int_equal(next(1), CUSTODY_WAIT);
    seen.has_jobs = false;
    assert_int_equal(next(2), CUSTODY_ACT_DRAIN);
    custody_ordered(&node, CUSTODY_ACT_DRAIN, 2);
    drained(OURS);
    seen.has_jobs = true; /* slipped in */
    assert_int_equal(next(3), CUSTODY_ACT_UNDRAIN);
    in_service();
    assert_int_equal(next(4), CUSTODY_WAIT);
    seen.has_jobs = false;
    assert_int_equal(next(5), CUSTODY_ACT_DRAIN);
}

static void a_reservation_is_made_awaited_and_left_last(void **state)
{
    (void)state;
    rules.strategy = SCHEDULER_RESERVATION;
    take();
    assert_int_equal(next(1), CUSTODY_ACT_RESERVE);
    seen.is_reserved = true;
    assert_int_equal(next(2), CUSTODY_WAIT);
    seen.is_reserved_now = seen.has_jobs = true;
    assert_int_equal(next(3), CUSTODY_WAIT);
    seen.has_jobs = false;
    assert_int_equal(next(4), CUSTODY_ACT_DRAIN);
    custody_ordered(&node, CUSTODY_ACT_DRAIN, 4);
    drained(OURS);
    assert_int_equal(next(5), CUSTODY_TAKEN);
    give(6);
    assert_int_equal(next(6), CUSTODY_ACT_UNDRAIN);
    in_service();
    assert_int_equal(next(7), CUSTODY_ACT_RELEASE);
    seen.is_reserved = seen.is_reserved_now = false;
    assert_int_equal(next(8), CUSTODY_GIVEN);
}

static void at_the_deadline_a_node_is_put_back_before_that_is_told(void **state)
{
    (void)state;
    seen.has_jobs = true;
    take();
    drained(OURS);
    assert_int_equal(next(DEADLINE), CUSTODY_WAIT);
    assert_int_equal(next(DEADLINE + 1), CUSTODY_ACT_UNDRAIN);
    in_service();
    assert_int_equal(next(DEADLINE + 2), CUSTODY_NOT_TAKEN);
    assert_int_equal(why.code, FAIL_SKIPPED);
    rules.on_timeout = SCHEDULER_FAIL;
    take();
    assert_int_equal(next(DEADLINE + 1), CUSTODY_NOT_TAKEN);
    assert_int_equal(why.code, FAIL_JOBS_LEFT);
}

static void only_force_ends_jobs_and_waits_for_their_processes(void **state)
{
    uint64_t late = DEADLINE + 1;

    (void)state;
    rules.on_timeout = SCHEDULER_FORCE;
    seen.has_jobs = true;
    take();
    drained(OURS);
    assert_int_equal(next(late), CUSTODY_ACT_DOWN);
    custody_ordered(&node, CUSTODY_ACT_DOWN, late);
    seen.is_down = true;
    seen.has_jobs = false;
    assert_int_equal(next(late + KILL), CUSTODY_WAIT);
    assert_int_equal(next(late + KILL + CUSTODY_KILL_MARGIN_MS), CUSTODY_TAKEN);
}

static void force_does_not_touch_what_others_have_drained(void **state)
{
    (void)state;
    rules.on_timeout = SCHEDULER_FORCE;
    seen.has_jobs = true;
    take();
    drained("someone");
    assert_int_equal(next(DEADLINE + 1), CUSTODY_NOT_TAKEN);
    assert_int_equal(why.code, FAIL_JOBS_LEFT);
}

static void a_scheduler_that_is_silent_until_the_deadline_fails_by_name(void **state)
{
    struct fail trouble;

    (void)state;
    fail_set(&trouble, FAIL_SCHEDULER_SILENT, "squeue: no answer");
    take();
    assert_int_equal(custody_overdue(&node, DEADLINE, &trouble, &why), CUSTODY_WAIT);
    assert_int_equal(custody_overdue(&node, DEADLINE + 1, &trouble, &why),
                     CUSTODY_NOT_TAKEN);
    assert_string_equal(why.text, "squeue: no answer");
}

/* ---- hold ------------------------------------------------------------------------------- */

static void a_node_that_slips_into_service_is_drained_again(void **state)
{
    (void)state;
    hold();
    in_service();
    assert_true(custody_is_slipping(&node, &seen));
    assert_int_equal(next(3), CUSTODY_ACT_DRAIN);
}

/* "reboot timed out" clears the drain, and ReturnToService=2 would clear DOWN. */
static void a_node_of_ours_that_is_only_down_is_drained_again(void **state)
{
    (void)state;
    hold();
    seen.is_drained = false;
    seen.is_down = true;
    assert_int_equal(next(3), CUSTODY_ACT_DRAIN);
    strcpy(reason, "burnt");
    assert_int_equal(next(3), CUSTODY_WAIT);
}

/* ---- give ------------------------------------------------------------------------------- */

static void a_node_that_slurm_calls_down_after_our_reboot_is_resumed(void **state)
{
    static const char *const own[] = {OURS, OURS " : reboot issued : reboot timed out",
                                      "Node unexpectedly rebooted", "Not responding"};

    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        begin(state);
        hold();
        seen.is_down = true;
        strcpy(reason, own[i]);
        give(3);
        seen.is_silent = true;
        assert_int_equal(next(3), CUSTODY_WAIT); /* not before it has registered */
        seen.is_silent = false;
        assert_int_equal(next(4), CUSTODY_ACT_RESUME);
        in_service();
        seen.is_silent = true;
        assert_int_equal(next(5), CUSTODY_WAIT);
        seen.is_silent = false;
        assert_int_equal(next(6), CUSTODY_GIVEN);
    }
}

static void what_somebody_has_drained_meanwhile_is_left_so(void **state)
{
    (void)state;
    hold();
    strcpy(reason, "a human was here");
    give(3);
    assert_int_equal(next(3), CUSTODY_LEFT);
}

static void out_of_service_right_after_our_undrain_is_a_failure(void **state)
{
    (void)state;
    hold();
    give(3);
    assert_int_equal(next(3), CUSTODY_ACT_UNDRAIN);
    custody_ordered(&node, CUSTODY_ACT_UNDRAIN, 3);
    strcpy(reason, "gres/gpu count reported lower than configured (0 < 8)");
    assert_int_equal(next(4), CUSTODY_NOT_GIVEN);
    assert_int_equal(why.code, FAIL_NOT_BACK);
}

static void a_node_that_does_not_come_back_is_given_up_at_the_deadline(void **state)
{
    (void)state;
    hold();
    give(100);
    seen.is_silent = true;
    assert_int_equal(next(100 + RETURN - 1), CUSTODY_WAIT);
    assert_int_equal(next(100 + RETURN), CUSTODY_NOT_GIVEN);
    assert_int_equal(why.code, FAIL_NOT_BACK);
}

/* ---- reboot ----------------------------------------------------------------------------- */

static void a_reboot_whose_answer_was_lost_is_not_ordered_twice(void **state)
{
    (void)state;
    hold();
    seen.boot_s = 1000;
    custody_ask(&node, &rules, CUSTODY_REBOOT, 3);
    assert_int_equal(next(3), CUSTODY_ACT_REBOOT);
    seen.boot_s = 1001; /* as it varies */
    assert_int_equal(next(4), CUSTODY_ACT_REBOOT);
    seen.boot_s = 1100;
    assert_int_equal(next(5), CUSTODY_REBOOTING);
    custody_ask(&node, &rules, CUSTODY_REBOOT, 6);
    seen.is_rebooting = true;
    assert_int_equal(next(6), CUSTODY_REBOOTING);
}

static void no_node_is_rebooted_under_a_job(void **state)
{
    (void)state;
    hold();
    custody_ask(&node, &rules, CUSTODY_REBOOT, 3);
    seen.has_jobs = true;
    assert_int_equal(next(3), CUSTODY_WAIT);
    assert_int_equal(next(3 + RETURN), CUSTODY_NOT_REBOOTING);
}

/* ---- the journal -------------------------------------------------------------------------- */

static void how_it_was_found_survives_a_restart(void **state)
{
    char text[200];

    (void)state;
    drained("NHC: no ib0");
    custody_found_text(&node, &rules, &seen, text, sizeof text);
    assert_string_equal(text, "drained: NHC: no ib0");
    assert_int_equal(custody_restore(&node, text), 0);
    assert_int_equal(node.found, CUSTODY_OUT);

    begin(state);
    drained(OURS); /* before a restart, by us */
    custody_found_text(&node, &rules, &seen, text, sizeof text);
    assert_string_equal(text, "free");
    assert_int_equal(custody_restore(&node, text), 0);
    seen.is_down = true;
    strcpy(reason, "Node unexpectedly rebooted");
    assert_true(custody_is_ours(&node, &rules, &seen));
    assert_int_equal(custody_restore(&node, "well"), -1);
    assert_int_equal(custody_restore(&node, ""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_node_is_taken_when_its_last_job_has_ended, begin),
        cmocka_unit_test_setup(what_the_look_does_not_see_has_not_happened, begin),
        cmocka_unit_test_setup(a_drain_that_never_works_is_a_failure_in_the_end, begin),
        cmocka_unit_test_setup(a_node_of_somebody_else_is_taken_and_not_drained, begin),
        cmocka_unit_test_setup(another_run_of_ours_is_somebody_else, begin),
        cmocka_unit_test_setup(a_node_that_is_down_before_is_left_down, begin),
        cmocka_unit_test_setup(a_stranger_is_taken_at_once, begin),
        cmocka_unit_test_setup(a_node_that_vanishes_is_not_taken, begin),
        cmocka_unit_test_setup(nothing_is_judged_before_slurm_knows, begin),
        cmocka_unit_test_setup(when_idle_never_drains_a_node_with_a_job, begin),
        cmocka_unit_test_setup(a_reservation_is_made_awaited_and_left_last, begin),
        cmocka_unit_test_setup(at_the_deadline_a_node_is_put_back_before_that_is_told,
                               begin),
        cmocka_unit_test_setup(only_force_ends_jobs_and_waits_for_their_processes, begin),
        cmocka_unit_test_setup(force_does_not_touch_what_others_have_drained, begin),
        cmocka_unit_test_setup(
            a_scheduler_that_is_silent_until_the_deadline_fails_by_name, begin),
        cmocka_unit_test_setup(a_node_that_slips_into_service_is_drained_again, begin),
        cmocka_unit_test_setup(a_node_of_ours_that_is_only_down_is_drained_again, begin),
        cmocka_unit_test_setup(a_node_that_slurm_calls_down_after_our_reboot_is_resumed,
                               begin),
        cmocka_unit_test_setup(what_somebody_has_drained_meanwhile_is_left_so, begin),
        cmocka_unit_test_setup(out_of_service_right_after_our_undrain_is_a_failure,
                               begin),
        cmocka_unit_test_setup(a_node_that_does_not_come_back_is_given_up_at_the_deadline,
                               begin),
        cmocka_unit_test_setup(a_reboot_whose_answer_was_lost_is_not_ordered_twice,
                               begin),
        cmocka_unit_test_setup(no_node_is_rebooted_under_a_job, begin),
        cmocka_unit_test_setup(how_it_was_found_survives_a_restart, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
