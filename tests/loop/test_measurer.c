/* The measuring process is replaced by a scripted one: rail_serve() below. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node-agent/verbs/measurer.h"
#include "node-agent/verbs/rail.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/scope.h"

#define DEADLINE_MS 5000

/* ---- the child ---------------------------------------------------------- */

static void echo(int fd, const struct message *m)
{
    unsigned char *frame;
    size_t bytes;

    if (message_encode_answer(m->id, m->body, &frame, &bytes, NULL) < 0)
        _exit(9);
    for (size_t done = 0; done < bytes;) {
        ssize_t n = write(fd, frame + done, bytes - done);

        if (n <= 0)
            _exit(9);
        done += (size_t)n;
    }
    free(frame);
}

static void obey(int fd, const char *text, size_t len_bytes)
{
    struct message m;
    char byte;

    if (message_parse(text, len_bytes, &m, NULL) < 0)
        _exit(9);
    if (strcmp(m.name, "crash") == 0)
        raise(SIGKILL);
    if (strcmp(m.name, "end") == 0)
        _exit(3);
    if (strcmp(m.name, "babble") == 0 && write(fd, "\377\377\377\377", 4) < 0)
        _exit(9);
    if (strcmp(m.name, "stdin") == 0 && read(STDIN_FILENO, &byte, 1) != 0)
        _exit(9); /* the agent's own is not ours: /dev/null ends at once */
    if (strcmp(m.name, "sleep") == 0)
        pause();
    echo(fd, &m);
    message_clear(&m);
}

int rail_serve(int fd)
{
    struct frame_reader *reader = frame_reader_new(false);
    char bytes[65536];
    const char *text;
    size_t len_bytes;
    ssize_t n;

    while ((n = read(fd, bytes, sizeof bytes)) > 0) {
        if (frame_push(reader, bytes, (size_t)n, NULL) < 0)
            _exit(9);
        while ((text = frame_next(reader, &len_bytes)))
            obey(fd, text, len_bytes);
    }
    frame_reader_free(reader);
    return 0;
}

/* ---- the agent's side --------------------------------------------------- */

struct heard {
    int count;
    uint32_t ids[MEASURER_MAX_ASKED];
    struct fail fail;    /* of the last one */
    size_t longest_text; /* "text" of the longest body */
};

static void on_answer(void *arg, const char *text, size_t len_bytes)
{
    struct heard *h = arg;
    const char *body_text;
    struct message m;

    assert_int_equal(message_parse(text, len_bytes, &m, NULL), 0);
    h->ids[h->count++] = m.id;
    h->fail = m.fail;
    if (m.type == MESSAGE_ANSWER &&
        json_get_text(m.body, "text", &body_text, NULL) == 0 &&
        strlen(body_text) > h->longest_text)
        h->longest_text = strlen(body_text);
    message_clear(&m);
}

/* Serve until so many answers have come, or the child is gone. */
static void serve(struct measurer *m, struct heard *h, int answers)
{
    while (h->count < answers) {
        struct pollfd p = {.fd = measurer_fd(m), .events = measurer_events(m)};

        assert_int_equal(poll(&p, 1, DEADLINE_MS), 1);
        measurer_serve(m, p.revents, on_answer, h);
        if (measurer_is_over(m))
            break;
    }
    assert_int_equal(h->count, answers);
}

static struct measurer *open_one(void)
{
    struct measurer *m;

    assert_int_equal(measurer_open(&m, NULL), 0);
    return m;
}

static void requests_and_answers_pass_through(void **state)
{
    struct measurer *m = open_one();
    struct heard h = {.count = 0};

    (void)state;
    assert_int_equal(measurer_ask(m, 7, "join", NULL, NULL), 0);
    assert_int_equal(measurer_ask(m, 8, "order", NULL, NULL), 0);
    serve(m, &h, 2);
    assert_int_equal(h.ids[0], 7);
    assert_int_equal(h.ids[1], 8);
    assert_int_equal(h.fail.code, FAIL_NONE);
    assert_false(measurer_is_over(m));
    measurer_close(m);
}

