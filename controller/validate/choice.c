#include "controller/validate/choice.h"

#include <stddef.h>
#include <string.h>

#include "controller/fabric/campaign.h"
#include "protocol/facts.h"

static const struct facts_hca *find_hca(const struct facts *f, const char *name,
                                        const struct facts_port **port)
{
    if (!name)
        return facts_best_hca(f, port);
    for (size_t i = 0; i < f->hca_count; i++)
        if (strcmp(f->hcas[i].name, name) == 0 && f->hcas[i].port_count) {
            *port = &f->hcas[i].ports[0];
            return &f->hcas[i];
        }
    return NULL;
}

void choice_make(const struct facts *facts, const char *wanted,
                 struct campaign_node *node)
{
    const struct facts_port *port;
    const struct facts_hca *hca = find_hca(facts, wanted, &port);

    if (!hca) {
        fail_set(&node->why, FAIL_NO_HCA, "%s%s",
                 wanted ? "no such device: " : "no RDMA device", wanted ? wanted : "");
    } else if (!port->state || strcmp(port->state, "ACTIVE") != 0) {
        fail_set(&node->why, FAIL_PORT_DOWN, "%s port %d is %s", hca->name, port->number,
                 port->state ? port->state : "in no known state");
    } else {
        node->hca = hca->name;
        node->port = port->number;
    }
}
