/* words - the arguments of one call, and what goes to its stdin (pure)
 *
 * Starts as all zero; words_done() in any case.
 */
#ifndef CONTROLLER_WORDS_H
#define CONTROLLER_WORDS_H

#include <stddef.h>

#define WORDS_MAX 12

/* The kernel takes 128 KiB for one argument, so a hostlist is cut before. */
#define WORDS_MAX_BYTES ((size_t)96 << 10)

struct words {
    char *list[WORDS_MAX + 1]; /* NULL at the end */
    size_t count;
    char *input; /* NULL: none */
};

/* 0, or -1 when memory is exhausted. */
int words_add(struct words *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void words_done(struct words *w);

#endif
