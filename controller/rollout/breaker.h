/* breaker - the limits of failures of a run, and which of them is broken (pure)
 *
 *     breaker_count(b, false, "disk-full no room on #");
 *     if (breaker_why(b)->code)
 *         nothing new is begun
 *
 * Once broken it stays so, and says what broke it first.  The keys of [policy] behind it:
 * max_failures, budget_upgraded, budget_fleet, consecutive, same_failure, and that a canary
 * must not fail.
 */
#ifndef CONTROLLER_BREAKER_H
#define CONTROLLER_BREAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct breaker;
struct fail;
struct fleet_policy;

/* Of a run of `count` nodes in a fleet of fleet_count; keys is borrowed.  NULL: out of
 * memory.
 */
struct breaker *breaker_new(const struct fleet_policy *keys, size_t count,
                            size_t fleet_count);
void breaker_free(struct breaker *b); /* NULL is allowed */

/* A node has ended.  signature: of its failure; NULL when there is none. */
void breaker_count_well(struct breaker *b);
void breaker_count_failed(struct breaker *b, const char *signature);

/* Before a node is begun: so many of the fleet are unhealthy. */
void breaker_check_fleet(struct breaker *b, size_t unhealthy);

/* For what else ends it: a sentence, kept unless there is one already. */
void breaker_trip(struct breaker *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* FAIL_BUDGET with what broke it; FAIL_NONE.  Borrowed. */
const struct fail *breaker_why(const struct breaker *b);

#endif
