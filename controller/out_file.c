#include "controller/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode)                    ? "a folder"
           : S_ISLNK(mode)                  ? "a symbolic link; name the file itself"
           : S_ISCHR(mode) || S_ISBLK(mode) ? "a device; - is standard output"
                                            : "no plain file";
}

static int check(const char *path, struct fail *why)
{
    struct stat there;

    if (lstat(path, &there) < 0)
        return errno == ENOENT
                   ? 0
                   : fail_set(why, FAIL_STATE, "%s: %s", path, strerror(errno));
    if (S_ISREG(there.st_mode))
        return 0;
    return fail_set(why, FAIL_USAGE, "%s is there and is %s", path,
                    kind_of(there.st_mode));
}

static int write_all(int fd, const struct text *text)
{
    const char *at = text_of(text);
    size_t left = text->len_bytes;

    while (left) {
        ssize_t n = write(fd, at, left);

        if (n < 0 && errno != EINTR)
            return -1;
        at += n > 0 ? n : 0;
        left -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* mkstemp() lets nobody else read it. */
static int open_up(int fd)
{
    mode_t mask = umask(0);

    umask(mask);
    return fchmod(fd, 0666 & ~mask);
}

/* 0, or errno. */
static int fill(int fd, const struct text *text)
{
    int broken = 0;

    if (write_all(fd, text) < 0 || open_up(fd) < 0 || fsync(fd) < 0)
        broken = errno;
    if (close(fd) < 0 && !broken)
        broken = errno;
    return broken;
}

/* A new file that has been filled takes the place of the old one. */
static int put_there(int fd, const char *beside, const char *path,
                     const struct text *text)
{
    int broken = fill(fd, text);

    if (!broken && rename(beside, path) < 0)
        broken = errno;
    if (broken)
        unlink(beside);
    return broken;
}

int out_file_write(const char *path, const struct text *text, struct fail *why)
{
    CLEANUP(text_done) char *beside = NULL;
    int fd, broken;

    if (strcmp(path, "-") == 0) {
        screen_out(text);
        return 0;
    }
    if (check(path, why) < 0)
        return -1;
    if (asprintf(&beside, "%s.XXXXXX", path) < 0) {
        beside = NULL;
        return fail_memory(why);
    }
    fd = mkstemp(beside);
    if (fd < 0)
        return fail_set(why, FAIL_STATE, "%s cannot be written: %s", path,
                        strerror(errno));
    broken = put_there(fd, beside, path, text);
    return broken ? fail_set(why, FAIL_STATE, "%s: %s", path, strerror(broken)) : 0;
}
