/* fakes: fake_ssh */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <uv.h>

#include "controller/door/door.h"
#include "controller/exec/errand.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "tests/fake/fake_ssh.h"

static uv_loop_t loop;
static struct errand_site site;
static struct errand *errand;
static char seen[400]; /* the callbacks in their order */
static int last_status;
static struct fail last_why;
static bool stops_when_retrying;

static const struct fleet_node node = {.name = "ib1", .address = "10.0.0.1", .port = 22};

static void note(const char *word)
{
    assert_true(strlen(seen) + strlen(word) + 2 < sizeof seen);
    strcat(strcat(seen, " "), word);
}

static void on_begun(void *arg)
{
    (void)arg;
    note("begun");
}

static void stop(void)
{
    struct fail why;

    fail_set(&why, FAIL_INTERRUPTED, "enough");
    errand_stop(errand, &why);
}

static void on_retrying(void *arg)
{
    (void)arg;
    note("retrying");
    if (stops_when_retrying)
        stop();
}

static void on_running(void *arg)
{
    (void)arg;
    note("running");
}

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    (void)arg;
    (void)stream;
    (void)bytes;
    (void)len_bytes;
    note("data");
}

static void on_ended(void *arg, int status, const struct fail *why)
{
    (void)arg;
    note("ended");
    last_status = status;
    last_why = why ? *why : (struct fail){.code = FAIL_NONE};
}

static void begin(uint64_t deadline_ms)
{
    static const struct errand_hooks hooks = {.begun = on_begun,
                                              .retrying = on_retrying,
                                              .running = on_running,
                                              .data = on_data,
                                              .ended = on_ended};
    const struct shot_order order = {.node = &node,
                                     .command = "uname -r",
                                     .deadline_ms = deadline_ms};
    const struct door_options options = {.patience_ms = 2000};
    struct fail why;

    fake_ssh_reset();
    seen[0] = '\0';
    stops_when_retrying = false;
    uv_loop_init(&loop);
    site = (struct errand_site){.loop = &loop, .client = ssh_client_new()};
    assert_int_equal(door_open(&loop, &options, &site.door, &why), 0);
    errand = errand_start(&site, &order, &hooks, NULL);
    assert_non_null(errand);
    assert_string_equal(seen, ""); /* not before it has returned */
}

/* Runs to its end, which must come exactly once and leave nothing behind. */
static void finish(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_non_null(strstr(seen, "ended"));
    assert_null(strstr(strstr(seen, "ended") + 1, "ended"));
    door_close(site.door);
    uv_run(&loop, UV_RUN_DEFAULT);
    ssh_client_free(site.client);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* One turn of the loop.  With nothing left to do, something must have come of it. */
static void turn(void)
{
    unsigned opened = fake_ssh_opened;

    if (!uv_run(&loop, UV_RUN_ONCE))
        assert_true(strstr(seen, "ended") || fake_ssh_opened > opened);
}

/* Until the number-th login is under way. */
static struct ssh *login(unsigned number)
{
    while (fake_ssh_opened < number)
        turn();
    return fake_ssh_session(number);
}

static void ends(unsigned number, enum fail_code code)
{
    struct fail why;

    fail_set(&why, code, "said by the test");
    fake_ssh_ended(login(number), 0, &why);
}

static void a_login_that_was_turned_away_is_tried_again_and_then_forgotten(void **state)
{
    (void)state;
    begin(0);
    ends(1, FAIL_TURNED_AWAY);
    ends(2, FAIL_TURNED_AWAY);
    fake_ssh_up(login(3));
    fake_ssh_data(login(3), SSH_STDOUT, "6.1", 3);
    fake_ssh_ended(login(3), 7, NULL);
    finish();
    assert_string_equal(seen, " begun retrying retrying running data ended");
    assert_int_equal(last_status, 7);
    assert_int_equal(last_why.code, FAIL_NONE);
}

static void a_command_that_has_begun_is_never_begun_again(void **state)
{
    (void)state;
    begin(0);
    fake_ssh_up(login(1));
    ends(1, FAIL_LINK_LOST);
    finish();
    assert_int_equal(fake_ssh_opened, 1);
    assert_int_equal(last_why.code, FAIL_LINK_LOST);
    assert_string_equal(last_why.text, "said by the test");
}

static void a_command_that_may_have_begun_is_never_asked_for_again(void **state)
{
    (void)state;
    begin(0);
    ends(1, FAIL_LINK_LOST); /* before it was up */
    finish();
    assert_int_equal(fake_ssh_opened, 1);
    assert_string_equal(seen, " begun ended");
    assert_int_equal(last_why.code, FAIL_LINK_LOST);
}

static void what_cannot_be_mended_is_not_tried_again(void **state)
{
    (void)state;
    begin(0);
    ends(1, FAIL_AUTH_REFUSED);
    finish();
    assert_int_equal(fake_ssh_opened, 1);
    assert_string_equal(seen, " begun ended");
    assert_int_equal(last_why.code, FAIL_AUTH_REFUSED);
}

static void a_broken_handshake_is_tried_once_more_after_a_pause(void **state)
{
    (void)state;
    begin(0);
    ends(1, FAIL_HANDSHAKE);
    ends(2, FAIL_HANDSHAKE);
    finish();
    assert_string_equal(seen, " begun retrying ended");
    assert_string_equal(last_why.text, "said by the test (2 logins tried)");
}

static void the_deadline_is_for_all_tries(void **state)
{
    (void)state;
    begin(100);
    ends(1, FAIL_TURNED_AWAY); /* the pauses soon are longer than what is left */
    while (!strstr(seen, "ended") && fake_ssh_opened < 20) {
        unsigned last = fake_ssh_opened;

        turn();
        if (fake_ssh_opened > last)
            ends(fake_ssh_opened, FAIL_TURNED_AWAY);
    }
    assert_int_not_equal(last_why.code, FAIL_NONE);
    assert_true(fake_ssh_opened < 20);
    finish();
}

static void on_passed(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, NULL);
}

