/* These calls are the C library's to whoever is linked with us, and go to the kernel by
 * themselves.
 */
#include "tests/fake/disk_log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPS_MAX   20000
#define FILES_MAX 200

struct named {
    char path[DISK_PATH_MAX_BYTES];
    int inode;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char top[DISK_PATH_MAX_BYTES];
static void (*before)(size_t n);
static bool is_on;
static struct disk_op *ops;
static size_t count;
static struct named names[FILES_MAX]; /* as they are now */
static size_t name_count;
static int inodes;

int open64(const char *path, int flags, ...);
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t offset);
int ftruncate64(int fd, off64_t size);

/* ---- names ------------------------------------------------------------------------- */

/* The path below the folder, "" for itself; NULL: it is elsewhere. */
static const char *below(const char *path)
{
    size_t len = strlen(top);

    if (!is_on || strncmp(path, top, len) != 0 || (path[len] && path[len] != '/'))
        return NULL;
    path += len;
    return *path ? path + 1 : path;
}

static struct named *find(const char *path)
{
    for (size_t i = 0; i < name_count; i++)
        if (strcmp(names[i].path, path) == 0)
            return &names[i];
    return NULL;
}

static int inode_of(const char *path)
{
    struct named *n = find(path);

    return n ? n->inode : DISK_NO_INODE;
}

static int folder_of(const char *path)
{
    char folder[DISK_PATH_MAX_BYTES] = "";
    const char *slash = strrchr(path, '/');

    if (slash)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    return inode_of(folder);
}

static void forget(const char *path)
{
    struct named *n = find(path);

    if (n)
        *n = names[--name_count];
}

static void name(const char *path, int inode)
{
    forget(path);
    assert(name_count < FILES_MAX && strlen(path) < DISK_PATH_MAX_BYTES);
    strcpy(names[name_count].path, path);
    names[name_count++].inode = inode;
}

/* Of a descriptor: the kernel knows what the file is called by now. */
static bool path_of(int fd, char path[DISK_PATH_MAX_BYTES])
{
    char link[40], whole[2 * DISK_PATH_MAX_BYTES];
    const char *rest;
    ssize_t n;

    if (!is_on)
        return false;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, whole, sizeof whole - 1);
    if (n < 0)
        return false;
    whole[n] = '\0';
    rest = below(whole);
    if (!rest || inode_of(rest) == DISK_NO_INODE)
        return false;
    snprintf(path, DISK_PATH_MAX_BYTES, "%s", rest);
    return true;
}

/* ---- noting ------------------------------------------------------------------------ */

/* The next operation: noted when it has been done, unless it failed. */
static void announce(void)
{
    if (before)
        before(count);
}

static struct disk_op *note(enum disk_deed deed, int inode, int folder, const char *path)
{
    struct disk_op *op = &ops[count++];

    assert(count < OPS_MAX);
    *op = (struct disk_op){.deed = deed,
                           .inode = inode,
                           .folder = folder,
                           .certain = SIZE_MAX};
    snprintf(op->path, sizeof op->path, "%s", path);
    return op;
}

static void note_bytes(struct disk_op *op, const void *bytes, size_t len)
{
    op->len = len;
    op->bytes = malloc(len + 1);
    assert(op->bytes);
    memcpy(op->bytes, bytes, len);
}

static void note_new(enum disk_deed deed, const char *path, const char *target)
{
    struct disk_op *op = note(deed, ++inodes, folder_of(path), path);

    name(path, inodes);
    if (target)
        note_bytes(op, target, strlen(target));
}

static void note_size(const char *path, off_t size)
{
    note(DISK_SIZE, inode_of(path), DISK_NO_INODE, path)->size = size;
}

static bool is_covered(const struct disk_op *op, int inode)
{
    return inode == DISK_ALL || op->folder == inode ||
           (op->folder == DISK_NO_INODE && op->inode == inode);
}

