/* A callback finds the link, names what happened as an event and feeds it; what an
 * event means is link_state.c's table, what there is to do then is in the enter_*()
 * functions.  What is said on the way is talk.c's.
 *
 * One struct link per node, alive from link_new() to the close callback of its timer or
 * of its last session.  It owns its session; a new one may be open while the one
 * before it is closing.
 */
#include "controller/link/link.h"

#include <assert.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/door/door.h"
#include "controller/link/allowance.h"
#include "controller/link/attempt.h"
#include "controller/link/pool.h"
#include "controller/link/talk.h"
#include "controller/ssh/ssh.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"

#define NEVER REQUESTS_NEVER

struct link {
    enum link_state state;
    struct link_pool *pool;
    const struct fleet_node *node;
    const struct link_hooks *hooks;
    void *arg;

    struct door_wait wait;
    unsigned tries;
    uint64_t pause_ms; /* before the next one goes to the door */

    char *command; /* made once; the order's */
    struct ssh *ssh;
    struct attempt attempt;
    struct allowance allowance;
    struct talk talk;
    const struct json *hello; /* while hooks->up is called */

    uv_timer_t timer;
    uint64_t due_ms; /* deadline of this state, or NEVER */

    struct fail why; /* filled in before LOST or RETRY is fed */
    bool closed;
    int open_handles; /* the timer and the sessions */
    void (*on_closed)(void *arg);
};

static void feed(struct link *l, enum link_event event);

/* ---- time --------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);

static uint64_t now_ms(const struct link *l)
{
    return uv_now(l->pool->loop);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* One timer for all: set it to what comes next.  Never to nothing at all: libuv calls a
 * timer that its own callback sets to 0 before it looks at anything else, for ever.
 */
static void schedule(struct link *l)
{
    uint64_t due_ms = earlier(talk_due_ms(&l->talk), l->due_ms);

    if (l->closed)
        return;
    if (due_ms == NEVER)
        uv_timer_stop(&l->timer);
    else
        uv_timer_start(&l->timer, on_timer, due_ms > now_ms(l) ? due_ms - now_ms(l) : 1,
                       0);
}

static void arm(struct link *l, uint64_t ms)
{
    l->due_ms = now_ms(l) + ms;
    schedule(l);
}

static void disarm(struct link *l)
{
    l->due_ms = NEVER;
    schedule(l);
}

/* ---- losing it ----------------------------------------------------------------- */

static bool is_tried_again(struct link *l, enum fail_code code)
{
    const struct retry_rules *rules = &l->pool->retry;
    enum retry retry = retry_of(rules, code, l->tries);

    if (l->state <= LINK_WAITING || l->state >= LINK_UP || retry == RETRY_NEVER)
        return false;
    l->pause_ms =
        retry == RETRY_AT_THE_DOOR
            ? 0
            : retry_pause_ms(rules, l->tries, door_chance(l->pool->options.door));
    return true;
}

static void lose(struct link *l, const struct fail *why)
{
    bool on_the_way = l->state > LINK_WAITING && l->state < LINK_UP;
    bool again = is_tried_again(l, why->code);

    l->why = *why;
    if (on_the_way)
        retry_tell(&l->why, l->tries);
    door_leave(l->pool->options.door, &l->wait, why);
    feed(l, again ? LINK_EV_RETRY : LINK_EV_LOST);
}

static void on_handle_gone(void *arg)
{
    struct link *l = arg;

    if (--l->open_handles > 0)
        return;
    if (l->on_closed)
        l->on_closed(l->arg);
    free(l->command);
    free(l);
}

static void hang_up(struct link *l)
{
    if (l->ssh)
        ssh_close(l->ssh, on_handle_gone);
    l->ssh = NULL;
    talk_end(&l->talk);
    door_leave(l->pool->options.door, &l->wait, NULL);
}

/* ---- asking -------------------------------------------------------------------- */

void link_ask(struct link *l, const char *what, struct json *body, uint64_t deadline_ms,
              link_answer_fn on_answer, void *arg)
{
    const struct talk_question question = {.what = what,
                                           .body = body,
                                           .deadline_ms = deadline_ms};

    assert(!l->closed);
    talk_ask(&l->talk, &question, now_ms(l), on_answer, arg);
    schedule(l);
    json_free(body);
}

/* ---- the talk's hooks ---------------------------------------------------------- */

static int on_write(void *arg, const void *bytes, size_t len_bytes, struct fail *why)
{
    struct link *l = arg;

    return ssh_write(l->ssh, bytes, len_bytes, why);
}

