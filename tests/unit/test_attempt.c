#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "controller/link/allowance.h"
#include "controller/link/agentfile.h"
#include "controller/link/attempt.h"
#include "protocol/fail.h"

static void the_pieces_of_the_agent_are_the_agent(void **state)
{
    static char program[2 * ATTEMPT_PIECE_BYTES + 5], got[sizeof program];
    const struct agentfile agent = {.bytes = program, .len_bytes = sizeof program};
    struct attempt a = {.needed = &agent};
    const char *bytes;
    size_t done = 0, n;

    (void)state;
    for (size_t i = 0; i < sizeof program; i++)
        program[i] = (char)(i * 7);
    while ((n = attempt_next_piece(&a, &bytes)) > 0) {
        assert_true(n <= ATTEMPT_PIECE_BYTES && done + n <= sizeof got);
        memcpy(got + done, bytes, n);
        done += n;
    }
    assert_int_equal(done, sizeof program);
    assert_memory_equal(got, program, sizeof program);
}

static const struct agentfiles agents = {
    .files = {{.machine = "x86_64"}, {.machine = "aarch64"}},
    .count = 2,
};

static int needs(struct attempt *a, const char *said, struct fail *why)
{
    return attempt_needs_agent(a, &agents, said, strlen(said), why);
}

static void the_agent_for_the_nodes_machine_is_needed_once(void **state)
{
    struct attempt x86 = {0}, arm = {0};

    (void)state;
    assert_int_equal(needs(&x86, BOOTSTRAP_NEED "x86_64\n", NULL), 1);
    assert_int_equal(needs(&x86, BOOTSTRAP_NEED "aarch64\n", NULL), 0);
    assert_ptr_equal(x86.needed, &agents.files[0]);
    assert_int_equal(needs(&arm, BOOTSTRAP_NEED "aarch64\n", NULL), 1);
    assert_ptr_equal(arm.needed, &agents.files[1]);
}

static void an_agent_that_was_not_offered_is_not_given(void **state)
{
    static const char *const bad[] = {"riscv64", "", "x86_6", "x86_64 ", "-"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct attempt a = {0};
        struct fail why = {.code = FAIL_NONE};
        char said[64];

        snprintf(said, sizeof said, "%s%s\n", BOOTSTRAP_NEED, bad[i]);
        assert_int_equal(needs(&a, said, &why), -1);
        assert_int_equal(why.code, FAIL_GARBAGE);
        assert_null(a.needed);
    }
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
        cmocka_unit_test(the_agent_for_the_nodes_machine_is_needed_once),
        cmocka_unit_test(an_agent_that_was_not_offered_is_not_given),
        cmocka_unit_test(the_tail_is_the_end_of_all_that_was_added),
        cmocka_unit_test(a_nul_in_the_tail_is_shown),
        cmocka_unit_test(an_allowance_comes_back_with_time_but_not_beyond_its_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
