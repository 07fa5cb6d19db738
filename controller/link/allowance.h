/* allowance - how much a node may send before it is a flood (pure)
 *
 * So much at once, and so much per ms for ever: the output of an installation is a few
 * hundred KiB.
 */
#ifndef CONTROLLER_ALLOWANCE_H
#define CONTROLLER_ALLOWANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALLOWANCE_BURST_BYTES  ((size_t)32 << 20)
#define ALLOWANCE_BYTES_PER_MS ((size_t)1 << 10)

struct allowance {
    size_t left_bytes;
    uint64_t filled_ms;
};

/* All of it, now. */
void allowance_fill(struct allowance *a, uint64_t now_ms);

/* False, and nothing is spent, when there is not so much left. */
bool allowance_spend(struct allowance *a, size_t len_bytes, uint64_t now_ms);

#endif
