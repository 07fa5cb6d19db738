#include "controller/openssh/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "controller/openssh/environment.h"
#include "protocol/character.h"
#include "protocol/fail.h"

/* Of ssh's last words. */
#define WORDS_BYTES ((size_t)160)

/* With all that Match exec starts, in a group of its own, so that it can be ended; and
 * with a SIGPIPE that ends it, which we ignore.
 */
static int spawn(const posix_spawn_file_actions_t *actions, char *const *argv, pid_t *pid)
{
    char **environment = environment_new(NULL);
    posix_spawnattr_t how;
    sigset_t ours;
    int rc;

    if (!environment)
        return ENOMEM;
    sigemptyset(&ours);
    sigaddset(&ours, SIGPIPE);
    posix_spawnattr_init(&how);
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setsigdefault(&how, &ours);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    rc = posix_spawnp(pid, argv[0], actions, &how, argv, environment);
    posix_spawnattr_destroy(&how);
    free(environment);
    return rc;
}

/* Both streams go into one pipe; *out is its other end. */
static int start(char *const *argv, int *out, pid_t *pid, struct fail *why)
{
    posix_spawn_file_actions_t actions;
    int pipe_of[2], rc;

    if (pipe2(pipe_of, O_CLOEXEC) < 0)
        return fail_set(why, FAIL_STATE, "cannot start ssh: %s", strerror(errno));
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe_of[1], 1);
    posix_spawn_file_actions_adddup2(&actions, pipe_of[1], 2);
    rc = spawn(&actions, argv, pid);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_of[1]);
    *out = pipe_of[0];
    if (rc == 0)
        return 0;
    close(pipe_of[0]);
    return fail_set(why, FAIL_STATE, "cannot start ssh: %s", strerror(rc));
}

static long long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1000LL * t.tv_sec + t.tv_nsec / 1000000;
}

/* To the end of the stream: how many bytes, or -1 when it takes too long or too much. */
static ssize_t read_all(int fd, char text[DUMP_MAX_BYTES])
{
    const long long end_ms = now_ms() + DUMP_DEADLINE_MS;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t used = 0;

    while (used < DUMP_MAX_BYTES - 1) {
        long long left_ms = end_ms - now_ms();
        ssize_t n;

        if (left_ms <= 0 || (poll(&p, 1, (int)left_ms) < 0 && errno != EINTR))
            return -1;
        if (!p.revents)
            continue;
        n = read(fd, text + used, DUMP_MAX_BYTES - 1 - used);
        if (n == 0)
            return (ssize_t)used;
        if (n < 0 && errno != EINTR)
            return -1;
        used += n > 0 ? (size_t)n : 0;
    }
    return -1;
}

static int refuse(const char *host, char *text, struct fail *why)
{
    char *end = text + strlen(text), *line;

    while (end > text && strchr("\r\n", end[-1]))
        *--end = '\0';
    line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    return fail_set(why, FAIL_USAGE, "ssh -G %s: %.*s", host,
                    character_cut(line, WORDS_BYTES), line);
}

static int collect(pid_t pid, int out, const char *host, char *text, struct fail *why)
{
    ssize_t n = read_all(out, text);
    int status = 0;

    if (n < 0)
        kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (n < 0)
        return fail_set(why, FAIL_USAGE, "ssh -G %s: no answer within %d s", host,
                        DUMP_DEADLINE_MS / 1000);
    text[n] = '\0';
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : refuse(host, text, why);
}

int dump_settings(const char *config, const char *user, const char *host, char **text,
                  struct fail *why)
{
    const char *words[] = {"ssh", "-G", "-T", NULL, NULL, NULL, NULL, NULL, NULL, NULL};
    size_t count = 3;
    char *made, *argv[sizeof words / sizeof *words];
    int out = -1, rc;
    pid_t pid;

    if (config) {
        words[count++] = "-F";
        words[count++] = config;
    }
    if (user) {
        words[count++] = "-l";
        words[count++] = user;
    }
    words[count++] = "--";
    words[count++] = host;
    words[count] = NULL;
    memcpy(argv, words, sizeof argv); /* posix_spawn() does not write to them */
    made = malloc(DUMP_MAX_BYTES);
    if (!made)
        return fail_memory(why);
    rc = start(argv, &out, &pid, why);
    if (rc == 0) {
        rc = collect(pid, out, host, made, why);
        close(out);
    }
    if (rc == 0)
        *text = made;
    else
        free(made);
    return rc;
}
