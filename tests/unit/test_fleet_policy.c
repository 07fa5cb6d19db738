#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "inventory/fleet_policy.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static struct arena arena;
static struct fleet_policy policy;

static int setup(void **state)
{
    (void)state;
    fleet_policy_init(&policy);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void accepts(enum policy_key key, const char *value)
{
    struct fail why = {.code = FAIL_NONE};

    if (fleet_policy_set(&policy, key, value, &arena, &why) < 0)
        fail_msg("%s", why.text);
    assert_string_equal(fleet_policy_text(&policy, key), value);
}

/* With the whole sentence, and nothing changes. */
static void refuses(enum policy_key key, const char *value)
{
    struct fail why = {.code = FAIL_NONE};
    struct fleet_policy before;
    char wanted[sizeof why.text];

    memcpy(&before, &policy, sizeof before);
    if (fleet_policy_set(&policy, key, value, &arena, &why) == 0)
        fail_msg("%s = '%s' is accepted", policy_key_name(key), value);
    assert_int_equal(why.code, FAIL_FLEET_FILE);
    snprintf(wanted, sizeof wanted, "%s is %s, not '%s'", policy_key_name(key),
             policy_key_what(key), value);
    assert_string_equal(why.text, wanted);
    assert_memory_equal(&before, &policy, sizeof policy);
}

#define REFUSES(key, ...)                                                          \
    for (const char *const *v = (const char *const[]){__VA_ARGS__, NULL}; *v; v++) \
    refuses(key, *v)

static bool is_share(const struct share *s, unsigned n, bool of_hundred)
{
    return s->n == n && s->of_hundred == of_hundred;
}

/* ---- the table itself ------------------------------------------------------------------------- */

static void every_key_is_described_whole(void **state)
{
    (void)state;
    for (int k = 0; k < POLICY_KEYS; k++) {
        enum policy_key key = (enum policy_key)k;
        const char *const texts[] = {policy_key_name(key),
                                     policy_key_what(key),
                                     policy_key_default(key),
                                     policy_key_meaning(key),
                                     policy_key_example(key),
                                     policy_key_example_meaning(key)};

        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            assert_true(texts[i] && *texts[i]);
        assert_true(strspn(texts[0], "abcdefghijklmnopqrstuvwxyz_") == strlen(texts[0]));
        assert_true(texts[3][strlen(texts[3]) - 1] != '.'); /* the manual puts it */
    }
}

static void every_key_is_found_by_its_name_and_no_other(void **state)
{
    enum policy_key found;
    struct fail why;

    (void)state;
    for (int k = 0; k < POLICY_KEYS; k++) {
        assert_int_equal(fleet_policy_find(policy_key_name((enum policy_key)k), &found,
                                           &why),
                         0);
        assert_int_equal(found, k);
    }
    assert_int_equal(fleet_policy_find("max_unavailble", &found, &why), -1);
    assert_int_equal(why.code, FAIL_FLEET_FILE);
    assert_string_equal(
        why.text, "unknown policy 'max_unavailble' (did you mean 'max_unavailable'?)");
    assert_int_equal(fleet_policy_find("", &found, &why), -1);
    assert_int_equal(fleet_policy_find("zzzzzzzz", &found, &why), -1);
    assert_string_equal(why.text, "unknown policy 'zzzzzzzz'");
}

static void a_default_may_be_said(void **state)
{
    (void)state;
    for (int k = 0; k < POLICY_KEYS; k++)
        accepts((enum policy_key)k, policy_key_default((enum policy_key)k));
}

static void an_example_is_accepted_and_is_not_the_default(void **state)
{
    (void)state;
    for (int k = 0; k < POLICY_KEYS; k++) {
        enum policy_key key = (enum policy_key)k;

        accepts(key, policy_key_example(key));
        assert_string_not_equal(policy_key_example(key), policy_key_default(key));
    }
}

static void what_was_not_said_is_told_as_the_default(void **state)
{
    (void)state;
    for (int k = 0; k < POLICY_KEYS; k++)
        assert_string_equal(fleet_policy_text(&policy, (enum policy_key)k),
                            policy_key_default((enum policy_key)k));
}

/* A value outlives the buffer it came in. */
static void a_value_is_copied(void **state)
{
    char value[] = "/etc/veto";

    (void)state;
    accepts(POLICY_VETO, value);
    memset(value, 'x', sizeof value - 1);
    assert_string_equal(policy.veto, "/etc/veto");
    assert_string_equal(fleet_policy_text(&policy, POLICY_VETO), "/etc/veto");
}

/* ---- each key ----------------------------------------------------------------------------------- */

static void canary_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.canary, CANARY_NONE);
    accepts(POLICY_CANARY, "coverage");
    assert_int_equal(policy.canary, CANARY_COVERAGE);
    accepts(POLICY_CANARY, "3");
    assert_true(policy.canary == CANARY_COUNT && policy.canary_count == 3);
    accepts(POLICY_CANARY, "ib[1-2],@rack1");
    assert_int_equal(policy.canary, CANARY_HOSTS);
    assert_string_equal(policy.canary_hosts, "ib[1-2],@rack1");
    accepts(POLICY_CANARY, "none");
    assert_int_equal(policy.canary, CANARY_NONE);
    REFUSES(POLICY_CANARY, "", "0", "100001", "00000000001"); /* no host is called so */
}

