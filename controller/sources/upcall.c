#include "controller/sources/upcall.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/scope.h"

#define MAX_COMPLAINT 200 /* bytes of standard error that are told */
#define MAX_EXCERPT   80  /* bytes of the line that are            */

/* A process in a system call that cannot be interrupted, such as one on a dead file
 * server, does not even die when killed.
 */
#define DIE_WITHIN_MS 2000

/* A child and what comes from it. */
struct child {
    const struct upcall *upcall;
    pid_t pid;
    int ended_fd;       /* readable when it has ended; -1: none */
    int out_fd, err_fd; /* -1: closed */
    char *out;
    size_t out_len, out_room;
    char err[MAX_COMPLAINT + 1];
    size_t err_len;
    bool has_ended;
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Whatever is left of it dies, and what cannot is left to init. */
static void child_done(struct child *c)
{
    if (c->pid > 0) {
        kill(-c->pid, SIGKILL);
        poll(&(struct pollfd){c->ended_fd, POLLIN, 0}, 1, DIE_WITHIN_MS);
        waitpid(c->pid, NULL, WNOHANG);
    }
    close_fd(&c->ended_fd);
    close_fd(&c->out_fd);
    close_fd(&c->err_fd);
    free(c->out);
}

static int complain(const struct child *c, const char *what, const char *more,
                    struct fail *why)
{
    return fail_set(why, FAIL_GROUP_SOURCE, "'%.*s%s' %s%s", MAX_EXCERPT, c->upcall->line,
                    strlen(c->upcall->line) > MAX_EXCERPT ? "..." : "", what, more);
}

/* ---- begin ----------------------------------------------------------------------------- */

struct pipes {
    int out[2], err[2];
};

static void pipes_done(struct pipes *p)
{
    close_fd(&p->out[0]);
    close_fd(&p->out[1]);
    close_fd(&p->err[0]);
    close_fd(&p->err[1]);
}

static int add_actions(posix_spawn_file_actions_t *actions, const struct pipes *p,
                       const char *folder)
{
    int error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);

    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, p->out[1], 1);
    if (!error)
        error = posix_spawn_file_actions_adddup2(actions, p->err[1], 2);
    if (!error && folder)
        error = posix_spawn_file_actions_addchdir_np(actions, folder);
    return error;
}

