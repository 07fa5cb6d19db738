/* mux_buffer - what came on one stream and is not used up yet (pure)
 *
 * At most MUX_WINDOW_BYTES, which the stream's credit sees to; memory is taken when
 * something comes and given back when all is gone.
 *
 *     mux_buffer_add(&b, bytes, n, why);
 *     n = write_some(mux_buffer_front(&b), b.len_bytes);
 *     mux_buffer_drop(&b, n);
 */
#ifndef PROTOCOL_MUX_BUFFER_H
#define PROTOCOL_MUX_BUFFER_H

#include <stddef.h>

struct fail;

/* Starts as all zero. */
struct mux_buffer {
    char *bytes; /* NULL: empty */
    size_t from, len_bytes;
};

/* Copy them behind all others.  FAIL_MEMORY. */
int mux_buffer_add(struct mux_buffer *b, const void *bytes, size_t len_bytes,
                   struct fail *why);

/* The len_bytes bytes that are held; not NULL when there are some. */
const char *mux_buffer_front(const struct mux_buffer *b);

/* The first of them are gone. */
void mux_buffer_drop(struct mux_buffer *b, size_t len_bytes);

void mux_buffer_clear(struct mux_buffer *b);

#endif
