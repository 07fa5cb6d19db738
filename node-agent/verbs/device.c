#include "node-agent/verbs/device.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <stdio.h>
#include <string.h>

#include "node-agent/verbs/address.h"

#define MAX_GIDS  256 /* of a table that are looked at */
#define MAX_PKEYS 128

/* What Soft-RoCE has for a vendor; no maker of hardware owns it. */
#define VENDOR_SOFT 0xffffff

/* ---- finding and opening ------------------------------------------------ */

static struct ibv_device *find(struct ibv_device **list, int count, const char *hca)
{
    for (int i = 0; i < count; i++)
        if (strcmp(ibv_get_device_name(list[i]), hca) == 0)
            return list[i];
    return NULL;
}

static int open_context(struct device *d, const char *hca, struct fail *why)
{
    int count = 0;
    struct ibv_device **list = ibv_get_device_list(&count), *found;

    if (!list || count == 0) {
        if (list)
            ibv_free_device_list(list);
        return fail_set(why, FAIL_NO_HCA, "no RDMA device on this node");
    }
    found = find(list, count, hca);
    d->context = found ? ibv_open_device(found) : NULL;
    ibv_free_device_list(list);
    if (!found)
        return fail_set(why, FAIL_NO_HCA, "no RDMA device '%s' on this node", hca);
    if (!d->context)
        return fail_set(why, FAIL_VERBS, "cannot open %s: %s", hca, strerror(errno));
    return 0;
}

/* ---- the port's part of the endpoint ------------------------------------ */

static double rate_of(const struct ibv_port_attr *attr)
{
    static const double lanes[] = {[1] = 1, [2] = 4, [4] = 8, [8] = 12, [16] = 2};
    static const struct {
        uint8_t speed;
        double gbps;
    } lane[] = {{1, 2.5},    {2, 5},   {4, 10},  {8, 10.3125},
                {16, 14.06}, {32, 25}, {64, 50}, {128, 100}};
    unsigned width = attr->active_width;

    for (size_t i = 0; i < sizeof lane / sizeof *lane; i++)
        if (lane[i].speed == attr->active_speed)
            return width < sizeof lanes / sizeof *lanes ? lanes[width] * lane[i].gbps : 0;
    return 0;
}

static int read_port(struct device *d, struct ibv_port_attr *attr, struct fail *why)
{
    memset(attr, 0, sizeof *attr);
    if (ibv_query_port(d->context, (uint8_t)d->self.port, attr))
        return fail_set(why, FAIL_NO_HCA, "%s has no port %d", d->self.hca, d->self.port);
    if (attr->state != IBV_PORT_ACTIVE)
        return fail_set(why, FAIL_PORT_DOWN, "%s port %d is %s", d->self.hca,
                        d->self.port, ibv_port_state_str(attr->state));
    return 0;
}

static int fill_pkey(struct device *d, const struct ibv_port_attr *attr, struct fail *why)
{
    uint16_t table[MAX_PKEYS];
    int count = attr->pkey_tbl_len < MAX_PKEYS ? attr->pkey_tbl_len : MAX_PKEYS, chosen;

    for (int i = 0; i < count; i++) {
        __be16 pkey = 0;

        if (ibv_query_pkey(d->context, (uint8_t)d->self.port, i, &pkey))
            pkey = 0;
        table[i] = be16toh(pkey);
    }
    chosen = address_choose_pkey(table, (size_t)count);
    if (chosen < 0)
        return fail_set(why, FAIL_VERBS, "%s port %d is in no partition (no pkey)",
                        d->self.hca, d->self.port);
    d->pkey_index = (uint16_t)chosen;
    d->self.pkey = table[chosen];
    return 0;
}

static enum gid_kind kind_of(uint32_t type)
{
    return type == IBV_GID_TYPE_ROCE_V2   ? GID_ROCE_V2
           : type == IBV_GID_TYPE_ROCE_V1 ? GID_ROCE_V1
                                          : GID_INFINIBAND;
}

static int fill_gid(struct device *d, const struct ibv_port_attr *attr, struct fail *why)
{
    struct gid_entry table[MAX_GIDS];
    const struct gid_entry *chosen;
    size_t count = 0;

    for (uint32_t i = 0; i < (uint32_t)attr->gid_tbl_len && i < MAX_GIDS; i++) {
        struct ibv_gid_entry entry = {.gid_index = 0};

        if (ibv_query_gid_ex(d->context, (uint32_t)d->self.port, i, &entry, 0))
            continue; /* an empty place in the table */
        table[count].kind = kind_of(entry.gid_type);
        table[count].index = (int)i;
        memcpy(table[count].gid, entry.gid.raw, 16);
        count++;
    }
    chosen = address_choose_gid(table, count, d->self.ethernet);
    if (!chosen && d->self.ethernet)
        return fail_set(why, FAIL_VERBS, "%s port %d has no RoCE v2 address", d->self.hca,
                        d->self.port);
    if (chosen) {
        d->self.gid_index = chosen->index;
        memcpy(d->self.gid, chosen->gid, sizeof d->self.gid);
    }
    return 0;
}

static int fill_self(struct device *d, struct fail *why)
{
    struct ibv_port_attr port;
    struct ibv_device_attr attr;

    if (d->context->device->transport_type != IBV_TRANSPORT_IB)
        return fail_set(why, FAIL_UNSUPPORTED, "%s is neither InfiniBand nor RoCE",
                        d->self.hca);
    if (ibv_query_device(d->context, &attr))
        return fail_set(why, FAIL_VERBS, "cannot query %s", d->self.hca);
    if (read_port(d, &port, why) < 0)
        return -1;
    d->self.soft = attr.vendor_id == VENDOR_SOFT;
    d->self.ethernet = port.link_layer == IBV_LINK_LAYER_ETHERNET;
    d->self.lid = port.lid;
    d->self.mtu_bytes = 128 << port.active_mtu;
    d->self.rate_gbps = rate_of(&port);
    return fill_pkey(d, &port, why) < 0 || fill_gid(d, &port, why) < 0 ? -1 : 0;
}

/* ---- the interface ------------------------------------------------------ */

int device_open(struct device *d, const char *hca, int port, struct fail *why)
{
    struct device made = {.self.port = port};

    snprintf(made.self.hca, sizeof made.self.hca, "%s", hca);
    if (open_context(&made, hca, why) < 0)
        return -1;
    if (fill_self(&made, why) < 0) {
        device_close(&made);
        return -1;
    }
    fcntl(made.context->async_fd, F_SETFL, O_NONBLOCK);
    *d = made;
    return 0;
}

void device_close(struct device *d)
{
    if (d->context)
        ibv_close_device(d->context);
    d->context = NULL;
}

int device_check(const struct device *d, struct fail *why)
{
    struct device copy = *d;
    struct ibv_port_attr attr;

    return read_port(&copy, &attr, why);
}

void device_drain(const struct device *d)
{
    struct ibv_async_event event;

    while (ibv_get_async_event(d->context, &event) == 0)
        ibv_ack_async_event(&event);
}
