#include "protocol/tree/landing.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/parcel.h"
#include "protocol/scope.h"

#define BUSY_BYTES     ((uint64_t)64 << 20)
#define SYNC_BYTES     ((uint64_t)256 << 20)
#define MAX_TEMP_BYTES 64
#define MAX_NAME_BYTES 256
#define NAP_MS         100
#define TEMP_FLAGS     (O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
#define FOLDER_FLAGS   (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static void fd_done(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

struct landing {
    int top;
    bool lazy;
    char *dest;
    const char *name; /* of the first component of every path; NULL: its own */

    /* the file that grows */
    int folder, fd;
    char temp[MAX_TEMP_BYTES];
    bool own;         /* its name is known to nobody else: it goes with us */
    const char *path; /* for messages */
    struct digest *digest;
    uint64_t size;
};

static int complain(const char *path, struct fail *why)
{
    bool full = errno == ENOSPC || errno == EDQUOT;

    return fail_set(why, full ? FAIL_DISK_FULL : FAIL_COPY, "%s: %s", path,
                    strerror(errno));
}

/* ---- the top ---------------------------------------------------------------------- */

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int open_inside(struct landing *l, struct fail *why)
{
    if (mkdir(l->dest, 0777) < 0 && errno != EEXIST)
        return complain(l->dest, why);
    l->top = open(l->dest, FOLDER_FLAGS);
    return l->top < 0 ? complain(l->dest, why) : 0;
}

/* DEST is the new name: it is looked for in the folder before it. */
static int open_beside(struct landing *l, struct fail *why)
{
    char *slash = strrchr(l->dest, '/');

    l->name = slash ? slash + 1 : l->dest;
    if (!parcel_is_inside(l->name))
        return fail_set(why, FAIL_COPY, "'%s' is no name for a file", l->dest);
    if (slash)
        *slash = '\0';
    l->top = open(!slash ? "." : *l->dest ? l->dest : "/", FOLDER_FLAGS);
    return l->top < 0 ? complain(slash ? l->dest : ".", why) : 0;
}

static int open_top(struct landing *l, const char *dest, enum landing_what what,
                    struct fail *why)
{
    size_t len = strlen(dest);
    bool inside = what == LANDING_MANY || (len && dest[len - 1] == '/');

    while (len > 1 && dest[len - 1] == '/')
        len--;
    l->dest = strndup(dest, len);
    if (!l->dest)
        return fail_memory(why);
    inside |= what == LANDING_FILE && is_folder(l->dest);
    return inside ? open_inside(l, why) : open_beside(l, why);
}

static void forget_file(struct landing *l)
{
    if (l->own)
        unlinkat(l->folder, l->temp, 0);
    l->own = false;
    fd_done(&l->fd);
    fd_done(&l->folder);
    l->fd = l->folder = -1;
    if (l->digest)
        digest_take(l->digest, NULL);
    l->digest = NULL;
}

void landing_done(struct landing **landing)
{
    struct landing *l = *landing;

    if (!l)
        return;
    forget_file(l);
    fd_done(&l->top);
    free(l->dest);
    free(l);
}

int landing_open(const char *dest, enum landing_what what, struct landing **landing,
                 struct fail *why)
{
    struct landing *l = calloc(1, sizeof *l);

    if (!l)
        return fail_memory(why);
    l->top = l->folder = l->fd = -1;
    if (open_top(l, dest, what, why) < 0) {
        landing_done(&l);
        return -1;
    }
    *landing = l;
    return 0;
}

void landing_be_lazy(struct landing *l)
{
    l->lazy = true;
}

/* ---- from the top down ------------------------------------------------------------- */

/* The i-th component of a path; the length of what was copied, 0 at the end. */
static size_t component(const struct landing *l, const char **path, bool first,
                        char name[MAX_NAME_BYTES])
{
    size_t len = strcspn(*path, "/");
    const char *word = first && l->name ? l->name : *path;
    size_t word_len = first && l->name ? strlen(l->name) : len;

    if (word_len >= MAX_NAME_BYTES)
        return 0;
    memcpy(name, word, word_len);
    name[word_len] = '\0';
    *path += len + ((*path)[len] == '/');
    return word_len;
}

