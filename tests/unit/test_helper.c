#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node-agent/ask.h"
#include "node-agent/clock.h"
#include "node-agent/helper.h"
#include "node-agent/voice.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/message.h"

#define PATIENCE_MS 20000

struct heard {
    int events, outputs, answers, failures;
    struct fail why;
};

static void hear(void *arg, const char *text, size_t len_bytes, bool is_output)
{
    struct heard *h = arg;
    struct message m;
    struct fail why;

    assert_int_equal(message_parse(text, len_bytes, &m, &why), 0);
    h->events += m.type == MESSAGE_EVENT;
    h->outputs += is_output;
    h->answers += m.type == MESSAGE_ANSWER;
    if (m.type == MESSAGE_FAILURE) {
        h->failures++;
        h->why = m.fail;
    }
    message_clear(&m);
}

/* See one request to its end, as the loop does. */
static struct heard live_through(const struct ask *ask)
{
    int64_t until = clock_ms() + PATIENCE_MS;
    struct heard heard = {0};
    struct helper *helper;
    struct fail why;

    assert_int_equal(helper_open(&helper, NULL, ask, 7, NULL, clock_ms(), &why), 0);
    assert_int_equal(helper_id(helper), 7);
    while (!helper_is_over(helper)) {
        struct pollfd p = {.fd = helper_fd(helper), .events = POLLIN};
        int64_t left = helper_due_ms(helper) - clock_ms();

        assert_true(clock_ms() < until);
        poll(&p, 1, left < 0 ? 0 : left > 1000 ? 1000 : (int)left);
        if (helper_serve(helper, clock_ms(), hear, &heard, &why) > 0) {
            heard.failures++;
            heard.why = why;
        }
    }
    helper_close(helper);
    return heard;
}

#define WORK(name)                                                 \
    static int name(const struct home *h, const struct json *body, \
                    const struct voice *voice, struct json **answer, struct fail *why)

WORK(work_well)
{
    struct json *line = json_object();

    (void)h;
    (void)body;
    (void)why;
    json_put_text(line, "line", "half way");
    voice_event(voice, "output", line);
    voice_event(voice, "step", json_object());
    *answer = json_object();
    return 0;
}

WORK(work_badly)
{
    (void)h;
    (void)body;
    (void)voice;
    (void)answer;
    return fail_memory(why);
}

WORK(work_and_crash)
{
    (void)h;
    (void)body;
    (void)voice;
    (void)answer;
    (void)why;
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    return 0;
}

WORK(work_and_leave)
{
    (void)h;
    (void)body;
    (void)voice;
    (void)answer;
    (void)why;
    _exit(0);
}

WORK(work_for_ever)
{
    (void)h;
    (void)body;
    (void)voice;
    (void)answer;
    (void)why;
    for (;;)
        pause();
    return 0;
}

WORK(work_and_babble)
{
    static const char nonsense[] = "\xff\xff\xff\xff not a frame";

    (void)h;
    (void)body;
    (void)answer;
    (void)why;
    if (write(voice->fd, nonsense, sizeof nonsense) < 0)
        _exit(1);
    for (;;)
        pause();
    return 0;
}

/* The conversation's descriptors must not live on in it: sshd would wait for them. */
WORK(work_if_alone)
{
    char c;

    (void)h;
    (void)body;
    (void)voice;
    *answer = json_object();
    if (read(STDIN_FILENO, &c, 1) == 0)
        return 0;
    return fail_set(why, FAIL_STEP, "standard input is still the conversation's");
}

/* Of all helpers of this test, soon. */
static void no_process_is_left(void)
{
    int64_t until = clock_ms() + PATIENCE_MS;

    while (clock_ms() < until) {
        if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
            return;
        poll(NULL, 0, 10);
    }
    fail_msg("it still runs");
}

static void what_it_says_is_passed_on(void **state)
{
    struct heard h = live_through(&(struct ask){"well", 10000, work_well});

    (void)state;
    assert_int_equal(h.events, 2);
    assert_int_equal(h.outputs, 1);
    assert_int_equal(h.answers, 1);
    assert_int_equal(h.failures, 0);
}

/* Its memory is the node's trouble, not the end of the whole run. */
static void a_fault_of_ours_is_told_as_the_nodes(void **state)
{
    struct heard h = live_through(&(struct ask){"badly", 10000, work_badly});

    (void)state;
    assert_int_equal(h.failures, 1);
    assert_int_equal(fail_kind_of(h.why.code), FAIL_KIND_NODE);
    assert_string_equal(h.why.text, "out of memory");
}

static void a_crash_is_an_answer(void **state)
{
    struct heard h = live_through(&(struct ask){"crash", 10000, work_and_crash});

    (void)state;
    assert_int_equal(h.answers + h.failures, 1);
    assert_int_equal(h.why.code, FAIL_AGENT_DIED);
}

static void an_end_without_a_word_is_an_answer(void **state)
{
    struct heard h = live_through(&(struct ask){"leave", 10000, work_and_leave});

    (void)state;
    assert_int_equal(h.failures, 1);
    assert_int_equal(h.why.code, FAIL_AGENT_DIED);
    assert_string_equal(h.why.text, "leave: its process ended without an answer");
}

static void one_that_hangs_is_ended_at_its_deadline(void **state)
{
    int64_t begun = clock_ms();
    struct heard h = live_through(&(struct ask){"hang", 100, work_for_ever});

    (void)state;
    assert_int_equal(h.failures, 1);
    assert_int_equal(h.why.code, FAIL_TIMEOUT);
    assert_true(clock_ms() - begun < 10000);
    no_process_is_left();
}

static void one_that_babbles_is_ended(void **state)
{
    struct heard h = live_through(&(struct ask){"babble", 5000, work_and_babble});

    (void)state;
    assert_int_equal(h.answers, 0);
    assert_int_equal(h.failures, 1);
    no_process_is_left();
}

static void it_does_not_hold_the_conversation_open(void **state)
{
    int ends[2], saved = dup(STDIN_FILENO);
    struct heard h;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO); /* nobody writes: reading it would wait */
    h = live_through(&(struct ask){"alone", 3000, work_if_alone});
    dup2(saved, STDIN_FILENO);
    close(saved);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(h.answers, 1);
}

static void closed_early_it_leaves_no_process(void **state)
{
    const struct ask ask = {"hang", 100000, work_for_ever};
    struct helper *helper;
    struct fail why;

    (void)state;
    assert_int_equal(helper_open(&helper, NULL, &ask, 1, NULL, clock_ms(), &why), 0);
    helper_close(helper);
    no_process_is_left();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_says_is_passed_on),
        cmocka_unit_test(a_fault_of_ours_is_told_as_the_nodes),
        cmocka_unit_test(a_crash_is_an_answer),
        cmocka_unit_test(an_end_without_a_word_is_an_answer),
        cmocka_unit_test(one_that_hangs_is_ended_at_its_deadline),
        cmocka_unit_test(one_that_babbles_is_ended),
        cmocka_unit_test(it_does_not_hold_the_conversation_open),
        cmocka_unit_test(closed_early_it_leaves_no_process),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
