#include "node-agent/relay/carry.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "node-agent/clock.h"
#include "node-agent/outbox.h"
#include "node-agent/relay/target.h"
#include "node-agent/speech.h"
#include "protocol/character.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/mux.h"
#include "protocol/scope.h"

#define READ_MAX_BYTES ((size_t)64 << 10)
#define EVENTS_MAX     64
#define BUCKETS        1024

/* Beside one for each target: the conversation, epoll, lookups. */
#define SPARE_FILES (16 + 2 * TARGET_LOOKUPS_MAX)

/* However many files we may have open. */
#define TARGETS_MAX ((size_t)1 << 17)

struct carry {
    const struct carry_options *options;
    struct frame_reader *reader;
    struct target_line line;
    struct target *targets[BUCKETS]; /* by the number of their stream */
    size_t count, most;
    bool greeted, left;
    int64_t heard_ms;
    int64_t look_ms; /* when one of the targets may be due */
};

/* ---- targets --------------------------------------------------------------------- */

static struct target **place_of(struct carry *c, uint32_t stream)
{
    struct target **place = &c->targets[stream % BUCKETS];

    while (*place && target_stream(*place) != stream)
        place = target_link(*place);
    return place;
}

static void note_due(struct carry *c, const struct target *t)
{
    if (target_due_ms(t) < c->look_ms)
        c->look_ms = target_due_ms(t);
}

static void remove_target(struct carry *c, struct target **place)
{
    struct target *t = *place;

    *place = *target_link(t);
    target_free(t);
    c->count--;
}

static int refuse(struct carry *c, const struct mux_frame *open, struct fail *why)
{
    struct mux_frame close = {.kind = MUX_CLOSE, .stream = open->stream};
    unsigned char *frame;
    size_t bytes;
    int rc;

    fail_set(&close.why, FAIL_CONNECT,
             "the jump host allows %zu connections at once: raise its hard limit of open "
             "files (ulimit -Hn)",
             c->most);
    if (mux_encode(&close, &frame, &bytes, why) < 0)
        return -1;
    rc =
        outbox_push(c->line.outbox, OUTBOX_KEEP, (const char *)frame + 4, bytes - 4, why);
    free(frame);
    return rc;
}

static int add_target(struct carry *c, struct target **place, const struct mux_frame *f,
                      struct fail *why)
{
    struct target *t = NULL;
    int rc;

    if (c->count >= c->most)
        return refuse(c, f, why);
    rc = target_new(&t, &c->line, f, clock_ms(), why);
    if (!t)
        return -1;
    *place = t;
    c->count++;
    note_due(c, t);
    return rc;
}

static int on_mux(struct carry *c, const char *text, size_t len_bytes, struct fail *why)
{
    struct target **place;
    struct mux_frame f;

    if (mux_parse(text, len_bytes, &f, why) < 0)
        return -1;
    place = place_of(c, f.stream);
    if (!*place && f.kind == MUX_OPEN)
        return add_target(c, place, &f, why);
    if (!*place && f.kind == MUX_CLOSE)
        return 0; /* of one that was refused */
    if (!*place)
        return fail_set(why, FAIL_GARBAGE, "there is no stream %u", f.stream);
    if (target_hear(*place, &f, why) < 0)
        return -1;
    if (target_is_over(*place))
        remove_target(c, place);
    return 0;
}

static int serve_target(struct carry *c, struct target *t, uint32_t events,
                        struct fail *why)
{
    int rc = target_serve(t, events, clock_ms(), why);

    note_due(c, t);
    return rc;
}

static int tick_targets(struct carry *c, int64_t now_ms, struct fail *why)
{
    if (now_ms < c->look_ms)
        return 0;
    c->look_ms = TARGET_NEVER;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct target *t = c->targets[i]; t; t = *target_link(t)) {
            if (target_tick(t, now_ms, why) < 0)
                return -1;
            note_due(c, t);
        }
    return 0;
}

/* ---- the conversation ------------------------------------------------------------ */

static int on_request(struct carry *c, const struct message *m, struct fail *why)
{
    struct fail reason;

    if (!c->greeted)
        return fail_set(why, FAIL_GARBAGE, "a request came before the hello");
    if (strcmp(m->name, "ping") == 0)
        return speech_answer(c->line.outbox, m->id, why);
    fail_set(&reason, FAIL_UNSUPPORTED, "a relay does not know '%.*s'",
             character_cut(m->name, 40), m->name);
    return speech_failure(c->line.outbox, m->id, &reason, why);
}

static int on_message(struct carry *c, const char *text, size_t len_bytes,
                      struct fail *why)
{
    struct message m;
    int rc;

    if (message_parse(text, len_bytes, &m, why) < 0)
        return -1;
    if (m.type == MESSAGE_HELLO) {
        rc = message_check_hello(m.body, why);
        c->greeted = rc == 0;
    } else if (m.type == MESSAGE_REQUEST) {
        rc = on_request(c, &m, why);
    } else {
        rc = fail_set(why, FAIL_GARBAGE, "a controller only asks");
    }
    message_clear(&m);
    return rc;
}

