#include "tests/fake/disk_after.h"

#include <assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fake/disk_log.h"

#define FILES_MAX 200

struct content {
    char *bytes;
    size_t len, room;
};

struct entry {
    const char *path;
    const struct disk_op *born; /* DISK_FILE, DISK_FOLDER or DISK_LINK */
};

struct disk {
    const struct disk_cut *cut;
    size_t stops; /* of DISK_STOPS: no operation from here on */
    struct content *contents;
    const struct disk_op **born; /* by inode */
    struct entry entries[FILES_MAX];
    size_t count;
};

static const char *const fates[DISK_FATES] = {"loses",      "keeps", "keeps-names",
                                              "keeps-data", "stops", "draws"};

const char *disk_fate_name(enum disk_fate fate)
{
    return fates[fate];
}

/* splitmix64 */
uint64_t disk_draw(uint64_t seed, uint64_t a, uint64_t b)
{
    uint64_t x = seed + a * 0x9e3779b97f4a7c15u + b * 0xd1b54a32d192ed03u + 1;

    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* ---- what is kept ------------------------------------------------------------------- */

static bool is_certain(const struct disk *d, size_t n)
{
    return disk_log_op(n)->certain < d->cut->at;
}

static bool draws(const struct disk *d, size_t n, uint64_t what)
{
    return disk_draw(d->cut->seed, n, what) & 1;
}

/* An entry of a folder, or the size of a file. */
static bool keeps_name(const struct disk *d, size_t n)
{
    switch (is_certain(d, n) ? DISK_KEEPS : d->cut->fate) {
    case DISK_KEEPS:
    case DISK_KEEPS_NAMES:
        return true;
    case DISK_STOPS:
        return n < d->stops;
    case DISK_DRAWS:
        return draws(d, n, 1);
    default:
        return false;
    }
}

/* Half of the drawn writes go as a whole, so that many of them come together. */
static bool keeps_sector(const struct disk *d, size_t n, uint64_t sector)
{
    switch (is_certain(d, n) ? DISK_KEEPS : d->cut->fate) {
    case DISK_KEEPS:
    case DISK_KEEPS_DATA:
        return true;
    case DISK_STOPS:
        return n < d->stops;
    case DISK_DRAWS:
        return draws(d, n, 2) ? draws(d, n, 3) : draws(d, n, 4 + sector);
    default:
        return false;
    }
}

/* As likely before each of those that are not certain. */
static size_t stop_of(const struct disk *d)
{
    size_t open = 0, left;

    for (size_t n = 0; n < d->cut->at; n++)
        open += disk_log_op(n)->deed != DISK_SYNC && !is_certain(d, n);
    left = disk_draw(d->cut->seed, d->cut->at, 0) % (open + 1);
    for (size_t n = 0; n < d->cut->at; n++)
        if (disk_log_op(n)->deed != DISK_SYNC && !is_certain(d, n) && left-- == 0)
            return n;
    return d->cut->at;
}

/* ---- files -------------------------------------------------------------------------- */

static void resize(struct content *c, size_t len)
{
    if (len > c->room) {
        c->room = 2 * len;
        c->bytes = realloc(c->bytes, c->room);
        assert(c->bytes);
    }
    if (len > c->len)
        memset(c->bytes + c->len, 0, len - c->len);
    c->len = len;
}

static void put(struct content *c, const struct disk_op *op, size_t from, size_t to)
{
    if (to > c->len)
        resize(c, to);
    memcpy(c->bytes + from, op->bytes + (from - (size_t)op->offset), to - from);
}

/* The sectors that are kept; where the last ones are not, the file may be longer
 * nevertheless.
 */
static void redo_write(struct disk *d, size_t n)
{
    const struct disk_op *op = disk_log_op(n);
    struct content *c = &d->contents[op->inode];
    size_t begin = (size_t)op->offset, end = begin + op->len;

    for (size_t from = begin, to; from < end; from = to) {
        to = (from / DISK_SECTOR_BYTES + 1) * DISK_SECTOR_BYTES;
        to = to < end ? to : end;
        if (keeps_sector(d, n, from / DISK_SECTOR_BYTES) &&
            (d->cut->fate != DISK_KEEPS_DATA || is_certain(d, n) || to <= c->len))
            put(c, op, from, to);
    }
    if (end > c->len && keeps_name(d, n))
        resize(c, end);
}

/* ---- folders ------------------------------------------------------------------------- */

static struct entry *find(struct disk *d, const char *path)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->entries[i].path, path) == 0)
            return &d->entries[i];
    return NULL;
}

