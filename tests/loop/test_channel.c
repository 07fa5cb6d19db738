/* fakes: fake_libssh2 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/ssh/channel.h"
#include "tests/fake/fake_libssh2.h"

#define TURN_BYTES ((size_t)256 << 10)

static struct _LIBSSH2_CHANNEL peer;
static struct channel channel;
static size_t heard[2];
static unsigned drained;
static bool silent_at_once;

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    (void)arg;
    for (size_t i = 0; i < len_bytes; i++)
        assert_int_equal(bytes[i], stream == SSH_STDERR ? 'b' : 'a');
    heard[stream] += len_bytes;
    if (silent_at_once)
        channel.silent = true;
}

static void on_drained(void *arg)
{
    (void)arg;
    drained++;
}

static const struct ssh_hooks hooks = {.data = on_data, .drained = on_drained};

static int set_up(void **state)
{
    (void)state;
    memset(&peer, 0, sizeof peer);
    peer.room = 1000;
    peer.window_bytes = 1000000;
    channel =
        (struct channel){.session = (void *)&peer, .handle = &peer, .hooks = &hooks};
    heard[0] = heard[1] = 0;
    drained = 0;
    silent_at_once = false;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    outqueue_clear(&channel.out);
    return (int)peer.broken_rules;
}

static enum channel_next turn(void)
{
    size_t left_bytes = TURN_BYTES;

    return channel_turn(&channel, &left_bytes);
}

static void push(const char *text)
{
    assert_int_equal(outqueue_push(&channel.out, text, strlen(text), NULL), 0);
}

static void assert_written(const char *text)
{
    assert_int_equal(peer.written_bytes, strlen(text));
    assert_memory_equal(peer.written, text, strlen(text));
}

static void nothing_is_read_while_a_write_is_half_done(void **state)
{
    (void)state;
    peer.room = 0;
    push("hello");
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_int_equal(channel.pending, CHANNEL_WRITE);
    peer.arriving[0] = 100;
    push("more");
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_int_equal(heard[0], 0);
    peer.room = 1000;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_int_equal(heard[0], 100);
    assert_written("hellomore");
    assert_int_equal(drained, 1);
}

static void nothing_is_written_while_a_read_is_half_done(void **state)
{
    (void)state;
    peer.room = 0;
    peer.must_open_window = true;
    push("hello");
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_int_equal(channel.pending, CHANNEL_READ_OUT);
    assert_int_equal(turn(), CHANNEL_WAIT);
    peer.room = 1000;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_written("hello");
}

/* A write takes in what has arrived, where poll() does not see it. */
static void what_a_write_took_in_is_read_before_waiting(void **state)
{
    (void)state;
    peer.room = 0;
    push("hello");
    assert_int_equal(turn(), CHANNEL_WAIT);
    peer.inside[0] = peer.inside[1] = 10;
    peer.room = 1000;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_int_equal(heard[0] + heard[1], 20);
}

/* Else both sides could wait for each other with their output full. */
static void what_came_while_the_other_stream_was_read_is_read_too(void **state)
{
    (void)state;
    for (int stream = 0; stream < 2; stream++) {
        heard[stream] = 0;
        peer.late[stream] = 3;
        peer.ended = true;
        assert_int_equal(turn(), CHANNEL_EOF);
        assert_int_equal(heard[stream], 3);
        peer.ended = false;
    }
}

static void a_stream_that_nobody_reads_does_not_hold_the_turn(void **state)
{
    (void)state;
    peer.foreign_bytes = 100;
    peer.arriving[0] = 10;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_int_equal(heard[0], 10);
}

static void a_shut_window_does_not_stop_reading(void **state)
{
    (void)state;
    peer.window_bytes = 3;
    push("hello");
    peer.arriving[0] = 50;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_written("hel");
    assert_int_equal(channel.pending, CHANNEL_IDLE);
    peer.arriving[1] = 50;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_int_equal(heard[0] + heard[1], 100);
    peer.window_bytes = 1000;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_written("hello");
}

static void one_node_has_no_more_than_its_turn(void **state)
{
    (void)state;
    peer.arriving[0] = 10 * TURN_BYTES;
    assert_int_equal(turn(), CHANNEL_AGAIN);
    assert_in_range(heard[0], TURN_BYTES, 2 * TURN_BYTES);
    peer.arriving[1] = 5;
    for (int i = 0; i < 20; i++)
        turn();
    assert_int_equal(heard[0], 10 * TURN_BYTES);
    assert_int_equal(heard[1], 5);
}

static void the_end_is_seen_after_both_streams_are_read(void **state)
{
    (void)state;
    peer.arriving[0] = 5;
    peer.arriving[1] = 6;
    peer.ended = true;
    assert_int_equal(turn(), CHANNEL_EOF);
    assert_int_equal(heard[0], 5);
    assert_int_equal(heard[1], 6);
}

