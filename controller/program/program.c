/* A callback finds the program, names what happened as an event and feeds it; what an event
 * means is program_state.c's table.  One struct program for each run, alive until the close
 * callback of its last handle.
 */
#include "controller/program/program.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/program/program_state.h"
#include "controller/tail.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* How long output may stay open after the program has ended: what it has left in the
 * background holds it open for ever.
 */
#define LINGER_MS 1000

/* How often it is looked whether anybody is left in a group that was told to terminate. */
#define WATCH_MS 50

/* A process in a system call that cannot be interrupted, such as one on a dead file
 * server, does not even die when killed.
 */
#define DIE_WITHIN_MS 2000

/* A turn of the loop, in which what has happened meanwhile is seen. */
#define ONCE_MORE_MS 1

#define READ_BYTES  ((size_t)16 << 10)
#define FIRST_BYTES ((size_t)1 << 10)

#define EV_NONE   PROGRAM_EV_NONE
#define EV_EXITED PROGRAM_EV_EXITED
#define EV_QUIET  PROGRAM_EV_QUIET
#define EV_LATE   PROGRAM_EV_LATE
#define EV_FLOOD  PROGRAM_EV_FLOOD
#define EV_GONE   PROGRAM_EV_GONE
#define EV_CLOSE  PROGRAM_EV_CLOSE

enum { IN, OUT, ERR, PIPES };

struct program {
    enum program_state state;
    uv_loop_t *loop;
    void (*on_ended)(void *arg, const struct program_result *result);
    void *arg;
    void (*on_closed)(void *arg);
    void *closed_arg;
    bool is_silent; /* the owner has closed it */

    uv_process_t process;
    pid_t group;
    bool has_process, exited;

    uv_pipe_t pipes[PIPES];
    bool open[PIPES];
    uv_write_t write;
    char *input;

    uv_timer_t timer; /* the deadline of the state */
    uv_timer_t watch; /* of a group that is to end */
    unsigned open_handles;
    uint64_t deadline_ms, grace_ms, begun_ns;

    char *out;
    size_t out_bytes, out_room, keep_bytes, printed_bytes, flood_bytes;
    struct tail words;
    struct program_result result;
    char read[READ_BYTES]; /* what libuv reads into: one stream at a time */
};

static void feed(struct program *p, enum program_event event);

/* ---- handles --------------------------------------------------------------------------- */

static void program_free(struct program *p)
{
    free(p->input);
    free(p->out);
    free(p);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct program *p = handle->data;

    if (--p->open_handles > 0)
        return;
    if (p->on_closed)
        p->on_closed(p->closed_arg);
    program_free(p);
}

static void close_pipe(struct program *p, int which)
{
    if (p->open[which])
        uv_close((uv_handle_t *)&p->pipes[which], on_handle_closed);
    p->open[which] = false;
}

static void close_handles(struct program *p)
{
    for (int i = 0; i < PIPES; i++)
        close_pipe(p, i);
    if (p->has_process)
        uv_close((uv_handle_t *)&p->process, on_handle_closed);
    uv_close((uv_handle_t *)&p->timer, on_handle_closed);
    uv_close((uv_handle_t *)&p->watch, on_handle_closed);
}

/* ---- its output ------------------------------------------------------------------------ */

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct program *p = handle->data;

    (void)suggested;
    *buffer = uv_buf_init(p->read, sizeof p->read);
}

/* How many of them, and a NUL, there is room for. */
static size_t make_room(struct program *p, size_t more)
{
    size_t room = p->out_room;
    char *grown;

    if (more > p->keep_bytes - p->out_bytes)
        more = p->keep_bytes - p->out_bytes;
    while (room < p->out_bytes + more + 1)
        room *= 2;
    if (!more || room == p->out_room)
        return more;
    grown = realloc(p->out, room);
    if (!grown)
        return 0;
    p->out = grown;
    p->out_room = room;
    return more;
}

