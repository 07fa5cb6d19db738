#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "inventory/hostset.h"
#include "inventory/hostset_part.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static struct fail why;

static struct hostset *set_of(const char *text)
{
    struct hostset *set = NULL;

    assert_int_equal(hostset_parse(text, NULL, &set, &why), 0);
    return set;
}

static void assert_is(const struct hostset *set, const char *wanted)
{
    CLEANUP(text_done) char *folded = hostset_fold(set);

    assert_string_equal(folded, wanted);
}

static void a_pick_is_so_many_of_them_and_the_same_for_the_same_seed(void **state)
{
    struct hostset *set = set_of("ib[1-100]"), *a, *b;

    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        assert_int_equal(hostset_pick(set, 7, seed, &a, &why), 0);
        assert_int_equal(hostset_pick(set, 7, seed, &b, &why), 0);
        assert_int_equal(hostset_count(a), 7);
        for (size_t i = 0; i < 7; i++) {
            assert_true(hostset_has(set, hostset_name(a, i)));
            assert_string_equal(hostset_name(a, i), hostset_name(b, i));
        }
        hostset_free(a);
        hostset_free(b);
    }
    assert_int_equal(hostset_pick(set, 1000, 1, &a, &why), 0);
    assert_is(a, "ib[1-100]");
    hostset_free(a);
    hostset_free(set);
}

/* Each of 10 in about 3 of 10 picks; six sigma of 10,000 are 275. */
static void nobody_is_picked_more_often_than_another(void **state)
{
    struct hostset *set = set_of("ib[0-9]");
    size_t times[10] = {0};

    (void)state;
    for (uint64_t seed = 0; seed < 10000; seed++) {
        struct hostset *part;

        assert_int_equal(hostset_pick(set, 3, seed, &part, &why), 0);
        for (size_t i = 0; i < hostset_count(part); i++)
            times[hostset_name(part, i)[2] - '0']++;
        hostset_free(part);
    }
    for (size_t i = 0; i < 10; i++)
        assert_in_range(times[i], 3000 - 275, 3000 + 275);
    hostset_free(set);
}

static void parts_are_of_about_the_same_size(void **state)
{
    static const char *const wanted[] = {"ib[1-3]", "ib[4-6]", "ib[7-8]", "ib[9-10]"};
    struct hostset *set = set_of("ib[1-10]"), *part;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(hostset_split(set, 4, i, &part, &why), 0);
        assert_is(part, wanted[i]);
        hostset_free(part);
    }
    assert_int_equal(hostset_split(set, 11, 9, &part, &why), 0);
    assert_is(part, "ib10");
    hostset_free(part);
    assert_int_equal(hostset_split(set, 11, 10, &part, &why), 0);
    assert_is(part, "");
    hostset_free(part);
    hostset_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pick_is_so_many_of_them_and_the_same_for_the_same_seed),
        cmocka_unit_test(nobody_is_picked_more_often_than_another),
        cmocka_unit_test(parts_are_of_about_the_same_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
