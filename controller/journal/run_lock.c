#include "controller/journal/run_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "protocol/fail.h"

/* Locks of the open file, not of the process: closing another descriptor of the
 * same file does not drop them.
 */
static struct flock byte_of(int64_t run, short type)
{
    return (struct flock){.l_type = type,
                          .l_whence = SEEK_SET,
                          .l_start = (off_t)run,
                          .l_len = 1};
}

static int open_lock(const char *folder, int flags)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof path, "%s/" RUN_LOCK_FILE, folder) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int run_lock_take(const char *folder, int64_t run, int *fd, struct fail *why)
{
    struct flock byte = byte_of(run, F_WRLCK);
    int opened = open_lock(folder, O_RDWR | O_CREAT), saved;

    if (opened < 0)
        return fail_set(why, FAIL_STATE, "%s/" RUN_LOCK_FILE ": %s", folder,
                        strerror(errno));
    if (fcntl(opened, F_OFD_SETLK, &byte) < 0) {
        saved = errno;
        close(opened);
        if (saved == EAGAIN || saved == EACCES)
            return fail_set(why, FAIL_CLAIMED, "it has a controller");
        return fail_set(why, FAIL_STATE, "%s/" RUN_LOCK_FILE ": %s", folder,
                        strerror(saved));
    }
    *fd = opened;
    return 0;
}

int run_lock_is_held(const char *folder, int64_t run)
{
    struct flock byte = byte_of(run, F_RDLCK);
    int opened = open_lock(folder, O_RDONLY), result;

    if (opened < 0)
        return errno == ENOENT ? 0 : -1;
    result = fcntl(opened, F_OFD_GETLK, &byte);
    close(opened);
    return result < 0 ? -1 : byte.l_type != F_UNLCK;
}
