#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/azure/events.h"
#include "controller/azure/preflight.h"
#include "controller/azure/web.h"
#include "protocol/fail.h"

/* ---- a metadata service, behind web.h ---------------------------------------------------- */

static struct {
    int status; /* 0: there is none */
    const char *body;
    char url[512], header[64];
    bool was_direct, has_closed;
    uint64_t deadline_ms;
} service;

struct web {
    uv_timer_t timer;
    web_done *done;
    void *arg;
    void (*closed)(void *arg);
    void *closed_arg;
};

static void on_turn(uv_timer_t *timer)
{
    struct web *w = timer->data;
    struct fail why = {.code = FAIL_AZURE_UNREACHABLE};
    struct web_answer answer = {.status = service.status,
                                .body = service.status ? service.body : "",
                                .why = service.status ? NULL : &why};

    answer.len_bytes = strlen(answer.body);
    w->done(w->arg, &answer);
}

int web_open(struct uv_loop_s *loop, const char *ca_bundle, struct web **w,
             struct fail *why)
{
    (void)ca_bundle;
    (void)why;
    *w = calloc(1, sizeof **w);
    uv_timer_init(loop, &(*w)->timer);
    (*w)->timer.data = *w;
    return 0;
}

struct web_call *web_ask(struct web *w, const struct web_request *ask, web_done *done,
                         void *arg, struct fail *why)
{
    (void)why;
    strcpy(service.url, ask->url);
    strcpy(service.header, ask->headers[0]);
    service.was_direct = ask->is_direct;
    service.deadline_ms = ask->deadline_ms;
    w->done = done;
    w->arg = arg;
    uv_timer_start(&w->timer, on_turn, 0, 0);
    return (struct web_call *)w;
}

static void on_closed(uv_handle_t *handle)
{
    struct web *w = handle->data;

    service.has_closed = true;
    if (w->closed)
        w->closed(w->closed_arg);
    free(w);
}

void web_close(struct web *w, void (*closed)(void *arg), void *arg)
{
    w->closed = closed;
    w->closed_arg = arg;
    uv_close((uv_handle_t *)&w->timer, on_closed);
}

/* ---- us ------------------------------------------------------------------------------------ */

static struct events *events;
static unsigned endings;

static void on_events(void *arg)
{
    (void)arg;
    assert_true(service.has_closed); /* nothing is open any more */
    endings++;
}

static const struct preflight_event *ask(const char *metadata, size_t *count)
{
    uv_loop_t loop;

    endings = 0;
    uv_loop_init(&loop);
    assert_int_equal(events_ask(&loop, metadata, on_events, NULL, &events, NULL), 0);
    assert_int_equal(endings, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(endings, 1);
    return events_list(events, count);
}

static int set_up(void **state)
{
    (void)state;
    memset(&service, 0, sizeof service);
    service.status = 200;
    service.body = "{\"DocumentIncarnation\":1,\"Events\":[{\"EventId\":\"e1\","
                   "\"EventType\":\"Reboot\",\"Resources\":[\"ib_1\",\"ib_2\"],"
                   "\"EventStatus\":\"Scheduled\",\"NotBefore\":\"\"}]}";
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    events_free(events);
    events = NULL;
    return 0;
}

static void the_service_is_asked_as_it_wants_to_be(void **state)
{
    size_t count;

    (void)state;
    ask(NULL, &count);
    assert_string_equal(
        service.url,
        "http://169.254.169.254/metadata/scheduledevents?api-version=2020-07-01");
    assert_string_equal(service.header, "Metadata: true");
    assert_true(service.was_direct); /* through no proxy */
    assert_in_range(service.deadline_ms, 1, 10000);
}

static void events_are_told_one_for_each_machine(void **state)
{
    const struct preflight_event *list;
    size_t count;

    (void)state;
    list = ask(NULL, &count);
    assert_int_equal(count, 2);
    assert_string_equal(list[0].type, "Reboot");
    assert_string_equal(list[1].resource, "ib_2");
}

static void no_service_is_no_events(void **state)
{
    size_t count;

    (void)state;
    service.status = 0;
    ask(NULL, &count);
    assert_int_equal(count, 0);
}

static void what_is_no_list_of_events_is_none(void **state)
{
    static const char *const bodies[] = {
        "", "<html>", "[]", "7", "{\"Events\":7}", "{\"Events\":[7,{\"EventType\":7}]}"};
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        service.body = bodies[i];
        ask(NULL, &count);
        assert_int_equal(count, 0);
        tear_down(NULL);
    }
    service.body = "{\"Events\":[{\"EventType\":\"Reboot\",\"Resources\":[\"x\"]}]}";
    service.status = 404;
    ask(NULL, &count);
    assert_int_equal(count, 0);
}

/* It is plain HTTP: nobody else may answer for Azure. */
static void no_other_host_is_asked(void **state)
{
    uv_loop_t loop;
    struct fail why;

    (void)state;
    uv_loop_init(&loop);
    assert_int_equal(events_ask(&loop, "http://example.org", on_events, NULL, &events,
                                &why),
                     -1);
    assert_int_equal(why.code, FAIL_USAGE);
    assert_int_equal(uv_loop_close(&loop), 0);
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(the_service_is_asked_as_it_wants_to_be),
        RUN(events_are_told_one_for_each_machine),
        RUN(no_service_is_no_events),
        RUN(what_is_no_list_of_events_is_none),
        RUN(no_other_host_is_asked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