/* The folder that a path lies in, and its name there. */
static int open_parent(const struct landing *l, const char *path, int *folder,
                       char name[MAX_NAME_BYTES], struct fail *why)
{
    CLEANUP(fd_done) int at = fcntl(l->top, F_DUPFD_CLOEXEC, 0);
    const char *rest = path;
    bool first = true;

    for (;; first = false) {
        int next;

        if (at < 0)
            return complain(path, why);
        if (!component(l, &rest, first, name))
            return fail_set(why, FAIL_COPY, "%s: %s", path, strerror(ENAMETOOLONG));
        if (!*rest)
            break;
        next = openat(at, name, FOLDER_FLAGS | O_NOFOLLOW);
        close(at);
        at = next;
    }
    *folder = at;
    at = -1;
    return 0;
}

int landing_folder(struct landing *l, const struct parcel *p, bool *made,
                   struct fail *why)
{
    CLEANUP(fd_done) int parent = -1;
    CLEANUP(fd_done) int there = -1;
    char name[MAX_NAME_BYTES];

    if (open_parent(l, p->path, &parent, name, why) < 0)
        return -1;
    *made = mkdirat(parent, name, 0700) == 0;
    if (!*made && errno != EEXIST)
        return complain(p->path, why);
    there = openat(parent, name, FOLDER_FLAGS | O_NOFOLLOW);
    if (there < 0 || (*made && fchmod(there, p->mode | 0700) < 0))
        return complain(p->path, why);
    return 0;
}

int landing_finish_folder(struct landing *l, const struct parcel *p, struct fail *why)
{
    CLEANUP(fd_done) int parent = -1;
    CLEANUP(fd_done) int there = -1;
    char name[MAX_NAME_BYTES];

    if (open_parent(l, p->path, &parent, name, why) < 0)
        return -1;
    there = openat(parent, name, FOLDER_FLAGS | O_NOFOLLOW);
    return there < 0 || fchmod(there, p->mode) < 0 ? complain(p->path, why) : 0;
}

static bool is_link_to(int folder, const char *name, const char *target)
{
    char there[PARCEL_MAX_PATH_BYTES];
    ssize_t n = readlinkat(folder, name, there, sizeof there);

    return n >= 0 && (size_t)n == strlen(target) && memcmp(there, target, (size_t)n) == 0;
}

/* Nobody else's, also where nodes share the folder. */
static int make_own_name(char name[MAX_TEMP_BYTES], struct fail *why)
{
    uint64_t random[2];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return complain("getrandom", why);
    snprintf(name, MAX_TEMP_BYTES, ".ibfleet-%016" PRIx64 "%016" PRIx64 ".part",
             random[0], random[1]);
    return 0;
}

int landing_link(struct landing *l, const struct parcel *p, bool *made, struct fail *why)
{
    CLEANUP(fd_done) int parent = -1;
    char name[MAX_NAME_BYTES], temp[MAX_TEMP_BYTES];

    if (open_parent(l, p->path, &parent, name, why) < 0)
        return -1;
    *made = !is_link_to(parent, name, p->target);
    if (!*made)
        return 0;
    if (make_own_name(temp, why) < 0)
        return -1;
    if (symlinkat(p->target, parent, temp) < 0)
        return complain(p->path, why);
    if (renameat(parent, temp, parent, name) == 0)
        return 0;
    complain(p->path, why);
    unlinkat(parent, temp, 0);
    return -1;
}

/* ---- what is there already ---------------------------------------------------------- */

/* The first len_bytes of a file into the digest.  1: there are not so many. */
static int read_into(int fd, uint64_t len_bytes, struct digest *digest, landing_busy busy,
                     void *arg, struct fail *why)
{
    char piece[PARCEL_PIECE_BYTES];

    for (uint64_t at = 0; at < len_bytes;) {
        uint64_t left = len_bytes - at;
        ssize_t n = pread(fd, piece, left < sizeof piece ? (size_t)left : sizeof piece,
                          (off_t)at);

        if (n <= 0)
            return 1;
        digest_push(digest, piece, (size_t)n);
        at += (size_t)n;
        if (busy && at % BUSY_BYTES < (size_t)n && busy(arg, why) < 0)
            return -1;
    }
    return 0;
}

