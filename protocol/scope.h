/* scope - the first of the three owners: a local variable
 *
 *     CLEANUP(text_done) char *text = NULL;
 *
 * text_done(&text) runs when the variable goes out of scope, on every path.
 * To move ownership out, copy the pointer and set the variable to NULL.
 */
#ifndef PROTOCOL_SCOPE_H
#define PROTOCOL_SCOPE_H

#include <stdlib.h>

#define CLEANUP(done) __attribute__((cleanup(done)))

/* For a malloc'ed string:  CLEANUP(text_done) char *line = NULL; */
static inline void text_done(char **text)
{
    free(*text);
}

#endif
