#include "node-agent/detect/visit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "node-agent/clock.h"
#include "node-agent/fd.h"
#include "protocol/reply.h"
#include "protocol/scope.h"

#define REQUEST_BYTES 512

/* false: the deadline came first. */
static bool wait_for(int fd, short events, int64_t until_ms)
{
    struct pollfd p = {.fd = fd, .events = events};

    for (;;) {
        int64_t left = until_ms - clock_ms();
        int n;

        if (left <= 0)
            return false;
        n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
}

static enum visit_end end_of(int error)
{
    switch (error) {
    case 0:
        return VISIT_ANSWERED;
    case ECONNREFUSED:
    case ECONNRESET:
        return VISIT_REFUSED;
    case ETIMEDOUT:
        return VISIT_SILENT;
    default: /* no route, no network, forbidden by a rule, no descriptors */
        return VISIT_ABSENT;
    }
}

static enum visit_end join(const struct visit *v, int fd)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(v->port),
                             .sin_addr.s_addr = htonl(v->address)};
    socklen_t len = sizeof(int);
    int error = 0;

    if (connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return VISIT_ANSWERED;
    if (errno != EINPROGRESS)
        return end_of(errno);
    if (!wait_for(fd, POLLOUT, v->connect_until_ms))
        return VISIT_SILENT;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = errno;
    return end_of(error);
}

static bool is_for_later(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

/* A request is smaller than any socket's buffer, but nobody has promised that. */
static enum visit_end request(const struct visit *v, int fd)
{
    char text[REQUEST_BYTES];
    int len = snprintf(text, sizeof text,
                       "GET %s HTTP/1.1\r\nHost: %s\r\nMetadata: true\r\n"
                       "Accept: application/json\r\nUser-Agent: ibfleet/" IBFLEET_VERSION
                       "\r\nConnection: close\r\n\r\n",
                       v->path, v->host);

    if (len >= (int)sizeof text)
        return VISIT_ABSENT;
    for (size_t done = 0; done < (size_t)len;) {
        ssize_t n = send(fd, text + done, (size_t)len - done, MSG_NOSIGNAL);

        if (n < 0 && !is_for_later())
            return VISIT_CUT;
        if (n > 0)
            done += (size_t)n;
        else if (!wait_for(fd, POLLOUT, v->until_ms))
            return VISIT_SLOW;
    }
    return VISIT_ANSWERED;
}

static enum visit_end end_of_reply(enum reply_state state)
{
    switch (state) {
    case REPLY_WHOLE:
        return VISIT_ANSWERED;
    case REPLY_GARBAGE:
        return VISIT_GARBAGE;
    case REPLY_TOO_LARGE:
        return VISIT_TOO_LARGE;
    default:
        return VISIT_CUT;
    }
}

static enum visit_end listen_to(const struct visit *v, int fd, char *buffer,
                                struct reply *r)
{
    enum reply_state state = REPLY_MORE;
    size_t have = 0;

    while (state == REPLY_MORE) {
        ssize_t n;

        if (!wait_for(fd, POLLIN, v->until_ms))
            return VISIT_SLOW;
        n = recv(fd, buffer + have, REPLY_MAX_BYTES - have, 0);
        if (n < 0 && is_for_later())
            continue;
        have += n > 0 ? (size_t)n : 0;
        state = reply_read(buffer, have, n <= 0, r);
    }
    return end_of_reply(state);
}

enum visit_end visit_get(const struct visit *v, char *buffer, struct reply *r)
{
    CLEANUP(fd_done)
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    enum visit_end end = fd < 0 ? VISIT_ABSENT : join(v, fd);

    if (end == VISIT_ANSWERED)
        end = request(v, fd);
    return end == VISIT_ANSWERED ? listen_to(v, fd, buffer, r) : end;
}
