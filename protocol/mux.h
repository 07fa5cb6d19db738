/* mux - many byte streams over one conversation: what a frame of theirs says
 *
 * A relay (ibfleet-agent relay, on a jump host) greets as every agent does; the only
 * request that it answers is a ping (message.h).  Beside these travel frames that are no
 * JSON: their first byte is a kind below, where a message has its '{'.
 *
 *   open    port 2, patience in ms 4, address     controller   connect to that
 *   opened                                        relay        it is connected
 *   data    1 to MUX_DATA_MAX_BYTES bytes         both
 *   credit  bytes 4                               both         so many more may come
 *   eof                                           both         no data comes any more
 *   close   nothing, or code, a space, a text     both         the stream is over, and why
 *
 * Each begins with kind 1 and stream 4; numbers are big-endian.  What may follow what is
 * mux_stream.h's.  Pure.
 *
 *     if (mux_is_frame(text, len)) mux_parse(text, len, &f, why)
 *     mux_encode(&f, &frame, &frame_bytes, why)       a whole frame, with its length
 */
#ifndef PROTOCOL_MUX_H
#define PROTOCOL_MUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/fail.h"

/* Small enough that many streams share a line in turns. */
#define MUX_DATA_MAX_BYTES ((size_t)16 << 10)

/* A host name has at most 253 characters, an address with its scope fewer. */
#define MUX_ADDRESS_BYTES 256

/* Nobody waits longer than a day for a connection. */
#define MUX_PATIENCE_MAX_MS ((uint32_t)86400000)

enum mux_kind {
    MUX_OPEN = 1,
    MUX_OPENED,
    MUX_DATA,
    MUX_CREDIT,
    MUX_EOF,
    MUX_CLOSE,
    MUX_KINDS
};

struct mux_frame {
    enum mux_kind kind;
    uint32_t stream;                 /* chosen by who opens it, never 0              */
    char address[MUX_ADDRESS_BYTES]; /* open: a name, IPv4, or IPv6 without brackets */
    uint16_t port;                   /* open: not 0                                  */
    uint32_t patience_ms;            /* open: 1 to MUX_PATIENCE_MAX_MS               */
    uint32_t credit_bytes;           /* credit: not 0                                */
    const char *bytes;               /* data: borrowed                               */
    size_t len_bytes;
    struct fail why; /* close: FAIL_NONE when nothing is wrong       */
};

/* Is the content of this frame one of ours, rather than a message? */
bool mux_is_frame(const char *text, size_t len_bytes);

/* Letters, digits and ".-_:%", the first no '-': fit for an argument of a program, too. */
bool mux_address_is_right(const char *address);

/* Read the content of a frame; f->bytes points into it.  FAIL_GARBAGE says what is
 * wrong, and *f is then undefined.
 */
int mux_parse(const char *text, size_t len_bytes, struct mux_frame *f, struct fail *why);

/* *frame is the caller's to free.  FAIL_MEMORY; FAIL_BUG when a field is out of range. */
int mux_encode(const struct mux_frame *f, unsigned char **frame, size_t *frame_bytes,
               struct fail *why);

#endif
