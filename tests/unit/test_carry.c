#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/relay/carry.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/mux.h"
#include "protocol/mux_stream.h"
#include "protocol/scope.h"

#define PATIENT_MS 20000

/* The relay in a process of its own; what carry() came to is its exit status. */
struct relay {
    pid_t pid;
    int in, out; /* ours: to write to it, to read from it */
    struct frame_reader *reader;
    struct mux_frame heard; /* its bytes are good until the next one */
};

static const struct home nowhere = {.root = "/nonexistent", .state = "/nonexistent/s"};

static void say_hello(const struct relay *r)
{
    CLEANUP(json_done) struct json *content = message_hello();
    unsigned char *frame;
    size_t bytes;

    assert_int_equal(message_encode_hello(content, &frame, &bytes, NULL), 0);
    assert_int_equal(write(r->in, frame, bytes), bytes);
    free(frame);
}

static const char *next_frame(struct relay *r, size_t *len_bytes)
{
    const char *text;
    char bytes[4096];

    while (!(text = frame_next(r->reader, len_bytes))) {
        ssize_t n = read(r->out, bytes, sizeof bytes);

        assert_true(n > 0);
        assert_int_equal(frame_push(r->reader, bytes, (size_t)n, NULL), 0);
    }
    return text;
}

static struct relay start(void)
{
    struct relay r = {.reader = frame_reader_new(true)};
    int to[2], from[2];
    size_t len;

    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    r.pid = fork();
    if (r.pid == 0) {
        struct carry_options o = {to[0], from[1], PATIENT_MS, PATIENT_MS};
        struct fail why = {0};

        close(to[1]);
        close(from[0]);
        alarm(30);
        carry(&nowhere, &o, &why);
        _exit((int)why.code);
    }
    close(to[0]);
    close(from[1]);
    r.in = to[1];
    r.out = from[0];
    assert_int_equal(*next_frame(&r, &len), '{');
    say_hello(&r);
    return r;
}

static enum fail_code ended(struct relay *r)
{
    int status;

    if (r->in >= 0)
        close(r->in);
    assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
    assert_true(WIFEXITED(status));
    close(r->out);
    frame_reader_free(r->reader);
    return (enum fail_code)WEXITSTATUS(status);
}

static void say(const struct relay *r, const struct mux_frame *f)
{
    unsigned char *frame;
    size_t bytes;

    assert_int_equal(mux_encode(f, &frame, &bytes, NULL), 0);
    assert_int_equal(write(r->in, frame, bytes), bytes);
    free(frame);
}

static void say_kind(const struct relay *r, uint32_t stream, enum mux_kind kind)
{
    say(r, &(struct mux_frame){.kind = kind, .stream = stream});
}

static void say_data(const struct relay *r, uint32_t stream, const char *bytes, size_t n)
{
    say(r, &(struct mux_frame){
               .kind = MUX_DATA, .stream = stream, .bytes = bytes, .len_bytes = n});
}

static void say_open(const struct relay *r, uint32_t stream, const char *address,
                     uint16_t port, uint32_t patience_ms)
{
    struct mux_frame f = {.kind = MUX_OPEN,
                          .stream = stream,
                          .port = port,
                          .patience_ms = patience_ms};

    strcpy(f.address, address);
    say(r, &f);
}

/* The next frame, which must be this one. */
static const struct mux_frame *hear(struct relay *r, uint32_t stream, enum mux_kind kind)
{
    size_t len;
    const char *text = next_frame(r, &len);

    assert_int_equal(mux_parse(text, len, &r->heard, NULL), 0);
    assert_int_equal(r->heard.stream, stream);
    assert_int_equal(r->heard.kind, kind);
    return &r->heard;
}

/* Somebody who listens on loopback; the port comes back. */
static int listen_on(int backlog, uint16_t *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, backlog), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

/* A port that swallows what wants to connect: its queue is full. */
struct black_hole {
    int listener, filler;
    uint16_t port;
};

