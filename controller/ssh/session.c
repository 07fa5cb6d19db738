/* A callback finds the session, lets work() do what its state can do now, and feeds
 * the event that comes of it; feed() is the only place where the state changes.  What
 * an event means is session_state.c's table.
 *
 * One struct ssh per session, alive from ssh_open() to the close callback of its last
 * handle.
 */
#include <assert.h>
#include <errno.h>
#include <libssh2.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <uv.h>

#include "controller/ssh/channel.h"
#include "controller/ssh/client.h"
#include "controller/ssh/hostkeys.h"
#include "controller/ssh/lookup.h"
#include "controller/ssh/session_state.h"
#include "controller/ssh/ssh.h"
#include "controller/ssh/userkey.h"
#include "controller/ssh/wire.h"
#include "protocol/fail.h"

#define DEFAULT_PHASE_MS 15000
#define DEFAULT_PORT     22

/* The exit status usually travels with the end of the output. */
#define ENDING_MS 5000

/* When libssh2 would block and does not say on what. */
#define RETRY_MS 20

/* A dead socket makes libssh2 give up at once; should it not, leaking is the lesser evil.
 */
#define FREE_TRIES 100

#define PACKET_BYTES 32768u

/* Elliptic curves only: a finite-field exchange costs up to 30 ms of CPU per node. */
#define KEY_EXCHANGES                                                    \
    "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256," \
    "ecdh-sha2-nistp521,ecdh-sha2-nistp384"
#define CIPHERS \
    "aes128-ctr,aes256-ctr,aes192-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com"
#define MACS                                                     \
    "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com," \
    "hmac-sha2-512-etm@openssh.com"

#define EV_NONE  SESSION_EV_NONE
#define EV_DONE  SESSION_EV_DONE
#define EV_FAIL  SESSION_EV_FAIL
#define EV_CLOSE SESSION_EV_CLOSE

struct ssh {
    enum session_state state;
    struct ssh_client *client;
    uv_loop_t *loop;
    struct ssh_order order; /* with the defaults filled in */
    const struct ssh_hooks *hooks;
    void *arg;
    void (*on_closed)(void *arg);

    struct userkey *key;       /* the client's */
    struct hostkeys *hostkeys; /* likewise     */

    uv_timer_t deadline;
    uv_timer_t retry;
    uv_idle_t again; /* there is work that the socket does not show */
    int open_handles;

    struct lookup *lookup;
    struct addrinfo *addresses, *address; /* all, and the one being tried */
    struct wire *wire;
    LIBSSH2_SESSION *session;
    struct channel channel;
    bool hung_up; /* the peer has closed the connection, or it broke  */
    bool dead;    /* nothing goes to or comes from the socket any more */

    int status;
    struct fail why; /* filled in before EV_FAIL is fed */
};

static void feed(struct ssh *s, enum session_event event);
static enum session_event work(struct ssh *s);

/* ---- waiting ------------------------------------------------------------------ */

static void on_ready(void *arg)
{
    struct ssh *s = arg;

    feed(s, work(s));
}

static void on_retry(uv_timer_t *timer)
{
    on_ready(timer->data);
}

static void on_again(uv_idle_t *idle)
{
    uv_idle_stop(idle);
    on_ready(idle->data);
}

static void on_deadline(uv_timer_t *timer)
{
    struct ssh *s = timer->data;

    if (s->state == SESSION_ENDING) { /* then it stays unknown */
        feed(s, EV_DONE);
        return;
    }
    fail_set(&s->why, FAIL_TIMEOUT, "no answer from %s:%u within %g s, %s",
             s->order.address, s->order.port, (double)s->order.phase_ms / 1000,
             session_state_name(s->state));
    feed(s, EV_FAIL);
}

static void arm(struct ssh *s, uint64_t ms)
{
    uv_timer_start(&s->deadline, on_deadline, ms, 0);
}

/* Until libssh2 can go on.  A packet that is half sent goes first: looking for input
 * meanwhile would spin when there is some.
 */
static enum session_event await(struct ssh *s)
{
    int blocked = libssh2_session_block_directions(s->session);

    wire_wait(s->wire,
              blocked & LIBSSH2_SESSION_BLOCK_OUTBOUND ? WIRE_WRITABLE : WIRE_READABLE);
    if (blocked == 0)
        uv_timer_start(&s->retry, on_retry, RETRY_MS, 0);
    return EV_NONE;
}

