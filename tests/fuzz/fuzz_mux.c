/* What a relay's frame is read as can be encoded again and is then the same; whatever
 * comes on a stream, neither side ever has more credit than its window.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/mux.h"
#include "protocol/mux_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static void encode_again(const struct mux_frame *f)
{
    struct mux_frame same;
    unsigned char *frame;
    size_t bytes;

    demand(mux_encode(f, &frame, &bytes, NULL) == 0);
    demand(mux_parse((const char *)frame + 4, bytes - 4, &same, NULL) == 0);
    demand(same.kind == f->kind && same.stream == f->stream);
    demand(strcmp(same.address, f->address) == 0 && same.port == f->port);
    demand(same.credit_bytes == f->credit_bytes && same.len_bytes == f->len_bytes);
    demand(f->len_bytes == 0 || memcmp(same.bytes, f->bytes, f->len_bytes) == 0);
    demand(same.why.code == f->why.code && strcmp(same.why.text, f->why.text) == 0);
    free(frame);
}

static void hear(struct mux_stream *s, struct mux_frame *f)
{
    f->stream = s->id;
    if (mux_stream_hear(s, f, NULL) != MUX_HEARD)
        return;
    demand(s->may_come <= MUX_WINDOW_BYTES && s->may_send <= MUX_WINDOW_BYTES);
    if (f->kind == MUX_DATA)
        mux_stream_used(s, f->len_bytes);
    if (f->kind == MUX_CREDIT)
        mux_stream_sent(s, mux_stream_may_send(s) / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mux_stream s = mux_stream_new(1, size > 0 && data[0] & 1);
    struct frame_reader *r = frame_reader_new(false);
    const char *text;
    size_t len;

    if (size > 1 && frame_push(r, data + 1, size - 1, NULL) == 0)
        while ((text = frame_next(r, &len))) {
            struct mux_frame f;

            if (mux_parse(text, len, &f, NULL) < 0)
                continue;
            encode_again(&f);
            hear(&s, &f);
        }
    frame_reader_free(r);
    return 0;
}
