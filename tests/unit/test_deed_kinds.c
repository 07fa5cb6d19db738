#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/deed/batch.h"
#include "controller/deed/deed.h"
#include "controller/deed/deed_instance.h"
#include "controller/deed/deed_kinds.h"
#include "controller/deed/deed_mark.h"
#include "controller/deed/deed_view.h"
#include "controller/screen/text.h"
#include "inventory/scaleset.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "tests/unit/azure_data.h"

static struct scaleset *set;

static int load(void **state)
{
    (void)state;
    set = azure_set("set_uniform", "instances_uniform", NULL);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    scaleset_free(set);
    return 0;
}

/* ---- batches ---------------------------------------------------------------------------- */

static void expect_batch(const char *text, size_t all, size_t expected)
{
    size_t batch = 0;

    assert_int_equal(batch_read(text, all, &batch, NULL), 0);
    assert_int_equal(batch, expected);
}

static void a_batch_is_a_number_or_a_share(void **state)
{
    (void)state;
    expect_batch(NULL, 40, 1);
    expect_batch("4", 40, 4);
    expect_batch("400", 40, 40);
    expect_batch("10%", 40, 4);
    expect_batch("10%", 49, 4);
    expect_batch("10%", 3, 1);
    expect_batch("100%", 3, 3);
    assert_int_equal(batch_count(5, 2), 3);
    assert_int_equal(batch_count(4, 2), 2);
}

static void what_is_no_batch_is_refused(void **state)
{
    static const char *const bad[] = {
        "0", "0%", "101%", "-1", "", "4x", "10%%", " 4", "1e3", "99999999999999999999"};
    struct fail why;
    size_t batch;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(batch_read(bad[i], 10, &batch, &why), -1);
        assert_int_equal(why.code, FAIL_USAGE);
    }
}

/* ---- marks -------------------------------------------------------------------------------- */

static void a_mark_is_read_as_it_was_printed(void **state)
{
    static const char url[] = "https://management.azure.com/x?p=1&api-version=2024-03-01";

    (void)state;
    for (int t = ARM_TRACK_OPERATION; t <= ARM_TRACK_LOCATION; t++) {
        CLEANUP(text_done) char *mark = deed_mark_print((enum arm_track)t, url);
        enum arm_track track = (enum arm_track)(1 - t);

        assert_string_equal(deed_mark_read(mark, &track), url);
        assert_int_equal(track, t);
    }
    assert_null(deed_mark_read("4f1c6d0e-boot-id", &(enum arm_track){0}));
}

/* ---- the road ------------------------------------------------------------------------------ */

static void every_state_leads_to_an_end_or_is_one(void **state)
{
    (void)state;
    for (int s = 1; s < DEED_STATES; s++) {
        int ways = 0;

        for (int e = DEED_EV_GO; e < DEED_EVENTS; e++)
            ways +=
                deed_state_next((enum deed_state)s, (enum deed_event)e) != DEED_ILLEGAL;
        assert_int_equal(ways == 0, deed_state_is_end((enum deed_state)s));
        if (ways)
            assert_int_equal(deed_state_next((enum deed_state)s, DEED_EV_FAIL),
                             DEED_FAILED);
        assert_int_equal(deed_state_of(deed_state_name((enum deed_state)s)), s);
    }
    assert_int_equal(deed_state_of("rebooting"), DEED_ILLEGAL);
}

/* ---- what is asked for ---------------------------------------------------------------------- */

static void expect_ask(const char *kind, const char *method, const char *path_end,
                       const char *body)
{
    const struct deed_kind *k = deed_kind_named(kind);
    struct deed_ask ask = {.method = NULL};
    CLEANUP(text_done) char *text = NULL;
    size_t len;

    assert_int_equal(k->ask(NULL, set, &set->instances[1], &ask, NULL), 0);
    assert_string_equal(ask.method, method);
    len = strlen(path_end);
    assert_true(strlen(ask.path) > len);
    assert_string_equal(ask.path + strlen(ask.path) - len, path_end);
    text = ask.body ? json_print(ask.body) : NULL;
    if (body)
        assert_string_equal(text, body);
    else
        assert_null(text);
    json_free(ask.body);
}

