/* Alive from subprocess_start() until its last handle is closed.  The handle of a process
 * that still runs is not closed, since libuv would not collect it and it stayed as a
 * zombie; but one that does not even die when killed is not waited for.
 */
#include "controller/subprocess.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/tail.h"
#include "protocol/fail.h"

/* How long its output may stay open after it has ended: what it left behind may hold it
 * open for ever.
 */
#define LINGER_MS 1000

/* A process in a system call that cannot be interrupted does not die when killed. */
#define DIE_WITHIN_MS 2000

#define READ_BYTES ((size_t)64 << 10)

struct subprocess {
    uv_process_t process;
    uv_pipe_t in, out, err;
    uv_timer_t timer;
    uv_write_t write;
    unsigned open; /* handles */
    bool has_exited, is_out_done, is_err_done, is_over;
    enum subprocess_how how;
    int status;
    char *input;
    char *printed;
    size_t printed_bytes, room_bytes, max_bytes;
    struct tail words; /* the end of what it said on stderr */
    void (*on_ended)(void *arg, const struct subprocess_end *end);
    void *arg;
    char read[READ_BYTES]; /* what libuv reads into, for both: it reads one at a time */
};

/* ---- the end --------------------------------------------------------------------------- */

static void on_closed(uv_handle_t *handle)
{
    struct subprocess *p = handle->data;

    if (--p->open > 0)
        return;
    free(p->input);
    free(p->printed);
    free(p);
}

static void close_handle(void *handle)
{
    uv_handle_t *h = handle;

    if (h->type != UV_UNKNOWN_HANDLE && !uv_is_closing(h))
        uv_close(h, on_closed);
}

static void close_all(struct subprocess *p)
{
    close_handle(&p->in);
    close_handle(&p->out);
    close_handle(&p->err);
    close_handle(&p->timer);
    close_handle(&p->process);
}

static void on_undead(uv_timer_t *timer)
{
    close_all(timer->data);
}

/* Nothing is heard of it any more; what still runs is killed and collected. */
static void leave(struct subprocess *p)
{
    p->is_over = true;
    close_handle(&p->in);
    close_handle(&p->out);
    close_handle(&p->err);
    if (p->has_exited) {
        close_all(p);
        return;
    }
    kill(-p->process.pid, SIGKILL);
    uv_timer_start(&p->timer, on_undead, DIE_WITHIN_MS, 0);
}

/* The last line that is not empty, cut out of the text. */
static const char *last_line(char *text)
{
    size_t len = strlen(text);
    char *newline;

    while (len && strchr("\r\n \t", text[len - 1]))
        text[--len] = '\0';
    newline = strrchr(text, '\n');
    return newline ? newline + 1 : text;
}

static void tell(struct subprocess *p)
{
    bool is_well = p->how == SUBPROCESS_ENDED;
    struct subprocess_end end = {.how = p->how,
                                 .status = p->status,
                                 .out = p->printed,
                                 .out_bytes = is_well ? p->printed_bytes : 0,
                                 .complaint = last_line(p->words.text)};

    p->printed[end.out_bytes] = '\0';
    p->is_over = true;
    p->on_ended(p->arg, &end);
    leave(p);
}

static void on_linger(uv_timer_t *timer)
{
    tell(timer->data);
}

static void tell_when_over(struct subprocess *p)
{
    if (p->is_over || !p->has_exited)
        return;
    if (p->is_out_done && p->is_err_done)
        tell(p);
    else
        uv_timer_start(&p->timer, on_linger, LINGER_MS, 0);
}

static void on_exit_of(uv_process_t *process, int64_t status, int signum)
{
    struct subprocess *p = process->data;

    p->has_exited = true;
    p->status = signum ? 128 + signum : (int)status;
    if (p->is_over)
        close_all(p);
    else
        tell_when_over(p);
}

static void give_up(struct subprocess *p, enum subprocess_how how)
{
    p->how = how;
    tell(p);
}

static void on_deadline(uv_timer_t *timer)
{
    give_up(timer->data, SUBPROCESS_LATE);
}

void subprocess_stop(struct subprocess *p)
{
    if (p)
        leave(p);
}

/* ---- what it prints --------------------------------------------------------------------- */

static void give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct subprocess *p = handle->data;

    (void)suggested;
    *buf = uv_buf_init(p->read, READ_BYTES);
}

