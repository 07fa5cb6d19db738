/* The OpenSSH client as a child process: it knows agents, jump hosts, certificates,
 * Kerberos and all that ~/.ssh/config can say, and costs ten times as much.
 *
 * A callback finds the child, names what happened as an event and feeds it; what an
 * event means is child_state.c's table.  One struct child per session, alive from
 * child_open() to the close callback of its last handle.  The handle of a process that
 * still runs is never closed: libuv would not collect it, and it stayed as a zombie.
 */
#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/openssh/arguments.h"
#include "controller/openssh/child_state.h"
#include "controller/openssh/complaint.h"
#include "controller/openssh/environment.h"
#include "controller/openssh/mark.h"
#include "controller/openssh/openssh.h"
#include "controller/ssh/client.h"
#include "controller/ssh/outqueue.h"
#include "controller/ssh/ssh.h"
#include "controller/ssh/way.h"
#include "controller/tail.h"
#include "protocol/fail.h"

#define DEFAULT_PHASE_MS 15000

/* Its phases cannot be told apart from outside, and a jump host has the same again. */
#define PHASES 3

/* What one node may have read before the others have their turn. */
#define TURN_BYTES ((size_t)256 << 10)

/* How long the output may stay open, and silent, after the process has ended: what a
 * ProxyCommand left behind holds it open for ever.
 */
#define LINGER_MS 1000

/* A turn of the loop, in which what has come meanwhile is read. */
#define ONCE_MORE_MS 1

/* How long it may take to end when told to. */
#define TERM_MS 2000

#define EV_NONE  CHILD_EV_NONE
#define EV_DONE  CHILD_EV_DONE
#define EV_FAIL  CHILD_EV_FAIL
#define EV_CLOSE CHILD_EV_CLOSE

enum { OUT, ERR, READERS };

/* One of its output streams. */
struct reader {
    uv_pipe_t pipe;
    struct mark mark;
    bool open, ended;
};

struct child {
    enum child_state state;
    uv_loop_t *loop;
    struct openssh *shared;
    struct ssh_order order;
    const struct ssh_hooks *hooks;
    void *arg;
    void (*on_closed)(void *arg);

    struct gate_place place;
    uint64_t opened_ms,
        waited_ms; /* when; how long its turn was in coming, once it has */
    uv_process_t process;
    bool spawned, exited;
    int status, signal; /* of the process, once it has exited */

    uv_timer_t timer; /* the deadline of the state; then of the end */
    uv_idle_t again;  /* the first turn; reading goes on           */
    unsigned open_handles;
    size_t turn_bytes;

    struct reader readers[READERS];
    struct tail words; /* the end of what was said on stderr */

    uv_pipe_t input;
    bool input_open;
    uv_write_t write;
    uv_shutdown_t shutdown;
    bool writing, ends_input, input_ended;
    struct outqueue out;

    struct fail why; /* filled in before EV_FAIL is fed */
};

static void feed(struct child *c, enum child_event event);

/* ---- handles ------------------------------------------------------------------------ */

static void on_handle_closed(uv_handle_t *handle)
{
    struct child *c = handle->data;

    if (--c->open_handles > 0)
        return;
    outqueue_clear(&c->out);
    if (c->on_closed)
        c->on_closed(c->arg);
    free(c);
}

static void close_handle(void *handle)
{
    uv_close(handle, on_handle_closed);
}

static void open_pipe(struct child *c, uv_pipe_t *pipe)
{
    uv_pipe_init(c->loop, pipe, 0);
    pipe->data = c;
    c->open_handles++;
}

/* ---- the end ------------------------------------------------------------------------ */

/* The whole session of processes: a ProxyCommand is one of them. */
static void kill_all(struct child *c, int signum)
{
    if (c->spawned && !c->exited)
        kill(-c->process.pid, signum);
}

static void close_pipes(struct child *c)
{
    for (int i = 0; i < READERS; i++)
        if (c->readers[i].open)
            close_handle(&c->readers[i].pipe);
    if (c->input_open)
        close_handle(&c->input);
    c->readers[OUT].open = c->readers[ERR].open = c->input_open = false;
}

static void on_stubborn(uv_timer_t *timer)
{
    kill_all(timer->data, SIGKILL);
}