static void each_kind_asks_for_one_instance_by_its_id(void **state)
{
    (void)state;
    expect_ask("restart", "POST", "/virtualMachineScaleSets/ib/virtualMachines/1/restart",
               NULL);
    expect_ask("reimage", "POST", "/virtualMachines/1/reimage", NULL);
    expect_ask("redeploy", "POST", "/virtualMachines/1/redeploy", NULL);
    expect_ask("start", "POST", "/virtualMachines/1/start", NULL);
    expect_ask("upgrade", "POST", "/virtualMachineScaleSets/ib/manualupgrade",
               "{\"instanceIds\":[\"1\"]}");
    expect_ask("protect", "PUT", "/virtualMachineScaleSets/ib/virtualMachines/1",
               "{\"properties\":{\"protectionPolicy\":{\"protectFromScaleIn\":true,"
               "\"protectFromScaleSetActions\":true}},\"location\":\"westeurope\"}");
    expect_ask("unprotect", "PUT", "/virtualMachineScaleSets/ib/virtualMachines/1",
               "{\"properties\":{\"protectionPolicy\":{\"protectFromScaleIn\":false,"
               "\"protectFromScaleSetActions\":false}},\"location\":\"westeurope\"}");
}

/* Twice is no harm for what says how it should be; for what says what to do, it is. */
static void only_what_is_seen_may_be_asked_for_twice(void **state)
{
    (void)state;
    for (size_t i = 0; deed_instance_kinds(i); i++) {
        const struct deed_kind *k = deed_instance_kinds(i);
        struct deed_ask ask = {.method = NULL};

        assert_int_equal(k->ask(NULL, set, &set->instances[0], &ask, NULL), 0);
        assert_int_equal(k->is_seen, ask.is_repeatable || strcmp(ask.method, "PUT") == 0);
        json_free(ask.body);
    }
}

/* ---- what a look means ----------------------------------------------------------------------- */

static enum deed_sight judge(const char *kind, const char *text, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = NULL;

    if (text)
        assert_int_equal(json_parse(text, strlen(text), &doc, NULL), 0);
    return deed_kind_named(kind)->judge(NULL, &set->instances[0], doc, why);
}

#define VM(state, power, more)                                              \
    "{\"properties\":{\"provisioningState\":\"" state                       \
    "\",\"instanceView\":{\"statuses\":[{\"code\":\"ProvisioningState/x\"," \
    "\"message\":\"words of Azure's\"},{\"code\":\"PowerState/" power "\"}]" more "}}}"

static void a_machine_is_well_when_it_runs_with_its_agent_and_is_not_ill(void **state)
{
    struct fail why;

    (void)state;
    assert_int_equal(judge("restart", VM("Succeeded", "running", ""), &why),
                     SIGHT_AS_WANTED);
    assert_int_equal(judge("restart", VM("Updating", "running", ""), &why),
                     SIGHT_NOT_YET);
    assert_int_equal(judge("restart", VM("Succeeded", "starting", ""), &why),
                     SIGHT_NOT_YET);
    assert_int_equal(judge("restart", VM("Succeeded", "deallocated", ""), &why),
                     SIGHT_OTHERWISE);
    assert_int_equal(judge("restart",
                           VM("Succeeded", "running",
                              ",\"vmAgent\":{\"statuses\":[{\"displayStatus\":\"Not "
                              "Ready\"}]}"),
                           &why),
                     SIGHT_NOT_YET);
    assert_int_equal(
        judge("restart",
              VM("Succeeded", "running",
                 ",\"vmHealth\":{\"status\":{\"code\":\"HealthState/unhealthy\"}}"),
              &why),
        SIGHT_NOT_YET);
}

static void what_failed_says_why_in_azures_words(void **state)
{
    struct fail why;

    (void)state;
    assert_int_equal(judge("restart", VM("Failed", "running", ""), &why), SIGHT_FAILED);
    assert_int_equal(why.code, FAIL_AZURE_OPERATION);
    assert_non_null(strstr(why.text, "words of Azure's"));
    assert_int_equal(judge("restart", VM("Deleting", "running", ""), &why), SIGHT_FAILED);
    assert_int_equal(judge("restart", NULL, &why), SIGHT_FAILED);
    assert_int_equal(why.code, FAIL_AZURE_NOT_FOUND);
}

