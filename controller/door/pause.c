#include "controller/door/pause.h"

static uint64_t doubled_ms(uint64_t first_ms, uint64_t most_ms, unsigned tries)
{
    uint64_t ms = first_ms;

    while (--tries > 0 && ms < most_ms)
        ms *= 2;
    return ms < most_ms ? ms : most_ms;
}

uint64_t pause_below_ms(uint64_t first_ms, uint64_t most_ms, unsigned tries,
                        uint32_t chance)
{
    uint64_t ms = doubled_ms(first_ms, most_ms, tries);

    return ms / 2 + chance % (ms / 2 + 1);
}

uint64_t pause_above_ms(uint64_t first_ms, uint64_t most_ms, unsigned tries,
                        uint32_t chance)
{
    uint64_t ms = doubled_ms(first_ms, most_ms, tries);

    return ms + chance % (ms / 2 + 1);
}
