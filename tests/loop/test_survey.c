/* fakes: fake_arm */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>
#include <uv.h>

#include "controller/azure/arm.h"
#include "controller/azure/preflight.h"
#include "controller/azure/survey.h"
#include "inventory/scaleset.h"
#include "inventory/sku.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "tests/fake/fake_arm.h"

#define SETS ARM_SUBSCRIPTION "/resourceGroups/hpc-west/providers/"

static uv_loop_t loop;
static struct arm *arm;
static struct survey *survey;
static struct scaleset *set;
static struct fail ending;
static unsigned endings;

static void on_done(void *arg, const struct fail *why)
{
    (void)arg;
    endings++;
    ending = why ? *why : (struct fail){.code = FAIL_NONE};
    set = why ? NULL : survey_take_set(survey);
    arm_close(arm, NULL, NULL);
}

/* A loop that will not close has a leaked handle. */
static void run(const char *text, bool wants_sizes)
{
    struct survey_order order;

    endings = 0;
    assert_int_equal(survey_order_parse(text, &order, NULL), 0);
    order.wants_sizes = wants_sizes;
    uv_loop_init(&loop);
    arm = fake_arm_open(&loop);
    assert_int_equal(survey_new(arm, &order, on_done, NULL, &survey, NULL), 0);
    assert_int_equal(endings, 0);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(endings, 1);
}

static int set_up(void **state)
{
    (void)state;
    fake_arm_reset();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scaleset_free(set);
    survey_free(survey);
    set = NULL;
    survey = NULL;
    return 0;
}

static void script(const char *answers, const char *instances, const char *cards)
{
    fake_arm_script[0].data = answers;
    fake_arm_script[1].data = instances;
    fake_arm_script[2].data = cards;
    fake_arm_script[3].data = "skus";
}

/* ---- what is asked -------------------------------------------------------------------------- */

static void a_uniform_set_takes_four_calls(void **state)
{
    (void)state;
    script("set_uniform", "instances_uniform", "interfaces_uniform");
    run("hpc-west/ib", true);
    assert_int_equal(ending.code, FAIL_NONE);
    assert_int_equal(fake_arm_calls, 4);
    assert_string_equal(fake_arm_asked[0],
                        "GET " SETS
                        "Microsoft.Compute/virtualMachineScaleSets/ib?2024-03-01");
    assert_string_equal(fake_arm_asked[1],
                        "GET " SETS
                        "Microsoft.Compute/virtualMachineScaleSets/ib/virtualMachines?"
                        "2024-03-01 $expand=instanceView");
    assert_string_equal(fake_arm_asked[2],
                        "GET " SETS
                        "microsoft.Compute/virtualMachineScaleSets/ib/networkInterfaces?"
                        "2018-10-01");
    assert_string_equal(fake_arm_asked[3],
                        "GET " ARM_SUBSCRIPTION "/providers/Microsoft.Compute/skus?"
                        "2021-07-01 $filter=location eq 'westeurope'");
    assert_int_equal(set->count, 4);
    assert_string_equal(scaleset_find(set, "ib000001")->address, "10.0.0.4");
    assert_int_equal(sku_list_rdma(survey_sizes(survey), "Standard_D4s_v5"), SKU_NO);
}

static void a_list_of_sizes_that_is_there_is_not_asked_for(void **state)
{
    (void)state;
    script("set_uniform", "instances_uniform", "interfaces_uniform");
    run("hpc-west/ib", false);
    assert_int_equal(ending.code, FAIL_NONE);
    assert_int_equal(fake_arm_calls, 3);
    assert_null(survey_sizes(survey));
}

static void a_flexible_set_is_asked_for_as_machines(void **state)
{
    (void)state;
    script("set_flexible", "machines_flexible", "interfaces_uniform");
    run("hpc-west/flex", false);
    assert_int_equal(ending.code, FAIL_NONE);
    assert_string_equal(fake_arm_asked[1],
                        "GET " SETS "Microsoft.Compute/virtualMachines?2024-03-01 "
                        "$filter='virtualMachineScaleSet/id' eq "
                        "'/subscriptions/6f1a0c52-9d3e-4b77-8c21-5f7e02d4a913/"
                        "resourceGroups/hpc-west/providers/Microsoft.Compute/"
                        "virtualMachineScaleSets/flex' $expand=instanceView");
    assert_string_equal(fake_arm_asked[2],
                        "GET " SETS "Microsoft.Network/networkInterfaces?2024-01-01");
    assert_int_equal(set->count, 1);
}

