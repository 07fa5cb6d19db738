#include "node-agent/relay/addresses.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "protocol/fail.h"

#define NUMERIC_BYTES 80

/* As the controller has them for connections of its own. */
#define KEEPALIVE_IDLE_S     30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_PROBES     3
#define UNACKNOWLEDGED_MS    60000

static bool read_v4(const char *numeric, uint16_t port, struct sockaddr_in *v4)
{
    *v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    return inet_pton(AF_INET, numeric, &v4->sin_addr) == 1;
}

static bool read_v6(const char *numeric, uint16_t port, struct sockaddr_in6 *v6)
{
    char text[NUMERIC_BYTES], *scope;

    *v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (strlen(numeric) >= sizeof text)
        return false;
    strcpy(text, numeric);
    scope = strchr(text, '%');
    if (scope) {
        *scope++ = '\0';
        v6->sin6_scope_id = if_nametoindex(scope);
    }
    return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

static socklen_t size_of(const struct sockaddr *any)
{
    return any->sa_family == AF_INET ? sizeof(struct sockaddr_in)
                                     : sizeof(struct sockaddr_in6);
}

static bool is_there(const struct addresses *a, const struct sockaddr *any)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->all[i].any.sa_family == any->sa_family &&
            memcmp(&a->all[i], any, size_of(any)) == 0)
            return true;
    return false;
}

int addresses_add(struct addresses *a, const char *numeric, uint16_t port)
{
    struct addresses one = {.count = 1};

    if (!read_v4(numeric, port, &one.all[0].v4) &&
        !read_v6(numeric, port, &one.all[0].v6))
        return -1;
    if (a->count < ADDRESSES_MAX && !is_there(a, &one.all[0].any))
        a->all[a->count++] = one.all[0];
    return 0;
}

/* ---- connecting ------------------------------------------------------------------ */

static void set_options(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S},
        {IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS},
    };

    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                   sizeof options[i].value); /* without it things work, too */
}

static int start(const struct sockaddr *any)
{
    int fd = socket(any->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error;

    if (fd < 0)
        return -1;
    set_options(fd);
    if (connect(fd, any, size_of(any)) == 0 || errno == EINPROGRESS)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

int addresses_connect(struct addresses *a, struct fail *why)
{
    while (a->next < a->count) {
        int fd = start(&a->all[a->next++].any);

        if (fd >= 0)
            return fd;
        fail_set(why, FAIL_CONNECT, "%s", strerror(errno));
    }
    return -1;
}

size_t addresses_left(const struct addresses *a)
{
    return a->count - a->next;
}
