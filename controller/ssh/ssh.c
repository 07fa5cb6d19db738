#include "controller/ssh/ssh.h"

#include <stdlib.h>

#include "controller/openssh/route.h"
#include "controller/ssh/way.h"
#include "protocol/fail.h"

/* Alive from ssh_open() until its sessions are closed. */
struct ssh {
    struct ssh_client *client;
    struct uv_loop_s *loop;
    const struct way *way;
    void *session;
    unsigned open; /* sessions that are not closed: the one, and one that was given up */
    bool is_up, closing;
    struct ssh_order order;  /* as it was given: for OpenSSH */
    struct ssh_order routed; /* with what ssh_config says     */
    const struct ssh_hooks *hooks;
    void *arg;
    void (*on_closed)(void *arg);
};

/* ---- what the session tells ----------------------------------------------------- */

static void on_up(void *arg)
{
    struct ssh *s = arg;

    s->is_up = true;
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

static int turn(struct ssh *s, const struct fail *told);

static void on_ended(void *arg, int status, const struct fail *why)
{
    struct ssh *s = arg;
    bool may_turn = why && (why->code == FAIL_UNSUPPORTED || why->code == FAIL_JUMP_HOST);

    if (!may_turn || turn(s, why) < 0)
        s->hooks->ended(s->arg, status, why);
}

static const struct ssh_hooks session_hooks = {.up = on_up,
                                               .data = on_data,
                                               .drained = on_drained,
                                               .ended = on_ended};

/* ---- the other way ---------------------------------------------------------------- */

static void on_session_closed(void *arg)
{
    struct ssh *s = arg;

    if (--s->open > 0 || !s->closing)
        return;
    if (s->on_closed)
        s->on_closed(s->arg);
    free(s);
}

static int take_way(struct ssh *s, const struct way *way)
{
    const struct ssh_order *order = way == &way_openssh ? &s->order : &s->routed;
    void *session = way->open(s->client, s->loop, order, &session_hooks, s);

    if (!session)
        return -1;
    if (s->session)
        s->way->close(s->session, on_session_closed);
    s->way = way;
    s->session = session;
    s->open++;
    return 0;
}

/* libssh2 has found out that it cannot reach this node.  -1: it stays so. */
static int turn(struct ssh *s, const struct fail *told)
{
    if (s->order.through != SSH_THROUGH_AUTO || s->is_up || s->way == &way_openssh)
        return -1;
    return route_turn(s->client, &s->routed, told, NULL) < 0 ? -1
                                                             : take_way(s, &way_openssh);
}

/* What is wrong with a file is told by the session. */
static const struct way *choose(struct ssh *s)
{
    char reason[ROUTE_REASON_BYTES];

    s->routed = s->order;
    if (s->order.through == SSH_THROUGH_OPENSSH)
        return &way_openssh;
    return route_choose(s->client, &s->routed, reason, NULL) == 0 && *reason
               ? &way_openssh
               : &way_libssh2;
}

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
    s->client = client;
    s->loop = loop;
    if (take_way(s, choose(s)) < 0) {
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

bool ssh_may_run(const struct ssh *s)
{
    return s->way->may_run && s->way->may_run(s->session);
}

uint64_t ssh_waited_ms(const struct ssh *s)
{
    return s->way->waited_ms ? s->way->waited_ms(s->session) : 0;
}

int ssh_instead(struct ssh *s, const char *command, struct fail *why)
{
    if (!s->way->instead)
        return fail_set(why, FAIL_UNSUPPORTED,
                        "no second command over the same connection");
    return s->way->instead(s->session, command, why);
}

void ssh_close(struct ssh *s, void (*on_closed)(void *arg))
{
    s->closing = true;
    s->on_closed = on_closed;
    s->way->close(s->session, on_session_closed);
}
