/* However a stream is cut, the same messages come out of it and it is refused at the
 * same place; and what is a message says which of the five it is.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

struct seen {
    size_t messages, bytes;
    uint64_t sum; /* of all their bytes, in order */
    bool refused;
};

static void read_message(const char *text, size_t len_bytes)
{
    struct fail why = {.code = FAIL_NONE};
    struct message m;

    if (message_parse(text, len_bytes, &m, &why) < 0) {
        demand(why.code == FAIL_GARBAGE && *why.text);
        return;
    }
    demand(m.type <= MESSAGE_EVENT);
    demand((m.type != MESSAGE_REQUEST && m.type != MESSAGE_EVENT) || (m.name && m.body));
    demand(m.type != MESSAGE_FAILURE || (m.fail.code != FAIL_NONE && m.id));
    if (m.type == MESSAGE_HELLO)
        message_check_hello(m.body, &why);
    message_clear(&m);
}

static void take(struct frame_reader *r, struct seen *seen)
{
    const char *text;
    size_t len;

    while ((text = frame_next(r, &len))) {
        demand(len >= 1 && len <= FRAME_MAX_BYTES);
        seen->messages++;
        seen->bytes += len;
        for (size_t i = 0; i < len; i++)
            seen->sum = seen->sum * 31 + (unsigned char)text[i];
        read_message(text, len);
    }
}

/* In pieces of so many bytes. */
static struct seen read_stream(const uint8_t *data, size_t size, bool awaits_marker,
                               size_t piece)
{
    struct frame_reader *r = frame_reader_new(awaits_marker);
    struct seen seen = {0};

    for (size_t at = 0; at < size && !seen.refused; at += piece) {
        size_t n = size - at < piece ? size - at : piece;

        seen.refused = frame_push(r, data + at, n, NULL) < 0;
        if (!seen.refused)
            take(r, &seen);
    }
    if (!seen.refused)
        seen.refused = frame_push(r, "", 0, NULL) < 0;
    frame_reader_free(r);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen whole, cut;
    bool awaits_marker;

    if (size < 2)
        return 0;
    awaits_marker = data[0] & 1;
    whole = read_stream(data + 2, size - 2, awaits_marker, size);
    cut = read_stream(data + 2, size - 2, awaits_marker, 1u + data[1] % 16);
    demand(whole.refused == cut.refused);
    demand(whole.messages == cut.messages && whole.bytes == cut.bytes);
    demand(whole.sum == cut.sum);
    return 0;
}
