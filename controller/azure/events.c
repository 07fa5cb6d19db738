#include "controller/azure/events.h"

#include <stdio.h>
#include <stdlib.h>

#include "controller/azure/cloud.h"
#include "controller/azure/preflight.h"
#include "controller/azure/web.h"
#include "protocol/fail.h"
#include "protocol/json.h"

#define PATH "/metadata/scheduledevents?api-version=2020-07-01"

struct events {
    struct web *web;
    struct json *doc; /* has the texts of the list */
    struct preflight_event *list;
    size_t count;
    void (*done)(void *arg);
    void *arg;
};

static void on_closed(void *arg)
{
    struct events *e = arg;

    e->done(e->arg);
}

/* What is no list of events is none: old services, and those of other clouds. */
static void on_answer(void *arg, const struct web_answer *answer)
{
    struct events *e = arg;

    if (answer->status == 200 &&
        json_parse(answer->body, answer->len_bytes, &e->doc, NULL) == 0 &&
        json_is_object(e->doc))
        e->count = preflight_read_events(e->doc, e->list, PREFLIGHT_MAX_EVENTS);
    web_close(e->web, on_closed, e);
}

static int ask(struct events *e, const char *metadata, struct fail *why)
{
    static const char *const headers[] = {"Metadata: true", NULL};
    char url[CLOUD_MAX_URL + sizeof PATH];
    const struct web_request request = {
        .method = "GET",
        .url = url,
        .headers = headers,
        .deadline_ms = EVENTS_MS,
        .connect_ms = EVENTS_CONNECT_MS,
        .max_bytes = EVENTS_MAX_BYTES,
        .is_direct = true,
    };

    snprintf(url, sizeof url, "%.*s" PATH, CLOUD_MAX_URL - 1, metadata);
    return web_ask(e->web, &request, on_answer, e, why) ? 0 : -1;
}

int events_ask(struct uv_loop_s *loop, const char *metadata, void (*done)(void *arg),
               void *arg, struct events **events, struct fail *why)
{
    struct events *e;

    if (!metadata)
        metadata = CLOUD_METADATA;
    if (cloud_check_metadata(metadata, why) < 0)
        return -1;
    e = calloc(1, sizeof *e);
    if (e)
        e->list = calloc(PREFLIGHT_MAX_EVENTS, sizeof *e->list);
    if (!e || !e->list) {
        events_free(e);
        return fail_memory(why);
    }
    e->done = done;
    e->arg = arg;
    if (web_open(loop, NULL, &e->web, why) < 0) {
        events_free(e);
        return -1;
    }
    if (ask(e, metadata, why) < 0) {
        web_close(e->web, NULL, NULL);
        events_free(e);
        return -1;
    }
    *events = e;
    return 0;
}

const struct preflight_event *events_list(const struct events *events, size_t *count)
{
    *count = events->count;
    return events->list;
}

void events_free(struct events *events)
{
    if (!events)
        return;
    json_free(events->doc);
    free(events->list);
    free(events);
}
