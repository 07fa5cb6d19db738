/* pause - how long to wait before the next try (pure)
 *
 * Doubled with each try up to a ceiling, and with some chance in it, so that a thousand
 * nodes that were lost in one moment do not come back in one.
 */
#ifndef CONTROLLER_PAUSE_H
#define CONTROLLER_PAUSE_H

#include <stdint.h>

/* After `tries` of them (1 or more): between half of the doubled pause and all of it. */
uint64_t pause_below_ms(uint64_t first_ms, uint64_t most_ms, unsigned tries,
                        uint32_t chance);

/* Between the doubled pause and one and a half of it: never sooner. */
uint64_t pause_above_ms(uint64_t first_ms, uint64_t most_ms, unsigned tries,
                        uint32_t chance);

#endif