/* One byte more than there are, for the NUL. */
static int keep(struct subprocess *p, const char *bytes, size_t len_bytes)
{
    size_t want = p->printed_bytes + len_bytes + 1, room = p->room_bytes;
    char *grown;

    if (len_bytes > p->max_bytes - p->printed_bytes)
        return -1;
    while (room < want)
        room *= 2;
    grown = room > p->room_bytes ? realloc(p->printed, room) : p->printed;
    if (!grown)
        return -1;
    p->printed = grown;
    p->room_bytes = room;
    memcpy(grown + p->printed_bytes, bytes, len_bytes);
    p->printed_bytes += len_bytes;
    return 0;
}

static void on_printed(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct subprocess *p = stream->data;

    if (n < 0) { /* its end; an error is no less */
        uv_read_stop(stream);
        p->is_out_done = true;
        tell_when_over(p);
    } else if (keep(p, buf->base, (size_t)n) < 0) {
        give_up(p, SUBPROCESS_FLOOD);
    }
}

static void on_said(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct subprocess *p = stream->data;

    if (n >= 0) {
        tail_add(&p->words, buf->base, (size_t)n);
        return;
    }
    uv_read_stop(stream);
    p->is_err_done = true;
    tell_when_over(p);
}

/* ---- begin ---------------------------------------------------------------------------------- */

/* One that reads nothing ends nevertheless, and what it says then is what counts. */
static void on_written(uv_write_t *write, int status)
{
    struct subprocess *p = write->data;

    (void)status;
    close_handle(&p->in);
}

static void feed(struct subprocess *p)
{
    uv_buf_t buf = uv_buf_init(p->input, (unsigned)strlen(p->input));

    p->write.data = p;
    if (uv_write(&p->write, (uv_stream_t *)&p->in, &buf, 1, on_written) != 0)
        close_handle(&p->in);
}

static struct subprocess *new_subprocess(uv_loop_t *loop,
                                         const struct subprocess_order *order)
{
    struct subprocess *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->room_bytes = 4096;
    p->printed = malloc(p->room_bytes);
    p->input = order->input ? strdup(order->input) : NULL;
    if (!p->printed || (order->input && !p->input)) {
        free(p->printed);
        free(p->input);
        free(p);
        return NULL;
    }
    p->max_bytes = order->max_bytes;
    uv_pipe_init(loop, &p->out, 0);
    uv_pipe_init(loop, &p->err, 0);
    uv_timer_init(loop, &p->timer);
    p->open = 4; /* with the process, also when it does not start */
    if (p->input) {
        uv_pipe_init(loop, &p->in, 0);
        p->open++;
    }
    p->process.data = p->in.data = p->out.data = p->err.data = p->timer.data = p;
    return p;
}

static int spawn(uv_loop_t *loop, struct subprocess *p,
                 const struct subprocess_order *order)
{
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&p->out},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&p->err},
    };
    uv_process_options_t options = {
        .file = order->argv[0],
        .args = (char **)(uintptr_t)order->argv,
        .env = (char **)(uintptr_t)order->environ,
        .stdio = stdio,
        .stdio_count = 3,
        .exit_cb = on_exit_of,
        .flags = UV_PROCESS_DETACHED,
    };

    if (p->input) {
        stdio[0].flags = UV_CREATE_PIPE | UV_READABLE_PIPE;
        stdio[0].data.stream = (uv_stream_t *)&p->in;
    }
    return uv_spawn(loop, &p->process, &options);
}

static void refuse(const char *program, int error, struct fail *why)
{
    if (error == UV_ENOENT)
        fail_set(why, FAIL_NO_PROGRAM, "%s: there is no such program%s", program,
                 strchr(program, '/') ? "" : " in PATH");
    else if (error == UV_EACCES || error == -ENOEXEC)
        fail_set(why, FAIL_NO_PROGRAM, "%s cannot be executed: %s", program,
                 uv_strerror(error));
    else
        fail_set(why, FAIL_STATE, "cannot start %s: %s", program, uv_strerror(error));
}

struct subprocess *
subprocess_start(struct uv_loop_s *loop, const struct subprocess_order *order,
                 void (*on_ended)(void *arg, const struct subprocess_end *end), void *arg,
                 struct fail *why)
{
    struct subprocess *p = new_subprocess(loop, order);
    int error;

    if (!p) {
        fail_memory(why);
        return NULL;
    }
    error = spawn(loop, p, order);
    if (error) {
        p->has_exited = true;
        leave(p);
        refuse(order->argv[0], error, why);
        return NULL;
    }
    p->on_ended = on_ended;
    p->arg = arg;
    if (order->deadline_ms)
        uv_timer_start(&p->timer, on_deadline, order->deadline_ms, 0);
    uv_read_start((uv_stream_t *)&p->out, give_room, on_printed);
    uv_read_start((uv_stream_t *)&p->err, give_room, on_said);
    if (p->input)
        feed(p);
    return p;
}
