#include "controller/relay/jumps.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/door/door.h"
#include "controller/link/link.h"
#include "controller/relay/relay.h"
#include "controller/relay/tube.h"
#include "controller/ssh/passage.h"
#include "controller/ssh/ssh.h"
#include "inventory/fleet.h"
#include "inventory/jump.h"
#include "protocol/fail.h"
#include "protocol/mux.h"
#include "protocol/scope.h"

#define DEFAULT_PORT 22

struct jumps {
    struct passage passage; /* the first */
    struct uv_loop_s *loop;
    struct ssh_client *client;
    struct jumps_options options;
    struct door *door; /* not that of the nodes, who wait there for what passes here */
    struct link_pool *pool;
    struct relay *relays;
    int fd;
    unsigned closing;
};

/* ---- from a jump to a node of its own -------------------------------------------- */

/* A jump host, as a node, and the words of which it is made. */
struct host {
    struct fleet_node node;
    struct jump_hop hop;
    char *before; /* the way to it; NULL: as the fleet says, or none */
};

static void host_done(struct host *h)
{
    free(h->before);
}

/* What the fleet does not know is reached as who goes through it; but not with what
 * ssh_config says of that node: it may say something of this host.
 */
static struct fleet_node stranger(const struct jumps *j, const struct host *h,
                                  const struct ssh_order *order)
{
    const struct fleet_node *node = fleet_find(j->options.fleet, order->name);
    const struct ssh_order said = node ? ssh_order_to(node) : *order;

    return (struct fleet_node){
        .name = h->hop.host,
        .address = h->hop.host,
        .port = DEFAULT_PORT,
        .user = said.user,
        .key = said.key,
        .known_hosts = said.known_hosts,
        .host_keys =
            said.accept_new ? FLEET_HOST_KEYS_ACCEPT_NEW : FLEET_HOST_KEYS_STRICT,
        .ssh = (enum fleet_ssh)said.through,
        .ssh_config = said.config,
    };
}

/* The last host on the way to where the order goes. */
static int find_host(const struct jumps *j, const struct ssh_order *order, struct host *h,
                     struct fail *why)
{
    size_t way = jump_before(order->jump, order->name, order->port);
    size_t before = jump_last(order->jump, way, &h->hop);
    const struct fleet_node *known = fleet_find(j->options.fleet, h->hop.host);

    h->node = known ? *known : stranger(j, h, order);
    h->node.sudo = false; /* it needs no root to connect */
    if (*h->hop.user)
        h->node.user = h->hop.user;
    if (h->hop.port) {
        h->node.port = h->hop.port;
        h->node.port_is_said = true;
    }
    if (before == 0)
        return 0;
    h->before = strndup(order->jump, before);
    if (!h->before)
        return fail_memory(why);
    h->node.jump = h->before;
    return 0;
}

/* Follow the way back to a host that is reached directly. */
static int check_from(struct jumps *j, const struct ssh_order *order, unsigned hops,
                      struct fail *why)
{
    CLEANUP(host_done) struct host h = {.before = NULL};
    struct ssh_order to_host;

    if (!order->jump)
        return 0;
    if (hops == JUMP_HOPS_MAX)
        return fail_set(why, FAIL_FLEET_FILE,
                        "jump hosts lead in a circle, or over more than %d others",
                        JUMP_HOPS_MAX);
    if (find_host(j, order, &h, why) < 0)
        return -1;
    to_host = ssh_order_to(&h.node);
    if (ssh_client_check(j->client, &to_host, why) < 0 ||
        check_from(j, &to_host, hops + 1, why) < 0)
        return fail_prefix(why, "jump host %s", h.node.name);
    return 0;
}

int jumps_check(struct jumps *j, const struct fleet_node *node, struct fail *why)
{
    const struct ssh_order order = ssh_order_to(node);

    return check_from(j, &order, 0, why);
}

/* ---- opening --------------------------------------------------------------------- */

static struct relay *relay_for(struct jumps *j, const struct fleet_node *node)
{
    struct relay *r = j->relays;

    while (r && !relay_is(r, node))
        r = *relay_link(r);
    if (r)
        return r;
    r = relay_new(j->loop, j->pool, node, j->fd);
    if (!r)
        return NULL;
    *relay_link(r) = j->relays;
    j->relays = r;
    return r;
}

static struct wire *pass(struct passage *p, const struct ssh_order *order,
                         void (*on_ready)(void *arg), void *arg, struct fail *why)
{
    struct jumps *j = (struct jumps *)p;
    CLEANUP(host_done) struct host h = {.before = NULL};
    const struct tube_request request = {.address = order->address,
                                         .port = order->port,
                                         .patience_ms =
                                             order->phase_ms < MUX_PATIENCE_MAX_MS
                                                 ? (uint32_t)order->phase_ms
                                                 : MUX_PATIENCE_MAX_MS};
    struct relay *relay;
    struct wire *wire = NULL;

    if (!mux_address_is_right(order->address)) {
        fail_set(why, FAIL_RESOLVE, "%s: a jump host cannot look up such a name",
                 order->address);
        return NULL;
    }
    if (check_from(j, order, 0, why) < 0 || find_host(j, order, &h, why) < 0)
        return NULL;
    relay = relay_for(j, &h.node);
    if (relay)
        wire = relay_open(relay, &request, on_ready, arg);
    if (!wire)
        fail_memory(why);
    return wire;
}

/* ---- life ------------------------------------------------------------------------ */

static void free_it(struct jumps *j)
{
    link_pool_close(j->pool);
    door_close(j->door);
    if (j->fd >= 0)
        close(j->fd);
    free(j);
}

static int open_parts(struct jumps *j, struct fail *why)
{
    const struct door_options door = {.patience_ms = j->options.login_ms};
    struct link_pool_options pool = {.client = j->client,
                                     .unprivileged = true,
                                     .relays = true,
                                     .login_ms = j->options.login_ms};

    j->fd = open("/dev/null", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (j->fd < 0)
        return fail_set(why, FAIL_STATE, "/dev/null: %s", strerror(errno));
    if (door_open(j->loop, &door, &j->door, why) < 0)
        return -1;
    pool.door = j->door;
    return link_pool_open(j->loop, &pool, &j->pool, why);
}

int jumps_new(struct uv_loop_s *loop, struct ssh_client *client,
              const struct jumps_options *options, struct jumps **jumps, struct fail *why)
{
    struct jumps *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    made->passage.open = pass;
    made->loop = loop;
    made->client = client;
    made->options = *options;
    if (open_parts(made, why) < 0) {
        free_it(made);
        return -1;
    }
    ssh_client_pass(client, &made->passage);
    *jumps = made;
    return 0;
}

static void on_relay_closed(void *arg)
{
    struct jumps *j = arg;

    if (--j->closing == 0)
        free_it(j);
}

void jumps_close(struct jumps *j)
{
    if (!j)
        return;
    ssh_client_pass(j->client, NULL);
    j->closing = 1;
    while (j->relays) {
        struct relay *next = *relay_link(j->relays);

        j->closing++;
        relay_close(j->relays, on_relay_closed, j);
        j->relays = next;
    }
    on_relay_closed(j);
}
