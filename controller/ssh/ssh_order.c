#include "controller/ssh/ssh.h"
#include "inventory/fleet.h"
#include "inventory/jump.h"

struct ssh_order ssh_order_to(const struct fleet_node *node)
{
    bool is_beyond = node->jump && jump_before(node->jump, node->name, node->port) > 0;

    return (struct ssh_order){
        .name = node->name,
        .address = node->address,
        .port = node->port_is_said ? node->port : 0,
        .user = node->user,
        .key = node->key,
        .known_hosts = node->known_hosts,
        .through = (enum ssh_through)node->ssh,
        .config = node->ssh_config,
        .jump = is_beyond ? node->jump : NULL,
        .accept_new = node->host_keys == FLEET_HOST_KEYS_ACCEPT_NEW,
        .machine = node->machine,
        .former = node->former,
    };
}
