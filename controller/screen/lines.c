#include "controller/screen/lines.h"

#include <string.h>

static void hand_out(struct lines *l, lines_fn on_line, void *arg)
{
    size_t len = l->part.len_bytes;

    if (len && l->part.bytes[len - 1] == '\r')
        len--;
    on_line(arg, text_of(&l->part), len);
    text_reset(&l->part);
}

void lines_push(struct lines *l, const char *bytes, size_t len_bytes, lines_fn on_line,
                void *arg)
{
    while (len_bytes) {
        size_t room = LINES_MAX_BYTES - l->part.len_bytes;
        size_t take = len_bytes < room ? len_bytes : room;
        const char *newline = memchr(bytes, '\n', take);

        if (newline)
            take = (size_t)(newline - bytes);
        text_put(&l->part, bytes, take);
        if (newline || take == room)
            hand_out(l, on_line, arg);
        take += newline != NULL;
        bytes += take;
        len_bytes -= take;
    }
}

void lines_end(struct lines *l, lines_fn on_line, void *arg)
{
    if (l->part.len_bytes)
        hand_out(l, on_line, arg);
    text_clear(&l->part);
}
