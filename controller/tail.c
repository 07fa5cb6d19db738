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
