/* mux_stream - one stream of a mux: what may be said on it now (pure)
 *
 * Both ends keep one for each stream.  Each side may send what the other has given
 * credit for and no more; credit is given again as what came is used up, so that a peer
 * that takes nothing costs MUX_WINDOW_BYTES of memory and holds up nobody else.
 *
 * A stream is over for one side when it has both said and heard close: what crosses its
 * close on the way is passed over, and its number is not used again.
 *
 *     s = mux_stream_new(id, true);             we have sent open
 *     mux_stream_hear(&s, &frame, why)          a frame of that stream came
 *     mux_stream_may_send(&s)                   bytes of data we may send
 *     mux_stream_sent(&s, n)                    and have
 *     credit = mux_stream_used(&s, n)           n bytes that came are gone: send credit
 */
#ifndef PROTOCOL_MUX_STREAM_H
#define PROTOCOL_MUX_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;
struct mux_frame;

/* What each side may send ahead of the other. */
#define MUX_WINDOW_BYTES ((uint32_t)64 << 10)

enum mux_stream_state {
    MUX_STREAM_OPENING, /* open was said, opened was not */
    MUX_STREAM_OPEN,
    MUX_STREAM_CLOSING, /* we have said close, the peer has not */
    MUX_STREAM_OVER     /* the peer has said close              */
};

struct mux_stream {
    uint32_t id;
    enum mux_stream_state state;
    bool is_ours;                /* we opened it                        */
    bool said_eof, heard_eof;    /* one side sends no more data         */
    uint32_t may_send, may_come; /* bytes                               */
    uint32_t used;               /* came, are gone, not given again yet */
};

enum mux_heard {
    MUX_HEARD_WRONG = -1, /* not here or not now: the peer does not keep to the rules */
    MUX_HEARD = 0,        /* act on it                                                */
    MUX_HEARD_PASSED = 1, /* it crossed our close: nothing to do                      */
};

struct mux_stream mux_stream_new(uint32_t id, bool is_ours);

/* A frame of this stream came, other than open.  MUX_HEARD_WRONG: FAIL_GARBAGE. */
enum mux_heard mux_stream_hear(struct mux_stream *s, const struct mux_frame *f,
                               struct fail *why);

/* We say opened, eof or close. */
void mux_stream_say_opened(struct mux_stream *s);
void mux_stream_say_eof(struct mux_stream *s);
void mux_stream_say_close(struct mux_stream *s);

/* 0 when the stream is not open. */
size_t mux_stream_may_send(const struct mux_stream *s);

/* len_bytes at most what may be sent. */
void mux_stream_sent(struct mux_stream *s, size_t len_bytes);

/* So many bytes that came are not kept any more.  Returns the credit to send now; 0:
 * none yet, it is given in large pieces.
 */
uint32_t mux_stream_used(struct mux_stream *s, size_t len_bytes);

#endif