static void keep(struct program *p, const char *bytes, size_t len_bytes)
{
    size_t kept = p->result.out_is_cut ? 0 : make_room(p, len_bytes);

    if (kept) {
        memcpy(p->out + p->out_bytes, bytes, kept);
        p->out_bytes += kept;
        p->out[p->out_bytes] = '\0';
    }
    p->result.out_is_cut = p->result.out_is_cut || kept < len_bytes;
}

static void look_for_quiet(struct program *p)
{
    if (p->state == PROGRAM_DRAINING && !p->open[OUT] && !p->open[ERR])
        feed(p, EV_QUIET);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct program *p = stream->data;
    int which = stream == (uv_stream_t *)&p->pipes[OUT] ? OUT : ERR;

    if (n < 0) { /* its end; an error is no less */
        close_pipe(p, which);
        look_for_quiet(p);
        return;
    }
    if (which == OUT)
        keep(p, buffer->base, (size_t)n);
    else
        tail_add(&p->words, buffer->base, (size_t)n);
    p->printed_bytes += (size_t)n;
    if (p->printed_bytes > p->flood_bytes)
        feed(p, EV_FLOOD);
}

static void stop_reading(struct program *p)
{
    for (int i = OUT; i <= ERR; i++)
        if (p->open[i])
            uv_read_stop((uv_stream_t *)&p->pipes[i]);
}

/* ---- its end --------------------------------------------------------------------------- */

static void signal_group(const struct program *p, int signum)
{
    kill(-p->group, signum);
}

/* The number of a group is nobody else's while one of it is left, and we look often. */
static bool is_gone(const struct program *p)
{
    return p->exited && kill(-p->group, 0) < 0 && errno == ESRCH;
}

static void look_for_survivors(struct program *p)
{
    if (p->state != PROGRAM_TERMINATING && p->state != PROGRAM_KILLED)
        return;
    if (is_gone(p))
        feed(p, EV_GONE);
}

static void on_watch(uv_timer_t *timer)
{
    look_for_survivors(timer->data);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signum)
{
    struct program *p = process->data;

    p->exited = true;
    p->result.status = (int)status;
    p->result.signal = signum;
    if (p->state == PROGRAM_RUNNING)
        feed(p, EV_EXITED);
    else
        look_for_survivors(p);
}

static void on_late(uv_timer_t *timer)
{
    feed(timer->data, EV_LATE);
}

/* It may have been us who did not look for so long: timers come before what has happened. */
static void on_deadline(uv_timer_t *timer)
{
    uv_timer_start(timer, on_late, ONCE_MORE_MS, 0);
}

/* ---- in the order of travel -------------------------------------------------------------- */

static enum program_event enter_draining(struct program *p)
{
    p->result.end = p->result.signal ? PROGRAM_SIGNAL : PROGRAM_EXITED;
    uv_timer_start(&p->timer, on_deadline, LINGER_MS, 0);
    return p->open[OUT] || p->open[ERR] ? EV_NONE : EV_QUIET;
}

static enum program_event enter_terminating(struct program *p)
{
    stop_reading(p);
    close_pipe(p, IN);
    signal_group(p, SIGTERM);
    uv_timer_start(&p->timer, on_deadline, p->grace_ms, 0);
    uv_timer_start(&p->watch, on_watch, WATCH_MS, WATCH_MS);
    return EV_NONE;
}

static enum program_event enter_killed(struct program *p)
{
    signal_group(p, SIGKILL);
    uv_timer_start(&p->timer, on_deadline, DIE_WITHIN_MS, 0);
    return EV_NONE;
}

/* What still runs of it, in the background, gets SIGPIPE when it prints any more. */
static enum program_event enter_over(struct program *p)
{
    uv_timer_stop(&p->timer);
    uv_timer_stop(&p->watch);
    stop_reading(p);
    if (p->is_silent)
        return EV_CLOSE;
    p->result.out = p->out;
    p->result.out_bytes = p->out_bytes;
    p->result.words = p->words.text;
    p->result.seconds = (double)(uv_hrtime() - p->begun_ns) / 1e9;
    p->on_ended(p->arg, &p->result);
    return EV_NONE;
}

