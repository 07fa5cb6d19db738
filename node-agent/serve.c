#include "node-agent/serve.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/ask.h"
#include "node-agent/clock.h"
#include "node-agent/helper.h"
#include "node-agent/home.h"
#include "node-agent/outbox.h"
#include "node-agent/speech.h"
#include "node-agent/verbs/measurer.h"
#include "protocol/character.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "protocol/scope.h"

#define READ_MAX_BYTES ((size_t)64 << 10)
#define POLL_MAX       (2 + SERVE_MAX_HELPERS + SERVE_MAX_MEASURERS)

struct measuring {
    char campaign[64];
    struct measurer *measurer;
};

struct serve {
    const struct home *home;
    const struct serve_options *options;
    struct frame_reader *reader;
    struct outbox *outbox;
    struct helper *helpers[SERVE_MAX_HELPERS];
    struct measuring measuring[SERVE_MAX_MEASURERS];
    bool greeted, left;
    int64_t heard_ms;
};

/* ---- requests that measure ----------------------------------------------------- */

static struct measuring *find_measuring(struct serve *s, const char *campaign)
{
    for (size_t i = 0; i < SERVE_MAX_MEASURERS; i++)
        if (s->measuring[i].measurer && strcmp(s->measuring[i].campaign, campaign) == 0)
            return &s->measuring[i];
    return NULL;
}

static struct measuring *open_measuring(struct serve *s, const char *campaign,
                                        struct fail *why)
{
    for (size_t i = 0; i < SERVE_MAX_MEASURERS; i++) {
        struct measuring *m = &s->measuring[i];

        if (m->measurer)
            continue;
        if (measurer_open(&m->measurer, why) < 0)
            return NULL;
        strcpy(m->campaign, campaign);
        return m;
    }
    fail_set(why, FAIL_FLOOD, "more than %d campaigns at once", SERVE_MAX_MEASURERS);
    return NULL;
}

/* Join opens a measurer; the others need the one that joined. */
static int measure(struct serve *s, const struct message *m, struct fail *why)
{
    struct measuring *measuring;
    const char *campaign;

    if (json_get_text(m->body, "campaign", &campaign, why) < 0)
        return -1;
    if (!*campaign || strlen(campaign) >= sizeof measuring->campaign)
        return fail_set(why, FAIL_GARBAGE, "'campaign' is empty or too long");
    measuring = find_measuring(s, campaign);
    if (!measuring && strcmp(m->name, "join") != 0)
        return fail_set(why, FAIL_AGENT_DIED, "nobody measures for campaign %s here",
                        campaign);
    if (!measuring && !(measuring = open_measuring(s, campaign, why)))
        return -1;
    return measurer_ask(measuring->measurer, m->id, m->name, m->body, why);
}

/* ---- all requests -------------------------------------------------------------- */

static int help(struct serve *s, const struct ask *ask, const struct message *m,
                struct fail *why)
{
    for (size_t i = 0; i < SERVE_MAX_HELPERS; i++)
        if (!s->helpers[i])
            return helper_open(&s->helpers[i], s->home, ask, m->id, m->body, clock_ms(),
                               why);
    return fail_set(why, FAIL_FLOOD, "more than %d requests at once", SERVE_MAX_HELPERS);
}

static int dispatch(struct serve *s, const struct message *m, struct fail *why)
{
    static const char *const measuring[] = {"join", "order", "leave"};
    const struct ask *ask = ask_find(m->name);

    for (size_t i = 0; i < sizeof measuring / sizeof *measuring; i++)
        if (strcmp(m->name, measuring[i]) == 0)
            return measure(s, m, why);
    if (ask)
        return help(s, ask, m, why);
    if (strcmp(m->name, "ping") == 0)
        return speech_answer(s->outbox, m->id, why);
    return fail_set(why, FAIL_UNSUPPORTED, "this agent does not know '%.*s'",
                    character_cut(m->name, 40), m->name);
}

static int on_request(struct serve *s, const struct message *m, struct fail *why)
{
    struct fail reason;

    if (!s->greeted)
        return fail_set(why, FAIL_GARBAGE, "a request came before the hello");
    if (dispatch(s, m, &reason) < 0)
        return speech_failure(s->outbox, m->id, &reason, why);
    return 0;
}

static int on_message(struct serve *s, const char *text, size_t len_bytes,
                      struct fail *why)
{
    struct message m;
    int rc;

    if (message_parse(text, len_bytes, &m, why) < 0)
        return -1;
    if (m.type == MESSAGE_HELLO) {
        rc = message_check_hello(m.body, why);
        s->greeted = rc == 0;
    } else if (m.type == MESSAGE_REQUEST) {
        rc = on_request(s, &m, why);
    } else {
        rc = fail_set(why, FAIL_GARBAGE, "a controller only asks");
    }
    message_clear(&m);
    return rc;
}

static int read_input(struct serve *s, struct fail *why)
{
    char bytes[READ_MAX_BYTES];
    ssize_t n = read(s->options->in, bytes, sizeof bytes);
    const char *text;
    size_t len;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        s->left = true;
        return 0;
    }
    if (frame_push(s->reader, bytes, (size_t)n, why) < 0)
        return -1;
    while ((text = frame_next(s->reader, &len))) {
        s->heard_ms = clock_ms();
        if (on_message(s, text, len, why) < 0)
            return -1;
    }
    return frame_push(s->reader, "", 0, why); /* is what follows a frame? */
}

/* ---- children ------------------------------------------------------------------ */

/* Out of memory there is nothing left to say: the peer's deadline will. */
static void on_say(void *arg, const char *text, size_t len_bytes, bool is_output)
{
    struct serve *s = arg;

    outbox_push(s->outbox, is_output ? OUTBOX_OUTPUT : OUTBOX_KEEP, text, len_bytes,
                NULL);
}

