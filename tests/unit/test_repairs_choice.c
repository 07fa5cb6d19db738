#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/repairs/repairs_choice.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static struct repairs_seen seen;

static int set_up(void **state)
{
    (void)state;
    seen = (struct repairs_seen){.view = REPAIRS_RUNNING};
    return 0;
}

static void assert_sent(struct repairs_choice c)
{
    assert_true(c.sends);
    assert_int_equal(c.end, REPAIRS_DID);
}

static void assert_left(struct repairs_choice c, enum repairs_end end)
{
    assert_false(c.sends);
    assert_int_equal(c.end, end);
}

/* ---- suspending -------------------------------------------------------------------------- */

static void what_runs_is_suspended(void **state)
{
    (void)state;
    assert_sent(repairs_choose_suspend(&seen));
    seen.ours = REPAIRS_ASKED; /* a controller was killed before it could ask */
    assert_sent(repairs_choose_suspend(&seen));
}

static void what_somebody_else_has_suspended_is_not_ours(void **state)
{
    (void)state;
    seen.view = REPAIRS_SUSPENDED;
    assert_left(repairs_choose_suspend(&seen), REPAIRS_THEIRS);
}

static void what_another_run_of_ours_holds_is_shared(void **state)
{
    (void)state;
    seen.view = REPAIRS_SUSPENDED;
    seen.others_stay = true;
    assert_left(repairs_choose_suspend(&seen), REPAIRS_ALREADY);
}

static void who_resumes_at_this_moment_is_not_relied_upon(void **state)
{
    (void)state;
    seen.view = REPAIRS_SUSPENDED;
    seen.others_leave = true;
    assert_sent(repairs_choose_suspend(&seen));
    seen.others_leave = false;
    seen.ours = REPAIRS_LEAVING; /* we ourselves, before we were killed */
    assert_sent(repairs_choose_suspend(&seen));
}

static void a_set_without_repairs_is_left_alone(void **state)
{
    (void)state;
    seen.view = REPAIRS_OFF;
    assert_left(repairs_choose_suspend(&seen), REPAIRS_NONE);
    assert_left(repairs_choose_resume(&seen), REPAIRS_NONE);
}

static void what_azure_does_not_tell_only_the_operator_suspends(void **state)
{
    (void)state;
    seen.view = REPAIRS_UNTOLD;
    assert_left(repairs_choose_suspend(&seen), REPAIRS_UNKNOWN);
    seen.insists = true;
    assert_sent(repairs_choose_suspend(&seen));
}

/* ---- resuming ------------------------------------------------------------------------------ */

static void only_what_we_suspended_is_resumed(void **state)
{
    (void)state;
    seen.view = REPAIRS_SUSPENDED;
    assert_left(repairs_choose_resume(&seen), REPAIRS_THEIRS);
    seen.ours = REPAIRS_HELD;
    assert_sent(repairs_choose_resume(&seen));
    seen.view = REPAIRS_UNTOLD;
    assert_sent(repairs_choose_resume(&seen));
}

static void the_last_run_that_holds_them_resumes(void **state)
{
    (void)state;
    seen.view = REPAIRS_SUSPENDED;
    seen.ours = REPAIRS_HELD;
    seen.others_stay = true;
    assert_left(repairs_choose_resume(&seen), REPAIRS_SHARED);
    seen.others_stay = false;
    seen.others_leave = true; /* both send: it is the same twice */
    assert_sent(repairs_choose_resume(&seen));
}

static void what_somebody_has_resumed_before_us_runs(void **state)
{
    (void)state;
    seen.ours = REPAIRS_HELD;
    assert_left(repairs_choose_resume(&seen), REPAIRS_ALREADY);
}

static void what_was_asked_before_a_kill_may_still_come(void **state)
{
    (void)state;
    seen.ours = REPAIRS_ASKED;
    assert_sent(repairs_choose_resume(&seen));
    seen.ours = REPAIRS_LEAVING;
    assert_sent(repairs_choose_resume(&seen));
}

/* ---- reading -------------------------------------------------------------------------------- */

static enum repairs_view read_view(const char *text)
{
    CLEANUP(json_done) struct json *doc = NULL;

    assert_int_equal(json_parse(text, strlen(text), &doc, NULL), 0);
    return repairs_read_view(doc);
}

#define SERVICE(state)                                                         \
    "{\"orchestrationServices\":[{\"serviceName\":\"Other\",\"serviceState\":" \
    "\"Running\"},"                                                            \
    "{\"serviceName\":\"AutomaticRepairs\",\"serviceState\":\"" state "\"}]}"

static void the_state_is_that_of_the_repairs(void **state)
{
    (void)state;
    assert_int_equal(read_view(SERVICE("Running")), REPAIRS_RUNNING);
    assert_int_equal(read_view(SERVICE("Suspended")), REPAIRS_SUSPENDED);
    assert_int_equal(read_view(SERVICE("NotRunning")), REPAIRS_OFF);
    assert_int_equal(read_view("{}"), REPAIRS_OFF);
    assert_int_equal(read_view("{\"orchestrationServices\":[7,{}]}"), REPAIRS_OFF);
}

static void a_mark_is_known_by_its_name(void **state)
{
    (void)state;
    for (int m = REPAIRS_ASKED; m < REPAIRS_MARKS; m++)
        assert_int_equal(repairs_mark_of(repairs_mark_name((enum repairs_mark)m)), m);
    assert_int_equal(repairs_mark_of("none"), REPAIRS_NO_NOTE);
    assert_int_equal(repairs_mark_of(""), REPAIRS_NO_NOTE);
}

#define RUN(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(what_runs_is_suspended),
        RUN(what_somebody_else_has_suspended_is_not_ours),
        RUN(what_another_run_of_ours_holds_is_shared),
        RUN(who_resumes_at_this_moment_is_not_relied_upon),
        RUN(a_set_without_repairs_is_left_alone),
        RUN(what_azure_does_not_tell_only_the_operator_suspends),
        RUN(only_what_we_suspended_is_resumed),
        RUN(the_last_run_that_holds_them_resumes),
        RUN(what_somebody_has_resumed_before_us_runs),
        RUN(what_was_asked_before_a_kill_may_still_come),
        RUN(the_state_is_that_of_the_repairs),
        RUN(a_mark_is_known_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
