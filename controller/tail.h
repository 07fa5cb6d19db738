/* tail - the end of what was printed, kept as a string (pure) */
#ifndef CONTROLLER_TAIL_H
#define CONTROLLER_TAIL_H

#include <stddef.h>

#define TAIL_BYTES 1024

/* Starts as all zero: "". */
struct tail {
    char text[TAIL_BYTES];
};

/* A NUL among the bytes becomes '?'. */
void tail_add(struct tail *t, const char *bytes, size_t len_bytes);

/* The last line of a text that has words in it, without the blanks around them; borrowed from
 * the text, *len_bytes long.  NULL: there is none.
 */
const char *tail_last_words(const char *text, size_t *len_bytes);

#endif
