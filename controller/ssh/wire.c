#include "controller/ssh/wire.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "protocol/fail.h"

/* A peer that is gone without a word is noticed by the kernel, too. */
#define KEEPALIVE_IDLE_S     30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES     3
#define UNACKNOWLEDGED_MS    60000

struct wire {
    uv_poll_t poll;
    int fd;
    int waiting_for; /* as last given to uv_poll_start() */
    void (*on_ready)(void *arg);
    void (*on_closed)(void *arg);
    void *arg;
};

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

/* An error of the socket shows as ready, too: whoever then uses it learns it. */
static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct wire *w = poll->data;

    (void)status;
    (void)events;
    w->on_ready(w->arg);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct wire *w = handle->data;

    close(w->fd);
    w->on_closed(w->arg);
    free(w);
}

struct wire *wire_open(uv_loop_t *loop, const struct addrinfo *address,
                       void (*on_ready)(void *arg), void *arg, struct fail *why)
{
    struct wire *w = calloc(1, sizeof *w);
    int rc;

    if (!w) {
        fail_memory(why);
        return NULL;
    }
    w->on_ready = on_ready;
    w->arg = arg;
    w->poll.data = w;
    w->fd = connecting_socket(address, why);
    if (w->fd < 0) {
        free(w);
        return NULL;
    }
    rc = uv_poll_init(loop, &w->poll, w->fd);
    if (rc < 0) {
        fail_set(why, FAIL_STATE, "cannot watch a socket: %s", uv_strerror(rc));
        close(w->fd);
        free(w);
        return NULL;
    }
    return w;
}

void wire_wait(struct wire *w, int for_what)
{
    if (w->waiting_for == for_what)
        return;
    w->waiting_for = for_what;
    if (for_what == WIRE_NOTHING)
        uv_poll_stop(&w->poll);
    else
        uv_poll_start(&w->poll,
                      (for_what & WIRE_READABLE ? UV_READABLE : 0) |
                          (for_what & WIRE_WRITABLE ? UV_WRITABLE : 0),
                      on_poll);
}

int wire_error(const struct wire *w)
{
    int error = 0;
    socklen_t size = sizeof error;

    return getsockopt(w->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

int wire_socket(const struct wire *w)
{
    return w->fd;
}

void wire_close(struct wire *w, void (*on_closed)(void *arg))
{
    w->on_closed = on_closed;
    uv_close((uv_handle_t *)&w->poll, on_poll_closed);
}
