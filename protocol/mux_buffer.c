#include "protocol/mux_buffer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/mux_stream.h"

int mux_buffer_add(struct mux_buffer *b, const void *bytes, size_t len_bytes,
                   struct fail *why)
{
    assert(len_bytes <= MUX_WINDOW_BYTES - b->len_bytes);
    if (!b->bytes)
        b->bytes = malloc(MUX_WINDOW_BYTES);
    if (!b->bytes)
        return fail_memory(why);
    if (b->from + b->len_bytes + len_bytes > MUX_WINDOW_BYTES) {
        memmove(b->bytes, b->bytes + b->from, b->len_bytes);
        b->from = 0;
    }
    memcpy(b->bytes + b->from + b->len_bytes, bytes, len_bytes);
    b->len_bytes += len_bytes;
    return 0;
}

const char *mux_buffer_front(const struct mux_buffer *b)
{
    return b->bytes + b->from;
}

void mux_buffer_drop(struct mux_buffer *b, size_t len_bytes)
{
    assert(len_bytes <= b->len_bytes);
    b->from += len_bytes;
    b->len_bytes -= len_bytes;
    if (b->len_bytes == 0)
        mux_buffer_clear(b);
}

void mux_buffer_clear(struct mux_buffer *b)
{
    free(b->bytes);
    *b = (struct mux_buffer){0};
}
