#include "controller/scheduler/words.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int words_add(struct words *w, const char *fmt, ...)
{
    va_list ap;
    int len;

    assert(w->count < WORDS_MAX);
    va_start(ap, fmt);
    len = vasprintf(&w->list[w->count], fmt, ap);
    va_end(ap);
    if (len < 0) {
        w->list[w->count] = NULL;
        return -1;
    }
    w->count++;
    return 0;
}

void words_done(struct words *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->list[i]);
    free(w->input);
    *w = (struct words){0};
}
