/* What the hypervisor has told the guest: Hyper-V's key-value pairs, in pool 3 those of the
 * host.  A file of records: a key of 512 bytes and a value of 2048, each ended by NULs.
 */
#include "node-agent/detect/part.h"

#include <stdio.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"

#define POOL        "/var/lib/hyperv/.kvp_pool_3"
#define KEY_BYTES   512
#define VALUE_BYTES 2048
#define MAX_PAIRS   1024
#define MAX_HOST    64 /* bytes of the name of a host */

struct pair {
    char key[KEY_BYTES], value[VALUE_BYTES];
};

/* A host's name is made of letters and digits; anything else is none. */
static char *host_in(const struct pair *pair)
{
    size_t len = strnlen(pair->value, VALUE_BYTES);
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    if (strncmp(pair->key, "PhysicalHostName", KEY_BYTES) != 0 || len == 0 ||
        len > MAX_HOST || len == VALUE_BYTES || strspn(pair->value, letters) != len)
        return NULL;
    return strndup(pair->value, len);
}

void part_kvp(const char *root, struct facts *f)
{
    FILE *pool = tree_open(root, POOL);
    struct pair pair;

    for (int i = 0; pool && !f->physical_host && i < MAX_PAIRS; i++) {
        if (fread(&pair, sizeof pair, 1, pool) != 1)
            break;
        f->physical_host = host_in(&pair);
    }
    if (pool)
        fclose(pool);
}
