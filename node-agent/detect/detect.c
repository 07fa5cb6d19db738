#include "node-agent/detect/detect.h"

#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/metadata.h"
#include "node-agent/detect/part.h"
#include "protocol/facts.h"
#include "protocol/fail.h"

/* ---- fields that facts.h promises never to be NULL --------------------------------- */

static int need_or(char **text, const char *otherwise)
{
    if (!*text)
        *text = strdup(otherwise);
    return *text ? 0 : -1;
}

static int need(char **text)
{
    return need_or(text, "unknown");
}

static int need_in_hca(struct facts_hca *h)
{
    if (need(&h->name) < 0 || need(&h->driver) < 0 || need(&h->node_guid) < 0)
        return -1;
    for (size_t i = 0; i < h->port_count; i++)
        if (need(&h->ports[i].link_layer) < 0 || need(&h->ports[i].state) < 0 ||
            need(&h->ports[i].phys_state) < 0)
            return -1;
    return 0;
}

static int complete(struct facts *f)
{
    if (need(&f->hostname) < 0 || need(&f->boot_id) < 0 ||
        need_or(&f->os.id, "linux") < 0 || need_or(&f->os.pretty, "Linux") < 0 ||
        need(&f->os.kernel) < 0 || need(&f->os.machine) < 0 ||
        (f->azure && need(&f->azure->metadata) < 0))
        return -1;
    for (size_t i = 0; i < f->hca_count; i++)
        if (need_in_hca(&f->hcas[i]) < 0)
            return -1;
    return 0;
}

int detect(const char *root, struct facts **f, struct fail *why)
{
    struct facts *made = facts_new();

    if (!made)
        return fail_memory(why);
    part_os(root, made);
    part_machine(root, made);
    part_kvp(root, made);
    part_pci(root, made);
    part_netdevs(root, made);
    part_hcas(root, made);
    part_modules(root, made);
    part_packages(root, made);
    part_headers(root, made);
    part_kept(root, made);
    part_hyperv(root, made);
    part_waagent(root, made);
    metadata_ask(root, made); /* before part_nics: the size tells a family */
    part_nics(root, made);
    part_kept_devices(root, made);
    part_ofed(root, made);
    part_dkms(root, made);
    part_holders(root, made);
    if (complete(made) < 0) {
        facts_free(made);
        return fail_memory(why);
    }
    *f = made;
    return 0;
}
