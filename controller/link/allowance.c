#include "controller/link/allowance.h"

void allowance_fill(struct allowance *a, uint64_t now_ms)
{
    *a = (struct allowance){.left_bytes = ALLOWANCE_BURST_BYTES, .filled_ms = now_ms};
}

bool allowance_spend(struct allowance *a, size_t len_bytes, uint64_t now_ms)
{
    uint64_t bytes = a->left_bytes + (now_ms - a->filled_ms) * ALLOWANCE_BYTES_PER_MS;

    a->left_bytes = bytes < ALLOWANCE_BURST_BYTES ? bytes : ALLOWANCE_BURST_BYTES;
    a->filled_ms = now_ms;
    if (len_bytes > a->left_bytes)
        return false;
    a->left_bytes -= len_bytes;
    return true;
}
