#include "controller/azure/web_headers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/azure/web.h"

static const char *after_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

static const char *before_blanks(const char *begin, const char *end)
{
    while (end > begin && strchr(" \t\r\n", end[-1]) && end[-1])
        end--;
    return end;
}

static int make_room(struct web_headers *h, size_t need_bytes)
{
    size_t room_bytes = h->room_bytes ? h->room_bytes : 2048;
    char *more;

    if (need_bytes > WEB_MAX_HEADER_BYTES - h->len_bytes)
        return -1;
    while (room_bytes < h->len_bytes + need_bytes)
        room_bytes *= 2;
    if (room_bytes == h->room_bytes)
        return 0;
    more = realloc(h->bytes, room_bytes);
    if (!more)
        return -1;
    h->bytes = more;
    h->room_bytes = room_bytes;
    return 0;
}

static void put(struct web_headers *h, const char *begin, const char *end)
{
    memcpy(h->bytes + h->len_bytes, begin, (size_t)(end - begin));
    h->len_bytes += (size_t)(end - begin);
    h->bytes[h->len_bytes++] = '\0';
}

int web_headers_add(struct web_headers *h, const char *line, size_t len_bytes)
{
    const char *end = before_blanks(line, line + len_bytes), *colon, *value;

    if (len_bytes >= 5 && memcmp(line, "HTTP/", 5) == 0)
        h->len_bytes = 0;
    colon = memchr(line, ':', (size_t)(end - line));
    if (!colon || colon == line || memchr(line, '\0', (size_t)(end - line)))
        return 0;
    value = after_blanks(colon + 1, end);
    if (make_room(h, (size_t)(colon - line) + (size_t)(end - value) + 2) < 0)
        return -1;
    put(h, line, colon);
    put(h, value, end);
    return 0;
}

const char *web_headers_get(const struct web_headers *h, const char *name, size_t nth)
{
    const char *at = h->bytes, *end = at + h->len_bytes, *value;

    for (; at < end; at = value + strlen(value) + 1) {
        value = at + strlen(at) + 1;
        if (strcasecmp(at, name) == 0 && nth-- == 0)
            return value;
    }
    return NULL;
}

void web_headers_clear(struct web_headers *h)
{
    free(h->bytes);
    *h = (struct web_headers){0};
}
