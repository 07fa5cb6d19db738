#include "node-agent/install/users.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/process.h"
#include "protocol/scope.h"

#define VERBS "/dev/infiniband/uverbs"

/* Seconds, on a machine full of processes with many files each. */
#define LOOKS_MAX 1000000

static void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

static DIR *open_below(const struct home *h, const char *pid, const char *what)
{
    char path[HOME_PATH_MAX_BYTES];

    return home_in_root(h, path, NULL, "/proc/%s%s", pid, what) == 0 ? opendir(path)
                                                                     : NULL;
}

static bool has_verbs_open(const struct home *h, const char *pid, int *looks)
{
    CLEANUP(close_dir) DIR *fds = open_below(h, pid, "/fd");
    struct dirent *entry;
    char target[64];

    while (fds && ++*looks < LOOKS_MAX && (entry = readdir(fds))) {
        ssize_t n = readlinkat(dirfd(fds), entry->d_name, target, sizeof target);

        if (n > (ssize_t)strlen(VERBS) && strncmp(target, VERBS, strlen(VERBS)) == 0)
            return true;
    }
    return false;
}

bool users_find(const struct home *h, char who[USERS_MAX_BYTES])
{
    CLEANUP(close_dir) DIR *all = open_below(h, "", "");
    struct dirent *entry;
    int looks = 0;

    while (all && ++looks < LOOKS_MAX && (entry = readdir(all)))
        if (isdigit((unsigned char)*entry->d_name) &&
            has_verbs_open(h, entry->d_name, &looks)) {
            process_tell(h, strtol(entry->d_name, NULL, 10), "a process", who);
            return true;
        }
    return false;
}
