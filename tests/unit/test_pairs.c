#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/fabric/pairs.h"

#define LARGEST 1025

/* One tournament: in each round nobody meets two, over all everybody meets
 * everybody exactly once.
 */
static void play(size_t n, unsigned char *met)
{
    size_t meetings = 0;

    memset(met, 0, n * n);
    for (size_t round = 0; round < pairs_rounds(n); round++) {
        size_t resting = 0;

        for (size_t i = 0; i < n; i++) {
            size_t partner = pairs_partner(n, round, i);

            if (partner == PAIRS_NOBODY) {
                resting++;
                continue;
            }
            if (partner >= n || partner == i || pairs_partner(n, round, partner) != i)
                fail_msg("n %zu round %zu: %zu meets %zu", n, round, i, partner);
            meetings += i < partner && !met[i * n + partner]++;
        }
        if (resting != n % 2)
            fail_msg("n %zu round %zu: %zu rest", n, round, resting);
    }
    assert_int_equal(meetings, pairs_count(n));
}

static void each_pair_meets_exactly_once_at_any_size(void **state)
{
    unsigned char *met = malloc((size_t)LARGEST * LARGEST);

    (void)state;
    assert_non_null(met);
    for (size_t n = 2; n <= 130; n++)
        play(n, met);
    play(511, met);
    play(512, met);
    play(1024, met);
    play(LARGEST, met);
    free(met);
}

static void there_are_no_more_rounds_than_needed(void **state)
{
    (void)state;
    assert_int_equal(pairs_rounds(0), 0);
    assert_int_equal(pairs_rounds(1), 0);
    assert_int_equal(pairs_rounds(2), 1);
    assert_int_equal(pairs_rounds(3), 3);
    assert_int_equal(pairs_rounds(4), 3);
    assert_int_equal(pairs_rounds(1024), 1023);
    assert_int_equal(pairs_rounds(1025), 1025);
    assert_int_equal(pairs_count(0), 0);
    assert_int_equal(pairs_count(4), 6);
    assert_int_equal(pairs_count(1024), 523776);
}

static void four_nodes_meet_as_drawn_on_paper(void **state)
{
    static const size_t drawn[3][4] = {{3, 2, 1, 0}, {2, 3, 0, 1}, {1, 0, 3, 2}};

    (void)state;
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(pairs_partner(4, round, i), drawn[round][i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_pair_meets_exactly_once_at_any_size),
        cmocka_unit_test(there_are_no_more_rounds_than_needed),
        cmocka_unit_test(four_nodes_meet_as_drawn_on_paper),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
