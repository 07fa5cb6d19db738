#include "controller/ssh/meter.h"

#include <time.h>

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct meter_mark meter_begin(void)
{
    return (struct meter_mark){.wall_ns = clock_ns(CLOCK_MONOTONIC),
                               .cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID)};
}

/* Asking for the CPU time is dear, and it is at most what passed on the wall. */
uint64_t meter_end(struct meter *m, struct meter_mark mark, enum meter_kind kind)
{
    uint64_t ended_ns = clock_ns(CLOCK_MONOTONIC), cpu_ns;

    if (kind == METER_LIGHT)
        m->busy_ns += ended_ns - mark.wall_ns;
    if (ended_ns - mark.wall_ns <= m->longest_ns)
        return ended_ns;
    cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - mark.cpu_ns;
    if (cpu_ns > m->longest_ns)
        m->longest_ns = cpu_ns;
    return ended_ns;
}