static int on_frame(struct carry *c, const char *text, size_t len_bytes, struct fail *why)
{
    return c->greeted && mux_is_frame(text, len_bytes)
               ? on_mux(c, text, len_bytes, why)
               : on_message(c, text, len_bytes, why);
}

static int read_input(struct carry *c, struct fail *why)
{
    char bytes[READ_MAX_BYTES];
    ssize_t n = read(c->options->in, bytes, sizeof bytes);
    const char *text;
    size_t len;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        c->left = true;
        return 0;
    }
    c->heard_ms = clock_ms();
    if (frame_push(c->reader, bytes, (size_t)n, why) < 0)
        return -1;
    while ((text = frame_next(c->reader, &len)))
        if (on_frame(c, text, len, why) < 0)
            return -1;
    return frame_push(c->reader, "", 0, why); /* is what follows a frame? */
}

/* ---- the loop -------------------------------------------------------------------- */

static int64_t silent_due_ms(const struct carry *c)
{
    return c->heard_ms + (c->greeted ? c->options->idle_ms : c->options->hello_ms);
}

/* How long poll() may wait. */
static int patience_ms(const struct carry *c)
{
    int64_t due_ms = silent_due_ms(c) < c->look_ms ? silent_due_ms(c) : c->look_ms;
    int64_t ms = due_ms - clock_ms();

    return ms < 0 ? 0 : ms > 60000 ? 60000 : (int)ms;
}

static int serve_ready(struct carry *c, struct fail *why)
{
    struct epoll_event ready[EVENTS_MAX];
    int n = epoll_wait(c->line.epoll, ready, EVENTS_MAX, 0);

    for (int i = 0; i < n; i++)
        if (serve_target(c, ready[i].data.ptr, ready[i].events, why) < 0)
            return -1;
    return 0;
}

/* While the outbox is full nothing more is taken in, from either side. */
static int turn(struct carry *c, struct fail *why)
{
    bool full = outbox_is_full(c->line.outbox);
    struct pollfd p[] = {
        {.fd = c->options->in, .events = full ? 0 : POLLIN},
        {.fd = c->options->out, .events = outbox_bytes(c->line.outbox) ? POLLOUT : 0},
        {.fd = full ? -1 : c->line.epoll, .events = POLLIN},
    };

    if (poll(p, sizeof p / sizeof *p, patience_ms(c)) < 0)
        return errno == EINTR ? 0 : fail_set(why, FAIL_BUG, "poll: %s", strerror(errno));
    if (p[1].revents && (p[1].revents & (POLLERR | POLLNVAL) ||
                         outbox_write(c->line.outbox, c->options->out) < 0))
        c->left = true;
    if (p[2].revents && serve_ready(c, why) < 0)
        return -1;
    if (p[0].revents && read_input(c, why) < 0)
        return -1;
    if (tick_targets(c, clock_ms(), why) < 0)
        return -1;
    if (clock_ms() < silent_due_ms(c))
        return 0;
    return fail_set(why, FAIL_TIMEOUT, "the controller has been silent");
}

static int converse(struct carry *c, struct json *hello, struct fail *why)
{
    if (!hello)
        return fail_memory(why);
    if (speech_greet(c->line.outbox, hello, why) < 0)
        return -1;
    while (!c->left)
        if (turn(c, why) < 0) {
            speech_refused(c->line.outbox, why);
            return -1;
        }
    return 0;
}

/* ---- life ------------------------------------------------------------------------ */

/* As many descriptors as we may have; what is left over is for targets. */
static size_t raise_limit(void)
{
    struct rlimit files = {0};

    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return 1;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    getrlimit(RLIMIT_NOFILE, &files);
    return files.rlim_cur <= SPARE_FILES                ? 1
           : files.rlim_cur - SPARE_FILES > TARGETS_MAX ? TARGETS_MAX
                                                        : files.rlim_cur - SPARE_FILES;
}

static void clear(struct carry *c)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (c->targets[i])
            remove_target(c, &c->targets[i]);
    if (c->line.epoll >= 0)
        close(c->line.epoll);
    frame_reader_free(c->reader);
    outbox_free(c->line.outbox);
}

int carry(const struct home *h, const struct carry_options *options, struct fail *why)
{
    CLEANUP(json_done) struct json *hello = speech_hello(h);
    struct carry c = {.options = options,
                      .heard_ms = clock_ms(),
                      .look_ms = TARGET_NEVER,
                      .most = raise_limit()};
    int rc, flags = fcntl(options->out, F_GETFL);

    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); /* nobody waits for a lookup */
    c.reader = frame_reader_new(false);
    c.line.outbox = outbox_new();
    c.line.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!c.reader || !c.line.outbox) {
        rc = fail_memory(why);
    } else if (c.line.epoll < 0) {
        rc = fail_set(why, FAIL_BUG, "epoll: %s", strerror(errno));
    } else {
        fcntl(options->out, F_SETFL, flags | O_NONBLOCK);
        rc = converse(&c, hello, why);
        speech_flush(c.line.outbox, options->out);
        fcntl(options->out, F_SETFL, flags);
    }
    clear(&c);
    return rc;
}
