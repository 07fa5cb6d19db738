#include "controller/screen/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BYTES ((size_t)256)

static size_t ceiling(const struct text *t)
{
    return t->max_bytes ? t->max_bytes : TEXT_MAX_BYTES;
}

/* Room for more bytes and a NUL; false, and cut from now on, when there is none. */
static bool reserve(struct text *t, size_t more)
{
    size_t room = t->room_bytes ? t->room_bytes : FIRST_BYTES;
    char *grown;

    if (t->cut || more > ceiling(t) - t->len_bytes) {
        t->cut = true;
        return false;
    }
    while (room < t->len_bytes + more + 1)
        room *= 2;
    if (room == t->room_bytes)
        return true;
    grown = realloc(t->bytes, room);
    if (!grown) {
        t->cut = true;
        return false;
    }
    t->bytes = grown;
    t->room_bytes = room;
    return true;
}

void text_put(struct text *t, const char *bytes, size_t len_bytes)
{
    if (!len_bytes || !reserve(t, len_bytes))
        return;
    memcpy(t->bytes + t->len_bytes, bytes, len_bytes);
    t->len_bytes += len_bytes;
    t->bytes[t->len_bytes] = '\0';
}

void text_add(struct text *t, const char *fmt, ...)
{
    va_list ap, again;
    int len;

    va_start(ap, fmt);
    va_copy(again, ap);
    len = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (len < 0)
        t->cut = true;
    else if (len > 0 && reserve(t, (size_t)len)) {
        vsnprintf(t->bytes + t->len_bytes, (size_t)len + 1, fmt, again);
        t->len_bytes += (size_t)len;
    }
    va_end(again);
}

void text_fill(struct text *t, char c, size_t count)
{
    if (!count || !reserve(t, count))
        return;
    memset(t->bytes + t->len_bytes, c, count);
    t->len_bytes += count;
    t->bytes[t->len_bytes] = '\0';
}

const char *text_of(const struct text *t)
{
    return t->bytes ? t->bytes : "";
}

bool text_is_cut(const struct text *t)
{
    return t->cut;
}

void text_reset(struct text *t)
{
    t->len_bytes = 0;
    t->cut = false;
    if (t->bytes)
        t->bytes[0] = '\0';
}

void text_clear(struct text *t)
{
    free(t->bytes);
    *t = (struct text){.max_bytes = t->max_bytes};
}
