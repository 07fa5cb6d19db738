/* arena - many small strings that are freed together
 *
 *     CLEANUP(arena_done) struct arena names = {0};
 *     copy = arena_copy(&names, text, len_bytes);
 */
#ifndef INVENTORY_ARENA_H
#define INVENTORY_ARENA_H

#include <stddef.h>

struct arena_chunk;

/* All zero is an empty arena. */
struct arena {
    struct arena_chunk *chunks;
    size_t room_bytes; /* left in the first chunk */
};

/* A NUL-terminated copy that lives until arena_done(); NULL when memory is
 * exhausted.
 */
char *arena_copy(struct arena *arena, const char *text, size_t len_bytes);

/* Free everything; the arena is empty again. */
void arena_done(struct arena *arena);

#endif
