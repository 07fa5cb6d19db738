#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "node-agent/verbs/place.h"

static void a_cpu_list_of_sysfs_is_read(void **state)
{
    cpu_set_t cpus;

    (void)state;
    assert_true(place_parse_cpus("0-2,8,10-11\n", &cpus));
    assert_int_equal(CPU_COUNT(&cpus), 6);
    assert_true(CPU_ISSET(8, &cpus) && CPU_ISSET(11, &cpus) && !CPU_ISSET(9, &cpus));
    assert_true(place_parse_cpus("7", &cpus));
    assert_int_equal(CPU_COUNT(&cpus), 1);
}

static void what_is_no_cpu_list_is_refused(void **state)
{
    static const char *const bad[] = {"", "\n", "x", "3-", "5-3", "1;2", "-1", "0-99999"};
    cpu_set_t cpus;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(place_parse_cpus(bad[i], &cpus));
}

static void rails_get_different_cpus_and_the_first_comes_last(void **state)
{
    cpu_set_t local, allowed;

    (void)state;
    place_parse_cpus("4-7", &local);
    place_parse_cpus("0-6", &allowed);
    assert_int_equal(place_choose_cpu(&local, &allowed, 0), 5);
    assert_int_equal(place_choose_cpu(&local, &allowed, 1), 6);
    assert_int_equal(place_choose_cpu(&local, &allowed, 2), 4);
    assert_int_equal(place_choose_cpu(&local, &allowed, 3), 5);
    place_parse_cpus("4", &allowed);
    assert_int_equal(place_choose_cpu(&local, &allowed, 0), 4);
    place_parse_cpus("0-3", &allowed);
    assert_int_equal(place_choose_cpu(&local, &allowed, 0), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cpu_list_of_sysfs_is_read),
        cmocka_unit_test(what_is_no_cpu_list_is_refused),
        cmocka_unit_test(rails_get_different_cpus_and_the_first_comes_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
