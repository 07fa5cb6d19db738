#include "node-agent/install/steplog.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/fail.h"

#define TELLING_MAX_BYTES 160

struct steplog {
    int fd; /* -1: no room for a file */
    long written;
    unsigned signs;
    bool complained;
    char telling[TELLING_MAX_BYTES];
};

/* clang-format off */
static const struct {
    const char *text;
    unsigned sign;
} signs[] = {
    {"No space left on device",                 STEPLOG_DISK_FULL},
    {"You don't have enough free space",        STEPLOG_DISK_FULL},
    {"more space needed on the",                STEPLOG_DISK_FULL},
    {"Disk quota exceeded",                     STEPLOG_DISK_FULL},
    {"Could not get lock",                      STEPLOG_LOCKED},
    {"Unable to acquire the dpkg frontend lock",STEPLOG_LOCKED},
    {"Unable to lock",                          STEPLOG_LOCKED},
    {"Failed to obtain the transaction lock",   STEPLOG_LOCKED},
    {"create transaction lock on",              STEPLOG_LOCKED}, /* rpm          */
    {" already locked by ",                     STEPLOG_LOCKED}, /* dnf          */
    {"currently holding the yum lock",          STEPLOG_LOCKED},
    {"System management is locked by",          STEPLOG_LOCKED}, /* zypper       */
    {"Unable to locate package",                STEPLOG_UNKNOWN},
    {"has no installation candidate",           STEPLOG_UNKNOWN},
    {"Unable to fetch some archives",           STEPLOG_UNKNOWN},
    {"No match for argument",                   STEPLOG_UNKNOWN}, /* dnf         */
    {"Unable to find a match",                  STEPLOG_UNKNOWN},
    {"No package ",                             STEPLOG_UNKNOWN}, /* yum         */
    {"not found in package names",              STEPLOG_UNKNOWN}, /* zypper      */
    {"No provider of ",                         STEPLOG_UNKNOWN},
    {"package not found",                       STEPLOG_UNKNOWN}, /* tdnf        */
    {"Unable to fetch some archives",           STEPLOG_UNFETCHED},
    {"Some files failed to download",           STEPLOG_UNKNOWN | STEPLOG_UNFETCHED}, /* apt, ahead */
    {"Error downloading packages",              STEPLOG_UNFETCHED}, /* dnf, yum  */
    {"Failed to download metadata",             STEPLOG_UNFETCHED},
    {"Download (curl) error",                   STEPLOG_UNFETCHED}, /* zypper    */
    {"not found on medium",                     STEPLOG_UNFETCHED},
    {"dpkg was interrupted",                    STEPLOG_UNFINISHED},
    {"Bad return status for module build",      STEPLOG_DKMS},
    {"reboot your system",                      STEPLOG_REBOOT},
    {"reboot is required",                      STEPLOG_REBOOT},
    {"frontend lock was locked by",             STEPLOG_LOCKED}, /* dpkg         */
};

/* How a complaint starts, of whichever program. */
static const char *const complaints[] = {
    "E: ", "Error: ", "ERROR: ", "dpkg: error", "modprobe: ", "error: ", "rdma: ",
    "RTNETLINK answers: ", "Problem: ", "No match for argument", "No package ",
    "Existing lock ", "System management is locked", "No provider of ", "Package '",
};
/* clang-format on */

int steplog_path(const struct home *h, const char *run, const char *step, int attempt,
                 char path[HOME_PATH_MAX_BYTES], struct fail *why)
{
    return home_in_state(h, path, why, "/logs/%s.%s.%d.log", run, step, attempt);
}

int steplog_open(const char *path, struct steplog **log, struct fail *why)
{
    struct steplog *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    made->fd =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
             0600);
    *log = made;
    return 0;
}

void steplog_close(struct steplog *log)
{
    if (log && log->fd >= 0)
        close(log->fd);
    free(log);
}

static void write_line(struct steplog *log, const char *line)
{
    char text[1100];
    int n = snprintf(text, sizeof text, "%s\n", line);

    if (n >= (int)sizeof text)
        n = (int)sizeof text - 1;
    if (log->fd < 0 || log->written + n > STEPLOG_MAX_BYTES)
        return;
    if (write(log->fd, text, (size_t)n) == n)
        log->written += n;
}

static bool is_complaint(const char *line)
{
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++)
        if (strncmp(line, complaints[i], strlen(complaints[i])) == 0)
            return true;
    return strstr(line, "FATAL") != NULL;
}

void steplog_line(void *arg, const char *line)
{
    struct steplog *log = arg;

    write_line(log, line);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strstr(line, signs[i].text))
            log->signs |= signs[i].sign;
    if (log->complained || !line[strspn(line, " \t")])
        return;
    log->complained = is_complaint(line);
    snprintf(log->telling, sizeof log->telling, "%s", line);
}

void steplog_begin(struct steplog *log)
{
    log->signs = 0;
    log->complained = false;
    log->telling[0] = '\0';
}

bool steplog_saw(const struct steplog *log, enum steplog_sign sign)
{
    return log->signs & sign;
}

const char *steplog_telling(const struct steplog *log)
{
    return log->telling;
}
