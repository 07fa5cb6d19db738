/* clock - time that only goes forward (CLOCK_MONOTONIC), for deadlines and durations */
#ifndef NODE_AGENT_CLOCK_H
#define NODE_AGENT_CLOCK_H

#include <stdint.h>

uint64_t clock_ns(void);
int64_t clock_ms(void);

#endif
