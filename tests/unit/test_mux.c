#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/mux.h"
#include "protocol/mux_buffer.h"
#include "protocol/mux_stream.h"

static struct fail why;

static const struct mux_frame open_frame = {.kind = MUX_OPEN,
                                            .stream = 7,
                                            .address = "ib007.example",
                                            .port = 22,
                                            .patience_ms = 15000};

/* Encode, cut into frames again in two pieces at `split`, and read. */
static struct mux_frame there_and_back(const struct mux_frame *f, size_t split,
                                       struct frame_reader **reader)
{
    struct mux_frame out;
    unsigned char *frame;
    const char *text;
    size_t bytes, len;

    assert_int_equal(mux_encode(f, &frame, &bytes, NULL), 0);
    split = split < bytes ? split : bytes;
    *reader = frame_reader_new(false);
    assert_int_equal(frame_push(*reader, frame, split, NULL), 0);
    text = frame_next(*reader, &len);
    assert_true(!text || split == bytes);
    if (!text) {
        assert_int_equal(frame_push(*reader, frame + split, bytes - split, NULL), 0);
        text = frame_next(*reader, &len);
    }
    assert_non_null(text);
    assert_true(mux_is_frame(text, len));
    assert_int_equal(mux_parse(text, len, &out, &why), 0);
    free(frame);
    return out;
}

