/* A callback finds the session, lets work() do what its state can do now, and feeds
 * the event that comes of it; feed() is the only place where the state changes.  What
 * an event means is session_state.c's table.
 *
 * One struct session per login, alive from session_open() to the close callback of its
 * last handle.
 */
#include <assert.h>
#include <libssh2.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/ssh/channel.h"
#include "controller/ssh/client.h"
#include "controller/ssh/dial.h"
#include "controller/ssh/login.h"
#include "controller/ssh/passage.h"
#include "controller/ssh/session_state.h"
#include "controller/ssh/ssh.h"
#include "controller/ssh/stint.h"
#include "controller/ssh/transport.h"
#include "controller/ssh/way.h"
#include "controller/ssh/wire.h"
#include "protocol/fail.h"

#define DEFAULT_PHASE_MS 15000
#define DEFAULT_PORT     22

/* The exit status usually travels with the end of the output. */
#define ENDING_MS 5000

/* When libssh2 would block and does not say on what. */
#define RETRY_MS 20

#define EV_NONE    SESSION_EV_NONE
#define EV_DONE    SESSION_EV_DONE
#define EV_FAIL    SESSION_EV_FAIL
#define EV_CLOSE   SESSION_EV_CLOSE
#define EV_INSTEAD SESSION_EV_INSTEAD

struct session {
    enum session_state state;
    struct ssh_client *client;
    uv_loop_t *loop;
    struct ssh_order order; /* with the defaults filled in */
    const struct ssh_hooks *hooks;
    void *arg;
    void (*on_closed)(void *arg);

    uv_timer_t deadline;
    uv_timer_t retry;
    struct stint *stint;
    int open_handles;

    struct dial dial;
    struct wire *wire;
    uint64_t connect_by_ms; /* all addresses share the time there is */
    struct transport transport;
    struct login login;
    struct channel channel;

    int status;
    struct fail why; /* filled in before EV_FAIL is fed */
};

static void feed(struct session *s, enum session_event event);
static enum session_event work(struct session *s);
static enum session_event connect_elsewhere(struct session *s);

/* ---- waiting ------------------------------------------------------------------ */

static void on_work(void *arg)
{
    struct session *s = arg;

    feed(s, work(s));
}

static void on_ready(void *arg)
{
    struct session *s = arg;

    if (!stint_ready(s->stint) && s->wire)
        wire_wait(s->wire, WIRE_NOTHING);
}

static void on_retry(uv_timer_t *timer)
{
    on_ready(timer->data);
}

static void explain_silence(struct session *s)
{
    double waited_s = (double)s->order.phase_ms / 1000;
    const char *phase = session_state_name(s->state);

    if (signer_is_asking(&s->login.signer))
        fail_set(&s->why, FAIL_NO_ANSWER, "no answer from the ssh-agent within %g s, %s",
                 waited_s, phase);
    else
        fail_set(&s->why, FAIL_NO_ANSWER, "no answer from %s:%u within %g s, %s",
                 s->order.address, s->order.port, waited_s, phase);
}

static void on_deadline(uv_timer_t *timer)
{
    struct session *s = timer->data;

    if (s->state == SESSION_ENDING) { /* then it stays unknown */
        feed(s, EV_DONE);
        return;
    }
    if (s->state == SESSION_CONNECTING && dial_left(&s->dial) > 0) {
        feed(s, connect_elsewhere(s));
        return;
    }
    explain_silence(s);
    feed(s, EV_FAIL);
}

static void arm(struct session *s, uint64_t ms)
{
    uv_timer_start(&s->deadline, on_deadline, ms, 0);
}

/* Until libssh2 can go on. */
static enum session_event await(struct session *s)
{
    enum wire_wait what = transport_awaits(&s->transport);

    wire_wait(s->wire, what == WIRE_NOTHING ? WIRE_READABLE : (int)what);
    if (what == WIRE_NOTHING)
        uv_timer_start(&s->retry, on_retry, RETRY_MS, 0);
    return EV_NONE;
}

/* ---- in the order of travel: enter a state, then work in it ------------------- */

static enum session_event work_fresh(struct session *s)
{
    if (client_ready(s->client, &s->order, &s->login.keyring, &s->login.hostkeys,
                     &s->why) < 0)
        return EV_FAIL;
    s->login.signer.agent = keyring_agent(s->login.keyring);
    return EV_DONE;
}

