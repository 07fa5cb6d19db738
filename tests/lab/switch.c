/* switch - the fabric of the lab: Ethernet between virtual machines, with faults on order
 *
 *     switch DIR N            carry frames between N nodes until killed
 *     switch DIR tell LINE    give the running one a command, print its answer
 *
 * Node i's machine has its NIC on DIR/q<i>.sock and sends to DIR/s<i>.sock, one
 * frame a datagram.  There is a queue for each ordered pair of nodes; a frame
 * never overtakes another of its queue, and nothing is dropped for want of room:
 * while a queue is full its sender is not read, so the wait reaches the guest,
 * as with InfiniBand's credits.  Only a machine that takes nothing for STALL_MS loses
 * frames: it is booting, or off.
 *
 * Commands come over DIR/control.sock, one packet each, and are answered by one:
 * those of faults.h, and `stats`.
 */
#include "tests/lab/faults.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MIN_BYTES  14
#define FRAME_MAX_BYTES  65536
#define QUEUE_FULL_BYTES ((size_t)64 << 10)
#define STALL_MS         2000
#define TELL_MS          5000
#define LINE_SIZE        160
/* Frames moved for one port before the others get their turn. */
#define BATCH  64
#define MS     UINT64_C(1000000)
#define SECOND UINT64_C(1000000000)

struct frame {
    struct frame *next;
    uint64_t arrived_ns;
    size_t len_bytes;
    unsigned char bytes[];
};

struct queue {
    struct frame *head, **tail;
    size_t held_bytes;
};

struct port {
    int rx, tx;
    bool busy;        /* its machine had no room at the last try           */
    uint64_t busy_ns; /* since when                                        */
    unsigned turn;    /* the queue to look at first, so that all get on    */
    bool mac_known;
    unsigned char mac[6]; /* the last one it sent from                     */
};

static struct {
    const char *dir;
    unsigned nodes;
    struct port port[NODES_MAX];
    struct queue queue[NODES_MAX][NODES_MAX]; /* [from][to] */
    struct faults faults;
    int control, client;
    uint64_t frames, bytes, lost_cut, lost_chance, lost_gone;
} lab;

static uint64_t clock_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- sockets ---------------------------------------------------------------- */

static struct sockaddr_un address(const char *kind, const char *number)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int n =
        snprintf(at.sun_path, sizeof at.sun_path, "%s/%s%s.sock", lab.dir, kind, number);

    if (n < 0 || (size_t)n >= sizeof at.sun_path) {
        errno = ENAMETOOLONG;
        die(lab.dir);
    }
    return at;
}

static struct sockaddr_un port_address(const char *kind, unsigned i)
{
    char number[12];

    snprintf(number, sizeof number, "%u", i + 1);
    return address(kind, number);
}

static int open_socket(int type)
{
    int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        die("socket");
    return fd;
}

static int open_at(struct sockaddr_un at, int type)
{
    int fd = open_socket(type);

    unlink(at.sun_path);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0)
        die(at.sun_path);
    return fd;
}

/* A machine that was started again has a new socket at the old name.  Being
 * connected to it is what makes poll() tell when it has room.
 */
static bool reach(unsigned i)
{
    struct sockaddr_un at = port_address("q", i);

    if (lab.port[i].tx >= 0)
        close(lab.port[i].tx);
    lab.port[i].tx = open_socket(SOCK_DGRAM);
    return connect(lab.port[i].tx, (struct sockaddr *)&at, sizeof at) == 0;
}

/* ---- queues ------------------------------------------------------------------- */

static void put(struct queue *q, const unsigned char *bytes, size_t len_bytes)
{
    struct frame *f = malloc(sizeof *f + len_bytes);

    if (!f)
        die("malloc");
    f->next = NULL;
    f->arrived_ns = clock_ns();
    f->len_bytes = len_bytes;
    memcpy(f->bytes, bytes, len_bytes);
    *q->tail = f;
    q->tail = &f->next;
    q->held_bytes += len_bytes;
}

static void drop_head(struct queue *q)
{
    struct frame *f = q->head;

    q->head = f->next;
    if (!q->head)
        q->tail = &q->head;
    q->held_bytes -= f->len_bytes;
    free(f);
}

static bool has_full_queue(unsigned from)
{
    for (unsigned to = 0; to < lab.nodes; to++) {
        size_t held = lab.queue[from][to].held_bytes;

        if (held > QUEUE_FULL_BYTES + faults_under_way_bytes(&lab.faults, from, to))
            return true;
    }
    return false;
}

