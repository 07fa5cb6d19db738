#include "controller/exec/errand.h"

#include <stdbool.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/door/door.h"
#include "controller/door/retry.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"

static const struct retry_rules rules = {.tries = ERRAND_TRIES,
                                         .pause_ms = ERRAND_PAUSE_MS};

/* Alive from errand_start() until `ended`, which its timer's close callback tells.  It
 * waits at the door, or has a shot under way, or pauses, or is closing.
 */
struct errand {
    struct errand_site site;
    struct shot_order order;
    const struct errand_hooks *hooks;
    void *arg;

    struct door_wait wait;
    struct shot *shot;
    uv_timer_t timer;      /* of the pause, and of the deadline between two shots */
    uint64_t pause_end_ms; /* 0: it does not pause */
    uint64_t begun_ms;     /* what it has waited for its turn is added */
    unsigned tries;
    bool ran, stopped, closing;

    int status;
    struct fail why; /* of the last try; FAIL_NONE: ended by itself */
};

static uint64_t now_ms(const struct errand *e)
{
    return uv_now(e->site.loop);
}

/* ---- the end ---------------------------------------------------------------------- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct errand *e = handle->data;

    e->hooks->ended(e->arg, e->status, e->why.code == FAIL_NONE ? NULL : &e->why);
    free(e);
}

static void finish(struct errand *e, int status, const struct fail *why)
{
    if (e->closing)
        return;
    e->closing = true;
    e->status = status;
    if (why)
        e->why = *why;
    door_leave(e->site.door, &e->wait, NULL);
    uv_close((uv_handle_t *)&e->timer, on_timer_closed);
}

/* The login has failed for the last time, for the reason that is noted. */
static void give_up(struct errand *e)
{
    retry_tell(&e->why, e->tries);
    finish(e, SSH_STATUS_UNKNOWN, NULL);
}

void errand_stop(struct errand *e, const struct fail *why)
{
    e->stopped = true;
    if (e->shot)
        shot_stop(e->shot, why);
    else
        finish(e, SSH_STATUS_UNKNOWN, why);
}

/* ---- between two tries -------------------------------------------------------------- */

/* What is left of the deadline; UINT64_MAX: there is none. */
static uint64_t left_ms(const struct errand *e)
{
    uint64_t end_ms = e->begun_ms + e->order.deadline_ms;

    if (!e->order.deadline_ms)
        return UINT64_MAX;
    return end_ms > now_ms(e) ? end_ms - now_ms(e) : 0;
}

static void on_timer(uv_timer_t *timer);

static void go_to_the_door(struct errand *e)
{
    struct fail why;

    e->pause_end_ms = 0;
    if (door_enter(e->site.door, &e->wait, e->order.node, true, &why) < 0)
        finish(e, SSH_STATUS_UNKNOWN, &why);
    else if (e->order.deadline_ms)
        uv_timer_start(&e->timer, on_timer, left_ms(e), 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct errand *e = timer->data;

    if (e->pause_end_ms && left_ms(e) > 0)
        go_to_the_door(e);
    else
        give_up(e);
}

static void pause_for(struct errand *e, uint64_t ms)
{
    e->pause_end_ms = now_ms(e) + ms;
    uv_timer_start(&e->timer, on_timer, ms < left_ms(e) ? ms : left_ms(e), 0);
}

static void try_again(struct errand *e, enum retry how)
{
    e->hooks->retrying(e->arg);
    if (e->closing) /* by the hook */
        return;
    if (how == RETRY_AFTER_PAUSE)
        pause_for(e, retry_pause_ms(&rules, e->tries, door_chance(e->site.door)));
    else
        go_to_the_door(e);
}

/* ---- a try -------------------------------------------------------------------------- */

static void on_running(void *arg)
{
    struct errand *e = arg;

    e->ran = true;
    door_passed(e->site.door, &e->wait);
    door_leave(e->site.door, &e->wait, NULL);
    e->hooks->running(e->arg);
}

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    struct errand *e = arg;

    e->hooks->data(e->arg, stream, bytes, len_bytes);
}

/* The command was asked for, and the connection broke before the answer came. */
static bool may_have_run(const struct fail *why)
{
    return why && why->code == FAIL_LINK_LOST;
}

static void on_ended(void *arg, int status, const struct fail *why)
{
    struct errand *e = arg;
    enum retry how = why ? retry_of(&rules, why->code, e->tries) : RETRY_NEVER;

    e->begun_ms += shot_waited_ms(e->shot);
    e->shot = NULL;
    door_leave(e->site.door, &e->wait, why);
    if (e->ran || e->stopped || may_have_run(why)) {
        finish(e, status, why);
        return;
    }
    if (why)
        e->why = *why;
    if (how == RETRY_NEVER)
        give_up(e);
    else
        try_again(e, how);
}

static const struct shot_hooks shot_hooks = {.running = on_running,
                                             .data = on_data,
                                             .ended = on_ended};

static void on_turn(void *arg)
{
    struct errand *e = arg;
    struct shot_order order = e->order;
    struct fail why;

    uv_timer_stop(&e->timer);
    e->why = (struct fail){.code = FAIL_NONE};
    if (e->tries++ == 0) {
        e->begun_ms = now_ms(e);
        e->hooks->begun(e->arg);
    }
    if (order.deadline_ms) /* 0 would be none */
        order.deadline_ms = left_ms(e) ? left_ms(e) : 1;
    e->shot = shot_start(e->site.loop, e->site.client, &order, &shot_hooks, e);
    if (!e->shot) {
        fail_memory(&why);
        finish(e, SSH_STATUS_UNKNOWN, &why);
    }
}

static void on_hopeless(void *arg, const struct fail *why)
{
    finish(arg, SSH_STATUS_UNKNOWN, why);
}

static const struct door_hooks door_hooks = {.turn = on_turn, .hopeless = on_hopeless};

/* ---- life --------------------------------------------------------------------------- */

struct errand *errand_start(const struct errand_site *site,
                            const struct shot_order *order,
                            const struct errand_hooks *hooks, void *arg)
{
    struct errand *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    *e = (struct errand){.site = *site,
                         .order = *order,
                         .hooks = hooks,
                         .arg = arg,
                         .status = SSH_STATUS_UNKNOWN,
                         .wait = {.hooks = &door_hooks, .arg = e}};
    if (door_enter(site->door, &e->wait, order->node, false, NULL) < 0) {
        free(e);
        return NULL;
    }
    uv_timer_init(site->loop, &e->timer);
    e->timer.data = e;
    return e;
}
