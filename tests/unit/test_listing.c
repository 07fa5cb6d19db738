#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/fabric/tally.h"
#include "controller/validate/listing.h"

#define NODES 5 /* ten pairs: three bad, two not measured, five ok */

static int fill(void **state)
{
    struct tally *t = tally_new(NODES);

    assert_non_null(t);
    for (size_t a = 0; a < NODES; a++)
        for (size_t b = a + 1; b < NODES; b++)
            tally_pair(t, a, b)->word = WORD_OK;
    tally_pair(t, 0, 1)->word = WORD_SLOW;
    tally_pair(t, 1, 4)->word = WORD_FAILED;
    tally_pair(t, 3, 4)->word = WORD_HIGH_LATENCY;
    tally_pair(t, 0, 4)->word = tally_pair(t, 2, 3)->word = WORD_NOT_MEASURED;
    *state = t;
    return 0;
}

static int drop(void **state)
{
    tally_free(*state);
    return 0;
}

static void expect(const struct tally *t, size_t most, const char *name,
                   const char *pairs)
{
    struct listing l = listing_of(t, most);
    char seen[80] = "";
    size_t a, b;

    assert_string_equal(listing_name(&l), name);
    while (listing_next(&l, &a, &b)) {
        char pair[] = {' ', (char)('0' + a), (char)('0' + b), '\0'};

        strcat(seen, pair);
    }
    assert_string_equal(seen, pairs);
    assert_false(listing_next(&l, &a, &b));
}

static void where_there_is_room_all_are_listed(void **state)
{
    expect(*state, 10, "all", " 01 02 03 04 12 13 14 23 24 34");
}

static void else_those_that_are_bad(void **state)
{
    expect(*state, 9, "not-ok", " 01 14 34");
    expect(*state, 3, "not-ok", " 01 14 34");
}

static void and_of_too_many_bad_ones_the_first(void **state)
{
    expect(*state, 2, "some-not-ok", " 01 14");
    expect(*state, 0, "some-not-ok", "");
}

static void a_list_of_nobody_is_empty(void **state)
{
    struct tally *one = tally_new(1), *none = tally_new(0);

    (void)state;
    expect(one, 10, "all", "");
    expect(none, 10, "all", "");
    tally_free(one);
    tally_free(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_there_is_room_all_are_listed),
        cmocka_unit_test(else_those_that_are_bad),
        cmocka_unit_test(and_of_too_many_bad_ones_the_first),
        cmocka_unit_test(a_list_of_nobody_is_empty),
    };

    return cmocka_run_group_tests(tests, fill, drop);
}