/* ---- what libssh2 calls ------------------------------------------------------- */

static ssize_t on_send(libssh2_socket_t fd, const void *bytes, size_t len_bytes,
                       int flags, void **abstract)
{
    struct ssh *s = *abstract;
    ssize_t n;

    if (s->dead)
        return -ECONNRESET;
    do
        n = send(fd, bytes, len_bytes, flags | MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN)
        s->hung_up = true;
    return n < 0 ? -errno : n;
}

static ssize_t on_receive(libssh2_socket_t fd, void *bytes, size_t len_bytes, int flags,
                          void **abstract)
{
    struct ssh *s = *abstract;
    ssize_t n;

    if (s->dead)
        return -ECONNRESET;
    do
        n = recv(fd, bytes, len_bytes, flags);
    while (n < 0 && errno == EINTR);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        s->hung_up = true;
    return n < 0 ? -errno : n;
}

/* libssh2 frees the signature with its session's free(): the C library's. */
static int on_sign(LIBSSH2_SESSION *session, unsigned char **sig, size_t *sig_bytes,
                   const unsigned char *data, size_t len_bytes, void **abstract)
{
    struct ssh *s = *abstract;

    (void)session;
    return userkey_sign(s->key, data, len_bytes, sig, sig_bytes);
}

/* ---- failures ----------------------------------------------------------------- */

static enum session_event hang_up(struct ssh *s)
{
    fail_set(&s->why, s->state < SESSION_RUNNING ? FAIL_HANDSHAKE : FAIL_LINK_LOST,
             s->state < SESSION_RUNNING ? "%s:%u closed the connection, %s"
                                        : "%s:%u: the connection broke, %s",
             s->order.address, s->order.port, session_state_name(s->state));
    return EV_FAIL;
}

/* What libssh2 says, unless the real reason is that the peer is gone. */
static enum session_event break_down(struct ssh *s, enum fail_code code)
{
    char *text = NULL;
    int rc;

    if (s->hung_up)
        return hang_up(s);
    rc = libssh2_session_last_error(s->session, &text, NULL, 0);
    fail_set(&s->why, code, "%s:%u: %s (libssh2 error %d), %s", s->order.address,
             s->order.port, text && *text ? text : "SSH failed", rc,
             session_state_name(s->state));
    return EV_FAIL;
}

/* ---- in the order of travel: enter a state, then work in it ------------------- */

static enum session_event work_fresh(struct ssh *s)
{
    if (client_userkey(s->client, s->order.key, &s->key, &s->why) < 0 ||
        client_hostkeys(s->client, s->order.known_hosts, &s->hostkeys, &s->why) < 0)
        return EV_FAIL;
    if (s->order.user)
        return EV_DONE;
    fail_set(&s->why, FAIL_USAGE, "no login name; name one with -l");
    return EV_FAIL;
}

static void on_found(void *arg, struct addrinfo *addresses, const struct fail *why)
{
    struct ssh *s = arg;

    s->lookup = NULL;
    s->addresses = addresses;
    if (why)
        s->why = *why;
    feed(s, why ? EV_FAIL : EV_DONE);
}

static enum session_event enter_resolving(struct ssh *s)
{
    arm(s, s->order.phase_ms);
    s->addresses = lookup_numeric(s->order.address, s->order.port);
    if (s->addresses)
        return EV_DONE;
    s->lookup =
        lookup_start(s->loop, s->order.address, s->order.port, on_found, s, &s->why);
    return s->lookup ? EV_NONE : EV_FAIL;
}

static void on_handle_gone(void *arg);

/* Try the addresses from s->address on. */
static enum session_event connect_next(struct ssh *s)
{
    for (; s->address; s->address = s->address->ai_next) {
        s->wire = wire_open(s->loop, s->address, on_ready, s, &s->why);
        if (s->wire) {
            s->open_handles++;
            wire_wait(s->wire, WIRE_WRITABLE);
            return EV_NONE;
        }
    }
    fail_prefix(&s->why, "%s:%u", s->order.address, s->order.port);
    return EV_FAIL;
}

static enum session_event enter_connecting(struct ssh *s)
{
    arm(s, s->order.phase_ms);
    s->address = s->addresses;
    return connect_next(s);
}

