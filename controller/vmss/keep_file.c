#include "controller/vmss/keep_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/scope.h"

static int write_all(int fd, const char *bytes, size_t len_bytes)
{
    while (len_bytes) {
        ssize_t n = write(fd, bytes, len_bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        len_bytes -= (size_t)n;
    }
    return fsync(fd);
}

/* The new name of a file is on the disk when its folder is. */
static int sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), status;

    if (fd < 0)
        return -1;
    status = fsync(fd);
    close(fd);
    return status;
}

/* Returns -1 with errno; what was begun is removed then. */
static int replace(const char *path, char *beside, const char *bytes, size_t len_bytes)
{
    int fd = mkostemp(beside, O_CLOEXEC), status, reason;

    if (fd < 0)
        return -1;
    status = write_all(fd, bytes, len_bytes);
    if (status == 0)
        status = rename(beside, path);
    reason = errno;
    if (status < 0)
        unlink(beside);
    close(fd);
    errno = reason;
    return status;
}

int keep_file(const char *path, const char *bytes, size_t len_bytes, struct fail *why)
{
    CLEANUP(text_done) char *beside = NULL;
    CLEANUP(text_done) char *folder = strdup(path);

    if (!folder || asprintf(&beside, "%s.XXXXXX", path) < 0) {
        beside = NULL;
        return fail_memory(why);
    }
    *strrchr(folder, '/') = '\0';
    if ((mkdir(folder, 0700) < 0 && errno != EEXIST) ||
        replace(path, beside, bytes, len_bytes) < 0 || sync_folder(folder) < 0)
        return fail_set(why, FAIL_STATE, "%s: %s", path, strerror(errno));
    return 0;
}

int keep_file_remove(const char *path, struct fail *why)
{
    CLEANUP(text_done) char *folder = strdup(path);

    if (!folder)
        return fail_memory(why);
    *strrchr(folder, '/') = '\0';
    if (unlink(path) < 0)
        return errno == ENOENT
                   ? 0
                   : fail_set(why, FAIL_STATE, "%s: %s", path, strerror(errno));
    return sync_folder(folder) < 0
               ? fail_set(why, FAIL_STATE, "%s: %s", folder, strerror(errno))
               : 0;
}
