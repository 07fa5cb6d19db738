#include "controller/relay/relay.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/link/link.h"
#include "controller/relay/tube.h"
#include "controller/relay/tubes.h"
#include "inventory/arena.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/mux.h"

/* Unsent data above this waits in the sessions; what else is said always goes. */
#define FULL_BYTES ((size_t)512 << 10)

/* Nobody uses it any more: perhaps somebody does in a moment. */
#define LINGER_MS 100

/* The relay keeps deadlines itself; one that is so late has gone wrong. */
#define TICK_MS  1000
#define GRACE_MS 10000

struct relay {
    struct relay *next; /* in its owner's list */
    uv_loop_t *loop;
    struct link_pool *pool;
    struct arena text;
    struct fleet_node node;

    struct link *link; /* NULL: nobody needs it */
    bool up;
    struct fail broken; /* we do not want it any more, because of this */
    struct fail why;    /* what its tubes fail of */
    struct fail last;   /* why it could not be reached */
    uint64_t rest_until_ms;

    struct tube_line line;
    size_t unsent_bytes;
    uint32_t last_stream;
    struct tubes tubes;
    struct tube *ready, **ready_end;
    size_t users; /* tubes whose user is not gone */

    uv_idle_t turn; /* serves those that are ready */
    uv_timer_t tick, linger;
    int open_handles; /* these three and the links that are closing */
    void (*on_closed)(void *arg);
    void *arg;
};

/* ---- its link is lost ------------------------------------------------------------ */

static void fail_tube(void *arg, struct tube *t)
{
    struct relay *r = arg;

    tube_fail(t, &r->why);
}

static void fail_all(struct relay *r, const struct fail *why)
{
    r->why = *why;
    fail_prefix(&r->why, "jump host %s", r->node.name);
    r->up = false;
    r->line.is_full = false;
    r->unsent_bytes = 0;
    uv_timer_stop(&r->tick);
    tubes_each(&r->tubes, fail_tube, r);
}

static void on_handle_gone(void *arg)
{
    struct relay *r = arg;

    if (--r->open_handles > 0)
        return;
    tubes_clear(&r->tubes);
    arena_done(&r->text);
    r->on_closed(r->arg);
    free(r);
}

static void hang_up(struct relay *r)
{
    struct link *link = r->link;

    if (!link)
        return;
    r->link = NULL;
    r->open_handles++;
    link_close(link, on_handle_gone);
}

/* ---- what tubes tell ------------------------------------------------------------- */

static void serve(uv_idle_t *turn);

static void on_ready_tube(void *arg, struct tube *t)
{
    struct relay *r = arg;

    *tube_ready_link(t) = NULL;
    *r->ready_end = t;
    r->ready_end = tube_ready_link(t);
    uv_idle_start(&r->turn, serve);
}

static void on_say(void *arg, const struct mux_frame *f)
{
    struct relay *r = arg;
    unsigned char *frame;
    size_t bytes;
    struct fail why;
    int rc;

    if (!r->up || r->broken.code != FAIL_NONE)
        return;
    rc = mux_encode(f, &frame, &bytes, &why);
    if (rc == 0) {
        rc = link_send(r->link, frame, bytes, &why);
        free(frame);
        r->unsent_bytes += bytes;
        r->line.is_full = r->unsent_bytes >= FULL_BYTES;
    }
    if (rc < 0 && why.code != FAIL_LINK_LOST) { /* of what, on_lost() is told */
        r->broken = why;
        uv_idle_start(&r->turn, serve);
    }
}

static const struct tube_hooks tube_hooks = {.say = on_say, .ready = on_ready_tube};

/* ---- its turn -------------------------------------------------------------------- */

static void on_linger(uv_timer_t *timer)
{
    struct relay *r = timer->data;
    struct fail left;

    if (r->users > 0)
        return;
    hang_up(r);
    fail_set(&left, FAIL_LINK_LOST, "left");
    fail_all(r, &left);
}

static void note_user_gone(struct relay *r)
{
    if (--r->users == 0)
        uv_timer_start(&r->linger, on_linger, LINGER_MS, 0);
}