static void forget(struct disk *d, const char *path)
{
    struct entry *e = find(d, path);

    if (e)
        *e = d->entries[--d->count];
}

static void enter(struct disk *d, const char *path, const struct disk_op *born)
{
    forget(d, path);
    assert(d->count < FILES_MAX);
    d->entries[d->count++] = (struct entry){path, born};
}

static void redo(struct disk *d, size_t n)
{
    const struct disk_op *op = disk_log_op(n);

    switch (op->deed) {
    case DISK_FILE:
    case DISK_FOLDER:
    case DISK_LINK:
        d->born[op->inode] = op;
        if (keeps_name(d, n))
            enter(d, op->path, op);
        break;
    case DISK_GONE:
        if (keeps_name(d, n))
            forget(d, op->path);
        break;
    case DISK_RENAME:
        if (keeps_name(d, n)) {
            forget(d, op->old_path);
            enter(d, op->path, d->born[op->inode]);
        }
        break;
    case DISK_WRITE:
        redo_write(d, n);
        break;
    case DISK_SIZE:
        if (keeps_name(d, n))
            resize(&d->contents[op->inode], (size_t)op->size);
        break;
    case DISK_SYNC:
    case DISK_DEEDS:
        break;
    }
}

/* ---- the folder itself ------------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static void make_file(const char *path, const struct content *c)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert(fd >= 0);
    if (c->len && write(fd, c->bytes, c->len) != (ssize_t)c->len)
        abort();
    close(fd);
}

/* Parents come first; what is in a folder that is lost is lost. */
static void make_entry(const struct disk *d, const struct entry *e, const char *folder)
{
    char path[512], above[512], target[DISK_PATH_MAX_BYTES];

    snprintf(path, sizeof path, "%s/%s", folder, e->path);
    snprintf(above, sizeof above, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (access(above, F_OK) < 0)
        return;
    if (e->born->deed == DISK_FILE) {
        make_file(path, &d->contents[e->born->inode]);
        return;
    }
    snprintf(target, sizeof target, "%.*s", (int)e->born->len,
             e->born->bytes ? e->born->bytes : "");
    if ((e->born->deed == DISK_LINK ? symlink(target, path) : mkdir(path, 0755)) < 0)
        abort();
}

void disk_after_make(const struct disk_cut *cut, const char *folder)
{
    size_t inodes = disk_log_count() + 1;
    struct disk d = {.cut = cut};

    assert(cut->at <= disk_log_count());
    d.stops = stop_of(&d);
    d.contents = calloc(inodes, sizeof *d.contents);
    d.born = calloc(inodes, sizeof *d.born);
    assert(d.contents && d.born);
    for (size_t n = 0; n < cut->at; n++)
        redo(&d, n);
    qsort(d.entries, d.count, sizeof *d.entries, by_path);
    for (size_t i = 0; i < d.count; i++)
        make_entry(&d, &d.entries[i], folder);
    for (size_t i = 0; i < inodes; i++)
        free(d.contents[i].bytes);
    free(d.contents);
    free(d.born);
}

int disk_base_make(char base[DISK_BASE_BYTES])
{
    snprintf(base, DISK_BASE_BYTES, "%s/ibfleet-cut-XXXXXX",
             access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp");
    return mkdtemp(base) ? 0 : -1;
}

static int take_away(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    return where->level ? remove(path) : 0;
}

void disk_after_clear(const char *folder)
{
    if (nftw(folder, take_away, 16, FTW_DEPTH | FTW_PHYS) != 0)
        abort();
}
