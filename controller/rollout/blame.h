/* blame - whom a verdict on the fabric keeps from going back into service (pure)
 *
 * Whoever a finding names.  Of a finding that names several because one of them must be it,
 * those are spared that were good before, as long as somebody is left.  What has passed is
 * held against nobody.
 */
#ifndef CONTROLLER_BLAME_H
#define CONTROLLER_BLAME_H

#include <stdbool.h>
#include <stddef.h>

#include "protocol/fail.h"

struct member;
struct tally;
struct verdict;

struct blame {
    bool has_met;    /* somebody: it was measured                         */
    struct fail why; /* what is held against it: FAIL_FABRIC, or how it was
                        lost; FAIL_NONE: nothing                          */
};

/* Fills one for each of the n members.  was_good: by an earlier verdict. */
void blame_all(const struct member *members, size_t n, const struct tally *t,
               const struct verdict *v, const bool *was_good, struct blame *all);

#endif
