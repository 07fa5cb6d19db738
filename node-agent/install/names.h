/* names - which name each RDMA device should have, for good (pure)
 *
 * The kernel counts in the order in which devices come, so that one more function at the
 * front end renames those of the fabric.  As on Azure's HPC images the InfiniBand ones are
 * mlx5_ib0, mlx5_ib1, ... in the order of their PCI addresses, Ethernet ones mlx5_an0, ...
 * (mlx4_ib0 with ConnectX-3); MANA and Soft-RoCE keep the kernel's.
 */
#ifndef NODE_AGENT_INSTALL_NAMES_H
#define NODE_AGENT_INSTALL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/platform.h"

struct facts;

#define NAMES_MAX_BYTES 32

struct names {
    struct name {
        const char *pci, *now; /* borrowed from the facts; now: NULL while no driver is */
        char wanted[NAMES_MAX_BYTES];
    } list[PLATFORM_MAX_NICS];
    size_t count;
};

/* By f->platform.nics. */
void names_choose(const struct facts *f, struct names *names);

/* The file of udev's rules that gives them, with the `rdma` tool at that path; the
 * caller's.  NULL: out of memory.
 */
char *names_rules(const struct names *names, const char *tool);

/* Does that file give each of them?  False for NULL. */
bool names_are_in(const char *rules, const struct names *names);

#endif
