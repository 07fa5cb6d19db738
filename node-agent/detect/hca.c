#include "node-agent/detect/part.h"

#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

#define IB "/sys/class/infiniband"

/* A RoCE table has up to 256 entries, nearly all of them zero. */
#define TABLE_MAX 1024

/* "4: ACTIVE" -> "ACTIVE" */
static char *after_colon(char *line)
{
    CLEANUP(text_done) char *whole = line;
    char *colon = whole ? strchr(whole, ':') : NULL;

    return colon ? strdup(colon + 1 + strspn(colon + 1, " ")) : NULL;
}

/* "200 Gb/sec (4X HDR)" */
static void read_rate(const char *line, struct facts_port *p)
{
    const char *open = strchr(line, '(');
    double rate;

    if (sscanf(line, "%lf Gb/sec", &rate) == 1 && rate >= 0 && rate < 1e6)
        p->rate_gbps = rate;
    if (open)
        p->width = strndup(open + 1, strcspn(open + 1, ")"));
}

static void read_pkeys(const char *root, const char *dir, struct facts_port *p)
{
    for (int i = 0; i < TABLE_MAX && tree_exists(root, "%s/pkeys/%d", dir, i); i++) {
        long pkey = tree_number(root, 0, "%s/pkeys/%d", dir, i);
        uint16_t *entry;

        if (pkey <= 0 || pkey > UINT16_MAX)
            continue;
        entry = tree_grow(&p->pkeys, &p->pkey_count, FACTS_MAX_PKEYS, sizeof *entry);
        if (!entry)
            return;
        *entry = (uint16_t)pkey;
    }
}

/* Neither zero nor a link-local prefix without an interface part. */
static bool gid_is_set(const char *gid)
{
    static const char zero[] = "0000:0000:0000:0000:0000:0000:0000:0000";
    static const char bare[] = "fe80:0000:0000:0000:0000:0000:0000:0000";

    return strlen(gid) == sizeof zero - 1 && strcmp(gid, zero) != 0 &&
           strcmp(gid, bare) != 0;
}

static void read_gids(const char *root, const char *dir, struct facts_port *p)
{
    for (int i = 0; i < TABLE_MAX && tree_exists(root, "%s/gids/%d", dir, i); i++) {
        char *gid = tree_line(root, "%s/gids/%d", dir, i);
        struct facts_gid *entry = NULL;

        if (gid && gid_is_set(gid))
            entry = tree_grow(&p->gids, &p->gid_count, FACTS_MAX_GIDS, sizeof *entry);
        if (!entry) {
            free(gid);
            continue;
        }
        entry->index = i;
        entry->gid = gid;
        entry->type = tree_line(root, "%s/gid_attrs/types/%d", dir, i);
    }
}

static int lid_of(const char *root, const char *dir, const char *file)
{
    long lid = tree_number(root, 0, "%s/%s", dir, file);

    return lid < 0 || lid > UINT16_MAX ? 0 : (int)lid;
}

static void read_port(const char *root, const char *hca, const char *number,
                      struct facts_hca *h)
{
    struct facts_port *p;
    CLEANUP(text_done) char *rate = NULL;
    char dir[256];

    if (atoi(number) < 1 || atoi(number) > 255)
        return;
    if (snprintf(dir, sizeof dir, IB "/%s/ports/%s", hca, number) >= (int)sizeof dir)
        return;
    p = tree_grow(&h->ports, &h->port_count, FACTS_MAX_PORTS, sizeof *p);
    if (!p)
        return;
    p->number = atoi(number);
    p->active_mtu = FACTS_UNKNOWN;
    p->link_layer = tree_line(root, "%s/link_layer", dir);
    p->state = after_colon(tree_line(root, "%s/state", dir));
    p->phys_state = after_colon(tree_line(root, "%s/phys_state", dir));
    rate = tree_line(root, "%s/rate", dir);
    if (rate)
        read_rate(rate, p);
    p->lid = lid_of(root, dir, "lid");
    p->sm_lid = lid_of(root, dir, "sm_lid");
    read_pkeys(root, dir, p);
    read_gids(root, dir, p);
}

/* ---- what stands behind it ------------------------------------------------------- */

/* Soft-RoCE alone names its interface in `parent`.  Older kernels give it a device
 * link too: that of the interface's own device.
 */
static char *find_driver(const char *root, const char *hca)
{
    if (tree_exists(root, IB "/%s/parent", hca))
        return strdup("rxe");
    return tree_link(root, IB "/%s/device/driver", hca);
}

static char *find_netdev(const char *root, const char *hca)
{
    CLEANUP(tree_names_done) struct tree_names names = {0};
    char *netdev = tree_line(root, IB "/%s/parent", hca);

    if (!netdev || !*netdev) {
        free(netdev);
        netdev = tree_line(root, IB "/%s/ports/1/gid_attrs/ndevs/0", hca);
    }
    if (netdev)
        return netdev;
    names = tree_names(root, IB "/%s/device/net", hca);
    for (size_t i = 0; i < names.count; i++)
        if (tree_number(root, 0, IB "/%s/device/net/%s/dev_port", hca, names.list[i]) ==
            0)
            return strdup(names.list[i]);
    return NULL;
}

static void read_hca(const char *root, const char *name, struct facts_hca *h)
{
    CLEANUP(tree_names_done)
    struct tree_names ports = tree_names(root, IB "/%s/ports", name);
    long numa = tree_number(root, -1, IB "/%s/device/numa_node", name);

    h->name = strdup(name);
    h->driver = find_driver(root, name);
    h->firmware = tree_line(root, IB "/%s/fw_ver", name);
    h->board_id = tree_line(root, IB "/%s/board_id", name);
    h->node_guid = tree_line(root, IB "/%s/node_guid", name);
    if (!tree_exists(root, IB "/%s/parent", name))
        h->pci = tree_link(root, IB "/%s/device", name);
    h->netdev = find_netdev(root, name);
    h->numa = numa < 0 || numa > 4095 ? FACTS_UNKNOWN : (int)numa;
    for (size_t i = 0; i < ports.count; i++)
        read_port(root, name, ports.list[i], h);
}

void part_hcas(const char *root, struct facts *f)
{
    CLEANUP(tree_names_done) struct tree_names names = tree_names(root, IB);

    for (size_t i = 0; i < names.count; i++) {
        struct facts_hca *h =
            tree_grow(&f->hcas, &f->hca_count, FACTS_MAX_HCAS, sizeof *h);

        if (h)
            read_hca(root, names.list[i], h);
    }
}
