/* A request is in one of two queues: waiting, or with the agent, whose answers come in
 * the order of the requests.  A request that is cancelled stays where it is, so that the
 * answers still fit, and is only not told.
 */
#include "controller/ssh/keyagent.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <uv.h>

#include "controller/ssh/askqueue.h"
#include "controller/ssh/blob.h"
#include "controller/ssh/keyagent_wire.h"
#include "protocol/fail.h"
#include "protocol/frame.h"

#define PIECE_BYTES 4096

/* Connections on which a request is sent before it is given up. */
#define TRIES 2

/* One connection, alive until its last handle is closed. */
struct call {
    struct keyagent *agent; /* NULL: it has been given up */
    uv_pipe_t pipe;
    uv_timer_t silence;
    uv_connect_t connect;
    int open_handles;
    bool is_up;
    struct frame_reader *reader;
    struct askqueue asked;
    char piece[PIECE_BYTES];
};

struct letter {
    uv_write_t write;
    unsigned char bytes[];
};

struct keyagent {
    char *path;
    unsigned silent_ms;
    uv_loop_t *loop;
    unsigned users;
    struct askqueue waiting;
    struct call *call; /* NULL: not connected */
};

static int dial(struct keyagent *a, struct fail *why);
static void send_some(struct keyagent *a);

/* ---- a connection ------------------------------------------------------------- */

static void on_handle_closed(uv_handle_t *handle)
{
    struct call *c = handle->data;

    if (--c->open_handles > 0)
        return;
    frame_reader_free(c->reader);
    free(c);
}

static void hang_up(struct call *c)
{
    c->agent->call = NULL;
    c->agent = NULL;
    uv_close((uv_handle_t *)&c->pipe, on_handle_closed);
    uv_close((uv_handle_t *)&c->silence, on_handle_closed);
}

static void fail_all(struct keyagent *a, const struct fail *why)
{
    struct askqueue failed = a->waiting;

    a->waiting = (struct askqueue){0};
    askqueue_settle(&failed, why);
}

/* What the agent had not answered goes in front of what waits, if it is worth another
 * try; the rest fails.
 */
static void lose(struct call *c, bool try_again, const struct fail *why)
{
    struct keyagent *a = c->agent;
    struct askqueue failed = {0}, again = {0};
    struct keyagent_ask *ask;
    struct fail no_call;

    hang_up(c);
    while ((ask = askqueue_take(&c->asked)))
        askqueue_put(try_again && ask->on_signed && ask->tries < TRIES ? &again : &failed,
                     ask);
    while ((ask = askqueue_take(&a->waiting)))
        askqueue_put(&again, ask);
    a->waiting = again;
    askqueue_settle(&failed, why);
    if (a->waiting.first && !a->call && dial(a, &no_call) < 0)
        fail_all(a, &no_call);
}

static void on_silence(uv_timer_t *timer)
{
    struct call *c = timer->data;
    struct fail why;

    fail_set(&why, FAIL_NO_ANSWER, "no answer from the ssh-agent at %s within %g s",
             c->agent->path, (double)c->agent->silent_ms / 1000);
    lose(c, false, &why);
}

static void hear(struct call *c, const char *message, size_t len_bytes)
{
    const struct blob answer = {(const unsigned char *)message, len_bytes};
    struct keyagent_ask *ask = askqueue_take(&c->asked);
    struct blob scheme, signature;
    struct fail why;
    bool good;

    uv_timer_again(&c->silence);
    scheme = (struct blob){ask->scheme, ask->scheme_bytes};
    good = keyagent_decode_signature(&answer, &scheme, &signature, &why) == 0;
    ask_settle(ask, good ? &signature : NULL, good ? NULL : &why);
}

/* Nothing may come that was not asked for. */
static void hear_all(struct call *c)
{
    const char *message;
    size_t len_bytes;

    while (c->agent && c->asked.first && (message = frame_next(c->reader, &len_bytes)))
        hear(c, message, len_bytes);
    if (!c->agent)
        return;
    if (!c->asked.first)
        uv_timer_stop(&c->silence);
    send_some(c->agent);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct call *c = stream->data;
    struct fail why;

    (void)buf;
    if (n == 0)
        return;
    if (n < 0) {
        fail_set(&why, FAIL_NO_ANSWER, "the ssh-agent at %s hangs up: %s", c->agent->path,
                 uv_strerror((int)n));
        lose(c, true, &why);
        return;
    }
    if (!c->asked.first || frame_push(c->reader, c->piece, (size_t)n, NULL) < 0) {
        fail_set(&why, FAIL_KEY_FILE, "the ssh-agent at %s does not speak its protocol",
                 c->agent->path);
        lose(c, false, &why);
        return;
    }
    hear_all(c);
}