/* ---- what goes wrong --------------------------------------------------------------------------- */

static void no_set_ends_it_at_once(void **state)
{
    (void)state;
    fake_arm_script[0].code = FAIL_AZURE_NOT_FOUND;
    run("hpc-west/ib", true);
    assert_int_equal(ending.code, FAIL_AZURE_NOT_FOUND);
    assert_int_equal(fake_arm_calls, 1);
}

static void no_instances_are_not_an_empty_set(void **state)
{
    (void)state;
    script("set_uniform", NULL, NULL);
    fake_arm_script[1].code = FAIL_AZURE_FORBIDDEN;
    run("hpc-west/ib", true);
    assert_int_equal(ending.code, FAIL_AZURE_FORBIDDEN);
    assert_int_equal(fake_arm_calls, 2);
}

static void addresses_that_may_not_be_seen_are_a_missing_right(void **state)
{
    const struct preflight_right *rights;
    size_t count;

    (void)state;
    script("set_uniform", "instances_uniform", NULL);
    fake_arm_script[2].code = FAIL_AZURE_FORBIDDEN;
    run("hpc-west/ib", true);
    assert_int_equal(ending.code, FAIL_NONE);
    rights = survey_rights(survey, &count);
    assert_int_equal(count, 1);
    assert_string_equal(
        rights[0].action,
        "Microsoft.Compute/virtualMachineScaleSets/networkInterfaces/read");
    assert_string_equal(rights[0].scope, set->resource);
    assert_null(scaleset_find(set, "ib000001")->address);
}

static void addresses_that_fail_otherwise_are_a_failure(void **state)
{
    (void)state;
    script("set_uniform", "instances_uniform", NULL);
    fake_arm_script[2].code = FAIL_AZURE_ANSWER;
    run("hpc-west/ib", true);
    assert_int_equal(ending.code, FAIL_AZURE_ANSWER);
}

static void two_pages_with_one_name_are_refused(void **state)
{
    (void)state;
    script("set_uniform", "instances_uniform", "interfaces_uniform");
    fake_arm_script[1].again = "instances_uniform";
    run("hpc-west/ib", false);
    assert_int_equal(ending.code, FAIL_AZURE_ANSWER);
}

static void sizes_that_do_not_come_are_done_without(void **state)
{
    (void)state;
    script("set_uniform", "instances_uniform", "interfaces_uniform");
    fake_arm_script[3].data = NULL;
    fake_arm_script[3].code = FAIL_TIMEOUT;
    run("hpc-west/ib", true);
    assert_int_equal(ending.code, FAIL_NONE);
    assert_null(survey_sizes(survey));
}

/* ---- names ------------------------------------------------------------------------------------- */

static void a_name_that_would_lead_elsewhere_is_refused(void **state)
{
    static const char *const names[] = {"ib",      "/ib",      "rg/",     "rg/a/b",
                                        "rg/../x", "rg/a?b=c", "r%2fg/a", "rg./ib",
                                        "rg/ib.",  "rg/i b"};
    struct survey_order order;
    struct fail why;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_int_equal(survey_order_parse(names[i], &order, &why), -1);
        assert_int_equal(why.code, FAIL_USAGE);
    }
    assert_int_equal(survey_order_parse("my_rg.(1)/ib-1.a", &order, &why), 0);
    assert_string_equal(order.group, "my_rg.(1)");
    assert_string_equal(order.name, "ib-1.a");
}

#define RUN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RUN(a_uniform_set_takes_four_calls),
        RUN(a_list_of_sizes_that_is_there_is_not_asked_for),
        RUN(a_flexible_set_is_asked_for_as_machines),
        RUN(no_set_ends_it_at_once),
        RUN(no_instances_are_not_an_empty_set),
        RUN(addresses_that_may_not_be_seen_are_a_missing_right),
        RUN(addresses_that_fail_otherwise_are_a_failure),
        RUN(two_pages_with_one_name_are_refused),
        RUN(sizes_that_do_not_come_are_done_without),
        cmocka_unit_test(a_name_that_would_lead_elsewhere_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
