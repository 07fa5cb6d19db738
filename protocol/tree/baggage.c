#include "protocol/tree/baggage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/parcel.h"
#include "protocol/scope.h"

struct item {
    struct parcel parcel;
    char *path;                       /* the parcel's */
    char *local;                      /* where it is here */
    char *target;                     /* the parcel's */
    char (*blocks)[DIGEST_HEX_BYTES]; /* of the first 1, 2, 3... blocks */
};

struct baggage {
    struct item *items;
    size_t count, room;
    uint64_t bytes;
    bool many, tree;

    baggage_busy busy; /* while it is packed */
    void *arg;
    uint64_t silent_bytes;
};

#define BUSY_BYTES ((uint64_t)16 << 20)

/* What a file costs that is looked at and has nothing in it. */
#define BUSY_ITEM_BYTES ((size_t)64 << 10)

/* So much has been read since; now and then it is told. */
static int be_busy(struct baggage *b, size_t len_bytes, struct fail *why)
{
    b->silent_bytes += len_bytes;
    if (!b->busy || b->silent_bytes < BUSY_BYTES)
        return 0;
    b->silent_bytes = 0;
    return b->busy(b->arg, why);
}

static int complain(const char *path, struct fail *why)
{
    return fail_set(why, FAIL_USAGE, "%s: %s", path, strerror(errno));
}

void baggage_free(struct baggage *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->count; i++) {
        free(b->items[i].path);
        free(b->items[i].local);
        free(b->items[i].target);
        free(b->items[i].blocks);
    }
    free(b->items);
    free(b);
}

/* ---- one thing -------------------------------------------------------------------- */

static int make_room(struct baggage *b, const char *local, struct fail *why)
{
    struct item *more;

    if (b->count >= PARCEL_MAX_COUNT)
        return fail_set(why, FAIL_USAGE,
                        "%s: more than %zu files are too many for a copy", local,
                        PARCEL_MAX_COUNT);
    if (b->count < b->room)
        return 0;
    b->room = b->room ? 2 * b->room : 64;
    more = realloc(b->items, b->room * sizeof *more);
    if (!more)
        return fail_memory(why);
    b->items = more;
    return 0;
}

/* The paths are copied. */
static int add(struct baggage *b, const char *path, const char *local, struct item **item,
               struct fail *why)
{
    if (!parcel_is_inside(path))
        return fail_set(why, FAIL_USAGE, "%s: it cannot have the name '%s' there", local,
                        path);
    if (make_room(b, local, why) < 0)
        return -1;
    *item = &b->items[b->count];
    **item = (struct item){.path = strdup(path), .local = strdup(local)};
    (*item)->parcel.path = (*item)->path;
    b->count++;
    return (*item)->path && (*item)->local ? 0 : fail_memory(why);
}

/* As much as it had when it was looked at: a log may grow meanwhile.  1: it has less, or,
 * as in /proc, more than the nothing that it says it has.
 */
static int digest_bytes(struct baggage *b, struct item *item, int fd,
                        struct digest *digest, struct fail *why)
{
    char piece[PARCEL_PIECE_BYTES]; /* a block is a multiple of it */
    uint64_t size = item->parcel.size, at = 0;

    while (at < size) {
        uint64_t left = size - at;
        ssize_t n = read(fd, piece, left < sizeof piece ? (size_t)left : sizeof piece);

        if (n < 0)
            return complain(item->local, why);
        if (n == 0)
            return 1;
        digest_push(digest, piece, (size_t)n);
        at += (size_t)n;
        if (at % PARCEL_BLOCK_BYTES == 0)
            digest_peek(digest, item->blocks[at / PARCEL_BLOCK_BYTES - 1]);
        if (be_busy(b, (size_t)n, why) < 0)
            return -1;
    }
    return size == 0 && read(fd, piece, 1) == 1;
}

static int digest_file(struct baggage *b, struct item *item, int fd, struct fail *why)
{
    struct digest *digest = digest_new();
    int rc;

    if (!digest)
        return fail_memory(why);
    rc = digest_bytes(b, item, fd, digest, why);
    digest_take(digest, item->parcel.sha256);
    if (rc > 0)
        return fail_set(
            why, FAIL_USAGE,
            "%s: it becomes shorter while it is read, or says nothing of its length",
            item->local);
    return rc;
}

static int add_file(struct baggage *b, struct item *item, const struct stat *st,
                    struct fail *why)
{
    int fd, rc;

