#include "controller/ssh/ssh.h"
#include "inventory/fleet.h"

struct ssh_order ssh_order_to(const struct fleet_node *node)
{
    return (struct ssh_order){
        .name = node->name,
        .address = node->address,
        .port = node->port_is_said ? node->port : 0,
        .user = node->user,
        .key = node->key,
        .known_hosts = node->known_hosts,
        .through = (enum ssh_through)node->ssh,
        .config = node->ssh_config,
        .accept_new = node->host_keys == FLEET_HOST_KEYS_ACCEPT_NEW,
    };
}
