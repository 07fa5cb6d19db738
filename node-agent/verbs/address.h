/* address - which GID and which partition a port speaks from, and what a pair shares
 *
 * Pure: decides on what device.c has read from the port.
 */
#ifndef NODE_AGENT_VERBS_ADDRESS_H
#define NODE_AGENT_VERBS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint;
struct fail;

enum gid_kind { GID_INFINIBAND, GID_ROCE_V1, GID_ROCE_V2 };

struct gid_entry {
    enum gid_kind kind;
    int index; /* in the port's table */
    uint8_t gid[16];
};

/* The entry to speak from, or NULL.  InfiniBand: the first that is not empty.
 * Ethernet: RoCE v2 only, IPv4-mapped before global IPv6 before link-local.
 */
const struct gid_entry *address_choose_gid(const struct gid_entry *table, size_t count,
                                           bool ethernet);

/* Index of the first full member of a partition, else of the first limited one;
 * -1 when the table has neither.
 */
int address_choose_pkey(const uint16_t *table, size_t count);

/* Must packets to far carry a GRH?  Always on Ethernet; on InfiniBand only when
 * a LID is missing or the subnets differ.
 */
bool address_is_global(const struct endpoint *own, const struct endpoint *far);

/* Can the two talk at all?  FAIL_CONFIG_DIFFERS says what differs. */
int address_check_pair(const struct endpoint *own, const struct endpoint *far,
                       struct fail *why);

#endif
