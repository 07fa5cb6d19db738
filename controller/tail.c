#include "controller/tail.h"

#include <string.h>

void tail_add(struct tail *t, const char *bytes, size_t len_bytes)
{
    size_t room = sizeof t->text - 1, used = strlen(t->text), drop;

    if (len_bytes > room) {
        bytes += len_bytes - room;
        len_bytes = room;
    }
    drop = used + len_bytes > room ? used + len_bytes - room : 0;
    memmove(t->text, t->text + drop, used - drop);
    used -= drop;
    memcpy(t->text + used, bytes, len_bytes);
    for (size_t i = used; i < used + len_bytes; i++) /* it is to be a string */
        t->text[i] = t->text[i] ? t->text[i] : '?';
    t->text[used + len_bytes] = '\0';
}

static size_t trim(const char *line, size_t len_bytes)
{
    while (len_bytes && strchr(" \t\r", line[len_bytes - 1]) && line[len_bytes - 1])
        len_bytes--;
    return len_bytes;
}

const char *tail_last_words(const char *text, size_t *len_bytes)
{
    const char *end = text + strlen(text);

    while (end > text) {
        const char *newline = memrchr(text, '\n', (size_t)(end - text));
        const char *line = newline ? newline + 1 : text;

        line += strspn(line, " \t");
        *len_bytes = line < end ? trim(line, (size_t)(end - line)) : 0;
        if (*len_bytes)
            return line;
        end = newline ? newline : text;
    }
    return NULL;
}
