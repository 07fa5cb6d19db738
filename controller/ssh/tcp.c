#include "controller/ssh/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "controller/ssh/wire.h"
#include "protocol/fail.h"

/* A peer that is gone without a word is noticed by the kernel, too. */
#define KEEPALIVE_IDLE_S     30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES     3
#define UNACKNOWLEDGED_MS    60000

struct tcp {
    struct wire wire;
    uv_poll_t poll;
    int fd;
    int waiting_for; /* as last given to uv_poll_start() */
    void (*on_closed)(void *arg);
};

static struct tcp *of(struct wire *w)
{
    return (struct tcp *)w; /* it is the first member */
}

static void set_option(int fd, int level, int name, int value)
{
    setsockopt(fd, level, name, &value, sizeof value); /* without it things work, too */
}

static void set_options(int fd)
{
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS);
}

static int connecting_socket(const struct addrinfo *address, struct fail *why)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0 && errno == EAFNOSUPPORT) /* an IPv6 address, say, where there is none */
        return fail_set(why, FAIL_CONNECT, "%s", strerror(errno));
    if (fd < 0)
        return fail_set(why, FAIL_STATE, "no socket: %s", strerror(errno));
    set_options(fd);
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0 || errno == EINPROGRESS)
        return fd;
    fail_set(why, FAIL_CONNECT, "%s", strerror(errno));
    close(fd);
    return -1;
}

/* ---- what a wire does ---------------------------------------------------------- */

/* An error of the socket shows as ready, too: whoever then uses it learns it. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct tcp *t = poll->data;

    (void)status;
    (void)events;
    t->wire.on_ready(t->wire.arg);
}

static void wait_for(struct wire *w, int for_what)
{
    struct tcp *t = of(w);

    if (t->waiting_for == for_what)
        return;
    t->waiting_for = for_what;
    if (for_what == WIRE_NOTHING)
        uv_poll_stop(&t->poll);
    else
        uv_poll_start(&t->poll,
                      (for_what & WIRE_READABLE ? UV_READABLE : 0) |
                          (for_what & WIRE_WRITABLE ? UV_WRITABLE : 0),
                      on_poll);
}

static int check(struct wire *w, struct fail *why)
{
    int error = 0;
    socklen_t size = sizeof error;

    if (getsockopt(of(w)->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    return error ? fail_set(why, FAIL_CONNECT, "%s", strerror(error)) : 0;
}

static int explain(const struct wire *w, struct fail *why)
{
    (void)w;
    (void)why;
    return 0;
}

static ssize_t send_some(struct wire *w, const void *bytes, size_t len_bytes)
{
    ssize_t n;

    do
        n = send(of(w)->fd, bytes, len_bytes, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static ssize_t receive_some(struct wire *w, void *bytes, size_t len_bytes)
{
    ssize_t n;

    do
        n = recv(of(w)->fd, bytes, len_bytes, 0);
    while (n < 0 && errno == EINTR);
    return n < 0 ? -errno : n;
}

static int socket_of(const struct wire *w)
{
    return ((const struct tcp *)w)->fd;
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct tcp *t = handle->data;

    close(t->fd);
    t->on_closed(t->wire.arg);
    free(t);
}

static void close_it(struct wire *w, void (*on_closed)(void *arg))
{
    of(w)->on_closed = on_closed;
    uv_close((uv_handle_t *)&of(w)->poll, on_poll_closed);
}

static const struct wire_kind kind = {wait_for,     check,     explain, send_some,
                                      receive_some, socket_of, close_it};

/* ---- life ---------------------------------------------------------------------- */

struct wire *tcp_open(uv_loop_t *loop, const struct addrinfo *address,
                      void (*on_ready)(void *arg), void *arg, struct fail *why)
{
    struct tcp *t = calloc(1, sizeof *t);
    int rc;

    if (!t) {
        fail_memory(why);
        return NULL;
    }
    t->wire = (struct wire){&kind, on_ready, arg};
    t->poll.data = t;
    t->fd = connecting_socket(address, why);
    if (t->fd < 0) {
        free(t);
        return NULL;
    }
    rc = uv_poll_init(loop, &t->poll, t->fd);
    if (rc < 0) {
        fail_set(why, FAIL_STATE, "cannot watch a socket: %s", uv_strerror(rc));
        close(t->fd);
        free(t);
        return NULL;
    }
    return &t->wire;
}
