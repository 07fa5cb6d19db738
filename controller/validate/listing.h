/* listing - which pairs a list of limited length names (pure)
 *
 * All of them when there is room.  Else those that were measured and are not ok, and
 * of these as many as there is room for: half a million good pairs tell nobody
 * anything, and what was not measured is summed up elsewhere.
 *
 *     struct listing l = listing_of(tally, 50000);
 *     while (listing_next(&l, &a, &b))
 *         ... a below b ...
 */
#ifndef CONTROLLER_LISTING_H
#define CONTROLLER_LISTING_H

#include <stdbool.h>
#include <stddef.h>

struct tally;

struct listing { /* a value; nothing to free */
    const struct tally *tally;
    bool all;    /* there is room for every pair          */
    bool cut;    /* not even those that are not ok all fit */
    size_t left; /* room                                  */
    size_t at_a, at_b;
};

/* The words of all pairs must be set. */
struct listing listing_of(const struct tally *t, size_t most);

/* False at the end. */
bool listing_next(struct listing *l, size_t *a, size_t *b);

/* "all", "not-ok", or "some-not-ok". */
const char *listing_name(const struct listing *l);

#endif
