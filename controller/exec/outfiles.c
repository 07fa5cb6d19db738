#include "controller/exec/outfiles.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/scope.h"

#define MAX_NAME_BYTES 300

struct outfiles {
    char *folder; /* as it was typed, for messages */
    int fd;
};

static int complain(const char *folder, struct fail *why)
{
    return fail_set(why, FAIL_USAGE, "--outdir %s: %s", folder, strerror(errno));
}

static int open_folder(struct outfiles *files, const char *folder, struct fail *why)
{
    files->fd = -1;
    files->folder = strdup(folder);
    if (!files->folder)
        return fail_memory(why);
    if (mkdir(folder, 0777) < 0 && errno != EEXIST)
        return complain(folder, why);
    files->fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->fd < 0 || faccessat(files->fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
        return complain(folder, why);
    return 0;
}

int outfiles_open(const char *folder, struct outfiles **files, struct fail *why)
{
    struct outfiles *opened = calloc(1, sizeof *opened);

    if (!opened)
        return fail_memory(why);
    if (open_folder(opened, folder, why) < 0) {
        outfiles_close(opened);
        return -1;
    }
    *files = opened;
    return 0;
}

void outfiles_close(struct outfiles *files)
{
    if (!files)
        return;
    if (files->fd >= 0)
        close(files->fd);
    free(files->folder);
    free(files);
}

/* ---- one file ------------------------------------------------------------------- */

static int failed(const struct outfiles *files, const char *name, struct fail *why)
{
    return fail_set(why, FAIL_STATE, "%s/%s: %s", files->folder, name, strerror(errno));
}

static void name_file(char name[MAX_NAME_BYTES], const char *node, enum ssh_stream stream)
{
    snprintf(name, MAX_NAME_BYTES, "%s.%s", node, stream == SSH_STDOUT ? "out" : "err");
}

/* What stands there goes first: an old file may be a link, or be somebody else's. */
static int make_file(const struct outfiles *files, const char *name, struct fail *why)
{
    int fd;

    if (unlinkat(files->fd, name, 0) < 0 && errno != ENOENT)
        return failed(files, name, why);
    fd = openat(files->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                0666);
    if (fd < 0)
        return failed(files, name, why);
    close(fd);
    return 0;
}

int outfiles_begin(const struct outfiles *files, const char *node, struct fail *why)
{
    char name[MAX_NAME_BYTES];

    for (int stream = SSH_STDOUT; stream <= SSH_STDERR; stream++) {
        name_file(name, node, (enum ssh_stream)stream);
        if (make_file(files, name, why) < 0)
            return -1;
    }
    return 0;
}

int outfiles_add(const struct outfiles *files, const char *node, enum ssh_stream stream,
                 const char *bytes, size_t len_bytes, struct fail *why)
{
    char name[MAX_NAME_BYTES];
    int fd, rc = 0;

    name_file(name, node, stream);
    fd = openat(files->fd, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return failed(files, name, why);
    while (rc == 0 && len_bytes > 0) {
        ssize_t n = write(fd, bytes, len_bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            rc = failed(files, name, why);
            break;
        }
        bytes += n;
        len_bytes -= (size_t)n;
    }
    close(fd);
    return rc;
}
