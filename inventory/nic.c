#include "inventory/nic.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define DEVICE_GENERIC 0x101e /* "ConnectX Family mlx5Gen Virtual Function" */

#define VENDOR_MICROSOFT 0x1414
#define DEVICE_MANA      0x00ba

#define CLASS_ETHERNET   0x0200
#define CLASS_INFINIBAND 0x0207
#define CLASS_OTHER      0x0280

static const char *const names[NIC_FAMILIES] = {
    [NIC_CONNECTX_3] = "ConnectX-3",
    [NIC_CONNECTX_3_PRO] = "ConnectX-3 Pro",
    [NIC_CONNECT_IB] = "Connect-IB",
    [NIC_CONNECTX_4] = "ConnectX-4",
    [NIC_CONNECTX_4_LX] = "ConnectX-4 Lx",
    [NIC_CONNECTX_5] = "ConnectX-5",
    [NIC_CONNECTX_6] = "ConnectX-6",
    [NIC_CONNECTX_6_DX] = "ConnectX-6 Dx",
    [NIC_CONNECTX_6_LX] = "ConnectX-6 Lx",
    [NIC_CONNECTX_7] = "ConnectX-7",
    [NIC_CONNECTX_8] = "ConnectX-8",
    [NIC_BLUEFIELD] = "BlueField",
    [NIC_MANA] = "MANA",
};

const char *nic_family_name(enum nic_family family)
{
    return family < NIC_FAMILIES ? names[family] : NULL;
}

/* clang-format off */

/* From the PCI ID database and the providers of rdma-core.  ConnectX-3 and its Pro share
 * the id of their virtual functions; Azure has the Pro only.
 */
static const struct {
    uint16_t device;
    enum nic_family family;
} devices[] = {
    {0x1003, NIC_CONNECTX_3},    {0x1004, NIC_CONNECTX_3_PRO}, {0x1007, NIC_CONNECTX_3_PRO},
    {0x1011, NIC_CONNECT_IB},    {0x1012, NIC_CONNECT_IB},
    {0x1013, NIC_CONNECTX_4},    {0x1014, NIC_CONNECTX_4},
    {0x1015, NIC_CONNECTX_4_LX}, {0x1016, NIC_CONNECTX_4_LX},
    {0x1017, NIC_CONNECTX_5},    {0x1018, NIC_CONNECTX_5},
    {0x1019, NIC_CONNECTX_5},    {0x101a, NIC_CONNECTX_5},
    {0x101b, NIC_CONNECTX_6},    {0x101c, NIC_CONNECTX_6},
    {0x101d, NIC_CONNECTX_6_DX}, {0x101f, NIC_CONNECTX_6_LX},
    {0x1021, NIC_CONNECTX_7},    {0x1023, NIC_CONNECTX_8},
    {0xa2d2, NIC_BLUEFIELD},     {0xa2d6, NIC_BLUEFIELD},      {0xa2dc, NIC_BLUEFIELD},
};

/* Each family's firmware has a major number of its own. */
static const struct {
    unsigned long major;
    enum nic_family family;
} firmwares[] = {
    {10, NIC_CONNECT_IB},    {12, NIC_CONNECTX_4},    {14, NIC_CONNECTX_4_LX},
    {16, NIC_CONNECTX_5},    {18, NIC_BLUEFIELD},     {20, NIC_CONNECTX_6},
    {22, NIC_CONNECTX_6_DX}, {24, NIC_BLUEFIELD},     {26, NIC_CONNECTX_6_LX},
    {28, NIC_CONNECTX_7},    {32, NIC_BLUEFIELD},     {40, NIC_CONNECTX_8},
};

/* Boards seen behind generic functions: NVIDIA's own ConnectX-7 cards, and those of Azure's
 * ND and HB machines, whose names (MSF...) are in no list of the vendor.
 */
static const struct {
    const char *board_id;
    enum nic_family family;
} boards[] = {
    {"MT_0000000838", NIC_CONNECTX_7}, {"MT_0000000840", NIC_CONNECTX_7},
    {"MT_0000000892", NIC_CONNECTX_7}, {"MSF0000000047", NIC_CONNECTX_7},
};
/* clang-format on */

static enum nic_family by_device(uint16_t device)
{
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        if (devices[i].device == device)
            return devices[i].family;
    return NIC_UNKNOWN;
}

static enum nic_family by_firmware(const char *firmware)
{
    char *end = NULL;
    unsigned long major = firmware ? strtoul(firmware, &end, 10) : 0;

    for (size_t i = 0; major && *end == '.' && i < sizeof firmwares / sizeof *firmwares;
         i++)
        if (firmwares[i].major == major)
            return firmwares[i].family;
    return NIC_UNKNOWN;
}

static enum nic_family by_board(const char *board_id)
{
    for (size_t i = 0; board_id && i < sizeof boards / sizeof *boards; i++)
        if (strcmp(boards[i].board_id, board_id) == 0)
            return boards[i].family;
    return NIC_UNKNOWN;
}

/* Below 400 Gb/s a generic function may belong to several families: ConnectX-7 serves
 * HBv5 with 200.
 */
static enum nic_family by_rate(double rate_gbps)
{
    return rate_gbps > 700   ? NIC_CONNECTX_8
           : rate_gbps > 390 ? NIC_CONNECTX_7
                             : NIC_UNKNOWN;
}

enum nic_family nic_family_of(const struct nic_clues *clues)
{
    enum nic_family family = by_device(clues->device);

    if (family || clues->device != DEVICE_GENERIC)
        return family;
    family = by_firmware(clues->firmware);
    if (!family)
        family = by_board(clues->board_id);
    if (!family)
        family = by_rate(clues->rate_gbps);
    return family ? family : clues->size_has;
}

bool nic_is_mana(uint16_t vendor, uint16_t device)
{
    return vendor == VENDOR_MICROSOFT && device == DEVICE_MANA;
}

static int is_mlx4(uint16_t device)
{
    return device >= 0x1002 && device <= 0x1007;
}

enum nic_role nic_role_of(uint32_t class_code, uint16_t device)
{
    switch (class_code >> 8) {
    case CLASS_INFINIBAND:
        return NIC_RDMA;
    case CLASS_OTHER:
        return is_mlx4(device) ? NIC_RDMA : NIC_NO_NIC;
    case CLASS_ETHERNET:
        return NIC_ETHERNET;
    default:
        return NIC_NO_NIC;
    }
}
