/* fakes: fake_ssh */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/door/door.h"
#include "controller/link/link.h"
#include "controller/relay/relay.h"
#include "controller/relay/tube.h"
#include "controller/ssh/wire.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/mux.h"
#include "protocol/mux_stream.h"
#include "protocol/scope.h"
#include "tests/fake/fake_ssh.h"

#define PROGRAM_S 60
#define WIRES     3

static uv_loop_t loop;
static struct door *door;
static struct link_pool *pool;
static struct relay *relay;
static char agent_path[] = "/tmp/ibfleet-test-agent.XXXXXX";

/* A user of a wire, which waits for what it is told to and counts. */
struct user {
    struct wire *wire;
    unsigned ready;
    bool closed;
};
static struct user users[WIRES];
static size_t read_bytes; /* of what our side wrote to the jump host, seen so far */

static void on_ready(void *arg)
{
    struct user *u = arg;

    u->ready++;
    wire_wait(u->wire, WIRE_NOTHING);
}

static void on_closed(void *arg)
{
    struct user *u = arg;

    u->closed = true;
    u->wire = NULL;
}

static void open_user(unsigned i)
{
    static const struct tube_request request = {.address = "10.0.0.7",
                                                .port = 22,
                                                .patience_ms = 5000};

    users[i] = (struct user){.wire = relay_open(relay, &request, on_ready, &users[i])};
    assert_non_null(users[i].wire);
    wire_wait(users[i].wire, WIRE_WRITABLE);
}

/* Some turns, for what needs no more than the next one. */
static void turn(void)
{
    for (int i = 0; i < 20; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
}

/* So many sessions have been opened, in all. */
static void await_sessions(unsigned count)
{
    while (fake_ssh_opened < count)
        uv_run(&loop, UV_RUN_ONCE);
}

static void run_until(const bool *done)
{
    while (!*done)
        uv_run(&loop, UV_RUN_ONCE);
}

/* ---- the jump host, by script ---------------------------------------------------- */

static void say_hello(unsigned session)
{
    CLEANUP(json_done) struct json *content = message_hello();
    unsigned char *frame;
    size_t bytes;

    assert_int_equal(message_encode_hello(content, &frame, &bytes, NULL), 0);
    fake_ssh_up(fake_ssh_session(session));
    fake_ssh_data(fake_ssh_session(session), SSH_STDOUT, FRAME_MARKER,
                  sizeof FRAME_MARKER - 1);
    fake_ssh_data(fake_ssh_session(session), SSH_STDOUT, frame, bytes);
    free(frame);
    read_bytes = 0;
}

static void say(unsigned session, struct mux_frame f)
{
    unsigned char *frame;
    size_t bytes;

    assert_int_equal(mux_encode(&f, &frame, &bytes, NULL), 0);
    fake_ssh_data(fake_ssh_session(session), SSH_STDOUT, frame, bytes);
    free(frame);
}

/* The next frame that the jump host was sent, other than a message. */
static bool heard(unsigned session, struct mux_frame *f)
{
    size_t written, len;
    const char *bytes = fake_ssh_written(fake_ssh_session(session), &written);

    while (read_bytes < written) {
        const unsigned char *head = (const unsigned char *)bytes + read_bytes;

        len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 |
              head[3];
        read_bytes += 4 + len;
        if (!mux_is_frame((const char *)head + 4, len))
            continue;
        assert_int_equal(mux_parse((const char *)head + 4, len, f, NULL), 0);
        return true;
    }
    return false;
}

static uint32_t hear(unsigned session, enum mux_kind kind)
{
    struct mux_frame f;

    assert_true(heard(session, &f));
    assert_int_equal(f.kind, kind);
    return f.stream;
}

/* Log in, and let one user be connected.  Returns its stream. */
static uint32_t connect_one(unsigned session)
{
    uint32_t stream;

    open_user(0);
    await_sessions(session);
    say_hello(session);
    stream = hear(session, MUX_OPEN);
    say(session, (struct mux_frame){.kind = MUX_OPENED, .stream = stream});
    turn();
    assert_int_equal(users[0].ready, 1);
    assert_int_equal(wire_check(users[0].wire, NULL), 0);
    return stream;
}

/* ---- before and after ------------------------------------------------------------ */

static int before(void **state)
{
    struct link_pool_options options = {.agent_path = agent_path,
                                        .unprivileged = true,
                                        .relays = true,
                                        .tries = 1};
    const struct fleet_node node = {.name = "bastion", .address = "bastion", .port = 22};

    (void)state;
    fake_ssh_reset();
    memset(users, 0, sizeof users);
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(door_open(&loop, &(struct door_options){0}, &door, NULL), 0);
    options.door = door;
    assert_int_equal(link_pool_open(&loop, &options, &pool, NULL), 0);
    relay = relay_new(&loop, pool, &node, 0);
    assert_non_null(relay);
    return 0;
}

static void on_relay_closed(void *arg)
{
    *(bool *)arg = true;
}

static int after(void **state)
{
    bool gone = false;

    (void)state;
    for (unsigned i = 0; i < WIRES; i++)
        if (users[i].wire)
            wire_close(users[i].wire, on_closed);
    relay_close(relay, on_relay_closed, &gone);
    run_until(&gone);
    link_pool_close(pool);
    door_close(door);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    return 0;
}

/* ---- the tests ------------------------------------------------------------------- */

static void all_wires_share_one_login(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WIRES; i++)
        open_user(i);
    await_sessions(1);
    assert_non_null(strstr(fake_ssh_order(fake_ssh_session(1))->command, " relay"));
    say_hello(1);
    for (unsigned i = 0; i < WIRES; i++)
        hear(1, MUX_OPEN);
    turn();
    assert_int_equal(fake_ssh_opened, 1);
    assert_int_equal(users[0].ready, 0); /* asked for, not connected */
}

