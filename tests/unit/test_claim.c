/* fakes: scratch_node */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/claim.h"
#include "node-agent/home.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "tests/fake/scratch_node.h"

#define NOON 1700000000

static struct claim of(const char *run, int64_t epoch)
{
    struct claim c = {.epoch = epoch, .until_s = NOON + 3600};

    snprintf(c.run, sizeof c.run, "%s", run);
    strcpy(c.controller, "head1");
    strcpy(c.user, "ann");
    return c;
}

static void a_second_controller_is_refused_with_the_name_of_the_first(void **state)
{
    struct claim first = of("r1", 1), second = of("r2", 1);
    struct fail why;

    assert_int_equal(claim_take(*state, &first, NOON, &why), 0);
    strcpy(second.controller, "head2");
    assert_int_equal(claim_take(*state, &second, NOON + 60, &why), -1);
    assert_int_equal(why.code, FAIL_CLAIMED);
    assert_string_equal(why.text, "claimed by run r1 of ann@head1, 14 Nov 22:13 to "
                                  "14 Nov 23:13 UTC");
}

static void a_run_claims_again_with_a_higher_epoch(void **state)
{
    struct claim first = of("r1", 1), again = of("r1", 2), now;
    struct fail why;

    assert_int_equal(claim_take(*state, &first, NOON, &why), 0);
    again.until_s = NOON + 7200;
    assert_int_equal(claim_take(*state, &again, NOON + 100, &why), 0);
    assert_true(claim_read(*state, &now));
    assert_int_equal(now.epoch, 2);
    assert_int_equal(now.since_s, NOON);
    assert_int_equal(now.until_s, NOON + 7200);
}

static void a_lower_epoch_never_wins(void **state)
{
    struct claim resumed = of("r1", 2), ghost = of("r1", 1);
    struct fail why;

    assert_int_equal(claim_take(*state, &resumed, NOON, &why), 0);
    assert_int_equal(claim_take(*state, &ghost, NOON + 99999, &why), -1);
    assert_int_equal(why.code, FAIL_STALE_EPOCH);
    strcpy(ghost.from, "r1");
    assert_int_equal(claim_take(*state, &ghost, NOON, &why), -1);
    assert_int_equal(claim_check(*state, "r1", 1, &why), -1);
    assert_int_equal(why.code, FAIL_STALE_EPOCH);
    assert_int_equal(claim_check(*state, "r1", 2, &why), 0);
}

static void a_claim_that_has_run_out_is_taken_over(void **state)
{
    struct claim first = of("r1", 7), second = of("r2", 1);
    struct fail why;

    second.until_s = NOON + 9999;
    assert_int_equal(claim_take(*state, &first, NOON, &why), 0);
    assert_int_equal(claim_take(*state, &second, NOON + 3599, &why), -1);
    assert_int_equal(claim_take(*state, &second, NOON + 3600, &why), 0);
    assert_int_equal(claim_check(*state, "r1", 7, &why), -1);
    assert_int_equal(why.code, FAIL_CLAIMED);
    assert_int_equal(claim_check(*state, "r2", 1, &why), 0);
}

static void a_claim_is_taken_over_from_the_run_that_is_named_and_no_other(void **state)
{
    struct claim first = of("r1", 9), second = of("r2", 1);
    struct fail why;

    assert_int_equal(claim_take(*state, &first, NOON, &why), 0);
    strcpy(second.from, "r0");
    assert_int_equal(claim_take(*state, &second, NOON, &why), -1);
    assert_int_equal(why.code, FAIL_CLAIMED);
    strcpy(second.from, "r1");
    assert_int_equal(claim_take(*state, &second, NOON, &why), 0);
    assert_int_equal(claim_check(*state, "r1", 9, &why), -1);
    assert_int_equal(why.code, FAIL_CLAIMED);
    assert_int_equal(claim_check(*state, "r2", 1, &why), 0);
}

static void a_clock_that_is_ahead_leaves_a_minute(void **state)
{
    struct claim early = of("r1", 1), second = of("r2", 1);
    struct fail why;

    early.until_s = NOON - 500;
    assert_int_equal(claim_take(*state, &early, NOON, &why), 0);
    assert_int_equal(claim_take(*state, &second, NOON + CLAIM_MIN_S - 1, &why), -1);
    assert_int_equal(claim_take(*state, &second, NOON + CLAIM_MIN_S, &why), 0);
}