static void what_is_encoded_is_read_back_however_it_is_cut(void **state)
{
    struct mux_frame frames[] = {
        open_frame,
        {.kind = MUX_OPENED, .stream = UINT32_MAX},
        {.kind = MUX_DATA, .stream = 1, .bytes = "SSH-2.0\r\n{\0", .len_bytes = 11},
        {.kind = MUX_CREDIT, .stream = 2, .credit_bytes = 65536},
        {.kind = MUX_EOF, .stream = 3},
        {.kind = MUX_CLOSE, .stream = 4},
        {.kind = MUX_CLOSE,
         .stream = 5,
         .why = {FAIL_CONNECT, "10.0.0.4:22: Connection refused"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        for (size_t split = 0; split < 64; split++) {
            struct frame_reader *r;
            struct mux_frame f = there_and_back(&frames[i], split, &r);

            assert_int_equal(f.kind, frames[i].kind);
            assert_int_equal(f.stream, frames[i].stream);
            assert_string_equal(f.address, frames[i].address);
            assert_int_equal(f.port, frames[i].port);
            assert_int_equal(f.patience_ms, frames[i].patience_ms);
            assert_int_equal(f.credit_bytes, frames[i].credit_bytes);
            assert_int_equal(f.len_bytes, frames[i].len_bytes);
            if (f.len_bytes)
                assert_memory_equal(f.bytes, frames[i].bytes, f.len_bytes);
            assert_int_equal(f.why.code, frames[i].why.code);
            assert_string_equal(f.why.text, frames[i].why.text);
            frame_reader_free(r);
        }
}

static void what_is_no_frame_is_garbage(void **state)
{
    static const struct {
        const char *text;
        size_t len_bytes;
    } bad[] = {
        {"", 0},
        {"\2", 1},                           /* no stream              */
        {"\2\0\0\0\0", 5},                   /* number 0               */
        {"\2\0\0\0\1x", 6},                  /* opened says more       */
        {"\3\0\0\0\1", 5},                   /* no data                */
        {"\4\0\0\0\1\0\0\0\0", 9},           /* no credit              */
        {"\4\0\0\0\1\0\0\1", 8},             /* cut                    */
        {"\5\0\0\0\1x", 6},                  /* eof says more          */
        {"\6\0\0\0\1nospace", 12},           /* a reason without words */
        {"\7\0\0\0\1", 5},                   /* no such kind           */
        {"\1\0\0\0\1\0\26\0\0\0\1", 11},     /* no address             */
        {"\1\0\0\0\1\0\0\0\0\0\1a", 12},     /* port 0                 */
        {"\1\0\0\0\1\0\26\0\0\0\0a", 12},    /* no patience            */
        {"\1\0\0\0\1\0\26\377\0\0\0a", 12},  /* too much of it         */
        {"\1\0\0\0\1\0\26\0\0\0\1-h", 13},   /* an option of getent    */
        {"\1\0\0\0\1\0\26\0\0\0\1a b", 14},  /* two words              */
        {"\1\0\0\0\1\0\26\0\0\0\1a\0b", 14}, /* a NUL in it            */
    };
    struct mux_frame f;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        why.code = FAIL_NONE;
        assert_int_equal(mux_parse(bad[i].text, bad[i].len_bytes, &f, &why), -1);
        assert_int_equal(why.code, FAIL_GARBAGE);
    }
    assert_false(mux_is_frame("{\"id\":1}", 8));
}

static void a_reason_is_a_line_that_can_be_printed(void **state)
{
    static const char evil[] = "\6\0\0\0\1ok \033[2Jgone\n";
    struct mux_frame f;

    (void)state;
    assert_int_equal(mux_parse(evil, sizeof evil - 1, &f, &why), 0);
    assert_int_equal(f.why.code, FAIL_UNKNOWN); /* nobody fails with "ok" */
    assert_string_equal(f.why.text, "?[2Jgone?");
}

static void what_is_out_of_range_is_not_sent(void **state)
{
    struct mux_frame bad[] = {
        {.kind = MUX_OPENED},
        {.kind = MUX_KINDS, .stream = 1},
        {.kind = MUX_CREDIT, .stream = 1},
        {.kind = MUX_DATA, .stream = 1},
        {.kind = MUX_DATA, .stream = 1, .bytes = "", .len_bytes = MUX_DATA_MAX_BYTES + 1},
        {.kind = MUX_OPEN, .stream = 1, .address = "-h", .port = 22, .patience_ms = 1},
        {.kind = MUX_OPEN, .stream = 1, .address = "a", .patience_ms = 1},
    };
    unsigned char *frame;
    size_t bytes;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(mux_encode(&bad[i], &frame, &bytes, &why), -1);
        assert_int_equal(why.code, FAIL_BUG);
    }
}

/* ---- one stream ------------------------------------------------------------------ */

static enum mux_heard hear(struct mux_stream *s, enum mux_kind kind, size_t bytes)
{
    const struct mux_frame f = {.kind = kind,
                                .stream = s->id,
                                .len_bytes = bytes,
                                .credit_bytes = (uint32_t)bytes};

    why.code = FAIL_NONE;
    return mux_stream_hear(s, &f, &why);
}

static struct mux_stream opened(void)
{
    struct mux_stream s = mux_stream_new(9, true);

    assert_int_equal(hear(&s, MUX_OPENED, 0), MUX_HEARD);
    return s;
}

static void a_peer_that_sends_beyond_its_credit_is_garbage(void **state)
{
    struct mux_stream s = opened();

    (void)state;
    for (uint32_t left = MUX_WINDOW_BYTES; left; left -= 8192)
        assert_int_equal(hear(&s, MUX_DATA, 8192), MUX_HEARD);
    assert_int_equal(hear(&s, MUX_DATA, 1), MUX_HEARD_WRONG);
    assert_int_equal(why.code, FAIL_GARBAGE);
}

static void credit_comes_back_as_bytes_are_used_up(void **state)
{
    struct mux_stream s = opened();
    uint64_t given = 0, came = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(hear(&s, MUX_DATA, 5000), MUX_HEARD);
        came += 5000;
        given += mux_stream_used(&s, 5000);
        assert_true(came - given < MUX_WINDOW_BYTES);
    }
    assert_true(given > came / 2);
}