static void bytes_go_both_ways_and_are_credited(void **state)
{
    uint32_t stream = connect_one(1);
    char bytes[MUX_DATA_MAX_BYTES] = "SSH-2.0-x\r\n";
    struct mux_frame data = {.kind = MUX_DATA,
                             .stream = stream,
                             .bytes = bytes,
                             .len_bytes = sizeof bytes};

    (void)state;
    assert_int_equal(wire_send(users[0].wire, "SSH", 3), 3);
    assert_int_equal(hear(1, MUX_DATA), stream);
    assert_int_equal(wire_receive(users[0].wire, bytes, 10), -EAGAIN);
    wire_wait(users[0].wire, WIRE_READABLE);
    say(1, data);
    turn();
    assert_int_equal(users[0].ready, 2);
    assert_int_equal(wire_receive(users[0].wire, bytes, sizeof bytes), sizeof bytes);
    assert_memory_equal(bytes, "SSH-2.0-x\r\n", 11);
    assert_int_equal(hear(1, MUX_CREDIT), stream);
    say(1, (struct mux_frame){.kind = MUX_EOF, .stream = stream});
    assert_int_equal(wire_receive(users[0].wire, bytes, sizeof bytes), 0);
}

static void no_more_is_sent_than_there_is_credit_for(void **state)
{
    static char much[4 * MUX_WINDOW_BYTES];
    uint32_t stream = connect_one(1);

    (void)state;
    assert_int_equal(wire_send(users[0].wire, much, sizeof much), MUX_WINDOW_BYTES);
    assert_int_equal(wire_send(users[0].wire, much, sizeof much), -EAGAIN);
    wire_wait(users[0].wire, WIRE_WRITABLE);
    turn();
    assert_int_equal(users[0].ready, 1);
    say(1,
        (struct mux_frame){.kind = MUX_CREDIT, .stream = stream, .credit_bytes = 5000});
    turn();
    assert_int_equal(users[0].ready, 2);
    assert_int_equal(wire_send(users[0].wire, much, sizeof much), 5000);
}

