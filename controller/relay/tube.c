#include "controller/relay/tube.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/wire.h"
#include "protocol/fail.h"
#include "protocol/mux.h"
#include "protocol/mux_buffer.h"
#include "protocol/mux_stream.h"

struct tube {
    struct wire wire; /* the first */
    struct tube *next, *next_ready;
    struct tube_line *line;
    char address[MUX_ADDRESS_BYTES];
    uint16_t port;
    uint32_t patience_ms;

    struct mux_stream stream; /* its number is 0 until it is asked for */
    uint64_t due_ms;
    struct mux_buffer kept; /* that came */
    struct fail why;        /* what it failed of, or FAIL_NONE */

    int waiting_for;
    bool lost;   /* with the relay */
    bool queued; /* ready() was said, tube_serve() has not come */
    void (*on_closed)(void *arg);
    bool told; /* on_closed was called */
};

static struct tube *of(struct wire *w)
{
    return (struct tube *)w;
}

static void say(struct tube *t, struct mux_frame f)
{
    f.stream = t->stream.id;
    t->line->hooks->say(t->line->arg, &f);
}

/* ---- is it ready? ---------------------------------------------------------------- */

static bool is_over(const struct tube *t)
{
    return t->why.code != FAIL_NONE || t->stream.state == MUX_STREAM_OVER;
}

static bool is_ready(const struct tube *t)
{
    if (t->on_closed)
        return !t->told;
    if (t->waiting_for == WIRE_NOTHING)
        return false;
    if (is_over(t))
        return true;
    if (t->waiting_for & WIRE_READABLE && (t->kept.len_bytes > 0 || t->stream.heard_eof))
        return true;
    return t->waiting_for & WIRE_WRITABLE && mux_stream_may_send(&t->stream) > 0 &&
           !t->line->is_full;
}

void tube_look(struct tube *t)
{
    if (t->queued || !is_ready(t))
        return;
    t->queued = true;
    t->line->hooks->ready(t->line->arg, t);
}

/* As long as it is ready it is served again and again, as a socket is by poll(). */
bool tube_serve(struct tube *t)
{
    t->queued = false;
    if (t->on_closed && !t->told) {
        t->told = true;
        t->on_closed(t->wire.arg);
        return true;
    }
    if (is_ready(t)) {
        t->wire.on_ready(t->wire.arg);
        tube_look(t);
    }
    return false;
}

/* ---- a wire ---------------------------------------------------------------------- */

static void wait_for(struct wire *w, int for_what)
{
    of(w)->waiting_for = for_what;
    tube_look(of(w));
}

static int check(struct wire *w, struct fail *why)
{
    const struct tube *t = of(w);

    if (t->why.code != FAIL_NONE) {
        *why = t->why;
        return -1;
    }
    return 0;
}

static ssize_t send_some(struct wire *w, const void *bytes, size_t len_bytes)
{
    struct tube *t = of(w);
    size_t sent = 0;

    if (is_over(t))
        return -ECONNRESET;
    while (sent < len_bytes && !t->line->is_full) {
        size_t most = mux_stream_may_send(&t->stream), left = len_bytes - sent;
        struct mux_frame data = {.kind = MUX_DATA, .bytes = (const char *)bytes + sent};

        most = most < MUX_DATA_MAX_BYTES ? most : MUX_DATA_MAX_BYTES;
        data.len_bytes = left < most ? left : most;
        if (data.len_bytes == 0)
            break;
        say(t, data);
        mux_stream_sent(&t->stream, data.len_bytes);
        sent += data.len_bytes;
    }
    return sent > 0 ? (ssize_t)sent : -EAGAIN;
}

static int explain(const struct wire *w, struct fail *why)
{
    const struct tube *t = (const struct tube *)w;

    if (!t->lost)
        return 0;
    *why = t->why;
    return -1;
}

static void give_credit(struct tube *t, size_t len_bytes)
{
    struct mux_frame credit = {.kind = MUX_CREDIT};

    credit.credit_bytes = mux_stream_used(&t->stream, len_bytes);
    if (credit.credit_bytes)
        say(t, credit);
}

static ssize_t receive_some(struct wire *w, void *bytes, size_t len_bytes)
{
    struct tube *t = of(w);
    size_t n = len_bytes < t->kept.len_bytes ? len_bytes : t->kept.len_bytes;

    if (n == 0)
        return t->stream.heard_eof ? 0 : is_over(t) ? -ECONNRESET : -EAGAIN;
    memcpy(bytes, mux_buffer_front(&t->kept), n);
    mux_buffer_drop(&t->kept, n);
    give_credit(t, n);
    return (ssize_t)n;
}

