#include "node-agent/install/bundle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-agent/fd.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define PIECE_BYTES ((size_t)256 << 10)

int bundle_path(const struct home *h, const char *file, char path[HOME_PATH_MAX_BYTES],
                struct fail *why)
{
    return home_in_state(h, path, why, "/" BUNDLE_FOLDER "/%s", file);
}

int64_t bundle_size(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : -1;
}

/* ---- its digest -------------------------------------------------------------------- */

static int read_all(int fd, const char *path, struct digest *d, struct fail *why)
{
    CLEANUP(text_done) char *piece = malloc(PIECE_BYTES);
    ssize_t n;

    if (!piece)
        return fail_memory(why);
    while ((n = read(fd, piece, PIECE_BYTES)) != 0) {
        if (n < 0 && errno != EINTR)
            return home_fail(why, "reading", path);
        if (n > 0)
            digest_push(d, piece, (size_t)n);
    }
    return 0;
}

int bundle_hash_open(int fd, const char *path, char hex[DIGEST_HEX_BYTES],
                     struct fail *why)
{
    struct digest *d = digest_new();
    int rc;

    if (!d)
        return fail_memory(why);
    rc = read_all(fd, path, d, why);
    digest_take(d, hex);
    return rc;
}

int bundle_hash(const char *path, char hex[DIGEST_HEX_BYTES], struct fail *why)
{
    CLEANUP(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return home_fail(why, "opening", path);
    if (!S_ISREG(st.st_mode))
        return fail_set(why, FAIL_STEP, "%s is not a file", path);
    return bundle_hash_open(fd, path, hex, why);
}

/* ---- which one --------------------------------------------------------------------- */

static void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

static DIR *open_folder(const struct home *h, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];
    DIR *dir;

    if (bundle_path(h, "", path, why) < 0)
        return NULL;
    dir = opendir(path);
    if (!dir)
        home_fail(why, "opening", path);
    return dir;
}

static bool has_hash(const char *path, const char *hash)
{
    char hex[DIGEST_HEX_BYTES];

    return bundle_size(path) > 0 && bundle_hash(path, hex, NULL) == 0 &&
           strcmp(hex, hash) == 0;
}

static void sync_folder(const struct home *h)
{
    CLEANUP(close_dir) DIR *dir = open_folder(h, NULL);

    if (dir)
        fsync(dirfd(dir));
}

int bundle_place(const struct home *h, const char *path, const char *file,
                 struct fail *why)
{
    CLEANUP(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char whole[HOME_PATH_MAX_BYTES];

    if (bundle_path(h, file, whole, why) < 0)
        return -1;
    if (fd < 0 || fchmod(fd, 0600) < 0 || fsync(fd) < 0 || rename(path, whole) < 0)
        return home_fail(why, "putting in place", whole);
    sync_folder(h);
    return 0;
}

int bundle_find(const struct home *h, const char *hash, const char *file, bool *found,
                bool *moved, struct fail *why)
{
    CLEANUP(close_dir) DIR *dir = open_folder(h, why);
    char path[HOME_PATH_MAX_BYTES];
    struct dirent *e;

    *found = *moved = false;
    if (!dir || bundle_path(h, file, path, why) < 0)
        return -1;
    *found = has_hash(path, hash);
    for (int n = 0; !*found && n < BUNDLE_MAX_FILES && (e = readdir(dir)); n++)
        if (bundle_path(h, e->d_name, path, NULL) == 0 && has_hash(path, hash))
            *found = *moved = true;
    return *moved ? bundle_place(h, path, file, why) : 0;
}

/* ---- which ones to keep ------------------------------------------------------------ */

static bool is_of(const char *name, const char *file)
{
    size_t len = strlen(file);

    return strncmp(name, file, len) == 0 && (!name[len] || !strcmp(name + len, ".part"));
}

static bool is_download(const char *name)
{
    size_t len = strlen(name);

    return len > 5 && strcmp(name + len - 5, ".part") == 0;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* The one that came last, whatever time it brought along, and is neither `file` nor a
 * download; "" where there is none.
 */
static void newest_other(const struct home *h, DIR *dir, const char *file,
                         char newest[HOME_PATH_MAX_BYTES])
{
    struct timespec when = {0};
    struct dirent *e;

    newest[0] = '\0';
    while ((e = readdir(dir))) {
        char path[HOME_PATH_MAX_BYTES];
        struct stat st;

        if (is_of(e->d_name, file) || is_download(e->d_name) ||
            bundle_path(h, e->d_name, path, NULL) < 0 || lstat(path, &st) < 0 ||
            !S_ISREG(st.st_mode) || (*newest && !is_later(&st.st_ctim, &when)))
            continue;
        when = st.st_ctim;
        strcpy(newest, path);
    }
}

void bundle_tidy(const struct home *h, const char *file)
{
    CLEANUP(close_dir) DIR *dir = open_folder(h, NULL);
    char newest[HOME_PATH_MAX_BYTES], path[HOME_PATH_MAX_BYTES];
    struct dirent *e;

    if (!dir)
        return;
    newest_other(h, dir, file, newest);
    rewinddir(dir);
    while ((e = readdir(dir)))
        if (!is_of(e->d_name, file) && bundle_path(h, e->d_name, path, NULL) == 0 &&
            strcmp(path, newest) != 0 && bundle_size(path) >= 0)
            unlink(path);
}
