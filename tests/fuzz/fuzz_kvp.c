/* Whatever the hypervisor says in its key-value pools: addresses are addresses, a host's
 * name is a name.  The first byte: a pool as it is, or the value of one of the keys that are
 * looked for, behind a record that is none of them.
 */
#include <arpa/inet.h>

#include "node-agent/detect/part.h"
#include "tests/fuzz/scratch.h"

#define KEY_BYTES   512
#define VALUE_BYTES 2048

static const struct {
    const char *pool, *key;
} kinds[] = {
    {"var/lib/hyperv/.kvp_pool_0", NULL},
    {"var/lib/hyperv/.kvp_pool_3", NULL},
    {"var/lib/hyperv/.kvp_pool_0", "IPoIB_Data"},
    {"var/lib/hyperv/.kvp_pool_3", "PhysicalHostName"},
    {"var/lib/hyperv/.kvp_pool_0", "NdDriverVersion"},
};

#define KINDS (sizeof kinds / sizeof *kinds)

static void put(size_t kind, const uint8_t *data, size_t size)
{
    char pool[2 * (KEY_BYTES + VALUE_BYTES)] = "Other";
    char *record = pool + KEY_BYTES + VALUE_BYTES;

    if (!kinds[kind].key) {
        scratch_put(kinds[kind].pool, data, size);
        return;
    }
    strcpy(record, kinds[kind].key);
    memcpy(record + KEY_BYTES, data, size < VALUE_BYTES ? size : VALUE_BYTES);
    scratch_put(kinds[kind].pool, pool, sizeof pool);
}

static void check(const struct facts *f)
{
    const char *host = f->physical_host;
    struct in_addr ip;

    demand(!host || (*host && strlen(host) <= 64 && !strpbrk(host, "/ \n'\"`$;")));
    demand(f->platform.ipoib_count <= PLATFORM_MAX_IPOIB);
    for (size_t i = 0; i < f->platform.ipoib_count; i++) {
        const struct platform_ipoib *entry = &f->platform.ipoib[i];

        demand(strlen(entry->mac) == 17 && strspn(entry->mac, "0123456789abcdef:") == 17);
        demand(inet_pton(AF_INET, entry->address, &ip) == 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(facts_done) struct facts *f = facts_new();

    scratch_begin();
    if (!size)
        return 0;
    put(*data % KINDS, data + 1, size - 1);
    part_kvp(scratch_root, f);
    scratch_remove(kinds[*data % KINDS].pool);
    check(f);
    scratch_survives(f);
    return 0;
}