static enum session_event work_connecting(struct ssh *s)
{
    int error = wire_error(s->wire);

    if (error == 0)
        return EV_DONE;
    fail_set(&s->why, FAIL_CONNECT, "%s", strerror(error));
    wire_close(s->wire, on_handle_gone);
    s->wire = NULL;
    s->address = s->address->ai_next;
    return connect_next(s);
}

/* The callbacks' declared type is the same for all of them. */
static void set_callback(struct ssh *s, int which, void (*fn)(void))
{
    union {
        void (*fn)(void);
        void *object;
    } as = {.fn = fn};

    libssh2_session_callback_set(s->session, which, as.object);
}

static struct hostkeys_host host_of(const struct ssh *s)
{
    return (struct hostkeys_host){.name = s->order.name,
                                  .address = s->order.address,
                                  .port = s->order.port};
}

static enum session_event enter_handshaking(struct ssh *s)
{
    struct hostkeys_host host = host_of(s);
    char algorithms[HOSTKEYS_LIST_BYTES];

    arm(s, s->order.phase_ms);
    if (hostkeys_algorithms(s->hostkeys, &host, algorithms, &s->why) < 0)
        return EV_FAIL;
    s->session = libssh2_session_init_ex(NULL, NULL, NULL, s);
    if (!s->session) {
        fail_memory(&s->why);
        return EV_FAIL;
    }
    libssh2_session_set_blocking(s->session, 0);
    set_callback(s, LIBSSH2_CALLBACK_SEND, (void (*)(void))on_send);
    set_callback(s, LIBSSH2_CALLBACK_RECV, (void (*)(void))on_receive);
    if (libssh2_session_method_pref(s->session, LIBSSH2_METHOD_KEX, KEY_EXCHANGES) ||
        libssh2_session_method_pref(s->session, LIBSSH2_METHOD_HOSTKEY, algorithms) ||
        libssh2_session_method_pref(s->session, LIBSSH2_METHOD_CRYPT_CS, CIPHERS) ||
        libssh2_session_method_pref(s->session, LIBSSH2_METHOD_CRYPT_SC, CIPHERS) ||
        libssh2_session_method_pref(s->session, LIBSSH2_METHOD_MAC_CS, MACS) ||
        libssh2_session_method_pref(s->session, LIBSSH2_METHOD_MAC_SC, MACS))
        return break_down(s, FAIL_BUG);
    return work(s);
}

static enum session_event check_host_key(struct ssh *s)
{
    struct hostkeys_host host = host_of(s);
    size_t len_bytes = 0;
    const char *key = libssh2_session_hostkey(s->session, &len_bytes, NULL);

    if (!key)
        return break_down(s, FAIL_HANDSHAKE);
    return hostkeys_check(s->hostkeys, &host, (const unsigned char *)key, len_bytes,
                          s->order.accept_new, &s->why) < 0
               ? EV_FAIL
               : EV_DONE;
}

/* libssh2 takes any line for a banner; a server that is too busy says so in it. */
static enum session_event miss_banner(struct ssh *s, const char *banner)
{
    if (banner && *banner)
        fail_set(&s->why, FAIL_HANDSHAKE, "%s:%u does not speak SSH, it says: %.100s",
                 s->order.address, s->order.port, banner);
    else
        fail_set(&s->why, FAIL_HANDSHAKE,
                 "%s:%u closed the connection without a word of SSH", s->order.address,
                 s->order.port);
    return EV_FAIL;
}

static enum session_event work_handshaking(struct ssh *s)
{
    int rc = libssh2_session_handshake(s->session, wire_socket(s->wire));
    const char *banner;

    if (rc == LIBSSH2_ERROR_EAGAIN)
        return await(s);
    if (rc == 0)
        return check_host_key(s);
    banner = libssh2_session_banner_get(s->session);
    if (!banner || strncmp(banner, "SSH-", 4) != 0)
        return miss_banner(s, banner);
    if (rc == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE || rc == LIBSSH2_ERROR_KEX_FAILURE)
        return break_down(s, FAIL_UNSUPPORTED); /* no algorithm in common */
    return break_down(s, FAIL_HANDSHAKE);
}

static enum session_event enter_phase(struct ssh *s)
{
    arm(s, s->order.phase_ms);
    return work(s);
}