/* The last handles go when the process has been collected. */
static void leave(struct child *c)
{
    if (c->spawned && !c->exited)
        return;
    if (c->spawned)
        close_handle(&c->process);
    close_handle(&c->timer);
    close_handle(&c->again);
}

static enum child_event conclude(struct child *c)
{
    if (c->state == CHILD_LOGGING_IN) {
        if (c->signal)
            fail_set(&c->why, FAIL_HANDSHAKE, "ssh was ended by signal %d", c->signal);
        else
            complaint_explain(c->words.text, c->status, &c->why);
        return EV_FAIL;
    }
    if (c->signal)
        fail_set(&c->why, FAIL_LINK_LOST, "ssh was ended by signal %d", c->signal);
    return c->signal || (c->status == COMPLAINT_STATUS &&
                         complaint_is_loss(c->words.text, &c->why))
               ? EV_FAIL
               : EV_DONE;
}

static void on_silence(uv_timer_t *timer)
{
    struct child *c = timer->data;

    feed(c, conclude(c));
}

/* It may have been us who did not listen for so long: timers come before what is read. */
static void on_quiet(uv_timer_t *timer)
{
    uv_timer_start(timer, on_silence, ONCE_MORE_MS, 0);
}

/* It is over when the process has ended and all that it printed has been read. */
static void look_for_end(struct child *c)
{
    if (!c->exited || (c->state != CHILD_LOGGING_IN && c->state != CHILD_RUNNING))
        return;
    if (c->readers[OUT].ended && c->readers[ERR].ended)
        feed(c, conclude(c));
    else
        uv_timer_start(&c->timer, on_quiet, LINGER_MS, 0);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signum)
{
    struct child *c = process->data;

    c->exited = true;
    c->status = (int)status;
    c->signal = signum;
    if (c->state == CHILD_CLOSED)
        leave(c);
    else
        look_for_end(c);
}

/* ---- what it prints ------------------------------------------------------------------- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct child *c = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(c->shared->read, OPENSSH_READ_BYTES);
}

static void on_again(uv_idle_t *idle);

static void take(struct child *c, struct reader *r, const char *bytes, size_t len_bytes)
{
    bool is_err = r == &c->readers[ERR];
    size_t ours = mark_find(&r->mark, bytes, len_bytes);

    if (is_err)
        tail_add(&c->words, bytes, len_bytes);
    if (r->mark.found && c->state == CHILD_LOGGING_IN)
        feed(c, EV_DONE);
    if (ours < len_bytes && c->state == CHILD_RUNNING)
        c->hooks->data(c->arg, is_err ? SSH_STDERR : SSH_STDOUT, bytes + ours,
                       len_bytes - ours);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer);

static void read_on(struct child *c)
{
    c->turn_bytes = 0;
    for (int i = 0; i < READERS; i++) {
        struct reader *r = &c->readers[i];

        if (r->open && !r->ended)
            uv_read_start((uv_stream_t *)&r->pipe, on_alloc, on_read);
    }
}

/* Until all others have had their turn. */
static void pause_reading(struct child *c)
{
    for (int i = 0; i < READERS; i++)
        if (c->readers[i].open)
            uv_read_stop((uv_stream_t *)&c->readers[i].pipe);
    uv_idle_start(&c->again, on_again);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct child *c = stream->data;
    struct reader *r =
        &c->readers[stream == (uv_stream_t *)&c->readers[OUT].pipe ? OUT : ERR];

    if (n < 0) { /* its end; an error is no less */
        uv_read_stop(stream);
        r->ended = true;
        look_for_end(c);
        return;
    }
    take(c, r, buffer->base, (size_t)n);
    if (c->state == CHILD_CLOSED || c->state == CHILD_OVER)
        return;
    c->turn_bytes += (size_t)n;
    if (c->turn_bytes >= TURN_BYTES)
        pause_reading(c);
    look_for_end(c); /* it is not silent yet */
}

/* ---- what it is sent -------------------------------------------------------------------- */

static void write_on(struct child *c);

