/* nic - which family of NVIDIA's NICs a PCI function belongs to, and what it is for
 *
 * Most virtual functions have a device id of their family.  0x101e is that of every
 * family from ConnectX-6 Dx on: there the firmware's major number tells, then the board,
 * then the rate of the link, and last what Azure's size is known to have.
 *
 *     struct nic_clues clues = {.device = 0x101e, .firmware = "28.39.1002"};
 *
 *     nic_family_of(&clues)              NIC_CONNECTX_7
 *     nic_role_of(0x020000, 0x1016)      NIC_ETHERNET: Accelerated Networking
 *
 * Pure.
 */
#ifndef INVENTORY_NIC_H
#define INVENTORY_NIC_H

#include <stdbool.h>
#include <stdint.h>

#define NIC_VENDOR 0x15b3

enum nic_family {
    NIC_UNKNOWN,
    NIC_CONNECTX_3, /* mlx4, as is the Pro                                     */
    NIC_CONNECTX_3_PRO,
    NIC_CONNECT_IB,
    NIC_CONNECTX_4,
    NIC_CONNECTX_4_LX,
    NIC_CONNECTX_5,
    NIC_CONNECTX_6,
    NIC_CONNECTX_6_DX,
    NIC_CONNECTX_6_LX,
    NIC_CONNECTX_7,
    NIC_CONNECTX_8,
    NIC_BLUEFIELD,
    NIC_MANA, /* Microsoft's own, for Ethernet */
    NIC_FAMILIES
};

enum nic_role { NIC_NO_NIC, NIC_RDMA, NIC_ETHERNET };

/* What is known of a function; NULL and 0 are "not known". */
struct nic_clues {
    uint16_t device;
    const char *firmware;     /* fw_ver: "28.39.1002"  */
    const char *board_id;     /* PSID: "MT_0000000838" */
    double rate_gbps;         /* of its link           */
    enum nic_family size_has; /* sku_known()->family of the machine's size */
};

/* Is it a function of Microsoft's NIC, whose RDMA a vendor's driver would break? */
bool nic_is_mana(uint16_t vendor, uint16_t device);

/* Of vendor NIC_VENDOR. */
enum nic_family nic_family_of(const struct nic_clues *clues);

/* "ConnectX-3 Pro"; NULL for NIC_UNKNOWN. */
const char *nic_family_name(enum nic_family family);

/* By the PCI class (24 bits): InfiniBand controllers do RDMA, and so do ConnectX-3's
 * "network controllers".  An Ethernet function never counts.
 */
enum nic_role nic_role_of(uint32_t class_code, uint16_t device);

#endif
