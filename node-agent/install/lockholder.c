#include "node-agent/install/lockholder.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "node-agent/home.h"
#include "node-agent/install/process.h"
#include "protocol/scope.h"

#define LOCKS_MAX_LINES 10000

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

/* "1: POSIX  ADVISORY  WRITE 71 08:01:393300 0 EOF"; "->" stands before who waits. */
static bool is_lock_on(const char *line, const struct stat *st, long *pid)
{
    unsigned major, minor;
    unsigned long long inode;

    return sscanf(line, "%*s %*s %*s WRITE %ld %x:%x:%llu", pid, &major, &minor,
                  &inode) == 4 &&
           major == major(st->st_dev) && minor == minor(st->st_dev) &&
           inode == st->st_ino;
}

bool lockholder_find(const struct home *h, const char *path,
                     char who[LOCKHOLDER_MAX_BYTES])
{
    CLEANUP(close_file) FILE *locks = NULL;
    char whole[HOME_PATH_MAX_BYTES], line[256];
    struct stat st;
    long pid;

    if (home_in_root(h, whole, NULL, "%s", path) < 0 || stat(whole, &st) < 0 ||
        home_in_root(h, whole, NULL, "/proc/locks") < 0 || !(locks = fopen(whole, "re")))
        return false;
    for (int i = 0; i < LOCKS_MAX_LINES && fgets(line, sizeof line, locks); i++)
        if (is_lock_on(line, &st, &pid)) {
            process_tell(h, pid, "another", who);
            return true;
        }
    return false;
}