/* In a process group of its own, so that all of it can be killed. */
static int spawn(struct child *c, const struct pipes *p)
{
    const char *const argv[] = {"sh", "-c", c->upcall->line, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, usual;
    int error;

    sigemptyset(&none);
    sigemptyset(&usual);
    sigaddset(&usual, SIGPIPE); /* which we ignore, and a shell should not */
    if (posix_spawn_file_actions_init(&actions) != 0)
        return ENOMEM;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &usual);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    error = add_actions(&actions, p, c->upcall->folder);
    if (!error)
        error = posix_spawn(&c->pid, "/bin/sh", &actions, &attributes,
                            (char *const *)(uintptr_t)argv, environ);
    if (error)
        c->pid = 0;
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static int begin(struct child *c, struct fail *why)
{
    CLEANUP(pipes_done) struct pipes p = {{-1, -1}, {-1, -1}};
    int error = pipe2(p.out, O_CLOEXEC) < 0 || pipe2(p.err, O_CLOEXEC) < 0 ? errno : 0;

    if (!error)
        error = spawn(c, &p);
    if (!error) {
        c->ended_fd = pidfd_open(c->pid, 0);
        error = c->ended_fd < 0 ? errno : 0;
    }
    if (error)
        return complain(c, "cannot be run: ", strerror(error), why);
    c->out_fd = p.out[0];
    c->err_fd = p.err[0];
    p.out[0] = p.err[0] = -1;
    return 0;
}

/* ---- read -------------------------------------------------------------------------------- */

static int make_room(struct child *c, struct fail *why)
{
    size_t room = c->out_room ? 2 * c->out_room : 4096;
    char *more;

    if (c->out_room - c->out_len > 1)
        return 0;
    more = realloc(c->out, room);
    if (!more)
        return fail_memory(why);
    c->out = more;
    c->out_room = room;
    return 0;
}

static int take_output(struct child *c, struct fail *why)
{
    ssize_t n;

    if (make_room(c, why) < 0)
        return -1;
    n = read(c->out_fd, c->out + c->out_len, c->out_room - c->out_len - 1);
    if (n > 0)
        c->out_len += (size_t)n;
    else if (n == 0 || errno != EINTR)
        close_fd(&c->out_fd);
    return c->out_len > UPCALL_MAX_BYTES
               ? complain(c, "printed more than 16 MiB", "", why)
               : 0;
}

/* The beginning is kept, the rest read and forgotten. */
static void take_complaint(struct child *c)
{
    char bytes[4096];
    ssize_t n = read(c->err_fd, bytes, sizeof bytes);
    size_t room = MAX_COMPLAINT - c->err_len, take = n > 0 ? (size_t)n : 0;

    if (n == 0 || (n < 0 && errno != EINTR))
        close_fd(&c->err_fd);
    take = take < room ? take : room;
    memcpy(c->err + c->err_len, bytes, take);
    c->err_len += take;
    c->err[c->err_len] = '\0';
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int wait_once(struct child *c, int64_t left_ms, struct fail *why)
{
    struct pollfd fds[] = {{c->out_fd, POLLIN, 0},
                           {c->err_fd, POLLIN, 0},
                           {c->has_ended ? -1 : c->ended_fd, POLLIN, 0}};

    if (poll(fds, 3, (int)left_ms) < 0)
        return errno == EINTR
                   ? 0
                   : complain(c, "cannot be waited for: ", strerror(errno), why);
    if (fds[0].revents && take_output(c, why) < 0)
        return -1;
    if (fds[1].revents)
        take_complaint(c);
    c->has_ended = c->has_ended || fds[2].revents;
    return 0;
}

/* Until it has ended and both ends are closed. */
static int follow(struct child *c, struct fail *why)
{
    unsigned timeout_ms = c->upcall->timeout_ms ? c->upcall->timeout_ms : UPCALL_MAX_MS;
    int64_t until_ms = now_ms() + timeout_ms, left_ms;
    char text[32];

    while (c->out_fd >= 0 || c->err_fd >= 0 || !c->has_ended) {
        left_ms = until_ms - now_ms();
        if (left_ms <= 0) {
            snprintf(text, sizeof text, "%g s", timeout_ms / 1000.0);
            return complain(c, "has not ended within ", text, why);
        }
        if (wait_once(c, left_ms, why) < 0)
            return -1;
    }
    return 0;
}

/* ---- end ----------------------------------------------------------------------------------- */

static int judge(struct child *c, struct fail *why)
{
    char text[MAX_COMPLAINT + 32];
    int status = 0;

    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
        ;
    c->pid = 0;
    if (status == 0)
        return c->out_len && memchr(c->out, '\0', c->out_len)
                   ? complain(c, "printed what is no text", "", why)
                   : 0;
    c->err[strcspn(c->err, "\n")] = '\0';
    snprintf(text, sizeof text, "%d%s%s",
             WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
             *c->err ? ": " : "", c->err);
    return complain(c, "ended with ", text, why);
}

int upcall_run(const struct upcall *upcall, char **text, struct fail *why)
{
    CLEANUP(child_done)
    struct child c = {.upcall = upcall, .ended_fd = -1, .out_fd = -1, .err_fd = -1};

    if (begin(&c, why) < 0 || follow(&c, why) < 0 || judge(&c, why) < 0 ||
        make_room(&c, why) < 0)
        return -1;
    while (c.out_len && strchr(" \t\r\n", c.out[c.out_len - 1]))
        c.out_len--;
    c.out[c.out_len] = '\0';
    *text = c.out;
    c.out = NULL;
    return 0;
}