static enum session_event work_logging_in(struct ssh *s)
{
    size_t blob_bytes;
    const unsigned char *blob = userkey_blob(s->key, &blob_bytes);
    void *self = s;
    int rc = libssh2_userauth_publickey(s->session, s->order.user, blob, blob_bytes,
                                        on_sign, &self);

    if (rc == LIBSSH2_ERROR_EAGAIN)
        return await(s);
    if (rc == 0)
        return EV_DONE;
    if (s->hung_up || (rc != LIBSSH2_ERROR_AUTHENTICATION_FAILED &&
                       rc != LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED))
        return break_down(s, FAIL_HANDSHAKE);
    fail_set(&s->why, FAIL_AUTH_REFUSED, "the server refused the key %s for user %s",
             userkey_path(s->key), s->order.user);
    return EV_FAIL;
}

static enum session_event work_opening(struct ssh *s)
{
    s->channel.session = s->session;
    s->channel.handle =
        libssh2_channel_open_ex(s->session, "session", strlen("session"),
                                CHANNEL_WINDOW_BYTES, PACKET_BYTES, NULL, 0);
    if (s->channel.handle)
        return EV_DONE;
    return libssh2_session_last_errno(s->session) == LIBSSH2_ERROR_EAGAIN
               ? await(s)
               : break_down(s, FAIL_HANDSHAKE);
}

/* libssh2 1.10 may say -1 and mean EAGAIN. */
static enum session_event work_starting(struct ssh *s)
{
    int rc = libssh2_channel_exec(s->channel.handle, s->order.command);

    if (rc == 0)
        return EV_DONE;
    return libssh2_session_last_errno(s->session) == LIBSSH2_ERROR_EAGAIN
               ? await(s)
               : break_down(s, FAIL_NO_AGENT);
}

static enum session_event enter_running(struct ssh *s)
{
    uv_timer_stop(&s->deadline);
    s->channel.no_input = s->order.no_input;
    s->hooks->up(s->arg);
    return s->state == SESSION_RUNNING ? work(s) : EV_NONE;
}

static enum session_event work_running(struct ssh *s)
{
    enum channel_next next = channel_turn(&s->channel);

    if (s->channel.silent)
        return EV_NONE;
    switch (next) {
    case CHANNEL_WAIT:
        return await(s);
    case CHANNEL_AGAIN:
        uv_idle_start(&s->again, on_again);
        return EV_NONE;
    case CHANNEL_EOF:
        return EV_DONE;
    case CHANNEL_BROKEN:
        break;
    }
    return break_down(s, FAIL_LINK_LOST);
}

static enum session_event enter_ending(struct ssh *s)
{
    s->status = SSH_STATUS_UNKNOWN;
    arm(s, ENDING_MS);
    return work(s);
}

static int status_of(struct ssh *s)
{
    char *name = NULL;

    libssh2_channel_get_exit_signal(s->channel.handle, &name, NULL, NULL, NULL, NULL,
                                    NULL);
    if (!name)
        return libssh2_channel_get_exit_status(s->channel.handle);
    libssh2_free(s->session, name);
    return SSH_STATUS_SIGNAL;
}

static enum session_event work_ending(struct ssh *s)
{
    int rc = libssh2_channel_wait_closed(s->channel.handle);

    if (rc == LIBSSH2_ERROR_EAGAIN)
        return await(s);
    if (rc == 0)
        s->status = status_of(s);
    return EV_DONE;
}

static void rest(struct ssh *s)
{
    uv_timer_stop(&s->deadline);
    uv_timer_stop(&s->retry);
    uv_idle_stop(&s->again);
    if (s->wire)
        wire_wait(s->wire, WIRE_NOTHING);
    if (s->lookup)
        lookup_abandon(s->lookup);
    s->lookup = NULL;
    s->channel.silent = true;
}

static enum session_event enter_over(struct ssh *s)
{
    rest(s);
    s->hooks->ended(s->arg, s->status, s->why.code == FAIL_NONE ? NULL : &s->why);
    return EV_NONE;
}

/* Say goodbye where nothing half sent is in the way, but wait for nobody. */
static void part(struct ssh *s)
{
    if (s->session && !s->hung_up && s->channel.handle &&
        s->channel.pending == CHANNEL_IDLE)
        libssh2_session_disconnect(s->session, "done");
    s->dead = true;
}

