/* A callback finds the link, names what happened as an event and feeds it; what an
 * event means is link_state.c's table, what there is to do then is in the enter_*()
 * functions.  What the agent says is read in the middle part.
 *
 * One struct link per node, alive from link_new() to the close callback of its timer or
 * of its last session.  It owns its session; a new one may be open while the one
 * before it is closing.
 */
#include "controller/link/link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/link/bootstrap.h"
#include "controller/link/pool.h"
#include "controller/link/requests.h"
#include "controller/ssh/ssh.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"

/* How much of the agent is handed over at a time. */
#define PIECE_BYTES ((size_t)128 << 10)

/* What is remembered of stderr, for the words of a failure. */
#define ERR_BYTES 1024

/* A node may send this much at once, and this much per ms for ever: the output of an
 * installation is a few hundred KiB.
 */
#define FLOOD_BURST_BYTES  ((size_t)32 << 20)
#define FLOOD_BYTES_PER_MS ((size_t)1 << 10)

#define NEVER REQUESTS_NEVER

struct link {
    enum link_state state;
    struct link_pool *pool;
    const struct fleet_node *node;
    const struct link_hooks *hooks;
    void *arg;

    struct pool_wait wait;
    bool has_place; /* among the pool's width */
    unsigned tries;

    char *command; /* made once */
    struct ssh *ssh;
    struct frame_reader *reader;
    struct bootstrap_scan scan;
    size_t pushed_bytes;
    char err[ERR_BYTES]; /* the end of stderr */

    const struct json *hello; /* while hooks->up is called */
    struct requests requests;
    bool pinging;
    unsigned long sent, received;