static void a_target_that_is_refused_is_told_in_its_words(void **state)
{
    struct mux_frame close = {.kind = MUX_CLOSE};
    struct fail why;

    (void)state;
    open_user(0);
    await_sessions(1);
    say_hello(1);
    close.stream = hear(1, MUX_OPEN);
    fail_set(&close.why, FAIL_CONNECT, "10.0.0.7:22: No route to host");
    say(1, close);
    turn();
    assert_int_equal(users[0].ready, 1);
    assert_int_equal(wire_check(users[0].wire, &why), -1);
    assert_string_equal(why.text, "10.0.0.7:22: No route to host");
    assert_int_equal(hear(1, MUX_CLOSE), close.stream); /* so it may forget it */
}

/* All wires are told, and the session at the jump host is closed. */
static void is_lost(enum fail_code code, const char *words)
{
    char byte;
    struct fail why = {0};

    wire_wait(users[0].wire, WIRE_READABLE);
    turn();
    assert_int_equal(users[0].ready, 2);
    assert_int_equal(wire_receive(users[0].wire, &byte, 1), -ECONNRESET);
    assert_int_equal(wire_explain(users[0].wire, &why), -1);
    assert_int_equal(why.code, code);
    assert_non_null(strstr(why.text, words));
}

static void a_stream_that_is_not_there_ends_the_relay(void **state)
{
    uint32_t stream = connect_one(1);

    (void)state;
    say(1, (struct mux_frame){.kind = MUX_EOF, .stream = stream + 1});
    is_lost(FAIL_LINK_LOST, "jump host bastion: it speaks of a stream");
}

static void more_data_than_credit_ends_the_relay(void **state)
{
    static char much[MUX_DATA_MAX_BYTES];
    uint32_t stream = connect_one(1);
    struct mux_frame data = {.kind = MUX_DATA,
                             .stream = stream,
                             .bytes = much,
                             .len_bytes = sizeof much};

    (void)state;
    wire_wait(users[0].wire, WIRE_NOTHING);
    for (uint32_t sent = 0; sent <= MUX_WINDOW_BYTES; sent += (uint32_t)sizeof much)
        say(1, data);
    wire_close(users[0].wire, on_closed); /* what was kept is dropped */
    run_until(&users[0].closed);
    open_user(1);
    await_sessions(2);
}

static void nonsense_ends_the_relay(void **state)
{
    connect_one(1);
    (void)state;
    fake_ssh_data(fake_ssh_session(1), SSH_STDOUT, "\0\0\0\5\2\0\0\0\0", 9);
    is_lost(FAIL_LINK_LOST, "jump host bastion: a frame of a relay is wrong");
}

static void a_cut_is_told_to_all_and_the_next_one_logs_in_again(void **state)
{
    struct fail cut;

    (void)state;
    connect_one(1);
    fail_set(&cut, FAIL_LINK_LOST, "the connection broke");
    fake_ssh_ended(fake_ssh_session(1), 0, &cut);
    is_lost(FAIL_LINK_LOST, "jump host bastion: the connection broke");
    open_user(1);
    await_sessions(2);
    say_hello(2);
    hear(2, MUX_OPEN);
}

static void one_that_cannot_be_reached_is_not_asked_again_at_once(void **state)
{
    struct fail refused, why;

    (void)state;
    open_user(0);
    await_sessions(1);
    fail_set(&refused, FAIL_AUTH_REFUSED, "the key is refused");
    fake_ssh_ended(fake_ssh_session(1), 0, &refused);
    turn();
    assert_int_equal(users[0].ready, 1);
    open_user(1);
    turn();
    assert_int_equal(users[1].ready, 1);
    assert_int_equal(wire_check(users[1].wire, &why), -1);
    assert_int_equal(why.code, FAIL_AUTH_REFUSED);
    assert_string_equal(why.text, "jump host bastion: the key is refused");
    assert_int_equal(fake_ssh_opened, 1);
}