static void on_found(void *arg, const struct fail *why)
{
    struct session *s = arg;

    if (why)
        s->why = *why;
    feed(s, why ? EV_FAIL : EV_DONE);
}

/* A jump host looks up names itself. */
static enum session_event enter_resolving(struct session *s)
{
    int known = s->order.jump ? 1 : dial_resolve(&s->dial, on_found, s, &s->why);

    arm(s, s->order.phase_ms);
    return known < 0 ? EV_FAIL : known ? EV_DONE : EV_NONE;
}

/* An address that is silent must not use up the time of those behind it. */
static uint64_t share_ms(const struct session *s)
{
    uint64_t now_ms = uv_now(s->loop);

    return s->connect_by_ms > now_ms
               ? (s->connect_by_ms - now_ms) / (1 + dial_left(&s->dial))
               : 0;
}

static enum session_event connect_next(struct session *s)
{
    s->wire = dial_next(&s->dial, on_ready, s, &s->why);
    if (!s->wire)
        return EV_FAIL;
    s->open_handles++;
    arm(s, share_ms(s));
    wire_wait(s->wire, WIRE_WRITABLE);
    return EV_NONE;
}

static enum session_event connect_beyond(struct session *s)
{
    struct passage *p = client_passage(s->client);

    uv_timer_stop(&s->deadline); /* it has its own */
    if (p)
        s->wire = p->open(p, &s->order, on_ready, s, &s->why);
    else
        fail_set(&s->why, FAIL_BUG, "nobody passes through jump hosts here");
    if (!s->wire)
        return EV_FAIL;
    s->open_handles++;
    wire_wait(s->wire, WIRE_WRITABLE);
    return EV_NONE;
}

static enum session_event enter_connecting(struct session *s)
{
    if (s->order.jump)
        return connect_beyond(s);
    s->connect_by_ms = uv_now(s->loop) + s->order.phase_ms;
    return connect_next(s);
}

static void on_handle_gone(void *arg);

static enum session_event connect_elsewhere(struct session *s)
{
    wire_close(s->wire, on_handle_gone);
    return connect_next(s);
}

static enum session_event work_connecting(struct session *s)
{
    if (wire_check(s->wire, &s->why) < 0)
        return s->order.jump ? EV_FAIL : connect_elsewhere(s);
    s->why.code = FAIL_NONE; /* what an address before this one died of */
    return EV_DONE;
}

static enum session_event after(struct session *s, enum login_step step)
{
    switch (step) {
    case LOGIN_DONE:
        return EV_DONE;
    case LOGIN_WAIT:
        return await(s);
    case LOGIN_WAIT_SIGN: /* nothing that the node says helps */
        wire_wait(s->wire, WIRE_NOTHING);
        return EV_NONE;
    case LOGIN_FAILED:
        break;
    }
    return EV_FAIL;
}

static enum session_event enter_phase(struct session *s)
{
    arm(s, s->order.phase_ms);
    return work(s);
}

static enum session_event enter_handshaking(struct session *s)
{
    s->transport.wire = s->wire;
    return login_begin(&s->login, &s->why) < 0 ? EV_FAIL : enter_phase(s);
}

static enum session_event work_handshaking(struct session *s)
{
    return after(s, login_shake_hands(&s->login, wire_socket(s->wire), &s->why));
}

static enum session_event work_logging_in(struct session *s)
{
    return after(s, login_authenticate(&s->login, &s->why));
}

static enum session_event work_opening(struct session *s)
{
    return after(s, login_open_channel(&s->login, &s->channel.handle, &s->why));
}

/* A server starts the command before it says so: unless it has refused to, whoever asks
 * once more may have the command run twice.
 */
static enum session_event work_starting(struct session *s)
{
    enum session_event event =
        after(s, login_start_command(&s->login, s->channel.handle, &s->why));

    if (event == EV_FAIL && s->why.code != FAIL_NO_AGENT)
        s->why.code = FAIL_LINK_LOST;
    return event;
}

static enum session_event enter_running(struct session *s)
{
    uv_timer_stop(&s->deadline);
    s->channel.session = s->transport.session;
    s->channel.no_input = s->order.no_input;
    s->hooks->up(s->arg);
    return s->state == SESSION_RUNNING ? work(s) : EV_NONE;
}

