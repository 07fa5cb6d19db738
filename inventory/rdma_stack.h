/* rdma_stack - which packages are RDMA software, by their names (pure) */
#ifndef INVENTORY_RDMA_STACK_H
#define INVENTORY_RDMA_STACK_H

#include <stdbool.h>

/* Of a distribution ("rdma-core", "libibverbs1") or of the vendor ("mlnx-tools", "doca-ofed"):
 * libraries, tools, and packages of kernel modules.  Not what such are built with.
 */
bool rdma_stack_has(const char *package);

#endif
