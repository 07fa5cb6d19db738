#include "controller/link/pool.h"

#include <stdlib.h>
#include <uv.h>

#include "controller/link/bootstrap.h"
#include "controller/ssh/ssh.h"
#include "protocol/fail.h"

#define DEFAULT_WIDTH    64
#define DEFAULT_TRIES    3
#define DEFAULT_LOGIN_MS 15000
#define DEFAULT_PAUSE_MS 1000
#define DEFAULT_IDLE_MS  60000

#define PAUSE_MAX_MS 30000

static void fill_in(struct link_pool_options *o)
{
    o->width = o->width ? o->width : DEFAULT_WIDTH;
    o->tries = o->tries ? o->tries : DEFAULT_TRIES;
    o->login_ms = o->login_ms ? o->login_ms : DEFAULT_LOGIN_MS;
    o->pause_ms = o->pause_ms ? o->pause_ms : DEFAULT_PAUSE_MS;
    o->idle_ms = o->idle_ms ? o->idle_ms : DEFAULT_IDLE_MS;
}

int link_pool_open(uv_loop_t *loop, const struct link_pool_options *options,
                   struct link_pool **pool, struct fail *why)
{
    struct link_pool *p = calloc(1, sizeof *p);

    if (!p)
        return fail_memory(why);
    p->loop = loop;
    p->options = *options;
    p->random = (uint32_t)uv_hrtime() | 1;
    fill_in(&p->options);
    if (agentfile_read(options->agent_path, &p->agent, why) < 0) {
        link_pool_close(p);
        return -1;
    }
    *pool = p;
    return 0;
}

void link_pool_close(struct link_pool *pool)
{
    if (!pool)
        return;
    agentfile_clear(&pool->agent);
    free(pool);
}

/* ---- the door ----------------------------------------------------------------- */

/* Who comes in may leave at once and so make room again: that is seen here, by the one
 * loop, however many do so in a row.
 */
static void let_in(struct link_pool *pool)
{
    if (pool->letting_in)
        return;
    pool->letting_in = true;
    while (pool->first && pool->under_way < pool->options.width) {
        struct pool_wait *wait = pool->first;

        pool->first = wait->next;
        if (!pool->first)
            pool->last = NULL;
        wait->queued = false;
        wait->inside = true;
        pool->under_way++;
        wait->on_turn(wait->arg);
    }
    pool->letting_in = false;
}

void pool_enter(struct link_pool *pool, struct pool_wait *wait)
{
    wait->next = NULL;
    wait->queued = true;
    if (pool->last)
        pool->last->next = wait;
    else
        pool->first = wait;
    pool->last = wait;
    let_in(pool);
}

static void drop_out(struct link_pool *pool, struct pool_wait *wait)
{
    struct pool_wait *before = NULL;

    for (struct pool_wait *w = pool->first; w != wait; w = w->next)
        before = w;
    if (before)
        before->next = wait->next;
    else
        pool->first = wait->next;
    if (pool->last == wait)
        pool->last = before;
    wait->queued = false;
}

void pool_leave(struct link_pool *pool, struct pool_wait *wait)
{
    if (wait->queued)
        drop_out(pool, wait);
    if (!wait->inside)
        return;
    wait->inside = false;
    pool->under_way--;
    let_in(pool);
}

/* ---- what a login needs -------------------------------------------------------- */

int pool_order(const struct link_pool *pool, const struct fleet_node *node,
               char **command, struct ssh_order *order, struct fail *why)
{
    const struct bootstrap_agent agent = {.sha256 = pool->agent.sha256,
                                          .machine = pool->agent.machine,
                                          .size_bytes = pool->agent.len_bytes};
    struct ssh_order made = ssh_order_to(node);

    made.user = made.user ? made.user : ssh_client_login(pool->options.client);
    made.phase_ms = pool->options.login_ms;
    if (!*command && bootstrap_for(node, made.user, pool->options.unprivileged, &agent,
                                   command, why) < 0)
        return -1;
    made.command = *command;
    *order = made;
    return 0;
}

/* ---- trying again -------------------------------------------------------------- */

uint64_t pool_pause_ms(struct link_pool *pool, unsigned tries)
{
    uint64_t pause_ms = pool->options.pause_ms;

    while (--tries > 0 && pause_ms < PAUSE_MAX_MS)
        pause_ms *= 2;
    if (pause_ms > PAUSE_MAX_MS)
        pause_ms = PAUSE_MAX_MS;
    pool->random ^= pool->random << 13; /* xorshift */
    pool->random ^= pool->random >> 17;
    pool->random ^= pool->random << 5;
    return pause_ms / 2 + pool->random % (pause_ms / 2 + 1);
}
