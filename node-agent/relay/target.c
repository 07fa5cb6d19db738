#include "node-agent/relay/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node-agent/outbox.h"
#include "node-agent/relay/addresses.h"
#include "node-agent/relay/namesake.h"
#include "protocol/fail.h"
#include "protocol/mux.h"
#include "protocol/mux_buffer.h"
#include "protocol/mux_stream.h"

/* A name that the resolver does not know soon is not waited for any longer. */
#define LOOKUP_MS 10000

/* When all lookups are at work, look again so much later. */
#define TURN_MS 20

enum step { QUEUED, LOOKING_UP, CONNECTING, CONNECTED, ENDED };

struct target {
    struct target *next; /* in its owner's chain */
    struct target_line *line;
    struct mux_stream stream;
    enum step step;
    char address[MUX_ADDRESS_BYTES];
    uint16_t port;
    uint32_t patience_ms;
    int64_t until_ms; /* when it must be connected      */
    int64_t due_ms;   /* when what is under way is late */

    struct namesake *namesake;
    struct addresses addresses;
    struct fail last; /* what the last address died of */

    int fd;
    uint32_t watched;       /* epoll's events of fd, or 0: not with it */
    struct mux_buffer held; /* for the node */
};

/* ---- saying ---------------------------------------------------------------------- */

static int say(struct target *t, struct mux_frame *f, struct fail *why)
{
    unsigned char *frame;
    size_t bytes;
    int rc;

    f->stream = t->stream.id;
    if (mux_encode(f, &frame, &bytes, why) < 0)
        return -1;
    rc = outbox_push(t->line->outbox, OUTBOX_KEEP, (const char *)frame + 4, bytes - 4,
                     why);
    free(frame);
    return rc;
}

static void unwatch(struct target *t, int fd)
{
    if (t->watched)
        epoll_ctl(t->line->epoll, EPOLL_CTL_DEL, fd, NULL);
    t->watched = 0;
}

static void end_lookup(struct target *t)
{
    if (!t->namesake)
        return;
    unwatch(t, namesake_fd(t->namesake));
    namesake_close(t->namesake);
    t->namesake = NULL;
    t->line->lookups--;
}

static void hang_up(struct target *t)
{
    end_lookup(t);
    if (t->fd >= 0) {
        unwatch(t, t->fd);
        close(t->fd);
    }
    t->fd = -1;
    mux_buffer_clear(&t->held);
    t->step = ENDED;
    t->due_ms = TARGET_NEVER;
}

/* Say close, with a reason unless it is NULL, and be silent. */
static int give_up(struct target *t, const struct fail *reason, struct fail *why)
{
    struct mux_frame close = {.kind = MUX_CLOSE};

    if (reason)
        close.why = *reason;
    hang_up(t);
    mux_stream_say_close(&t->stream);
    return say(t, &close, why);
}

/* ---- what is waited for ---------------------------------------------------------- */

static int watch(struct target *t, int fd, uint32_t events, struct fail *why)
{
    struct epoll_event e = {.events = events, .data.ptr = t};
    int what = t->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    if (events == t->watched)
        return 0;
    if (!events) {
        unwatch(t, fd);
        return 0;
    }
    if (epoll_ctl(t->line->epoll, what, fd, &e) < 0)
        return fail_set(why, FAIL_BUG, "a connection cannot be watched: %s",
                        strerror(errno));
    t->watched = events;
    return 0;
}

static int watch_connected(struct target *t, struct fail *why)
{
    uint32_t in = mux_stream_may_send(&t->stream) > 0 ? EPOLLIN : 0;

    return watch(t, t->fd, in | (t->held.len_bytes ? EPOLLOUT : 0), why);
}

/* ---- getting there --------------------------------------------------------------- */

static int give_up_late(struct target *t, struct fail *why)
{
    struct fail reason;

    fail_set(&reason, FAIL_NO_ANSWER, "no answer from %s:%u within %g s, %s", t->address,
             t->port, (double)t->patience_ms / 1000,
             t->step == CONNECTING ? "connecting" : "looking up the address");
    return give_up(t, &reason, why);
}