static void what_starts_no_relay_there_is_an_unfit_jump_host(void **state)
{
    struct fail why;

    (void)state;
    open_user(0);
    await_sessions(1);
    fake_ssh_up(fake_ssh_session(1));
    fake_ssh_ended(fake_ssh_session(1), 126, NULL);
    turn();
    assert_int_equal(wire_check(users[0].wire, &why), -1);
    assert_int_equal(why.code, FAIL_JUMP_HOST);
}

/* A menu, for one: it lets us in and waits. */
static void what_says_nothing_there_is_an_unfit_jump_host(void **state)
{
    struct fail silent, why;

    (void)state;
    open_user(0);
    await_sessions(1);
    fake_ssh_up(fake_ssh_session(1));
    fail_set(&silent, FAIL_TIMEOUT, "no agent answered within 15 s");
    fake_ssh_ended(fake_ssh_session(1), 0, &silent);
    turn();
    assert_int_equal(wire_check(users[0].wire, &why), -1);
    assert_int_equal(why.code, FAIL_JUMP_HOST);
}

static void it_is_left_when_nobody_uses_it(void **state)
{
    uint32_t stream = connect_one(1);

    (void)state;
    wire_close(users[0].wire, on_closed);
    assert_int_equal(hear(1, MUX_CLOSE), stream);
    say(1, (struct mux_frame){.kind = MUX_DATA, /* it crossed our close */
                              .stream = stream,
                              .bytes = "late",
                              .len_bytes = 4});
    say(1, (struct mux_frame){.kind = MUX_CLOSE, .stream = stream});
    while (fake_ssh_open_now > 0)
        uv_run(&loop, UV_RUN_ONCE);
    assert_true(users[0].closed);
}

static void who_gives_up_while_it_is_reached_is_not_asked_for(void **state)
{
    struct mux_frame f;

    (void)state;
    open_user(0);
    open_user(1);
    await_sessions(1);
    wire_close(users[0].wire, on_closed);
    say_hello(1);
    hear(1, MUX_OPEN);
    assert_false(heard(1, &f));
    turn();
    assert_true(users[0].closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_wires_share_one_login, before, after),
        cmocka_unit_test_setup_teardown(bytes_go_both_ways_and_are_credited, before,
                                        after),
        cmocka_unit_test_setup_teardown(no_more_is_sent_than_there_is_credit_for, before,
                                        after),
        cmocka_unit_test_setup_teardown(a_target_that_is_refused_is_told_in_its_words,
                                        before, after),
        cmocka_unit_test_setup_teardown(a_stream_that_is_not_there_ends_the_relay, before,
                                        after),
        cmocka_unit_test_setup_teardown(more_data_than_credit_ends_the_relay, before,
                                        after),
        cmocka_unit_test_setup_teardown(nonsense_ends_the_relay, before, after),
        cmocka_unit_test_setup_teardown(
            a_cut_is_told_to_all_and_the_next_one_logs_in_again, before, after),
        cmocka_unit_test_setup_teardown(
            one_that_cannot_be_reached_is_not_asked_again_at_once, before, after),
        cmocka_unit_test_setup_teardown(what_starts_no_relay_there_is_an_unfit_jump_host,
                                        before, after),
        cmocka_unit_test_setup_teardown(what_says_nothing_there_is_an_unfit_jump_host,
                                        before, after),
        cmocka_unit_test_setup_teardown(it_is_left_when_nobody_uses_it, before, after),
        cmocka_unit_test_setup_teardown(who_gives_up_while_it_is_reached_is_not_asked_for,
                                        before, after),
    };
    int fd = mkstemp(agent_path), rc;

    if (fd < 0 || write(fd, "agent", 5) != 5)
        return 1;
    close(fd);
    alarm(PROGRAM_S);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(agent_path);
    return rc;
}
