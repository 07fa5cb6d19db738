/* ipoib - IPoIB interfaces and the MAC addresses that Azure names them by (pure)
 *
 * Azure tells pairs of a MAC and an address.  An IPoIB interface has 20 bytes instead,
 * of which the last eight are its GUID, made from that MAC with ff:fd (or ff:fe) in the
 * middle; the first four differ from boot to boot:
 *
 *     00:15:5d:33:ff:0b   00:00:01:49:fe:80:00:00:00:00:00:00:00:15:5d:ff:fd:33:ff:0b
 */
#ifndef NODE_AGENT_INSTALL_IPOIB_H
#define NODE_AGENT_INSTALL_IPOIB_H

#include <stdbool.h>
#include <stddef.h>

/* Azure keeps 172.16.0.0/16 for it. */
#define IPOIB_PREFIX 16

/* "00:15:5d:33:ff:0b" and no other spelling. */
bool ipoib_mac_is_valid(const char *mac);

/* Has an interface with this hardware address that MAC?  mac must be valid. */
bool ipoib_is_of(const char *hardware, const char *mac);

/* udev's rules that give addresses, with the `ip` tool at that path; pairs holds MAC,
 * address, MAC, address, ...; the caller's.  NULL: out of memory.
 */
char *ipoib_rules(char *const *pairs, size_t count, const char *tool);

/* Does that file give this interface this address?  False for NULL. */
bool ipoib_is_in(const char *rules, const char *mac, const char *address);

/* A line of /proc/net/route: does it lead addresses of Azure's IPoIB somewhere else than
 * to iface?  Then the interface's name into other.
 */
bool ipoib_is_elsewhere(const char *route, const char *iface, char other[32]);

#endif
