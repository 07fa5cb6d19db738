#include "protocol/mux.h"

#include <string.h>

#include "protocol/fail_wire.h"
#include "protocol/frame.h"

#define HEAD_BYTES 5 /* kind and stream */
#define OPEN_BYTES 6 /* port and patience, before the address */

#define ADDRESS_CHARACTERS                                 \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
    "0123456789.-_:%"

/* A code and a text that fail.h lets be. */
#define REASON_BYTES (sizeof((struct fail *)0)->text + 64)

bool mux_is_frame(const char *text, size_t len_bytes)
{
    return len_bytes > 0 && text[0] >= MUX_OPEN && text[0] < MUX_KINDS;
}

bool mux_address_is_right(const char *address)
{
    size_t len = strspn(address, ADDRESS_CHARACTERS);

    return len > 0 && len < MUX_ADDRESS_BYTES && !address[len] && *address != '-';
}

/* ---- numbers --------------------------------------------------------------------- */

static uint32_t read_number(const char *at, size_t bytes)
{
    uint32_t number = 0;

    for (size_t i = 0; i < bytes; i++)
        number = number << 8 | (unsigned char)at[i];
    return number;
}

static void write_number(char *at, size_t bytes, uint32_t number)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (char)(number >> 8 * (bytes - 1 - i));
}

/* ---- reading --------------------------------------------------------------------- */

static int garbage(const char *what, struct fail *why)
{
    return fail_set(why, FAIL_GARBAGE, "a frame of a relay is wrong: %s", what);
}

static int parse_open(const char *rest, size_t rest_bytes, struct mux_frame *f,
                      struct fail *why)
{
    size_t len = rest_bytes < OPEN_BYTES ? 0 : rest_bytes - OPEN_BYTES;

    if (len == 0 || len >= sizeof f->address)
        return garbage("its address is missing or too long", why);
    f->port = (uint16_t)read_number(rest, 2);
    f->patience_ms = read_number(rest + 2, 4);
    memcpy(f->address, rest + OPEN_BYTES, len);
    f->address[len] = '\0';
    if (strlen(f->address) != len || !mux_address_is_right(f->address))
        return garbage("that is no address", why);
    if (!f->port || !f->patience_ms || f->patience_ms > MUX_PATIENCE_MAX_MS)
        return garbage("its port or its patience", why);
    return 0;
}

/* Words of a peer: fail_set() makes a line of them that can be printed. */
static int parse_close(const char *rest, size_t rest_bytes, struct mux_frame *f,
                       struct fail *why)
{
    char reason[REASON_BYTES], *space;

    if (rest_bytes == 0)
        return 0;
    if (rest_bytes >= sizeof reason)
        return garbage("its reason is too long", why);
    memcpy(reason, rest, rest_bytes);
    reason[rest_bytes] = '\0';
    space = strchr(reason, ' ');
    if (!space)
        return garbage("its reason has no words", why);
    *space = '\0';
    fail_set(&f->why, fail_wire_code(reason), "%s", space + 1);
    return 0;
}

static int parse_rest(const char *rest, size_t rest_bytes, struct mux_frame *f,
                      struct fail *why)
{
    switch (f->kind) {
    case MUX_OPEN:
        return parse_open(rest, rest_bytes, f, why);
    case MUX_CLOSE:
        return parse_close(rest, rest_bytes, f, why);
    case MUX_DATA:
        f->bytes = rest;
        f->len_bytes = rest_bytes;
        return rest_bytes > 0 && rest_bytes <= MUX_DATA_MAX_BYTES
                   ? 0
                   : garbage("no data, or too much of it", why);
    case MUX_CREDIT:
        f->credit_bytes = rest_bytes == 4 ? read_number(rest, 4) : 0;
        return f->credit_bytes ? 0 : garbage("its credit", why);
    default:
        return rest_bytes == 0 ? 0 : garbage("it is too long", why);
    }
}

int mux_parse(const char *text, size_t len_bytes, struct mux_frame *f, struct fail *why)
{
    if (!mux_is_frame(text, len_bytes) || len_bytes < HEAD_BYTES)
        return garbage("it is none", why);
    *f = (struct mux_frame){.kind = (enum mux_kind)text[0],
                            .stream = read_number(text + 1, 4)};
    if (f->stream == 0)
        return garbage("its stream has no number", why);
    return parse_rest(text + HEAD_BYTES, len_bytes - HEAD_BYTES, f, why);
}

/* ---- writing --------------------------------------------------------------------- */

static size_t write_open(const struct mux_frame *f, char *rest)
{
    size_t len = strlen(f->address);

    write_number(rest, 2, f->port);
    write_number(rest + 2, 4, f->patience_ms);
    memcpy(rest + OPEN_BYTES, f->address, len);
    return OPEN_BYTES + len;
}

static size_t write_close(const struct mux_frame *f, char *rest)
{
    const char *name = fail_code_name(f->why.code);
    size_t name_bytes = strlen(name), len = strlen(f->why.text);

    if (f->why.code == FAIL_NONE)
        return 0;
    memcpy(rest, name, name_bytes);
    rest[name_bytes] = ' ';
    memcpy(rest + name_bytes + 1, f->why.text, len);
    return name_bytes + 1 + len;
}

static size_t write_rest(const struct mux_frame *f, char *rest)
{
    switch (f->kind) {
    case MUX_OPEN:
        return write_open(f, rest);
    case MUX_CLOSE:
        return write_close(f, rest);
    case MUX_DATA:
        memcpy(rest, f->bytes, f->len_bytes);
        return f->len_bytes;
    case MUX_CREDIT:
        write_number(rest, 4, f->credit_bytes);
        return 4;
    default:
        return 0;
    }
}

static bool is_in_range(const struct mux_frame *f)
{
    if (f->kind < MUX_OPEN || f->kind >= MUX_KINDS || f->stream == 0)
        return false;
    if (f->kind == MUX_OPEN)
        return mux_address_is_right(f->address) && f->port && f->patience_ms &&
               f->patience_ms <= MUX_PATIENCE_MAX_MS;
    if (f->kind == MUX_DATA)
        return f->len_bytes > 0 && f->len_bytes <= MUX_DATA_MAX_BYTES;
    return f->kind != MUX_CREDIT || f->credit_bytes > 0;
}

int mux_encode(const struct mux_frame *f, unsigned char **frame, size_t *frame_bytes,
               struct fail *why)
{
    char text[HEAD_BYTES + MUX_DATA_MAX_BYTES];

    if (!is_in_range(f))
        return fail_set(why, FAIL_BUG, "a relay's frame of kind %d is out of range",
                        (int)f->kind);
    text[0] = (char)f->kind;
    write_number(text + 1, 4, f->stream);
    return frame_encode(text, HEAD_BYTES + write_rest(f, text + HEAD_BYTES), frame,
                        frame_bytes, why);
}
