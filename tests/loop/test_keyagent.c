#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "controller/ssh/blob.h"
#include "controller/ssh/keyagent.h"
#include "protocol/fail.h"

/* The agent is on the same loop: a socket that answers, or not, as the test says. */

#define ASKS      40
#define REQUEST   "\0\0\0\x14\x0d\0\0\0\3KEY\0\0\0\4data\0\0\0\0"
#define REQUEST_N 24
#define SIGNED    "\0\0\0\x1b\x0e\0\0\0\x16\0\0\0\x0bssh-ed25519\0\0\0\3SIG"
#define SIGNED_N  31
#define REFUSED   "\0\0\0\1\5"

enum manner {
    SIGNS,
    SIGNS_IN_PIECES, /* a byte at a time            */
    REFUSES,
    GARBAGE,
    FLOODS,    /* more than was asked for      */
    DIES_ONCE, /* hangs up at the first request */
    DIES_ALWAYS,
    SILENT
};

static enum manner manner;
static uv_loop_t loop;
static uv_pipe_t listener, peer;
static char folder[] = "/tmp/ibfleet-agent.XXXXXX", path[64];
static char received[1 << 16];
static size_t received_bytes;
static unsigned connections, requests, most_at_once, answered;

static struct keyagent *agent;
static unsigned good, bad, left;
static struct fail last;
static struct keyagent_ask *asks[ASKS];

/* ---- the agent ---------------------------------------------------------------- */

static void on_written(uv_write_t *w, int status)
{
    (void)status;
    free(w);
}

static void say(const char *bytes, size_t n)
{
    uv_write_t *w = malloc(sizeof *w);
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)n);

    assert_int_equal(uv_write(w, (uv_stream_t *)&peer, &buf, 1, on_written), 0);
}

static void on_peer_closed(uv_handle_t *handle)
{
    (void)handle;
    received_bytes = 0;
}

static void hang_up(void)
{
    if (!uv_is_closing((uv_handle_t *)&peer))
        uv_close((uv_handle_t *)&peer, on_peer_closed);
}

static void answer(void)
{
    switch (manner) {
    case SIGNS:
        say(SIGNED, SIGNED_N);
        break;
    case SIGNS_IN_PIECES:
        for (size_t i = 0; i < SIGNED_N; i++)
            say(&SIGNED[i], 1);
        break;
    case REFUSES:
        say(REFUSED, 5);
        break;
    case GARBAGE:
        say("HTTP/1.1 400 Bad Request\r\n", 26);
        break;
    case FLOODS:
        for (int i = 0; i < 1000; i++)
            say(SIGNED, SIGNED_N);
        break;
    case DIES_ONCE:
        manner = SIGNS;
        hang_up();
        return;
    case DIES_ALWAYS:
        hang_up();
        return;
    case SILENT:
        return;
    }
    answered++;
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    unsigned open_requests;

    (void)stream;
    (void)buf;
    if (n < 0) {
        hang_up();
        return;
    }
    received_bytes += (size_t)n;
    open_requests = (unsigned)(received_bytes / REQUEST_N);
    if (open_requests > most_at_once)
        most_at_once = open_requests;
    while (received_bytes >= REQUEST_N && !uv_is_closing((uv_handle_t *)&peer)) {
        assert_memory_equal(received, REQUEST, REQUEST_N);
        received_bytes -= REQUEST_N;
        memmove(received, received + REQUEST_N, received_bytes);
        requests++;
        answer();
    }
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    (void)handle;
    (void)size;
    *buf = uv_buf_init(received + received_bytes,
                       (unsigned)(sizeof received - received_bytes));
}

static void on_connection(uv_stream_t *server, int status)
{
    assert_int_equal(status, 0);
    connections++;
    uv_pipe_init(&loop, &peer, 0);
    received_bytes = 0;
    assert_int_equal(uv_accept(server, (uv_stream_t *)&peer), 0);
    assert_int_equal(uv_read_start((uv_stream_t *)&peer, on_room, on_read), 0);
}

/* ---- who asks ----------------------------------------------------------------- */

static void on_signed(void *arg, const struct blob *signature, const struct fail *why)
{
    *(struct keyagent_ask **)arg = NULL;
    if (signature) {
        assert_true(blob_is(signature, "SIG"));
        good++;
    } else {
        bad++;
        last = *why;
    }
    if (--left == 0)
        keyagent_leave(agent);
}

static void ask(unsigned count)
{
    static const struct blob key = {(const unsigned char *)"KEY", 3},
                             data = {(const unsigned char *)"data", 4},
                             scheme = {(const unsigned char *)"ssh-ed25519", 11};

    keyagent_join(agent, &loop);
    left = count;
    for (unsigned i = 0; i < count; i++) {
        asks[i] = keyagent_sign(agent, &key, &data, &scheme, on_signed, &asks[i], &last);
        assert_non_null(asks[i]);
    }
    assert_int_equal(good + bad, 0);
}

/* Until everybody has an answer and the agent's connection is closed. */
static void run(void)
{
    uv_unref((uv_handle_t *)&listener);
    uv_run(&loop, UV_RUN_DEFAULT);
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/socket", folder);
    connections = requests = most_at_once = answered = good = bad = left = 0;
    uv_loop_init(&loop);
    uv_pipe_init(&loop, &listener, 0);
    assert_int_equal(uv_pipe_bind(&listener, path), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&listener, 8, on_connection), 0);
    agent = keyagent_new(path, 0);
    return agent ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    keyagent_free(agent);
    uv_close((uv_handle_t *)&listener, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    unlink(path);
    return rmdir(folder);
}

