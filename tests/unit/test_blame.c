#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/fabric/finding.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "controller/rollout/blame.h"
#include "protocol/fail.h"

#define N 4

static struct member members[N];
static bool was_good[N];
static struct tally *tally;
static struct verdict verdict;
static struct blame all[N];

static int fresh(void **state)
{
    static const char *const names[N] = {"n1", "n2", "n3", "n4"};
    static const struct measure_result well = {.windows = 0};
    struct fail why;

    (void)state;
    memset(members, 0, sizeof members);
    memset(was_good, 0, sizeof was_good);
    verdict = (struct verdict){.pairs = 0};
    tally = tally_new(N);
    for (size_t i = 0; i < N; i++)
        members[i].name = names[i];
    for (size_t a = 0; a < N; a++)
        for (size_t b = a + 1; b < N; b++)
            assert_int_equal(tally_add(tally, a, b, false, &well, &well, &why), 0);
    return 0;
}

static int tidy(void **state)
{
    (void)state;
    findings_clear(&verdict.findings);
    tally_free(tally);
    return 0;
}

/* who: the last is N. */
static void find(enum finding_kind kind, const char *text, size_t first, size_t second)
{
    struct finding f = {.kind = kind, .text = strdup(text), .advice = strdup("")};
    struct fail why;

    f.who = calloc(2, sizeof *f.who);
    f.who[f.who_count++] = first;
    if (second < N)
        f.who[f.who_count++] = second;
    assert_int_equal(findings_add(&verdict.findings, &f, &why), 0);
}

static void judge(void)
{
    blame_all(members, N, tally, &verdict, was_good, all);
}

static void assert_blamed(size_t i, enum fail_code code, const char *text)
{
    assert_int_equal(all[i].why.code, code);
    if (text)
        assert_string_equal(all[i].why.text, text);
}

static void who_is_named_is_blamed_by_the_first_sentence(void **state)
{
    (void)state;
    find(FINDING_NODE, "n2 is slow", 1, N);
    find(FINDING_PAIR, "n2 and n3", 1, 2);
    judge();
    assert_blamed(0, FAIL_NONE, NULL);
    assert_blamed(1, FAIL_FABRIC, "n2 is slow");
    assert_blamed(2, FAIL_FABRIC, "n2 and n3");
    assert_blamed(3, FAIL_NONE, NULL);
    assert_true(all[0].has_met && all[3].has_met);
}

static void of_two_who_may_be_it_the_one_that_was_good_is_spared(void **state)
{
    (void)state;
    was_good[0] = true;
    find(FINDING_PAIR, "n1 and n4", 0, 3);
    judge();
    assert_blamed(0, FAIL_NONE, NULL);
    assert_blamed(3, FAIL_FABRIC, "n1 and n4");
}

static void between_two_who_were_good_both_are_blamed(void **state)
{
    (void)state;
    was_good[0] = was_good[1] = true;
    find(FINDING_PAIR, "n1 and n2", 0, 1);
    judge();
    assert_blamed(0, FAIL_FABRIC, NULL);
    assert_blamed(1, FAIL_FABRIC, NULL);
}

static void a_node_that_was_good_is_not_spared_what_is_said_of_it_alone(void **state)
{
    (void)state;
    was_good[0] = true;
    find(FINDING_NODE, "n1 is slow", 0, N);
    judge();
    assert_blamed(0, FAIL_FABRIC, "n1 is slow");
}

static void what_has_passed_is_held_against_nobody(void **state)
{
    (void)state;
    find(FINDING_PASSING, "n1 was slow once", 0, N);
    judge();
    assert_blamed(0, FAIL_NONE, NULL);
}

static void who_was_lost_keeps_his_own_reason(void **state)
{
    (void)state;
    fail_set(&members[2].why, FAIL_VERBS, "no such device");
    find(FINDING_UNREACHABLE, "n3 did not take part", 2, N);
    judge();
    assert_blamed(2, FAIL_VERBS, "no such device");
}

static void who_has_met_nobody_is_told_from_who_is_well(void **state)
{
    (void)state;
    tally_free(tally);
    tally = tally_new(N);
    judge();
    for (size_t i = 0; i < N; i++) {
        assert_blamed(i, FAIL_NONE, NULL);
        assert_false(all[i].has_met);
    }
}

static void beyond_the_findings_that_are_told_the_pairs_are_looked_at(void **state)
{
    (void)state;
    find(FINDING_NODE, "n1 is slow", 0, N);
    verdict.findings.unsaid = 1;
    for (size_t i = 1; i < N; i++)
        tally_pair(tally, 0, i)->word = WORD_SLOW;
    tally_pair(tally, 2, 3)->word = WORD_FAILED;
    judge();
    assert_blamed(0, FAIL_FABRIC, "n1 is slow");
    assert_blamed(1, FAIL_NONE, NULL); /* its bad pair is explained */
    assert_blamed(2, FAIL_FABRIC, "one of many bad pairs: failed");
    assert_blamed(3, FAIL_FABRIC, "one of many bad pairs: failed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, tidy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_is_named_is_blamed_by_the_first_sentence),
        TEST(of_two_who_may_be_it_the_one_that_was_good_is_spared),
        TEST(between_two_who_were_good_both_are_blamed),
        TEST(a_node_that_was_good_is_not_spared_what_is_said_of_it_alone),
        TEST(what_has_passed_is_held_against_nobody),
        TEST(who_was_lost_keeps_his_own_reason),
        TEST(who_has_met_nobody_is_told_from_who_is_well),
        TEST(beyond_the_findings_that_are_told_the_pairs_are_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
