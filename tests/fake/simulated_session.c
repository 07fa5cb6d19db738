#include "tests/fake/simulated_session.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/fake/simulated_deed.h"

/* What is written in one go, and in one turn of a session that floods. */
#define PIECE_BYTES 16384u
#define TURN_BYTES  131072u

struct simulated_session {
    int fd;
    struct ssh_key_struct *user_key;
    const struct deed *rule;
    ssh_session session; /* NULL: mute */
    ssh_event event; /* of this session alone, so that a turn costs no more with many */
    ssh_channel channel;
    struct deed deed;
    enum { IDLE, ASKED, RUNNING, ENDED } state;
    bool input_over;
    struct ssh_server_callbacks_struct server;
    struct ssh_channel_callbacks_struct stream;
};

/* ---- what libssh calls ---------------------------------------------------------- */

static int on_key(ssh_session session, const char *user, struct ssh_key_struct *key,
                  char state, void *arg)
{
    const struct simulated_session *s = arg;
    bool mine = ssh_key_cmp(key, s->user_key, SSH_KEY_CMP_PUBLIC) == 0;

    (void)session;
    (void)user;
    return mine && (state == SSH_PUBLICKEY_STATE_NONE ||
                    state == SSH_PUBLICKEY_STATE_VALID)
               ? SSH_AUTH_SUCCESS
               : SSH_AUTH_DENIED;
}

/* The answer to the request goes out before anything that the command says. */
static int on_exec(ssh_session session, ssh_channel channel, const char *command,
                   void *arg)
{
    struct simulated_session *s = arg;

    (void)session;
    (void)channel;
    if (s->state != IDLE)
        return 1;
    deed_parse(command, &s->deed);
    if (s->rule)
        s->deed = *s->rule;
    s->state = ASKED;
    if (s->deed.kind == DEED_VANISH)
        shutdown(s->fd, SHUT_RDWR);
    return 0;
}

/* What does not fit into the window stays with libssh and comes again. */
static int on_input(ssh_session session, ssh_channel channel, void *bytes, uint32_t len,
                    int is_stderr, void *arg)
{
    struct simulated_session *s = arg;
    int n;

    (void)session;
    (void)is_stderr;
    if (s->deed.kind != DEED_CAT)
        return (int)len;
    n = ssh_channel_write(channel, bytes, len);
    return n > 0 ? n : 0;
}

static void on_input_over(ssh_session session, ssh_channel channel, void *arg)
{
    struct simulated_session *s = arg;

    (void)session;
    (void)channel;
    s->input_over = true;
}

static ssh_channel on_open(ssh_session session, void *arg)
{
    struct simulated_session *s = arg;

    if (s->channel)
        return NULL;
    s->channel = ssh_channel_new(session);
    if (!s->channel)
        return NULL;
    s->stream = (struct ssh_channel_callbacks_struct){
        .userdata = s,
        .channel_data_function = on_input,
        .channel_eof_function = on_input_over,
        .channel_exec_request_function = on_exec,
    };
    ssh_callbacks_init(&s->stream);
    ssh_set_channel_callbacks(s->channel, &s->stream);
    return s->channel;
}

/* ---- the command ---------------------------------------------------------------- */

static int end(struct simulated_session *s)
{
    ssh_channel_request_send_exit_status(s->channel, s->deed.status);
    ssh_channel_send_eof(s->channel);
    ssh_channel_close(s->channel);
    s->state = ENDED;
    return 0;
}

static int say(struct simulated_session *s)
{
    uint32_t len = (uint32_t)strlen(s->deed.said);

    if (len > 0 && s->deed.status == 0)
        ssh_channel_write(s->channel, s->deed.said, len);
    else if (len > 0)
        ssh_channel_write_stderr(s->channel, s->deed.said, len);
    return end(s);
}

/* No farther than the window, and no more at once than a fair share. */
static int flood(struct simulated_session *s)
{
    static char piece[PIECE_BYTES];
    uint32_t left = TURN_BYTES;

    if (!piece[0])
        for (size_t i = 0; i < sizeof piece; i++)
            piece[i] = i % 64 == 63 ? '\n' : (char)('a' + i / 64 % 26);
    while (s->deed.flood_bytes > 0 && left > 0) {
        uint32_t want = left < PIECE_BYTES ? left : PIECE_BYTES;
        int n;

        if (s->deed.flood_bytes < want)
            want = (uint32_t)s->deed.flood_bytes;
        if (ssh_channel_window_size(s->channel) == 0)
            return 0;
        n = ssh_channel_write(s->channel, piece, want);
        if (n <= 0)
            return n < 0 ? -1 : 0;
        s->deed.flood_bytes -= (uint32_t)n;
        left -= (uint32_t)n;
    }
    return s->deed.flood_bytes > 0 ? 0 : end(s);
}

