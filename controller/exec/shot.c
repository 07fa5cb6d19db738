#include "controller/exec/shot.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <uv.h>

#include "controller/exec/reaper.h"
#include "protocol/fail.h"

/* How much input is handed over at a time: what a node does not take costs no more. */
#define PIECE_BYTES ((size_t)64 << 10)

/* Hex digits, and a NUL. */
#define MARK_BYTES 33

/* Alive from shot_start() until `ended`.  The session closes first, then the timer,
 * whose close callback tells the end and frees the shot.
 */
struct shot {
    const struct shot_hooks *hooks;
    void *arg;
    struct ssh_client *client;
    uv_loop_t *loop;
    struct ssh_order order;
    char mark[MARK_BYTES];
    struct ssh *session, *second; /* of the reaper, where it needs one */
    uv_timer_t timer;             /* the deadline, then the reaper's */
    uint64_t deadline_ms;
    uint64_t waited_ms; /* of which the deadline takes no account; the last known */
    struct shot_input input;
    bool awaits_more; /* the input has nothing before the node has said something */
    bool sudo, ends_with_input;
    bool running;
    struct reaper reaper;
    bool reaping;   /* stopped; the reaper is at work */
    bool awaits_up; /* before that: whether it runs is not known yet */
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

static void on_second_closed(void *arg)
{
    struct shot *s = arg;

    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
}

static void on_session_closed(void *arg)
{
    struct shot *s = arg;

    if (s->second)
        ssh_close(s->second, on_second_closed);
    else
        on_second_closed(s);
}

static void finish(struct shot *s, int status)
{
    s->waited_ms = ssh_waited_ms(s->session);
    s->closing = true;
    s->status = status;
    uv_timer_stop(&s->timer);
    ssh_close(s->session, on_session_closed);
}

/* ---- ended by us ------------------------------------------------------------------- */

/* What may run is told as what has run. */
static void now_runs(struct shot *s)
{
    s->awaits_up = false;
    s->running = true;
    s->hooks->running(s->arg);
}

static void finish_reaping(struct shot *s)
{
    if (s->awaits_up)
        now_runs(s);
    reaper_tell(&s->reaper, &s->why);
    finish(s, SSH_STATUS_UNKNOWN);
}

static void on_reaper_late(uv_timer_t *timer)
{
    finish_reaping(timer->data);
}

static void on_second_up(void *arg)
{
    (void)arg;
}

static void on_second_data(void *arg, enum ssh_stream stream, const char *bytes,
                           size_t len_bytes)
{
    struct shot *s = arg;

    (void)stream;
    if (!s->closing && !reaper_hear(&s->reaper, bytes, len_bytes))
        finish_reaping(s);
}

static void on_second_ended(void *arg, int status, const struct fail *why)
{
    struct shot *s = arg;

    (void)status;
    (void)why; /* what it has not said is not known */
    if (!s->closing)
        finish_reaping(s);
}

/* Sessions of one command each: the reaper logs in, too. */
static int log_in_again(struct shot *s)
{
    static const struct ssh_hooks hooks = {.up = on_second_up,
                                           .data = on_second_data,
                                           .ended = on_second_ended};
    struct ssh_order order = s->order;

    order.command = reaper_command(REAPER_BY_MARK, s->sudo);
    order.no_input = true;
    s->second = ssh_open(s->client, s->loop, &order, &hooks, s);
    return s->second ? 0 : -1;
}

static void reap(struct shot *s)
{
    struct fail why;
    int rc = ssh_instead(s->session, reaper_command(REAPER_BY_CONNECTION, s->sudo), &why);

    s->reaping = true;
    if (rc < 0 && why.code == FAIL_UNSUPPORTED)
        rc = log_in_again(s);
    if (rc < 0)
        finish_reaping(s);
    else
        uv_timer_start(&s->timer, on_reaper_late, REAPER_MS, 0);
}

/* The node has been told to start it and has not answered: nothing else can be run there
 * before it has.
 */
static void await_up(struct shot *s)
{
    s->reaping = s->awaits_up = true;
    uv_timer_start(&s->timer, on_reaper_late, REAPER_MS, 0);
}

void shot_stop(struct shot *s, const struct fail *why)
{
    if (s->reaping || s->closing)
        return;
    s->why = *why;
    if (s->ends_with_input)
        finish(s, SSH_STATUS_UNKNOWN);
    else if (s->running)
        reap(s);
    else if (ssh_may_run(s->session))
        await_up(s);
    else
        finish(s, SSH_STATUS_UNKNOWN);
}

static void on_deadline(uv_timer_t *timer)
{
    struct shot *s = timer->data;
    uint64_t waited_ms = ssh_waited_ms(s->session);
    struct fail why;

    if (waited_ms > s->waited_ms) {
        uv_timer_start(timer, on_deadline, waited_ms - s->waited_ms, 0);
        s->waited_ms = waited_ms;
        return;
    }
    fail_set(&why, FAIL_TIMEOUT, "not ended within %llu s",
             (unsigned long long)(s->deadline_ms / 1000));
    shot_stop(s, &why);
}

uint64_t shot_waited_ms(const struct shot *s)
{
    return s->closing ? s->waited_ms : ssh_waited_ms(s->session);
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
    bool stopped = s->reaping;

    if (s->closing || (stopped && !s->awaits_up))
        return;
    now_runs(s);
    if (stopped)
        reap(s);
    else if (s->input.read && !s->reaping && !s->closing)
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
    if (s->reaping && s->second)
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
    if (s->reaping && s->second)
        return; /* the second session tells */
    if (s->reaping) {
        finish_reaping(s);
        return;
    }
    if (why)
        s->why = *why;
    finish(s, status);
}

/* Nobody else's: what is found by it is ended. */
static int make_mark(char mark[MARK_BYTES])
{
    unsigned char random[MARK_BYTES / 2];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return -1;
    for (size_t i = 0; i < MARK_BYTES / 2; i++)
        snprintf(mark + 2 * i, 3, "%02x", random[i]);
    return 0;
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
    if (make_mark(s->mark) == 0)
        session.mark = s->mark;
    session.command = order->command;
    session.no_input = !order->input.read;
    session.phase_ms = order->login_ms;
    s->client = client;
    s->loop = loop;
    s->order = session;
    s->hooks = hooks;
    s->arg = arg;
    s->sudo = order->sudo;
    s->ends_with_input = order->ends_with_input;
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