/* The time that is left is shared by the addresses that are left. */
static int connect_next(struct target *t, int64_t now_ms, struct fail *why)
{
    int64_t left_ms = t->until_ms - now_ms;

    if (t->fd >= 0) {
        unwatch(t, t->fd);
        close(t->fd);
    }
    t->fd = left_ms > 0 ? addresses_connect(&t->addresses, &t->last) : -1;
    if (t->fd < 0 && left_ms <= 0)
        return give_up_late(t, why);
    if (t->fd < 0) {
        fail_prefix(&t->last, "%s:%u", t->address, t->port);
        return give_up(t, &t->last, why);
    }
    t->step = CONNECTING;
    t->due_ms = now_ms + left_ms / (int64_t)(1 + addresses_left(&t->addresses));
    return watch(t, t->fd, EPOLLOUT, why);
}

static int unknown_name(struct target *t, struct fail *why)
{
    struct fail reason;

    fail_set(&reason, FAIL_RESOLVE, "%s: the jump host does not know this name",
             t->address);
    return give_up(t, &reason, why);
}

static int look_up(struct target *t, int64_t now_ms, struct fail *why)
{
    struct fail reason;

    if (now_ms >= t->until_ms)
        return give_up_late(t, why);
    if (t->line->lookups >= TARGET_LOOKUPS_MAX) {
        t->due_ms = now_ms + TURN_MS;
        return 0;
    }
    if (namesake_open(&t->namesake, t->address, &reason) < 0)
        return give_up(t, &reason, why);
    t->line->lookups++;
    t->step = LOOKING_UP;
    t->due_ms = now_ms + LOOKUP_MS < t->until_ms ? now_ms + LOOKUP_MS : t->until_ms;
    return watch(t, namesake_fd(t->namesake), EPOLLIN, why);
}

static int go_on_looking_up(struct target *t, int64_t now_ms, struct fail *why)
{
    if (namesake_read(t->namesake, t->port, &t->addresses) == 0)
        return 0;
    end_lookup(t);
    return t->addresses.count ? connect_next(t, now_ms, why) : unknown_name(t, why);
}

static int finish_connecting(struct target *t, int64_t now_ms, struct fail *why)
{
    struct mux_frame opened = {.kind = MUX_OPENED};
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    if (error) {
        fail_set(&t->last, FAIL_CONNECT, "%s", strerror(error));
        return connect_next(t, now_ms, why);
    }
    t->step = CONNECTED;
    t->due_ms = TARGET_NEVER;
    mux_stream_say_opened(&t->stream);
    return say(t, &opened, why) < 0 ? -1 : watch_connected(t, why);
}

/* ---- bytes from the node --------------------------------------------------------- */

static int give_up_broken(struct target *t, int error, struct fail *why)
{
    struct fail reason;

    fail_set(&reason, FAIL_LINK_LOST, "%s:%u: %s", t->address, t->port, strerror(error));
    return give_up(t, &reason, why);
}

/* Both have said all. */
static bool is_done(const struct target *t)
{
    return t->stream.said_eof && t->stream.heard_eof && t->held.len_bytes == 0;
}

static int pass_end(struct target *t, struct fail *why)
{
    struct mux_frame eof = {.kind = MUX_EOF};

    mux_stream_say_eof(&t->stream);
    if (say(t, &eof, why) < 0)
        return -1;
    return is_done(t) ? give_up(t, NULL, why) : 0;
}

/* One piece a turn, so that a node that floods leaves the others theirs. */
static int pass_up(struct target *t, struct fail *why)
{
    size_t most = mux_stream_may_send(&t->stream);
    char bytes[MUX_DATA_MAX_BYTES];
    struct mux_frame data = {.kind = MUX_DATA, .bytes = bytes};
    ssize_t n;

    if (most == 0)
        return 0;
    n = read(t->fd, bytes, most < sizeof bytes ? most : sizeof bytes);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n < 0)
        return give_up_broken(t, errno, why);
    if (n == 0)
        return pass_end(t, why);
    data.len_bytes = (size_t)n;
    mux_stream_sent(&t->stream, data.len_bytes);
    return say(t, &data, why);
}

/* ---- bytes for the node ---------------------------------------------------------- */

