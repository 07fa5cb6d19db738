#include "inventory/rdma_stack.h"

#include <fnmatch.h>
#include <stddef.h>

/* clang-format off */
static const char *const patterns[] = {
    "rdma-core*", "rdmacm-utils", "ibverbs-*", "libibverbs*", "librdmacm*", "libibumad*",
    "libibmad*", "libibnetdisc*", "infiniband-diags*", "perftest*", "ibacm", "srptools",
    "srp_daemon", "opensm*", "mstflint*", "libmlx[45]*", "mlnx-*", "mlnx_*", "mlnxofed*",
    "kmod-mlnx*", "ofed-*", "doca-*", "ucx*",
};
/* clang-format on */

bool rdma_stack_has(const char *package)
{
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (fnmatch(patterns[i], package, 0) == 0)
            return true;
    return false;
}
