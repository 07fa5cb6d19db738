/* All callbacks come from on_pass(), the door's one timer. */
#include "controller/door/door.h"

#include <assert.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/door/doorway.h"
#include "controller/door/flow.h"
#include "controller/door/places.h"
#include "controller/door/retry.h"
#include "protocol/fail.h"

#define NEVER UINT64_MAX

/* Rests end together that end within so long of each other. */
#define GRAIN_MS 10

struct door {
    uv_loop_t *loop;
    uv_timer_t timer;
    uint64_t due_ms; /* of the timer; NEVER */
    bool passing;
    uint64_t patience_ms;
    struct flow flow;
    uint64_t idle_ns, looked_ns; /* at the last look */
    uint32_t random;
    struct places places;
};

static void on_pass(uv_timer_t *timer);

uint32_t door_chance(struct door *d)
{
    d->random ^= d->random << 13; /* xorshift */
    d->random ^= d->random >> 17;
    d->random ^= d->random << 5;
    return d->random;
}

/* ---- when to look again -------------------------------------------------------------- */

static void wake_at(struct door *d, uint64_t due_ms)
{
    uint64_t now_ms = uv_now(d->loop);

    if (d->passing || due_ms >= d->due_ms)
        return;
    d->due_ms = due_ms;
    uv_timer_start(&d->timer, on_pass, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

/* ---- a pass ------------------------------------------------------------------------- */

static void wake_rested(struct door *d)
{
    struct place_list resting = d->places.lists[PLACE_RESTS];

    d->places.lists[PLACE_RESTS] = (struct place_list){0};
    while (resting.first)
        place_sort_in(&d->places, place_pop(&resting), uv_now(d->loop));
}

static void look(struct door *d)
{
    uint64_t now_ns = uv_hrtime(), idle_ns = uv_metrics_idle_time(d->loop);
    uint64_t passed_ns = now_ns - d->looked_ns;
    double idle = passed_ns ? (double)(idle_ns - d->idle_ns) / (double)passed_ns : 1;

    if (!flow_look(&d->flow, uv_now(d->loop), 1 - idle))
        return;
    d->looked_ns = now_ns;
    d->idle_ns = idle_ns;
}

static void tell_hopeless(struct door *d, struct door_place *p)
{
    struct fail why;

    fail_set(&why, p->why, "%s has turned away %u logins in a row: given up", p->address,
             p->way.alone);
    while (p->first) {
        struct door_wait *w = p->first;

        place_remove(&d->places, w);
        w->hooks->hopeless(w->arg, &why);
    }
}

static void let_in_first(struct door *d, struct door_place *p)
{
    struct door_wait *w = p->first;

    place_remove(&d->places, w);
    w->where = DOOR_INSIDE;
    w->round = doorway_enter(&p->way);
    w->since = flow_enter(&d->flow);
    place_sort_in(&d->places, p, uv_now(d->loop));
    w->hooks->turn(w->arg);
}

/* Who comes in may leave at once and so make room again: that is seen here, by the one
 * loop, however many do so in a row.
 */
static uint64_t let_in(struct door *d)
{
    struct place_list *ready = &d->places.lists[PLACE_READY];
    uint64_t now_ms = uv_now(d->loop), due_ms = NEVER;

    while (ready->first && flow_admits(&d->flow, now_ms, &due_ms)) {
        struct door_place *p = place_pop(ready);

        if (p->first && doorway_admits(&p->way, now_ms))
            let_in_first(d, p);
        else
            place_sort_in(&d->places, p, uv_now(d->loop));
    }
    return ready->first ? due_ms : NEVER;
}

/* Not at once: libuv calls a timer that its own callback sets to 0 before it looks at
 * anything else.
 */
static void wake_later(struct door *d, uint64_t due_ms)
{
    uint64_t soon_ms = uv_now(d->loop) + 1;

    if (d->places.lists[PLACE_HOPELESS].first)
        due_ms = soon_ms;
    wake_at(d, due_ms > soon_ms ? due_ms : soon_ms);
}

static void on_pass(uv_timer_t *timer)
{
    struct door *d = timer->data;
    uint64_t due_ms, rest_ms;

    d->passing = true;
    d->due_ms = NEVER;
    wake_rested(d);
    while (d->places.lists[PLACE_HOPELESS].first)
        tell_hopeless(d, place_pop(&d->places.lists[PLACE_HOPELESS]));
    look(d);
    due_ms = let_in(d);
    rest_ms = places_rest_end_ms(&d->places);
    d->passing = false;
    if (rest_ms != NEVER)
        rest_ms += GRAIN_MS;
    if (d->places.waiting)
        wake_later(d, due_ms < rest_ms ? due_ms : rest_ms);
}

/* ---- coming and going --------------------------------------------------------------- */

static void give_up(struct door *d, struct door_place *p)
{
    if (p->state == PLACE_IDLE)
        place_push(&d->places, p, PLACE_HOPELESS);
}

int door_enter(struct door *d, struct door_wait *w, const struct fleet_node *node,
               bool again, struct fail *why)
{
    struct door_place *p = places_find(&d->places, node);

    assert(w->where == DOOR_OUTSIDE);
    if (!p)
        return fail_memory(why);
    place_add(&d->places, p, w, again);
    if (again && doorway_is_hopeless(&p->way, d->patience_ms))
        give_up(d, p);
    else
        place_sort_in(&d->places, p, uv_now(d->loop));
    wake_at(d, uv_now(d->loop));
    return 0;
}

static void leave_place(struct door *d, struct door_wait *w, enum doorway_end end)
{
    struct door_place *p = w->place;
    bool turned_away = end == DOORWAY_TURNED_AWAY || end == DOORWAY_UNWANTED;

    flow_count(&d->flow, turned_away && p->way.under_way == 1);
    doorway_leave(&p->way, w->round, end, uv_now(d->loop), door_chance(d));
    if (turned_away && doorway_is_hopeless(&p->way, d->patience_ms))
        give_up(d, p);
    else
        place_sort_in(&d->places, p, uv_now(d->loop));
}

void door_passed(struct door *d, struct door_wait *w)
{
    assert(w->where == DOOR_INSIDE);
    w->where = DOOR_PASSED;
    leave_place(d, w, DOORWAY_LET_IN);
    wake_at(d, uv_now(d->loop));
}

static enum doorway_end end_of(const struct fail *why)
{
    return !why || !retry_is_turned_away(why->code) ? DOORWAY_SAYS_NOTHING
           : why->code == FAIL_NOT_NOW              ? DOORWAY_UNWANTED
                                                    : DOORWAY_TURNED_AWAY;
}

void door_leave(struct door *d, struct door_wait *w, const struct fail *why)
{
    enum door_where where = w->where;
    enum doorway_end end = end_of(why);

    if (where == DOOR_OUTSIDE)
        return;
    if (where == DOOR_WAITS) {
        place_remove(&d->places, w);
        return;
    }
    w->where = DOOR_OUTSIDE;
    flow_leave(&d->flow, w->since);
    if (where == DOOR_INSIDE) {
        if (end != DOORWAY_SAYS_NOTHING)
            w->place->why = why->code;
        leave_place(d, w, end);
    }
    if (d->places.waiting)
        wake_at(d, uv_now(d->loop));
}

/* ---- life --------------------------------------------------------------------------- */

int door_open(uv_loop_t *loop, const struct door_options *options, struct door **door,
              struct fail *why)
{
    struct door *d = calloc(1, sizeof *d);

    if (!d)
        return fail_memory(why);
    uv_loop_configure(loop, UV_METRICS_IDLE_TIME); /* without it, it seems never idle */
    uv_timer_init(loop, &d->timer);
    d->loop = loop;
    d->timer.data = d;
    d->due_ms = NEVER;
    d->patience_ms = options->patience_ms ? options->patience_ms : DOOR_PATIENCE_MS;
    d->flow = flow_new(options->width, uv_now(loop));
    d->looked_ns = uv_hrtime();
    d->idle_ns = uv_metrics_idle_time(loop);
    d->random = (uint32_t)d->looked_ns | 1;
    *door = d;
    return 0;
}

static void on_timer_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void door_close(struct door *d)
{
    if (!d)
        return;
    assert(d->places.waiting == 0 && d->flow.under_way == 0);
    places_clear(&d->places);
    uv_close((uv_handle_t *)&d->timer, on_timer_closed);
}
