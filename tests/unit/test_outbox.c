#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/outbox.h"
#include "protocol/fail.h"
#include "protocol/frame.h"

static void push(struct outbox *o, enum outbox_worth worth, const char *text)
{
    struct fail why;

    assert_int_equal(outbox_push(o, worth, text, strlen(text), &why), 0);
}

/* Write all of it into a pipe, as much as fits each time, and give back its messages,
 * joined by spaces.
 */
static char *drain(struct outbox *o)
{
    struct frame_reader *r = frame_reader_new(false);
    char bytes[65536], *all = calloc(1, 1 << 20);
    const char *text;
    size_t len;
    int ends[2];

    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    while (outbox_bytes(o) > 0) {
        ssize_t n;

        assert_int_equal(outbox_write(o, ends[1]), 0);
        n = read(ends[0], bytes, sizeof bytes);
        assert_true(n > 0);
        assert_int_equal(frame_push(r, bytes, (size_t)n, NULL), 0);
        while ((text = frame_next(r, &len)))
            if (len < 200) {
                strncat(all, text, len);
                strcat(all, " ");
            }
    }
    frame_reader_free(r);
    close(ends[0]);
    close(ends[1]);
    return all;
}

static void messages_leave_in_order(void **state)
{
    struct outbox *o = outbox_new();
    char *all;

    (void)state;
    push(o, OUTBOX_KEEP, "one");
    push(o, OUTBOX_OUTPUT, "two");
    push(o, OUTBOX_KEEP, "three");
    assert_int_equal(outbox_bytes(o), 11 + 3 * 4);
    all = drain(o);
    assert_string_equal(all, "one two three ");
    free(all);
    outbox_free(o);
}

static void a_flood_of_output_drops_the_oldest_and_says_so(void **state)
{
    struct outbox *o = outbox_new();
    char *line = calloc(1, 1001), *all;

    (void)state;
    memset(line, 'x', 1000);
    push(o, OUTBOX_OUTPUT, "the oldest");
    push(o, OUTBOX_KEEP, "an answer");
    for (size_t i = 0; i < 2 * OUTBOX_MAX_BYTES / 1000; i++) {
        push(o, OUTBOX_OUTPUT, line);
        assert_true(outbox_bytes(o) <= OUTBOX_MAX_BYTES);
    }
    push(o, OUTBOX_OUTPUT, "the newest");
    assert_false(outbox_is_full(o)); /* output alone never keeps answers out */
    assert_true(outbox_dropped(o) > OUTBOX_MAX_BYTES / 1004);
    all = drain(o);
    assert_string_equal(all, "an answer the newest ");
    free(all);
    push(o, OUTBOX_KEEP, "later");
    all = drain(o);
    assert_non_null(strstr(all, "lines dropped\"}} later "));
    free(all);
    free(line);
    outbox_free(o);
}

static void a_frame_that_is_half_out_is_never_dropped(void **state)
{
    struct outbox *o = outbox_new();
    char *line = calloc(1, 100001), bytes[65536];
    struct frame_reader *r = frame_reader_new(false);
    size_t len, seen = 0;
    const char *text;
    int ends[2];

    (void)state;
    memset(line, 'x', 100000);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    push(o, OUTBOX_OUTPUT, line);
    assert_int_equal(outbox_write(o, ends[1]), 0); /* a pipe takes 64 KiB of it */
    assert_true(outbox_bytes(o) > 0);
    for (int i = 0; i < 30; i++) {
        memset(line, 'a' + i % 20, 100000);
        push(o, OUTBOX_OUTPUT, line);
    }
    while (outbox_bytes(o) > 0) {
        ssize_t n = read(ends[0], bytes, sizeof bytes);

        assert_int_equal(frame_push(r, bytes, (size_t)n, NULL), 0);
        while ((text = frame_next(r, &len))) {
            assert_int_equal(len, 100000);
            assert_int_equal(text[0], text[len - 1]); /* all of one push */
            seen++;
        }
        assert_int_equal(outbox_write(o, ends[1]), 0);
    }
    assert_true(seen > 1);
    close(ends[0]);
    close(ends[1]);
    frame_reader_free(r);
    free(line);
    outbox_free(o);
}

static void answers_alone_fill_it(void **state)
{
    struct outbox *o = outbox_new();
    char *answer = calloc(1, 100001);

    (void)state;
    memset(answer, 'x', 100000);
    while (!outbox_is_full(o))
        push(o, OUTBOX_KEEP, answer);
    assert_int_equal(outbox_dropped(o), 0);
    free(answer);
    outbox_free(o);
}

static void a_reader_that_has_gone_is_noticed(void **state)
{
    struct outbox *o = outbox_new();
    int ends[2];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    push(o, OUTBOX_KEEP, "hello?");
    assert_int_equal(outbox_write(o, ends[1]), -1);
    close(ends[1]);
    outbox_free(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_leave_in_order),
        cmocka_unit_test(a_flood_of_output_drops_the_oldest_and_says_so),
        cmocka_unit_test(a_frame_that_is_half_out_is_never_dropped),
        cmocka_unit_test(answers_alone_fill_it),
        cmocka_unit_test(a_reader_that_has_gone_is_noticed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
