#include "node-agent/verbs/measurer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "node-agent/verbs/rail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"

/* Requests that the child has not read yet: orders behind the one it plays. */
#define OUT_MAX_BYTES (FRAME_MAX_BYTES * 2)

/* Children that were killed but had not ended when we looked.  They are waited for
 * whenever a measurer is opened or closed; more of them than this stay zombies
 * until the agent ends.
 */
#define MAX_ENDING 64

/* How long (milliseconds) the loop stands still to learn what a child died of. */
#define MAX_MOMENTS 20

struct measurer {
    pid_t pid; /* 0: ended and waited for */
    int fd;
    struct frame_reader *reader;
    unsigned char *out; /* not written yet */
    size_t out_bytes;
    uint32_t asked[MEASURER_MAX_ASKED]; /* ids without an answer */
    size_t asked_count;
};

static pid_t ending[MAX_ENDING];

/* ---- the child's birth and death ---------------------------------------- */

/* Whatever the agent has open (its controller's pipes above all) is not ours. */
static void close_all_but(int keep)
{
    int max = (int)sysconf(_SC_OPEN_MAX);

    for (int fd = STDERR_FILENO + 1; fd < max && fd < 65536; fd++)
        if (fd != keep)
            close(fd);
}

static void detach_stdio(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0)
        return;
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    if (null > STDERR_FILENO)
        close(null);
}

_Noreturn static void live(int fd, pid_t parent)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before we asked to follow it */
        _exit(1);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_IGN);
    detach_stdio();
    close_all_but(fd);
    _exit(rail_serve(fd));
}

static void reap_ending(void)
{
    for (size_t i = 0; i < MAX_ENDING; i++)
        if (ending[i] && waitpid(ending[i], NULL, WNOHANG) != 0)
            ending[i] = 0;
}

static void let_end(pid_t pid)
{
    for (size_t i = 0; i < MAX_ENDING; i++)
        if (!ending[i]) {
            ending[i] = pid;
            break;
        }
    reap_ending();
}

static int give_birth(struct measurer *m, struct fail *why)
{
    pid_t parent = getpid();
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return fail_set(why, FAIL_STATE, "no socket pair: %s", strerror(errno));
    m->pid = fork();
    if (m->pid == 0)
        live(ends[1], parent);
    close(ends[1]);
    m->fd = ends[0];
    fcntl(m->fd, F_SETFL, O_NONBLOCK);
    if (m->pid < 0) {
        m->pid = 0;
        return fail_set(why, FAIL_STATE, "no process to measure with: %s",
                        strerror(errno));
    }
    return 0;
}

int measurer_open(struct measurer **m, struct fail *why)
{
    struct measurer *made = calloc(1, sizeof *made);

    reap_ending();
    if (made)
        made->fd = -1;
    if (made)
        made->reader = frame_reader_new(false);
    if (!made || !made->reader) {
        free(made);
        return fail_memory(why);
    }
    if (give_birth(made, why) < 0) {
        measurer_close(made);
        return -1;
    }
    *m = made;
    return 0;
}

void measurer_close(struct measurer *m)
{
    if (!m)
        return;
    if (m->pid) {
        kill(m->pid, SIGKILL);
        let_end(m->pid);
    }
    if (m->fd >= 0)
        close(m->fd);
    frame_reader_free(m->reader);
    free(m->out);
    free(m);
}

/* ---- asking ------------------------------------------------------------- */

int measurer_fd(const struct measurer *m)
{
    return m->fd;
}

short measurer_events(const struct measurer *m)
{
    return m->out_bytes ? POLLIN | POLLOUT : POLLIN;
}

static void take_out(struct measurer *m, size_t bytes)
{
    m->out_bytes -= bytes;
    memmove(m->out, m->out + bytes, m->out_bytes);
}

/* What cannot be sent because the child is gone is noticed by reading. */
static void push_out(struct measurer *m)
{
    ssize_t n = m->out_bytes ? send(m->fd, m->out, m->out_bytes, MSG_NOSIGNAL) : 0;

    if (n > 0)
        take_out(m, (size_t)n);
    else if (n < 0 && errno != EAGAIN && errno != EINTR)
        m->out_bytes = 0;
}

static int queue_out(struct measurer *m, const unsigned char *frame, size_t frame_bytes,
                     struct fail *why)
{
    unsigned char *grown;

