/* fakes: scratch_node */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/kept.h"
#include "node-agent/install/ledger.h"
#include "node-agent/install/unit.h"
#include "node-agent/install/worker.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/steps.h"
#include "tests/fake/scratch_node.h"

/* The ledger says that memlock is to be set, by this attempt. */
static void intend(const struct home *h, int attempt)
{
    struct steps steps = {0};
    struct ledger_entry e = {.run = "r1",
                             .step = "memlock-1",
                             .state = LEDGER_INTENT,
                             .attempt = attempt};
    struct fail why;

    assert_int_equal(steps_add(&steps, STEP_MEMLOCK, NULL, 0, &why), 0);
    e.what = steps_encode(&steps);
    assert_int_equal(ledger_append(h, &e, &why), 0);
    ledger_clear(&e);
    steps_clear(&steps);
}

static enum ledger_state state_now(const struct home *h)
{
    CLEANUP(ledger_clear) struct ledger_entry e = {0};
    struct fail why;

    assert_int_equal(ledger_last(h, "r1", "memlock-1", &e, &why), 0);
    return e.state;
}

static bool is_set(const struct home *h)
{
    char path[HOME_PATH_MAX_BYTES];

    assert_int_equal(home_in_root(h, path, NULL, "%s", KEPT_MEMLOCK_FILE), 0);
    return access(path, F_OK) == 0;
}

static void take_back(const struct home *h)
{
    char path[HOME_PATH_MAX_BYTES];

    assert_int_equal(home_in_root(h, path, NULL, "%s", KEPT_MEMLOCK_FILE), 0);
    assert_int_equal(unlink(path), 0);
}

static void what_is_intended_is_done(void **state)
{
    struct fail why;

    intend(*state, 1);
    assert_int_equal(worker_run(*state, "r1", "memlock-1", 1, &why), 0);
    assert_true(is_set(*state));
    assert_int_equal(state_now(*state), LEDGER_DONE);
}

static void what_was_so_is_already(void **state)
{
    struct fail why;

    intend(*state, 1);
    assert_int_equal(worker_run(*state, "r1", "memlock-1", 1, &why), 0);
    intend(*state, 2);
    assert_int_equal(worker_run(*state, "r1", "memlock-1", 2, &why), 0);
    assert_int_equal(state_now(*state), LEDGER_ALREADY);
}

static void a_step_that_another_unit_works_on_is_left_to_it(void **state)
{
    struct fail why;
    int lock = unit_hold(*state, "r1", "memlock-1");

    assert_true(lock >= 0);
    assert_true(unit_is_alive(*state, "r1", "memlock-1"));
    intend(*state, 1);
    assert_int_equal(worker_run(*state, "r1", "memlock-1", 1, &why), 0);
    assert_false(is_set(*state));
    assert_int_equal(state_now(*state), LEDGER_INTENT);
    close(lock);
    assert_false(unit_is_alive(*state, "r1", "memlock-1"));
}

/* An agent that looks whether the unit lives has its lock for a moment. */
static void a_glance_at_its_lock_does_not_stop_a_unit(void **state)
{
    struct fail why;
    int lock = unit_hold(*state, "r1", "memlock-1");
    pid_t looker;

    assert_true(lock >= 0);
    intend(*state, 1);
    looker = fork();
    if (looker == 0) {
        poll(NULL, 0, 50);
        _exit(0); /* and with it the lock, which it has inherited */
    }
    close(lock);
    assert_true(unit_is_alive(*state, "r1", "memlock-1"));
    assert_int_equal(worker_run(*state, "r1", "memlock-1", 1, &why), 0);
    assert_int_equal(waitpid(looker, NULL, 0), looker);
    assert_true(is_set(*state));
}

static void two_that_look_do_not_see_each_other(void **state)
{
    char path[HOME_PATH_MAX_BYTES];
    int other;

    assert_false(unit_is_alive(*state, "r1", "memlock-1"));
    assert_int_equal(home_in_state(*state, path, NULL, "/locks/step.r1.memlock-1"), 0);
    other = open(path, O_RDWR);
    assert_int_equal(flock(other, LOCK_SH | LOCK_NB), 0);
    assert_false(unit_is_alive(*state, "r1", "memlock-1"));
    close(other);
}

static void a_unit_that_starts_twice_takes_the_step_once(void **state)
{
    struct fail why;

    intend(*state, 1);
    assert_int_equal(worker_run(*state, "r1", "memlock-1", 1, &why), 0);
    take_back(*state);
    assert_int_equal(worker_run(*state, "r1", "memlock-1", 1, &why), 0);
    assert_false(is_set(*state));
}

static void a_unit_of_an_earlier_attempt_does_nothing(void **state)
{
    struct fail why;

    intend(*state, 1);
    intend(*state, 2);
    assert_int_equal(worker_run(*state, "r1", "memlock-1", 1, &why), 0);
    assert_false(is_set(*state));
}

static void nobody_names_a_file_elsewhere(void **state)
{
    struct fail why;

    assert_int_equal(worker_run(*state, "../r1", "memlock-1", 1, &why), -1);
    assert_int_equal(worker_run(*state, "r1", "../../memlock", 1, &why), -1);
    assert_int_equal(why.code, FAIL_USAGE);
}

int main(void)
{
#define ON_A_NODE(test) \
    cmocka_unit_test_setup_teardown(test, scratch_node_make, scratch_node_drop)
    const struct CMUnitTest tests[] = {
        ON_A_NODE(what_is_intended_is_done),
        ON_A_NODE(what_was_so_is_already),
        ON_A_NODE(a_step_that_another_unit_works_on_is_left_to_it),
        ON_A_NODE(a_glance_at_its_lock_does_not_stop_a_unit),
        ON_A_NODE(two_that_look_do_not_see_each_other),
        ON_A_NODE(a_unit_that_starts_twice_takes_the_step_once),
        ON_A_NODE(a_unit_of_an_earlier_attempt_does_nothing),
        ON_A_NODE(nobody_names_a_file_elsewhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
