#include "controller/link/pool.h"

#include <stdlib.h>

#include "controller/link/bootstrap.h"
#include "controller/ssh/ssh.h"
#include "protocol/fail.h"

#define DEFAULT_TRIES    3
#define DEFAULT_LOGIN_MS 15000
#define DEFAULT_PAUSE_MS 1000
#define DEFAULT_IDLE_MS  60000

static void fill_in(struct link_pool_options *o)
{
    o->tries = o->tries ? o->tries : DEFAULT_TRIES;
    o->login_ms = o->login_ms ? o->login_ms : DEFAULT_LOGIN_MS;
    o->pause_ms = o->pause_ms ? o->pause_ms : DEFAULT_PAUSE_MS;
    o->idle_ms = o->idle_ms ? o->idle_ms : DEFAULT_IDLE_MS;
}

int link_pool_open(struct uv_loop_s *loop, const struct link_pool_options *options,
                   struct link_pool **pool, struct fail *why)
{
    struct link_pool *p = calloc(1, sizeof *p);

    if (!p)
        return fail_memory(why);
    p->loop = loop;
    p->options = *options;
    fill_in(&p->options);
    p->retry = (struct retry_rules){.tries = p->options.tries,
                                    .unreachable = true,
                                    .pause_ms = p->options.pause_ms};
    if (agentfiles_read(options->agent_path, &p->agents, why) < 0) {
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
    agentfiles_clear(&pool->agents);
    free(pool);
}

int pool_order(const struct link_pool *pool, const struct fleet_node *node,
               char **command, struct ssh_order *order, struct fail *why)
{
    const struct bootstrap_order start = {.agents = &pool->agents,
                                          .work = pool->options.relays ? "relay" : NULL};
    struct ssh_order made = ssh_order_to(node);

    made.user = ssh_client_user(pool->options.client, &made);
    made.phase_ms = pool->options.login_ms;
    if (!*command && bootstrap_for(node, made.user, pool->options.unprivileged, &start,
                                   command, why) < 0)
        return -1;
    made.command = *command;
    *order = made;
    return 0;
}