/* Those that are ready now; who becomes so meanwhile has the next turn. */
static void serve_ready(struct relay *r)
{
    struct tube *t = r->ready, *next;

    r->ready = NULL;
    r->ready_end = &r->ready;
    for (; t; t = next) {
        next = *tube_ready_link(t);
        if (tube_serve(t))
            note_user_gone(r);
        if (tube_is_gone(t))
            tubes_forget(&r->tubes, t);
    }
}

static void give_up_broken(struct relay *r)
{
    struct fail why = r->broken;

    r->broken.code = FAIL_NONE;
    hang_up(r);
    fail_all(r, &why);
}

static void serve(uv_idle_t *turn)
{
    struct relay *r = turn->data;

    if (r->broken.code != FAIL_NONE)
        give_up_broken(r);
    serve_ready(r);
    if (!r->ready && r->broken.code == FAIL_NONE)
        uv_idle_stop(&r->turn);
}

/* ---- asking the relay ------------------------------------------------------------ */

static void look_for_late(void *arg, struct tube *t)
{
    struct relay *r = arg;

    if (tube_due_ms(t) < uv_now(r->loop) && r->broken.code == FAIL_NONE)
        fail_set(&r->broken, FAIL_LINK_LOST, "the relay there does not answer");
}

static void on_tick(uv_timer_t *timer)
{
    struct relay *r = timer->data;

    tubes_each(&r->tubes, look_for_late, r);
    if (r->broken.code != FAIL_NONE)
        uv_idle_start(&r->turn, serve);
}

static void ask_for(struct relay *r, struct tube *t)
{
    if (++r->last_stream == 0) /* after four thousand million of them */
        ++r->last_stream;
    tubes_join(&r->tubes, t, r->last_stream);
    tube_open(t, r->last_stream, uv_now(r->loop) + tube_patience_ms(t) + GRACE_MS);
}

/* ---- the link's hooks ------------------------------------------------------------ */

static void on_up(void *arg, const struct json *hello)
{
    struct relay *r = arg;
    struct tube *t;

    (void)hello;
    r->up = true;
    uv_timer_start(&r->tick, on_tick, TICK_MS, TICK_MS);
    while ((t = tubes_next(&r->tubes)))
        ask_for(r, t);
}

/* Logged in, but what came about is no relay: there is nothing in it for another try. */
static bool is_unfit(enum fail_code code)
{
    switch (code) {
    case FAIL_NO_AGENT:
    case FAIL_PUSH:
    case FAIL_DISK_FULL:
    case FAIL_UNSUPPORTED:
    case FAIL_GARBAGE:
    case FAIL_FLOOD:
    case FAIL_VERSION:
    case FAIL_AGENT_DIED:
    case FAIL_TIMEOUT: /* a menu, perhaps, that waits for a key */
        return true;
    default:
        return false;
    }
}

static void on_lost(void *arg, const struct fail *why)
{
    struct relay *r = arg;
    struct fail said = *why;
    bool was_up = r->up;

    r->broken.code = FAIL_NONE; /* whatever it was is over with it */
    if (was_up)
        said.code = FAIL_LINK_LOST; /* a relay that died can be started again */
    else if (why->code == FAIL_TURNED_AWAY || why->code == FAIL_NOT_NOW)
        said.code = FAIL_NO_ANSWER; /* it was tried often: the nodes need not, each */
    else if (is_unfit(why->code))
        said.code = FAIL_JUMP_HOST;
    hang_up(r);
    fail_all(r, &said);
    if (was_up)
        return;
    r->rest_until_ms = uv_now(r->loop) + RELAY_REST_MS;
    r->last = r->why;
}

static int on_frame(void *arg, const char *text, size_t len_bytes, struct fail *why)
{
    struct relay *r = arg;
    struct mux_frame f;
    struct tube *t;

    if (mux_parse(text, len_bytes, &f, why) < 0)
        return -1;
    t = tubes_find(&r->tubes, f.stream);
    if (!t)
        return fail_set(why, FAIL_GARBAGE, "it speaks of a stream %u that is not there",
                        f.stream);
    if (tube_hear(t, &f, why) < 0)
        return -1;
    if (tube_is_gone(t))
        tubes_forget(&r->tubes, t);
    return 0;
}