static int descriptor_of(const struct wire *w)
{
    return ((const struct tube *)w)->line->fd;
}

static void say_close(struct tube *t)
{
    if (t->stream.id != 0 && t->stream.state != MUX_STREAM_CLOSING)
        say(t, (struct mux_frame){.kind = MUX_CLOSE});
    mux_stream_say_close(&t->stream);
}

static void close_it(struct wire *w, void (*on_closed)(void *arg))
{
    struct tube *t = of(w);

    assert(!t->on_closed);
    t->on_closed = on_closed;
    if (!is_over(t))
        say_close(t);
    mux_buffer_clear(&t->kept);
    t->due_ms = UINT64_MAX;
    tube_look(t);
}

static const struct wire_kind kind = {wait_for,     check,         explain, send_some,
                                      receive_some, descriptor_of, close_it};

/* ---- what the relay says --------------------------------------------------------- */

/* The relay waits for our close, too.  An end without a reason, or after the node's own
 * end, is as good as an eof.
 */
static void hear_close(struct tube *t, const struct fail *reason, bool was_open)
{
    say(t, (struct mux_frame){.kind = MUX_CLOSE});
    if (reason->code != FAIL_NONE)
        t->why = *reason;
    else if (!was_open)
        fail_set(&t->why, FAIL_CONNECT, "%s:%u: the jump host gave up", t->address,
                 t->port);
    else
        t->stream.heard_eof = true;
}

int tube_hear(struct tube *t, const struct mux_frame *f, struct fail *why)
{
    bool was_open = t->stream.state == MUX_STREAM_OPEN;

    switch (mux_stream_hear(&t->stream, f, why)) {
    case MUX_HEARD_WRONG:
        return -1;
    case MUX_HEARD_PASSED:
        return 0;
    case MUX_HEARD:
        break;
    }
    if (f->kind == MUX_OPENED)
        t->due_ms = UINT64_MAX;
    if (f->kind == MUX_DATA && mux_buffer_add(&t->kept, f->bytes, f->len_bytes, why) < 0)
        return -1;
    if (f->kind == MUX_CLOSE)
        hear_close(t, &f->why, was_open);
    tube_look(t);
    return 0;
}

void tube_fail(struct tube *t, const struct fail *why)
{
    if (!is_over(t)) {
        t->why = *why;
        t->lost = true;
    }
    t->stream.state = MUX_STREAM_OVER;
    t->due_ms = UINT64_MAX;
    tube_look(t);
}

/* ---- life ------------------------------------------------------------------------ */

struct tube *tube_new(struct tube_line *line, const struct tube_request *request,
                      void (*on_ready)(void *arg), void *arg)
{
    struct tube *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    assert(strlen(request->address) < sizeof t->address);
    t->wire = (struct wire){&kind, on_ready, arg};
    t->line = line;
    strcpy(t->address, request->address);
    t->port = request->port;
    t->patience_ms = request->patience_ms;
    t->due_ms = UINT64_MAX;
    return t;
}

void tube_free(struct tube *t)
{
    if (t)
        mux_buffer_clear(&t->kept);
    free(t);
}

void tube_open(struct tube *t, uint32_t id, uint64_t due_ms)
{
    struct mux_frame open = {.kind = MUX_OPEN,
                             .port = t->port,
                             .patience_ms = t->patience_ms};

    t->stream = mux_stream_new(id, true);
    t->due_ms = due_ms;
    strcpy(open.address, t->address);
    say(t, open);
}

struct wire *tube_wire(struct tube *t)
{
    return &t->wire;
}

uint64_t tube_due_ms(const struct tube *t)
{
    return t->due_ms;
}

uint32_t tube_stream(const struct tube *t)
{
    return t->stream.id;
}

uint32_t tube_patience_ms(const struct tube *t)
{
    return t->patience_ms;
}

bool tube_is_closed(const struct tube *t)
{
    return t->on_closed != NULL;
}

bool tube_is_gone(const struct tube *t)
{
    return t->told && !t->queued &&
           (t->stream.id == 0 || t->stream.state == MUX_STREAM_OVER);
}

struct tube **tube_link(struct tube *t)
{
    return &t->next;
}

struct tube **tube_ready_link(struct tube *t)
{
    return &t->next_ready;
}
