#include "node-agent/install/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/exec.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define SYSTEMD_RUN_DEADLINE_MS 15000
#define ARGV_MAX                24
#define STEP_LOCK               "step."
#define LOCK_NAME_MAX_BYTES     160

/* Whoever looks whether a unit is alive has its lock for a moment. */
#define GLANCE_MS       300
#define GLANCE_PAUSE_MS 10

/* ---- the step's lock ----------------------------------------------------------- */

static void lock_name(char name[LOCK_NAME_MAX_BYTES], const char *run, const char *step)
{
    snprintf(name, LOCK_NAME_MAX_BYTES, STEP_LOCK "%s.%s", run, step);
}

int unit_hold(const struct home *h, const char *run, const char *step)
{
    char name[LOCK_NAME_MAX_BYTES];
    int fd;

    lock_name(name, run, step);
    fd = home_try_lock(h, name);
    for (int waited = 0; fd < 0 && waited < GLANCE_MS; waited += GLANCE_PAUSE_MS) {
        poll(NULL, 0, GLANCE_PAUSE_MS);
        fd = home_try_lock(h, name);
    }
    if (fd >= 0)
        fcntl(fd, F_SETFD, 0); /* what we start keeps it when we are killed */
    return fd;
}

/* Closing would not do: the lock is that of all who have it from us. */
void unit_let_go(int *lock)
{
    if (*lock < 0)
        return;
    flock(*lock, LOCK_UN);
    close(*lock);
}

bool unit_is_alive(const struct home *h, const char *run, const char *step)
{
    char name[LOCK_NAME_MAX_BYTES];

    lock_name(name, run, step);
    return home_is_locked(h, name);
}

static void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

int unit_check_idle(const struct home *h, struct fail *why)
{
    CLEANUP(close_dir) DIR *dir = NULL;
    char path[HOME_PATH_MAX_BYTES];
    struct dirent *entry;

    if (home_in_state(h, path, why, "/locks") < 0)
        return -1;
    dir = opendir(path);
    while (dir && (entry = readdir(dir)))
        if (strncmp(entry->d_name, STEP_LOCK, strlen(STEP_LOCK)) == 0 &&
            home_is_locked(h, entry->d_name))
            return fail_set(why, FAIL_STEP, "a step is at work: %s",
                            entry->d_name + strlen(STEP_LOCK));
    return 0;
}

/* ---- with systemd -------------------------------------------------------------- */

static int run_systemd(const char *name, unsigned delay_s, const char *const *argv,
                       struct fail *why)
{
    char unit[200], delay[40];
    const char *whole[ARGV_MAX] = {"systemd-run", "--quiet", "--collect", unit};
    struct exec e = {.argv = whole, .deadline_ms = SYSTEMD_RUN_DEADLINE_MS};
    size_t n = 4;
    int status;

    snprintf(unit, sizeof unit, "--unit=%s", name);
    snprintf(delay, sizeof delay, "--on-active=%u", delay_s);
    if (delay_s > 0)
        whole[n++] = delay;
    whole[n++] = "--";
    while (*argv && n < ARGV_MAX - 1)
        whole[n++] = *argv++;
    if (exec_run(&e, &status, why) < 0)
        return -1;
    if (status != 0)
        return fail_set(why, FAIL_STEP, "systemd-run ended with %d", status);
    return 0;
}

/* ---- without ------------------------------------------------------------------- */

/* The grandchild: no controlling terminal, nothing of the conversation's open. */
static void become(unsigned delay_s, const char *const *argv)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = 0; null >= 0 && fd < 3; fd++)
        dup2(null, fd);
    if (chdir("/") < 0)
        _exit(1);
    sleep(delay_s);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(1);
}

/* Twice, so that init inherits it and nobody here has to wait for it. */
static int fork_twice(unsigned delay_s, const char *const *argv, struct fail *why)
{
    pid_t pid = fork();

    if (pid == 0) {
        setsid();
        pid = fork();
        if (pid == 0)
            become(delay_s, argv);
        _exit(pid < 0);
    }
    if (pid < 0 || waitpid(pid, NULL, 0) < 0)
        return fail_set(why, FAIL_STEP, "no process: %s", strerror(errno));
    return 0;
}

int unit_detach(const struct home *h, const char *name, unsigned delay_s,
                const char *const *argv, struct fail *why)
{
    return h->systemd ? run_systemd(name, delay_s, argv, why)
                      : fork_twice(delay_s, argv, why);
}

int unit_start(const struct home *h, const char *run, const char *step, int attempt,
               struct fail *why)
{
    char self[HOME_PATH_MAX_BYTES], name[180], number[16];
    const char *const argv[] = {self, "step", run, step, number, NULL};
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n <= 0)
        return fail_set(why, FAIL_STEP, "/proc/self/exe: %s", strerror(errno));
    self[n] = '\0';
    snprintf(number, sizeof number, "%d", attempt);
    snprintf(name, sizeof name, "ibfleet-%s-%s-%d", run, step, attempt);
    return unit_detach(h, name, 0, argv, why);
}
