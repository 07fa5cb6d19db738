/* pairs - who meets whom in which round
 *
 * The circle method: n nodes meet pairwise in n - 1 rounds (n, when n is odd, and
 * then one node rests in each), every pair exactly once and nobody twice in a
 * round.  The partner is computed in O(1), so no table exists anywhere.
 *
 *     for (round = 0; round < pairs_rounds(n); round++)
 *         for (i = 0; i < n; i++)
 *             if ((partner = pairs_partner(n, round, i)) != PAIRS_NOBODY)
 *                 i meets partner
 */
#ifndef CONTROLLER_PAIRS_H
#define CONTROLLER_PAIRS_H

#include <stddef.h>

#define PAIRS_NOBODY ((size_t)-1)

/* Rounds until everybody has met everybody; 0 below two nodes. */
size_t pairs_rounds(size_t n);

/* n * (n - 1) / 2 */
size_t pairs_count(size_t n);

/* Whom node i (below n) meets in this round (below pairs_rounds(n)), or
 * PAIRS_NOBODY when it rests.
 */
size_t pairs_partner(size_t n, size_t round, size_t i);

#endif