static struct black_hole dig(void)
{
    struct black_hole hole;
    struct sockaddr_in at = {.sin_family = AF_INET};

    hole.listener = listen_on(0, &hole.port);
    hole.filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_port = htons(hole.port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(hole.filler, (struct sockaddr *)&at, sizeof at), 0);
    return hole;
}

static void fill_in(struct black_hole *hole)
{
    close(hole->filler);
    close(hole->listener);
}

/* ---- the tests ------------------------------------------------------------------- */

static void bytes_go_both_ways_until_both_have_ended(void **state)
{
    struct relay r = start();
    uint16_t port;
    int listener = listen_on(8, &port), node;
    char bytes[8] = "";

    (void)state;
    say_open(&r, 1, "127.0.0.1", port, PATIENT_MS);
    hear(&r, 1, MUX_OPENED);
    node = accept(listener, NULL, NULL);
    say_data(&r, 1, "ping", 4);
    assert_int_equal(read(node, bytes, sizeof bytes), 4);
    assert_string_equal(bytes, "ping");
    assert_int_equal(write(node, "pong", 4), 4);
    assert_memory_equal(hear(&r, 1, MUX_DATA)->bytes, "pong", 4);
    say_kind(&r, 1, MUX_EOF);
    assert_int_equal(read(node, bytes, sizeof bytes), 0);
    close(node);
    hear(&r, 1, MUX_EOF);
    hear(&r, 1, MUX_CLOSE);
    say_kind(&r, 1, MUX_CLOSE);
    close(listener);
    assert_int_equal(ended(&r), FAIL_NONE);
}

static void a_name_is_looked_up_on_the_jump_host(void **state)
{
    struct relay r = start();
    uint16_t port;
    int listener = listen_on(8, &port);

    (void)state;
    say_open(&r, 1, "localhost", port, PATIENT_MS);
    hear(&r, 1, MUX_OPENED);
    say_open(&r, 2, "no-such-node.invalid", port, PATIENT_MS);
    assert_int_equal(hear(&r, 2, MUX_CLOSE)->why.code, FAIL_RESOLVE);
    close(listener);
    assert_int_equal(ended(&r), FAIL_NONE);
}

static void a_target_that_refuses_is_told(void **state)
{
    struct relay r = start();
    uint16_t port;
    char words[64];

    (void)state;
    close(listen_on(8, &port));
    say_open(&r, 1, "127.0.0.1", port, PATIENT_MS);
    snprintf(words, sizeof words, "127.0.0.1:%u: Connection refused", port);
    assert_string_equal(hear(&r, 1, MUX_CLOSE)->why.text, words);
    assert_int_equal(r.heard.why.code, FAIL_CONNECT);
    assert_int_equal(ended(&r), FAIL_NONE);
}

static void a_black_hole_delays_nobody_and_has_a_deadline(void **state)
{
    struct relay r = start();
    struct black_hole hole = dig();
    uint16_t port;
    int listener = listen_on(8, &port);

    (void)state;
    say_open(&r, 1, "127.0.0.1", hole.port, 700);
    say_open(&r, 2, "127.0.0.1", port, PATIENT_MS);
    hear(&r, 2, MUX_OPENED);
    assert_int_equal(hear(&r, 1, MUX_CLOSE)->why.code, FAIL_NO_ANSWER);
    fill_in(&hole);
    close(listener);
    assert_int_equal(ended(&r), FAIL_NONE);
}

static void say_ping(const struct relay *r)
{
    unsigned char *frame;
    size_t bytes;

    assert_int_equal(message_encode_request(1, "ping", NULL, &frame, &bytes, NULL), 0);
    assert_int_equal(write(r->in, frame, bytes), bytes);
    free(frame);
}

/* The credit that was given before our ping was answered. */
static uint32_t credit_until_answer(struct relay *r)
{
    uint32_t given = 0;
    const char *text;
    size_t len;

    say_ping(r);
    while (mux_is_frame(text = next_frame(r, &len), len)) {
        assert_int_equal(mux_parse(text, len, &r->heard, NULL), 0);
        assert_int_equal(r->heard.kind, MUX_CREDIT);
        given += r->heard.credit_bytes;
    }
    return given;
}

