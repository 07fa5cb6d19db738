/* histogram - keeps every sample of a duration in bounded memory
 *
 * Log-linear: each power of two of nanoseconds is cut into 64 equal buckets, so
 * a quantile read back is within HISTOGRAM_ERROR of the sample that a sorted list
 * would have given; the smallest and the largest sample are exact.  Histograms of
 * different runs or rails can be merged without loss.
 *
 *     histogram_add(&h, t2 - t1);
 *     printf("%.2f us\n", histogram_quantile_ns(&h, 0.99) / 1e3);
 */
#ifndef NODE_AGENT_VERBS_HISTOGRAM_H
#define NODE_AGENT_VERBS_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_ERROR 0.01 /* relative; the buckets give 1/128 */

#define HISTOGRAM_PARTS 64 /* of a power of two */
#define HISTOGRAM_POWERS \
    38 /* up to 2^44 ns, almost five hours; longer ones count there */
#define HISTOGRAM_BUCKETS (HISTOGRAM_PARTS * (HISTOGRAM_POWERS + 1))

struct histogram { /* all zero is an empty one */
    uint64_t count;
    uint64_t min_ns, max_ns; /* of no meaning while count is 0 */
    uint32_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t ns);

/* Add all of from's samples to h. */
void histogram_merge(struct histogram *h, const struct histogram *from);

/* The sample that has the share q (0..1) of all samples at or below it: the
 * element ceil(q * count) of the sorted list, counted from 1.  0 is the smallest,
 * 1 the largest.  NAN of an empty histogram.
 */
double histogram_quantile_ns(const struct histogram *h, double q);

#endif