static void on_measured(void *arg, const char *text, size_t len_bytes)
{
    on_say(arg, text, len_bytes, false);
}

static int serve_helper(struct serve *s, struct helper **helper, struct fail *why)
{
    struct fail reason;

    if (helper_serve(*helper, clock_ms(), on_say, s, &reason) > 0 &&
        speech_failure(s->outbox, helper_id(*helper), &reason, why) < 0)
        return -1;
    if (helper_is_over(*helper)) {
        helper_close(*helper);
        *helper = NULL;
    }
    return 0;
}

static void serve_measuring(struct serve *s, struct measuring *m, short revents)
{
    measurer_serve(m->measurer, revents, on_measured, s);
    if (measurer_is_over(m->measurer)) {
        measurer_close(m->measurer);
        m->measurer = NULL;
    }
}

static void end_children(struct serve *s)
{
    for (size_t i = 0; i < SERVE_MAX_HELPERS; i++)
        helper_close(s->helpers[i]);
    for (size_t i = 0; i < SERVE_MAX_MEASURERS; i++)
        measurer_close(s->measuring[i].measurer);
}

/* ---- the loop ------------------------------------------------------------------ */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t patience_ms(const struct serve *s)
{
    return s->greeted ? s->options->idle_ms : s->options->hello_ms;
}

/* While the outbox is full nothing more is taken in: neither requests nor output. */
static int wait_for_something(struct serve *s, struct pollfd p[POLL_MAX])
{
    bool full = outbox_is_full(s->outbox);
    int64_t due = s->heard_ms + patience_ms(s);
    size_t n = 2;

    p[0] = (struct pollfd){.fd = s->options->in, .events = full ? 0 : POLLIN};
    p[1] = (struct pollfd){.fd = s->options->out,
                           .events = outbox_bytes(s->outbox) ? POLLOUT : 0};
    for (size_t i = 0; i < SERVE_MAX_HELPERS; i++, n++) {
        p[n] = (struct pollfd){.fd = -1};
        if (!s->helpers[i])
            continue;
        due = earlier(due, helper_due_ms(s->helpers[i]));
        p[n].fd = full ? -1 : helper_fd(s->helpers[i]);
        p[n].events = POLLIN;
    }
    for (size_t i = 0; i < SERVE_MAX_MEASURERS; i++, n++) {
        struct measurer *m = s->measuring[i].measurer;

        p[n] = (struct pollfd){.fd = m ? measurer_fd(m) : -1,
                               .events = m ? measurer_events(m) : 0};
    }
    due -= clock_ms();
    return poll(p, n, due < 0 ? 0 : due > 60000 ? 60000 : (int)due);
}

static int serve_children(struct serve *s, const struct pollfd p[POLL_MAX],
                          struct fail *why)
{
    const struct pollfd *measurers = p + 2 + SERVE_MAX_HELPERS;
    int64_t now = clock_ms();

    for (size_t i = 0; i < SERVE_MAX_HELPERS; i++)
        if (s->helpers[i] && (p[2 + i].revents || now >= helper_due_ms(s->helpers[i])) &&
            serve_helper(s, &s->helpers[i], why) < 0)
            return -1;
    for (size_t i = 0; i < SERVE_MAX_MEASURERS; i++)
        if (s->measuring[i].measurer && measurers[i].revents)
            serve_measuring(s, &s->measuring[i], measurers[i].revents);
    return 0;
}

static int check_silence(const struct serve *s, struct fail *why)
{
    int64_t silent = clock_ms() - s->heard_ms;

    if (silent < patience_ms(s))
        return 0;
    return fail_set(why, FAIL_TIMEOUT, "the controller %s for %lld s",
                    s->greeted ? "has been silent" : "has not said hello",
                    (long long)silent / 1000);
}

static int turn(struct serve *s, struct fail *why)
{
    struct pollfd p[POLL_MAX];

    if (wait_for_something(s, p) < 0)
        return errno == EINTR ? 0 : fail_set(why, FAIL_BUG, "poll: %s", strerror(errno));
    if (p[1].revents && outbox_write(s->outbox, s->options->out) < 0)
        s->left = true;
    if (p[1].revents & (POLLERR | POLLNVAL))
        s->left = true;
    if (p[0].revents && read_input(s, why) < 0)
        return -1;
    if (serve_children(s, p, why) < 0)
        return -1;
    return check_silence(s, why);
}

static int converse(struct serve *s, struct fail *why)
{
    CLEANUP(json_done) struct json *hello = speech_hello(s->home);

    if (speech_greet(s->outbox, hello, why) < 0)
        return -1;
    while (!s->left)
        if (turn(s, why) < 0) {
            speech_refused(s->outbox, why);
            return -1;
        }
    return 0;
}

int serve(const struct home *h, const struct serve_options *options, struct fail *why)
{
    struct serve s = {.home = h, .options = options, .heard_ms = clock_ms()};
    int rc, flags = fcntl(options->out, F_GETFL);

    signal(SIGPIPE, SIG_IGN);
    s.reader = frame_reader_new(false);
    s.outbox = outbox_new();
    if (!s.reader || !s.outbox) {
        rc = fail_memory(why);
    } else {
        fcntl(options->out, F_SETFL, flags | O_NONBLOCK);
        rc = converse(&s, why);
        speech_flush(s.outbox, options->out);
        fcntl(options->out, F_SETFL, flags);
    }
    end_children(&s);
    frame_reader_free(s.reader);
    outbox_free(s.outbox);
    return rc;
}