/* libuv says of a write that was cancelled that it is, too. */
static void on_written(uv_write_t *write, int status)
{
    struct child *c = write->data;
    const char *bytes;
    size_t len_bytes = outqueue_front(&c->out, &bytes);

    c->writing = false;
    if (c->state != CHILD_RUNNING)
        return;
    if (status < 0) { /* it reads no more: the end of the process says why */
        outqueue_clear(&c->out);
        return;
    }
    outqueue_pop(&c->out, len_bytes);
    if (c->out.len_bytes == 0 && c->hooks->drained)
        c->hooks->drained(c->arg);
    if (c->state == CHILD_RUNNING)
        write_on(c);
}

/* Without a callback: the end of the process tells all. */
static void end_input(struct child *c)
{
    if (!c->input_ended)
        uv_shutdown(&c->shutdown, (uv_stream_t *)&c->input, NULL);
    c->input_ended = true;
}

static void write_on(struct child *c)
{
    const char *bytes = NULL;
    size_t len_bytes = outqueue_front(&c->out, &bytes);
    char *front;
    uv_buf_t buffer;

    if (len_bytes == 0 && c->ends_input)
        end_input(c);
    if (len_bytes == 0 || c->writing)
        return;
    memcpy(&front, &bytes, sizeof front); /* libuv's buffers are not const */
    buffer = uv_buf_init(front, (unsigned)len_bytes);
    c->write.data = c;
    c->writing =
        uv_write(&c->write, (uv_stream_t *)&c->input, &buffer, 1, on_written) == 0;
}

/* ---- in the order of travel ---------------------------------------------------------------- */

static void on_late(uv_timer_t *timer)
{
    struct child *c = timer->data;

    fail_set(&c->why, FAIL_NO_ANSWER, "no login through OpenSSH within %g s",
             (double)(PHASES * c->order.phase_ms) / 1000);
    feed(c, EV_FAIL);
}

/* It may have printed its mark in time, and we did not look. */
static void on_deadline(uv_timer_t *timer)
{
    uv_timer_start(timer, on_late, ONCE_MORE_MS, 0);
}

/* It comes while another child is at work. */
static void on_turn(void *arg)
{
    struct child *c = arg;

    uv_idle_start(&c->again, on_again);
}

static void on_again(uv_idle_t *idle)
{
    struct child *c = idle->data;

    uv_idle_stop(idle);
    if (c->state == CHILD_QUEUED && c->place.inside)
        feed(c, EV_DONE);
    else if (c->state == CHILD_QUEUED)
        gate_enter(&c->shared->gate, &c->place);
    else
        read_on(c);
}

static void open_pipes(struct child *c, uv_stdio_container_t stdio[3])
{
    stdio[0].flags = UV_IGNORE;
    if (!c->order.no_input) {
        open_pipe(c, &c->input);
        c->input_open = true;
        stdio[0].flags = UV_CREATE_PIPE | UV_READABLE_PIPE;
        stdio[0].data.stream = (uv_stream_t *)&c->input;
    }
    for (int i = 0; i < READERS; i++) {
        struct reader *r = &c->readers[i];

        open_pipe(c, &r->pipe);
        r->open = true;
        stdio[1 + i].flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
        stdio[1 + i].data.stream = (uv_stream_t *)&r->pipe;
    }
}

/* Without a terminal, and without our ^C: it is ended by us. */
static int spawn(struct child *c)
{
    struct arguments words = {0};
    uv_stdio_container_t stdio[3];
    uv_process_options_t options = {.exit_cb = on_exit_of,
                                    .file = "ssh",
                                    .args = words.words,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio_count = 3,
                                    .stdio = stdio};
    int rc = arguments_make(&c->order, &words, &c->why);

    options.env = rc == 0 ? environment_new(c->order.mark) : NULL;
    if (rc == 0 && !options.env)
        rc = fail_memory(&c->why);
    if (rc == 0) {
        open_pipes(c, stdio);
        c->process.data = c;
        rc = uv_spawn(c->loop, &c->process, &options);
        c->open_handles++; /* also of one that did not start */
        c->spawned = true;
        c->exited = rc < 0;
        if (rc == UV_ENOENT)
            openssh_is_installed(&c->why); /* no */
        else if (rc < 0)
            fail_set(&c->why, FAIL_STATE, "cannot start ssh: %s", uv_strerror(rc));
    }
    arguments_done(&words);
    free(options.env);
    return rc;
}