static int compare(int fd, const struct parcel *p, landing_busy busy, void *arg,
                   bool *same, struct fail *why)
{
    struct digest *digest = digest_new();
    char sha256[DIGEST_HEX_BYTES];
    int rc;

    if (!digest)
        return fail_memory(why);
    rc = read_into(fd, p->size, digest, busy, arg, why);
    digest_take(digest, sha256);
    *same = rc == 0 && strcmp(sha256, p->sha256) == 0;
    return rc < 0 ? -1 : 0;
}

int landing_has(struct landing *l, const struct parcel *p, landing_busy busy, void *arg,
                bool *same, struct fail *why)
{
    CLEANUP(fd_done) int parent = -1;
    CLEANUP(fd_done) int fd = -1;
    char name[MAX_NAME_BYTES];
    struct stat st;

    *same = false;
    if (open_parent(l, p->path, &parent, name, why) < 0)
        return -1;
    fd = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
        (uint64_t)st.st_size != p->size)
        return 0;
    if (compare(fd, p, busy, arg, same, why) < 0)
        return -1;
    if (*same && (st.st_mode & 07777) != p->mode && fchmod(fd, p->mode) < 0)
        return complain(p->path, why);
    return 0;
}

/* ---- a file that grows ---------------------------------------------------------------- */

/* One that is no beginning of ours makes place for a new one. */
static bool is_ours(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           st.st_nlink == 1;
}

static int open_temp(struct landing *l, const struct parcel *p, struct fail *why)
{
    snprintf(l->temp, sizeof l->temp, ".ibfleet-%.32s.part", p->sha256);
    l->fd = openat(l->folder, l->temp, TEMP_FLAGS, 0600);
    if (l->fd < 0 || !is_ours(l->fd)) {
        fd_done(&l->fd);
        unlinkat(l->folder, l->temp, 0);
        l->fd = openat(l->folder, l->temp, TEMP_FLAGS | O_EXCL, 0600);
    }
    return l->fd < 0 ? complain(p->path, why) : 0;
}

