#include "node-agent/detect/metadata.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/clock.h"
#include "node-agent/detect/tree.h"
#include "node-agent/detect/visit.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/instance.h"
#include "protocol/reply.h"
#include "protocol/scope.h"

#define SERVICE  "169.254.169.254"
#define VARIABLE "IBFLEET_METADATA"
#define INSTANCE "/metadata/instance/compute?api-version=2021-12-13"
#define EVENTS   "/metadata/scheduledevents?api-version=2020-07-01"

#define CONNECT_MS     2000
#define ANSWER_MS      4000
#define ALL_MS         10000
#define FIRST_PAUSE_MS 250

/* ---- whom to ask, and whether -------------------------------------------------------- */

struct whom {
    bool is_asked, is_nonsense;
    char host[32]; /* for the header and for people */
    uint32_t address;
    uint16_t port;
};

/* Without a DMI (some arm64), the bus of Hyper-V and Azure's agent together say it. */
static bool is_azure(const char *root, const struct facts_platform *on)
{
    return on->azure || (on->vmbus && !tree_exists(root, "/sys/class/dmi/id") &&
                         tree_exists(root, "/var/lib/waagent"));
}

static bool take_address(const char *text, struct whom *w)
{
    static const char scheme[] = "http://";
    size_t len;
    struct in_addr in;
    char *colon, *end = NULL;
    long port = 80;

    if (strncmp(text, scheme, sizeof scheme - 1) != 0)
        return false;
    text += sizeof scheme - 1;
    len = strcspn(text, "/");
    if (len >= sizeof w->host || (text[len] && text[len + 1]))
        return false;
    memcpy(w->host, text, len);
    w->host[len] = '\0';
    colon = strchr(w->host, ':');
    if (colon)
        port = strtol(colon + 1, &end, 10);
    if (port < 1 || port > 65535 || (end && (end == colon + 1 || *end)))
        return false;
    if (colon)
        *colon = '\0';
    if (inet_pton(AF_INET, w->host, &in) != 1)
        return false;
    if (colon)
        *colon = ':';
    w->address = ntohl(in.s_addr);
    w->port = (uint16_t)port;
    return w->address >> 24 == 127;
}

static struct whom find_whom(const char *root, const struct facts_platform *on)
{
    const char *said = getenv("SUDO_UID") ? NULL : getenv(VARIABLE);
    bool always = said && strcmp(said, "always") == 0;
    struct whom w = {.host = SERVICE, .port = 80};

    w.address = 0xa9fea9fe; /* 169.254.169.254 */
    if (!said || !*said || always)
        w.is_asked = always || (!*root && is_azure(root, on));
    else if (strcmp(said, "never") != 0) {
        w.is_nonsense = !take_address(said, &w);
        w.is_asked = w.is_nonsense || is_azure(root, on);
    }
    return w;
}

/* ---- how it ended ---------------------------------------------------------------------- */

struct outcome {
    const char *name;
    char detail[160]; /* "": all is well */
};

