/* Waits hang in the queue of their place, which is an address.  A place stands in at
 * most one list: of those that are ready to let in, that rest, or that are hopeless; one
 * that is full, or for which nobody waits, stands in none.  So a turn costs the same
 * however many wait.  All callbacks come from on_pass(), the door's one timer.
 */
#include "controller/door/door.h"

#include <assert.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/door/doorway.h"
#include "controller/door/flow.h"
#include "controller/door/retry.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"

#define NEVER UINT64_MAX

/* Rests end together that end within so long of each other. */
#define GRAIN_MS 10

enum place_state { PLACE_IDLE, PLACE_READY, PLACE_RESTS, PLACE_HOPELESS, PLACE_STATES };

struct door_place {
    struct doorway way;
    enum place_state state;
    struct door_place *next; /* in the list of its state */
    struct door_wait *first, *last;
    enum fail_code why; /* how it last turned somebody away */
    char address[];
};

struct list {
    struct door_place *first, *last;
};

struct door {
    uv_loop_t *loop;
    uv_timer_t timer;
    uint64_t due_ms; /* of the timer; NEVER */
    bool passing;
    uint64_t patience_ms;
    struct flow flow;
    uint64_t idle_ns, looked_ns; /* at the last look */
    size_t waiting;
    uint32_t random;
    void *places; /* tsearch()'s tree, by address */
    struct list lists[PLACE_STATES];
};

static void on_pass(uv_timer_t *timer);

uint32_t door_chance(struct door *d)
{
    d->random ^= d->random << 13; /* xorshift */
    d->random ^= d->random >> 17;
    d->random ^= d->random << 5;
    return d->random;
}

/* ---- the queue of a place --------------------------------------------------------- */

static void hang_in(struct door *d, struct door_place *p, struct door_wait *w, bool front)
{
    w->before = front ? NULL : p->last;
    w->next = front ? p->first : NULL;
    *(w->before ? &w->before->next : &p->first) = w;
    *(w->next ? &w->next->before : &p->last) = w;
    w->place = p;
    w->where = DOOR_WAITS;
    d->waiting++;
}

static void take_out(struct door *d, struct door_wait *w)
{
    *(w->before ? &w->before->next : &w->place->first) = w->next;
    *(w->next ? &w->next->before : &w->place->last) = w->before;
    w->next = w->before = NULL;
    w->where = DOOR_OUTSIDE;
    d->waiting--;
}

/* ---- the lists of places ----------------------------------------------------------- */

static void push(struct door *d, struct door_place *p, enum place_state state)
{
    struct list *list = &d->lists[state];

    p->state = state;
    p->next = NULL;
    *(list->last ? &list->last->next : &list->first) = p;
    list->last = p;
}

static struct door_place *pop(struct list *list)
{
    struct door_place *p = list->first;

    list->first = p->next;
    if (!list->first)
        list->last = NULL;
    p->state = PLACE_IDLE;
    return p;
}

/* Put an idle place where it belongs now. */
static void sort_in(struct door *d, struct door_place *p)
{
    uint64_t now_ms = uv_now(d->loop);

    if (p->state != PLACE_IDLE || !p->first)
        return;
    if (doorway_admits(&p->way, now_ms))
        push(d, p, PLACE_READY);
    else if (now_ms < p->way.rests_until_ms)
        push(d, p, PLACE_RESTS);
}

/* ---- addresses ---------------------------------------------------------------------- */

static int by_address(const void *a, const void *b)
{
    return strcmp(((const struct door_place *)a)->address,
                  ((const struct door_place *)b)->address);
}

/* An address behind a jump host is another one than the same before it.  NULL: no
 * memory.
 */
static struct door_place *new_place(const struct fleet_node *node)
{
    const char *jump = node->jump ? node->jump : "", *by = node->jump ? " by " : "";
    size_t size_bytes = strlen(node->address) + strlen(by) + strlen(jump) + 1;
    struct door_place *p = calloc(1, sizeof *p + size_bytes);

