/* robust - statistics that a few wild values do not move
 *
 * Medians instead of means, the median absolute deviation instead of the
 * standard deviation.  Nothing is rounded, nothing allocates; what needs order
 * sorts its argument.
 */
#ifndef CONTROLLER_ROBUST_H
#define CONTROLLER_ROBUST_H

#include <stddef.h>

/* Sorts ascending; no NANs. */
void robust_sort(double *x, size_t n);

/* The middle one, or the mean of the two in the middle.  Sorts x.  NAN for n = 0. */
double robust_median(double *x, size_t n);

/* Nearest rank: the smallest of the values that at least `percent` (0..100) of
 * them do not exceed.  Always one of the values.  x is sorted; NAN for n = 0.
 */
double robust_percentile(const double *x, size_t n, double percent);

/* The standard deviation that a normal distribution with this median absolute
 * deviation has, and at least `floor`: the spread of a handful of values is often
 * small by chance.  When more than half of the values equal the center, the mean
 * absolute deviation answers instead.  Overwrites x.  `floor` for n = 0.
 */
double robust_sigma(double *x, size_t n, double center, double floor);

/* The z that one of `tests` independent normal values exceeds with probability
 * `risk`: testing more must not accuse more.
 */
double robust_z_limit(size_t tests, double risk);

#endif