static void promote_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.promote, PROMOTE_AUTO);
    accepts(POLICY_PROMOTE, "manual");
    assert_int_equal(policy.promote, PROMOTE_MANUAL);
    REFUSES(POLICY_PROMOTE, "", "Manual", "yes", "auto ");
}

static void soak_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.soak_ms, 0);
    accepts(POLICY_SOAK, "10m");
    assert_int_equal(policy.soak_ms, 600000);
    accepts(POLICY_SOAK, "0s");
    REFUSES(POLICY_SOAK, "", "m", "10 m", "10ms", "1.5h", "-1s", "367d", "1w",
            "1000000000s");
}

static void ramp_is_read(void **state)
{
    (void)state;
    assert_true(policy.ramp_count == 1 && is_share(&policy.ramp[0], 100, true));
    accepts(POLICY_RAMP, "1, 1%,5% ,  20%");
    assert_int_equal(policy.ramp_count, 4);
    assert_true(is_share(&policy.ramp[0], 1, false));
    assert_true(is_share(&policy.ramp[1], 1, true));
    assert_true(is_share(&policy.ramp[2], 5, true));
    assert_true(is_share(&policy.ramp[3], 20, true));
    accepts(POLICY_RAMP, "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1");
    assert_int_equal(policy.ramp_count, POLICY_RAMP_MAX);
    REFUSES(POLICY_RAMP, "", ",", "1,", ",1", "1,,2", "0", "5,0%", "101%", "1 2", "x",
            "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "0000000000000001");
}

static void window_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.window, 32);
    accepts(POLICY_WINDOW, "1024");
    assert_int_equal(policy.window, FLEET_MAX_WINDOW);
    REFUSES(POLICY_WINDOW, "", "0", "1025", "5%", "-1", "one");
}

static void a_limit_of_unavailability(enum policy_key key, enum policy_scope scope)
{
    assert_true(is_share(&policy.max_unavailable[scope], 100, true));
    accepts(key, "10%");
    assert_true(is_share(&policy.max_unavailable[scope], 10, true));
    accepts(key, "1");
    REFUSES(key, "", "0", "0%", "101%", "100001", "none");
}

static void max_unavailable_is_read(void **state)
{
    (void)state;
    a_limit_of_unavailability(POLICY_MAX_UNAVAILABLE, POLICY_OF_FLEET);
}

static void max_unavailable_partition_is_read(void **state)
{
    (void)state;
    a_limit_of_unavailability(POLICY_MAX_UNAVAILABLE_PARTITION, POLICY_OF_PARTITION);
}

static void max_unavailable_zone_is_read(void **state)
{
    (void)state;
    a_limit_of_unavailability(POLICY_MAX_UNAVAILABLE_ZONE, POLICY_OF_ZONE);
}

static void max_unavailable_placement_is_read(void **state)
{
    (void)state;
    a_limit_of_unavailability(POLICY_MAX_UNAVAILABLE_PLACEMENT, POLICY_OF_PLACEMENT);
}

