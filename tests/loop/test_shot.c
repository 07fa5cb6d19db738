/* fakes: fake_ssh */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "controller/exec/reaper.h"
#include "controller/exec/shot.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "tests/fake/fake_ssh.h"

static uv_loop_t loop;
static struct ssh_client *client;
static struct shot *shot;
static int ends, last_status;
static uint64_t ended_ms;
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
    ended_ms = uv_now(&loop); /* a loop that is closed has no time */
    last_status = status;
    last_why = why ? *why : (struct fail){.code = FAIL_NONE};
}

static bool ends_with_input;

static void begin_with(uint64_t deadline_ms, struct shot_input input)
{
    static const struct shot_hooks hooks = {.running = on_running,
                                            .data = on_data,
                                            .ended = on_ended};
    struct shot_order order = {.node = &node,
                               .command = "uname -r",
                               .input = input,
                               .ends_with_input = ends_with_input,
                               .login_ms = 7000,
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

static void begin(uint64_t deadline_ms)
{
    begin_with(deadline_ms, (struct shot_input){0});
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
    assert_int_equal(fake_ssh_order(fake_ssh_session(1))->phase_ms, 7000);
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
    finish();
    assert_int_equal(last_why.code, FAIL_TIMEOUT);
    assert_int_equal(last_status, SSH_STATUS_UNKNOWN);
    assert_string_equal(last_why.text, "not ended within 0 s");
}

static void the_deadline_begins_when_its_turn_has_come(void **state)
{
    uint64_t begun_ms;

    (void)state;
    begin(20);
    begun_ms = uv_now(&loop);
    fake_ssh_waited_ms = 300; /* longer than the fake takes to close */
    finish();
    assert_int_equal(last_why.code, FAIL_TIMEOUT);
    assert_true(ended_ms - begun_ms >= 20 + 300);
}

/* ---- the command has been started: its processes are ended, too -------------------- */

static void interrupt(void)
{
    struct fail why;

    fail_set(&why, FAIL_INTERRUPTED, "by you");
    shot_stop(shot, &why);
}

static void begin_reaping(void)
{
    begin(0);
    fake_ssh_up(fake_ssh_session(1));
    interrupt();
    assert_string_equal(fake_ssh_instead(fake_ssh_session(1)),
                        reaper_command(REAPER_BY_CONNECTION, false));
    fake_ssh_up(fake_ssh_session(1)); /* the reaper's; the command is running already */
}

static void hear(const char *said)
{
    fake_ssh_data(fake_ssh_session(1), SSH_STDOUT, said, strlen(said));
}

static void a_command_that_is_stopped_is_ended_on_the_node(void **state)
{
    (void)state;
    begin_reaping();
    hear("motd\n\001ibfleet-en");
    hear("ded\002\n");
    fake_ssh_ended(fake_ssh_session(1), 0, NULL);
    finish();
    assert_string_equal(heard, "running ");
    assert_int_equal(last_why.code, FAIL_INTERRUPTED);
    assert_string_equal(last_why.text, "by you; its processes were ended");
}

static void a_command_that_ends_with_its_input_needs_no_reaper(void **state)
{
    (void)state;
    ends_with_input = true;
    begin(0);
    ends_with_input = false;
    fake_ssh_up(fake_ssh_session(1));
    interrupt();
    assert_null(fake_ssh_instead(fake_ssh_session(1)));
    finish();
    assert_string_equal(last_why.text, "by you");
}

static void begin_stopped_while_it_starts(void)
{
    begin(0);
    fake_ssh_may_run = true;
    interrupt();
    assert_null(fake_ssh_instead(fake_ssh_session(1)));
}

static void stopped_while_it_starts_it_is_ended_once_it_runs(void **state)
{
    (void)state;
    begin_stopped_while_it_starts();
    fake_ssh_up(fake_ssh_session(1));
    assert_non_null(fake_ssh_instead(fake_ssh_session(1)));
    fake_ssh_up(fake_ssh_session(1));
    hear("\001ibfleet-ended\002\n");
    finish();
    assert_string_equal(heard, "running ");
    assert_string_equal(last_why.text, "by you; its processes were ended");
}

/* Neither is it told as one that has not run. */
static void lost_while_it_starts_it_may_run(void **state)
{
    struct fail why;

    (void)state;
    begin_stopped_while_it_starts();
    fail_set(&why, FAIL_LINK_LOST, "lost");
    fake_ssh_ended(fake_ssh_session(1), 0, &why);
    finish();
    assert_string_equal(heard, "running ");
    assert_int_equal(last_why.code, FAIL_INTERRUPTED);
    assert_string_equal(last_why.text, "by you; it may still run on the node");
}

static void what_could_not_be_ended_is_told(void **state)
{
    (void)state;
    begin_reaping();
    hear("\001ibfleet-left\002\n");
    finish();
    assert_string_equal(last_why.text, "by you; processes of it that may not be ended "
                                       "still run on the node");
}

static void a_reaper_that_says_nothing_leaves_it_open(void **state)
{
    struct fail why;

    (void)state;
    begin_reaping();
    fail_set(&why, FAIL_HANDSHAKE, "no second channel");
    fake_ssh_ended(fake_ssh_session(1), 0, &why);
    finish();
    assert_int_equal(last_why.code, FAIL_INTERRUPTED);
    assert_string_equal(last_why.text, "by you; it may still run on the node");
}

static void
where_there_is_no_second_command_it_logs_in_again_with_the_same_mark(void **state)
{
    const struct ssh_order *first, *second;

    (void)state;
    begin(0);
    fake_ssh_has_no_instead = true;
    fake_ssh_up(fake_ssh_session(1));
    interrupt();
    assert_int_equal(fake_ssh_opened, 2);
    first = fake_ssh_order(fake_ssh_session(1));
    second = fake_ssh_order(fake_ssh_session(2));
    assert_int_equal(strlen(first->mark), 32);
    assert_string_equal(second->mark, first->mark);
    assert_string_equal(second->command, reaper_command(REAPER_BY_MARK, false));
    fake_ssh_up(fake_ssh_session(2));
    fake_ssh_data(fake_ssh_session(1), SSH_STDOUT, "\001ibfleet-left\002\n", 15);
    fake_ssh_ended(fake_ssh_session(1), 0, NULL); /* its end is no answer */
    fake_ssh_data(fake_ssh_session(2), SSH_STDOUT, "\001ibfleet-ended\002\n", 16);
    finish();
    assert_string_equal(last_why.text, "by you; its processes were ended");
}

static void a_second_login_that_fails_leaves_it_open(void **state)
{
    struct fail why;

    (void)state;
    begin(0);
    fake_ssh_has_no_instead = true;
    fake_ssh_up(fake_ssh_session(1));
    interrupt();
    fail_set(&why, FAIL_CONNECT, "refused");
    fake_ssh_ended(fake_ssh_session(2), 0, &why);
    finish();
    assert_int_equal(last_why.code, FAIL_INTERRUPTED);
    assert_string_equal(last_why.text, "by you; it may still run on the node");
}

/* A forced command, say: it floods whatever it is told. */
static void a_node_that_floods_the_reaper_is_given_up(void **state)
{
    static const char much[REAPER_MAX_BYTES + 1];

    (void)state;
    begin_reaping();
    fake_ssh_data(fake_ssh_session(1), SSH_STDOUT, much, sizeof much);
    finish();
    assert_string_equal(last_why.text, "by you; it may still run on the node");
}

/* ---- input ------------------------------------------------------------------------ */

#define INPUT_BYTES ((size_t)150000)

static size_t given;         /* of the input */
static bool has_more = true; /* or says: later */

static ssize_t give(void *arg, char *bytes, size_t size_bytes, struct fail *why)
{
    size_t n = INPUT_BYTES - given < size_bytes ? INPUT_BYTES - given : size_bytes;

    (void)arg;
    (void)why;
    if (!has_more)
        return SHOT_LATER;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)('a' + (given + i) % 26);
    given += n;
    return (ssize_t)n;
}

static void begin_giving(void)
{
    given = 0;
    has_more = true;
    begin_with(0, (struct shot_input){give, NULL});
    assert_false(fake_ssh_order(fake_ssh_session(1))->no_input);
}

static void input_goes_out_in_pieces_and_then_ends(void **state)
{
    size_t before = 0, written = 0;

    (void)state;
    begin_giving();
    fake_ssh_up(fake_ssh_session(1));
    while (!fake_ssh_input_ended(fake_ssh_session(1))) {
        fake_ssh_written(fake_ssh_session(1), &written);
        assert_true(written > before && written <= before + (64 << 10));
        before = written;
        fake_ssh_drained(fake_ssh_session(1));
    }
    assert_int_equal(written, INPUT_BYTES);
    assert_int_equal(fake_ssh_written(fake_ssh_session(1), &written)[INPUT_BYTES - 1],
                     'a' + (INPUT_BYTES - 1) % 26);
    fake_ssh_ended(fake_ssh_session(1), 0, NULL);
    finish();
    assert_int_equal(last_why.code, FAIL_NONE);
}

static void input_that_waits_for_the_node_goes_on_when_it_has_spoken(void **state)
{
    size_t written;

    (void)state;
    begin_giving();
    has_more = false;
    fake_ssh_up(fake_ssh_session(1));
    hear("not yet");
    fake_ssh_written(fake_ssh_session(1), &written);
    assert_int_equal(written, 0);
    has_more = true;
    hear("now");
    fake_ssh_written(fake_ssh_session(1), &written);
    assert_int_equal(written, 64 << 10);
    fake_ssh_ended(fake_ssh_session(1), 0, NULL);
    finish();
}

static void who_is_stopped_gets_no_more_input(void **state)
{
    size_t written;

    (void)state;
    begin_giving();
    fake_ssh_up(fake_ssh_session(1));
    interrupt();
    fake_ssh_drained(fake_ssh_session(1));
    fake_ssh_written(fake_ssh_session(1), &written);
    assert_int_equal(written, 64 << 10);
    hear("\001ibfleet-ended\002\n");
    fake_ssh_ended(fake_ssh_session(1), 0, NULL);
    finish();
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
        cmocka_unit_test(the_deadline_begins_when_its_turn_has_come),
        cmocka_unit_test(a_command_that_is_stopped_is_ended_on_the_node),
        cmocka_unit_test(a_command_that_ends_with_its_input_needs_no_reaper),
        cmocka_unit_test(stopped_while_it_starts_it_is_ended_once_it_runs),
        cmocka_unit_test(lost_while_it_starts_it_may_run),
        cmocka_unit_test(what_could_not_be_ended_is_told),
        cmocka_unit_test(a_reaper_that_says_nothing_leaves_it_open),
        cmocka_unit_test(
            where_there_is_no_second_command_it_logs_in_again_with_the_same_mark),
        cmocka_unit_test(a_second_login_that_fails_leaves_it_open),
        cmocka_unit_test(a_node_that_floods_the_reaper_is_given_up),
        cmocka_unit_test(input_goes_out_in_pieces_and_then_ends),
        cmocka_unit_test(input_that_waits_for_the_node_goes_on_when_it_has_spoken),
        cmocka_unit_test(who_is_stopped_gets_no_more_input),
        cmocka_unit_test(stopped_from_its_own_data_it_hears_no_more),
        cmocka_unit_test(the_first_reason_counts),
        cmocka_unit_test(a_login_that_fails_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