/* Nothing else happens meanwhile. */
static void let_pass(uint64_t ms)
{
    uv_timer_t timer;

    uv_timer_init(&loop, &timer);
    uv_timer_start(&timer, on_passed, ms, 0);
    while (!uv_is_closing((uv_handle_t *)&timer))
        uv_run(&loop, UV_RUN_ONCE);
    uv_run(&loop, UV_RUN_NOWAIT);
}

static void what_it_waited_for_its_turn_is_not_counted(void **state)
{
    (void)state;
    begin(100);
    fake_ssh_waited_ms = 3600000;
    login(1);
    let_pass(150);
    ends(1, FAIL_TURNED_AWAY);
    while (fake_ssh_opened < 2 && !strstr(seen, "ended"))
        turn();
    assert_string_equal(seen, " begun retrying");
    stop();
    finish();
}

static void no_hope_at_the_door_is_the_end(void **state)
{
    unsigned last;

    (void)state;
    begin(0);
    ends(1, FAIL_TURNED_AWAY);
    for (last = 1; !strstr(seen, "ended");) {
        turn();
        if (fake_ssh_opened > last)
            ends(++last, FAIL_TURNED_AWAY);
    }
    finish();
    assert_int_equal(last_why.code, FAIL_TURNED_AWAY);
    assert_non_null(strstr(last_why.text, "10.0.0.1 has turned away"));
}

static void it_can_be_stopped_wherever_it_is(void **state)
{
    (void)state;
    for (int where = 0; where < 5; where++) {
        begin(0);
        if (where > 0)
            login(1);
        if (where == 1)
            fake_ssh_up(login(1));
        if (where == 2) { /* in a pause */
            ends(1, FAIL_HANDSHAKE);
            while (!strstr(seen, "retrying"))
                uv_run(&loop, UV_RUN_ONCE);
        }
        stops_when_retrying = where == 3;
        if (where == 3)
            ends(1, FAIL_TURNED_AWAY);
        else
            stop();
        finish();
        assert_int_equal(last_why.code, FAIL_INTERRUPTED);
        assert_int_equal(fake_ssh_opened, where > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_login_that_was_turned_away_is_tried_again_and_then_forgotten),
        cmocka_unit_test(a_command_that_has_begun_is_never_begun_again),
        cmocka_unit_test(a_command_that_may_have_begun_is_never_asked_for_again),
        cmocka_unit_test(what_cannot_be_mended_is_not_tried_again),
        cmocka_unit_test(a_broken_handshake_is_tried_once_more_after_a_pause),
        cmocka_unit_test(the_deadline_is_for_all_tries),
        cmocka_unit_test(what_it_waited_for_its_turn_is_not_counted),
        cmocka_unit_test(no_hope_at_the_door_is_the_end),
        cmocka_unit_test(it_can_be_stopped_wherever_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