/* ---- frames in ------------------------------------------------------------------ */

static bool is_owner(unsigned i, const unsigned char *mac)
{
    return lab.port[i].mac_known && !memcmp(mac, lab.port[i].mac, 6);
}

/* To all when it is for a group, or for nobody we have heard of. */
static bool is_for_all(const unsigned char *mac)
{
    for (unsigned i = 0; i < lab.nodes; i++)
        if (is_owner(i, mac))
            return false;
    return true;
}

static void accept_frame(unsigned from, const unsigned char *frame, size_t len_bytes)
{
    bool all = is_for_all(frame);

    memcpy(lab.port[from].mac, frame + 6, 6);
    lab.port[from].mac_known = true;
    for (unsigned to = 0; to < lab.nodes; to++) {
        if (to == from || !(all || is_owner(to, frame)))
            continue;
        if (faults_lose(&lab.faults, from, to))
            lab.lost_chance++;
        else
            put(&lab.queue[from][to], frame, len_bytes);
    }
}

static void receive(unsigned from)
{
    unsigned char frame[FRAME_MAX_BYTES];

    for (int i = 0; i < BATCH && !has_full_queue(from); i++) {
        ssize_t n = recv(lab.port[from].rx, frame, sizeof frame, 0);

        if (n < 0)
            return;
        if (n >= FRAME_MIN_BYTES)
            accept_frame(from, frame, (size_t)n);
    }
}

/* ---- frames out ------------------------------------------------------------------- */

enum outcome { NOTHING_DUE, MOVED, NO_ROOM };

static bool send_frame(unsigned to, const struct frame *f)
{
    return send(lab.port[to].tx, f->bytes, f->len_bytes, MSG_NOSIGNAL) >= 0;
}

static enum outcome deliver(unsigned to, const struct frame *f, uint64_t now)
{
    struct port *p = &lab.port[to];
    bool sent = send_frame(to, f) || (errno != EAGAIN && reach(to) && send_frame(to, f));
    bool full = !sent && errno == EAGAIN;

    if (full && !p->busy)
        p->busy_ns = now;
    p->busy = full;
    if (full && now - p->busy_ns < STALL_MS * MS)
        return NO_ROOM;
    lab.lost_gone += !sent && p->mac_known; /* a port never used loses nothing */
    lab.frames += sent;
    lab.bytes += sent ? f->len_bytes : 0;
    return MOVED;
}

/* The head of one queue.  *wake_ns is brought forward to when it will be due. */
static enum outcome forward(unsigned from, unsigned to, uint64_t now, uint64_t *wake_ns)
{
    struct queue *q = &lab.queue[from][to];
    uint64_t due;

    if (!q->head)
        return NOTHING_DUE;
    due = faults_due_ns(&lab.faults, from, to, q->head->arrived_ns);
    if (faults_cut(&lab.faults, from, to)) {
        lab.lost_cut++;
    } else if (due > now) {
        *wake_ns = due < *wake_ns ? due : *wake_ns;
        return NOTHING_DUE;
    } else if (deliver(to, q->head, now) == NO_ROOM) {
        return NO_ROOM;
    } else {
        faults_occupy(&lab.faults, from, to, q->head->len_bytes, now);
    }
    drop_head(q);
    return MOVED;
}

static void send_out(unsigned to, uint64_t *wake_ns)
{
    struct port *p = &lab.port[to];
    unsigned moved = 0, idle = 0;
    uint64_t now = clock_ns();

    while (idle < lab.nodes && moved < BATCH) {
        enum outcome got = forward(p->turn, to, now, wake_ns);

        if (got == NO_ROOM) {
            uint64_t stalled = p->busy_ns + STALL_MS * MS;

            *wake_ns = stalled < *wake_ns ? stalled : *wake_ns;
            return;
        }
        idle = got == MOVED ? 0 : idle + 1;
        moved += got == MOVED;
        p->turn = (p->turn + 1) % lab.nodes;
    }
    if (moved == BATCH)
        *wake_ns = now;
}

/* ---- control ------------------------------------------------------------------------
 */

