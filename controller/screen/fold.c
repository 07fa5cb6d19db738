#include "controller/screen/fold.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/hostset.h"
#include "protocol/fail.h"

struct group {
    struct hostset *hosts;
    char *folded; /* NULL until asked for */
    char *bytes;
    size_t len_bytes;
    uint64_t hash;
};

struct fold {
    struct group *groups;
    size_t count, room;
};

struct fold *fold_new(void)
{
    return calloc(1, sizeof(struct fold));
}

static void clear(struct group *g)
{
    hostset_free(g->hosts);
    free(g->folded);
    free(g->bytes);
}

void fold_free(struct fold *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->count; i++)
        clear(&f->groups[i]);
    free(f->groups);
    free(f);
}

void fold_done(struct fold **f)
{
    fold_free(*f);
}

/* FNV-1a: most groups are told apart without comparing their texts. */
static uint64_t hash_of(const char *bytes, size_t len_bytes)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (size_t i = 0; i < len_bytes; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3;
    return hash;
}

static struct group *find(struct fold *f, const char *bytes, size_t len_bytes,
                          uint64_t hash)
{
    for (size_t i = 0; i < f->count; i++) {
        struct group *g = &f->groups[i];

        if (g->hash == hash && g->len_bytes == len_bytes &&
            memcmp(g->bytes, bytes, len_bytes) == 0)
            return g;
    }
    return NULL;
}

static int reserve(struct fold *f)
{
    size_t room = f->room ? 2 * f->room : 8;
    struct group *grown;

    if (f->count < f->room)
        return 0;
    grown = reallocarray(f->groups, room, sizeof *grown);
    if (!grown)
        return -1;
    f->groups = grown;
    f->room = room;
    return 0;
}

/* A group of its own; it counts only when all of it is there. */
static int begin(struct fold *f, const char *name, const char *bytes, size_t len_bytes,
                 struct fail *why)
{
    struct group g = {.hosts = hostset_new(),
                      .bytes = malloc(len_bytes + 1),
                      .len_bytes = len_bytes,
                      .hash = hash_of(bytes, len_bytes)};

    if (!g.hosts || !g.bytes || reserve(f) < 0) {
        clear(&g);
        return fail_memory(why);
    }
    if (hostset_add(g.hosts, name, why) < 0) {
        clear(&g);
        return -1;
    }
    memcpy(g.bytes, bytes, len_bytes);
    g.bytes[len_bytes] = '\0';
    f->groups[f->count++] = g;
    return 0;
}

int fold_add(struct fold *f, const char *name, const char *bytes, size_t len_bytes,
             struct fail *why)
{
    struct group *g = find(f, bytes, len_bytes, hash_of(bytes, len_bytes));

    if (!g)
        return begin(f, name, bytes, len_bytes, why);
    free(g->folded);
    g->folded = NULL;
    return hostset_add(g->hosts, name, why);
}

static int by_size(const void *a, const void *b)
{
    const struct group *x = a, *y = b;
    size_t n = hostset_count(x->hosts), m = hostset_count(y->hosts);

    if (n != m)
        return n > m ? -1 : 1;
    return hostset_compare(hostset_name(x->hosts, 0), hostset_name(y->hosts, 0));
}

void fold_sort(struct fold *f)
{
    if (f->count)
        qsort(f->groups, f->count, sizeof *f->groups, by_size);
}

size_t fold_count(const struct fold *f)
{
    return f->count;
}

size_t fold_size(const struct fold *f, size_t i)
{
    assert(i < f->count);
    return hostset_count(f->groups[i].hosts);
}

const char *fold_hosts(struct fold *f, size_t i)
{
    struct group *g = &f->groups[i];

    assert(i < f->count);
    if (!g->folded)
        g->folded = hostset_fold(g->hosts);
    return g->folded;
}

const char *fold_text(const struct fold *f, size_t i, size_t *len_bytes)
{
    assert(i < f->count);
    if (len_bytes)
        *len_bytes = f->groups[i].len_bytes;
    return f->groups[i].bytes;
}
