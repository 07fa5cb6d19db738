#include "node-agent/install/ipoib.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAC_CHARS      17
#define HARDWARE_CHARS 59 /* 20 bytes */
#define GUID_AT        36 /* the twelfth byte starts there */

#define NETWORK 0xac100000u /* 172.16.0.0 */
#define MASK    0xffff0000u

bool ipoib_mac_is_valid(const char *mac)
{
    for (int i = 0; i < MAC_CHARS; i++)
        if (i % 3 == 2 ? mac[i] != ':'
                       : !isxdigit((unsigned char)mac[i]) || isupper(mac[i]))
            return false;
    return strlen(mac) == MAC_CHARS;
}

bool ipoib_is_of(const char *hardware, const char *mac)
{
    const char *guid = hardware + GUID_AT;

    return strlen(hardware) == HARDWARE_CHARS && strncmp(guid, mac, 9) == 0 &&
           (strncmp(guid + 9, "ff:fd:", 6) == 0 || strncmp(guid + 9, "ff:fe:", 6) == 0) &&
           strcmp(guid + 15, mac + 9) == 0;
}

/* As udev matches it: by the GUID, whatever the interface is called. */
static void write_pattern(const char *mac, char pattern[64])
{
    snprintf(pattern, 64, "*:%.8s:ff:f[de]:%.8s", mac, mac + 9);
}

char *ipoib_rules(char *const *pairs, size_t count, const char *tool)
{
    char *text = NULL, pattern[64];
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return NULL;
    fputs("# ibfleet: the addresses that Azure means for IPoIB\n", out);
    for (size_t i = 0; i + 1 < count; i += 2) {
        write_pattern(pairs[i], pattern);
        fprintf(out,
                "ACTION==\"add\", SUBSYSTEM==\"net\", ATTR{address}==\"%s\", "
                "RUN+=\"%s link set dev $name up\", "
                "RUN+=\"%s addr replace %s/%d dev $name\"\n",
                pattern, tool, tool, pairs[i + 1], IPOIB_PREFIX);
    }
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

bool ipoib_is_in(const char *rules, const char *mac, const char *address)
{
    char pattern[64], words[64];
    const char *line, *found;

    if (!rules || !ipoib_mac_is_valid(mac))
        return false;
    write_pattern(mac, pattern);
    snprintf(words, sizeof words, " replace %s/%d ", address, IPOIB_PREFIX);
    line = strstr(rules, pattern);
    found = line ? strstr(line, words) : NULL;
    return found && found < line + strcspn(line, "\n");
}

/* "eth0 000010AC 00000000 0001 0 0 0 0000F0FF ...": numbers as they lie in memory.  A
 * default route leads nowhere in particular.
 */
bool ipoib_is_elsewhere(const char *route, const char *iface, char other[32])
{
    uint32_t to, mask;

    if (sscanf(route, "%31s %x %*x %*x %*d %*d %*d %x", other, &to, &mask) != 3)
        return false;
    to = ntohl(to);
    mask = ntohl(mask);
    return mask && strcmp(other, iface) != 0 && ((to ^ NETWORK) & mask & MASK) == 0;
}
