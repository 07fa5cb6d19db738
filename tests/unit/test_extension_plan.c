#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/extension/extension_plan.h"
#include "controller/extension/extension_report.h"
#include "controller/extension/extension_view.h"
#include "controller/screen/text.h"
#include "tests/unit/azure_data.h"

/* ---- what Azure would have told: the set of tests/data, and what a test puts here ------------ */

static struct scaleset *set;
static const struct scaleset *sets[1];
static struct vm_extension_seen model, seen[4];
static const char *const nodes[] = {"ib000001", "ib000002", "ib000003", "ib00000a"};
static struct extension_order order;
static struct extension_plan plan;
static struct text text;

const struct vm_extension_seen *extension_view_model(const struct extension_view *view,
                                                     size_t i)
{
    (void)view;
    assert_int_equal(i, 0);
    return &model;
}

const struct vm_extension_seen *extension_view_of(const struct extension_view *view,
                                                  const char *node)
{
    (void)view;
    for (size_t i = 0; i < 4; i++)
        if (strcmp(nodes[i], node) == 0)
            return &seen[i];
    return NULL;
}

static struct vm_extension_seen had(const char *version, enum vm_extension_state state)
{
    struct vm_extension_seen s = {.kind = vm_extension_named("linux"),
                                  .state = state,
                                  .is_latest = true};

    snprintf(s.name, sizeof s.name, "ibdriver");
    snprintf(s.wanted, sizeof s.wanted, "%s", version);
    return s;
}

/* A bare set of four, and an order to add to its model. */
static int set_up(void **state)
{
    (void)state;
    set = azure_set("set_uniform", "instances_uniform", NULL);
    sets[0] = set;
    model = (struct vm_extension_seen){.state = VM_EXTENSION_ABSENT};
    for (size_t i = 0; i < 4; i++)
        seen[i] = (struct vm_extension_seen){.is_latest = true};
    order = (struct extension_order){
        .action = EXTENSION_ADD,
        .way = EXTENSION_BY_MODEL,
        .sets = sets,
        .set_count = 1,
        .nodes = nodes,
        .node_count = 4,
        .batch = 2,
    };
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    extension_plan_done(&plan);
    text_clear(&text);
    scaleset_free(set);
    return 0;
}

static void assert_planned(const char *todo, const char *done)
{
    assert_int_equal(extension_plan_make(&order, NULL, &plan, NULL), 0);
    assert_string_equal(plan.todo_hosts ? plan.todo_hosts : "", todo);
    assert_string_equal(plan.done_hosts ? plan.done_hosts : "", done);
}

static void assert_refused(const char *wanted)
{
    struct fail why = {.code = FAIL_NONE};

    assert_int_equal(extension_plan_make(&order, NULL, &plan, &why), -1);
    assert_int_equal(why.code, FAIL_PREFLIGHT);
    assert_true(strlen(why.text) < sizeof why.text - 4); /* not cut */
    if (!strstr(why.text, wanted))
        fail_msg("no '%s' in: %s", wanted, why.text);
    extension_plan_done(&plan);
}

static void assert_told(const char *wanted)
{
    if (!strstr(text_of(&text), wanted))
        fail_msg("no '%s' in:\n%s", wanted, text_of(&text));
}

/* ---- by the model ------------------------------------------------------------------------------ */

static void a_new_model_concerns_everybody(void **state)
{
    (void)state;
    seen[1] = had("1.2", VM_EXTENSION_SUCCEEDED);
    assert_planned("ib00000a,ib[000001-000003]", "");
    assert_int_equal(plan.models[0].change, EXTENSION_CHANGES);
    assert_string_equal(plan.models[0].name, "InfiniBandDriverLinux");
    assert_false(extension_plan_is_empty(&plan));
}

static void who_has_the_model_as_wished_is_left_alone(void **state)
{
    (void)state;
    model = had("1.2", VM_EXTENSION_SUCCEEDED);
    for (size_t i = 0; i < 4; i++)
        seen[i] = had("1.2", VM_EXTENSION_SUCCEEDED);
    seen[1].is_latest = false;
    seen[1].is_old = true;
    seen[2].state = VM_EXTENSION_FAILED;
    assert_planned("ib[000002-000003]", "ib00000a,ib000001");
    assert_int_equal(plan.models[0].change, EXTENSION_STAYS);
    extension_plan_done(&plan);
    seen[1] = seen[2] = had("1.2", VM_EXTENSION_SUCCEEDED);
    assert_planned("", "ib00000a,ib[000001-000003]");
    assert_true(extension_plan_is_empty(&plan));
}

