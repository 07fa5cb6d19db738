#include "inventory/arena.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)16 << 10)

struct arena_chunk {
    struct arena_chunk *next;
    size_t size_bytes;
    char bytes[];
};

static int grow(struct arena *arena, size_t need_bytes)
{
    size_t size = need_bytes > CHUNK_BYTES ? need_bytes : CHUNK_BYTES;
    struct arena_chunk *chunk = malloc(sizeof *chunk + size);

    if (!chunk)
        return -1;
    chunk->next = arena->chunks;
    chunk->size_bytes = size;
    arena->chunks = chunk;
    arena->room_bytes = size;
    return 0;
}

char *arena_copy(struct arena *arena, const char *text, size_t len_bytes)
{
    char *copy;

    if (len_bytes >= arena->room_bytes && grow(arena, len_bytes + 1) < 0)
        return NULL;
    copy = arena->chunks->bytes + arena->chunks->size_bytes - arena->room_bytes;
    memcpy(copy, text, len_bytes);
    copy[len_bytes] = '\0';
    arena->room_bytes -= len_bytes + 1;
    return copy;
}

void arena_done(struct arena *arena)
{
    while (arena->chunks) {
        struct arena_chunk *chunk = arena->chunks;

        arena->chunks = chunk->next;
        free(chunk);
    }
    arena->room_bytes = 0;
}