static void max_unavailable_leaf_is_read(void **state)
{
    (void)state;
    a_limit_of_unavailability(POLICY_MAX_UNAVAILABLE_LEAF, POLICY_OF_LEAF);
}

static void max_failures_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.max_failures, POLICY_MAX_FAILED);
    accepts(POLICY_MAX_FAILURES, "0");
    assert_int_equal(policy.max_failures, 0);
    REFUSES(POLICY_MAX_FAILURES, "", "-1", "100001", "5%");
}

static void budget_upgraded_is_read(void **state)
{
    (void)state;
    assert_true(is_share(&policy.budget_upgraded, 100, true));
    accepts(POLICY_BUDGET_UPGRADED, "0");
    accepts(POLICY_BUDGET_UPGRADED, "5%");
    assert_true(is_share(&policy.budget_upgraded, 5, true));
    REFUSES(POLICY_BUDGET_UPGRADED, "", "%", "101%", "-5%");
}

static void budget_fleet_is_read(void **state)
{
    (void)state;
    assert_true(is_share(&policy.budget_fleet, 100, true));
    accepts(POLICY_BUDGET_FLEET, "0%");
    assert_true(is_share(&policy.budget_fleet, 0, true));
    REFUSES(POLICY_BUDGET_FLEET, "", "101%", "lots");
}

static void consecutive_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.consecutive, 3);
    accepts(POLICY_CONSECUTIVE, "0");
    assert_int_equal(policy.consecutive, 0);
    REFUSES(POLICY_CONSECUTIVE, "", "none", "100001");
}

static void same_failure_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.same_failure, 3);
    accepts(POLICY_SAME_FAILURE, "1");
    assert_int_equal(policy.same_failure, 1);
    REFUSES(POLICY_SAME_FAILURE, "", "2%", "-1");
}

static void healthy_deadline_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.healthy_ms, 0);
    accepts(POLICY_HEALTHY_DEADLINE, "45m");
    assert_int_equal(policy.healthy_ms, 45 * 60000);
    REFUSES(POLICY_HEALTHY_DEADLINE, "", "45 m", "never");
}

static void progress_deadline_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.progress_ms, 0);
    accepts(POLICY_PROGRESS_DEADLINE, "366d");
    assert_true(policy.progress_ms == 366ull * 86400000);
    REFUSES(POLICY_PROGRESS_DEADLINE, "", "2hours");
}

/* What is waited for no time at all would only ever be paused, or passed over. */
static void wait_deadline_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.wait_ms, 12 * 3600000);
    accepts(POLICY_WAIT_DEADLINE, "1s");
    assert_int_equal(policy.wait_ms, 1000);
    REFUSES(POLICY_WAIT_DEADLINE, "", "0s", "0", "none");
}

static void hours_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.hours.count, 0);
    accepts(POLICY_HOURS, "Mon-Fri 20:00-06:00, Sat, Sun");
    assert_int_equal(policy.hours.count, 3);
    REFUSES(POLICY_HOURS, "", "nights", "Mon, 20:00-22:00", "20-06");
}

static void an_absolute_path(enum policy_key key, const char *const *field)
{
    assert_null(*field);
    accepts(key, "/usr/local/bin/a b");
    assert_string_equal(*field, "/usr/local/bin/a b");
    accepts(key, "none");
    assert_null(*field);
    REFUSES(key, "", "true", "./veto", "~/veto");
}

static void veto_is_read(void **state)
{
    (void)state;
    an_absolute_path(POLICY_VETO, &policy.veto);
}

static void order_is_read(void **state)
{
    (void)state;
    assert_true(policy.order_count == 2 && policy.order[0] == ORDER_UNHEALTHY &&
                policy.order[1] == ORDER_SPREAD);
    accepts(POLICY_ORDER, "name,spread , unhealthy");
    assert_true(policy.order_count == 3 && policy.order[0] == ORDER_NAME);
    accepts(POLICY_ORDER, "name");
    assert_int_equal(policy.order_count, 1);
    REFUSES(POLICY_ORDER, "", "random", "name,name", "name,",
            "name,spread,unhealthy,name", "name spread");
}

static void hold_is_read(void **state)
{
    (void)state;
    assert_null(policy.hold);
    accepts(POLICY_HOLD, "ib[1-3],@debug");
    assert_string_equal(policy.hold, "ib[1-3],@debug");
    accepts(POLICY_HOLD, "none");
    assert_null(policy.hold);
    REFUSES(POLICY_HOLD, "");
}

