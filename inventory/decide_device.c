/* Is there anything that does RDMA, and does it work? */
#include <stdio.h>
#include <string.h>

#include "inventory/decide_parts.h"
#include "inventory/nic.h"
#include "inventory/sku.h"
#include "protocol/facts.h"

#define PCI_CLASS_NETWORK 0x02

bool decide_is_infiniband(const struct facts_pci *pci)
{
    return nic_role_of(pci->class_code, pci->device) == NIC_RDMA;
}

/* Of the driver mlx4, whether it is bound yet or not. */
bool decide_is_connectx3(const struct facts_pci *pci)
{
    struct nic_clues clues = {.device = pci->device};
    enum nic_family family = nic_family_of(&clues);

    return decide_text_is(pci->driver, "mlx4_core") || family == NIC_CONNECTX_3 ||
           family == NIC_CONNECTX_3_PRO;
}

/* On Azure an Ethernet function is Accelerated Networking, not the fabric. */
bool decide_is_hca(const struct facts *f, const struct facts_pci *pci)
{
    if (pci->vendor != NIC_VENDOR)
        return false;
    if (decide_is_infiniband(pci))
        return true;
    return pci->class_code >> 16 == PCI_CLASS_NETWORK &&
           !decide_text_is(f->hypervisor, "microsoft");
}

const struct facts_pci *decide_find_hca(const struct facts *f)
{
    const struct facts_pci *found = NULL;

    for (size_t i = 0; i < f->pci_count; i++) {
        if (!decide_is_hca(f, &f->pci[i]))
            continue;
        if (decide_is_infiniband(&f->pci[i]))
            return &f->pci[i];
        if (!found)
            found = &f->pci[i];
    }
    return found;
}

static enum nic_family family_by_size(const struct facts *f, const struct facts_pci *hca)
{
    const struct sku_known *size = f->size ? sku_known(f->size) : NULL;
    struct nic_clues clues = {.device = hca->device,
                              .size_has = size ? size->family : NIC_UNKNOWN};

    return nic_family_of(&clues);
}

const char *decide_family(const struct decide_case *c)
{
    const struct facts_platform *on = &c->f->platform;

    if (!c->hca)
        return "Soft-RoCE";
    for (size_t i = 0; i < on->nic_count; i++)
        if (decide_text_is(on->nics[i].pci, c->hca->address) && on->nics[i].family)
            return on->nics[i].family;
    return nic_family_name(family_by_size(c->f, c->hca));
}

/* ---- none is there --------------------------------------------------------------- */

static const struct facts_netdev *find_netdev(const struct facts *f, const char *name)
{
    for (size_t i = 0; i < f->netdev_count; i++)
        if (decide_text_is(f->netdevs[i].name, name))
            return &f->netdevs[i];
    return NULL;
}

static void check_interface(const struct decide_case *c, struct decision *d)
{
    const struct facts_netdev *netdev = find_netdev(c->f, c->want->rxe);

    if (!netdev)
        decide_refuse(d, FAIL_UNSUPPORTED, "rxe = %s: no such interface", c->want->rxe);
    else if (!netdev->up)
        decide_refuse(d, FAIL_PORT_DOWN, "rxe = %s: the interface is down", c->want->rxe);
}

/* What the machine's size leads to expect. */
static void name_size(const struct facts *f, char *words, size_t size_bytes)
{
    const struct sku_known *size = f->size ? sku_known(f->size) : NULL;

    if (size)
        snprintf(words, size_bytes, "size %.60s has %u HCA%s, but no function of it",
                 f->size, size->hcas, size->hcas == 1 ? "" : "s");
    else if (f->size)
        snprintf(words, size_bytes,
                 "size %.60s should have an HCA, but no function of it", f->size);
    else
        snprintf(words, size_bytes, "no RDMA function");
}

/* Microsoft's order: is there a bus, can the size do RDMA, is a device there? */
static void refuse_without_device(const struct facts *f, struct decision *d)
{
    const struct sku_known *size = f->size ? sku_known(f->size) : NULL;
    char words[160];

    if (!f->platform.vmbus && !f->platform.pass_through)
        decide_refuse(
            d, FAIL_NO_PASS_THROUGH,
            "no RDMA device, and no bus of Hyper-V's that would hand one to this "
            "machine%s%.60s: on Azure load hv_vmbus and pci_hyperv; elsewhere set "
            "rxe, or leave the machine out",
            f->size ? " of size " : "", f->size ? f->size : "");
    else if (f->platform.network_direct || (size && !size->is_sr_iov))
        decide_refuse(
            d, FAIL_NETWORK_DIRECT,
            "size %.60s has InfiniBand by Network Direct only, without SR-IOV: no "
            "driver here serves that; take a newer size",
            decide_or_unknown(f->size));
    else if (f->size && sku_by_name(f->size) == SKU_NO)
        decide_refuse(
            d, FAIL_SIZE,
            "size %.60s has no RDMA: take an H or N size with an r in its name, "
            "or set rxe for Soft-RoCE",
            f->size);
    else {
        name_size(f, words, sizeof words);
        decide_refuse(d, FAIL_NO_HCA,
                      "%s is passed through to this machine: redeploy it, or see whether "
                      "pci_hyperv is loaded",
                      words);
    }
}

void decide_check_device(const struct decide_case *c, struct decision *d)
{
    if (c->hca)
        return;
    if (c->want->rxe)
        check_interface(c, d);
    else
        refuse_without_device(c->f, d);
}

/* ---- does it work? ----------------------------------------------------------------- */

const struct facts_hca *decide_find_rxe(const struct facts *f, const char *netdev)
{
    for (size_t i = 0; i < f->hca_count; i++)
        if (decide_text_is(f->hcas[i].driver, "rxe") &&
            decide_text_is(f->hcas[i].netdev, netdev))
            return &f->hcas[i];
    return NULL;
}

void decide_check_port(const struct decide_case *c, struct decision *d)
{
    const struct facts_port *port = NULL;
    const struct facts_hca *found =
        c->hca ? facts_best_hca(c->f, &port) : decide_find_rxe(c->f, c->want->rxe);

    if (found && !port && found->port_count)
        port = &found->ports[0];
    if (!found || !port)
        decide_refuse(d, FAIL_NO_HCA, "the driver is loaded but no device works");
    else if (!decide_text_is(port->state, "ACTIVE"))
        decide_refuse(d, FAIL_PORT_DOWN, "port %d of %s is %s (%s)", port->number,
                      decide_or_unknown(found->name), decide_or_unknown(port->state),
                      decide_or_unknown(port->phys_state));
}