static void what_azure_is_at_is_waited_for_and_not_put_again(void **state)
{
    (void)state;
    model = had("1.2", VM_EXTENSION_CHANGING);
    assert_planned("ib00000a,ib[000001-000003]", "");
    assert_int_equal(plan.models[0].change, EXTENSION_SETTLES);
}

static void a_policy_that_does_not_wait_is_refused(void **state)
{
    (void)state;
    set->upgrade_mode = "Automatic";
    assert_refused("hpc-west/ib: its upgrade policy is Automatic");
    set->upgrade_mode = "Rolling";
    assert_refused("--all-at-once");
    order.all_at_once = true;
    assert_planned("ib00000a,ib[000001-000003]", "");
    extension_plan_done(&plan);
    set->upgrade_mode = NULL; /* Flexible */
    order.all_at_once = false;
    assert_planned("ib00000a,ib[000001-000003]", "");
}

static void no_policy_matters_where_the_model_stays(void **state)
{
    (void)state;
    set->upgrade_mode = "Automatic";
    model = had("1.2", VM_EXTENSION_SUCCEEDED);
    assert_planned("ib00000a,ib[000001-000003]", "");
}

static void add_changes_nothing_and_upgrade_adds_nothing(void **state)
{
    (void)state;
    model = had("1.1", VM_EXTENSION_SUCCEEDED);
    assert_refused("is in its model already, in version 1.1");
    order.action = EXTENSION_UPGRADE;
    order.wish.keeps_settings = true;
    assert_planned("ib00000a,ib[000001-000003]", "");
    assert_string_equal(plan.models[0].name, "ibdriver");
    extension_plan_done(&plan);
    model = (struct vm_extension_seen){.state = VM_EXTENSION_ABSENT};
    assert_refused("is not in its model: 'extension add' puts it there");
}

static void remove_takes_whichever_is_there(void **state)
{
    (void)state;
    model = had("1.1", VM_EXTENSION_SUCCEEDED);
    model.kind = vm_extension_named("windows");
    order.action = EXTENSION_REMOVE;
    assert_planned("ib00000a,ib[000001-000003]", "");
    assert_ptr_equal(plan.order.wish.kind, vm_extension_named("windows"));
    assert_string_equal(plan.models[0].name, "ibdriver");
}

/* ---- by the machine ------------------------------------------------------------------------------ */

static void a_machine_with_another_is_named_and_refused(void **state)
{
    (void)state;
    order.way = EXTENSION_BY_MACHINE;
    seen[0] = had("1.2", VM_EXTENSION_SUCCEEDED);
    seen[3] = had("1.1", VM_EXTENSION_SUCCEEDED);
    assert_refused("ib00000a: InfiniBandDriverLinux is there already, but otherwise");
    order.node_count = 3;
    assert_planned("ib[000002-000003]", "ib000001");
    assert_null(plan.models);
}

static void a_machine_without_has_nothing_to_upgrade(void **state)
{
    (void)state;
    order.way = EXTENSION_BY_MACHINE;
    order.action = EXTENSION_UPGRADE;
    order.wish.keeps_settings = true;
    seen[0] = seen[1] = seen[2] = had("1.1", VM_EXTENSION_SUCCEEDED);
    assert_refused("ib00000a: InfiniBandDriverLinux is not there");
    order.node_count = 3;
    assert_planned("ib[000001-000003]", "");
}

static void a_machine_without_has_nothing_to_remove(void **state)
{
    (void)state;
    order.way = EXTENSION_BY_MACHINE;
    order.action = EXTENSION_REMOVE;
    seen[2] = had("1.1", VM_EXTENSION_FAILED);
    assert_planned("ib000003", "ib00000a,ib[000001-000002]");
}

/* ---- told ------------------------------------------------------------------------------------------ */

