#include "controller/ssh/channel.h"

#include <libssh2.h>

#define READ_BYTES ((size_t)16 << 10)

/* How one pass over reading or writing ended. */
enum pass {
    PASS_DRY,     /* nothing there, nothing done      */
    PASS_SOME,    /* something was done: look again   */
    PASS_PENDING, /* an operation is left half done   */
    PASS_SPENT,   /* the turn is used up              */
    PASS_BROKEN,
};

static bool is_half_sent(const struct channel *c)
{
    return libssh2_session_block_directions(c->session) & LIBSSH2_SESSION_BLOCK_OUTBOUND;
}

static enum pass read_stream(struct channel *c, enum ssh_stream stream,
                             size_t *left_bytes)
{
    bool any = false;
    char bytes[READ_BYTES];
    ssize_t n;

    c->pending = CHANNEL_IDLE;
    while ((n = libssh2_channel_read_ex(c->handle, stream == SSH_STDERR, bytes,
                                        sizeof bytes)) > 0) {
        any = true;
        c->hooks->data(c->arg, stream, bytes, (size_t)n);
        *left_bytes -= (size_t)n < *left_bytes ? (size_t)n : *left_bytes;
        if (c->silent || *left_bytes == 0)
            return PASS_SPENT;
    }
    if (n < 0 && n != LIBSSH2_ERROR_EAGAIN)
        return PASS_BROKEN;
    if (n < 0 && is_half_sent(c)) { /* the packet that opens the window again */
        c->pending = stream == SSH_STDERR ? CHANNEL_READ_ERR : CHANNEL_READ_OUT;
        return PASS_PENDING;
    }
    return any ? PASS_SOME : PASS_DRY;
}

/* Both streams share one window, and either may hold the other's end back: read
 * both, until both were dry in a row.
 */
static enum pass read_until_dry(struct channel *c, size_t *left_bytes)
{
    enum ssh_stream stream = c->pending == CHANNEL_READ_ERR ? SSH_STDERR : SSH_STDOUT;
    enum pass pass = PASS_SOME;
    int dry = 0;

    while (dry < 2) {
        pass = read_stream(c, stream, left_bytes);
        if (pass != PASS_DRY && pass != PASS_SOME)
            return pass;
        dry = pass == PASS_DRY ? dry + 1 : 0;
        stream = stream == SSH_STDOUT ? SSH_STDERR : SSH_STDOUT;
    }
    return PASS_DRY;
}

static unsigned long unread_bytes(const struct channel *c)
{
    unsigned long unread = 0;

    libssh2_channel_window_read_ex(c->handle, &unread, NULL);
    return unread;
}

/* Looking at one stream takes in what has meanwhile arrived for the other, and poll()
 * will not tell.  What nobody can read, of a stream that is neither, is left where it is.
 */
static enum pass read_both(struct channel *c, size_t *left_bytes)
{
    unsigned long unread = 0, left_behind;
    enum pass pass;

    do {
        left_behind = unread;
        pass = read_until_dry(c, left_bytes);
        unread = pass == PASS_DRY ? unread_bytes(c) : 0;
    } while (unread != 0 && unread != left_behind);
    return pass;
}

/* With a window of zero libssh2 has begun nothing, so reading stays allowed. */
static bool window_is_shut(const struct channel *c)
{
    return libssh2_channel_window_write(c->handle) == 0;
}

static enum pass write_out(struct channel *c, size_t *left_bytes)
{
    enum pass pass = PASS_DRY;
    const char *bytes = NULL;
    size_t len_bytes;

