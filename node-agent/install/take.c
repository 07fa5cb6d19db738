#include "node-agent/install/take.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/exec.h"
#include "node-agent/install/steplog.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

#define FILE_MAX_BYTES      ((size_t)64 << 10)
#define UDEVADM_DEADLINE_MS 30000
#define PATIENCE_MAX_S      1800

int take_step(const struct taking *t, const struct step *step, bool *already,
              struct fail *why)
{
    static int (*const take[STEP_VERBS])(const struct taking *, const struct step *,
                                         bool *, struct fail *) = {
        [STEP_DROP] = take_drop,       [STEP_PACKAGES] = take_packages,
        [STEP_FETCH] = take_fetch,     [STEP_DOWNLOAD] = take_download,
        [STEP_DRIVER] = take_driver,   [STEP_DKMS] = take_dkms,
        [STEP_MODULES] = take_modules, [STEP_INITRAMFS] = take_initramfs,
        [STEP_RESTART] = take_restart, [STEP_RXE] = take_rxe,
        [STEP_NAMES] = take_names,     [STEP_MEMLOCK] = take_memlock,
        [STEP_IPOIB] = take_ipoib,     [STEP_HOLD] = take_hold,
    };

    return take[step->verb](t, step, already, why);
}

/* "# apt-get install rdma-core": so the log says what was run. */
static void log_command(const struct taking *t, const char *const *argv)
{
    char line[EXEC_LINE_MAX_BYTES] = "#";

    for (; *argv; argv++)
        if (strlen(line) + strlen(*argv) + 2 < sizeof line) {
            strcat(line, " ");
            strcat(line, *argv);
        }
    steplog_line(t->log, line);
}

int take_program(const struct taking *t, const char *const *before, char *const *args,
                 size_t count, unsigned deadline_ms, int *status, struct fail *why)
{
    const char *argv[TAKE_ARGV_MAX + 1] = {0};
    struct exec e = {.argv = argv,
                     .deadline_ms = deadline_ms,
                     .on_line = steplog_line,
                     .arg = t->log};
    size_t n = 0;

    while (*before && n < TAKE_ARGV_MAX)
        argv[n++] = *before++;
    for (size_t i = 0; i < count && n < TAKE_ARGV_MAX; i++)
        argv[n++] = args[i];
    log_command(t, argv);
    steplog_begin(t->log);
    return exec_run(&e, status, why);
}

int take_blame(const struct taking *t, int code, const char *what, int status,
               struct fail *why)
{
    const char *telling = steplog_telling(t->log);

    if (steplog_saw(t->log, STEPLOG_DISK_FULL))
        code = FAIL_DISK_FULL;
    else if (steplog_saw(t->log, STEPLOG_LOCKED))
        code = FAIL_LOCKED;
    return fail_set(why, (enum fail_code)code, "%s ended with %d%s%s", what, status,
                    *telling ? ": " : "", telling);
}

int take_file(const struct taking *t, const char *path, const char *text, bool *already,
              struct fail *why)
{
    CLEANUP(text_done) char *now = NULL;
    char whole[HOME_PATH_MAX_BYTES], line[HOME_PATH_MAX_BYTES + 16];

    if (home_in_root(t->home, whole, why, "%s", path) < 0)
        return -1;
    now = home_read(whole, FILE_MAX_BYTES);
    if (now && strcmp(now, text) == 0)
        return 0;
    *already = false;
    snprintf(line, sizeof line, "# writing %s", path);
    steplog_line(t->log, line);
    return home_write(whole, text, 0644, why);
}

int take_rules(const struct taking *t, const char *path, const char *text, bool *already,
               struct fail *why)
{
    static const char *const reload[] = {"udevadm", "control", "--reload", NULL};
    bool same = true;
    int status;

    if (take_file(t, path, text, &same, why) < 0)
        return -1;
    if (same)
        return 0;
    *already = false;
    if (!*t->home->root) /* udev also sees it by itself, a moment later */
        take_program(t, reload, NULL, 0, UDEVADM_DEADLINE_MS, &status, NULL);
    return 0;
}

int64_t take_patience_ms(const char *variable, int fallback_s)
{
    const char *text = getenv(variable);
    long seconds = text ? atol(text) : fallback_s;

    return (seconds < 1 || seconds > PATIENCE_MAX_S ? fallback_s : seconds) * 1000;
}

bool take_tool(const struct taking *t, const char *name, char *path, size_t size)
{
    static const char *const folders[] = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};
    char whole[HOME_PATH_MAX_BYTES];

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, size, "%s/%s", folders[i], name);
        if (home_in_root(t->home, whole, NULL, "%s", path) == 0 &&
            access(whole, F_OK) == 0)
            return true;
    }
    return false;
}
