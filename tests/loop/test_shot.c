/* fakes: fake_ssh */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <uv.h>

#include "controller/exec/shot.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "tests/fake/fake_ssh.h"

static uv_loop_t loop;
static struct ssh_client *client;
static struct shot *shot;
static int ends, last_status;
static struct fail last_why;
static char heard[32];
static bool stops_at_data;

static const struct fleet_node node = {.name = "ib1", .address = "10.0.0.1", .port = 22};

static void on_running(void *arg)
{
    strcat(arg, "running ");
}

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    struct fail why;

    (void)stream;
    strncat(arg, bytes, len_bytes);
    fail_set(&why, FAIL_FLOOD, "enough");
    if (stops_at_data)
        shot_stop(shot, &why);
}

static void on_ended(void *arg, int status, const struct fail *why)
{
    (void)arg;
    ends++;
    last_status = status;
    last_why = why ? *why : (struct fail){.code = FAIL_NONE};
}

static void begin(uint64_t deadline_ms)
{
    static const struct shot_hooks hooks = {.running = on_running,
                                            .data = on_data,
                                            .ended = on_ended};
    struct shot_order order = {.node = &node,
                               .command = "uname -r",
                               .deadline_ms = deadline_ms};

    fake_ssh_reset();
    heard[0] = '\0';
    ends = 0;
    stops_at_data = false;
    uv_loop_init(&loop);
    client = ssh_client_new();
    shot = shot_start(&loop, client, &order, &hooks, heard);
    assert_non_null(shot);
}

/* Runs to its end, which must come exactly once and leave nothing behind. */
static void finish(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(ends, 1);
    ssh_client_free(client);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static void a_command_runs_says_something_and_ends(void **state)
{
    (void)state;
    begin(0);
    assert_string_equal(fake_ssh_order(fake_ssh_session(1))->command, "uname -r");
    assert_true(fake_ssh_order(fake_ssh_session(1))->no_input);
    fake_ssh_up(fake_ssh_session(1));
    fake_ssh_data(fake_ssh_session(1), SSH_STDOUT, "6.1", 3);
    fake_ssh_ended(fake_ssh_session(1), 3, NULL);
    assert_int_equal(ends, 0); /* not before all is closed */
    finish();
    assert_string_equal(heard, "running 6.1");
    assert_int_equal(last_status, 3);
    assert_int_equal(last_why.code, FAIL_NONE);
}

static void the_deadline_ends_it(void **state)
{
    (void)state;
    begin(20);
    fake_ssh_up(fake_ssh_session(1));
    finish();
    assert_int_equal(last_why.code, FAIL_TIMEOUT);
    assert_int_equal(last_status, SSH_STATUS_UNKNOWN);
}

static void stopped_from_its_own_data_it_hears_no_more(void **state)
{
    (void)state;
    begin(0);
    stops_at_data = true;
    fake_ssh_data(fake_ssh_session(1), SSH_STDOUT, "a", 1);
    fake_ssh_data(fake_ssh_session(1), SSH_STDOUT, "b", 1);
    fake_ssh_ended(fake_ssh_session(1), 0, NULL);
    finish();
    assert_string_equal(heard, "a");
    assert_int_equal(last_why.code, FAIL_FLOOD);
}

static void the_first_reason_counts(void **state)
{
    struct fail first, second;

    (void)state;
    begin(1000);
    fail_set(&first, FAIL_INTERRUPTED, "first");
    fail_set(&second, FAIL_FLOOD, "second");
    shot_stop(shot, &first);
    shot_stop(shot, &second);
    finish();
    assert_int_equal(last_why.code, FAIL_INTERRUPTED);
}

static void a_login_that_fails_says_why(void **state)
{
    struct fail why;

    (void)state;
    begin(0);
    fail_set(&why, FAIL_CONNECT, "Connection refused");
    fake_ssh_ended(fake_ssh_session(1), 0, &why);
    finish();
    assert_int_equal(last_why.code, FAIL_CONNECT);
    assert_string_equal(heard, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_runs_says_something_and_ends),
        cmocka_unit_test(the_deadline_ends_it),
        cmocka_unit_test(stopped_from_its_own_data_it_hears_no_more),
        cmocka_unit_test(the_first_reason_counts),
        cmocka_unit_test(a_login_that_fails_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