static int give_credit(struct target *t, size_t len_bytes, struct fail *why)
{
    struct mux_frame credit = {.kind = MUX_CREDIT};

    credit.credit_bytes = mux_stream_used(&t->stream, len_bytes);
    return credit.credit_bytes ? say(t, &credit, why) : 0;
}

static int end_down(struct target *t, struct fail *why)
{
    if (is_done(t))
        return give_up(t, NULL, why);
    shutdown(t->fd, SHUT_WR);
    return 0;
}

static int pass_down(struct target *t, struct fail *why)
{
    ssize_t n;

    if (t->held.len_bytes == 0)
        return 0;
    n = send(t->fd, mux_buffer_front(&t->held), t->held.len_bytes, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n < 0)
        return give_up_broken(t, errno, why);
    mux_buffer_drop(&t->held, (size_t)n);
    if (give_credit(t, (size_t)n, why) < 0)
        return -1;
    if (t->held.len_bytes > 0)
        return 0;
    return t->stream.heard_eof ? end_down(t, why) : 0;
}

static int take_data(struct target *t, const struct mux_frame *f, struct fail *why)
{
    bool was_waiting = t->held.len_bytes > 0;

    if (mux_buffer_add(&t->held, f->bytes, f->len_bytes, why) < 0)
        return -1;
    return was_waiting ? 0 : pass_down(t, why);
}

/* ---- what the loop says ---------------------------------------------------------- */

int target_hear(struct target *t, const struct mux_frame *f, struct fail *why)
{
    int rc = 0;

    switch (mux_stream_hear(&t->stream, f, why)) {
    case MUX_HEARD_WRONG:
        return -1;
    case MUX_HEARD_PASSED:
        return 0;
    case MUX_HEARD:
        break;
    }
    if (f->kind == MUX_CLOSE)
        return give_up(t, NULL, why);
    if (f->kind == MUX_DATA)
        rc = take_data(t, f, why);
    else if (f->kind == MUX_EOF && t->held.len_bytes == 0)
        rc = end_down(t, why);
    return rc == 0 && t->step == CONNECTED ? watch_connected(t, why) : rc;
}

int target_serve(struct target *t, uint32_t events, int64_t now_ms, struct fail *why)
{
    int rc = 0;

    switch (t->step) {
    case LOOKING_UP:
        return go_on_looking_up(t, now_ms, why);
    case CONNECTING:
        return finish_connecting(t, now_ms, why);
    case CONNECTED:
        if (events & (EPOLLOUT | EPOLLERR))
            rc = pass_down(t, why);
        if (rc == 0 && t->step == CONNECTED && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            rc = pass_up(t, why);
        return rc == 0 && t->step == CONNECTED ? watch_connected(t, why) : rc;
    default:
        return 0;
    }
}

int target_tick(struct target *t, int64_t now_ms, struct fail *why)
{
    if (now_ms < t->due_ms)
        return 0;
    switch (t->step) {
    case QUEUED:
        return look_up(t, now_ms, why);
    case LOOKING_UP:
        return give_up_late(t, why);
    case CONNECTING:
        return connect_next(t, now_ms, why);
    default:
        return 0;
    }
}

int64_t target_due_ms(const struct target *t)
{
    return t->due_ms;
}

bool target_is_over(const struct target *t)
{
    return t->stream.state == MUX_STREAM_OVER;
}

uint32_t target_stream(const struct target *t)
{
    return t->stream.id;
}

struct target **target_link(struct target *t)
{
    return &t->next;
}

/* ---- life ------------------------------------------------------------------------ */

int target_new(struct target **t, struct target_line *line, const struct mux_frame *f,
               int64_t now_ms, struct fail *why)
{
    struct target *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    made->line = line;
    made->stream = mux_stream_new(f->stream, false);
    strcpy(made->address, f->address);
    made->port = f->port;
    made->patience_ms = f->patience_ms;
    made->until_ms = now_ms + f->patience_ms;
    made->fd = -1;
    *t = made;
    return addresses_add(&made->addresses, f->address, f->port) == 0
               ? connect_next(made, now_ms, why)
               : look_up(made, now_ms, why);
}

void target_free(struct target *t)
{
    if (t)
        hang_up(t);
    free(t);
}