static enum session_event work_running(struct session *s)
{
    size_t most_bytes = stint_most_bytes(s->stint), left_bytes = most_bytes;
    enum channel_next next = channel_turn(&s->channel, &left_bytes);

    if (s->channel.silent)
        return EV_NONE;
    stint_moved(s->stint, most_bytes - left_bytes);
    switch (next) {
    case CHANNEL_WAIT:
        return await(s);
    case CHANNEL_AGAIN:
        stint_soon(s->stint);
        return EV_NONE;
    case CHANNEL_EOF:
        return EV_DONE;
    case CHANNEL_BROKEN:
        break;
    }
    transport_explain(&s->transport, FAIL_LINK_LOST, session_state_name(s->state),
                      &s->why);
    return EV_FAIL;
}

/* In the next turn of the loop, since a hook of the channel may have asked for it. */
static enum session_event enter_leaving(struct session *s)
{
    s->channel.silent = true;
    arm(s, s->order.phase_ms);
    stint_forgive(s->stint);
    stint_soon(s->stint);
    return EV_NONE;
}

/* The first channel stays open and unread; its window bounds what the node can send. */
static enum session_event work_leaving(struct session *s)
{
    switch (channel_settle(&s->channel)) {
    case CHANNEL_WAIT:
        return await(s);
    case CHANNEL_BROKEN:
        transport_explain(&s->transport, FAIL_LINK_LOST, session_state_name(s->state),
                          &s->why);
        return EV_FAIL;
    default:
        outqueue_clear(&s->channel.out);
        s->channel = (struct channel){.hooks = s->channel.hooks, .arg = s->channel.arg};
        s->order.no_input = true;
        return EV_DONE;
    }
}

static enum session_event enter_ending(struct session *s)
{
    s->status = SSH_STATUS_UNKNOWN;
    stint_forgive(s->stint);
    arm(s, ENDING_MS);
    return work(s);
}

static enum session_event work_ending(struct session *s)
{
    int rc = libssh2_channel_wait_closed(s->channel.handle);

    if (rc == LIBSSH2_ERROR_EAGAIN)
        return await(s);
    if (rc == 0)
        s->status = channel_status(&s->channel);
    return EV_DONE;
}

static void rest(struct session *s)
{
    uv_timer_stop(&s->deadline);
    uv_timer_stop(&s->retry);
    stint_rest(s->stint);
    if (s->wire)
        wire_wait(s->wire, WIRE_NOTHING);
    dial_clear(&s->dial);
    signer_clear(&s->login.signer);
    s->channel.silent = true;
}

static enum session_event enter_over(struct session *s)
{
    rest(s);
    s->hooks->ended(s->arg, s->status, s->why.code == FAIL_NONE ? NULL : &s->why);
    return EV_NONE;
}

/* Say goodbye where nothing half sent is in the way, but wait for nobody. */
static void part(struct session *s)
{
    if (s->transport.session && !s->transport.hung_up && s->channel.handle &&
        s->channel.pending == CHANNEL_IDLE)
        libssh2_session_disconnect(s->transport.session, "done");
    transport_cut(&s->transport);
}

static void on_handle_closed(uv_handle_t *handle)
{
    on_handle_gone(handle->data);
}

static enum session_event enter_closed(struct session *s)
{
    rest(s);
    part(s);
    uv_close((uv_handle_t *)&s->deadline, on_handle_closed);
    uv_close((uv_handle_t *)&s->retry, on_handle_closed);
    stint_close(s->stint, on_handle_gone);
    if (s->wire)
        wire_close(s->wire, on_handle_gone);
    return EV_NONE;
}

/* ---- the only place where a session changes state ----------------------------- */

/* clang-format off */
static const struct {
    enum session_event (*enter)(struct session *s);
    enum session_event (*work)(struct session *s);
} acts[SESSION_STATES] = {
    [SESSION_FRESH]       = { NULL,              work_fresh },
    [SESSION_RESOLVING]   = { enter_resolving,   NULL },
    [SESSION_CONNECTING]  = { enter_connecting,  work_connecting },
    [SESSION_HANDSHAKING] = { enter_handshaking, work_handshaking },
    [SESSION_LOGGING_IN]  = { enter_phase,       work_logging_in },
    [SESSION_OPENING]     = { enter_phase,       work_opening },
    [SESSION_STARTING]    = { enter_phase,       work_starting },
    [SESSION_RUNNING]     = { enter_running,     work_running },
    [SESSION_LEAVING]     = { enter_leaving,     work_leaving },
    [SESSION_ENDING]      = { enter_ending,      work_ending },
    [SESSION_OVER]        = { enter_over,        NULL },
    [SESSION_CLOSED]      = { enter_closed,      NULL },
};
/* clang-format on */

