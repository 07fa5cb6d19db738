#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "controller/fabric/robust.h"

#define COUNT(a)                  (sizeof(a) / sizeof *(a))
#define assert_near(a, b, within) assert_true(fabs((a) - (b)) <= (within))

static void the_median_of_an_even_number_lies_between_the_two(void **state)
{
    double odd[] = {5, 1, 3}, even[] = {4, 1, 3, 2}, one[] = {7};

    (void)state;
    assert_near(robust_median(odd, 3), 3, 0);
    assert_near(robust_median(even, 4), 2.5, 0);
    assert_near(robust_median(one, 1), 7, 0);
    assert_true(isnan(robust_median(one, 0)));
}

static void a_percentile_is_one_of_the_values(void **state)
{
    double hundred[100], six[] = {1.10, 1.15, 1.20, 1.25, 1.30, 1.95};

    (void)state;
    for (int i = 0; i < 100; i++)
        hundred[i] = i + 1;
    assert_near(robust_percentile(hundred, 100, 99), 99, 0);
    assert_near(robust_percentile(hundred, 100, 99.9), 100, 0);
    assert_near(robust_percentile(hundred, 100, 50), 50, 0);
    assert_near(robust_percentile(hundred, 100, 0), 1, 0);
    assert_near(robust_percentile(hundred, 100, 100), 100, 0);
    assert_near(robust_percentile(six, 6, 99), 1.95, 0);
    assert_near(robust_percentile(six, 6, 50), 1.20, 0);
    assert_true(isnan(robust_percentile(six, 0, 50)));
}

static void one_wild_value_does_not_move_sigma(void **state)
{
    double calm[] = {9, 10, 10, 11, 12}, wild[] = {9, 10, 10, 11, 12000};

    (void)state;
    assert_near(robust_sigma(calm, COUNT(calm), 10, 0), 1.4826, 1e-9);
    assert_near(robust_sigma(wild, COUNT(wild), 10, 0), 1.4826, 1e-9);
}

static void sigma_has_a_floor_and_no_zero(void **state)
{
    double same[] = {10, 10, 10}, mostly[] = {10, 10, 10, 10, 15};

    (void)state;
    assert_near(robust_sigma(same, COUNT(same), 10, 0.05), 0.05, 0);
    assert_near(robust_sigma(mostly, COUNT(mostly), 10, 0.05), 1.2533, 1e-9);
    assert_near(robust_sigma(mostly, 0, 10, 0.05), 0.05, 0);
}

static void testing_more_asks_for_more(void **state)
{
    (void)state;
    assert_near(robust_z_limit(1, 0.025), 1.959964, 1e-5);
    assert_near(robust_z_limit(1000, 0.01), 4.264891, 1e-5);
    assert_near(robust_z_limit(500000, 0.01), 5.490852, 1e-5);
    assert_near(robust_z_limit(0, 0.025), 1.959964, 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_of_an_even_number_lies_between_the_two),
        cmocka_unit_test(a_percentile_is_one_of_the_values),
        cmocka_unit_test(one_wild_value_does_not_move_sigma),
        cmocka_unit_test(sigma_has_a_floor_and_no_zero),
        cmocka_unit_test(testing_more_asks_for_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