static void nothing_is_sent_without_credit(void **state)
{
    struct mux_stream s = mux_stream_new(9, true);

    (void)state;
    assert_int_equal(mux_stream_may_send(&s), 0);
    s = opened();
    assert_int_equal(mux_stream_may_send(&s), MUX_WINDOW_BYTES);
    mux_stream_sent(&s, MUX_WINDOW_BYTES);
    assert_int_equal(mux_stream_may_send(&s), 0);
    assert_int_equal(hear(&s, MUX_CREDIT, 100), MUX_HEARD);
    assert_int_equal(mux_stream_may_send(&s), 100);
    assert_int_equal(hear(&s, MUX_CREDIT, MUX_WINDOW_BYTES), MUX_HEARD_WRONG);
    mux_stream_say_eof(&s);
    assert_int_equal(mux_stream_may_send(&s), 0);
}

static void what_is_not_its_turn_is_garbage(void **state)
{
    struct mux_stream ours = mux_stream_new(9, true), theirs = mux_stream_new(9, false);

    (void)state;
    assert_int_equal(hear(&ours, MUX_DATA, 1), MUX_HEARD_WRONG);
    assert_int_equal(hear(&ours, MUX_OPEN, 0), MUX_HEARD_WRONG);
    assert_int_equal(hear(&theirs, MUX_OPENED, 0), MUX_HEARD_WRONG);
    ours = opened();
    assert_int_equal(hear(&ours, MUX_OPENED, 0), MUX_HEARD_WRONG);
    assert_int_equal(hear(&ours, MUX_EOF, 0), MUX_HEARD);
    assert_int_equal(hear(&ours, MUX_DATA, 1), MUX_HEARD_WRONG);
    assert_int_equal(hear(&ours, MUX_EOF, 0), MUX_HEARD_WRONG);
}

static void what_crosses_our_close_is_passed_over(void **state)
{
    static const enum mux_kind kinds[] = {MUX_OPENED, MUX_DATA, MUX_CREDIT, MUX_EOF};
    struct mux_stream s = opened();

    (void)state;
    mux_stream_say_close(&s);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_int_equal(hear(&s, kinds[i], MUX_WINDOW_BYTES + 1), MUX_HEARD_PASSED);
    assert_int_equal(hear(&s, MUX_CLOSE, 0), MUX_HEARD_PASSED);
    assert_int_equal(s.state, MUX_STREAM_OVER);
    s = opened();
    assert_int_equal(hear(&s, MUX_CLOSE, 0), MUX_HEARD);
    assert_int_equal(s.state, MUX_STREAM_OVER);
    assert_int_equal(hear(&s, MUX_CLOSE, 0), MUX_HEARD_WRONG);
}

static void what_is_held_comes_out_as_it_went_in(void **state)
{
    static char in[4 * MUX_WINDOW_BYTES];
    struct mux_buffer b = {0};
    size_t added = 0, taken = 0;

    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (char)(i * 7 + i / 251);
    for (size_t step = 1; taken < sizeof in; step = step * 3 % 9973) {
        size_t room = MUX_WINDOW_BYTES - b.len_bytes, left = sizeof in - added;
        size_t more = step < room ? step : room, less = step / 2 + 1;

        more = more < left ? more : left;
        assert_int_equal(mux_buffer_add(&b, in + added, more, NULL), 0);
        added += more;
        less = less < b.len_bytes ? less : b.len_bytes;
        if (less)
            assert_memory_equal(mux_buffer_front(&b), in + taken, less);
        mux_buffer_drop(&b, less);
        taken += less;
    }
    assert_null(b.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_is_read_back_however_it_is_cut),
        cmocka_unit_test(what_is_no_frame_is_garbage),
        cmocka_unit_test(a_reason_is_a_line_that_can_be_printed),
        cmocka_unit_test(what_is_out_of_range_is_not_sent),
        cmocka_unit_test(a_peer_that_sends_beyond_its_credit_is_garbage),
        cmocka_unit_test(credit_comes_back_as_bytes_are_used_up),
        cmocka_unit_test(nothing_is_sent_without_credit),
        cmocka_unit_test(what_is_not_its_turn_is_garbage),
        cmocka_unit_test(what_crosses_our_close_is_passed_over),
        cmocka_unit_test(what_is_held_comes_out_as_it_went_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
