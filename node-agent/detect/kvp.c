/* What the hypervisor has told the guest: Hyper-V's key-value pairs, in pool 0 those of
 * the platform, in pool 3 those of the host.  A file of records: a key of 512 bytes and
 * a value of 2048, each ended by NULs.
 */
#include "node-agent/detect/part.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

#define POOL        "/var/lib/hyperv/.kvp_pool_%d"
#define KEY_BYTES   512
#define VALUE_BYTES 2048
#define MAX_PAIRS   1024
#define MAX_HOST    64 /* bytes of the name of a host */
#define MAC_DIGITS  12

struct pair {
    char key[KEY_BYTES], value[VALUE_BYTES];
};

/* The value of key, which the caller frees; NULL when there is none or it has no end. */
static char *value_of(const char *root, int number, const char *key)
{
    FILE *pool = tree_open(root, POOL, number);
    char *value = NULL;
    struct pair pair;

    for (int i = 0; pool && !value && i < MAX_PAIRS; i++) {
        if (fread(&pair, sizeof pair, 1, pool) != 1)
            break;
        if (strncmp(pair.key, key, KEY_BYTES) == 0 &&
            memchr(pair.value, '\0', VALUE_BYTES))
            value = strdup(pair.value);
    }
    if (pool)
        fclose(pool);
    return value;
}

/* A host's name is made of letters and digits; anything else is none. */
static char *host_in(const char *value)
{
    size_t len = strlen(value);
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

    if (len == 0 || len > MAX_HOST || strspn(value, letters) != len)
        return NULL;
    return strndup(value, len);
}

/* ---- addresses of IPoIB: "NUMPAIRS:1|00155D33FF0B:172.16.1.2" ------------------------- */

/* "00155D33FF0B" -> "00:15:5d:33:ff:0b".  False: it is none. */
static bool spell_mac(const char *digits, char mac[18])
{
    for (int i = 0; i < MAC_DIGITS; i++) {
        if (!isxdigit((unsigned char)digits[i]))
            return false;
        mac[i + i / 2] = (char)tolower((unsigned char)digits[i]);
        if (i % 2)
            mac[i + i / 2 + 1] = i + 1 < MAC_DIGITS ? ':' : '\0';
    }
    return digits[MAC_DIGITS] == ':';
}

static void note_address(const char *text, struct facts_platform *on)
{
    struct platform_ipoib *entry;
    struct in_addr ip;
    char mac[18];

    if (!spell_mac(text, mac) || inet_pton(AF_INET, text + MAC_DIGITS + 1, &ip) != 1)
        return;
    entry = tree_grow(&on->ipoib, &on->ipoib_count, PLATFORM_MAX_IPOIB, sizeof *entry);
    if (!entry)
        return;
    entry->mac = strdup(mac);
    entry->address = strdup(text + MAC_DIGITS + 1);
    if (entry->mac && entry->address)
        return;
    free(entry->mac);
    free(entry->address);
    on->ipoib_count--;
}

static void read_addresses(char *data, struct facts_platform *on)
{
    char *save = NULL, *piece = strtok_r(data, "|", &save);

    if (!piece || strncmp(piece, "NUMPAIRS:", 9) != 0)
        return;
    while ((piece = strtok_r(NULL, "|", &save)))
        note_address(piece, on);
}

void part_kvp(const char *root, struct facts *f)
{
    CLEANUP(text_done) char *host = value_of(root, 3, "PhysicalHostName");
    CLEANUP(text_done) char *addresses = value_of(root, 0, "IPoIB_Data");
    CLEANUP(text_done) char *direct = value_of(root, 0, "NdDriverVersion");

    f->physical_host = host ? host_in(host) : NULL;
    if (addresses)
        read_addresses(addresses, &f->platform);
    if (direct)
        f->platform.network_direct = true;
}
