/* schedule - who meets whom in one batch of rounds (pure)
 *
 * A batch is a table: in slot s node i meets partner[s * n + i].  All orders of a
 * batch are cut from it, so both sides of a meeting always agree.
 *
 *     schedule_rounds(&b, members, n, first, slots, why);   the next of the tournament
 *     schedule_alone(&b, members, n, first, pairs, count, &taken, why);
 *     schedule_order(&b, members, i, "c1", &order, rounds)   for each i
 *     batch_clear(&b);
 */
#ifndef CONTROLLER_SCHEDULE_H
#define CONTROLLER_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/measure.h"

struct fail;
struct member;
struct verdict_pair;

#define SCHEDULE_REST ((unsigned)-1)

/* So many nodes for each pair that is measured "alone" in one slot: in a large
 * fleet a few far apart do not disturb each other.
 */
#define SCHEDULE_NODES_PER_LONER 32

struct batch { /* all zero is none */
    size_t n;
    unsigned slots;       /* at most MEASURE_MAX_ROUNDS                    */
    unsigned first_round; /* its number in the campaign                    */
    bool alone;
    unsigned *partner; /* slots * n, slot by slot; SCHEDULE_REST: nobody */
};

/* Rounds until everybody who can meet has met: those of the largest island. */
unsigned schedule_round_count(const struct member *members, size_t n);

/* Pairs that can meet in so many rounds, at most. */
size_t schedule_pair_count(const struct member *members, size_t n, unsigned rounds);

/* Slots of the tournament, from round `first` on; who is out rests.  FAIL_MEMORY. */
int schedule_rounds(struct batch *b, const struct member *members, size_t n,
                    unsigned first, unsigned slots, struct fail *why);

/* The first pairs of the list, few to a slot; *taken tells how many found room, or
 * were passed over since one of the two is lost.
 */
int schedule_alone(struct batch *b, const struct member *members, size_t n,
                   unsigned first, unsigned slots, const struct verdict_pair *pairs,
                   size_t count, size_t *taken, struct fail *why);

void batch_clear(struct batch *b);

unsigned batch_partner(const struct batch *b, unsigned slot, size_t i);

/* Node i's order, without the plan; rounds has room for b->slots and is borrowed
 * by *o.  round_count is 0 for who rests all the time.
 */
void schedule_order(const struct batch *b, const struct member *members, size_t i,
                    const char *campaign, unsigned number, struct measure_order *o,
                    struct measure_round *rounds);

/* 24 bits that differ from round to round, so that a stale packet of an earlier
 * partner is not taken for a new one.
 */
uint32_t schedule_psn(const char *campaign, unsigned round, size_t i);

#endif
