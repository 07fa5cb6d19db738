#include "controller/fabric/robust.h"

#include <math.h>
#include <stdlib.h>

/* A normal distribution's sigma, in median and in mean absolute deviations. */
#define SIGMA_PER_MAD      1.4826
#define SIGMA_PER_MEAN_DEV 1.2533

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

void robust_sort(double *x, size_t n)
{
    if (n)
        qsort(x, n, sizeof *x, by_value);
}

double robust_median(double *x, size_t n)
{
    if (!n)
        return NAN;
    robust_sort(x, n);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

double robust_percentile(const double *x, size_t n, double percent)
{
    size_t rank;

    if (!n)
        return NAN;
    /* the least bit of slack: 0.99 * 100 must be rank 99, not 100 */
    rank = (size_t)ceil(percent / 100 * (double)n - 1e-9);
    return x[rank < 1 ? 0 : rank > n ? n - 1 : rank - 1];
}

double robust_sigma(double *x, size_t n, double center, double floor)
{
    double sum = 0, sigma;

    if (!n)
        return floor;
    for (size_t i = 0; i < n; i++) {
        x[i] = fabs(x[i] - center);
        sum += x[i];
    }
    sigma = SIGMA_PER_MAD * robust_median(x, n);
    if (sigma <= 0)
        sigma = SIGMA_PER_MEAN_DEV * sum / (double)n;
    return fmax(sigma, floor);
}

double robust_z_limit(size_t tests, double risk)
{
    double tail = risk / (double)(tests ? tests : 1), low = 0, high = 40;

    for (int i = 0; i < 60; i++) {
        double z = (low + high) / 2;

        if (erfc(z / M_SQRT2) / 2 > tail)
            low = z;
        else
            high = z;
    }
    return high;
}
