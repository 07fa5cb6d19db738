#include "controller/exec/fanout.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/exec/errand.h"
#include "protocol/fail.h"

struct target {
    struct fanout *fanout;
    struct errand *errand; /* while under way, also at the door */
    char *line;            /* likewise */
    bool begun, dropped, over;
    uint64_t begun_ms;
};

struct fanout {
    struct errand_site site;
    struct fanout_order order;
    const struct fanout_hooks *hooks;
    void *arg;
    struct target *targets;
    size_t next;      /* the first that was not sent to the door */
    size_t under_way; /* errands, also at the door */
    size_t begun, running;
    bool held;
};

static size_t index_of(const struct target *t)
{
    return (size_t)(t - t->fanout->targets);
}

/* ---- one node ------------------------------------------------------------------- */

static void on_begun(void *arg)
{
    struct target *t = arg;
    struct fanout *f = t->fanout;

    t->begun = true;
    t->begun_ms = uv_now(f->site.loop);
    f->begun++;
    f->running++;
    f->hooks->connecting(f->arg, index_of(t));
}

static void on_retrying(void *arg)
{
    struct target *t = arg;

    t->fanout->hooks->retrying(t->fanout->arg, index_of(t));
}

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
        errand_stop(t->errand, &why);
}

static void forget(struct target *t)
{
    t->errand = NULL;
    free(t->line);
    t->line = NULL;
}

/* One that was dropped at the door is told by fanout_rest(). */
static void on_ended(void *arg, int status, const struct fail *why)
{
    struct target *t = arg;
    struct fanout *f = t->fanout;

    forget(t);
    f->under_way--;
    f->running -= t->begun;
    t->over = !t->dropped;
    if (t->over)
        f->hooks->ended(f->arg, index_of(t), status,
                        t->begun ? uv_now(f->site.loop) - t->begun_ms : 0, why);
    fanout_launch(f);
}

static int dispatch(struct fanout *f, struct target *t, struct fail *why)
{
    static const struct errand_hooks hooks = {.begun = on_begun,
                                              .retrying = on_retrying,
                                              .running = on_running,
                                              .data = on_data,
                                              .ended = on_ended};
    size_t i = index_of(t);
    struct shot_order order = {.node = f->order.nodes[i],
                               .sudo = f->order.sudo,
                               .ends_with_input = f->order.ends_with_input,
                               .login_ms = f->order.login_ms,
                               .deadline_ms = f->order.deadline_ms};

    if (f->hooks->line(f->arg, i, &t->line, why) < 0)
        return -1;
    order.command = t->line;
    if (f->hooks->input)
        order.input = f->hooks->input(f->arg, i);
    t->errand = errand_start(&f->site, &order, &hooks, t);
    return t->errand ? 0 : fail_memory(why);
}

static void start(struct fanout *f, size_t i)
{
    struct target *t = &f->targets[i];
    struct fail why;

    if (dispatch(f, t, &why) < 0) {
        forget(t);
        t->over = true;
        f->hooks->ended(f->arg, i, SSH_STATUS_UNKNOWN, 0, &why);
        return;
    }
    f->under_way++;
}

/* ---- all of them ---------------------------------------------------------------- */

void fanout_launch(struct fanout *f)
{
    while (!f->held && f->under_way < f->order.width && f->next < f->order.node_count)
        start(f, f->next++);
}

void fanout_hold(struct fanout *f)
{
    struct fail why;

    f->held = true;
    fail_set(&why, FAIL_INTERRUPTED, "not begun");
    for (size_t i = 0; i < f->next; i++) {
        struct target *t = &f->targets[i];

        if (!t->errand || t->begun || t->dropped)
            continue;
        t->dropped = true;
        errand_stop(t->errand, &why);
    }
}

void fanout_stop_one(struct fanout *f, size_t i, const struct fail *why)
{
    if (f->targets[i].errand && !f->targets[i].dropped)
        errand_stop(f->targets[i].errand, why);
}

void fanout_stop(struct fanout *f, const struct fail *why)
{
    for (size_t i = 0; i < f->next; i++)
        fanout_stop_one(f, i, why);
}

size_t fanout_running(const struct fanout *f)
{
    return f->running;
}

size_t fanout_waiting(const struct fanout *f)
{
    return f->order.node_count - f->begun;
}

void fanout_rest(struct fanout *f, const struct fail *why)
{
    for (size_t i = 0; i < f->order.node_count; i++)
        if (!f->targets[i].over) {
            f->targets[i].over = true;
            f->hooks->ended(f->arg, i, SSH_STATUS_UNKNOWN, 0, why);
        }
}

struct fanout *fanout_new(const struct errand_site *site,
                          const struct fanout_order *order,
                          const struct fanout_hooks *hooks, void *arg)
{
    struct fanout *f = calloc(1, sizeof *f);

    if (!f)
        return NULL;
    *f = (struct fanout){.site = *site,
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
    assert(f->under_way == 0);
    free(f->targets);
    free(f);
}