/* Closing with this option on sends a reset. */
static int die(struct simulated_session *s)
{
    struct linger at_once = {.l_onoff = 1};

    ssh_channel_write(s->channel, "half a li", 9);
    ssh_blocking_flush(s->session, 0);
    setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return -1;
}

static int run(struct simulated_session *s)
{
    s->state = RUNNING;
    switch (s->deed.kind) {
    case DEED_SAY:
        return say(s);
    case DEED_CAT:
        return s->input_over ? end(s) : 0;
    case DEED_FLOOD:
        return flood(s);
    case DEED_DIE:
        return die(s);
    case DEED_VANISH:
        return -1;
    case DEED_HANG:
    case DEED_MUTE:
        break;
    }
    return 0;
}

/* ---- the session ---------------------------------------------------------------- */

static bool is_gone(int fd)
{
    char byte;

    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* A mute one, too, reads; -1: there is nobody any more. */
static int hear(int fd)
{
    char bytes[4096];

    return recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) == 0 ? -1 : 0;
}

static bool has_more_to_write(const struct simulated_session *s)
{
    return (ssh_get_poll_flags(s->session) & SSH_WRITE_PENDING) ||
           (s->state == RUNNING && s->deed.kind == DEED_FLOOD &&
            ssh_channel_window_size(s->channel) > 0);
}

/* What is written last must reach the other side: the session lives until the client
 * hangs up.
 */
int simulated_session_work(struct simulated_session *s, uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP))
        return -1;
    if (!s->session)
        return hear(s->fd);
    ssh_event_dopoll(s->event, 0);
    if (ssh_get_status(s->session) & (SSH_CLOSED | SSH_CLOSED_ERROR))
        return -1;
    if ((s->state == ASKED || s->state == RUNNING) && run(s) < 0)
        return -1;
    if (has_more_to_write(s))
        ssh_event_dopoll(s->event, 0);
    return (events & EPOLLRDHUP) && is_gone(s->fd) ? -1 : 0;
}

uint32_t simulated_session_awaits(const struct simulated_session *s)
{
    return (uint32_t)(EPOLLIN | EPOLLRDHUP) |
           (s->session && has_more_to_write(s) ? (uint32_t)EPOLLOUT : 0);
}

int simulated_session_fd(const struct simulated_session *s)
{
    return s->fd;
}

bool simulated_session_has_answered(const struct simulated_session *s)
{
    return s->state == ENDED && !s->rule;
}

/* ---- life ----------------------------------------------------------------------- */

static int speak(struct simulated_session *s, ssh_bind bind)
{
    s->session = ssh_new();
    s->event = ssh_event_new();
    if (!s->session || !s->event || ssh_bind_accept_fd(bind, s->session, s->fd) != SSH_OK)
        return -1;
    s->server = (struct ssh_server_callbacks_struct){
        .userdata = s,
        .auth_pubkey_function = on_key,
        .channel_open_request_session_function = on_open,
    };
    ssh_callbacks_init(&s->server);
    ssh_set_server_callbacks(s->session, &s->server);
    ssh_set_auth_methods(s->session, SSH_AUTH_METHOD_PUBLICKEY);
    ssh_set_blocking(s->session, 0);
    if (ssh_handle_key_exchange(s->session) == SSH_ERROR)
        return -1;
    return ssh_event_add_session(s->event, s->session) == SSH_OK ? 0 : -1;
}

struct simulated_session *simulated_session_new(struct ssh_bind_struct *bind, int fd,
                                                struct ssh_key_struct *user_key,
                                                const struct deed *rule)
{
    struct simulated_session *s = calloc(1, sizeof *s);

    if (!s) {
        close(fd);
        return NULL;
    }
    s->fd = fd;
    s->user_key = user_key;
    s->rule = rule;
    if (rule && rule->kind == DEED_MUTE)
        return s;
    if (speak(s, bind) < 0) {
        simulated_session_free(s);
        return NULL;
    }
    return s;
}

/* libssh closes the socket that it was given. */
void simulated_session_free(struct simulated_session *s)
{
    if (!s)
        return;
    if (s->session && s->event)
        ssh_event_remove_session(s->event, s->session);
    if (s->session)
        ssh_free(s->session);
    else
        close(s->fd);
    if (s->event)
        ssh_event_free(s->event);
    free(s);
}
