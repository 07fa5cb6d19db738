#include "node-agent/install/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node-agent/clock.h"
#include "node-agent/fd.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

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
    bool stopped;
    char line[EXEC_LINE_MAX_BYTES + 1];
    size_t used;
};

/* ---- the child ------------------------------------------------------------------- */

/* We may have died before it asked to be told. */
static void follow_us(pid_t us)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != us)
        _exit(EXIT_NOT_STARTED);
}

/* Its failure travels through the pipe as a line: it has no other voice. */
static void become(const struct exec *e, pid_t us, int in, int out)
{
    sigset_t none;

    setpgid(0, 0);
    if (e->ends_with_us)
        follow_us(us);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execvp(e->argv[0], (char *const *)(uintptr_t)e->argv);
    dprintf(STDERR_FILENO, "%s: %s\n", e->argv[0], strerror(errno));
    _exit(EXIT_NOT_STARTED);
}

/* A pipe that holds all of it and whose writing end is closed.  Returns a descriptor. */
static int fill_pipe(const char *text, struct fail *why)
{
    size_t len = strlen(text);
    int ends[2];
    ssize_t n;

    if (len > EXEC_INPUT_MAX_BYTES)
        return fail_set(why, FAIL_BUG, "%zu bytes of input for a program", len);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail_set(why, FAIL_STEP, "no pipe: %s", strerror(errno));
    n = write(ends[1], text, len);
    close(ends[1]);
    if (n == (ssize_t)len)
        return ends[0];
    close(ends[0]);
    return fail_set(why, FAIL_STEP, "a pipe did not take %zu bytes", len);
}

static int open_input(const struct exec *e, struct fail *why)
{
    int null;

    if (e->input)
        return fill_pipe(e->input, why);
    null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return null >= 0 ? null : fail_set(why, FAIL_STEP, "/dev/null: %s", strerror(errno));
}

static int start(struct run *r, struct fail *why)
{
    CLEANUP(fd_done) int in = open_input(r->exec, why);
    pid_t us = getpid();
    int ends[2];

    if (in < 0)
        return -1;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return fail_set(why, FAIL_STEP, "no pipe: %s", strerror(errno));
    fcntl(ends[1], F_SETFL, 0); /* the program's end waits, as programs expect */
    r->pid = fork();
    if (r->pid == 0)
        become(r->exec, us, in, ends[1]);
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

static bool may_go_on(struct run *r)
{
    if (r->exec->go_on && r->status < 0 && !r->exec->go_on(r->exec->arg))
        r->stopped = true;
    return !r->stopped;
}

/* Until the stream has ended, or the program and then LINGER_MS.  0: out of time, or
 * stopped.
 */
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
        if (left <= 0 || !may_go_on(r))
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
    while (r->status < 0 && clock_ms() < r->until_ms && may_go_on(r)) {
        reap(r, WNOHANG);
        if (r->status < 0)
            poll(NULL, 0, 20);
    }
    return r->status >= 0;
}

static int tell_ending(const struct run *r, struct fail *why)
{
    const char *program = r->exec->argv[0];

    if (r->stopped)
        return fail_set(why, FAIL_STEP, "%s was stopped", program);
    return fail_set(why, FAIL_TIMEOUT, "%s took longer than %u s", program,
                    r->exec->deadline_ms / 1000);
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
    return ended ? judge(&r, status, why) : tell_ending(&r, why);
}