    item->parcel.kind = PARCEL_FILE;
    item->parcel.size = (uint64_t)st->st_size;
    item->blocks = calloc((size_t)(item->parcel.size / PARCEL_BLOCK_BYTES) + 1,
                          sizeof *item->blocks);
    if (!item->blocks)
        return fail_memory(why);
    fd = open(item->local, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return complain(item->local, why);
    rc = digest_file(b, item, fd, why);
    close(fd);
    b->bytes += item->parcel.size;
    return rc;
}

static int add_link(struct item *item, struct fail *why)
{
    char target[PARCEL_MAX_PATH_BYTES + 1];
    ssize_t n = readlink(item->local, target, sizeof target - 1);

    if (n < 0)
        return complain(item->local, why);
    item->parcel.kind = PARCEL_LINK;
    item->parcel.target = item->target = strndup(target, (size_t)n);
    return item->target ? 0 : fail_memory(why);
}

/* ---- a tree ----------------------------------------------------------------------- */

static int walk(struct baggage *b, const char *path, const char *local, bool follow,
                struct fail *why);

static int is_named(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int walk_child(struct baggage *b, const char *path, const char *local,
                      const char *name, struct fail *why)
{
    CLEANUP(text_done) char *child_path = NULL;
    CLEANUP(text_done) char *child_local = NULL;

    if (asprintf(&child_path, "%s/%s", path, name) < 0 ||
        asprintf(&child_local, "%s/%s", local, name) < 0)
        return fail_memory(why);
    return walk(b, child_path, child_local, false, why);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* whatever the locale */
}

static int walk_folder(struct baggage *b, const char *path, const char *local,
                       struct fail *why)
{
    struct dirent **names;
    int count = scandir(local, &names, is_named, by_name), rc = 0;

    if (count < 0)
        return complain(local, why);
    for (int i = 0; i < count; i++) {
        if (rc == 0)
            rc = walk_child(b, path, local, names[i]->d_name, why);
        free(names[i]);
    }
    free(names);
    return rc;
}

static int walk(struct baggage *b, const char *path, const char *local, bool follow,
                struct fail *why)
{
    struct item *item = NULL;
    struct stat st;

    if ((follow ? stat(local, &st) : lstat(local, &st)) < 0)
        return complain(local, why);
    if (add(b, path, local, &item, why) < 0 || be_busy(b, BUSY_ITEM_BYTES, why) < 0)
        return -1;
    item->parcel.mode = st.st_mode & 0777;
    if (S_ISREG(st.st_mode))
        return add_file(b, item, &st, why);
    if (S_ISLNK(st.st_mode))
        return add_link(item, why);
    if (!S_ISDIR(st.st_mode))
        return fail_set(why, FAIL_USAGE, "%s: neither a file nor a folder nor a link",
                        local);
    item->parcel.kind = PARCEL_FOLDER;
    return walk_folder(b, path, local, why);
}

/* ---- all of it -------------------------------------------------------------------- */

/* The last component of its real path, for "." and "x/..". */
static int name_of(const char *source, char **name, struct fail *why)
{
    CLEANUP(text_done) char *real = realpath(source, NULL);
    CLEANUP(text_done) char *copy = strdup(source);
    char *last;

    if (!real || !copy)
        return copy ? complain(source, why) : fail_memory(why);
    for (size_t len = strlen(copy); len > 1 && copy[len - 1] == '/'; len--)
        copy[len - 1] = '\0';
    last = strrchr(copy, '/') ? strrchr(copy, '/') + 1 : copy;
    if (!parcel_is_inside(last))
        last = strrchr(real, '/') + 1;
    *name = strdup(last);
    return *name ? 0 : fail_memory(why);
}

static int pack_one(struct baggage *b, const char *source, struct fail *why)
{
    CLEANUP(text_done) char *name = NULL;

    if (name_of(source, &name, why) < 0)
        return -1;
    for (size_t i = 0; i < b->count; i++)
        if (strcmp(b->items[i].path, name) == 0)
            return fail_set(why, FAIL_USAGE, "%s: another source is called '%s', too",
                            source, name);
    return walk(b, name, source, true, why);
}

int baggage_pack(const char *const *sources, size_t count, baggage_busy busy, void *arg,
                 struct baggage **baggage, struct fail *why)
{
    struct baggage *b = calloc(1, sizeof *b);

    if (!b)
        return fail_memory(why);
    b->busy = busy;
    b->arg = arg;
    for (size_t i = 0; i < count; i++)
        if (pack_one(b, sources[i], why) < 0) {
            baggage_free(b);
            return -1;
        }
    b->many = count > 1;
    b->tree = b->items[0].parcel.kind == PARCEL_FOLDER;
    *baggage = b;
    return 0;
}

size_t baggage_count(const struct baggage *b)
{
    return b->count;
}

uint64_t baggage_bytes(const struct baggage *b)
{
    return b->bytes;
}

const struct parcel *baggage_parcel(const struct baggage *b, size_t i)
{
    return &b->items[i].parcel;
}

bool baggage_begins(const struct baggage *b, size_t i, uint64_t len_bytes,
                    const char *sha256)
{
    const struct item *item = &b->items[i];

    if (len_bytes == 0 || len_bytes > item->parcel.size || len_bytes % PARCEL_BLOCK_BYTES)
        return false;
    return strcmp(item->blocks[len_bytes / PARCEL_BLOCK_BYTES - 1], sha256) == 0;
}

static int fill_order(struct json *take, const struct baggage *b, const char *into)
{
    return json_put_text(take, "into", into) < 0 ||
                   json_put_flag(take, "many", b->many) < 0 ||
                   json_put_flag(take, "tree", b->tree) < 0 ||
                   json_put_int(take, "count", (int64_t)b->count) < 0
               ? -1
               : 0;
}

struct json *baggage_order(const struct baggage *b, const char *into)
{
    struct json *doc = json_object(), *take = json_object();

    if (take && fill_order(take, b, into) < 0) {
        json_free(take);
        take = NULL;
    }
    if (json_put(doc, "take", take) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

/* Opened each time: nodes are at different places of different files, and descriptors
 * are what there is least of.
 */
ssize_t baggage_read(const struct baggage *b, size_t i, uint64_t at, char *bytes,
                     size_t size_bytes, struct fail *why)
{
    const struct item *item = &b->items[i];
    int fd = open(item->local, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : pread(fd, bytes, size_bytes, (off_t)at);

    if (n < 0)
        fail_set(why, FAIL_STATE, "%s: %s", item->local, strerror(errno));
    if (n == 0)
        fail_set(why, FAIL_STATE, "%s: it has become shorter", item->local);
    if (fd >= 0)
        close(fd);
    return n > 0 ? n : -1;
}