/* Of a folder: its entries, not what is in the files; of a file: not its name. */
static void note_sync(int inode, const char *path)
{
    size_t n = count;

    note(DISK_SYNC, inode, DISK_NO_INODE, path);
    for (size_t i = 0; i < n; i++)
        if (ops[i].deed != DISK_SYNC && ops[i].certain == SIZE_MAX &&
            is_covered(&ops[i], inode))
            ops[i].certain = n;
}

static void note_rename(const char *from, const char *to)
{
    struct disk_op *op = note(DISK_RENAME, inode_of(from), folder_of(to), to);

    assert(folder_of(from) == op->folder);
    snprintf(op->old_path, sizeof op->old_path, "%s", from);
    forget(from);
    name(to, op->inode);
}

/* ---- in place of the C library's ------------------------------------------------------- */

static int open_noted(const char *path, int flags, mode_t mode)
{
    bool is_new;
    const char *rest;
    int fd;

    pthread_mutex_lock(&mutex);
    rest = below(path);
    is_new = rest && !find(rest) && (flags & O_CREAT);
    if (is_new || (rest && (flags & O_TRUNC)))
        announce();
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && is_new)
        note_new(DISK_FILE, rest, NULL);
    else if (fd >= 0 && rest && (flags & O_TRUNC))
        note_size(rest, 0);
    pthread_mutex_unlock(&mutex);
    return fd;
}

