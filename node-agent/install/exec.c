#include "node-agent/install/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node-agent/clock.h"
#include "protocol/fail.h"

/* What a program leaves in the background may hold the pipe; it is not waited for. */
#define LINGER_MS 500

/* As the shells have it; only a child that could not become the program uses it. */
#define EXIT_NOT_STARTED 127

struct run {
    const struct exec *exec;
    pid_t pid;
    int pipe;
    int64_t until_ms;
    int status; /* of waitpid; -1 while it runs */
    char line[EXEC_LINE_MAX_BYTES + 1];
    size_t used;
};

/* ---- the child ------------------------------------------------------------------- */

/* Its failure travels through the pipe as a line: it has no other voice. */
static void become(const struct exec *e, int out)
{
    int null = open("/dev/null", O_RDWR);
    sigset_t none;

    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (null >= 0)
        dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(e->argv[0], (char *const *)(uintptr_t)e->argv);
    dprintf(STDERR_FILENO, "%s: %s\n", e->argv[0], strerror(errno));
    _exit(EXIT_NOT_STARTED);
}

static int start(struct run *r, struct fail *why)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return fail_set(why, FAIL_STEP, "no pipe: %s", strerror(errno));
    fcntl(ends[1], F_SETFL, 0); /* the program's end waits, as programs expect */
    r->pid = fork();
    if (r->pid == 0)
        become(r->exec, ends[1]);
    close(ends[1]);
    r->pipe = ends[0];
    if (r->pid > 0) {
        setpgid(r->pid, r->pid); /* both do: whoever comes first */
        return 0;
    }
    close(ends[0]);
    return fail_set(why, FAIL_STEP, "no process: %s", strerror(errno));
}

/* ---- its lines --------------------------------------------------------------------- */

static void end_line(struct run *r)
{
    r->line[r->used] = '\0';
    if (r->exec->on_line && r->used)
        r->exec->on_line(r->exec->arg, r->line);
    r->used = 0;
}

/* A carriage return ends a line too: progress bars of package managers. */
static void take(struct run *r, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bytes[i] == '\n' || bytes[i] == '\r') {
            end_line(r);
        } else {
            r->line[r->used++] = bytes[i] ? bytes[i] : '?';
            if (r->used == EXEC_LINE_MAX_BYTES)
                end_line(r);
        }
}

/* Returns 0 at the end of the stream. */
static int read_some(struct run *r)
{
    char bytes[4096];
    ssize_t n = read(r->pipe, bytes, sizeof bytes);

    if (n > 0)
        take(r, bytes, (size_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* ---- the wait ---------------------------------------------------------------------- */

static void reap(struct run *r, int flags)
{
    if (r->status < 0 && waitpid(r->pid, &r->status, flags) == 0)
        r->status = -1;
}

/* Until the stream has ended, or the program and then LINGER_MS.  0: out of time. */
static int follow(struct run *r)
{
    int64_t until = r->until_ms;

    for (;;) {
        struct pollfd p = {.fd = r->pipe, .events = POLLIN};
        int running = r->status < 0;
        int64_t left;

        reap(r, WNOHANG);
        if (running && r->status >= 0)
            until = clock_ms() + LINGER_MS;
        left = until - clock_ms();
        if (left <= 0)
            return r->status >= 0;
        if (poll(&p, 1, left > 100 ? 100 : (int)left) > 0 && !read_some(r))
            return 1;
    }
}

static int judge(const struct run *r, int *status, struct fail *why)
{
    if (WIFSIGNALED(r->status))
        return fail_set(why, FAIL_STEP, "%s was killed by signal %d", r->exec->argv[0],
                        WTERMSIG(r->status));
    *status = WEXITSTATUS(r->status);
    if (*status == EXIT_NOT_STARTED)
        return fail_set(why, FAIL_STEP, "%s could not be started", r->exec->argv[0]);
    return 0;
}

/* After the stream's end the program may still be busy, with its output closed. */
static int wait_for_end(struct run *r)
{
    while (r->status < 0 && clock_ms() < r->until_ms) {
        reap(r, WNOHANG);
        if (r->status < 0)
            poll(NULL, 0, 20);
    }
    return r->status >= 0;
}

int exec_run(const struct exec *e, int *status, struct fail *why)
{
    struct run r = {.exec = e, .status = -1, .until_ms = clock_ms() + e->deadline_ms};
    int ended;

    if (start(&r, why) < 0)
        return -1;
    ended = follow(&r) && wait_for_end(&r);
    if (!ended) {
        kill(-r.pid, SIGKILL);
        reap(&r, 0);
    }
    end_line(&r);
    close(r.pipe);
    if (!ended)
        return fail_set(why, FAIL_TIMEOUT, "%s took longer than %u s", e->argv[0],
                        e->deadline_ms / 1000);
    return judge(&r, status, why);
}
