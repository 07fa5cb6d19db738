#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/frame.h"

static const char stream[] = "Last login: never\n\001not yet\n" FRAME_MARKER "\0\0\0\2{}"
                             "\0\0\0\7{\"a\":1}";
#define STREAM_BYTES (sizeof stream - 1)

/* Everything that comes out, joined by '|'. */
static void drain(struct frame_reader *r, char *out)
{
    const char *text;
    size_t len;

    while ((text = frame_next(r, &len))) {
        strncat(out, text, len);
        strcat(out, "|");
    }
}

static void every_split_gives_the_same_messages(void **state)
{
    (void)state;
    for (size_t a = 0; a <= STREAM_BYTES; a++)
        for (size_t b = a; b <= STREAM_BYTES; b++) {
            struct frame_reader *r = frame_reader_new(true);
            char out[64] = "";

            assert_int_equal(frame_push(r, stream, a, NULL), 0);
            drain(r, out);
            assert_int_equal(frame_push(r, stream + a, b - a, NULL), 0);
            drain(r, out);
            assert_int_equal(frame_push(r, stream + b, STREAM_BYTES - b, NULL), 0);
            drain(r, out);
            assert_string_equal(out, "{}|{\"a\":1}|");
            assert_false(frame_is_cut(r));
            frame_reader_free(r);
        }
}

static void what_a_login_prints_is_kept_for_the_error(void **state)
{
    struct frame_reader *r = frame_reader_new(true);

    (void)state;
    frame_push(r, "motd\nsudo: a password is required\n", 34, NULL);
    assert_false(frame_started(r));
    assert_string_equal(frame_noise(r), "sudo: a password is required");
    frame_reader_free(r);
}

static void a_flood_before_the_marker_is_refused(void **state)
{
    struct frame_reader *r = frame_reader_new(true);
    char noise[4096];
    struct fail why;
    int pushed = 0;

    (void)state;
    memset(noise, 'y', sizeof noise);
    while (frame_push(r, noise, sizeof noise, &why) == 0)
        assert_true(++pushed <= 16);
    assert_int_equal(why.code, FAIL_FLOOD);
    frame_reader_free(r);
}

static void a_length_out_of_range_is_refused_before_memory_is_taken(void **state)
{
    static const char *const bad[] = {"\xff\xff\xff\xff", "\0\0\0\0", "\0\x10\0\1"};
    struct fail why;

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct frame_reader *r = frame_reader_new(false);

        assert_int_equal(frame_push(r, bad[i], 4, &why), -1);
        assert_int_equal(why.code, FAIL_GARBAGE);
        frame_reader_free(r);
    }
}

static void a_bad_length_behind_a_message_ends_the_next_push(void **state)
{
    struct frame_reader *r = frame_reader_new(false);
    char out[16] = "";

    (void)state;
    assert_int_equal(frame_push(r, "\0\0\0\2{}\xff\xff\xff\xff", 10, NULL), 0);
    drain(r, out);
    assert_string_equal(out, "{}|");
    assert_int_equal(frame_push(r, "x", 1, NULL), -1);
    frame_reader_free(r);
}

static void a_message_cut_by_the_end_is_noticed(void **state)
{
    struct frame_reader *r = frame_reader_new(false);
    size_t len;

    (void)state;
    frame_push(r, "\0\0\0\2{", 5, NULL);
    assert_null(frame_next(r, &len));
    assert_true(frame_is_cut(r));
    frame_reader_free(r);
}

static void what_is_encoded_is_read_back(void **state)
{
    struct frame_reader *r = frame_reader_new(false);
    size_t big = FRAME_MAX_BYTES, bytes, len;
    char *text = malloc(big + 1);
    unsigned char *frame;
    struct fail why;

    (void)state;
    memset(text, 'x', big);
    assert_int_equal(frame_encode(text, big, &frame, &bytes, NULL), 0);
    assert_int_equal(bytes, big + 4);
    assert_int_equal(frame_push(r, frame, bytes, NULL), 0);
    assert_memory_equal(frame_next(r, &len), text, big);
    assert_int_equal(len, big);
    assert_int_equal(frame_encode(text, big + 1, &frame, &bytes, &why), -1);
    assert_int_equal(why.code, FAIL_BUG);
    free(frame);
    free(text);
    frame_reader_free(r);
}

static void a_bad_length_behind_a_message_is_found_by_an_empty_push(void **state)
{
    struct frame_reader *r = frame_reader_new(false);
    struct fail why;
    size_t len;

    (void)state;
    assert_int_equal(frame_push(r, "\0\0\0\2{}GET /", 11, &why), 0);
    assert_non_null(frame_next(r, &len));
    assert_null(frame_next(r, &len));
    assert_int_equal(frame_push(r, "", 0, &why), -1);
    assert_int_equal(why.code, FAIL_GARBAGE);
    frame_reader_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_split_gives_the_same_messages),
        cmocka_unit_test(what_a_login_prints_is_kept_for_the_error),
        cmocka_unit_test(a_flood_before_the_marker_is_refused),
        cmocka_unit_test(a_length_out_of_range_is_refused_before_memory_is_taken),
        cmocka_unit_test(a_bad_length_behind_a_message_ends_the_next_push),
        cmocka_unit_test(a_message_cut_by_the_end_is_noticed),
        cmocka_unit_test(what_is_encoded_is_read_back),
        cmocka_unit_test(a_bad_length_behind_a_message_is_found_by_an_empty_push),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
