#include "controller/rollout/contact.h"

#include <assert.h>
#include <stdlib.h>
#include <uv.h>

#include "protocol/fail.h"

struct contact {
    struct link_pool *pool;
    const struct fleet_node *fleet_node;
    const struct contact_hooks *hooks;
    void *arg;

    struct link *link; /* NULL when there is none                   */
    bool was_up;       /* this link has been                        */
    uv_timer_t pause;  /* before the link is opened, or asked, again */
    uint64_t pause_ms; /* the first one */
    unsigned retries;

    unsigned closing; /* links and timers that are not closed yet */
    bool ending;      /* contact_close() was called               */
    void (*on_closed)(void *arg);
    void *closed_arg;
};

/* ---- what the link says ------------------------------------------------------------ */

static void on_up(void *arg, const struct json *hello)
{
    struct contact *c = arg;

    c->was_up = true;
    c->hooks->ready(c->arg, hello);
}

static void on_lost(void *arg, const struct fail *why)
{
    struct contact *c = arg;
    bool was_up = c->was_up;

    c->was_up = false;
    c->hooks->lost(c->arg, why, was_up);
}

static void on_event(void *arg, const char *name, const struct json *body)
{
    struct contact *c = arg;

    if (c->hooks->event)
        c->hooks->event(c->arg, name, body);
}

static const struct link_hooks link_hooks = {.up = on_up,
                                             .lost = on_lost,
                                             .event = on_event};

/* ---- reaching ---------------------------------------------------------------------- */

enum contact_reach contact_reach(struct contact *c)
{
    assert(!c->ending);
    if (!c->link) {
        c->was_up = false;
        c->link = link_new(c->pool, c->fleet_node, &link_hooks, c);
        if (!c->link)
            return CONTACT_NOT;
    }
    switch (link_state_of(c->link)) {
    case LINK_UP:
        return CONTACT_UP;
    case LINK_DOWN:
    case LINK_LOST:
        link_open(c->link);
        break;
    default:
        break; /* on its way; up or lost will follow */
    }
    return CONTACT_COMING;
}

bool contact_is_up(const struct contact *c)
{
    return c->link && link_state_of(c->link) == LINK_UP;
}

void contact_ask(struct contact *c, const char *what, struct json *body,
                 uint64_t deadline_ms, link_answer_fn on_answer, void *arg)
{
    assert(contact_is_up(c));
    link_ask(c->link, what, body, deadline_ms, on_answer, arg);
}

/* ---- again ------------------------------------------------------------------------- */

static void on_pause_over(uv_timer_t *timer)
{
    struct contact *c = timer->data;
    struct fail why;

    switch (contact_reach(c)) {
    case CONTACT_UP:
        c->hooks->ready(c->arg, NULL);
        break;
    case CONTACT_COMING:
        break;
    case CONTACT_NOT:
        fail_memory(&why);
        c->hooks->lost(c->arg, &why, false);
    }
}

/* Half the time fixed, half by chance, so that a rack that lost its switch does not
 * come back as one.
 */
static uint64_t next_pause_ms(const struct contact *c)
{
    uint64_t ms = c->pause_ms;
    uint16_t chance = 0;

    for (unsigned i = 1; i < c->retries && ms < CONTACT_PAUSE_MAX_MS; i++)
        ms *= 2;
    if (ms > CONTACT_PAUSE_MAX_MS)
        ms = CONTACT_PAUSE_MAX_MS;
    uv_random(NULL, NULL, &chance, sizeof chance, 0, NULL);
    return ms / 2 + ms * chance / UINT16_MAX / 2;
}

void contact_retry(struct contact *c)
{
    c->retries++;
    uv_timer_start(&c->pause, on_pause_over, next_pause_ms(c), 0);
}

unsigned contact_retries(const struct contact *c)
{
    return c->retries;
}

void contact_calm(struct contact *c)
{
    uv_timer_stop(&c->pause);
    c->retries = 0;
}

/* ---- life -------------------------------------------------------------------------- */

struct contact *contact_new(struct uv_loop_s *loop, struct link_pool *pool,
                            const struct fleet_node *fleet_node, uint64_t pause_ms,
                            const struct contact_hooks *hooks, void *arg)
{
    struct contact *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->pool = pool;
    c->fleet_node = fleet_node;
    c->pause_ms = pause_ms ? pause_ms : CONTACT_PAUSE_MS;
    c->hooks = hooks;
    c->arg = arg;
    uv_timer_init(loop, &c->pause);
    c->pause.data = c;
    return c;
}

static void on_part_closed(struct contact *c)
{
    void (*on_closed)(void *arg) = c->on_closed;
    void *arg = c->closed_arg;

    if (--c->closing || !c->ending)
        return;
    free(c);
    if (on_closed)
        on_closed(arg);
}

static void on_link_closed(void *arg)
{
    on_part_closed(arg);
}

static void on_timer_closed(uv_handle_t *timer)
{
    on_part_closed(timer->data);
}

void contact_drop(struct contact *c)
{
    struct link *link = c->link;

    c->link = NULL;
    uv_timer_stop(&c->pause);
    if (!link)
        return;
    c->closing++;
    link_close(link, on_link_closed);
}

void contact_close(struct contact *c, void (*on_closed)(void *arg), void *arg)
{
    assert(!c->ending);
    c->ending = true;
    c->on_closed = on_closed;
    c->closed_arg = arg;
    contact_drop(c);
    c->closing++;
    uv_close((uv_handle_t *)&c->pause, on_timer_closed);
}
