#include "controller/ssh/stint.h"

#include <stdlib.h>
#include <uv.h>

#include "controller/ssh/client.h"
#include "controller/ssh/meter.h"
#include "controller/ssh/turns.h"

struct stint {
    uv_idle_t idle; /* active: to be called soon, or asking for its turn */
    struct turn turn;
    struct turns *turns;
    struct meter *meter;
    void (*on_work)(void *arg);
    void (*on_closed)(void *arg);
    void *arg;
};

static void work(struct stint *s, enum meter_kind kind)
{
    struct turns *turns = s->turns;
    struct meter_mark mark = meter_begin();
    uint64_t ended_ns;

    s->on_work(s->arg);
    ended_ns = meter_end(s->meter, mark, kind);
    if (kind == METER_HEAVY)
        turns_took(turns, mark.wall_ns, ended_ns);
}

static bool is_heavy(const struct stint *s)
{
    return turn_is_heavy(&s->turn, uv_now(s->idle.loop));
}

static void queue(struct stint *s)
{
    turns_enter(s->turns, &s->turn, uv_hrtime(), s->meter->busy_ns);
}

static void on_idle(uv_idle_t *idle)
{
    struct stint *s = idle->data;
    enum meter_kind kind = s->turn.queued ? METER_HEAVY : METER_LIGHT;

    if (kind == METER_HEAVY && !turns_admit(s->turns, uv_hrtime(), s->meter->busy_ns))
        return;
    uv_idle_stop(idle);
    turns_leave(s->turns, &s->turn);
    work(s, kind);
}

/* It is the first of the queue; in the next round it asks for its turn. */
static void on_wake(void *arg)
{
    struct stint *s = arg;

    uv_idle_start(&s->idle, on_idle);
}

struct stint *stint_new(uv_loop_t *loop, struct ssh_client *client,
                        void (*on_work)(void *arg), void *arg)
{
    struct stint *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    *s = (struct stint){.turn = {.wake = on_wake, .arg = s},
                        .turns = client_turns(client),
                        .meter = client_meter(client),
                        .on_work = on_work,
                        .arg = arg};
    uv_idle_init(loop, &s->idle);
    s->idle.data = s;
    return s;
}

bool stint_ready(struct stint *s)
{
    if (is_heavy(s)) {
        queue(s);
        return false;
    }
    work(s, METER_LIGHT);
    return true;
}

void stint_soon(struct stint *s)
{
    if (is_heavy(s))
        queue(s);
    else if (!s->turn.queued)
        uv_idle_start(&s->idle, on_idle);
}

size_t stint_most_bytes(const struct stint *s)
{
    return is_heavy(s) ? TURNS_TURN_BYTES : STINT_LIGHT_BYTES;
}

void stint_moved(struct stint *s, size_t bytes)
{
    turn_moved(&s->turn, bytes, uv_now(s->idle.loop));
}

void stint_forgive(struct stint *s)
{
    s->turn.moved_bytes = 0;
    turns_leave(s->turns, &s->turn);
}

void stint_rest(struct stint *s)
{
    uv_idle_stop(&s->idle);
    turns_leave(s->turns, &s->turn);
}

static void on_idle_closed(uv_handle_t *handle)
{
    struct stint *s = handle->data;

    s->on_closed(s->arg);
    free(s);
}

void stint_close(struct stint *s, void (*on_closed)(void *arg))
{
    stint_rest(s);
    s->on_closed = on_closed;
    uv_close((uv_handle_t *)&s->idle, on_idle_closed);
}