static void the_plan_says_what_whom_and_how_many_at_once(void **state)
{
    (void)state;
    order.node_count = 3;
    assert_int_equal(extension_plan_make(&order, NULL, &plan, NULL), 0);
    extension_plan_render(&plan, &text);
    assert_told(
        "scale set hpc-west/ib: InfiniBandDriverLinux 1.2 is added to its model\n");
    assert_told(
        "3 instances are brought to the model, 2 at a time, each looked at before "
        "the next: ib[000001-000003]\n");
    assert_told(
        "1 instance of the set is left out, as it is not chosen or not running: ");
}

static struct extension_report report(void)
{
    return (struct extension_report){.sets = sets,
                                     .set_count = 1,
                                     .nodes = nodes,
                                     .node_count = 4};
}

static void equal_ones_stand_under_one_hostlist(void **state)
{
    struct extension_report r = report();

    (void)state;
    seen[1] = had("1.2", VM_EXTENSION_FAILED);
    seen[1].has_exit = true;
    seen[1].exit_code = 12;
    seen[2] = seen[1];
    assert_int_equal(extension_report_render(&r, 0, false, &text, NULL), 0);
    assert_told("no InfiniBand extension in its model\n");
    assert_told("\n    2  InfiniBandDriverLinux  1.2      failed  latest    12  "
                "ib[000002-000003]\n");
    assert_told("exit code 12: the image is none that it supports\n");
    assert_ptr_equal(strstr(strstr(text_of(&text), "exit code 12") + 1, "exit code 12"),
                     NULL);
    assert_int_equal(extension_report_failed(&r), 2);
}

static void what_is_not_documented_names_its_log(void **state)
{
    struct extension_report r = report();

    (void)state;
    seen[0] = had("1.2", VM_EXTENSION_FAILED);
    seen[0].has_exit = true;
    seen[0].exit_code = 77;
    snprintf(seen[0].message, sizeof seen[0].message, "out\x1b[2J of words");
    assert_int_equal(extension_report_render(&r, 0, false, &text, NULL), 0);
    assert_told(
        "exit code 77 is not documented: read /var/log/azure/ib-vmext-status there\n");
    assert_null(strchr(text_of(&text), '\x1b'));
}

static void a_failure_without_a_code_is_in_azures_words(void **state)
{
    struct extension_report r = report();

    (void)state;
    seen[0] = had("1.2", VM_EXTENSION_FAILED);
    seen[1] = seen[0];
    snprintf(seen[0].message, sizeof seen[0].message, "no\x1b[2J word of a code");
    assert_int_equal(extension_report_render(&r, 0, false, &text, NULL), 0);
    assert_told("failed: no^[[2J word of a code\n");
    assert_told("failed: Azure does not say why\n");
}

static void a_long_hostlist_stands_below_the_table_and_whole(void **state)
{
    static char longer[4][64];
    static const char *long_nodes[4];
    struct extension_report r = report();

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        snprintf(longer[i], sizeof longer[i], "%.*s-%c", 30,
                 "a-name-that-no-other-is-like-it", (char)('a' + i));
        long_nodes[i] = longer[i];
    }
    r.nodes = long_nodes;
    assert_int_equal(extension_report_render(&r, 0, false, &text, NULL), 0);
    assert_told("    4  -          -        absent  -         -  (1)\n(1) a-name-");
    assert_told("like-i-d\n");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_new_model_concerns_everybody),
        CASE(who_has_the_model_as_wished_is_left_alone),
        CASE(what_azure_is_at_is_waited_for_and_not_put_again),
        CASE(a_policy_that_does_not_wait_is_refused),
        CASE(no_policy_matters_where_the_model_stays),
        CASE(add_changes_nothing_and_upgrade_adds_nothing),
        CASE(remove_takes_whichever_is_there),
        CASE(a_machine_with_another_is_named_and_refused),
        CASE(a_machine_without_has_nothing_to_upgrade),
        CASE(a_machine_without_has_nothing_to_remove),
        CASE(the_plan_says_what_whom_and_how_many_at_once),
        CASE(equal_ones_stand_under_one_hostlist),
        CASE(what_is_not_documented_names_its_log),
        CASE(a_failure_without_a_code_is_in_azures_words),
        CASE(a_long_hostlist_stands_below_the_table_and_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
