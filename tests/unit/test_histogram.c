#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/verbs/histogram.h"

#define SAMPLES 20000

/* Durations spread over many powers of two, the same in each run of the test. */
static uint64_t next_ns(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
    return (*seed >> 33) >> (*seed >> 59);
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static double sorted_quantile(const uint64_t *sorted, size_t n, double q)
{
    size_t rank = (size_t)ceil(q * (double)n);

    return (double)sorted[rank ? rank - 1 : 0];
}

static void a_quantile_is_within_the_stated_error_of_a_sorted_list(void **state)
{
    static const double q[] = {0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};
    static struct histogram h;
    static uint64_t ns[SAMPLES];
    uint64_t seed = 1;

    (void)state;
    for (size_t n = 1; n <= SAMPLES; n++) {
        ns[n - 1] = next_ns(&seed);
        histogram_add(&h, ns[n - 1]);
    }
    qsort(ns, SAMPLES, sizeof *ns, by_size);
    for (size_t i = 0; i < sizeof q / sizeof *q; i++) {
        double truth = sorted_quantile(ns, SAMPLES, q[i]);

        assert_true(fabs(histogram_quantile_ns(&h, q[i]) - truth) <=
                    HISTOGRAM_ERROR * truth);
    }
    assert_true(h.count == SAMPLES);
}

static void every_duration_is_read_back_within_the_error(void **state)
{
    (void)state;
    for (uint64_t ns = 1; ns < (uint64_t)1 << 44; ns += 1 + ns / 321) {
        struct histogram h = {.count = 0};

        /* Three, so that neither the smallest nor the largest answers for it. */
        histogram_add(&h, 0);
        histogram_add(&h, ns);
        histogram_add(&h, (uint64_t)1 << 50);
        assert_true(fabs(histogram_quantile_ns(&h, 0.5) - (double)ns) <=
                    HISTOGRAM_ERROR * (double)ns);
    }
}

static void few_samples_are_exact_at_both_ends(void **state)
{
    struct histogram h = {.count = 0};

    (void)state;
    assert_true(isnan(histogram_quantile_ns(&h, 0.5)));
    histogram_add(&h, 1234567);
    assert_true(histogram_quantile_ns(&h, 0) == 1234567);
    assert_true(histogram_quantile_ns(&h, 0.5) == 1234567);
    assert_true(histogram_quantile_ns(&h, 1) == 1234567);
    histogram_add(&h, 7654321);
    assert_true(histogram_quantile_ns(&h, 0.5) == 1234567);
    assert_true(histogram_quantile_ns(&h, 0.51) == 7654321);
}

static void a_sample_beyond_the_last_bucket_still_counts(void **state)
{
    struct histogram h = {.count = 0};

    (void)state;
    histogram_add(&h, 5);
    histogram_add(&h, UINT64_MAX);
    assert_true(h.count == 2);
    assert_true(histogram_quantile_ns(&h, 1) == (double)UINT64_MAX);
}

static void merging_is_as_if_all_had_gone_into_one(void **state)
{
    static struct histogram parts[3], merged, one;
    uint64_t seed = 7;

    (void)state;
    for (size_t n = 0; n < SAMPLES; n++) {
        uint64_t ns = next_ns(&seed);

        histogram_add(&parts[n % 2], ns);
        histogram_add(&one, ns);
    }
    for (size_t i = 0; i < 3; i++) /* the third is empty */
        histogram_merge(&merged, &parts[i]);
    assert_memory_equal(&merged, &one, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quantile_is_within_the_stated_error_of_a_sorted_list),
        cmocka_unit_test(every_duration_is_read_back_within_the_error),
        cmocka_unit_test(few_samples_are_exact_at_both_ends),
        cmocka_unit_test(a_sample_beyond_the_last_bucket_still_counts),
        cmocka_unit_test(merging_is_as_if_all_had_gone_into_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
