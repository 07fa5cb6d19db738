#include "controller/exec/allotment.h"

#include "protocol/fail.h"

int allotment_take(struct allotment *a, size_t said_bytes, size_t more_bytes,
                   struct fail *why)
{
    if (a->kept_bytes + more_bytes > ALLOTMENT_BYTES &&
        said_bytes + more_bytes > ALLOTMENT_BYTES / a->node_count)
        return fail_set(why, FAIL_FLOOD,
                        "stopped after its share of the %zu MiB kept of all nodes",
                        ALLOTMENT_BYTES >> 20);
    a->kept_bytes += more_bytes;
    return 0;
}
