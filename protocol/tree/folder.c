#include "protocol/tree/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc, saved;

    if (fd < 0)
        return errno == EACCES ? 0 : -1;
    rc = fsync(fd);
    saved = errno;
    close(fd);
    errno = saved;
    return rc < 0 && errno != EINVAL ? -1 : 0;
}

int folder_sync_above(const char *path)
{
    char above[PATH_MAX];
    size_t len = strlen(path);
    const char *slash;

    while (len > 1 && path[len - 1] == '/') /* "a/b/" is b in a */
        len--;
    slash = memrchr(path, '/', len);
    if (!slash)
        return folder_sync(".");
    if (slash == path)
        return folder_sync("/");
    if (snprintf(above, sizeof above, "%.*s", (int)(slash - path), path) >=
        (int)sizeof above) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return folder_sync(above);
}

int folder_make(const char *path, mode_t mode)
{
    if (mkdir(path, mode) == 0)
        return folder_sync_above(path);
    return errno == EEXIST ? 0 : -1;
}