static void without_a_claim_nothing_may_be_done(void **state)
{
    struct fail why;

    assert_int_equal(claim_check(*state, "r1", 1, &why), -1);
    assert_int_equal(why.code, FAIL_STALE_EPOCH);
    assert_string_equal(why.text, "run r1 holds no claim on this node");
}

static void released_it_is_free(void **state)
{
    struct claim first = of("r1", 1), second = of("r2", 1);
    struct fail why;

    assert_int_equal(claim_release(*state, "r1", 1, &why), 0); /* nothing to release */
    assert_int_equal(claim_take(*state, &first, NOON, &why), 0);
    assert_int_equal(claim_release(*state, "r2", 1, &why), -1);
    assert_int_equal(why.code, FAIL_CLAIMED);
    assert_int_equal(claim_release(*state, "r1", 1, &why), 0);
    assert_int_equal(claim_take(*state, &second, NOON, &why), 0);
}

static void an_unreadable_claim_protects_until_it_is_removed(void **state)
{
    struct claim first = of("r1", 1), now;
    char path[HOME_PATH_MAX_BYTES];
    struct fail why;

    assert_int_equal(home_in_state(*state, path, &why, "/claim"), 0);
    assert_int_equal(home_write(path, "{\"run\":", 0600, &why), 0);
    assert_int_equal(claim_take(*state, &first, NOON, &why), -1);
    assert_int_equal(why.code, FAIL_CLAIMED);
    assert_false(claim_read(*state, &now));
    assert_non_null(strstr(why.text, "/claim can not be read: remove it if"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(claim_take(*state, &first, NOON, &why), 0);
    assert_true(claim_read(*state, &now));
}

/* Else whoever owns the folder could make a root agent write where he likes. */
static void a_state_folder_that_is_a_link_is_refused(void **state)
{
    struct home *h = *state;
    struct claim first = of("r1", 1);
    char path[HOME_PATH_MAX_BYTES];
    struct fail why;

    snprintf(path, sizeof path, "%s/var/lib/x", h->root);
    assert_int_equal(home_make_above(path, &why), 0);
    assert_int_equal(symlink(h->root, h->state), 0);
    assert_int_equal(claim_take(h, &first, NOON, &why), -1);
    assert_int_equal(why.code, FAIL_STEP);
    assert_non_null(strstr(why.text, "not a directory of ours"));
}

static void the_request_is_checked_field_by_field(void **state)
{
    static const struct {
        const char *body, *field;
    } bad[] = {
        {"{}", "run"},
        {"{\"run\":\"../r\",\"controller\":\"h\",\"user\":\"u\",\"epoch\":1,"
         "\"until_s\":1}",
         "'run' is not fit"},
        {"{\"run\":\"r\",\"controller\":\"\",\"user\":\"u\",\"epoch\":1,\"until_s\":1}",
         "controller"},
        {"{\"run\":\"r\",\"controller\":\"h\",\"user\":\"u\",\"epoch\":-1,\"until_s\":1}",
         "epoch"},
        {"{\"run\":\"r\",\"controller\":\"h\",\"user\":\"u\",\"epoch\":1,\"until_s\":1,"
         "\"from\":3}",
         "from"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CLEANUP(json_done) struct json *doc = NULL;
        struct claim c;
        struct fail why;

        assert_int_equal(json_parse(bad[i].body, strlen(bad[i].body), &doc, &why), 0);
        assert_int_equal(claim_decode(doc, &c, &why), -1);
        assert_int_equal(why.code, FAIL_GARBAGE);
        assert_non_null(strstr(why.text, bad[i].field));
    }
}

int main(void)
{
#define ON_A_NODE(test) \
    cmocka_unit_test_setup_teardown(test, scratch_node_make, scratch_node_drop)
    const struct CMUnitTest tests[] = {
        ON_A_NODE(a_second_controller_is_refused_with_the_name_of_the_first),
        ON_A_NODE(a_run_claims_again_with_a_higher_epoch),
        ON_A_NODE(a_lower_epoch_never_wins),
        ON_A_NODE(a_claim_that_has_run_out_is_taken_over),
        ON_A_NODE(a_claim_is_taken_over_from_the_run_that_is_named_and_no_other),
        ON_A_NODE(a_clock_that_is_ahead_leaves_a_minute),
        ON_A_NODE(without_a_claim_nothing_may_be_done),
        ON_A_NODE(released_it_is_free),
        ON_A_NODE(an_unreadable_claim_protects_until_it_is_removed),
        ON_A_NODE(a_state_folder_that_is_a_link_is_refused),
        ON_A_NODE(the_request_is_checked_field_by_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