static void skip_is_read(void **state)
{
    (void)state;
    assert_null(policy.skip);
    accepts(POLICY_SKIP, "login[1-2]");
    assert_string_equal(policy.skip, "login[1-2]");
    REFUSES(POLICY_SKIP, "");
}

static void on_failure_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.on_failure, ON_FAILURE_LEAVE);
    accepts(POLICY_ON_FAILURE, "rollback");
    assert_int_equal(policy.on_failure, ON_FAILURE_ROLLBACK);
    accepts(POLICY_ON_FAILURE, "undrain");
    assert_int_equal(policy.on_failure, ON_FAILURE_UNDRAIN);
    REFUSES(POLICY_ON_FAILURE, "", "leave", "none");
}

static void scheduler_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.scheduler, POLICY_SCHEDULER_AUTO);
    accepts(POLICY_SCHEDULER, "none");
    assert_int_equal(policy.scheduler, POLICY_SCHEDULER_NONE);
    accepts(POLICY_SCHEDULER, "slurm");
    assert_int_equal(policy.scheduler, POLICY_SCHEDULER_SLURM);
    accepts(POLICY_SCHEDULER, "/etc/ibfleet/pbs");
    assert_int_equal(policy.scheduler, POLICY_SCHEDULER_PROGRAM);
    assert_string_equal(policy.scheduler_program, "/etc/ibfleet/pbs");
    REFUSES(POLICY_SCHEDULER, "", "pbs", "Slurm");
}

static void strategy_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.strategy, STRATEGY_DRAIN);
    accepts(POLICY_STRATEGY, "when-idle");
    assert_int_equal(policy.strategy, STRATEGY_WHEN_IDLE);
    accepts(POLICY_STRATEGY, "reservation");
    assert_int_equal(policy.strategy, STRATEGY_RESERVATION);
    REFUSES(POLICY_STRATEGY, "", "idle");
}

static void drain_deadline_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.drain_ms, 86400000);
    accepts(POLICY_DRAIN_DEADLINE, "4h");
    assert_int_equal(policy.drain_ms, 4 * 3600000);
    REFUSES(POLICY_DRAIN_DEADLINE, "", "0s", "forever");
}

static void on_timeout_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.on_timeout, ON_TIMEOUT_SKIP);
    accepts(POLICY_ON_TIMEOUT, "fail");
    assert_int_equal(policy.on_timeout, ON_TIMEOUT_FAIL);
    accepts(POLICY_ON_TIMEOUT, "force");
    assert_int_equal(policy.on_timeout, ON_TIMEOUT_FORCE);
    REFUSES(POLICY_ON_TIMEOUT, "", "kill");
}

static void reboot_by_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.reboot_by_scheduler, 0);
    accepts(POLICY_REBOOT_BY, "scheduler");
    assert_int_equal(policy.reboot_by_scheduler, 1);
    REFUSES(POLICY_REBOOT_BY, "", "slurm");
}

static void fabric_check_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.fabric_check, 0);
    accepts(POLICY_FABRIC_CHECK, "yes");
    assert_int_equal(policy.fabric_check, 1);
    REFUSES(POLICY_FABRIC_CHECK, "", "true", "1");
}

static void references_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.references, 2);
    accepts(POLICY_REFERENCES, "0");
    accepts(POLICY_REFERENCES, "16");
    assert_int_equal(policy.references, 16);
    REFUSES(POLICY_REFERENCES, "", "17", "ib1");
}

static void before_node_is_read(void **state)
{
    (void)state;
    an_absolute_path(POLICY_BEFORE_NODE, &policy.before_node);
}

static void after_node_is_read(void **state)
{
    (void)state;
    an_absolute_path(POLICY_AFTER_NODE, &policy.after_node);
}

static void before_batch_is_read(void **state)
{
    (void)state;
    an_absolute_path(POLICY_BEFORE_BATCH, &policy.before_batch);
}

static void after_batch_is_read(void **state)
{
    (void)state;
    an_absolute_path(POLICY_AFTER_BATCH, &policy.after_batch);
}

