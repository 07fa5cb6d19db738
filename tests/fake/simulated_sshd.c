/* simulated-sshd - many cheap nodes in one process, behind one port of 127.0.0.0/8
 *
 *     simulated-sshd --port P --host-key FILE --user-key FILE.pub [--rules FILE]
 *
 * Every address of 127.0.0.0/8 is a node of its own, all with one host key; what a node
 * does follows from its command, or from the rules: simulated_deed.h.  Prints "ready"
 * when it listens.  For each line of stdin it says how many nodes without a rule have
 * answered so far, and when the latest did; at the end of stdin it ends, so
 * it never outlives a test.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "controller/whole_file.h"
#include "protocol/fail.h"
#include "tests/fake/simulated_deed.h"
#include "tests/fake/simulated_session.h"

#define BACKLOG         4096
#define EVENTS          256
#define RULES_MAX_BYTES ((size_t)16 << 20)

/* Of who waits for a first word, for a fair share each. */
#define ACCEPTED_AT_ONCE 32

struct server {
    int epoll, listener;
    ssh_bind bind;
    ssh_key user_key;
    struct rules *rules;
    unsigned answered;
    struct timespec answered_at; /* CLOCK_MONOTONIC */
};

static const char usage[] =
    "simulated-sshd --port P --host-key FILE --user-key FILE.pub [--rules FILE]\n";

/* ---- beginning ------------------------------------------------------------------ */

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "simulated-sshd: %s: %s\n", what, why);
    return -1;
}

static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* All addresses, but of the loopback device only: no other machine can reach it. */
static int listen_on(struct server *s, uint16_t port)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;

    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->listener < 0 ||
        setsockopt(s->listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) < 0 ||
        setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(s->listener, (struct sockaddr *)&any, sizeof any) < 0 ||
        listen(s->listener, BACKLOG) < 0)
        return complain("listening", strerror(errno));
    return 0;
}

static int read_keys(struct server *s, const char *host_key, const char *user_key)
{
    bool no = false;

    s->bind = ssh_bind_new();
    if (!s->bind ||
        ssh_bind_options_set(s->bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no) < 0 ||
        ssh_bind_options_set(s->bind, SSH_BIND_OPTIONS_HOSTKEY, host_key) < 0)
        return complain(host_key, "not a host key");
    if (ssh_pki_import_pubkey_file(user_key, &s->user_key) != SSH_OK)
        return complain(user_key, "not a public key");
    return 0;
}

static int read_rules(struct server *s, const char *path)
{
    char *text = NULL;
    size_t len_bytes;
    struct fail why;

    if (!path)
        text = strdup("");
    else if (whole_file_read(path, RULES_MAX_BYTES, &text, &len_bytes) < 0)
        return complain(path, strerror(errno));
    s->rules = text ? rules_parse(text, &why) : NULL;
    free(text);
    return s->rules ? 0 : complain(path ? path : "rules", why.text);
}

static int watch(struct server *s, int op, int fd, uint32_t events, void *what)
{
    struct epoll_event event = {.events = events, .data.ptr = what};

    return epoll_ctl(s->epoll, op, fd, &event);
}

static int begin(struct server *s, uint16_t port)
{
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll < 0 || listen_on(s, port) < 0 ||
        watch(s, EPOLL_CTL_ADD, s->listener, EPOLLIN, &s->listener) < 0 ||
        watch(s, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, s) < 0)
        return complain("beginning", strerror(errno));
    return 0;
}

/* ---- serving -------------------------------------------------------------------- */

static void welcome(struct server *s, int fd)
{
    struct sockaddr_in here;
    socklen_t size = sizeof here;
    struct simulated_session *session;
    int on = 1;

    if (getsockname(fd, (struct sockaddr *)&here, &size) < 0) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    session = simulated_session_new(s->bind, fd, s->user_key,
                                    rules_find(s->rules, ntohl(here.sin_addr.s_addr)));
    if (session &&
        watch(s, EPOLL_CTL_ADD, fd, simulated_session_awaits(session), session) < 0)
        simulated_session_free(session);
}

static int accept_some(struct server *s)
{
    for (int i = 0; i < ACCEPTED_AT_ONCE; i++) {
        int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0)
            welcome(s, fd);
        else if (errno == EMFILE || errno == ENFILE)
            return complain("accepting", strerror(errno));
        else
            break;
    }
    return 0;
}

static void serve(struct server *s, struct simulated_session *session, uint32_t events)
{
    int fd = simulated_session_fd(session);
    bool had_answered = simulated_session_has_answered(session);
    int over = simulated_session_work(session, events);

    if (!had_answered && simulated_session_has_answered(session)) {
        s->answered++;
        clock_gettime(CLOCK_MONOTONIC, &s->answered_at);
    }
    if (over < 0) {
        epoll_ctl(s->epoll, EPOLL_CTL_DEL, fd, NULL);
        simulated_session_free(session);
    } else {
        watch(s, EPOLL_CTL_MOD, fd, simulated_session_awaits(session), session);
    }
}

/* -1 at the end of stdin. */
static int report(struct server *s)
{
    char lines[256];

    if (read(STDIN_FILENO, lines, sizeof lines) <= 0)
        return -1;
    printf("answered %u, latest at %lld.%09ld\n", s->answered,
           (long long)s->answered_at.tv_sec, s->answered_at.tv_nsec);
    fflush(stdout);
    return 0;
}

/* Until stdin ends. */
static int run(struct server *s)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        int n = epoll_wait(s->epoll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == &s->listener) {
                if (accept_some(s) < 0)
                    return 1;
            } else if (events[i].data.ptr != s) {
                serve(s, events[i].data.ptr, events[i].events);
            } else if (report(s) < 0) {
                return 0;
            }
        }
        if (n < 0 && errno != EINTR)
            return 1;
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"port", required_argument, NULL, 'p'},
                                            {"host-key", required_argument, NULL, 'h'},
                                            {"user-key", required_argument, NULL, 'u'},
                                            {"rules", required_argument, NULL, 'r'},
                                            {0}};
    const char *given[256] = {0};
    struct server s = {0};
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
        given[(unsigned char)c] = optarg;
    if (!given['p'] || !given['h'] || !given['u'] || optind < argc) {
        fputs(usage, stderr);
        return 2;
    }
    raise_descriptors();
    if (ssh_init() != SSH_OK || read_keys(&s, given['h'], given['u']) < 0 ||
        read_rules(&s, given['r']) < 0 || begin(&s, (uint16_t)atoi(given['p'])) < 0)
        return 1;
    puts("ready");
    fflush(stdout);
    return run(&s);
}