static void an_upgrade_is_seen_by_the_model(void **state)
{
    struct fail why;

    (void)state;
    assert_int_equal(judge("upgrade", "{\"properties\":{\"latestModelApplied\":true}}",
                           &why),
                     SIGHT_AS_WANTED);
    assert_int_equal(judge("upgrade", "{\"properties\":{\"latestModelApplied\":false}}",
                           &why),
                     SIGHT_OTHERWISE);
    assert_int_equal(judge("upgrade",
                           "{\"properties\":{\"latestModelApplied\":true,"
                           "\"provisioningState\":\"Updating\"}}",
                           &why),
                     SIGHT_NOT_YET);
    assert_int_equal(judge("upgrade", "{\"properties\":{}}", &why), SIGHT_FAILED);
    assert_int_equal(why.code, FAIL_AZURE_ANSWER);
}

#define PROTECTION(in, actions)                                         \
    "{\"properties\":{\"protectionPolicy\":{\"protectFromScaleIn\":" in \
    ",\"protectFromScaleSetActions\":" actions "}}}"

static void protection_is_both_or_none(void **state)
{
    (void)state;
    assert_int_equal(judge("protect", PROTECTION("true", "true"), NULL), SIGHT_AS_WANTED);
    assert_int_equal(judge("protect", PROTECTION("true", "false"), NULL),
                     SIGHT_OTHERWISE);
    assert_int_equal(judge("unprotect", PROTECTION("true", "false"), NULL),
                     SIGHT_OTHERWISE);
    assert_int_equal(judge("unprotect", "{\"properties\":{}}", NULL), SIGHT_AS_WANTED);
}

/* ---- the plan ----------------------------------------------------------------------------------- */

static void the_plan_names_the_set_and_folds_its_instances(void **state)
{
    const char *nodes[] = {"ib000000", "ib000001", "ib000003"};
    const struct deed_order order = {.kind = deed_kind_named("reimage"),
                                     .sets = (const struct scaleset *const *)&set,
                                     .set_count = 1,
                                     .nodes = nodes,
                                     .node_count = 3,
                                     .batch = 2};
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    for (size_t i = 0; i < 3; i++)
        nodes[i] = set->instances[i].name;
    assert_int_equal(deed_view_plan(&order, 0, false, &text, NULL), 0);
    assert_non_null(
        strstr(text_of(&text), "reimage 3 instances, 2 at once, in 2 batches"));
    assert_non_null(strstr(text_of(&text), "hpc-west/ib (Uniform):\n    ib0000"));
    assert_non_null(strstr(text_of(&text), "the OS disk of each is lost"));
}

static void who_has_ended_is_not_in_the_plan_of_the_rest(void **state)
{
    const char *nodes[] = {set->instances[0].name, set->instances[1].name};
    const struct deed_left left[] = {{.state = DEED_DONE}, {.state = DEED_FOLLOWING}};
    const struct deed_order order = {.kind = deed_kind_named("restart"),
                                     .sets = (const struct scaleset *const *)&set,
                                     .set_count = 1,
                                     .nodes = nodes,
                                     .node_count = 2,
                                     .batch = 1,
                                     .left = left};
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    assert_int_equal(deed_view_plan(&order, 0, false, &text, NULL), 0);
    assert_non_null(strstr(text_of(&text), "restart 1 instance:"));
    assert_null(strstr(text_of(&text), nodes[0]));
    assert_non_null(strstr(text_of(&text), nodes[1]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_is_a_number_or_a_share),
        cmocka_unit_test(what_is_no_batch_is_refused),
        cmocka_unit_test(a_mark_is_read_as_it_was_printed),
        cmocka_unit_test(every_state_leads_to_an_end_or_is_one),
        cmocka_unit_test(each_kind_asks_for_one_instance_by_its_id),
        cmocka_unit_test(only_what_is_seen_may_be_asked_for_twice),
        cmocka_unit_test(a_machine_is_well_when_it_runs_with_its_agent_and_is_not_ill),
        cmocka_unit_test(what_failed_says_why_in_azures_words),
        cmocka_unit_test(an_upgrade_is_seen_by_the_model),
        cmocka_unit_test(protection_is_both_or_none),
        cmocka_unit_test(the_plan_names_the_set_and_folds_its_instances),
        cmocka_unit_test(who_has_ended_is_not_in_the_plan_of_the_rest),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