    while ((len_bytes = outqueue_front(&c->out, &bytes)) > 0 &&
           (c->pending == CHANNEL_WRITE || !window_is_shut(c))) {
        ssize_t n = libssh2_channel_write(c->handle, bytes, len_bytes);

        pass = PASS_SOME;
        c->pending = CHANNEL_IDLE;
        if (n == LIBSSH2_ERROR_EAGAIN) {
            if (window_is_shut(c))
                return PASS_SOME;
            c->pending = CHANNEL_WRITE;
            return PASS_PENDING;
        }
        if (n < 0)
            return PASS_BROKEN;
        outqueue_pop(&c->out, (size_t)n);
        if (c->out.len_bytes == 0 && c->hooks->drained)
            c->hooks->drained(c->arg);
        *left_bytes -= (size_t)n < *left_bytes ? (size_t)n : *left_bytes;
        if (c->silent || *left_bytes == 0)
            return PASS_SPENT;
    }
    return pass;
}

static enum pass end_input(struct channel *c)
{
    int rc = libssh2_channel_send_eof(c->handle);

    c->pending = rc == LIBSSH2_ERROR_EAGAIN ? CHANNEL_END : CHANNEL_IDLE;
    if (c->pending == CHANNEL_END)
        return PASS_PENDING;
    c->no_input = false;
    return rc < 0 ? PASS_BROKEN : PASS_SOME;
}

/* Its end comes after all that was written. */
static enum pass send_on(struct channel *c, size_t *left_bytes)
{
    if (c->pending == CHANNEL_END ||
        (c->no_input && c->pending == CHANNEL_IDLE && c->out.len_bytes == 0))
        return end_input(c);
    return write_out(c, left_bytes);
}

static bool may_send_first(const struct channel *c)
{
    return c->pending == CHANNEL_WRITE || c->pending == CHANNEL_END ||
           (c->no_input && c->pending == CHANNEL_IDLE);
}

enum channel_next channel_turn(struct channel *c, size_t *left_bytes)
{
    enum pass pass = PASS_SOME;

    if (may_send_first(c))
        pass = send_on(c, left_bytes);
    if (pass == PASS_DRY)
        pass = PASS_SOME;
    /* Each write also takes in what has arrived, so a read pass comes last. */
    while (pass == PASS_SOME) {
        pass = read_both(c, left_bytes);
        if (pass == PASS_DRY && libssh2_channel_eof(c->handle))
            return CHANNEL_EOF;
        if (pass == PASS_DRY)
            pass = send_on(c, left_bytes);
    }
    return pass == PASS_BROKEN  ? CHANNEL_BROKEN
           : pass == PASS_SPENT ? CHANNEL_AGAIN
                                : CHANNEL_WAIT;
}

/* The same call with the same bytes. */
static ssize_t repeat(struct channel *c)
{
    char bytes[READ_BYTES];
    const char *front = NULL;
    size_t len_bytes;

    switch (c->pending) {
    case CHANNEL_READ_OUT:
    case CHANNEL_READ_ERR:
        return libssh2_channel_read_ex(c->handle, c->pending == CHANNEL_READ_ERR, bytes,
                                       sizeof bytes);
    case CHANNEL_WRITE:
        len_bytes = outqueue_front(&c->out, &front);
        return libssh2_channel_write(c->handle, front, len_bytes);
    case CHANNEL_END:
        return libssh2_channel_send_eof(c->handle);
    case CHANNEL_IDLE:
        break;
    }
    return 0;
}

enum channel_next channel_settle(struct channel *c)
{
    ssize_t n = repeat(c);

    if (n == LIBSSH2_ERROR_EAGAIN && is_half_sent(c))
        return CHANNEL_WAIT;
    c->pending = CHANNEL_IDLE;
    return n < 0 && n != LIBSSH2_ERROR_EAGAIN ? CHANNEL_BROKEN : CHANNEL_EOF;
}

int channel_status(const struct channel *c)
{
    char *signal = NULL;

    libssh2_channel_get_exit_signal(c->handle, &signal, NULL, NULL, NULL, NULL, NULL);
    if (!signal)
        return libssh2_channel_get_exit_status(c->handle);
    libssh2_free(c->session, signal);
    return SSH_STATUS_SIGNAL;
}