static bool ended(struct outcome *o, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Returns false: there is nothing to read. */
static bool ended(struct outcome *o, const char *name, const char *fmt, ...)
{
    va_list ap;

    o->name = name;
    va_start(ap, fmt);
    vsnprintf(o->detail, sizeof o->detail, fmt, ap);
    va_end(ap);
    return false;
}

static bool judge_status(int status, const char *host, struct outcome *o)
{
    if (status == 200) {
        *o = (struct outcome){.name = "ok"};
        return true;
    }
    if (status == 404)
        return ended(o, "not-found", "%s does not know this question (HTTP 404)", host);
    if (status == 410)
        return ended(o, "gone", "%s is being renewed (HTTP 410): ask again in 70 s",
                     host);
    if (status == 429)
        return ended(o, "throttled",
                     "%s is asked too often by this machine (HTTP 429): see who does",
                     host);
    if (status >= 500)
        return ended(o, "failing", "%s has a fault of its own (HTTP %d): ask again later",
                     host, status);
    return ended(o, "rejected", "%s refuses this question (HTTP %d)", host, status);
}

static bool judge(enum visit_end end, const struct reply *r, const char *host,
                  struct outcome *o)
{
    switch (end) {
    case VISIT_ANSWERED:
        return judge_status(r->status, host, o);
    case VISIT_ABSENT:
        return ended(o, "absent", "no way leads to %s: look at routes and firewall",
                     host);
    case VISIT_REFUSED:
        return ended(o, "refused", "nobody listens at %s: look at the firewall", host);
    case VISIT_SILENT:
        return ended(o, "silent",
                     "%s takes no connection within %d s: look at routes and firewall",
                     host, CONNECT_MS / 1000);
    case VISIT_SLOW:
        return ended(o, "slow", "%s gave no whole answer in time: ask again later", host);
    case VISIT_CUT:
        return ended(o, "truncated", "%s hung up in the middle of its answer", host);
    case VISIT_GARBAGE:
        return ended(o, "garbage", "what %s answers is not HTTP", host);
    default:
        return ended(o, "too-large", "the answer of %s is larger than %zu KiB", host,
                     REPLY_MAX_BYTES >> 10);
    }
}

/* ---- asking ------------------------------------------------------------------------------ */

/* Azure documents these as passing. */
static bool is_passing(enum visit_end end, const struct reply *r)
{
    return end == VISIT_ANSWERED &&
           (r->status == 410 || r->status == 429 || r->status >= 500);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How long to wait before the next question; never less than the answer wants. */
static int64_t pause_after(const struct reply *r, int turn)
{
    int64_t ms = (int64_t)FIRST_PAUSE_MS << turn;
    int64_t wanted_ms = r->retry_after_s * (int64_t)1000;

    return wanted_ms > ms ? wanted_ms : ms;
}

/* true: r has a body.  A deadline that would pass in a pause is not waited for. */
static bool ask(const struct whom *w, const char *path, int64_t until_ms, char *buffer,
                struct reply *r, struct outcome *o)
{
    struct visit v = {w->address, w->port, w->host, path, 0, 0};

    for (int turn = 0;; turn++) {
        enum visit_end end;
        int64_t now_ms = clock_ms(), pause_ms;

        v.connect_until_ms = sooner(now_ms + CONNECT_MS, until_ms);
        v.until_ms = sooner(now_ms + ANSWER_MS, until_ms);
        end = visit_get(&v, buffer, r);
        if (!is_passing(end, r))
            return judge(end, r, w->host, o);
        pause_ms = pause_after(r, turn);
        if (clock_ms() + pause_ms >= until_ms)
            return judge(end, r, w->host, o);
        poll(NULL, 0, (int)pause_ms);
    }
}

static void ask_instance(const struct whom *w, int64_t until_ms, char *buffer,
                         struct facts *f, struct outcome *o)
{
    struct reply r;
    struct fail why;

    if (ask(w, INSTANCE, until_ms, buffer, &r, o) &&
        instance_parse(r.body, r.body_bytes, f->azure, &f->size, &why) < 0)
        ended(o, "garbage", "the answer of %s is not its document: %s", w->host,
              why.text);
}

/* The first question after a day may take Azure two minutes, which we do not have. */
static void ask_events(const struct whom *w, int64_t until_ms, char *buffer,
                       struct facts *f, struct outcome *o)
{
    struct reply r;
    struct fail why;

    if (ask(w, EVENTS, sooner(clock_ms() + ANSWER_MS, until_ms), buffer, &r, o)) {
        if (instance_parse_events(r.body, r.body_bytes, f->azure, &why) < 0)
            ended(o, "garbage", "the answer of %s is not its document: %s", w->host,
                  why.text);
    } else if (strcmp(o->name, "slow") == 0)
        ended(o, "slow",
              "%s takes up to 2 minutes for its first word of events: ask again",
              w->host);
}

static void note(const struct outcome *o, char **name, char **detail)
{
    *name = strdup(o->name);
    *detail = *o->detail ? strdup(o->detail) : NULL;
}

static void ask_both(const struct whom *w, char *buffer, struct facts *f)
{
    int64_t until_ms = clock_ms() + ALL_MS;
    struct outcome o;

    ask_instance(w, until_ms, buffer, f, &o);
    note(&o, &f->azure->metadata, &f->azure->metadata_detail);
    if (strcmp(o.name, "ok") != 0)
        return; /* whoever does not answer the first would cost the time of the second */
    ask_events(w, until_ms, buffer, f, &o);
    note(&o, &f->azure->events_asked, &f->azure->events_detail);
}

void metadata_ask(const char *root, struct facts *f)
{
    struct whom w = find_whom(root, &f->platform);
    CLEANUP(text_done) char *buffer = w.is_asked ? malloc(REPLY_MAX_BYTES) : NULL;
    struct outcome o;

    if (!buffer || !(f->azure = calloc(1, sizeof *f->azure)))
        return;
    f->azure->secure_boot = FACTS_UNKNOWN;
    if (!w.is_nonsense) {
        ask_both(&w, buffer, f);
        return;
    }
    ended(&o, "misdirected",
          VARIABLE " must be never, always, or http://127.0.0.1:PORT: nobody was asked");
    note(&o, &f->azure->metadata, &f->azure->metadata_detail);
}
