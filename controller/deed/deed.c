/* Batches: whose turn it is, and the only place where a state changes.
 *
 * A change is written first; on_written() makes it so and begins what the new state is
 * for.  What happens in between waits in `later`: only Azure's end of an operation can, as
 * nothing else is begun before.
 */
#include "controller/deed/deed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/deed/deed_mark.h"
#include "controller/deed/deed_parts.h"
#include "controller/journal/journal.h"
#include "inventory/scaleset.h"

static double seconds_of(const struct deed_item *i)
{
    double before = i->left ? i->left->seconds : 0;

    uint64_t until_ms = i->ended_ms ? i->ended_ms : uv_now(i->deed->loop);

    return i->begun_ms ? before + (double)(until_ms - i->begun_ms) / 1000 : before;
}

static void pump(struct deed *d);

/* What is under way goes on without us; nothing more is begun or written. */
static bool is_silent(const struct deed *d)
{
    return d->is_over || d->is_paused || d->broken.code != FAIL_NONE;
}

/* ---- a change of state ---------------------------------------------------------------- */

static void break_down(struct deed *d, const struct fail *why)
{
    if (d->broken.code == FAIL_NONE)
        d->broken = *why;
    pump(d);
}

static void count_end(struct deed_item *i)
{
    struct deed *d = i->deed;

    i->ended_ms = uv_now(d->loop);
    d->under_way--;
    d->failed += i->state == DEED_FAILED;
    pump(d);
}

static void on_written(void *arg, const struct fail *why)
{
    struct deed_item *i = arg;
    struct deed *d = i->deed;
    enum deed_event later = i->later;

    i->is_writing = false;
    i->later = DEED_EV_NONE;
    if (why) {
        break_down(d, why);
        return;
    }
    i->state = i->to;
    d->hooks.on_change(d->arg, i->name, i->state,
                       i->state == DEED_FAILED ? &i->why : NULL);
    if (deed_state_is_end(i->state))
        count_end(i);
    else if (!is_silent(d))
        deed_enter(i);
    if (later != DEED_EV_NONE)
        deed_feed(i, later);
}

static int write_move(struct deed_item *i, enum deed_event event, struct fail *why)
{
    bool failed = i->to == DEED_FAILED;
    char *mark = NULL;
    int status;
    struct journal_move move = {
        .node = i->name,
        .from = deed_state_name(i->state),
        .event = deed_event_name(event),
        .to = deed_state_name(i->to),
        .code = fail_code_name(failed ? i->why.code : FAIL_NONE),
        .reason = failed ? i->why.text : "",
        .seconds = seconds_of(i),
    };

    if (i->to == DEED_FOLLOWING && !(mark = deed_mark_print(i->track, i->url)))
        return fail_memory(why);
    move.boot_id = mark;
    status = journal_put_move(i->deed->journal, &move, on_written, i, why);
    free(mark);
    return status;
}

void deed_feed(struct deed_item *i, enum deed_event event)
{
    struct fail why;
    int to;

    if (is_silent(i->deed))
        return;
    if (i->is_writing) {
        i->later = event;
        return;
    }
    to = deed_state_next(i->state, event);
    assert(to != DEED_ILLEGAL);
    i->to = (enum deed_state)to;
    i->is_writing = true;
    if (write_move(i, event, &why) == 0)
        return;
    i->is_writing = false;
    break_down(i->deed, &why);
}

void deed_fail(struct deed_item *i, const struct fail *why)
{
    i->why = *why;
    deed_feed(i, DEED_EV_FAIL);
}

enum deed_state deed_where(const struct deed_item *i)
{
    return i->is_writing ? i->to : i->state;
}

/* ---- whose turn it is ------------------------------------------------------------------ */

static bool is_spent(const struct deed *d)
{
    return d->failed > d->budget;
}

static void begin_one(struct deed_item *i)
{
    i->begun_ms = uv_now(i->deed->loop);
    i->deed->under_way++;
}

static bool begin_batch(struct deed *d)
{
    size_t n = 0;

    for (; d->next < d->count && n < d->order.batch; d->next++) {
        if (d->items[d->next].state != DEED_TODO)
            continue;
        begin_one(&d->items[d->next]);
        deed_feed(&d->items[d->next], DEED_EV_GO);
        n++;
    }
    return n > 0;
}

static void end(struct deed *d)
{
    d->is_over = true;
    for (size_t i = 0; i < d->count; i++)
        uv_timer_stop(d->items[i].timer);
    d->hooks.on_end(d->arg, d->broken.code == FAIL_NONE ? NULL : &d->broken);
}

static void on_pump(uv_timer_t *timer)
{
    struct deed *d = timer->data;

    if (d->is_over)
        return;
    if (d->is_paused || d->broken.code != FAIL_NONE)
        end(d);
    else if (!d->under_way && (d->is_held || is_spent(d) || !begin_batch(d)))
        end(d);
}

static void pump(struct deed *d)
{
    if (!d->is_over)
        uv_timer_start(d->pump, on_pump, 0, 0);
}

/* What an earlier controller had begun is the first batch, however large. */
void deed_go(struct deed *d)
{
    uv_update_time(d->loop);
    for (size_t k = 0; k < d->count; k++) {
        struct deed_item *i = &d->items[k];

        if (deed_state_is_end(i->state))
            continue;
        if (i->left && i->left->is_left_out)
            d->budget++; /* as was wished */
        else if (i->state == DEED_TODO)
            continue;
        begin_one(i);
        deed_revive(i);
    }
    pump(d);
}

