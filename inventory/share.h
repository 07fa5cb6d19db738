/* share - a number of things, or so many of a hundred: "4", "25%" (pure)
 */
#ifndef INVENTORY_SHARE_H
#define INVENTORY_SHARE_H

#include <stdbool.h>
#include <stddef.h>

#define SHARE_MAX 100000 /* of a plain number */

struct share {
    unsigned n;
    bool of_hundred;
};

#define SHARE_ALL ((struct share){.n = 100, .of_hundred = true})

/* "0" to "100000", "0%" to "100%", digits only.  -1: it is neither; *share is as it was. */
int share_parse(const char *text, struct share *share);

/* How many of `whole` that is, rounded down.  A plain number may be more than whole. */
size_t share_of(const struct share *share, size_t whole);

/* The same, but at least 1: what could never begin anything would be no limit but a stop. */
size_t share_of_at_least_one(const struct share *share, size_t whole);

#endif