static void look_at_tube(void *arg, struct tube *t)
{
    (void)arg;
    tube_look(t);
}

static void on_drained(void *arg)
{
    struct relay *r = arg;
    bool was_full = r->line.is_full;

    r->unsent_bytes = 0;
    r->line.is_full = false;
    if (was_full)
        tubes_each(&r->tubes, look_at_tube, NULL);
}

static const struct link_hooks link_hooks = {.up = on_up,
                                             .lost = on_lost,
                                             .frame = on_frame,
                                             .drained = on_drained};

/* ---- opening --------------------------------------------------------------------- */

/* -1: out of memory. */
static int log_in(struct relay *r)
{
    if (r->link)
        return 0;
    r->link = link_new(r->pool, &r->node, &link_hooks, r);
    if (!r->link)
        return -1;
    link_open(r->link);
    return 0;
}

struct wire *relay_open(struct relay *r, const struct tube_request *request,
                        void (*on_ready)(void *arg), void *arg)
{
    bool rests = !r->link && uv_now(r->loop) < r->rest_until_ms;
    struct tube *t = tube_new(&r->line, request, on_ready, arg);

    if (!t || (!rests && log_in(r) < 0)) {
        tube_free(t);
        return NULL;
    }
    r->users++;
    uv_timer_stop(&r->linger);
    if (r->up) {
        ask_for(r, t);
        return tube_wire(t);
    }
    tubes_wait(&r->tubes, t);
    if (rests)
        tube_fail(t, &r->last);
    return tube_wire(t);
}

/* ---- life ------------------------------------------------------------------------ */

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool relay_is(const struct relay *r, const struct fleet_node *node)
{
    const struct fleet_node *n = &r->node;

    return same(n->name, node->name) && same(n->address, node->address) &&
           n->port == node->port && same(n->user, node->user) &&
           same(n->key, node->key) && same(n->known_hosts, node->known_hosts) &&
           n->ssh == node->ssh && same(n->ssh_config, node->ssh_config) &&
           n->host_keys == node->host_keys && same(n->jump, node->jump) &&
           same(n->agent, node->agent);
}

/* Its words become our own. */
static int own(struct relay *r)
{
    const char **words[] = {&r->node.name,        &r->node.address, &r->node.user,
                            &r->node.key,         &r->node.jump,    &r->node.agent,
                            &r->node.known_hosts, &r->node.rxe,     &r->node.ssh_config};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (*words[i] &&
            !(*words[i] = arena_copy(&r->text, *words[i], strlen(*words[i]))))
            return -1;
    return 0;
}

struct relay *relay_new(uv_loop_t *loop, struct link_pool *pool,
                        const struct fleet_node *node, int fd)
{
    struct relay *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->loop = loop;
    r->pool = pool;
    r->node = *node;
    r->line = (struct tube_line){.hooks = &tube_hooks, .arg = r, .fd = fd};
    r->ready_end = &r->ready;
    if (own(r) < 0) {
        arena_done(&r->text);
        free(r);
        return NULL;
    }
    uv_idle_init(loop, &r->turn);
    uv_timer_init(loop, &r->tick);
    uv_timer_init(loop, &r->linger);
    r->turn.data = r->tick.data = r->linger.data = r;
    r->open_handles = 3;
    return r;
}

static void on_uv_closed(uv_handle_t *handle)
{
    on_handle_gone(handle->data);
}

void relay_close(struct relay *r, void (*on_closed)(void *arg), void *arg)
{
    struct fail left;

    r->on_closed = on_closed;
    r->arg = arg;
    hang_up(r);
    fail_set(&left, FAIL_LINK_LOST, "left");
    fail_all(r, &left);
    while (r->ready) /* their users want to hear that they are closed */
        serve_ready(r);
    uv_close((uv_handle_t *)&r->turn, on_uv_closed);
    uv_close((uv_handle_t *)&r->tick, on_uv_closed);
    uv_close((uv_handle_t *)&r->linger, on_uv_closed);
}

struct relay **relay_link(struct relay *r)
{
    return &r->next;
}
