#include "node-agent/verbs/histogram.h"

#include <assert.h>
#include <math.h>

#define PART_BITS 6

_Static_assert(HISTOGRAM_PARTS == 1 << PART_BITS, "parts are a power of two");

/* Below 64 ns a bucket is one nanosecond wide, above, 1/64 of its power of two. */
static unsigned bucket_of(uint64_t ns)
{
    unsigned power, part;

    if (ns < HISTOGRAM_PARTS)
        return (unsigned)ns;
    power = 63 - (unsigned)__builtin_clzll(ns);
    part = (unsigned)(ns >> (power - PART_BITS)) & (HISTOGRAM_PARTS - 1);
    power -= PART_BITS - 1;
    if (power > HISTOGRAM_POWERS)
        return HISTOGRAM_BUCKETS - 1;
    return power * HISTOGRAM_PARTS + part;
}

static double middle_of(unsigned bucket)
{
    unsigned power = bucket / HISTOGRAM_PARTS, part = bucket % HISTOGRAM_PARTS;
    double width;

    if (power == 0)
        return part;
    width = (double)(1ull << (power - 1));
    return (HISTOGRAM_PARTS + part) * width + (width - 1) / 2;
}

void histogram_add(struct histogram *h, uint64_t ns)
{
    if (h->count == 0 || ns < h->min_ns)
        h->min_ns = ns;
    if (h->count == 0 || ns > h->max_ns)
        h->max_ns = ns;
    h->count++;
    h->bucket[bucket_of(ns)]++;
}

void histogram_merge(struct histogram *h, const struct histogram *from)
{
    if (from->count == 0)
        return;
    if (h->count == 0 || from->min_ns < h->min_ns)
        h->min_ns = from->min_ns;
    if (h->count == 0 || from->max_ns > h->max_ns)
        h->max_ns = from->max_ns;
    h->count += from->count;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        h->bucket[i] += from->bucket[i];
}

/* A bucket's middle may lie outside of what was really seen. */
static double within_seen(const struct histogram *h, double ns)
{
    return fmin(fmax(ns, (double)h->min_ns), (double)h->max_ns);
}

double histogram_quantile_ns(const struct histogram *h, double q)
{
    uint64_t rank, seen = 0;

    assert(q >= 0 && q <= 1);
    if (h->count == 0)
        return (double)NAN;
    rank = (uint64_t)ceil(q * (double)h->count);
    if (rank <= 1)
        return (double)h->min_ns;
    if (rank >= h->count)
        return (double)h->max_ns;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= rank)
            return within_seen(h, middle_of(i));
    }
    assert(0 && "the buckets hold fewer samples than were counted");
    return (double)NAN;
}
