#include "node-agent/verbs/address.h"

#include <string.h>

#include "protocol/fail.h"
#include "protocol/measure.h"

#define PKEY_FULL 0x8000 /* membership bit */

static bool is_zero(const uint8_t gid[16])
{
    static const uint8_t zero[16];

    return memcmp(gid, zero, sizeof zero) == 0;
}

static bool is_mapped_ipv4(const uint8_t gid[16])
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

    return memcmp(gid, prefix, sizeof prefix) == 0;
}

static bool is_link_local(const uint8_t gid[16])
{
    return gid[0] == 0xfe && (gid[1] & 0xc0) == 0x80;
}

/* 0: not to be used. */
static int worth_of(const struct gid_entry *e, bool ethernet)
{
    if (is_zero(e->gid))
        return 0;
    if (!ethernet)
        return e->kind == GID_INFINIBAND;
    if (e->kind != GID_ROCE_V2)
        return 0;
    return is_mapped_ipv4(e->gid) ? 3 : is_link_local(e->gid) ? 1 : 2;
}

const struct gid_entry *address_choose_gid(const struct gid_entry *table, size_t count,
                                           bool ethernet)
{
    const struct gid_entry *best = NULL;
    int best_worth = 0;

    for (size_t i = 0; i < count; i++)
        if (worth_of(&table[i], ethernet) > best_worth) {
            best = &table[i];
            best_worth = worth_of(best, ethernet);
        }
    return best;
}

int address_choose_pkey(const uint16_t *table, size_t count)
{
    int limited = -1;

    for (size_t i = 0; i < count; i++) {
        if ((table[i] & ~PKEY_FULL) == 0)
            continue;
        if (table[i] & PKEY_FULL)
            return (int)i;
        if (limited < 0)
            limited = (int)i;
    }
    return limited;
}

bool address_is_global(const struct endpoint *own, const struct endpoint *far)
{
    return own->ethernet || own->lid == 0 || far->lid == 0 ||
           memcmp(own->gid, far->gid, 8) != 0;
}

static const char *layer(const struct endpoint *e)
{
    return e->ethernet ? "Ethernet" : "InfiniBand";
}

int address_check_pair(const struct endpoint *own, const struct endpoint *far,
                       struct fail *why)
{
    if (own->ethernet != far->ethernet)
        return fail_set(why, FAIL_CONFIG_DIFFERS, "link layer: %s here, %s there",
                        layer(own), layer(far));
    if ((own->pkey ^ far->pkey) & ~PKEY_FULL)
        return fail_set(why, FAIL_CONFIG_DIFFERS, "partition: 0x%04x here, 0x%04x there",
                        own->pkey, far->pkey);
    if (!((own->pkey | far->pkey) & PKEY_FULL))
        return fail_set(why, FAIL_CONFIG_DIFFERS,
                        "partition: both are limited members of 0x%04x", own->pkey);
    if (own->ethernet && is_mapped_ipv4(own->gid) != is_mapped_ipv4(far->gid))
        return fail_set(why, FAIL_CONFIG_DIFFERS, "address: IPv4 on one side only");
    return 0;
}
