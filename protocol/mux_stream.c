#include "protocol/mux_stream.h"

#include <assert.h>

#include "protocol/fail.h"
#include "protocol/mux.h"

/* Give credit when this much of it is gone: a few frames a window. */
#define CREDIT_STEP_BYTES (MUX_WINDOW_BYTES / 4)

struct mux_stream mux_stream_new(uint32_t id, bool is_ours)
{
    return (struct mux_stream){.id = id,
                               .state = MUX_STREAM_OPENING,
                               .is_ours = is_ours,
                               .may_send = MUX_WINDOW_BYTES,
                               .may_come = MUX_WINDOW_BYTES};
}

/* ---- hearing --------------------------------------------------------------------- */

static enum mux_heard wrong(const struct mux_stream *s, const char *what,
                            struct fail *why)
{
    fail_set(why, FAIL_GARBAGE, "stream %u of the relay: %s", s->id, what);
    return MUX_HEARD_WRONG;
}

static enum mux_heard hear_data(struct mux_stream *s, size_t len_bytes, struct fail *why)
{
    if (s->heard_eof)
        return wrong(s, "data after its end", why);
    if (len_bytes > s->may_come)
        return wrong(s, "more data than there was credit for", why);
    s->may_come -= (uint32_t)len_bytes;
    return MUX_HEARD;
}

static enum mux_heard hear_credit(struct mux_stream *s, uint32_t bytes, struct fail *why)
{
    if (bytes > MUX_WINDOW_BYTES - s->may_send)
        return wrong(s, "credit for what was not sent", why);
    s->may_send += bytes;
    return MUX_HEARD;
}

static enum mux_heard hear_open(struct mux_stream *s, const struct mux_frame *f,
                                struct fail *why)
{
    switch (f->kind) {
    case MUX_DATA:
        return hear_data(s, f->len_bytes, why);
    case MUX_CREDIT:
        return hear_credit(s, f->credit_bytes, why);
    case MUX_EOF:
        if (s->heard_eof)
            return wrong(s, "it ends twice", why);
        s->heard_eof = true;
        return MUX_HEARD;
    default:
        return wrong(s, "it is open already", why);
    }
}

enum mux_heard mux_stream_hear(struct mux_stream *s, const struct mux_frame *f,
                               struct fail *why)
{
    assert(f->stream == s->id);
    if (s->state == MUX_STREAM_OVER)
        return wrong(s, "it is over", why);
    if (f->kind == MUX_CLOSE) {
        bool crossed = s->state == MUX_STREAM_CLOSING;

        s->state = MUX_STREAM_OVER;
        return crossed ? MUX_HEARD_PASSED : MUX_HEARD;
    }
    if (f->kind == MUX_OPEN)
        return wrong(s, "it is opened twice", why);
    if (s->state == MUX_STREAM_CLOSING)
        return MUX_HEARD_PASSED;
    if (s->state == MUX_STREAM_OPEN)
        return hear_open(s, f, why);
    if (f->kind != MUX_OPENED || !s->is_ours)
        return wrong(s, "it is not open", why);
    s->state = MUX_STREAM_OPEN;
    return MUX_HEARD;
}

/* ---- saying ---------------------------------------------------------------------- */

void mux_stream_say_opened(struct mux_stream *s)
{
    assert(s->state == MUX_STREAM_OPENING && !s->is_ours);
    s->state = MUX_STREAM_OPEN;
}

void mux_stream_say_eof(struct mux_stream *s)
{
    assert(s->state == MUX_STREAM_OPEN && !s->said_eof);
    s->said_eof = true;
}

void mux_stream_say_close(struct mux_stream *s)
{
    if (s->state != MUX_STREAM_OVER)
        s->state = MUX_STREAM_CLOSING;
}

size_t mux_stream_may_send(const struct mux_stream *s)
{
    return s->state == MUX_STREAM_OPEN && !s->said_eof ? s->may_send : 0;
}

void mux_stream_sent(struct mux_stream *s, size_t len_bytes)
{
    assert(len_bytes <= mux_stream_may_send(s));
    s->may_send -= (uint32_t)len_bytes;
}

uint32_t mux_stream_used(struct mux_stream *s, size_t len_bytes)
{
    uint32_t credit;

    s->used += (uint32_t)len_bytes;
    assert(s->used <= MUX_WINDOW_BYTES - s->may_come);
    if (s->used < CREDIT_STEP_BYTES || s->heard_eof || s->state != MUX_STREAM_OPEN)
        return 0;
    credit = s->used;
    s->used = 0;
    s->may_come += credit;
    return credit;
}