    uv_timer_t timer;
    uint64_t due_ms;   /* deadline of this state, or NEVER      */
    uint64_t heard_ms; /* when anything came from the node      */
    uint64_t refilled_ms;
    size_t allowed_bytes; /* what it may send before it is a flood */

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

static uint64_t ping_due_ms(const struct link *l)
{
    return l->state == LINK_UP && !l->pinging ? l->heard_ms + l->pool->options.idle_ms
                                              : NEVER;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* One timer for all: set it to what comes next. */
static void schedule(struct link *l)
{
    uint64_t due_ms =
        earlier(requests_due(&l->requests), earlier(l->due_ms, ping_due_ms(l)));

    if (l->closed)
        return;
    if (due_ms == NEVER)
        uv_timer_stop(&l->timer);
    else
        uv_timer_start(&l->timer, on_timer, due_ms > now_ms(l) ? due_ms - now_ms(l) : 0,
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

/* A deadline has been waited for already: three of them would be a minute. */
static bool may_pass(enum fail_code code)
{
    return fail_kind_of(code) == FAIL_KIND_AGAIN && code != FAIL_TIMEOUT;
}

static void lose(struct link *l, const struct fail *why)
{
    bool on_the_way = l->state > LINK_WAITING && l->state < LINK_UP;
    bool again = on_the_way && may_pass(why->code) && l->tries < l->pool->options.tries;

    l->why = *why;
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

static void leave_pool(struct link *l)
{
    pool_forget(l->pool, &l->wait);
    if (l->has_place) {
        l->has_place = false;
        pool_leave(l->pool);
    }
}

static void hang_up(struct link *l)
{
    if (l->ssh)
        ssh_close(l->ssh, on_handle_gone);
    l->ssh = NULL;
    frame_reader_free(l->reader);
    l->reader = NULL;
    l->pinging = false;
    leave_pool(l);
}

/* ---- asking -------------------------------------------------------------------- */

/* A frame is handed over whole or not at all. */
static int send_frame(struct link *l, unsigned char *frame, size_t frame_bytes,
                      struct fail *why)
{
    int rc = ssh_write(l->ssh, frame, frame_bytes, why);

    free(frame);
    if (rc == 0)
        l->sent++;
    return rc;
}

static int send_request(struct link *l, uint32_t id, const char *what,
                        const struct json *body, struct fail *why)
{
    unsigned char *frame;
    size_t frame_bytes;

    if (l->state != LINK_UP)
        return fail_set(why, FAIL_LINK_LOST, "the node is not connected (%s)",
                        link_state_name(l->state));
    if (message_encode_request(id, what, body, &frame, &frame_bytes, why) < 0)
        return -1;
    return send_frame(l, frame, frame_bytes, why);
}

static int send_hello(struct link *l, struct fail *why)
{
    struct json *content = message_hello();
    unsigned char *frame;
    size_t frame_bytes;
    int rc;

    if (!content)
        return fail_memory(why);
    rc = message_encode_hello(content, &frame, &frame_bytes, why);
    json_free(content);
    return rc < 0 ? -1 : send_frame(l, frame, frame_bytes, why);
}

void link_ask(struct link *l, const char *what, struct json *body, uint64_t deadline_ms,
              link_answer_fn on_answer, void *arg)
{
    struct request *q =
        requests_add(&l->requests, now_ms(l) + deadline_ms, on_answer, arg);
    struct fail why;

    assert(!l->closed);
    if (!q) {
        fail_memory(&why);
        on_answer(arg, NULL, &why);
    } else {
        fail_set(&q->why, FAIL_TIMEOUT, "no answer to '%s' within %g s", what,
                 (double)deadline_ms / 1000);
        if (send_request(l, q->id, what, body, &why) < 0) {
            q->why = why;
            q->due_ms = now_ms(l); /* so it is answered by the timer */
        }
        schedule(l);
    }
    json_free(body);
}

static void answer(struct request *q, const struct json *body, const struct fail *why)
{
    q->on_answer(q->arg, body, why);
    free(q);
}

static void on_pong(void *arg, const struct json *body, const struct fail *why)
{
    struct link *l = arg;
    struct fail lost;

    (void)body;
    l->pinging = false;
    if (!why || l->state != LINK_UP)
        return;
    fail_set(&lost, FAIL_LINK_LOST, "the agent does not answer: %s", why->text);
    lose(l, &lost);
}

/* ---- hearing ------------------------------------------------------------------- */

static void on_hello(struct link *l, const struct message *m)
{
    struct fail why;

    if (message_check_hello(m->body, &why) < 0 || send_hello(l, &why) < 0) {
        lose(l, &why);
        return;
    }
    l->hello = m->body;
    feed(l, LINK_EV_HELLO);
    l->hello = NULL;
}

/* An answer to nothing comes too late: its request was given up. */
static void on_answer(struct link *l, const struct message *m)
{
    struct request *q = requests_take(&l->requests, m->id);

    if (!q)
        return;
    if (m->type == MESSAGE_FAILURE)
        answer(q, NULL, &m->fail);
    else
        answer(q, m->body, NULL);
}

static void on_message(struct link *l, const struct message *m)
{
    struct fail why;

    if (m->type == MESSAGE_HELLO && l->state != LINK_UP)
        on_hello(l, m);
    else if (l->state == LINK_UP &&
             (m->type == MESSAGE_ANSWER || m->type == MESSAGE_FAILURE))
        on_answer(l, m);
    else if (l->state == LINK_UP && m->type == MESSAGE_EVENT) {
        if (l->hooks->event)
            l->hooks->event(l->arg, m->name, m->body);
    } else {
        fail_set(&why, FAIL_GARBAGE, "the agent says what an agent does not say here");
        lose(l, &why);
    }
}

/* A message may end the link, or close it: then its reader is gone. */
static void hear_frames(struct link *l)
{
    struct frame_reader *reader = l->reader;
    struct message m;
    struct fail why;
    const char *text;
    size_t len_bytes;

    while (!l->closed && l->reader == reader && (text = frame_next(reader, &len_bytes))) {
        l->received++;
        if (message_parse(text, len_bytes, &m, &why) < 0) {
            lose(l, &why);
            return;
        }
        on_message(l, &m);
        message_clear(&m);
    }
    /* What follows the last whole message must be able to be one, too. */
    if (!l->closed && l->reader == reader && frame_push(reader, "", 0, &why) < 0)
        lose(l, &why);
}

static void hear_out(struct link *l, const char *bytes, size_t len_bytes)
{
    struct fail why;

    if (l->state == LINK_STARTING && !frame_started(l->reader) &&
        bootstrap_is_needed(&l->scan, bytes, len_bytes))
        feed(l, LINK_EV_NEED_AGENT);
    if (l->closed || !l->reader)
        return;
    if (frame_push(l->reader, bytes, len_bytes, &why) < 0) {
        lose(l, &why);
        return;
    }
    hear_frames(l);
}

static void hear_err(struct link *l, const char *bytes, size_t len_bytes)
{
    size_t room = sizeof l->err - 1, used = strlen(l->err), drop;

    if (len_bytes > room) {
        bytes += len_bytes - room;
        len_bytes = room;
    }
    drop = used + len_bytes > room ? used + len_bytes - room : 0;
    memmove(l->err, l->err + drop, used - drop);
    used -= drop;
    memcpy(l->err + used, bytes, len_bytes);
    for (size_t i = used; i < used + len_bytes; i++) /* it is to be a string */
        l->err[i] = l->err[i] ? l->err[i] : '?';
    l->err[used + len_bytes] = '\0';
}

static bool is_flood(struct link *l, size_t len_bytes)
{
    uint64_t gained = (now_ms(l) - l->refilled_ms) * FLOOD_BYTES_PER_MS;

    l->refilled_ms = now_ms(l);
    l->allowed_bytes = earlier(l->allowed_bytes + gained, FLOOD_BURST_BYTES);
    if (len_bytes > l->allowed_bytes)
        return true;
    l->allowed_bytes -= len_bytes;
    return false;
}

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    struct link *l = arg;
    struct fail why;

    l->heard_ms = now_ms(l);
    if (is_flood(l, len_bytes)) {
        fail_set(&why, FAIL_FLOOD, "it sends without end");
        lose(l, &why);
    } else if (stream == SSH_STDERR)
        hear_err(l, bytes, len_bytes);
    else
        hear_out(l, bytes, len_bytes);
}

/* ---- the session's other hooks ------------------------------------------------- */

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
}

/* The command ended by itself, and that is never what we want. */
static void explain_end(const struct link *l, int status, struct fail *why)
{
    char line[BOOTSTRAP_LINE_BYTES];

    if (!frame_started(l->reader)) {
        bootstrap_explain(status, l->state == LINK_STARTING ? frame_noise(l->reader) : "",
                          l->err, why);
        return;
    }
    bootstrap_last_line(l->err, line);
    fail_set(why, FAIL_AGENT_DIED, "the agent ended%s (status %d)%s%s",
             frame_is_cut(l->reader) ? " in the middle of a message" : "", status,
             *line ? ": " : "", line);
}

static void on_ended(void *arg, int status, const struct fail *why)
{
    struct link *l = arg;
    struct fail said;

    if (why)
        said = *why;
    else
        explain_end(l, status, &said);
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
    arm(l, l->tries > 0 ? pool_pause_ms(l->pool, l->tries) : 0);
    return LINK_EV_NONE;
}

static void on_turn(void *arg)
{
    struct link *l = arg;

    l->has_place = true;
    feed(l, LINK_EV_TURN);
}

static const char *first_of(const char *a, const char *b)
{
    return a ? a : b;
}

static const char *user_of(const struct link *l)
{
    return first_of(first_of(l->node->user, l->pool->options.user), l->pool->login);
}

static int make_command(struct link *l)
{
    const struct link_pool *pool = l->pool;
    const struct bootstrap_agent agent = {.sha256 = pool->agent.sha256,
                                          .machine = pool->agent.machine,
                                          .size_bytes = pool->agent.len_bytes};
    const char *user = user_of(l);
    bool is_root = user && strcmp(user, "root") == 0;
    bool sudo = !is_root && l->node->sudo && !pool->options.unprivileged;
    bool own = !sudo && (!is_root || pool->options.unprivileged);

    if (l->command)
        return 0;
    if (l->node->agent)
        return bootstrap_installed(l->node->agent, sudo, &l->command, &l->why);
    return bootstrap_command(&agent, own ? BOOTSTRAP_OWN : BOOTSTRAP_SYSTEM, sudo,
                             &l->command, &l->why);
}

static enum link_event start_session(struct link *l)
{
    const struct link_pool_options *o = &l->pool->options;
    const struct ssh_order order = {
        .name = l->node->name,
        .address = l->node->address,
        .port = l->node->port,
        .user = user_of(l),
        .key = first_of(l->node->key, o->key),
        .known_hosts = first_of(l->node->known_hosts, o->known_hosts),
        .accept_new = o->accept_new || l->node->host_keys == FLEET_HOST_KEYS_ACCEPT_NEW,
        .command = l->command,
        .phase_ms = o->login_ms,
    };

    l->reader = frame_reader_new(true);
    if (l->reader)
        l->ssh = ssh_open(l->pool->client, l->pool->loop, &order, &session_hooks, l);
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
    l->scan = (struct bootstrap_scan){0};
    l->err[0] = '\0';
    l->allowed_bytes = FLOOD_BURST_BYTES;
    l->refilled_ms = now_ms(l);
    disarm(l); /* the session has deadlines of its own */
    return make_command(l) < 0 ? LINK_EV_LOST : start_session(l);
}

static enum link_event enter_starting(struct link *l)
{
    arm(l, l->pool->options.login_ms);
    return LINK_EV_NONE;
}

/* The next piece; the deadline is for each. */
static void push_more(struct link *l)
{
    const struct agentfile *agent = &l->pool->agent;
    size_t len_bytes = earlier(agent->len_bytes - l->pushed_bytes, PIECE_BYTES);
    struct fail why;

    arm(l, l->pool->options.login_ms);
    if (ssh_write(l->ssh, agent->bytes + l->pushed_bytes, len_bytes, &why) < 0)
        lose(l, &why);
    else
        l->pushed_bytes += len_bytes;
}

static enum link_event enter_pushing(struct link *l)
{
    l->pushed_bytes = 0;
    push_more(l);
    return LINK_EV_NONE;
}

static enum link_event enter_up(struct link *l)
{
    leave_pool(l);
    disarm(l);
    l->hooks->up(l->arg, l->hello);
    return LINK_EV_NONE;
}

static enum link_event enter_lost(struct link *l)
{
    struct requests left = l->requests;
    struct fail why = l->why;
    struct request *q;

    l->requests.first = NULL; /* what is asked from now on is answered later */
    hang_up(l);
    disarm(l);
    while (!l->closed && left.first) {
        q = requests_take(&left, left.first->id);
        answer(q, NULL, &why);
    }
    requests_clear(&left);
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

static void on_state_due(struct link *l)
{
    double login_s = (double)l->pool->options.login_ms / 1000;
    const char *printed;
    struct fail why;

    l->due_ms = NEVER;
    if (l->state == LINK_WAITING) {
        pool_enter(l->pool, &l->wait);
        return;
    }
    printed = frame_noise(l->reader);
    if (l->state == LINK_PUSHING)
        fail_set(&why, FAIL_TIMEOUT, "the node took no more of the agent for %g s",
                 login_s);
    else
        fail_set(&why, FAIL_TIMEOUT, "no agent answered within %g s%s%s", login_s,
                 *printed ? "; the login printed: " : "", printed);
    lose(l, &why);
}

static void on_timer(uv_timer_t *timer)
{
    struct link *l = timer->data;
    struct request *q;

    while (!l->closed && (q = requests_take_due(&l->requests, now_ms(l))))
        answer(q, NULL, &q->why);
    if (!l->closed && l->due_ms <= now_ms(l))
        on_state_due(l);
    if (!l->closed && ping_due_ms(l) <= now_ms(l)) {
        l->pinging = true;
        link_ask(l, "ping", NULL, l->pool->options.idle_ms / 2 + 1, on_pong, l);
    }
    schedule(l);
}

/* ---- life
 * ------------------------------------------------------------------------------------------
 */

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
    l->wait.on_turn = on_turn;
    l->wait.arg = l;
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
    requests_clear(&l->requests);
    hang_up(l);
    uv_close((uv_handle_t *)&l->timer, on_timer_closed);
}

void link_traffic(const struct link *l, unsigned long *sent, unsigned long *received)
{
    *sent = l->sent;
    *received = l->received;
}
