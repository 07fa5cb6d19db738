#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/link/talk.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/scope.h"

#define IDLE_MS ((uint64_t)60000)

static unsigned written, silences;

static int on_write(void *arg, const void *bytes, size_t len_bytes, struct fail *why)
{
    (void)arg, (void)bytes, (void)len_bytes, (void)why;
    written++;
    return 0;
}

static void on_greeted(void *arg, const struct json *hello)
{
    (void)arg, (void)hello;
}

static void on_event(void *arg, const char *name, const struct json *body)
{
    (void)arg, (void)name, (void)body;
}

static void on_silent(void *arg, const struct fail *why)
{
    (void)arg;
    assert_int_equal(why->code, FAIL_LINK_LOST);
    silences++;
}

static const struct talk_hooks hooks = {.write = on_write,
                                        .greeted = on_greeted,
                                        .event = on_event,
                                        .silent = on_silent};

static void hear(struct talk *t, const void *bytes, size_t len_bytes, uint64_t now_ms)
{
    t->heard_ms = now_ms;
    assert_int_equal(talk_hear(t, bytes, len_bytes, NULL), 0);
}

static void hear_event(struct talk *t, uint64_t now_ms)
{
    static const char event[] = "\0\0\0\032{\"event\":\"step\",\"body\":{}}";

    hear(t, event, sizeof event - 1, now_ms);
}

/* At 0 the agent has greeted, and was greeted. */
static struct talk begin(void)
{
    CLEANUP(json_done) struct json *content = message_hello();
    struct talk t = {.hooks = &hooks, .idle_ms = IDLE_MS};
    unsigned char *frame;
    size_t frame_bytes;

    assert_int_equal(talk_begin(&t), 0);
    assert_int_equal(message_encode_hello(content, &frame, &frame_bytes, NULL), 0);
    hear(&t, FRAME_MARKER, sizeof FRAME_MARKER - 1, 0);
    hear(&t, frame, frame_bytes, 0);
    free(frame);
    assert_true(t.greeted);
    written = silences = 0;
    return t;
}

/* Else its own patience with us would end, however much it says. */
static void an_agent_that_talks_all_the_time_is_pinged(void **state)
{
    struct talk t = begin();

    (void)state;
    for (uint64_t now_ms = 0; now_ms < 3 * IDLE_MS; now_ms += IDLE_MS / 4) {
        hear_event(&t, now_ms);
        talk_tick(&t, now_ms);
    }
    assert_in_range(written, 2, 3);
    talk_clear(&t);
}

static void who_talks_is_not_silent_when_the_pong_is_late(void **state)
{
    struct talk t = begin();

    (void)state;
    talk_tick(&t, IDLE_MS);
    hear_event(&t, IDLE_MS + 1);
    talk_tick(&t, 2 * IDLE_MS); /* the ping's deadline is over, and the next is due */
    assert_int_equal(silences, 0);
    assert_int_equal(written, 2);
    talk_clear(&t);
}

static void who_says_nothing_after_a_ping_is_silent(void **state)
{
    struct talk t = begin();

    (void)state;
    hear_event(&t, IDLE_MS / 2);
    assert_int_equal(talk_due_ms(&t), IDLE_MS);
    talk_tick(&t, IDLE_MS);
    assert_in_range(talk_due_ms(&t), IDLE_MS + 1, 2 * IDLE_MS - 1);
    assert_int_equal(silences, 0);
    talk_tick(&t, 2 * IDLE_MS);
    assert_int_equal(silences, 1);
    talk_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_agent_that_talks_all_the_time_is_pinged),
        cmocka_unit_test(who_talks_is_not_silent_when_the_pong_is_late),
        cmocka_unit_test(who_says_nothing_after_a_ping_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
