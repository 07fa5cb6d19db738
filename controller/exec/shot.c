#include "controller/exec/shot.h"

#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "protocol/fail.h"

/* Alive from shot_start() until `ended`.  The session closes first, then the timer,
 * whose close callback tells the end and frees the shot.
 */
struct shot {
    const struct shot_hooks *hooks;
    void *arg;
    struct ssh *session;
    uv_timer_t timer;
    uint64_t deadline_ms;
    bool ending;
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

/* The first reason counts. */
static void finish(struct shot *s, int status, const struct fail *why)
{
    if (s->ending)
        return;
    s->ending = true;
    s->status = status;
    if (why)
        s->why = *why;
    uv_timer_stop(&s->timer);
    ssh_close(s->session, on_session_closed);
}

void shot_stop(struct shot *s, const struct fail *why)
{
    finish(s, SSH_STATUS_UNKNOWN, why);
}

/* ---- what happens --------------------------------------------------------------------
 */

static void on_deadline(uv_timer_t *timer)
{
    struct shot *s = timer->data;
    struct fail why;

    fail_set(&why, FAIL_TIMEOUT, "not ended within %llu s",
             (unsigned long long)(s->deadline_ms / 1000));
    finish(s, SSH_STATUS_UNKNOWN, &why);
}

static void on_up(void *arg)
{
    struct shot *s = arg;

    s->hooks->running(s->arg);
}

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    struct shot *s = arg;

    if (!s->ending)
        s->hooks->data(s->arg, stream, bytes, len_bytes);
}

static void on_ended(void *arg, int status, const struct fail *why)
{
    finish(arg, status, why);
}

struct shot *shot_start(struct uv_loop_s *loop, struct ssh_client *client,
                        const struct shot_order *order, const struct shot_hooks *hooks,
                        void *arg)
{
    static const struct ssh_hooks session_hooks = {.up = on_up,
                                                   .data = on_data,
                                                   .ended = on_ended};
    struct ssh_order session = ssh_order_to(order->node);
    struct shot *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    session.command = order->command;
    session.no_input = true;
    s->hooks = hooks;
    s->arg = arg;
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