static void a_hook_can_end_the_turn(void **state)
{
    (void)state;
    silent_at_once = true;
    peer.arriving[0] = peer.arriving[1] = 5;
    push("hello");
    assert_int_equal(turn(), CHANNEL_AGAIN);
    assert_int_equal(heard[1], 0);
    assert_written("");
}

static void the_end_of_input_is_one_operation_too(void **state)
{
    (void)state;
    channel.no_input = true;
    peer.room = 0;
    peer.arriving[0] = 5;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_int_equal(channel.pending, CHANNEL_END);
    assert_int_equal(heard[0], 0);
    peer.room = 10;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_int_equal(heard[0], 5);
    assert_false(channel.no_input);
}

static void the_end_of_input_comes_after_all_that_was_written(void **state)
{
    (void)state;
    peer.window_bytes = 3;
    push("hello");
    channel.no_input = true;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_written("hel");
    assert_true(channel.no_input);
    assert_false(peer.input_ended);
    peer.window_bytes = 10;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_written("hello");
    assert_false(channel.no_input);
    assert_true(peer.input_ended);
}

/* Before another channel is opened; each of the four operations, and none. */
static void what_is_half_done_is_finished_and_nothing_more(void **state)
{
    (void)state;
    assert_int_equal(channel_settle(&channel), CHANNEL_EOF);
    peer.room = 0;
    push("hello");
    turn();
    assert_int_equal(channel.pending, CHANNEL_WRITE);
    assert_int_equal(channel_settle(&channel), CHANNEL_WAIT);
    peer.room = 10;
    peer.arriving[0] = 5;
    assert_int_equal(channel_settle(&channel), CHANNEL_EOF);
    assert_int_equal(channel.pending, CHANNEL_IDLE);
    assert_written("hello");
    outqueue_pop(&channel.out, channel.out.len_bytes);
    peer.room = 0;
    peer.must_open_window = true;
    assert_int_equal(turn(), CHANNEL_WAIT);
    assert_int_equal(channel_settle(&channel), CHANNEL_WAIT);
    peer.room = 10;
    assert_int_equal(channel_settle(&channel), CHANNEL_EOF);
    peer.room = 0;
    channel.no_input = true;
    turn();
    assert_int_equal(channel.pending, CHANNEL_END);
    assert_int_equal(channel_settle(&channel), CHANNEL_WAIT);
    peer.room = 10;
    assert_int_equal(channel_settle(&channel), CHANNEL_EOF);
    assert_int_equal(heard[0], 0);
}

/* Whatever blocks when: no rule is broken, no byte lost, nothing left inside. */
static void any_order_of_events_is_survived(void **state)
{
    static char text[150000];
    size_t pushed = 0, sent_to_us = 0;
    unsigned long random = 42;

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('A' + i % 26);
    peer.room = 0;
    for (int i = 0; i < 20000 || peer.written_bytes < pushed; i++) {
        size_t some = (random = random * 1103515245 + 12345) >> 16 & 255;

        peer.room = some % 3;
        peer.window_bytes = peer.half_sent ? peer.window_bytes : some * (some % 5 > 0);
        peer.must_open_window |= some % 7 == 0 && !peer.half_sent;
        peer.arriving[some & 1] += i < 20000 ? some : 0;
        sent_to_us += i < 20000 ? some : 0;
        if (some % 4 == 0 && pushed + some < sizeof text) {
            assert_int_equal(outqueue_push(&channel.out, text + pushed, some, NULL), 0);
            pushed += some;
        }
        if (turn() == CHANNEL_WAIT && channel.pending == CHANNEL_IDLE)
            assert_int_equal(peer.inside[0] + peer.inside[1], 0);
        assert_int_equal(peer.broken_rules, 0);
    }
    peer.room = 10;
    turn();
    assert_int_equal(heard[0] + heard[1], sent_to_us);
    assert_int_equal(peer.written_bytes, pushed);
    assert_memory_equal(peer.written, text, pushed);
    assert_true(pushed > 10000);
}

#define CHANNEL_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHANNEL_TEST(nothing_is_read_while_a_write_is_half_done),
        CHANNEL_TEST(nothing_is_written_while_a_read_is_half_done),
        CHANNEL_TEST(what_a_write_took_in_is_read_before_waiting),
        CHANNEL_TEST(what_came_while_the_other_stream_was_read_is_read_too),
        CHANNEL_TEST(a_stream_that_nobody_reads_does_not_hold_the_turn),
        CHANNEL_TEST(a_shut_window_does_not_stop_reading),
        CHANNEL_TEST(one_node_has_no_more_than_its_turn),
        CHANNEL_TEST(the_end_is_seen_after_both_streams_are_read),
        CHANNEL_TEST(a_hook_can_end_the_turn),
        CHANNEL_TEST(the_end_of_input_is_one_operation_too),
        CHANNEL_TEST(the_end_of_input_comes_after_all_that_was_written),
        CHANNEL_TEST(what_is_half_done_is_finished_and_nothing_more),
        CHANNEL_TEST(any_order_of_events_is_survived),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