/* Who has put the file in its place has taken the name away that we opened it by. */
static bool is_still_there(const struct landing *l)
{
    struct stat ours, there;

    return fstat(l->fd, &ours) == 0 &&
           fstatat(l->folder, l->temp, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/* Where no file can be locked (Lustre without flock, NFS without its lock manager) nodes
 * cannot share what grows: one that is this run's own, and begins anew.
 */
static int open_own(struct landing *l, const struct parcel *p, struct fail *why)
{
    struct stat st;

    if (fstat(l->fd, &st) == 0 && st.st_size == 0)
        unlinkat(l->folder, l->temp, 0);
    close(l->fd);
    l->fd = -1;
    if (make_own_name(l->temp, why) < 0)
        return -1;
    l->fd = openat(l->folder, l->temp, TEMP_FLAGS | O_EXCL, 0600);
    l->own = l->fd >= 0;
    return l->own ? 0 : complain(p->path, why);
}

static bool is_without_locks(int error)
{
    return error == ENOSYS || error == ENOLCK || error == EOPNOTSUPP;
}

/* 1: it is no longer what is to grow. */
static int lock_temp(struct landing *l, const struct parcel *p, landing_busy busy,
                     void *arg, struct fail *why)
{
    static const struct timespec nap = {.tv_nsec = NAP_MS * 1000000L};

    for (int waited_ms = 0; flock(l->fd, LOCK_EX | LOCK_NB) < 0; waited_ms += NAP_MS) {
        if (is_without_locks(errno))
            return open_own(l, p, why);
        if (errno != EWOULDBLOCK)
            return complain(p->path, why);
        if (l->lazy || waited_ms > LANDING_WAIT_MS)
            return fail_set(why, FAIL_COPY, "%s: another copy of it is at work", p->path);
        if (waited_ms % 1000 == 0 && busy && busy(arg, why) < 0)
            return -1;
        nanosleep(&nap, NULL);
    }
    return is_still_there(l) ? 0 : 1;
}

int landing_restart(struct landing *l, struct fail *why)
{
    if (l->digest)
        digest_take(l->digest, NULL);
    l->digest = digest_new();
    l->size = 0;
    if (!l->digest)
        return fail_memory(why);
    return ftruncate(l->fd, 0) < 0 ? complain(l->path, why) : 0;
}

static int find_beginning(struct landing *l, const struct parcel *p, landing_busy busy,
                          void *arg, struct fail *why)
{
    struct stat st;
    int rc;

    l->digest = digest_new();
    if (!l->digest)
        return fail_memory(why);
    l->size = fstat(l->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    l->size -= l->size % PARCEL_BLOCK_BYTES;
    rc = l->size > p->size ? 1 : read_into(l->fd, l->size, l->digest, busy, arg, why);
    if (rc < 0)
        return -1;
    if (rc > 0)
        return landing_restart(l, why);
    return ftruncate(l->fd, (off_t)l->size) < 0 ? complain(p->path, why) : 0;
}

int landing_begin(struct landing *l, const struct parcel *p, uint64_t *have_bytes,
                  char sha256[DIGEST_HEX_BYTES], landing_busy busy, void *arg,
                  struct fail *why)
{
    char name[MAX_NAME_BYTES];
    int rc;

    forget_file(l);
    l->path = p->path;
    if (open_parent(l, p->path, &l->folder, name, why) < 0 || open_temp(l, p, why) < 0)
        return -1;
    rc = lock_temp(l, p, busy, arg, why);
    if (rc != 0)
        return rc;
    if (find_beginning(l, p, busy, arg, why) < 0)
        return -1;
    *have_bytes = l->size;
    return digest_peek(l->digest, sha256) < 0 ? fail_memory(why) : 0;
}

/* To the disk as it comes: tens of GB at the end would keep us silent for minutes. */
static int sync_now_and_then(const struct landing *l, uint64_t before, struct fail *why)
{
    if (l->lazy || l->size / SYNC_BYTES == before / SYNC_BYTES)
        return 0;
    return fdatasync(l->fd) < 0 ? complain(l->path, why) : 0;
}

int landing_add(struct landing *l, const char *bytes, size_t len_bytes, struct fail *why)
{
    uint64_t before = l->size;

    digest_push(l->digest, bytes, len_bytes);
    while (len_bytes > 0) {
        ssize_t n = pwrite(l->fd, bytes, len_bytes, (off_t)l->size);

        if (n < 0 && errno != EINTR) {
            complain(l->path, why);
            unlinkat(l->folder, l->temp, 0); /* a full disk is not to stay full */
            return -1;
        }
        bytes += n > 0 ? n : 0;
        len_bytes -= n > 0 ? (size_t)n : 0;
        l->size += n > 0 ? (size_t)n : 0;
    }
    return sync_now_and_then(l, before, why);
}

int landing_place(struct landing *l, const struct parcel *p, struct fail *why)
{
    CLEANUP(fd_done) int parent = -1;
    char name[MAX_NAME_BYTES], sha256[DIGEST_HEX_BYTES];
    int rc;

    digest_take(l->digest, sha256);
    l->digest = NULL;
    if (l->size != p->size || strcmp(sha256, p->sha256) != 0) {
        unlinkat(l->folder, l->temp, 0);
        forget_file(l);
        return fail_set(why, FAIL_COPY,
                        "%s: what arrived is not what was announced: its digest differs",
                        p->path);
    }
    if (open_parent(l, p->path, &parent, name, why) < 0)
        return -1;
    rc = fchmod(l->fd, p->mode) < 0 || (!l->lazy && fsync(l->fd) < 0) ||
         renameat(l->folder, l->temp, parent, name) < 0;
    if (rc)
        complain(p->path, why);
    else
        l->own = false;
    forget_file(l);
    return rc ? -1 : 0;
}
