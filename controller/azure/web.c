/* The loop's half: sockets and the timer that libcurl asks for, and the end of all of it.
 * What one request is stands in web_call.c.
 *
 * A web lives until libcurl has let go of its last socket and that handle is closed.
 */
#include "controller/azure/web.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/azure/web_call.h"
#include "protocol/fail.h"

struct web {
    CURLM *multi;
    uv_loop_t *loop;
    uv_timer_t timer;
    char *ca_bundle;
    struct web_call *calls;
    size_t watched; /* sockets whose handle is not closed yet */
    bool is_closing, has_closed_timer;
    void (*closed)(void *arg);
    void *closed_arg;
};

struct watch {
    uv_poll_t poll;
    struct web *web;
    curl_socket_t fd;
};

static void end_when_idle(struct web *w)
{
    void (*closed)(void *arg) = w->closed;
    void *arg = w->closed_arg;

    if (!w->has_closed_timer || w->watched > 0)
        return;
    free(w->ca_bundle);
    free(w);
    if (closed)
        closed(arg);
}

/* ---- what has ended ------------------------------------------------------------------- */

/* A callback may close the web: then libcurl has been told to forget all calls. */
static void answer_ended(struct web *w)
{
    CURLMsg *message;
    CURLcode result;
    CURL *easy;
    int left;

    while (!w->is_closing && (message = curl_multi_info_read(w->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        easy = message->easy_handle;
        result = message->data.result;
        web_call_end(web_call_of(easy), (int)result);
    }
}

static void act(struct web *w, curl_socket_t fd, int what)
{
    int running;

    if (w->is_closing)
        return;
    curl_multi_socket_action(w->multi, fd, what, &running);
    answer_ended(w);
}

static void on_timer(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    int what = status < 0 ? CURL_CSELECT_ERR : 0;

    if (events & UV_READABLE)
        what |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        what |= CURL_CSELECT_OUT;
    act(watch->web, watch->fd, what);
}

/* ---- what libcurl asks for ------------------------------------------------------------- */

static int set_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct web *w = arg;

    (void)multi;
    if (w->is_closing)
        return 0;
    if (timeout_ms < 0)
        uv_timer_stop(&w->timer);
    else
        uv_timer_start(&w->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    struct web *w = watch->web;

    free(watch);
    w->watched--;
    end_when_idle(w);
}

static struct watch *watch_begin(struct web *w, curl_socket_t fd)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (!watch || uv_poll_init_socket(w->loop, &watch->poll, fd) < 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    watch->web = w;
    watch->fd = fd;
    w->watched++;
    curl_multi_assign(w->multi, fd, watch);
    return watch;
}

static void watch_end(struct watch *watch)
{
    uv_poll_stop(&watch->poll);
    curl_multi_assign(watch->web->multi, watch->fd, NULL);
    uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
}

/* A socket that cannot be watched is waited for until the request's deadline. */
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg,
                        void *socket_arg)
{
    struct watch *watch = socket_arg;
    int events = 0;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch)
            watch_end(watch);
        return 0;
    }
    if (!watch)
        watch = watch_begin(arg, fd);
    if (!watch)
        return 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        events |= UV_READABLE;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        events |= UV_WRITABLE;
    uv_poll_start(&watch->poll, events, on_ready);
    return 0;
}

/* ---- begin and end ----------------------------------------------------------------------- */

static int check_bundle(const char *path, struct fail *why)
{
    if (!path || access(path, R_OK) == 0)
        return 0;
    return fail_set(why, FAIL_USAGE,
                    "%s cannot be read: ca_bundle must be a file of certificates (PEM)",
                    path);
}

static CURLM *open_multi(struct web *w)
{
    CURLM *multi = curl_global_init(CURL_GLOBAL_DEFAULT) ? NULL : curl_multi_init();

    if (!multi)
        return NULL;
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, w);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, w);
    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)WEB_MAX_PER_HOST);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    return multi;
}

int web_open(struct uv_loop_s *loop, const char *ca_bundle, struct web **made,
             struct fail *why)
{
    struct web *w;

    if (check_bundle(ca_bundle, why) < 0)
        return -1;
    w = calloc(1, sizeof *w);
    if (w) {
        w->ca_bundle = ca_bundle ? strdup(ca_bundle) : NULL;
        w->multi = ca_bundle && !w->ca_bundle ? NULL : open_multi(w);
    }
    if (!w || !w->multi) {
        if (w)
            free(w->ca_bundle);
        free(w);
        return fail_memory(why);
    }
    w->loop = loop;
    uv_timer_init(loop, &w->timer);
    w->timer.data = w;
    *made = w;
    return 0;
}

/* Not before the loop's next turn: libcurl may be further up the stack. */
static void on_timer_closed(uv_handle_t *handle)
{
    struct web *w = handle->data;

    w->has_closed_timer = true;
    curl_multi_cleanup(w->multi);
    curl_global_cleanup();
    end_when_idle(w);
}

void web_close(struct web *w, void (*closed)(void *arg), void *arg)
{
    assert(!w->is_closing);
    w->is_closing = true;
    w->closed = closed;
    w->closed_arg = arg;
    while (w->calls)
        web_cancel(w->calls);
    uv_timer_stop(&w->timer);
    uv_close((uv_handle_t *)&w->timer, on_timer_closed);
}

/* ---- for web_call.c ------------------------------------------------------------------------ */

struct web_call **web_calls(struct web *w)
{
    return &w->calls;
}

void *web_multi(struct web *w)
{
    return w->multi;
}

const char *web_ca_bundle(const struct web *w)
{
    return w->ca_bundle;
}
