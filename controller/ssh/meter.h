/* meter - how long the callbacks of the sessions keep the loop at work
 *
 * Around each callback that the loop makes into a session:
 *
 *     struct meter_mark mark = meter_begin();
 *     ... work ...
 *     meter_end(meter, mark, METER_LIGHT);
 *
 * What the callback calls, printing a line for instance, counts as its own.
 */
#ifndef CONTROLLER_METER_H
#define CONTROLLER_METER_H

#include <stdint.h>

struct meter {
    uint64_t busy_ns;    /* of the clock on the wall, in all that were METER_LIGHT */
    uint64_t longest_ns; /* of CPU, in the longest of all callbacks                */
};

enum meter_kind { METER_LIGHT, METER_HEAVY };

struct meter_mark {
    uint64_t wall_ns, cpu_ns;
};

struct meter_mark meter_begin(void);

/* Returns when it ended, in the nanoseconds of mark.wall_ns. */
uint64_t meter_end(struct meter *m, struct meter_mark mark, enum meter_kind kind);

#endif
