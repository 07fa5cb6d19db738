#include "controller/openssh/mark.h"

#include <string.h>

static const char wanted[] = MARK_TEXT "\n";

size_t mark_find(struct mark *m, const char *bytes, size_t len_bytes)
{
    size_t i = 0;

    for (; i < len_bytes && !m->found; i++) {
        if (bytes[i] != wanted[m->matched])
            m->matched = 0;
        if (bytes[i] == wanted[m->matched])
            m->matched++;
        m->found = m->matched == strlen(wanted);
    }
    return i;
}