/* More than a socket holds, both ways, to a child that does not read yet. */
static void a_large_order_waits_for_a_slow_child(void **state)
{
    CLEANUP(json_done) struct json *body = json_object();
    CLEANUP(text_done) char *large = malloc(900001);
    struct measurer *m = open_one();
    struct heard h = {.count = 0};

    (void)state;
    memset(large, 'x', 900000);
    large[900000] = '\0';
    json_put_text(body, "text", large);
    assert_int_equal(measurer_ask(m, 1, "order", body, NULL), 0);
    assert_int_equal(measurer_ask(m, 2, "order", body, NULL), 0);
    serve(m, &h, 2);
    assert_int_equal(h.longest_text, 900000);
    measurer_close(m);
}

static void a_crash_fails_all_that_was_asked_and_says_how(void **state)
{
    struct measurer *m = open_one();
    struct heard h = {.count = 0};
    struct fail why;

    (void)state;
    assert_int_equal(measurer_ask(m, 1, "join", NULL, NULL), 0);
    serve(m, &h, 1);
    assert_int_equal(measurer_ask(m, 2, "crash", NULL, NULL), 0);
    assert_int_equal(measurer_ask(m, 3, "order", NULL, NULL), 0);
    serve(m, &h, 3);
    assert_int_equal(h.ids[1] + h.ids[2], 5);
    assert_int_equal(h.fail.code, FAIL_AGENT_DIED);
    assert_non_null(strstr(h.fail.text, "signal 9"));
    assert_true(measurer_is_over(m));
    assert_int_equal(measurer_ask(m, 4, "order", NULL, &why), -1);
    assert_int_equal(why.code, FAIL_AGENT_DIED);
    measurer_close(m);
}

static void an_exit_in_the_middle_says_its_status(void **state)
{
    struct measurer *m = open_one();
    struct heard h = {.count = 0};

    (void)state;
    assert_int_equal(measurer_ask(m, 2, "end", NULL, NULL), 0);
    serve(m, &h, 1);
    assert_non_null(strstr(h.fail.text, "status 3"));
    measurer_close(m);
}

static void garbage_from_the_child_is_its_end(void **state)
{
    struct measurer *m = open_one();
    struct heard h = {.count = 0};

    (void)state;
    assert_int_equal(measurer_ask(m, 2, "babble", NULL, NULL), 0);
    serve(m, &h, 1);
    assert_int_equal(h.fail.code, FAIL_AGENT_DIED);
    assert_true(measurer_is_over(m));
    measurer_close(m);
}

static void closing_ends_a_child_that_is_busy(void **state)
{
    struct measurer *m = open_one();

    (void)state;
    assert_int_equal(measurer_ask(m, 2, "sleep", NULL, NULL), 0);
    measurer_close(m);
    alarm(DEADLINE_MS / 1000); /* SIGALRM ends a test that waits for a child for ever */
    while (wait(NULL) > 0)
        continue;
    alarm(0);
    assert_int_equal(errno, ECHILD);
}

static void the_childs_hands_are_off_the_agents_descriptors(void **state)
{
    struct heard h = {.count = 0};
    struct measurer *m;
    char byte;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    m = open_one();
    assert_int_equal(measurer_ask(m, 1, "stdin", NULL, NULL), 0);
    serve(m, &h, 1);
    close(ends[1]);
    alarm(DEADLINE_MS / 1000);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* hangs if the child has it too */
    alarm(0);
    close(ends[0]);
    measurer_close(m);
}

static void more_requests_than_fit_are_refused(void **state)
{
    struct measurer *m = open_one();
    struct heard h = {.count = 0};
    struct fail why;

    (void)state;
    for (uint32_t i = 1; i <= MEASURER_MAX_ASKED; i++)
        assert_int_equal(measurer_ask(m, i, "order", NULL, NULL), 0);
    assert_int_equal(measurer_ask(m, 99, "order", NULL, &why), -1);
    assert_int_equal(why.code, FAIL_BUG);
    serve(m, &h, MEASURER_MAX_ASKED);
    measurer_close(m);
    measurer_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_and_answers_pass_through),
        cmocka_unit_test(a_large_order_waits_for_a_slow_child),
        cmocka_unit_test(a_crash_fails_all_that_was_asked_and_says_how),
        cmocka_unit_test(an_exit_in_the_middle_says_its_status),
        cmocka_unit_test(garbage_from_the_child_is_its_end),
        cmocka_unit_test(closing_ends_a_child_that_is_busy),
        cmocka_unit_test(the_childs_hands_are_off_the_agents_descriptors),
        cmocka_unit_test(more_requests_than_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