static void on_room(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
    struct call *c = handle->data;

    (void)size;
    *buf = uv_buf_init(c->piece, sizeof c->piece);
}

/* What went wrong shows as the end of what is read, too. */
static void on_written(uv_write_t *write, int status)
{
    (void)status;
    free(write->data);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct call *c = request->data;
    struct keyagent *a = c->agent;
    struct fail why;

    if (!a)
        return;
    if (status == 0)
        status = uv_read_start((uv_stream_t *)&c->pipe, on_room, on_read);
    if (status == 0) {
        c->is_up = true;
        send_some(a);
        return;
    }
    fail_set(&why, FAIL_NO_ANSWER, "the ssh-agent at %s: %s", a->path,
             uv_strerror(status));
    hang_up(c);
    fail_all(a, &why);
}

static struct call *call_new(struct keyagent *a)
{
    struct call *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->reader = frame_reader_new(false);
    if (!c->reader) {
        free(c);
        return NULL;
    }
    c->agent = a;
    uv_pipe_init(a->loop, &c->pipe, 0);
    uv_timer_init(a->loop, &c->silence);
    c->pipe.data = c->silence.data = c->connect.data = c;
    c->open_handles = 2;
    return c;
}

static int dial(struct keyagent *a, struct fail *why)
{
    struct sockaddr_un address; /* for its size: libuv cuts what is longer */

    if (strlen(a->path) >= sizeof address.sun_path)
        return fail_set(why, FAIL_KEY_FILE, "the ssh-agent at %s: %s", a->path,
                        uv_strerror(UV_ENAMETOOLONG));
    a->call = call_new(a);
    if (!a->call)
        return fail_memory(why);
    uv_pipe_connect(&a->call->connect, &a->call->pipe, a->path, on_connected);
    return 0;
}

/* ---- asking ------------------------------------------------------------------- */

static void post(struct call *c, const struct keyagent_ask *ask)
{
    struct letter *l = malloc(sizeof *l + ask->frame_bytes);
    uv_buf_t buf;

    if (!l)
        return; /* then it runs into the deadline */
    memcpy(l->bytes, ask->frame, ask->frame_bytes);
    l->write.data = l;
    buf = uv_buf_init((char *)l->bytes, (unsigned)ask->frame_bytes);
    if (uv_write(&l->write, (uv_stream_t *)&c->pipe, &buf, 1, on_written) < 0)
        free(l);
}

static void send_some(struct keyagent *a)
{
    struct call *c = a->call;
    struct keyagent_ask *ask;

    while (c && c->is_up && c->asked.count < KEYAGENT_IN_FLIGHT &&
           (ask = askqueue_take(&a->waiting))) {
        if (!ask->on_signed) {
            ask_free(ask);
            continue;
        }
        if (!c->asked.first)
            uv_timer_start(&c->silence, on_silence, a->silent_ms, a->silent_ms);
        ask->tries++;
        askqueue_put(&c->asked, ask);
        post(c, ask);
    }
}

struct keyagent_ask *keyagent_sign(struct keyagent *a, const struct blob *key,
                                   const struct blob *data, const struct blob *scheme,
                                   keyagent_fn on_signed, void *arg, struct fail *why)
{
    struct keyagent_ask *ask = ask_new(key, data, scheme, why);

    assert(a->users > 0);
    if (!ask)
        return NULL;
    if (!a->call && dial(a, why) < 0) {
        ask_free(ask);
        return NULL;
    }
    ask->on_signed = on_signed;
    ask->arg = arg;
    askqueue_put(&a->waiting, ask);
    send_some(a);
    return ask;
}

void keyagent_cancel(struct keyagent_ask *ask)
{
    ask->on_signed = NULL;
}

/* ---- life --------------------------------------------------------------------- */

struct keyagent *keyagent_new(const char *path, unsigned silent_ms)
{
    struct keyagent *a = calloc(1, sizeof *a);

    if (!a)
        return NULL;
    a->silent_ms = silent_ms ? silent_ms : KEYAGENT_SILENT_MS;
    a->path = strdup(path);
    if (!a->path) {
        free(a);
        return NULL;
    }
    return a;
}

void keyagent_free(struct keyagent *a)
{
    if (!a)
        return;
    assert(a->users == 0 && !a->call && !a->waiting.first);
    free(a->path);
    free(a);
}

const char *keyagent_path(const struct keyagent *a)
{
    return a->path;
}

void keyagent_join(struct keyagent *a, uv_loop_t *loop)
{
    assert(a->users == 0 || a->loop == loop);
    a->loop = loop;
    a->users++;
}

void keyagent_leave(struct keyagent *a)
{
    assert(a->users > 0);
    if (--a->users > 0)
        return;
    askqueue_clear(&a->waiting);
    if (a->call) {
        askqueue_clear(&a->call->asked);
        hang_up(a->call);
    }
}