/* Until the kernel's buffers are full, and the relay's own for this stream. */
static void stuff(struct relay *r, uint32_t stream)
{
    static char much[MUX_DATA_MAX_BYTES];
    uint32_t left = MUX_WINDOW_BYTES, given = left;

    for (; given; left += given) {
        for (; left >= sizeof much; left -= (uint32_t)sizeof much)
            say_data(r, stream, much, sizeof much);
        given = credit_until_answer(r);
    }
    assert_true(left < sizeof much);
}

static void who_takes_nothing_holds_up_nobody(void **state)
{
    struct relay r = start();
    uint16_t port;
    int listener = listen_on(8, &port), idler, taker;
    char byte;

    (void)state;
    say_open(&r, 1, "127.0.0.1", port, PATIENT_MS);
    hear(&r, 1, MUX_OPENED);
    idler = accept(listener, NULL, NULL);
    stuff(&r, 1);
    say_open(&r, 2, "127.0.0.1", port, PATIENT_MS);
    hear(&r, 2, MUX_OPENED);
    taker = accept(listener, NULL, NULL);
    say_data(&r, 2, "x", 1);
    assert_int_equal(read(taker, &byte, 1), 1);
    close(taker);
    close(idler);
    close(listener);
    assert_int_equal(ended(&r), FAIL_NONE);
}

static void a_stream_that_was_never_opened_is_garbage(void **state)
{
    struct relay r = start();

    (void)state;
    say_data(&r, 5, "x", 1);
    assert_int_equal(ended(&r), FAIL_GARBAGE);
}

static void data_beyond_the_credit_is_garbage(void **state)
{
    static char much[MUX_DATA_MAX_BYTES];
    struct relay r = start();
    uint16_t port;
    int listener = listen_on(8, &port), node, small = 4096;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    say_open(&r, 1, "127.0.0.1", port, PATIENT_MS);
    hear(&r, 1, MUX_OPENED);
    node = accept(listener, NULL, NULL);
    setsockopt(node, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    for (int i = 0; i < 2000; i++) { /* the kernel takes no 32 MB of it */
        struct mux_frame f = {.kind = MUX_DATA,
                              .stream = 1,
                              .bytes = much,
                              .len_bytes = sizeof much};
        unsigned char *frame;
        size_t bytes;

        assert_int_equal(mux_encode(&f, &frame, &bytes, NULL), 0);
        if (write(r.in, frame, bytes) < 0)
            i = 2000;
        free(frame);
    }
    assert_int_equal(ended(&r), FAIL_GARBAGE);
    close(node);
    close(listener);
}

static void a_relay_installs_nothing(void **state)
{
    struct relay r = start();
    struct message m;
    unsigned char *frame;
    const char *text;
    size_t bytes;

    (void)state;
    assert_int_equal(message_encode_request(1, "install", NULL, &frame, &bytes, NULL), 0);
    assert_int_equal(write(r.in, frame, bytes), bytes);
    free(frame);
    text = next_frame(&r, &bytes);
    assert_int_equal(message_parse(text, bytes, &m, NULL), 0);
    assert_int_equal(m.fail.code, FAIL_UNSUPPORTED);
    message_clear(&m);
    assert_int_equal(ended(&r), FAIL_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_both_ways_until_both_have_ended),
        cmocka_unit_test(a_name_is_looked_up_on_the_jump_host),
        cmocka_unit_test(a_target_that_refuses_is_told),
        cmocka_unit_test(a_black_hole_delays_nobody_and_has_a_deadline),
        cmocka_unit_test(who_takes_nothing_holds_up_nobody),
        cmocka_unit_test(a_stream_that_was_never_opened_is_garbage),
        cmocka_unit_test(data_beyond_the_credit_is_garbage),
        cmocka_unit_test(a_relay_installs_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
