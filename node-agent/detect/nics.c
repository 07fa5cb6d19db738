#include "node-agent/detect/part.h"

#include <stdlib.h>
#include <string.h>

#include "inventory/nic.h"
#include "inventory/sku.h"
#include "node-agent/detect/tree.h"
#include "protocol/facts.h"

static const struct facts_hca *hca_of(const struct facts *f, const char *pci)
{
    for (size_t i = 0; i < f->hca_count; i++)
        if (f->hcas[i].pci && strcmp(f->hcas[i].pci, pci) == 0)
            return &f->hcas[i];
    return NULL;
}

static enum nic_family family_of(const struct facts_pci *p, enum nic_role role,
                                 const struct facts_hca *h, const char *size)
{
    const struct sku_known *known = size && role == NIC_RDMA ? sku_known(size) : NULL;
    struct nic_clues clues = {.device = p->device,
                              .firmware = h ? h->firmware : NULL,
                              .board_id = h ? h->board_id : NULL,
                              .size_has = known ? known->family : NIC_UNKNOWN};

    if (h && h->port_count)
        clues.rate_gbps = h->ports[0].rate_gbps;
    if (nic_is_mana(p->vendor, p->device))
        return NIC_MANA;
    return nic_family_of(&clues);
}

/* Once a driver serves it, the link layer says more than the class: an InfiniBand
 * function may have been set to Ethernet.
 */
static enum nic_role role_of(const struct facts_pci *p, const struct facts_hca *h)
{
    enum nic_role role = nic_role_of(p->class_code, p->device);
    const char *layer = h && h->port_count ? h->ports[0].link_layer : NULL;

    if (role == NIC_RDMA && layer && strcmp(layer, "Ethernet") == 0)
        return NIC_ETHERNET;
    return role;
}

static void note(struct facts *f, const struct facts_pci *p)
{
    const struct facts_hca *h = hca_of(f, p->address);
    enum nic_role role = role_of(p, h);
    const char *family = nic_family_name(family_of(p, role, h, f->size));
    struct facts_platform *on = &f->platform;
    struct platform_nic *nic;

    if (role == NIC_NO_NIC)
        return;
    nic = tree_grow(&on->nics, &on->nic_count, PLATFORM_MAX_NICS, sizeof *nic);
    if (!nic)
        return;
    nic->pci = strdup(p->address);
    nic->role = strdup(role == NIC_RDMA ? "rdma" : "ethernet");
    nic->family = family ? strdup(family) : NULL;
    nic->hca = h && h->name ? strdup(h->name) : NULL;
    if (nic->pci && nic->role)
        return;
    free(nic->pci);
    free(nic->role);
    free(nic->family);
    free(nic->hca);
    on->nic_count--;
}

void part_nics(const char *root, struct facts *f)
{
    (void)root;
    for (size_t i = 0; i < f->pci_count; i++)
        if (f->pci[i].vendor == NIC_VENDOR ||
            nic_is_mana(f->pci[i].vendor, f->pci[i].device))
            note(f, &f->pci[i]);
}