int open(const char *path, int flags, ...)
{
    mode_t mode;
    va_list ap;

    va_start(ap, flags);
    mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return open_noted(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode;
    va_list ap;

    va_start(ap, flags);
    mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return open_noted(path, flags, mode);
}

/* Where it went, for O_APPEND too, is told by where the next one goes. */
ssize_t write(int fd, const void *bytes, size_t len)
{
    char path[DISK_PATH_MAX_BYTES];
    bool noted;
    ssize_t n;

    pthread_mutex_lock(&mutex);
    noted = path_of(fd, path);
    if (noted)
        announce();
    n = syscall(SYS_write, fd, bytes, len);
    if (noted && n > 0) {
        struct disk_op *op = note(DISK_WRITE, inode_of(path), DISK_NO_INODE, path);

        op->offset = lseek(fd, 0, SEEK_CUR) - n;
        note_bytes(op, bytes, (size_t)n);
    }
    pthread_mutex_unlock(&mutex);
    return n;
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
    char path[DISK_PATH_MAX_BYTES];
    bool noted;
    ssize_t n;

    pthread_mutex_lock(&mutex);
    noted = path_of(fd, path);
    if (noted)
        announce();
    n = syscall(SYS_pwrite64, fd, bytes, len, offset);
    if (noted && n > 0) {
        struct disk_op *op = note(DISK_WRITE, inode_of(path), DISK_NO_INODE, path);

        op->offset = offset;
        note_bytes(op, bytes, (size_t)n);
    }
    pthread_mutex_unlock(&mutex);
    return n;
}

int ftruncate64(int fd, off64_t size)
{
    char path[DISK_PATH_MAX_BYTES];
    bool noted;
    int rc;

    pthread_mutex_lock(&mutex);
    noted = path_of(fd, path);
    if (noted)
        announce();
    rc = (int)syscall(SYS_ftruncate, fd, size);
    if (noted && rc == 0)
        note_size(path, size);
    pthread_mutex_unlock(&mutex);
    return rc;
}

int ftruncate(int fd, off_t size)
{
    return ftruncate64(fd, size);
}

int posix_fallocate(int fd, off_t offset, off_t len)
{
    return ftruncate64(fd, offset + len) < 0 ? errno : 0;
}

/* Nothing of ours has to outlive a cut of the power that is real. */
static int sync_noted(int fd, bool is_of_all)
{
    char path[DISK_PATH_MAX_BYTES];

    if (fcntl(fd, F_GETFD) < 0)
        return -1;
    pthread_mutex_lock(&mutex);
    if (path_of(fd, path)) {
        announce();
        note_sync(is_of_all ? DISK_ALL : inode_of(path), path);
    }
    pthread_mutex_unlock(&mutex);
    return 0;
}

int fsync(int fd)
{
    return sync_noted(fd, false);
}

int fdatasync(int fd)
{
    return sync_noted(fd, false);
}

int syncfs(int fd)
{
    return sync_noted(fd, true);
}

int unlink(const char *path)
{
    const char *rest;
    int rc;

    pthread_mutex_lock(&mutex);
    rest = below(path);
    rest = rest && find(rest) ? rest : NULL;
    if (rest)
        announce();
    rc = (int)syscall(SYS_unlink, path);
    if (rc == 0 && rest) {
        note(DISK_GONE, inode_of(rest), folder_of(rest), rest);
        forget(rest);
    }
    pthread_mutex_unlock(&mutex);
    return rc;
}

int rename(const char *from, const char *to)
{
    const char *rest, *rest_to;
    int rc;

    pthread_mutex_lock(&mutex);
    rest = below(from);
    rest_to = below(to);
    assert(!rest == !rest_to);
    if (rest)
        announce();
    rc = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (rc == 0 && rest)
        note_rename(rest, rest_to);
    pthread_mutex_unlock(&mutex);
    return rc;
}

int mkdir(const char *path, mode_t mode)
{
    char plain[2 * DISK_PATH_MAX_BYTES];
    const char *rest;
    int rc;

    snprintf(plain, sizeof plain, "%s", path);
    if (*plain && plain[strlen(plain) - 1] == '/')
        plain[strlen(plain) - 1] = '\0';
    pthread_mutex_lock(&mutex);
    rest = below(plain);
    rest = rest && !find(rest) ? rest : NULL;
    if (rest)
        announce();
    rc = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (rc == 0 && rest)
        note_new(DISK_FOLDER, rest, NULL);
    pthread_mutex_unlock(&mutex);
    return rc;
}

int symlink(const char *target, const char *path)
{
    const char *rest;
    int rc;

    pthread_mutex_lock(&mutex);
    rest = below(path);
    if (rest)
        announce();
    rc = (int)syscall(SYS_symlinkat, target, AT_FDCWD, path);
    if (rc == 0 && rest)
        note_new(DISK_LINK, rest, target);
    pthread_mutex_unlock(&mutex);
    return rc;
}

/* ---- the log ------------------------------------------------------------------------------ */

void disk_log_begin(const char *folder, void (*before_op)(size_t n))
{
    assert(!is_on && strlen(folder) < sizeof top);
    if (!ops)
        ops = calloc(OPS_MAX, sizeof *ops);
    assert(ops);
    for (size_t i = 0; i < count; i++)
        free(ops[i].bytes);
    count = name_count = 0;
    inodes = DISK_TOP;
    before = before_op;
    strcpy(top, folder);
    name("", DISK_TOP);
    is_on = true;
}

void disk_log_end(void)
{
    is_on = false;
}

size_t disk_log_count(void)
{
    return count;
}

const struct disk_op *disk_log_op(size_t n)
{
    return &ops[n];
}

void disk_log_tell(size_t n, char *text, size_t size)
{
    static const char *const words[DISK_DEEDS] = {"create", "mkdir", "symlink", "unlink",
                                                  "rename", "write", "size",    "sync"};
    const struct disk_op *op = &ops[n];

    snprintf(text, size, "%s %s", words[op->deed], *op->path ? op->path : ".");
    if (op->deed == DISK_WRITE)
        snprintf(text + strlen(text), size - strlen(text), " %ld+%zu", (long)op->offset,
                 op->len);
}

__attribute__((destructor)) static void free_ops(void)
{
    for (size_t i = 0; i < count; i++)
        free(ops[i].bytes);
    free(ops);
}
