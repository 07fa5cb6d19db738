#include "controller/ssh/ssh.h"

#include <stdlib.h>

#include "controller/ssh/way.h"
#include "protocol/fail.h"

/* Alive from ssh_open() until its session is closed. */
struct ssh {
    const struct way *way;
    void *session;
    struct ssh_order order;
    const struct ssh_hooks *hooks;
    void *arg;
    void (*on_closed)(void *arg);
};

/* ---- what the session tells ----------------------------------------------------- */

static void on_up(void *arg)
{
    struct ssh *s = arg;

    s->hooks->up(s->arg);
}

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    struct ssh *s = arg;

    s->hooks->data(s->arg, stream, bytes, len_bytes);
}

static void on_drained(void *arg)
{
    struct ssh *s = arg;

    if (s->hooks->drained)
        s->hooks->drained(s->arg);
}

static void on_ended(void *arg, int status, const struct fail *why)
{
    struct ssh *s = arg;

    s->hooks->ended(s->arg, status, why);
}

static const struct ssh_hooks session_hooks = {.up = on_up,
                                               .data = on_data,
                                               .drained = on_drained,
                                               .ended = on_ended};

/* ---- life ------------------------------------------------------------------------ */

struct ssh *ssh_open(struct ssh_client *client, struct uv_loop_s *loop,
                     const struct ssh_order *order, const struct ssh_hooks *hooks,
                     void *arg)
{
    struct ssh *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->order = *order;
    s->hooks = hooks;
    s->arg = arg;
    s->way = order->through == SSH_THROUGH_OPENSSH ? &way_openssh : &way_libssh2;
    s->session = s->way->open(client, loop, &s->order, &session_hooks, s);
    if (!s->session) {
        free(s);
        return NULL;
    }
    return s;
}

int ssh_write(struct ssh *s, const void *bytes, size_t len_bytes, struct fail *why)
{
    return s->way->write(s->session, bytes, len_bytes, why);
}

int ssh_end_input(struct ssh *s, struct fail *why)
{
    if (!s->way->end_input)
        return fail_set(why, FAIL_UNSUPPORTED, "its input cannot be ended");
    return s->way->end_input(s->session, why);
}

int ssh_instead(struct ssh *s, const char *command, struct fail *why)
{
    if (!s->way->instead)
        return fail_set(why, FAIL_UNSUPPORTED,
                        "no second command over the same connection");
    return s->way->instead(s->session, command, why);
}

static void on_session_closed(void *arg)
{
    struct ssh *s = arg;

    if (s->on_closed)
        s->on_closed(s->arg);
    free(s);
}

void ssh_close(struct ssh *s, void (*on_closed)(void *arg))
{
    s->on_closed = on_closed;
    s->way->close(s->session, on_session_closed);
}