    if (m->out_bytes + frame_bytes > OUT_MAX_BYTES)
        return fail_set(why, FAIL_BUG, "more requests than the measurer takes");
    grown = realloc(m->out, m->out_bytes + frame_bytes);
    if (!grown)
        return fail_memory(why);
    memcpy(grown + m->out_bytes, frame, frame_bytes);
    m->out = grown;
    m->out_bytes += frame_bytes;
    return 0;
}

int measurer_ask(struct measurer *m, uint32_t id, const char *ask,
                 const struct json *body, struct fail *why)
{
    unsigned char *frame;
    size_t frame_bytes;
    int queued;

    if (!m->pid)
        return fail_set(why, FAIL_AGENT_DIED, "the measuring process has ended");
    if (m->asked_count == MEASURER_MAX_ASKED)
        return fail_set(why, FAIL_BUG, "more requests than the measurer takes");
    if (message_encode_request(id, ask, body, &frame, &frame_bytes, why) < 0)
        return -1;
    queued = queue_out(m, frame, frame_bytes, why);
    free(frame);
    if (queued < 0)
        return -1;
    m->asked[m->asked_count++] = id;
    push_out(m);
    return 0;
}

/* ---- answers ------------------------------------------------------------ */

static void strike(struct measurer *m, uint32_t id)
{
    for (size_t i = 0; i < m->asked_count; i++)
        if (m->asked[i] == id) {
            m->asked[i] = m->asked[--m->asked_count];
            return;
        }
}

static int pass_on(struct measurer *m, measurer_answer_fn answer, void *arg)
{
    struct message said;
    const char *text;
    size_t len_bytes;

    while ((text = frame_next(m->reader, &len_bytes))) {
        if (message_parse(text, len_bytes, &said, NULL) < 0)
            return -1;
        strike(m, said.id);
        message_clear(&said);
        answer(arg, text, len_bytes);
    }
    return 0;
}

static void say_how(int status, bool known, struct fail *why)
{
    if (known && WIFSIGNALED(status))
        fail_set(why, FAIL_AGENT_DIED,
                 "the measuring process was ended by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else if (known && WIFEXITED(status))
        fail_set(why, FAIL_AGENT_DIED, "the measuring process ended with status %d",
                 WEXITSTATUS(status));
    else
        fail_set(why, FAIL_AGENT_DIED, "the measuring process broke off");
}

static void fail_all(struct measurer *m, const struct fail *reason,
                     measurer_answer_fn answer, void *arg)
{
    for (size_t i = 0; i < m->asked_count; i++) {
        unsigned char *frame;
        size_t frame_bytes;

        if (message_encode_failure(m->asked[i], reason, &frame, &frame_bytes, NULL) < 0)
            continue;
        answer(arg, (const char *)frame + 4, frame_bytes - 4);
        free(frame);
    }
    m->asked_count = 0;
}

/* A process closes its sockets a moment before its status can be read. */
static pid_t wait_briefly(pid_t pid, int *status)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    pid_t found = 0;

    for (int i = 0; i < MAX_MOMENTS && found == 0; i++) {
        if (i > 0)
            nanosleep(&moment, NULL);
        found = waitpid(pid, status, WNOHANG);
    }
    return found;
}

/* The stream has ended, and with it the child. */
static void bury(struct measurer *m, measurer_answer_fn answer, void *arg)
{
    struct fail reason;
    int status = 0;
    pid_t found = m->asked_count ? wait_briefly(m->pid, &status) : 0;

    if (found == 0) {
        kill(m->pid, SIGKILL);
        let_end(m->pid);
    }
    say_how(status, found == m->pid, &reason);
    m->pid = 0;
    fail_all(m, &reason, answer, arg);
}

void measurer_serve(struct measurer *m, short revents, measurer_answer_fn answer,
                    void *arg)
{
    char bytes[16384];
    ssize_t n;

    if (!m->pid)
        return;
    if (revents & POLLOUT)
        push_out(m);
    if (!(revents & (POLLIN | POLLHUP | POLLERR)))
        return;
    n = read(m->fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || frame_push(m->reader, bytes, (size_t)n, NULL) < 0 ||
        pass_on(m, answer, arg) < 0)
        bury(m, answer, arg);
}

bool measurer_is_over(const struct measurer *m)
{
    return !m->pid;
}
