/* Whatever stands in a file of sysfs or procfs: numbers and lists stay within what facts.h
 * promises.  The first byte says which file.
 */
#include "node-agent/detect/part.h"
#include "tests/fuzz/scratch.h"

#define PORT "sys/class/infiniband/x/ports/1/"
#define PCI  "sys/bus/pci/devices/0101:00:00.0/"

/* What it usually says, where without it nothing else would be looked at. */
static const struct {
    const char *path, *usual;
} files[] = {
    {"sys/devices/system/cpu/online", NULL},
    {"proc/cpuinfo", NULL},
    {"proc/meminfo", NULL},
    {"proc/self/limits", NULL},
    {"sys/class/dmi/id/sys_vendor", NULL},
    {"sys/class/dmi/id/chassis_asset_tag", NULL},
    {PORT "rate", "200 Gb/sec (4X HDR)\n"},
    {PORT "state", NULL},
    {PORT "phys_state", NULL},
    {PORT "link_layer", "InfiniBand\n"},
    {PORT "lid", NULL},
    {PORT "pkeys/0", NULL},
    {PORT "gids/0", NULL},
    {PORT "gid_attrs/types/0", NULL},
    {PORT "gid_attrs/ndevs/0", NULL},
    {"sys/class/infiniband/x/fw_ver", NULL},
    {"sys/class/infiniband/x/board_id", NULL},
    {"sys/class/infiniband/x/node_guid", NULL},
    {"sys/class/infiniband/x/parent", NULL},
    {PCI "class", "0x020700\n"},
    {PCI "vendor", "0x15b3\n"},
    {PCI "device", "0x101e\n"},
    {PCI "numa_node", NULL},
    {"sys/class/net/e/mtu", "1500\n"},
    {"sys/class/net/e/operstate", NULL},
    {"sys/bus/vmbus/devices/d/class_id", NULL},
    {"sys/class/nvme/n/transport", NULL},
};

#define FILES (sizeof files / sizeof *files)

static void restore(size_t i)
{
    if (files[i].usual)
        scratch_put_text(files[i].path, files[i].usual);
    else
        scratch_remove(files[i].path);
}

static void check_port(const struct facts_port *p)
{
    demand(p->rate_gbps >= 0 && p->rate_gbps < 1e6);
    demand(p->lid >= 0 && p->lid <= UINT16_MAX);
    for (size_t i = 0; i < p->pkey_count; i++)
        demand(p->pkeys[i] != 0);
    for (size_t i = 0; i < p->gid_count; i++)
        demand(strlen(p->gids[i].gid) == 39);
}

static void check(const struct facts *f)
{
    demand(f->cpus == FACTS_UNKNOWN || (f->cpus > 0 && f->cpus <= 65536));
    demand(f->netdev_count <= 1 && f->pci_count <= 1 && f->hca_count == 1);
    for (size_t i = 0; i < f->hcas[0].port_count; i++)
        check_port(&f->hcas[0].ports[i]);
    for (size_t i = 0; i < f->pci_count; i++)
        demand(f->pci[i].numa >= FACTS_UNKNOWN && f->pci[i].numa <= 4095);
}

static void complete(struct facts *f)
{
    struct facts_hca *h = &f->hcas[0];

    scratch_need(&h->driver);
    scratch_need(&h->node_guid);
    for (size_t i = 0; i < h->port_count; i++) {
        scratch_need(&h->ports[i].link_layer);
        scratch_need(&h->ports[i].state);
        scratch_need(&h->ports[i].phys_state);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(facts_done) struct facts *f = facts_new();

    if (scratch_begin())
        for (size_t i = 0; i < FILES; i++)
            restore(i);
    if (!size)
        return 0;
    scratch_put(files[*data % FILES].path, data + 1, size - 1);
    part_machine(scratch_root, f);
    part_pci(scratch_root, f);
    part_netdevs(scratch_root, f);
    part_hcas(scratch_root, f);
    part_hyperv(scratch_root, f);
    part_nics(scratch_root, f);
    part_holders(scratch_root, f);
    restore(*data % FILES);
    check(f);
    complete(f);
    scratch_survives(f);
    return 0;
}
