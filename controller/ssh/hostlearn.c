#include "controller/ssh/hostlearn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/scope.h"

static void make_folder_of(const char *path)
{
    CLEANUP(text_done) char *folder = strdup(path);
    char *slash = folder ? strrchr(folder, '/') : NULL;

    if (slash && slash != folder) {
        *slash = '\0';
        mkdir(folder, 0700); /* usually there; if it cannot be, open() says so */
    }
}

/* A file that somebody edited may lack its last newline. */
static bool ends_in_line(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char last = '\n';

    return size <= 0 || pread(fd, &last, 1, size - 1) != 1 || last == '\n';
}

static int put(int fd, const char *text, size_t len_bytes)
{
    ssize_t n = write(fd, text, len_bytes);

    if (n >= 0 && n < (ssize_t)len_bytes)
        errno = ENOSPC; /* what a write that is too short does not say */
    return n == (ssize_t)len_bytes ? 0 : -1;
}

int hostlearn_append(struct hostlearn *l, const char *line, struct fail *why)
{
    if (l->fd < 0) {
        make_folder_of(l->path);
        l->fd = open(l->path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    if (l->fd < 0 || (!ends_in_line(l->fd) && put(l->fd, "\n", 1) < 0) ||
        put(l->fd, line, strlen(line)) < 0)
        return fail_set(why, FAIL_STATE, "%s: %s", l->path, strerror(errno));
    return 0;
}

void hostlearn_close(struct hostlearn *l)
{
    if (l->fd < 0)
        return;
    fsync(l->fd); /* once for all: a login must not wait for the disk */
    close(l->fd);
    l->fd = -1;
}
