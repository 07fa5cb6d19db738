/* fakes: measurer */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/serve.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/scope.h"

/* The agent in a process of its own; what serve() came to is its exit status. */
struct agent {
    pid_t pid;
    int in, out; /* ours: to write to it, to read from it */
};

static const struct home nowhere = {.root = "/nonexistent", .state = "/nonexistent/s"};

static struct agent start(int64_t idle_ms, int64_t hello_ms)
{
    int to[2], from[2];
    struct agent a;

    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    a.pid = fork();
    if (a.pid == 0) {
        struct serve_options o = {to[0], from[1], idle_ms, hello_ms};
        struct fail why = {0};

        close(to[1]);
        close(from[0]);
        alarm(30);
        serve(&nowhere, &o, &why);
        _exit((int)why.code);
    }
    close(to[0]);
    close(from[1]);
    a.in = to[1];
    a.out = from[0];
    return a;
}

static enum fail_code ended(const struct agent *a)
{
    int status;

    assert_int_equal(waitpid(a->pid, &status, 0), a->pid);
    assert_true(WIFEXITED(status));
    close(a->in);
    close(a->out);
    return (enum fail_code)WEXITSTATUS(status);
}

static void hello(const struct agent *a)
{
    CLEANUP(json_done) struct json *content = message_hello();
    unsigned char *frame;
    size_t bytes;

    assert_int_equal(message_encode_hello(content, &frame, &bytes, NULL), 0);
    assert_int_equal(write(a->in, frame, bytes), bytes);
    free(frame);
}

static void ask(const struct agent *a, uint32_t id, const char *what)
{
    unsigned char *frame;
    size_t bytes;

    assert_int_equal(message_encode_request(id, what, NULL, &frame, &bytes, NULL), 0);
    assert_int_equal(write(a->in, frame, bytes), bytes);
    free(frame);
}

static void a_controller_that_falls_silent_is_left(void **state)
{
    struct agent a = start(200, 20000);

    (void)state;
    hello(&a);
    assert_int_equal(ended(&a), FAIL_TIMEOUT);
}

static void pings_keep_the_conversation(void **state)
{
    struct agent a = start(500, 20000);

    (void)state;
    hello(&a);
    for (uint32_t i = 1; i <= 10; i++) {
        ask(&a, i, "ping");
        poll(NULL, 0, 100); /* twice the limit, all in all */
    }
    assert_int_equal(waitpid(a.pid, NULL, WNOHANG), 0);
    assert_int_equal(ended(&a), FAIL_TIMEOUT);
}

static void without_a_hello_it_does_not_stay(void **state)
{
    time_t begun = time(NULL);
    struct agent a = start(20000, 200);

    (void)state;
    assert_int_equal(ended(&a), FAIL_TIMEOUT);
    assert_true(time(NULL) - begun < 15); /* and not for its silence */
}

static void an_input_that_ends_is_a_farewell(void **state)
{
    struct agent a = start(20000, 20000);

    (void)state;
    hello(&a);
    close(a.in);
    a.in = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_int_equal(ended(&a), FAIL_NONE);
}

static void an_output_that_nobody_reads_any_more_is_one_too(void **state)
{
    struct agent a = start(20000, 20000);

    (void)state;
    hello(&a);
    close(a.out);
    a.out = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(ended(&a), FAIL_NONE);
}

/* Its pipe full, it goes on listening and does not hang: silence ends it. */
static void a_controller_that_does_not_read_does_not_hold_it(void **state)
{
    struct agent a = start(1000, 20000);

    (void)state;
    hello(&a);
    for (uint32_t i = 1; i <= 5000; i++)
        ask(&a, i, "nobody reads the answer to this request");
    assert_int_equal(ended(&a), FAIL_TIMEOUT);
}

static void an_answer_from_a_controller_is_garbage(void **state)
{
    struct agent a = start(20000, 20000);
    unsigned char *frame;
    size_t bytes;

    (void)state;
    hello(&a);
    assert_int_equal(message_encode_answer(1, NULL, &frame, &bytes, NULL), 0);
    assert_int_equal(write(a.in, frame, bytes), bytes);
    free(frame);
    assert_int_equal(ended(&a), FAIL_GARBAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_controller_that_falls_silent_is_left),
        cmocka_unit_test(pings_keep_the_conversation),
        cmocka_unit_test(without_a_hello_it_does_not_stay),
        cmocka_unit_test(an_input_that_ends_is_a_farewell),
        cmocka_unit_test(an_output_that_nobody_reads_any_more_is_one_too),
        cmocka_unit_test(a_controller_that_does_not_read_does_not_hold_it),
        cmocka_unit_test(an_answer_from_a_controller_is_garbage),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
