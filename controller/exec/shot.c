#include "controller/exec/shot.h"

#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/exec/reaper.h"
#include "protocol/fail.h"

/* How much input is handed over at a time: what a node does not take costs no more. */
#define PIECE_BYTES ((size_t)64 << 10)

/* Alive from shot_start() until `ended`.  The session closes first, then the timer,
 * whose close callback tells the end and frees the shot.
 */
struct shot {
    const struct shot_hooks *hooks;
    void *arg;
    struct ssh *session;
    uv_timer_t timer; /* the deadline, then the reaper's */
    uint64_t deadline_ms;
    struct shot_input input;
    bool awaits_more; /* the input has nothing before the node has said something */
    bool sudo;
    bool running;
    struct reaper reaper;
    bool reaping; /* stopped; the reaper is at work */
    bool closing;
    int status;
    struct fail why; /* FAIL_NONE: ended by itself */
};

/* ---- the end ------------------------------------------------------------------------
 */

static void on_timer_closed(uv_handle_t *handle)
{
    struct shot *s = handle->data;

    s->hooks->ended(s->arg, s->status, s->why.code == FAIL_NONE ? NULL : &s->why);
    free(s);
}

static void on_session_closed(void *arg)
{
    struct shot *s = arg;

    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}

static void finish(struct shot *s, int status)
{
    s->closing = true;
    s->status = status;
    uv_timer_stop(&s->timer);
    ssh_close(s->session, on_session_closed);
}

/* ---- ended by us ------------------------------------------------------------------- */

static void finish_reaping(struct shot *s)
{
    reaper_tell(&s->reaper, &s->why);
    finish(s, SSH_STATUS_UNKNOWN);
}

static void on_reaper_late(uv_timer_t *timer)
{
    finish_reaping(timer->data);
}

static void reap(struct shot *s)
{
    s->reaping = true;
    if (ssh_instead(s->session, reaper_command(s->sudo), NULL) < 0)
        finish_reaping(s);
    else
        uv_timer_start(&s->timer, on_reaper_late, REAPER_MS, 0);
}

void shot_stop(struct shot *s, const struct fail *why)
{
    if (s->reaping || s->closing)
        return;
    s->why = *why;
    if (s->running)
        reap(s);
    else
        finish(s, SSH_STATUS_UNKNOWN);
}

static void on_deadline(uv_timer_t *timer)
{
    struct shot *s = timer->data;
    struct fail why;

    fail_set(&why, FAIL_TIMEOUT, "not ended within %llu s",
             (unsigned long long)(s->deadline_ms / 1000));
    shot_stop(s, &why);
}

/* ---- what happens --------------------------------------------------------------------
 */

/* A piece at a time; the next one when this one is gone. */
static void feed_input(struct shot *s)
{
    char piece[PIECE_BYTES];
    struct fail why;
    ssize_t n = s->input.read(s->input.arg, piece, sizeof piece, &why);

    s->awaits_more = n == SHOT_LATER;
    if (s->awaits_more)
        return;

    if (n > 0 && ssh_write(s->session, piece, (size_t)n, &why) < 0)
        n = -1;
    if (n == 0 && ssh_end_input(s->session, &why) < 0)
        n = -1;
    if (n < 0)
        shot_stop(s, &why);
}

static void on_up(void *arg)
{
    struct shot *s = arg;

    if (s->reaping || s->closing)
        return;
    s->running = true;
    s->hooks->running(s->arg);
    if (s->input.read && !s->reaping && !s->closing)
        feed_input(s);
}

static void on_drained(void *arg)
{
    struct shot *s = arg;

    if (s->input.read && !s->reaping && !s->closing)
        feed_input(s);
}

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    struct shot *s = arg;

    if (s->closing)
        return;
    if (s->reaping) {
        if (!reaper_hear(&s->reaper, bytes, len_bytes))
            finish_reaping(s);
        return;
    }
    s->hooks->data(s->arg, stream, bytes, len_bytes);
    if (s->awaits_more && !s->reaping && !s->closing)
        feed_input(s);
}

static void on_ended(void *arg, int status, const struct fail *why)
{
    struct shot *s = arg;

    if (s->closing)
        return;
    if (s->reaping) {
        finish_reaping(s);
        return;
    }
    if (why)
        s->why = *why;
    finish(s, status);
}

struct shot *shot_start(struct uv_loop_s *loop, struct ssh_client *client,
                        const struct shot_order *order, const struct shot_hooks *hooks,
                        void *arg)
{
    static const struct ssh_hooks session_hooks = {.up = on_up,
                                                   .data = on_data,
                                                   .drained = on_drained,
                                                   .ended = on_ended};
    struct ssh_order session = ssh_order_to(order->node);
    struct shot *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    session.command = order->command;
    session.no_input = !order->input.read;
    s->hooks = hooks;
    s->arg = arg;
    s->sudo = order->sudo;
    s->input = order->input;
    s->deadline_ms = order->deadline_ms;
    s->session = ssh_open(client, loop, &session, &session_hooks, s);
    if (!s->session) {
        free(s);
        return NULL;
    }
    s->timer.data = s;
    uv_timer_init(loop, &s->timer);
    if (s->deadline_ms)
        uv_timer_start(&s->timer, on_deadline, s->deadline_ms, 0);
    return s;
}