static void on_handle_closed(uv_handle_t *handle)
{
    on_handle_gone(handle->data);
}

static enum session_event enter_closed(struct ssh *s)
{
    rest(s);
    part(s);
    uv_close((uv_handle_t *)&s->deadline, on_handle_closed);
    uv_close((uv_handle_t *)&s->retry, on_handle_closed);
    uv_close((uv_handle_t *)&s->again, on_handle_closed);
    if (s->wire)
        wire_close(s->wire, on_handle_gone);
    return EV_NONE;
}

/* ---- the only place where a session changes state ----------------------------- */

/* clang-format off */
static const struct {
    enum session_event (*enter)(struct ssh *s);
    enum session_event (*work)(struct ssh *s);
} acts[SESSION_STATES] = {
    [SESSION_FRESH]       = { NULL,              work_fresh },
    [SESSION_RESOLVING]   = { enter_resolving,   NULL },
    [SESSION_CONNECTING]  = { enter_connecting,  work_connecting },
    [SESSION_HANDSHAKING] = { enter_handshaking, work_handshaking },
    [SESSION_LOGGING_IN]  = { enter_phase,       work_logging_in },
    [SESSION_OPENING]     = { enter_phase,       work_opening },
    [SESSION_STARTING]    = { enter_phase,       work_starting },
    [SESSION_RUNNING]     = { enter_running,     work_running },
    [SESSION_ENDING]      = { enter_ending,      work_ending },
    [SESSION_OVER]        = { enter_over,        NULL },
    [SESSION_CLOSED]      = { enter_closed,      NULL },
};
/* clang-format on */

static enum session_event work(struct ssh *s)
{
    return acts[s->state].work ? acts[s->state].work(s) : EV_NONE;
}

/* A hook may have closed the session while it was at work: then nothing counts. */
static void feed(struct ssh *s, enum session_event event)
{
    while (event != EV_NONE && s->state != SESSION_CLOSED) {
        int to = session_state_next(s->state, event);

        assert(to != SESSION_ILLEGAL);
        s->state = (enum session_state)to;
        event = acts[to].enter(s);
    }
}

/* ---- life --------------------------------------------------------------------- */

/* The socket is closed or no longer listened to: libssh2 finds it dead and waits for
 * nothing.
 */
static void free_session(struct ssh *s)
{
    for (int i = 0; s->session && i < FREE_TRIES; i++)
        if (libssh2_session_free(s->session) != LIBSSH2_ERROR_EAGAIN)
            s->session = NULL;
    if (s->addresses)
        freeaddrinfo(s->addresses);
    outqueue_clear(&s->channel.out);
}

static void on_handle_gone(void *arg)
{
    struct ssh *s = arg;

    if (--s->open_handles > 0)
        return;
    free_session(s);
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

static void open_handles(struct ssh *s)
{
    uv_timer_init(s->loop, &s->deadline);
    uv_timer_init(s->loop, &s->retry);
    uv_idle_init(s->loop, &s->again);
    s->deadline.data = s->retry.data = s->again.data = s;
    s->open_handles = 3;
}

struct ssh *ssh_open(struct ssh_client *client, uv_loop_t *loop,
                     const struct ssh_order *order, const struct ssh_hooks *hooks,
                     void *arg)
{
    struct ssh *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->state = SESSION_FRESH;
    s->client = client;
    s->loop = loop;
    s->order = *order;
    s->hooks = s->channel.hooks = hooks;
    s->arg = s->channel.arg = arg;
    fill_in(&s->order, client);
    open_handles(s);
    uv_idle_start(&s->again, on_again);
    return s;
}

int ssh_write(struct ssh *s, const void *bytes, size_t len_bytes, struct fail *why)
{
    if (s->state != SESSION_RUNNING)
        return fail_set(why, FAIL_LINK_LOST, "the command is not running");
    if (outqueue_push(&s->channel.out, bytes, len_bytes, why) < 0)
        return -1;
    if (s->channel.pending == CHANNEL_IDLE)
        uv_idle_start(&s->again, on_again);
    return 0;
}

void ssh_close(struct ssh *s, void (*on_closed)(void *arg))
{
    s->on_closed = on_closed;
    feed(s, EV_CLOSE);
}
