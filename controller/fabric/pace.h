/* pace - how a round is measured, and how long things may take (pure)
 *
 * The plan is chosen once all have joined and is the same for every pair.  Only its
 * slot, the time in which a round must be over, grows while the fleet turns out to
 * be slower than was thought.
 *
 *     pace_plan(&plan, members, n);
 *     pace_order_ms(&plan, slots)      the deadline of an order
 *     pace_widen(&plan, took_ms)       after each round that went well
 */
#ifndef CONTROLLER_PACE_H
#define CONTROLLER_PACE_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/measure.h"

struct member;

/* Fill what is 0 in *plan: for real HCAs as perftest does and better, for
 * Soft-RoCE (if any member is soft) fewer samples and longer windows.
 */
void pace_plan(struct measure_plan *plan, const struct member *members, size_t n);

/* So many rounds to a batch that an operator sees something move. */
unsigned pace_slots(const struct measure_plan *plan);

/* What one round takes when nothing goes wrong, roughly. */
unsigned pace_round_ms(const struct measure_plan *plan);

/* Until when an order of so many slots must be answered. */
uint64_t pace_order_ms(const struct measure_plan *plan, unsigned slots);

/* Generous for a whole campaign of so many rounds. */
uint64_t pace_limit_ms(const struct measure_plan *plan, unsigned rounds);

/* A host with other work needs longer than we thought: who only runs out of time
 * must not look broken.  After a round that took so long and was well, and once
 * when rounds have run out of time.  The slot has a ceiling of two minutes.
 */
void pace_widen(struct measure_plan *plan, unsigned took_ms);
void pace_double(struct measure_plan *plan);

#endif