static enum program_event enter_closed(struct program *p)
{
    close_handles(p);
    return EV_NONE;
}

/* ---- the only place where a program changes state ----------------------------------------- */

static enum program_event (*const enter[PROGRAM_STATES])(struct program *p) = {
    [PROGRAM_DRAINING] = enter_draining, [PROGRAM_TERMINATING] = enter_terminating,
    [PROGRAM_KILLED] = enter_killed,     [PROGRAM_OVER] = enter_over,
    [PROGRAM_CLOSED] = enter_closed,
};

static void feed(struct program *p, enum program_event event)
{
    while (event != EV_NONE) {
        int to = program_state_next(p->state, event);

        assert(to != PROGRAM_ILLEGAL);
        if (to == PROGRAM_TERMINATING)
            p->result.end = event == EV_FLOOD ? PROGRAM_FLOODED : PROGRAM_LATE;
        p->state = (enum program_state)to;
        event = enter[to](p);
    }
}

/* ---- the beginning -------------------------------------------------------------------------- */

static void environment_done(char ***environment)
{
    free(*environment);
}

static bool is_among(const char *variable, const char *const *more)
{
    size_t len_bytes = strcspn(variable, "=");

    for (; more && *more; more++)
        if (strncmp(variable, *more, len_bytes) == 0 && (*more)[len_bytes] == '=')
            return true;
    return false;
}

static bool begins_like_one_of(const char *variable, const char *const *without)
{
    for (; without && *without; without++)
        if (strncmp(variable, *without, strlen(*without)) == 0)
            return true;
    return false;
}

/* Ours, but for those that more has or that are left out, and more; one block, whose texts are
 * borrowed.  NULL: out of memory.
 */
static char **join_environment(const char *const *more, const char *const *without)
{
    size_t count = 1, kept = 0;
    char **made;

    for (size_t i = 0; environ && environ[i]; i++)
        count++;
    for (size_t i = 0; more && more[i]; i++)
        count++;
    made = malloc(count * sizeof *made);
    if (!made)
        return NULL;
    for (size_t i = 0; environ && environ[i]; i++)
        if (!is_among(environ[i], more) && !begins_like_one_of(environ[i], without))
            made[kept++] = environ[i];
    for (size_t i = 0; more && more[i]; i++)
        made[kept++] = (char *)(uintptr_t)more[i];
    made[kept] = NULL;
    return made;
}

/* The program's ends, to be closed by us when it has them. */
struct ends {
    uv_file fd[PIPES];
};

static void ends_done(struct ends *ends)
{
    for (int i = 0; i < PIPES; i++)
        if (ends->fd[i] >= 0)
            close(ends->fd[i]);
}

/* Our end does not block, the program's does, as it expects. */
static int open_pipe(struct program *p, int which, struct ends *ends)
{
    uv_file pair[2];
    int ours = which == IN ? 1 : 0, rc;

    rc =
        uv_pipe(pair, ours == 0 ? UV_NONBLOCK_PIPE : 0, ours == 1 ? UV_NONBLOCK_PIPE : 0);
    if (rc < 0)
        return rc;
    ends->fd[which] = pair[!ours];
    uv_pipe_init(p->loop, &p->pipes[which], 0);
    p->pipes[which].data = p;
    p->open[which] = true;
    p->open_handles++;
    rc = uv_pipe_open(&p->pipes[which], pair[ours]);
    if (rc < 0)
        close(pair[ours]);
    return rc;
}

