#include "controller/exec/fanout.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/exec/shot.h"
#include "protocol/fail.h"

struct target {
    struct fanout *fanout;
    struct shot *shot; /* while under way */
    char *line;        /* likewise */
    uint64_t started_ms;
};

struct fanout {
    uv_loop_t *loop;
    struct ssh_client *client;
    struct fanout_order order;
    const struct fanout_hooks *hooks;
    void *arg;
    struct target *targets;
    size_t next; /* the first that was not started */
    size_t running;
    bool held;
};

static size_t index_of(const struct target *t)
{
    return (size_t)(t - t->fanout->targets);
}

/* ---- one node ------------------------------------------------------------------- */

static void on_running(void *arg)
{
    struct target *t = arg;

    t->fanout->hooks->running(t->fanout->arg, index_of(t));
}

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    struct target *t = arg;
    struct fanout *f = t->fanout;
    struct fail why;

    if (f->hooks->data(f->arg, index_of(t), stream, bytes, len_bytes, &why) < 0)
        shot_stop(t->shot, &why);
}

static void forget(struct target *t)
{
    t->shot = NULL;
    free(t->line);
    t->line = NULL;
}

static void on_ended(void *arg, int status, const struct fail *why)
{
    struct target *t = arg;
    struct fanout *f = t->fanout;

    forget(t);
    f->running--;
    f->hooks->ended(f->arg, index_of(t), status, uv_now(f->loop) - t->started_ms, why);
    fanout_launch(f);
}

static int shoot(struct fanout *f, struct target *t, struct fail *why)
{
    static const struct shot_hooks hooks = {.running = on_running,
                                            .data = on_data,
                                            .ended = on_ended};
    size_t i = index_of(t);
    struct shot_order order = {.node = f->order.nodes[i],
                               .sudo = f->order.sudo,
                               .deadline_ms = f->order.deadline_ms};

    if (f->hooks->line(f->arg, i, &t->line, why) < 0)
        return -1;
    order.command = t->line;
    if (f->hooks->input)
        order.input = f->hooks->input(f->arg, i);
    t->started_ms = uv_now(f->loop);
    t->shot = shot_start(f->loop, f->client, &order, &hooks, t);
    return t->shot ? 0 : fail_memory(why);
}

static void start(struct fanout *f, size_t i)
{
    struct target *t = &f->targets[i];
    struct fail why;

    if (shoot(f, t, &why) < 0) {
        forget(t);
        f->hooks->ended(f->arg, i, SSH_STATUS_UNKNOWN, 0, &why);
        return;
    }
    f->running++;
    f->hooks->connecting(f->arg, i);
}

/* ---- all of them ---------------------------------------------------------------- */

void fanout_launch(struct fanout *f)
{
    while (!f->held && f->running < f->order.width && f->next < f->order.node_count)
        start(f, f->next++);
}

void fanout_hold(struct fanout *f)
{
    f->held = true;
}

void fanout_stop(struct fanout *f, const struct fail *why)
{
    for (size_t i = 0; i < f->next; i++)
        if (f->targets[i].shot)
            shot_stop(f->targets[i].shot, why);
}

size_t fanout_running(const struct fanout *f)
{
    return f->running;
}

size_t fanout_waiting(const struct fanout *f)
{
    return f->order.node_count - f->next;
}

void fanout_rest(struct fanout *f, const struct fail *why)
{
    while (f->next < f->order.node_count)
        f->hooks->ended(f->arg, f->next++, SSH_STATUS_UNKNOWN, 0, why);
}

struct fanout *fanout_new(uv_loop_t *loop, struct ssh_client *client,
                          const struct fanout_order *order,
                          const struct fanout_hooks *hooks, void *arg)
{
    struct fanout *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    *f = (struct fanout){.loop = loop,
                         .client = client,
                         .order = *order,
                         .hooks = hooks,
                         .arg = arg,
                         .targets = calloc(order->node_count + 1, sizeof *f->targets)};
    if (!f->targets) {
        free(f);
        return NULL;
    }
    for (size_t i = 0; i < order->node_count; i++)
        f->targets[i].fanout = f;
    return f;
}

void fanout_free(struct fanout *f)
{
    if (!f)
        return;
    assert(f->running == 0);
    free(f->targets);
    free(f);
}

void fanout_done(struct fanout **f)
{
    fanout_free(*f);
}
