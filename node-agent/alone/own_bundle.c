#include "node-agent/alone/own_bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-agent/fd.h"
#include "node-agent/home.h"
#include "node-agent/install/bundle.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

#define PIECE_BYTES ((size_t)16 << 20)

/* ---- is it the right one? ------------------------------------------------------------ */

/* SHA256 FILE URL [PROXY]; NULL: none of the steps fetches. */
static const struct step *find_fetch(const struct steps *steps)
{
    for (size_t i = 0; i < steps->count; i++)
        if (steps->list[i].verb == STEP_FETCH)
            return &steps->list[i];
    return NULL;
}

static int unreadable(const char *file, struct fail *why)
{
    return fail_set(why, FAIL_USAGE, "--bundle %s: %s", file, strerror(errno));
}

static int open_file(const char *file, struct fail *why)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        unreadable(file, why);
    else if (!S_ISREG(st.st_mode))
        fail_set(why, FAIL_USAGE, "--bundle %s is not a file", file);
    else
        return fd;
    fd_done(&fd);
    return -1;
}

/* Read to its end, and then at its start again. */
static int check_hash(int fd, const char *file, const struct step *fetch,
                      struct fail *why)
{
    char hex[DIGEST_HEX_BYTES];

    if (bundle_hash_open(fd, file, hex, why) < 0)
        return -1;
    if (strcmp(hex, fetch->args[0]) != 0)
        return fail_set(why, FAIL_HASH,
                        "--bundle %s is not %s: SHA-256 %.16s..., not %.16s...", file,
                        fetch->args[1], hex, fetch->args[0]);
    return lseek(fd, 0, SEEK_SET) < 0 ? unreadable(file, why) : 0;
}

/* The caller's to close; -1 on failure.  When nobody wants the file it is not read. */
static int open_checked(const char *file, const struct step *fetch, struct fail *why)
{
    int fd = open_file(file, why);

    if (fd < 0 || !fetch || check_hash(fd, file, fetch, why) == 0)
        return fd;
    fd_done(&fd);
    return -1;
}

int own_bundle_check(const char *file, const struct steps *steps, struct fail *why)
{
    CLEANUP(fd_done) int fd = open_checked(file, find_fetch(steps), why);

    return fd < 0 ? -1 : 0;
}

/* ---- there ------------------------------------------------------------------------------ */

static int copy(int from, const char *path, struct fail *why)
{
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    ssize_t n = to < 0 ? -1 : 1;

    while (n > 0)
        n = sendfile(to, from, NULL, PIECE_BYTES);
    if (n < 0)
        home_fail(why, "writing", path);
    fd_done(&to);
    return (int)n;
}

static int put_there(const struct home *h, int from, const char *name, struct fail *why)
{
    char part[HOME_PATH_MAX_BYTES];

    if (home_make(h, BUNDLE_FOLDER, why) < 0 ||
        home_in_state(h, part, why, "/" BUNDLE_FOLDER "/.%s.own", name) < 0)
        return -1;
    if (copy(from, part, why) == 0 && bundle_place(h, part, name, why) == 0)
        return 0;
    unlink(part);
    return -1;
}

int own_bundle_take(const struct home *h, const char *file, const struct steps *steps,
                    struct fail *why)
{
    const struct step *fetch = find_fetch(steps);
    CLEANUP(fd_done) int fd = open_checked(file, fetch, why);

    if (fd < 0)
        return -1;
    return fetch ? put_there(h, fd, fetch->args[1], why) : 0;
}