static void on_greeted(void *arg, const struct json *hello)
{
    struct link *l = arg;

    l->hello = hello;
    feed(l, LINK_EV_HELLO);
    l->hello = NULL;
}

static void on_event(void *arg, const char *name, const struct json *body)
{
    struct link *l = arg;

    if (l->hooks->event)
        l->hooks->event(l->arg, name, body);
}

static void on_silent(void *arg, const struct fail *why)
{
    lose(arg, why);
}

static int on_frame(void *arg, const char *text, size_t len_bytes, struct fail *why)
{
    struct link *l = arg;

    return l->hooks->frame(l->arg, text, len_bytes, why);
}

static const struct talk_hooks talk_hooks = {.write = on_write,
                                             .greeted = on_greeted,
                                             .event = on_event,
                                             .silent = on_silent};

static const struct talk_hooks relay_hooks = {.write = on_write,
                                              .greeted = on_greeted,
                                              .event = on_event,
                                              .frame = on_frame,
                                              .silent = on_silent};

/* ---- the session's hooks ------------------------------------------------------- */

static void hear_out(struct link *l, const char *bytes, size_t len_bytes)
{
    struct fail why;
    int needs = 0;

    if (l->state == LINK_STARTING && !frame_started(l->talk.reader))
        needs =
            attempt_needs_agent(&l->attempt, &l->pool->agents, bytes, len_bytes, &why);
    if (needs > 0)
        feed(l, LINK_EV_NEED_AGENT);
    if (needs < 0 || (l->talk.reader && talk_hear(&l->talk, bytes, len_bytes, &why) < 0))
        lose(l, &why);
}

/* What a relay sends is bounded by the credit of its streams. */
static bool may_send(struct link *l, size_t len_bytes)
{
    return (l->hooks->frame && l->state == LINK_UP) ||
           allowance_spend(&l->allowance, len_bytes, now_ms(l));
}

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    struct link *l = arg;
    struct fail why;

    l->talk.heard_ms = now_ms(l);
    if (!may_send(l, len_bytes)) {
        fail_set(&why, FAIL_FLOOD, "it sends without end");
        lose(l, &why);
    } else if (stream == SSH_STDERR)
        tail_add(&l->attempt.err, bytes, len_bytes);
    else
        hear_out(l, bytes, len_bytes);
}

static void on_up(void *arg)
{
    feed(arg, LINK_EV_LOGGED_IN);
}

static void push_more(struct link *l);

static void on_drained(void *arg)
{
    struct link *l = arg;

    if (l->state == LINK_PUSHING)
        push_more(l);
    else if (l->state == LINK_UP && l->hooks->drained)
        l->hooks->drained(l->arg);
}

static void on_ended(void *arg, int status, const struct fail *why)
{
    struct link *l = arg;
    struct fail said;

    if (why)
        said = *why;
    else
        attempt_explain_end(&l->attempt, l->talk.reader, status, &said);
    lose(l, &said);
}

static const struct ssh_hooks session_hooks = {.up = on_up,
                                               .data = on_data,
                                               .drained = on_drained,
                                               .ended = on_ended};

/* ---- in the order of travel ---------------------------------------------------- */

/* First or again; no place is held meanwhile. */
static enum link_event enter_waiting(struct link *l)
{
    hang_up(l);
    arm(l, l->tries > 0 ? l->pause_ms : 0);
    return LINK_EV_NONE;
}

static void on_turn(void *arg)
{
    feed(arg, LINK_EV_TURN);
}

static void on_hopeless(void *arg, const struct fail *why)
{
    lose(arg, why);
}

static const struct door_hooks door_hooks = {.turn = on_turn, .hopeless = on_hopeless};

static enum link_event start_session(struct link *l)
{
    struct ssh_order order;

    if (pool_order(l->pool, l->node, &l->command, &order, &l->why) < 0)
        return LINK_EV_LOST;
    if (talk_begin(&l->talk) == 0)
        l->ssh =
            ssh_open(l->pool->options.client, l->pool->loop, &order, &session_hooks, l);
    if (!l->ssh) {
        fail_memory(&l->why);
        return LINK_EV_LOST;
    }
    l->open_handles++;
    return LINK_EV_NONE;
}

static enum link_event enter_connecting(struct link *l)
{
    l->tries++;
    l->attempt = (struct attempt){0};
    allowance_fill(&l->allowance, now_ms(l));
    disarm(l); /* the session has deadlines of its own */
    return start_session(l);
}

static enum link_event enter_starting(struct link *l)
{
    door_passed(l->pool->options.door, &l->wait);
    arm(l, l->pool->options.login_ms);
    return LINK_EV_NONE;
}