static enum session_event work(struct session *s)
{
    return acts[s->state].work ? acts[s->state].work(s) : EV_NONE;
}

/* A hook may have closed the session while it was at work: then nothing counts. */
static void feed(struct session *s, enum session_event event)
{
    while (event != EV_NONE && s->state != SESSION_CLOSED) {
        int to = session_state_next(s->state, event);

        assert(to != SESSION_ILLEGAL);
        s->state = (enum session_state)to;
        event = acts[to].enter(s);
    }
}

/* ---- life --------------------------------------------------------------------- */

static void on_handle_gone(void *arg)
{
    struct session *s = arg;

    if (--s->open_handles > 0)
        return;
    transport_close(&s->transport);
    outqueue_clear(&s->channel.out);
    if (s->on_closed)
        s->on_closed(s->arg);
    free(s);
}

static void fill_in(struct ssh_order *order, const struct ssh_client *client)
{
    order->address = order->address ? order->address : order->name;
    order->port = order->port ? order->port : DEFAULT_PORT;
    order->user = order->user ? order->user : ssh_client_login(client);
    order->phase_ms = order->phase_ms ? order->phase_ms : DEFAULT_PHASE_MS;
}

static void open_handles(struct session *s)
{
    uv_timer_init(s->loop, &s->deadline);
    uv_timer_init(s->loop, &s->retry);
    s->deadline.data = s->retry.data = s;
    s->open_handles = 3; /* with the stint's */
}

static void *session_open(struct ssh_client *client, uv_loop_t *loop,
                          const struct ssh_order *order, const struct ssh_hooks *hooks,
                          void *arg)
{
    struct session *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->stint = stint_new(loop, client, on_work, s);
    if (!s->stint) {
        free(s);
        return NULL;
    }
    s->state = SESSION_FRESH;
    s->client = client;
    s->loop = loop;
    s->order = *order;
    s->hooks = s->channel.hooks = hooks;
    s->arg = s->channel.arg = arg;
    fill_in(&s->order, client);
    s->dial =
        (struct dial){.loop = loop, .address = s->order.address, .port = s->order.port};
    s->transport = (struct transport){.address = s->order.address, .port = s->order.port};
    s->login = (struct login){
        .order = &s->order,
        .transport = &s->transport,
        .signer = {.loop = loop, .on_signed = on_ready, .arg = s},
    };
    open_handles(s);
    stint_soon(s->stint);
    return s;
}

static bool is_running(const struct session *s, struct fail *why)
{
    if (s->state == SESSION_RUNNING)
        return true;
    fail_set(why, FAIL_LINK_LOST, "the command is not running");
    return false;
}

static int session_write(void *session, const void *bytes, size_t len_bytes,
                         struct fail *why)
{
    struct session *s = session;

    if (!is_running(s, why))
        return -1;
    if (outqueue_push(&s->channel.out, bytes, len_bytes, why) < 0)
        return -1;
    if (s->channel.pending == CHANNEL_IDLE)
        stint_soon(s->stint);
    return 0;
}

static int session_end_input(void *session, struct fail *why)
{
    struct session *s = session;

    if (!is_running(s, why))
        return -1;
    s->channel.no_input = true;
    if (s->channel.pending == CHANNEL_IDLE)
        stint_soon(s->stint);
    return 0;
}

static bool session_may_run(const void *session)
{
    const struct session *s = session;

    return s->state == SESSION_STARTING;
}

static int session_instead(void *session, const char *command, struct fail *why)
{
    struct session *s = session;

    if (!is_running(s, why))
        return -1;
    s->order.command = command;
    feed(s, EV_INSTEAD);
    return 0;
}

static void session_close(void *session, void (*on_closed)(void *arg))
{
    struct session *s = session;

    s->on_closed = on_closed;
    feed(s, EV_CLOSE);
}

const struct way way_libssh2 = {.open = session_open,
                                .write = session_write,
                                .end_input = session_end_input,
                                .instead = session_instead,
                                .may_run = session_may_run,
                                .close = session_close};