static enum child_event enter_logging_in(struct child *c)
{
    c->waited_ms = uv_now(c->loop) - c->opened_ms;
    if (spawn(c) < 0)
        return EV_FAIL;
    uv_timer_start(&c->timer, on_deadline, PHASES * c->order.phase_ms, 0);
    read_on(c);
    return EV_NONE;
}

static enum child_event enter_running(struct child *c)
{
    gate_leave(&c->shared->gate, &c->place);
    uv_timer_stop(&c->timer);
    c->hooks->up(c->arg);
    return EV_NONE;
}

static void rest(struct child *c)
{
    gate_leave(&c->shared->gate, &c->place);
    uv_timer_stop(&c->timer);
    uv_idle_stop(&c->again);
    for (int i = 0; i < READERS; i++)
        if (c->readers[i].open)
            uv_read_stop((uv_stream_t *)&c->readers[i].pipe);
}

static enum child_event enter_over(struct child *c)
{
    rest(c);
    kill_all(c, SIGTERM);
    c->hooks->ended(c->arg, c->status, c->why.code == FAIL_NONE ? NULL : &c->why);
    return EV_NONE;
}

static enum child_event enter_closed(struct child *c)
{
    rest(c);
    close_pipes(c);
    kill_all(c, SIGTERM);
    uv_timer_start(&c->timer, on_stubborn, TERM_MS, 0);
    leave(c);
    return EV_NONE;
}

/* ---- the only place where a child changes state ------------------------------------------- */

static enum child_event (*const enter[CHILD_STATES])(struct child *c) = {
    [CHILD_LOGGING_IN] = enter_logging_in,
    [CHILD_RUNNING] = enter_running,
    [CHILD_OVER] = enter_over,
    [CHILD_CLOSED] = enter_closed,
};

static void feed(struct child *c, enum child_event event)
{
    while (event != EV_NONE && c->state != CHILD_CLOSED) {
        int to = child_state_next(c->state, event);

        assert(to != CHILD_ILLEGAL);
        c->state = (enum child_state)to;
        event = enter[to](c);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static void *child_open(struct ssh_client *client, uv_loop_t *loop,
                        const struct ssh_order *order, const struct ssh_hooks *hooks,
                        void *arg)
{
    struct openssh *shared = client_openssh(client);
    struct child *c = shared ? calloc(1, sizeof *c) : NULL;

    if (!c)
        return NULL;
    c->state = CHILD_QUEUED;
    c->loop = loop;
    c->opened_ms = uv_now(loop);
    c->shared = shared;
    c->order = *order;
    c->order.phase_ms = order->phase_ms ? order->phase_ms : DEFAULT_PHASE_MS;
    c->hooks = hooks;
    c->arg = arg;
    c->place.on_turn = on_turn;
    c->place.arg = c->timer.data = c->again.data = c;
    uv_timer_init(loop, &c->timer);
    uv_idle_init(loop, &c->again);
    c->open_handles = 2;
    uv_idle_start(&c->again, on_again);
    return c;
}

static int child_write(void *session, const void *bytes, size_t len_bytes,
                       struct fail *why)
{
    struct child *c = session;

    if (c->state != CHILD_RUNNING || !c->input_open)
        return fail_set(why, FAIL_LINK_LOST, "the command is not running");
    if (outqueue_push(&c->out, bytes, len_bytes, why) < 0)
        return -1;
    write_on(c);
    return 0;
}

static int child_end_input(void *session, struct fail *why)
{
    struct child *c = session;

    if (c->state != CHILD_RUNNING)
        return fail_set(why, FAIL_LINK_LOST, "the command is not running");
    c->ends_input = c->input_open;
    if (c->ends_input)
        write_on(c);
    return 0;
}

static uint64_t child_waited_ms(const void *session)
{
    const struct child *c = session;

    return c->state == CHILD_QUEUED ? uv_now(c->loop) - c->opened_ms : c->waited_ms;
}

static void child_close(void *session, void (*on_closed)(void *arg))
{
    struct child *c = session;

    c->on_closed = on_closed;
    feed(c, EV_CLOSE);
}

/* One command for each process: there is nothing instead. */
const struct way way_openssh = {.open = child_open,
                                .write = child_write,
                                .end_input = child_end_input,
                                .waited_ms = child_waited_ms,
                                .close = child_close};