static int spawn(struct program *p, const struct program_order *order, char **env)
{
    CLEANUP(ends_done) struct ends ends = {{-1, -1, -1}};
    uv_stdio_container_t stdio[PIPES];
    uv_process_options_t options = {.exit_cb = on_exit_of,
                                    .file = order->argv[0],
                                    .args = (char **)(uintptr_t)order->argv,
                                    .env = env,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio_count = PIPES,
                                    .stdio = stdio};
    int rc = 0;

    for (int i = 0; i < PIPES && rc == 0; i++) {
        rc = open_pipe(p, i, &ends);
        stdio[i].flags = UV_INHERIT_FD;
        stdio[i].data.fd = ends.fd[i];
    }
    if (rc < 0)
        return rc;
    p->process.data = p;
    p->has_process = true; /* a handle also of one that did not start */
    p->open_handles++;
    return uv_spawn(p->loop, &p->process, &options);
}

static void on_written(uv_write_t *write, int status)
{
    struct program *p = write->data;

    (void)status; /* EPIPE: it did not want to know; its own status says the rest */
    close_pipe(p, IN);
}

static void send_input(struct program *p, size_t len_bytes)
{
    uv_buf_t buffer = uv_buf_init(p->input, (unsigned)len_bytes);

    p->write.data = p;
    if (!len_bytes ||
        uv_write(&p->write, (uv_stream_t *)&p->pipes[IN], &buffer, 1, on_written) < 0)
        close_pipe(p, IN);
}

static struct program *program_new(uv_loop_t *loop, const struct program_order *order)
{
    struct program *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->input = malloc(order->input_bytes + 1);
    p->out = calloc(1, FIRST_BYTES);
    if (!p->input || !p->out) {
        program_free(p);
        return NULL;
    }
    p->out_room = FIRST_BYTES;
    if (order->input_bytes)
        memcpy(p->input, order->input, order->input_bytes);
    p->state = PROGRAM_RUNNING;
    p->loop = loop;
    p->deadline_ms = order->deadline_ms;
    p->grace_ms = order->grace_ms ? order->grace_ms : PROGRAM_GRACE_MS;
    p->keep_bytes = order->keep_bytes;
    p->flood_bytes = order->flood_bytes ? order->flood_bytes : PROGRAM_FLOOD_BYTES;
    p->begun_ns = uv_hrtime();
    p->timer.data = p->watch.data = p;
    uv_timer_init(loop, &p->timer);
    uv_timer_init(loop, &p->watch);
    p->open_handles = 2;
    return p;
}

/* Everything goes with the loop's next turns; nobody hears of it. */
static int give_up(struct program *p, const struct program_order *order, int error,
                   struct fail *why)
{
    fail_set(why, FAIL_COMMAND, "%s cannot be started: %s", order->argv[0],
             uv_strerror(error));
    if (order->error)
        *order->error = error;
    p->is_silent = true;
    p->state = PROGRAM_CLOSED;
    close_handles(p);
    return -1;
}

int program_start(uv_loop_t *loop, const struct program_order *order,
                  void (*on_ended)(void *arg, const struct program_result *result),
                  void *arg, struct program **made, struct fail *why)
{
    CLEANUP(environment_done) char **env = join_environment(order->env, order->without);
    struct program *p = env ? program_new(loop, order) : NULL;
    int rc;

    assert(order->deadline_ms &&
           order->keep_bytes <=
               (order->flood_bytes ? order->flood_bytes : PROGRAM_KEEP_BYTES));
    if (!p)
        return fail_memory(why);
    rc = spawn(p, order, env);
    if (rc < 0)
        return give_up(p, order, rc, why);
    p->group = p->process.pid;
    p->on_ended = on_ended;
    p->arg = arg;
    uv_timer_start(&p->timer, on_deadline, p->deadline_ms, 0);
    uv_read_start((uv_stream_t *)&p->pipes[OUT], give_room, on_read);
    uv_read_start((uv_stream_t *)&p->pipes[ERR], give_room, on_read);
    send_input(p, order->input_bytes);
    *made = p;
    return 0;
}

void program_close(struct program *p, void (*on_closed)(void *arg), void *arg)
{
    p->is_silent = true;
    p->on_closed = on_closed;
    p->closed_arg = arg;
    if (p->state != PROGRAM_TERMINATING && p->state != PROGRAM_KILLED)
        feed(p, EV_CLOSE);
}