/* ---- tests -------------------------------------------------------------------- */

static void all_are_signed_over_one_connection(void **state)
{
    (void)state;
    manner = SIGNS;
    ask(ASKS);
    run();
    assert_int_equal(good, ASKS);
    assert_int_equal(connections, 1);
}

static void the_agent_is_not_given_more_than_so_many(void **state)
{
    (void)state;
    manner = SIGNS;
    ask(ASKS);
    run();
    assert_int_equal(requests, ASKS);
    assert_true(most_at_once <= KEYAGENT_IN_FLIGHT);
    assert_true(most_at_once > 1);
}

static void answers_may_come_in_pieces(void **state)
{
    (void)state;
    manner = SIGNS_IN_PIECES;
    ask(ASKS);
    run();
    assert_int_equal(good, ASKS);
}

static void each_refusal_is_told_to_the_one_who_asked(void **state)
{
    (void)state;
    manner = REFUSES;
    ask(ASKS);
    run();
    assert_int_equal(bad, ASKS);
    assert_int_equal(last.code, FAIL_KEY_FILE);
    assert_string_equal(last.text, "the ssh-agent refuses");
    assert_int_equal(connections, 1);
}

static void garbage_ends_it_for_all(void **state)
{
    (void)state;
    manner = GARBAGE;
    ask(3);
    run();
    assert_int_equal(bad, 3);
    assert_int_equal(last.code, FAIL_KEY_FILE);
}

static void what_nobody_asked_for_is_not_taken(void **state)
{
    (void)state;
    manner = FLOODS;
    ask(1);
    run();
    assert_int_equal(good, 1);
    assert_int_equal(connections, 1);
}

static void a_broken_connection_is_made_anew(void **state)
{
    (void)state;
    manner = DIES_ONCE;
    ask(ASKS);
    run();
    assert_int_equal(good, ASKS);
    assert_int_equal(connections, 2);
}

static void an_agent_that_always_dies_is_given_up(void **state)
{
    (void)state;
    manner = DIES_ALWAYS;
    ask(ASKS);
    run();
    assert_int_equal(bad, ASKS);
    assert_int_equal(last.code, FAIL_NO_ANSWER); /* worth another login */
    assert_non_null(strstr(last.text, "hangs up"));
    assert_true(connections <= 2 * ASKS);
}

static void an_agent_that_is_not_there_is_said_at_once(void **state)
{
    (void)state;
    keyagent_free(agent);
    agent = keyagent_new("/nonexistent/agent", 0);
    ask(2);
    run();
    assert_int_equal(bad, 2);
    assert_int_equal(last.code, FAIL_NO_ANSWER);
    assert_string_equal(last.text,
                        "the ssh-agent at /nonexistent/agent: no such file or directory");
}

static void a_path_that_no_socket_can_have_is_refused(void **state)
{
    static const struct blob empty = {(const unsigned char *)"", 0};
    char far[300];

    (void)state;
    memset(far, 'x', sizeof far);
    far[sizeof far - 1] = '\0';
    keyagent_free(agent);
    agent = keyagent_new(far, 0);
    keyagent_join(agent, &loop);
    assert_null(keyagent_sign(agent, &empty, &empty, &empty, on_signed, NULL, &last));
    assert_int_equal(last.code, FAIL_KEY_FILE);
    keyagent_leave(agent);
}

/* Whoever cancels hears nothing any more, whether the agent has the request or not. */
static void cancelled_is_silent(void **state)
{
    (void)state;
    manner = SILENT;
    ask(ASKS);
    while (requests < KEYAGENT_IN_FLIGHT)
        uv_run(&loop, UV_RUN_ONCE);
    for (unsigned i = 0; i < ASKS; i++)
        if (asks[i])
            keyagent_cancel(asks[i]);
    keyagent_leave(agent);
    run();
    assert_int_equal(good + bad, 0);
    assert_int_equal(requests, KEYAGENT_IN_FLIGHT);
}

static void a_silent_agent_is_given_up(void **state)
{
    (void)state;
    keyagent_free(agent);
    agent = keyagent_new(path, 50);
    manner = SILENT;
    ask(2);
    run();
    assert_int_equal(bad, 2);
    assert_int_equal(last.code, FAIL_NO_ANSWER);
    assert_non_null(strstr(last.text, "within 0.05 s"));
}

#define AGENT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        AGENT_TEST(all_are_signed_over_one_connection),
        AGENT_TEST(the_agent_is_not_given_more_than_so_many),
        AGENT_TEST(answers_may_come_in_pieces),
        AGENT_TEST(each_refusal_is_told_to_the_one_who_asked),
        AGENT_TEST(garbage_ends_it_for_all),
        AGENT_TEST(what_nobody_asked_for_is_not_taken),
        AGENT_TEST(a_broken_connection_is_made_anew),
        AGENT_TEST(an_agent_that_always_dies_is_given_up),
        AGENT_TEST(an_agent_that_is_not_there_is_said_at_once),
        AGENT_TEST(a_path_that_no_socket_can_have_is_refused),
        AGENT_TEST(cancelled_is_silent),
        AGENT_TEST(a_silent_agent_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
