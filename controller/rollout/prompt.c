#include "controller/rollout/prompt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <uv.h>

#include "protocol/fail.h"

struct prompt {
    uv_poll_t poll;
    char line[PROMPT_MAX_BYTES];
    size_t len_bytes;
    void (*on_answer)(void *arg, bool yes);
    void *arg;
};

bool prompt_is_possible(void)
{
    return isatty(STDIN_FILENO);
}

static void answer(struct prompt *p)
{
    p->line[p->len_bytes] = '\0';
    p->line[strcspn(p->line, "\r\n")] = '\0';
    uv_poll_stop(&p->poll);
    p->on_answer(p->arg,
                 strcasecmp(p->line, "y") == 0 || strcasecmp(p->line, "yes") == 0);
}

/* A terminal gives whole lines. */
static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct prompt *p = poll->data;
    size_t room = sizeof p->line - 1 - p->len_bytes;
    ssize_t got;

    (void)events;
    got = status < 0 ? 0 : read(STDIN_FILENO, p->line + p->len_bytes, room);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got > 0)
        p->len_bytes += (size_t)got;
    if (got <= 0 || p->len_bytes == sizeof p->line - 1 ||
        memchr(p->line, '\n', p->len_bytes))
        answer(p);
}

int prompt_open(uv_loop_t *loop, void (*on_answer)(void *arg, bool yes), void *arg,
                struct prompt **p, struct fail *why)
{
    struct prompt *made = calloc(1, sizeof *made);
    int error;

    if (!made)
        return fail_memory(why);
    made->on_answer = on_answer;
    made->arg = arg;
    error = uv_poll_init(loop, &made->poll, STDIN_FILENO);
    if (error) {
        free(made);
        return fail_set(why, FAIL_BUG, "stdin: %s", uv_strerror(error));
    }
    made->poll.data = made;
    uv_poll_start(&made->poll, UV_READABLE, on_readable);
    *p = made;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void prompt_close(struct prompt *p)
{
    if (p)
        uv_close((uv_handle_t *)&p->poll, on_closed);
}