void deed_hold(struct deed *d)
{
    d->is_held = true;
    pump(d);
}

void deed_pause(struct deed *d)
{
    d->is_held = d->is_paused = true;
    pump(d);
}

/* ---- its life ---------------------------------------------------------------------------- */

const struct scaleset_instance *deed_find(const struct deed_order *order,
                                          const char *node, const struct scaleset **set)
{
    for (size_t k = 0; k < order->set_count; k++) {
        const struct scaleset_instance *of = scaleset_find(order->sets[k], node);

        if (!of)
            continue;
        *set = order->sets[k];
        return of;
    }
    return NULL;
}

bool deed_is_left(const struct deed_order *order, size_t i)
{
    return !order->left || (!deed_state_is_end(order->left[i].state) &&
                            !order->left[i].is_left_out);
}

size_t deed_count_left(const struct deed_order *order)
{
    size_t n = 0;

    for (size_t i = 0; i < order->node_count; i++)
        n += deed_is_left(order, i);
    return n;
}

static int fill_item(struct deed_item *i, const struct deed_order *order, size_t k,
                     struct fail *why)
{
    i->name = order->nodes[k];
    i->state = DEED_TODO;
    i->of = deed_find(order, i->name, &i->set);
    if (!order->left)
        return i->of ? 0
                     : fail_set(why, FAIL_HOSTLIST, "'%s' is in none of the scale sets",
                                i->name);
    i->left = &order->left[k];
    i->state = i->left->state;
    i->why = i->left->why;
    i->track = i->left->track;
    i->url = i->left->url ? strdup(i->left->url) : NULL;
    return i->left->url && !i->url ? fail_memory(why) : 0;
}

static void drop(struct deed *d)
{
    for (size_t i = 0; i < d->count; i++)
        free(d->items[i].url);
    free(d->items);
    free(d->timers);
    free(d);
}

static int fill(struct deed *d, struct fail *why)
{
    size_t failed = 0;

    d->items = calloc(d->order.node_count, sizeof *d->items);
    d->timers = calloc(d->order.node_count + 1, sizeof *d->timers);
    if (!d->items || !d->timers)
        return fail_memory(why);
    d->count = d->order.node_count;
    for (size_t k = 0; k < d->count; k++) {
        if (fill_item(&d->items[k], &d->order, k, why) < 0)
            return -1;
        failed += d->items[k].state == DEED_FAILED;
    }
    d->budget = d->order.max_failures;
    d->budget -= failed < d->budget ? (unsigned)failed : d->budget;
    return 0;
}

static uv_timer_t *open_timer(struct deed *d, void *data)
{
    uv_timer_t *timer = &d->timers[d->open_timers++];

    uv_timer_init(d->loop, timer);
    timer->data = data;
    return timer;
}

static void open_timers(struct deed *d)
{
    d->pump = open_timer(d, d);
    for (size_t i = 0; i < d->count; i++) {
        d->items[i].deed = d;
        d->items[i].timer = open_timer(d, &d->items[i]);
    }
}

int deed_new(uv_loop_t *loop, struct arm *arm, struct journal *journal,
             const struct deed_order *order, const struct deed_hooks *hooks, void *arg,
             struct deed **deed, struct fail *why)
{
    struct deed *d;

    if (!order->node_count)
        return fail_set(why, FAIL_USAGE,
                        "%s: no instance is named, which to Azure would mean all of them",
                        order->kind->name);
    d = calloc(1, sizeof *d);
    if (!d)
        return fail_memory(why);
    d->loop = loop;
    d->arm = arm;
    d->journal = journal;
    d->order = *order;
    d->hooks = *hooks;
    d->arg = arg;
    if (fill(d, why) < 0) {
        drop(d);
        return -1;
    }
    open_timers(d);
    *deed = d;
    return 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct deed *d = handle->data;

    if (--d->open_timers == 0)
        drop(d);
}

void deed_free(struct deed *d)
{
    if (!d)
        return;
    d->is_over = true;
    for (size_t i = 0; i <= d->count; i++) {
        d->timers[i].data = d;
        uv_close((uv_handle_t *)&d->timers[i], on_closed);
    }
}

/* ---- how it stands ------------------------------------------------------------------ */

size_t deed_count(const struct deed *d)
{
    return d->count;
}

void deed_look_at(const struct deed *d, size_t k, struct deed_standing *standing)
{
    const struct deed_item *i = &d->items[k];

    *standing = (struct deed_standing){.node = i->name,
                                       .set = i->set,
                                       .of = i->of,
                                       .state = i->state,
                                       .why = i->state == DEED_FAILED ? &i->why : NULL,
                                       .seconds = seconds_of(i)};
}

size_t deed_in_state(const struct deed *d, enum deed_state state)
{
    size_t n = 0;

    for (size_t i = 0; i < d->count; i++)
        n += d->items[i].state == state;
    return n;
}

size_t deed_ended(const struct deed *d)
{
    return deed_in_state(d, DEED_DONE) + deed_in_state(d, DEED_UP_TO_DATE) +
           deed_in_state(d, DEED_FAILED);
}

bool deed_is_spent(const struct deed *d)
{
    return is_spent(d) && deed_in_state(d, DEED_TODO);
}
