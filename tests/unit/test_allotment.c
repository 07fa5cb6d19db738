#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "controller/exec/allotment.h"
#include "protocol/fail.h"

#define NODES 1024
#define CHUNK ((size_t)16 << 10)
#define SHARE (ALLOTMENT_BYTES / NODES)

/* Says as much as it can, but no more than most.  How much was it? */
static size_t say(struct allotment *a, size_t most)
{
    struct fail why;
    size_t said = 0;

    while (said < most && allotment_take(a, said, CHUNK, &why) == 0)
        said += CHUNK;
    assert_true(said == most || why.code == FAIL_FLOOD);
    return said;
}

static void one_may_have_all_that_nobody_else_wants(void **state)
{
    struct allotment a = {.node_count = NODES};

    (void)state;
    assert_int_equal(say(&a, 2 * ALLOTMENT_BYTES), ALLOTMENT_BYTES);
}

static void who_says_little_does_not_pay_for_a_flood(void **state)
{
    struct allotment a = {.node_count = NODES};

    (void)state;
    say(&a, 2 * ALLOTMENT_BYTES);
    for (int i = 1; i < NODES; i++)
        assert_int_equal(say(&a, SHARE), SHARE);
}

static void no_more_than_twice_as_much_is_kept_whoever_floods(void **state)
{
    struct allotment a = {.node_count = NODES};
    size_t kept = 0;

    (void)state;
    for (int i = 0; i < NODES; i++)
        kept += say(&a, 4 * SHARE);
    assert_int_equal(kept, a.kept_bytes);
    assert_true(kept <= 2 * ALLOTMENT_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_may_have_all_that_nobody_else_wants),
        cmocka_unit_test(who_says_little_does_not_pay_for_a_flood),
        cmocka_unit_test(no_more_than_twice_as_much_is_kept_whoever_floods),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