static void answer(void)
{
    char line[LINE_SIZE], text[LINE_SIZE];
    ssize_t n = recv(lab.client, line, sizeof line - 1, 0);

    if (n > 0) {
        line[n] = '\0';
        if (!strcmp(line, "stats"))
            snprintf(text, sizeof text, "frames %ju bytes %ju cut %ju lost %ju gone %ju",
                     (uintmax_t)lab.frames, (uintmax_t)lab.bytes, (uintmax_t)lab.lost_cut,
                     (uintmax_t)lab.lost_chance, (uintmax_t)lab.lost_gone);
        else
            strcpy(text, faults_obey(&lab.faults, line) ? "ok" : "no: not understood");
        send(lab.client, text, strlen(text), MSG_NOSIGNAL);
    }
    close(lab.client);
    lab.client = -1;
}

static int tell(const char *line)
{
    struct sockaddr_un at = address("control", "");
    struct pollfd p = {.fd = open_socket(SOCK_SEQPACKET), .events = POLLIN};
    char text[LINE_SIZE];
    ssize_t n;

    if (connect(p.fd, (struct sockaddr *)&at, sizeof at) < 0)
        die(at.sun_path);
    if (send(p.fd, line, strlen(line), MSG_NOSIGNAL) < 0)
        die(line);
    if (poll(&p, 1, TELL_MS) != 1 || (n = recv(p.fd, text, sizeof text, 0)) <= 0) {
        fprintf(stderr, "switch: no answer\n");
        return 1;
    }
    printf("%.*s\n", (int)n, text);
    return strncmp(text, "no", 2) ? 0 : 1;
}

/* ---- the loop -------------------------------------------------------------------------
 */

#define PER_PORT 2

static void wait_for_work(struct pollfd *p, uint64_t wake_ns)
{
    uint64_t now = clock_ns(), left_ns = wake_ns > now ? wake_ns - now : 0;
    struct timespec left = {.tv_sec = (time_t)(left_ns / SECOND),
                            .tv_nsec = (long)(left_ns % SECOND)};

    for (unsigned i = 0; i < lab.nodes; i++) {
        *p++ = (struct pollfd){.fd = has_full_queue(i) ? -1 : lab.port[i].rx,
                               .events = POLLIN};
        *p++ = (struct pollfd){.fd = lab.port[i].busy ? lab.port[i].tx : -1,
                               .events = POLLOUT};
    }
    *p++ = (struct pollfd){.fd = lab.client < 0 ? lab.control : -1, .events = POLLIN};
    *p++ = (struct pollfd){.fd = lab.client, .events = POLLIN};
    if (ppoll(p - (lab.nodes * PER_PORT + 2), lab.nodes * PER_PORT + 2, &left, NULL) <
            0 &&
        errno != EINTR)
        die("ppoll");
}

static void carry(void)
{
    struct pollfd p[NODES_MAX * PER_PORT + 2];
    const struct pollfd *control = &p[lab.nodes * PER_PORT], *client = control + 1;
    uint64_t wake_ns = 0;

    for (;;) {
        wait_for_work(p, wake_ns);
        wake_ns = clock_ns() + SECOND;
        for (unsigned i = 0; i < lab.nodes; i++)
            if (p[i * PER_PORT].revents)
                receive(i);
        for (unsigned i = 0; i < lab.nodes; i++)
            send_out(i, &wake_ns);
        if (client->revents)
            answer();
        if (control->revents)
            lab.client = accept4(lab.control, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
}

static void open_all(unsigned nodes)
{
    lab.nodes = nodes;
    faults_init(&lab.faults, nodes);
    for (unsigned i = 0; i < nodes; i++) {
        lab.port[i].rx = open_at(port_address("s", i), SOCK_DGRAM);
        lab.port[i].tx = -1;
        reach(i);
        for (unsigned to = 0; to < nodes; to++)
            lab.queue[i][to].tail = &lab.queue[i][to].head;
    }
    lab.control = open_at(address("control", ""), SOCK_SEQPACKET);
    lab.client = -1;
    if (listen(lab.control, 8) < 0)
        die("listen");
}

int main(int argc, char **argv)
{
    unsigned nodes = 0;

    lab.dir = argc > 2 ? argv[1] : "";
    if (argc == 4 && !strcmp(argv[2], "tell"))
        return tell(argv[3]);
    if (argc != 3 || sscanf(argv[2], "%u", &nodes) != 1 || nodes < 1 ||
        nodes > NODES_MAX) {
        fprintf(stderr, "usage: switch DIR N | switch DIR tell LINE\n");
        return 2;
    }
    open_all(nodes);
    carry();
}
