/* MLNX_OFED: an archive with one folder, and in it a program that does it all */
#include "node-agent/install/installer.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/bundle.h"
#include "node-agent/install/manager.h"
#include "node-agent/install/take.h"
#include "node-agent/removal.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

#define UNPACK_FOLDER "unpack"
#define TOP_START     "MLNX_OFED_LINUX-"

#define UNPACK_DEADLINE_MS (15 * 60 * 1000)

#define FLAG_BYTES 512

/* What the vendor's manual says of its statuses. */
#define STATUS_FLAG     22
#define STATUS_NO_SPACE 28

/* Packages are compressed already, so an archive unpacks to little more than itself; as
 * much again is installed, and the rest is for building.
 */
#define SPACE_TIMES 3
#define SPARE_BYTES ((int64_t)64 << 20)

/* ---- the archive --------------------------------------------------------------------- */

static int check_space(const struct installer *i, struct fail *why)
{
    const char *state = i->t->home->state;
    int64_t need = bundle_size(i->path) * SPACE_TIMES + SPARE_BYTES, room;
    struct statvfs vfs;

    if (statvfs(state, &vfs) < 0)
        return home_fail(why, "looking at", state);
    room = (int64_t)(vfs.f_bavail * vfs.f_frsize);
    if (room >= need)
        return 0;
    return fail_set(why, FAIL_DISK_FULL,
                    "unpacking and installing takes %lld MiB, and %s has %lld MiB left",
                    (long long)(need >> 20), state, (long long)(room >> 20));
}

static void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

/* The only entry of the folder, which must be a folder of the vendor's name. */
static int find_top(const char *folder, char top[HOME_PATH_MAX_BYTES], struct fail *why)
{
    CLEANUP(close_dir) DIR *dir = opendir(folder);
    struct dirent *entry;
    struct stat st;
    size_t count = 0;

    while (dir && (entry = readdir(dir))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (strncmp(entry->d_name, TOP_START, strlen(TOP_START)) == 0 &&
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(st.st_mode) &&
            snprintf(top, HOME_PATH_MAX_BYTES, "%s/%s", folder, entry->d_name) <
                HOME_PATH_MAX_BYTES)
            continue;
        return fail_set(why, FAIL_INSTALLER,
                        "the archive is none of MLNX_OFED: it has '%.60s' at its top",
                        entry->d_name);
    }
    if (count == 1)
        return 0;
    return fail_set(why, FAIL_INSTALLER, "the archive has %zu folders and not one",
                    count);
}

/* tar keeps what it writes below the folder that it is given, and owned by us. */
static int unpack(const struct installer *i, const char *folder,
                  char top[HOME_PATH_MAX_BYTES], struct fail *why)
{
    const char *const tar[] = {"tar", "-x",   "-z", "--no-same-owner", "-f", i->path,
                               "-C",  folder, NULL};
    int status;

    removal_of_folder(folder);
    if (check_space(i, why) < 0 || home_make(i->t->home, UNPACK_FOLDER, why) < 0 ||
        take_program(i->t, tar, NULL, 0, UNPACK_DEADLINE_MS, &status, why) < 0)
        return -1;
    if (status != 0)
        return take_blame(i->t, FAIL_INSTALLER, "unpacking the archive: tar", status,
                          why);
    return find_top(folder, top, why);
}

/* ---- the program ------------------------------------------------------------------------ */

/* "/usr/src/kernels/{kernel}" */
static void put_kernel(char out[FLAG_BYTES], const char *flag, const char *kernel)
{
    const char *hole = strstr(flag, "{kernel}");

    if (hole)
        snprintf(out, FLAG_BYTES, "%.*s%s%s", (int)(hole - flag), flag, kernel,
                 hole + strlen("{kernel}"));
    else
        snprintf(out, FLAG_BYTES, "%s", flag);
}

static int judge(const struct installer *i, int status, struct fail *why)
{
    if (status == 0) {
        installer_note_reboot(i);
        return 0;
    }
    take_blame(i->t, status == STATUS_NO_SPACE ? FAIL_DISK_FULL : FAIL_INSTALLER,
               "mlnxofedinstall", status, why);
    if (status == STATUS_FLAG)
        return fail_prefix(why, "a flag of the catalog's");
    return -1;
}

/* Not as manager_run(), which asks again after a lock was held: it is started once. */
static int install(const struct installer *i, const char *top, struct fail *why)
{
    char program[HOME_PATH_MAX_BYTES + 32], flags[STEPS_MAX_ARGS][FLAG_BYTES];
    char *args[STEPS_MAX_ARGS];
    const char *const before[] = {program, "--force", NULL};
    size_t count = i->flag_count < STEPS_MAX_ARGS ? i->flag_count : STEPS_MAX_ARGS;
    int status;

    snprintf(program, sizeof program, "%s/mlnxofedinstall", top);
    if (access(program, X_OK) < 0)
        return fail_set(why, FAIL_INSTALLER, "the archive has no mlnxofedinstall");
    for (size_t n = 0; n < count; n++) {
        put_kernel(flags[n], i->flags[n], i->kernel);
        args[n] = flags[n];
    }
    if (manager_await(i->t, i->m, why) < 0 ||
        installer_program(i, "mlnxofedinstall", before, args, count, &status, why) < 0)
        return -1;
    return judge(i, status, why);
}

int installer_run_mlnx(const struct installer *i, struct fail *why)
{
    char folder[HOME_PATH_MAX_BYTES], top[HOME_PATH_MAX_BYTES];
    int rc;

    if (home_in_state(i->t->home, folder, why, "/%s", UNPACK_FOLDER) < 0)
        return -1;
    rc = unpack(i, folder, top, why);
    if (rc == 0)
        rc = install(i, top, why);
    removal_of_folder(folder);
    return rc;
}