    if (!p)
        return NULL;
    snprintf(p->address, size_bytes, "%s%s%s", node->address, by, jump);
    p->way = doorway_new();
    return p;
}

/* NULL: no memory. */
static struct door_place *find_place(struct door *d, const struct fleet_node *node)
{
    struct door_place *made = new_place(node), **found;

    if (!made)
        return NULL;
    found = tsearch(made, &d->places, by_address);
    if (!found || *found != made)
        free(made);
    return found ? *found : NULL;
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

static uint64_t rest_ends_ms(const struct door *d)
{
    uint64_t due_ms = NEVER;

    for (struct door_place *p = d->lists[PLACE_RESTS].first; p; p = p->next)
        if (p->way.rests_until_ms < due_ms)
            due_ms = p->way.rests_until_ms;
    return due_ms == NEVER ? NEVER : due_ms + GRAIN_MS;
}

/* ---- a pass ------------------------------------------------------------------------- */

static void wake_rested(struct door *d)
{
    struct list resting = d->lists[PLACE_RESTS];

    d->lists[PLACE_RESTS] = (struct list){0};
    while (resting.first)
        sort_in(d, pop(&resting));
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

        take_out(d, w);
        w->hooks->hopeless(w->arg, &why);
    }
}

static void let_in_first(struct door *d, struct door_place *p)
{
    struct door_wait *w = p->first;

    take_out(d, w);
    w->where = DOOR_INSIDE;
    w->round = doorway_enter(&p->way);
    w->since = flow_enter(&d->flow);
    sort_in(d, p);
    w->hooks->turn(w->arg);
}

/* Who comes in may leave at once and so make room again: that is seen here, by the one
 * loop, however many do so in a row.
 */
static uint64_t let_in(struct door *d)
{
    struct list *ready = &d->lists[PLACE_READY];
    uint64_t now_ms = uv_now(d->loop), due_ms = NEVER;

    while (ready->first && flow_admits(&d->flow, now_ms, &due_ms)) {
        struct door_place *p = pop(ready);

        if (p->first && doorway_admits(&p->way, now_ms))
            let_in_first(d, p);
        else
            sort_in(d, p);
    }
    return ready->first ? due_ms : NEVER;
}

/* Not at once: libuv calls a timer that its own callback sets to 0 before it looks at
 * anything else.
 */
static void wake_later(struct door *d, uint64_t due_ms)
{
    uint64_t soon_ms = uv_now(d->loop) + 1;

    if (d->lists[PLACE_HOPELESS].first)
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
    while (d->lists[PLACE_HOPELESS].first)
        tell_hopeless(d, pop(&d->lists[PLACE_HOPELESS]));
    look(d);
    due_ms = let_in(d);
    rest_ms = rest_ends_ms(d);
    d->passing = false;
    if (d->waiting)
        wake_later(d, due_ms < rest_ms ? due_ms : rest_ms);
}

/* ---- coming and going --------------------------------------------------------------- */

static void give_up(struct door *d, struct door_place *p)
{
    if (p->state == PLACE_IDLE)
        push(d, p, PLACE_HOPELESS);
}

int door_enter(struct door *d, struct door_wait *w, const struct fleet_node *node,
               bool again, struct fail *why)
{
    struct door_place *p = find_place(d, node);

    assert(w->where == DOOR_OUTSIDE);
    if (!p)
        return fail_memory(why);
    hang_in(d, p, w, again);
    if (again && doorway_is_hopeless(&p->way, d->patience_ms))
        give_up(d, p);
    else
        sort_in(d, p);
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
        sort_in(d, p);
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
        take_out(d, w);
        return;
    }
    w->where = DOOR_OUTSIDE;
    flow_leave(&d->flow, w->since);
    if (where == DOOR_INSIDE) {
        if (end != DOORWAY_SAYS_NOTHING)
            w->place->why = why->code;
        leave_place(d, w, end);
    }
    if (d->waiting)
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
    assert(d->waiting == 0 && d->flow.under_way == 0);
    tdestroy(d->places, free);
    uv_close((uv_handle_t *)&d->timer, on_timer_closed);
}
