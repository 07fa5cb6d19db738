#include "node-agent/detect/part.h"

#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

#define PCI_CLASS_NETWORK 0x02

static int bounded(long n, long min, long max)
{
    return n < min || n > max ? FACTS_UNKNOWN : (int)n;
}

/* ---- PCI functions that are network controllers -------------------------------------
 */

static void read_pci(const char *root, const char *address, long class_code,
                     struct facts *f)
{
    const char *dir = "/sys/bus/pci/devices";
    struct facts_pci *p = tree_grow(&f->pci, &f->pci_count, FACTS_MAX_PCI, sizeof *p);

    if (!p)
        return;
    p->address = strdup(address);
    p->class_code = (uint32_t)class_code;
    p->vendor = (uint16_t)tree_number(root, 0, "%s/%s/vendor", dir, address);
    p->device = (uint16_t)tree_number(root, 0, "%s/%s/device", dir, address);
    p->driver = tree_link(root, "%s/%s/driver", dir, address);
    p->numa = bounded(tree_number(root, -1, "%s/%s/numa_node", dir, address), 0, 4095);
    if (!p->address)
        f->pci_count--;
}

void part_pci(const char *root, struct facts *f)
{
    CLEANUP(tree_names_done)
    struct tree_names names = tree_names(root, "/sys/bus/pci/devices");

    for (size_t i = 0; i < names.count; i++) {
        long class_code =
            tree_number(root, 0, "/sys/bus/pci/devices/%s/class", names.list[i]);

        if (class_code >> 16 == PCI_CLASS_NETWORK)
            read_pci(root, names.list[i], class_code, f);
    }
}

/* ---- interfaces ---------------------------------------------------------------- */

/* Soft drivers leave operstate at "unknown" while they work. */
static bool is_up(const char *root, const char *name)
{
    CLEANUP(text_done)
    char *state = tree_line(root, "/sys/class/net/%s/operstate", name);

    if (!state)
        return false;
    return strcmp(state, "up") == 0 ||
           (strcmp(state, "unknown") == 0 &&
            tree_number(root, 0, "/sys/class/net/%s/carrier", name) == 1);
}

void part_netdevs(const char *root, struct facts *f)
{
    CLEANUP(tree_names_done)
    struct tree_names names = tree_names(root, "/sys/class/net");

    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.list[i];
        struct facts_netdev *n;

        if (!tree_exists(root, "/sys/class/net/%s/mtu", name))
            continue; /* bonding_masters is a file among them */
        n = tree_grow(&f->netdevs, &f->netdev_count, FACTS_MAX_NETDEVS, sizeof *n);
        if (!n)
            return;
        n->name = strdup(name);
        n->driver = tree_link(root, "/sys/class/net/%s/device/driver", name);
        n->mtu =
            bounded(tree_number(root, -1, "/sys/class/net/%s/mtu", name), 0, INT32_MAX);
        n->up = is_up(root, name);
        if (!n->name)
            f->netdev_count--;
    }
}
