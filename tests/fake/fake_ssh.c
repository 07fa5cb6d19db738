#include "tests/fake/fake_ssh.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "protocol/fail.h"

#define CLOSE_MS     40
#define MAX_SESSIONS 64

struct ssh {
    struct ssh_order order;
    const struct ssh_hooks *hooks;
    void *arg;
    unsigned number;
    bool closing;
    bool input_ended;
    const char *instead;
    char *written;
    size_t written_bytes;
    uv_timer_t timer;
    void (*on_closed)(void *arg);
};

unsigned fake_ssh_opened, fake_ssh_open_now;
bool fake_ssh_is_full, fake_ssh_has_no_instead, fake_ssh_may_run;
uint64_t fake_ssh_waited_ms;
static struct ssh *sessions[MAX_SESSIONS + 1];

void fake_ssh_reset(void)
{
    assert(fake_ssh_open_now == 0);
    fake_ssh_opened = 0;
    fake_ssh_is_full = fake_ssh_has_no_instead = fake_ssh_may_run = false;
    fake_ssh_waited_ms = 0;
}

struct ssh *fake_ssh_session(unsigned number)
{
    assert(number <= fake_ssh_opened && sessions[number]);
    return sessions[number];
}

const struct ssh_order *fake_ssh_order(const struct ssh *s)
{
    return &s->order;
}

const char *fake_ssh_written(const struct ssh *s, size_t *len_bytes)
{
    *len_bytes = s->written_bytes;
    return s->written;
}

bool fake_ssh_input_ended(const struct ssh *s)
{
    return s->input_ended;
}

const char *fake_ssh_instead(const struct ssh *s)
{
    return s->instead;
}

void fake_ssh_up(struct ssh *s)
{
    if (!s->closing)
        s->hooks->up(s->arg);
}

void fake_ssh_data(struct ssh *s, enum ssh_stream stream, const void *bytes,
                   size_t len_bytes)
{
    if (!s->closing)
        s->hooks->data(s->arg, stream, bytes, len_bytes);
}

void fake_ssh_drained(struct ssh *s)
{
    if (!s->closing)
        s->hooks->drained(s->arg);
}

void fake_ssh_ended(struct ssh *s, int status, const struct fail *why)
{
    if (!s->closing)
        s->hooks->ended(s->arg, status, why);
}

/* ---- ssh.h -------------------------------------------------------------------- */

struct ssh_client *ssh_client_new(void)
{
    return malloc(1);
}

void ssh_client_free(struct ssh_client *client)
{
    assert(fake_ssh_open_now == 0);
    free(client);
}

const char *ssh_client_login(const struct ssh_client *client)
{
    (void)client;
    return "me";
}

const char *ssh_client_user(struct ssh_client *client, const struct ssh_order *order)
{
    return order->user ? order->user : ssh_client_login(client);
}

struct ssh *ssh_open(struct ssh_client *client, uv_loop_t *loop,
                     const struct ssh_order *order, const struct ssh_hooks *hooks,
                     void *arg)
{
    struct ssh *s = calloc(1, sizeof *s);

    (void)client;
    assert(s && fake_ssh_opened < MAX_SESSIONS);
    s->order = *order;
    s->hooks = hooks;
    s->arg = arg;
    s->number = ++fake_ssh_opened;
    fake_ssh_open_now++;
    sessions[s->number] = s;
    uv_timer_init(loop, &s->timer);
    s->timer.data = s;
    return s;
}

int ssh_write(struct ssh *s, const void *bytes, size_t len_bytes, struct fail *why)
{
    assert(!s->closing);
    if (fake_ssh_is_full)
        return fail_set(why, FAIL_FLOOD, "full");
    s->written = realloc(s->written, s->written_bytes + len_bytes);
    assert(s->written);
    memcpy(s->written + s->written_bytes, bytes, len_bytes);
    s->written_bytes += len_bytes;
    return 0;
}

int ssh_end_input(struct ssh *s, struct fail *why)
{
    (void)why;
    assert(!s->closing);
    s->input_ended = true;
    return 0;
}

bool ssh_may_run(const struct ssh *s)
{
    assert(!s->closing);
    return fake_ssh_may_run;
}

uint64_t ssh_waited_ms(const struct ssh *s)
{
    assert(!s->closing);
    return fake_ssh_waited_ms;
}

int ssh_instead(struct ssh *s, const char *command, struct fail *why)
{
    assert(!s->closing);
    if (fake_ssh_has_no_instead)
        return fail_set(why, FAIL_UNSUPPORTED, "not here");
    s->instead = command;
    return 0;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct ssh *s = handle->data;

    sessions[s->number] = NULL;
    fake_ssh_open_now--;
    if (s->on_closed)
        s->on_closed(s->arg);
    free(s->written);
    free(s);
}

static void on_time_to_close(uv_timer_t *timer)
{
    uv_close((uv_handle_t *)timer, on_handle_closed);
}

void ssh_close(struct ssh *s, void (*on_closed)(void *arg))
{
    assert(!s->closing);
    s->closing = true;
    s->on_closed = on_closed;
    uv_timer_start(&s->timer, on_time_to_close, CLOSE_MS, 0);
}