static void hook_deadline_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.hook_ms, 60000);
    accepts(POLICY_HOOK_DEADLINE, "10m");
    REFUSES(POLICY_HOOK_DEADLINE, "", "0", "0d");
}

static void metrics_is_read(void **state)
{
    (void)state;
    assert_null(policy.metrics);
    accepts(POLICY_METRICS, "/var/lib/ibfleet.prom");
    assert_string_equal(policy.metrics, "/var/lib/ibfleet.prom");
    REFUSES(POLICY_METRICS, "", "ibfleet.prom", "/var/lib/ibfleet",
            "/var/lib/ibfleet.prom2");
}

static void log_is_read(void **state)
{
    (void)state;
    assert_int_equal(policy.log, POLICY_LOG_AUTO);
    accepts(POLICY_LOG, "journald");
    assert_int_equal(policy.log, POLICY_LOG_JOURNALD);
    accepts(POLICY_LOG, "none");
    assert_int_equal(policy.log, POLICY_LOG_NONE);
    REFUSES(POLICY_LOG, "", "file", "/var/log/x");
}

/* As people read it, once in full. */
static void a_refusal_says_what_it_may_be(void **state)
{
    struct fail why;

    (void)state;
    assert_int_equal(fleet_policy_set(&policy, POLICY_MAX_UNAVAILABLE_LEAF, "0", &arena,
                                      &why),
                     -1);
    assert_string_equal(
        why.text,
        "max_unavailable_leaf is a number from 1 or a percentage from 1%, not '0'");
    assert_int_equal(fleet_policy_set(&policy, POLICY_DRAIN_DEADLINE, "0s", &arena, &why),
                     -1);
    assert_string_equal(why.text,
                        "drain_deadline is a time from 1s to 366d: 90s, 10m, 2h, "
                        "1d, not '0s'");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void every_key_has_a_test_named_after_it(void **state);

static const struct CMUnitTest tests[] = {
    TEST(every_key_is_described_whole),
    TEST(every_key_is_found_by_its_name_and_no_other),
    TEST(a_default_may_be_said),
    TEST(an_example_is_accepted_and_is_not_the_default),
    TEST(what_was_not_said_is_told_as_the_default),
    TEST(a_value_is_copied),
    TEST(canary_is_read),
    TEST(promote_is_read),
    TEST(soak_is_read),
    TEST(ramp_is_read),
    TEST(window_is_read),
    TEST(max_unavailable_is_read),
    TEST(max_unavailable_partition_is_read),
    TEST(max_unavailable_zone_is_read),
    TEST(max_unavailable_placement_is_read),
    TEST(max_unavailable_leaf_is_read),
    TEST(max_failures_is_read),
    TEST(budget_upgraded_is_read),
    TEST(budget_fleet_is_read),
    TEST(consecutive_is_read),
    TEST(same_failure_is_read),
    TEST(healthy_deadline_is_read),
    TEST(progress_deadline_is_read),
    TEST(wait_deadline_is_read),
    TEST(hours_is_read),
    TEST(veto_is_read),
    TEST(order_is_read),
    TEST(hold_is_read),
    TEST(skip_is_read),
    TEST(on_failure_is_read),
    TEST(scheduler_is_read),
    TEST(strategy_is_read),
    TEST(drain_deadline_is_read),
    TEST(on_timeout_is_read),
    TEST(reboot_by_is_read),
    TEST(fabric_check_is_read),
    TEST(references_is_read),
    TEST(before_node_is_read),
    TEST(after_node_is_read),
    TEST(before_batch_is_read),
    TEST(after_batch_is_read),
    TEST(hook_deadline_is_read),
    TEST(metrics_is_read),
    TEST(log_is_read),
    TEST(a_refusal_says_what_it_may_be),
    TEST(every_key_has_a_test_named_after_it),
};

static void every_key_has_a_test_named_after_it(void **state)
{
    (void)state;
    for (int k = 0; k < POLICY_KEYS; k++) {
        char name[60];
        bool is_there = false;

        snprintf(name, sizeof name, "%s_is_read", policy_key_name((enum policy_key)k));
        for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
            is_there |= strcmp(tests[i].name, name) == 0;
        if (!is_there)
            fail_msg("no test is called %s", name);
    }
}

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
