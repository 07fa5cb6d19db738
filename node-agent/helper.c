#include "node-agent/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node-agent/ask.h"
#include "node-agent/voice.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"

/* Per turn, so that one that floods leaves the loop free. */
#define READ_MAX_BYTES ((size_t)64 << 10)

/* After its pipe has ended, a process that hangs in the kernel is given up. */
#define REAP_MS      2000
#define REAP_TICK_MS 20

struct helper {
    const struct ask *ask;
    uint32_t id;
    pid_t pid;
    int fd;
    struct frame_reader *reader;
    int64_t due_ms; /* its deadline; after the pipe's end, that of its reaping */
    int64_t look_ms;
    bool answered, ended, reaped;
};

/* ---- the process --------------------------------------------------------------- */

/* Nothing of the conversation may stay open in it: sshd waits until all have closed it.
 */
static void leave_conversation(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = 0; null >= 0 && fd < 3; fd++)
        dup2(null, fd);
}

static void live(const struct home *h, const struct ask *ask, const struct json *body,
                 const struct voice *voice, pid_t parent)
{
    struct json *answer = NULL;
    struct fail why = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    leave_conversation();
    if (ask->work(h, body, voice, &answer, &why) < 0)
        voice_failure(voice, &why);
    else
        voice_answer(voice, answer);
    _exit(0);
}

static int start(struct helper *made, const struct home *h, const struct json *body,
                 struct fail *why)
{
    struct voice voice = {.id = made->id};
    pid_t parent = getpid();
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail_set(why, FAIL_STEP, "no pipe: %s", strerror(errno));
    voice.fd = ends[1];
    made->pid = fork();
    if (made->pid == 0)
        live(h, made->ask, body, &voice, parent);
    close(ends[1]);
    made->fd = ends[0];
    if (made->pid < 0)
        return fail_set(why, FAIL_STEP, "no process: %s", strerror(errno));
    fcntl(made->fd, F_SETFL, O_NONBLOCK);
    return 0;
}

int helper_open(struct helper **helper, const struct home *h, const struct ask *ask,
                uint32_t id, const struct json *body, int64_t now_ms, struct fail *why)
{
    struct helper *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    made->ask = ask;
    made->id = id;
    made->fd = made->pid = -1;
    made->due_ms = made->look_ms = now_ms + ask->deadline_ms;
    made->reader = frame_reader_new(false);
    if (!made->reader || start(made, h, body, why) < 0) {
        if (!made->reader)
            fail_memory(why);
        helper_close(made);
        return -1;
    }
    *helper = made;
    return 0;
}

void helper_close(struct helper *helper)
{
    if (!helper)
        return;
    if (helper->pid > 0 && !helper->reaped) {
        kill(helper->pid, SIGKILL);
        waitpid(helper->pid, NULL, WNOHANG);
    }
    if (helper->fd >= 0)
        close(helper->fd);
    frame_reader_free(helper->reader);
    free(helper);
}

/* ---- what it says -------------------------------------------------------------- */

static void pass_on(struct helper *helper, const char *text, size_t len_bytes,
                    helper_say_fn say, void *arg)
{
    struct message m;
    bool is_output;

    if (message_parse(text, len_bytes, &m, NULL) < 0)
        return;
    is_output = m.type == MESSAGE_EVENT && strcmp(m.name, "output") == 0;
    if (m.type == MESSAGE_ANSWER || m.type == MESSAGE_FAILURE)
        helper->answered = true;
    message_clear(&m);
    say(arg, text, len_bytes, is_output);
}

static void end(struct helper *helper, int64_t now_ms)
{
    helper->ended = true;
    helper->due_ms = now_ms + REAP_MS;
}

static void read_some(struct helper *helper, int64_t now_ms, helper_say_fn say, void *arg)
{
    char bytes[READ_MAX_BYTES];
    ssize_t n = read(helper->fd, bytes, sizeof bytes);
    const char *text;
    size_t len;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0 || frame_push(helper->reader, bytes, (size_t)n, NULL) < 0) {
        end(helper, now_ms);
        return;
    }
    while ((text = frame_next(helper->reader, &len)))
        pass_on(helper, text, len, say, arg);
}

/* ---- its end ------------------------------------------------------------------- */

static int tell_death(struct helper *helper, int status, struct fail *why)
{
    if (helper->answered)
        return 0;
    helper->answered = true;
    if (WIFSIGNALED(status))
        fail_set(why, FAIL_AGENT_DIED, "%s: its process was killed by signal %d",
                 helper->ask->name, WTERMSIG(status));
    else
        fail_set(why, FAIL_AGENT_DIED, "%s: its process ended without an answer",
                 helper->ask->name);
    return 1;
}

static int tell_lateness(struct helper *helper, struct fail *why)
{
    kill(helper->pid, SIGKILL);
    if (helper->answered)
        return 0;
    helper->answered = true;
    fail_set(why, FAIL_TIMEOUT, "%s took longer than %lld s", helper->ask->name,
             (long long)helper->ask->deadline_ms / 1000);
    return 1;
}

static int reap(struct helper *helper, int64_t now_ms, struct fail *why)
{
    int status = 0;

    helper->look_ms = now_ms + REAP_TICK_MS;
    if (waitpid(helper->pid, &status, WNOHANG) == helper->pid) {
        helper->reaped = true;
        return tell_death(helper, status, why);
    }
    if (now_ms < helper->due_ms)
        return 0;
    kill(helper->pid, SIGKILL);
    helper->reaped = true; /* if it hangs in the kernel, init will have it */
    return tell_death(helper, 0, why);
}

int helper_serve(struct helper *helper, int64_t now_ms, helper_say_fn say, void *arg,
                 struct fail *why)
{
    if (!helper->ended)
        read_some(helper, now_ms, say, arg);
    if (helper->ended)
        return reap(helper, now_ms, why);
    if (now_ms < helper->due_ms)
        return 0;
    end(helper, now_ms);
    helper->look_ms = now_ms;
    return tell_lateness(helper, why);
}

int helper_fd(const struct helper *helper)
{
    return helper->ended ? -1 : helper->fd;
}

int64_t helper_due_ms(const struct helper *helper)
{
    return helper->look_ms;
}

uint32_t helper_id(const struct helper *helper)
{
    return helper->id;
}

bool helper_is_over(const struct helper *helper)
{
    return helper->reaped;
}
