#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/link/allowance.h"
#include "controller/link/agentfile.h"
#include "controller/link/attempt.h"

static void the_pieces_of_the_agent_are_the_agent(void **state)
{
    static char program[2 * ATTEMPT_PIECE_BYTES + 5], got[sizeof program];
    const struct agentfile agent = {.bytes = program, .len_bytes = sizeof program};
    struct attempt a = {0};
    const char *bytes;
    size_t done = 0, n;

    (void)state;
    for (size_t i = 0; i < sizeof program; i++)
        program[i] = (char)(i * 7);
    while ((n = attempt_next_piece(&a, &agent, &bytes)) > 0) {
        assert_true(n <= ATTEMPT_PIECE_BYTES && done + n <= sizeof got);
        memcpy(got + done, bytes, n);
        done += n;
    }
    assert_int_equal(done, sizeof program);
    assert_memory_equal(got, program, sizeof program);
}

static void the_agent_is_needed_once(void **state)
{
    struct attempt a = {0};

    (void)state;
    assert_true(attempt_needs_agent(&a, BOOTSTRAP_NEED, strlen(BOOTSTRAP_NEED)));
    assert_false(attempt_needs_agent(&a, BOOTSTRAP_NEED, strlen(BOOTSTRAP_NEED)));
}

static void the_tail_is_the_end_of_all_that_was_added(void **state)
{
    char all[3 * TAIL_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)('a' + i % 26);
    for (size_t piece = 1; piece < sizeof all; piece += 97) {
        struct tail t = {{0}};
        size_t done = 0;

        for (; done + piece <= sizeof all; done += piece) {
            tail_add(&t, all + done, piece);
            assert_int_equal(strlen(t.text),
                             done + piece < TAIL_BYTES ? done + piece : TAIL_BYTES - 1);
        }
        assert_memory_equal(t.text, all + done - strlen(t.text), strlen(t.text));
    }
}

static void a_nul_in_the_tail_is_shown(void **state)
{
    struct tail t = {{0}};

    (void)state;
    tail_add(&t, "a\0b", 3);
    tail_add(&t, "c", 1);
    assert_string_equal(t.text, "a?bc");
}

static void an_allowance_comes_back_with_time_but_not_beyond_its_ceiling(void **state)
{
    struct allowance a;

    (void)state;
    allowance_fill(&a, 1000);
    assert_true(allowance_spend(&a, ALLOWANCE_BURST_BYTES, 1000));
    assert_false(allowance_spend(&a, 1, 1000));
    assert_true(allowance_spend(&a, 5 * ALLOWANCE_BYTES_PER_MS, 1005));
    assert_false(allowance_spend(&a, 1, 1005));
    assert_false(allowance_spend(&a, ALLOWANCE_BURST_BYTES + 1, 1000000000));
    assert_true(allowance_spend(&a, ALLOWANCE_BURST_BYTES, 1000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pieces_of_the_agent_are_the_agent),
        cmocka_unit_test(the_agent_is_needed_once),
        cmocka_unit_test(the_tail_is_the_end_of_all_that_was_added),
        cmocka_unit_test(a_nul_in_the_tail_is_shown),
        cmocka_unit_test(an_allowance_comes_back_with_time_but_not_beyond_its_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