/* The next piece; the deadline is for each. */
static void push_more(struct link *l)
{
    const char *bytes;
    size_t len_bytes = attempt_next_piece(&l->attempt, &bytes);
    struct fail why;

    arm(l, l->pool->options.login_ms);
    if (ssh_write(l->ssh, bytes, len_bytes, &why) < 0)
        lose(l, &why);
}

static enum link_event enter_pushing(struct link *l)
{
    push_more(l);
    return LINK_EV_NONE;
}

static enum link_event enter_up(struct link *l)
{
    door_leave(l->pool->options.door, &l->wait, NULL);
    disarm(l);
    l->hooks->up(l->arg, l->hello);
    return LINK_EV_NONE;
}

static enum link_event enter_lost(struct link *l)
{
    struct fail why = l->why;

    hang_up(l);
    disarm(l);
    talk_give_up(&l->talk, &why);
    if (!l->closed && l->state == LINK_LOST)
        l->hooks->lost(l->arg, &why);
    return LINK_EV_NONE;
}

/* ---- the only place where a link changes state --------------------------------- */

static enum link_event (*const enter[LINK_STATES])(struct link *l) = {
    [LINK_WAITING] = enter_waiting,
    [LINK_CONNECTING] = enter_connecting,
    [LINK_STARTING] = enter_starting,
    [LINK_PUSHING] = enter_pushing,
    [LINK_UP] = enter_up,
    [LINK_LOST] = enter_lost,
};

static void feed(struct link *l, enum link_event event)
{
    bool by_owner = event == LINK_EV_OPEN;

    while (event != LINK_EV_NONE && !l->closed) {
        int to = link_state_next(l->state, event);

        assert(to != LINK_ILLEGAL);
        l->state = (enum link_state)to;
        if (l->hooks->moved && !by_owner)
            l->hooks->moved(l->arg, l->state);
        event = l->closed ? LINK_EV_NONE : enter[to](l);
    }
}

/* ---- deadlines ----------------------------------------------------------------- */

static void go_to_the_door(struct link *l)
{
    struct fail why;

    if (door_enter(l->pool->options.door, &l->wait, l->node, l->tries > 0, &why) < 0)
        lose(l, &why);
}

static void on_state_due(struct link *l)
{
    struct fail why;

    l->due_ms = NEVER;
    if (l->state == LINK_WAITING) {
        go_to_the_door(l);
        return;
    }
    attempt_explain_silence(&l->attempt, l->talk.reader, l->pool->options.login_ms, &why);
    lose(l, &why);
}

static void on_timer(uv_timer_t *timer)
{
    struct link *l = timer->data;

    talk_tick(&l->talk, now_ms(l));
    if (!l->closed && l->due_ms <= now_ms(l))
        on_state_due(l);
    schedule(l);
}

/* ---- life ---------------------------------------------------------------------- */

struct link *link_new(struct link_pool *pool, const struct fleet_node *node,
                      const struct link_hooks *hooks, void *arg)
{
    struct link *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->state = LINK_DOWN;
    l->pool = pool;
    l->node = node;
    l->hooks = hooks;
    l->arg = arg;
    l->talk = (struct talk){.hooks = hooks->frame ? &relay_hooks : &talk_hooks,
                            .arg = l,
                            .idle_ms = pool->options.idle_ms};
    l->wait = (struct door_wait){.hooks = &door_hooks, .arg = l};
    l->due_ms = NEVER;
    uv_timer_init(pool->loop, &l->timer);
    l->timer.data = l;
    l->open_handles = 1;
    return l;
}

void link_open(struct link *l)
{
    l->tries = 0;
    feed(l, LINK_EV_OPEN);
}

int link_send(struct link *l, const void *frame, size_t frame_bytes, struct fail *why)
{
    if (l->state != LINK_UP || l->closed)
        return fail_set(why, FAIL_LINK_LOST, "the jump host is not connected");
    return ssh_write(l->ssh, frame, frame_bytes, why);
}

enum link_state link_state_of(const struct link *l)
{
    return l->state;
}

static void on_timer_closed(uv_handle_t *timer)
{
    on_handle_gone(timer->data);
}

void link_close(struct link *l, void (*on_closed)(void *arg))
{
    l->closed = true;
    l->on_closed = on_closed;
    talk_clear(&l->talk);
    hang_up(l);
    uv_close((uv_handle_t *)&l->timer, on_timer_closed);
}

void link_traffic(const struct link *l, unsigned long *sent, unsigned long *received)
{
    *sent = l->talk.sent;
    *received = l->talk.received;
}
