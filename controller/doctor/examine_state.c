#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "controller/command.h"
#include "controller/doctor/checkup.h"
#include "controller/doctor/examine.h"
#include "controller/journal/history.h"
#include "controller/state_folder.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* A rollout of thousands of nodes writes some tens of megabytes. */
#define LOW_BYTES 100e6

#define MOST_RUNS 1000000

/* The folder, or the nearest one above it that there is: it would be made below. */
static void climb(char *path)
{
    char *slash;

    while (access(path, F_OK) < 0 && (slash = strrchr(path, '/')) && slash > path)
        *slash = '\0';
    if (access(path, F_OK) < 0)
        strcpy(path, *path == '/' ? "/" : ".");
}

static void examine_disk(struct checkup *c, const char *path)
{
    struct statvfs fs;
    double free_bytes;

    if (statvfs(path, &fs) < 0)
        return; /* examine_folder() has said why */
    free_bytes = (double)fs.f_bavail * (double)fs.f_frsize;
    checkup_add(c, free_bytes < LOW_BYTES ? CHECKUP_BAD : CHECKUP_OK, "disk",
                "make room, or name another folder with --state", "%.1f GB free in %s",
                free_bytes / 1e9, path);
}

static bool is_usable(const char *path, struct statfs *fs)
{
    struct stat found;

    if (statfs(path, fs) < 0 || stat(path, &found) < 0)
        return false;
    if (!S_ISDIR(found.st_mode)) {
        errno = ENOTDIR;
        return false;
    }
    return access(path, R_OK | W_OK | X_OK) == 0;
}

/* False: nothing in it need be looked at. */
static bool examine_folder(struct checkup *c, const char *folder, const char *there)
{
    struct statfs fs;
    const char *refused;

    if (!is_usable(there, &fs)) {
        checkup_add(c, CHECKUP_BAD, "state folder", "name one of your own with --state",
                    "%s: %s", there, strerror(errno));
        return false;
    }
    refused = state_folder_refused((unsigned long)fs.f_type);
    if (refused)
        checkup_add(c, CHECKUP_BAD, "state folder", "name a local one with --state",
                    "%s is on %s, which does not lock reliably", folder, refused);
    else
        checkup_add(c, CHECKUP_OK, "state folder", NULL, "%s%s", folder,
                    strcmp(folder, there) == 0 ? "" : ", made when it is needed");
    return !refused;
}

static int count_run(void *arg, const struct history_run *run, struct fail *why)
{
    (void)run;
    (void)why;
    ++*(size_t *)arg;
    return 0;
}

static void examine_journal(struct checkup *c, const char *folder)
{
    CLEANUP(history_done) struct history *h = NULL;
    size_t runs = 0;
    struct fail why;

    if (history_open(folder, &h, &why) < 0 ||
        history_runs(h, MOST_RUNS, count_run, &runs, &why) < 0)
        checkup_add(c, CHECKUP_BAD, "journal",
                    "move it away, or name another folder with --state", "%s", why.text);
    else
        checkup_add(c, CHECKUP_OK, "journal", NULL, "%zu runs", runs);
}

void examine_state(struct checkup *c, const struct command *command)
{
    CLEANUP(text_done) char *folder = NULL;
    CLEANUP(text_done) char *there = NULL;
    struct fail why;

    if (command_state_path(command, &folder, &why) < 0) {
        checkup_add(c, CHECKUP_BAD, "state folder", "name one with --state", "%s",
                    why.text);
        return;
    }
    there = strdup(folder);
    if (!there)
        return;
    climb(there);
    if (!examine_folder(c, folder, there))
        return;
    examine_disk(c, there);
    examine_journal(c, folder);
}
