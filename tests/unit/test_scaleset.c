#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/scaleset.h"
#include "inventory/scaleset_change.h"
#include "inventory/scaleset_filter.h"
#include "inventory/scaleset_name.h"
#include "inventory/scaleset_record.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "tests/unit/azure_data.h"

static struct scaleset *uniform(void)
{
    return azure_set("set_uniform", "instances_uniform", "interfaces_uniform");
}

static struct json *parse(const char *text)
{
    struct json *doc = NULL;

    assert_int_equal(json_parse(text, strlen(text), &doc, NULL), 0);
    return doc;
}

/* ---- reading ----------------------------------------------------------------------------- */

static void a_set_says_what_it_is(void **state)
{
    CLEANUP(scaleset_done) struct scaleset *s = uniform();

    (void)state;
    assert_string_equal(s->group, "hpc-west");
    assert_string_equal(s->name, "ib");
    assert_string_equal(s->subscription, "6f1a0c52-9d3e-4b77-8c21-5f7e02d4a913");
    assert_string_equal(s->size, "Standard_HB120rs_v3");
    assert_string_equal(s->upgrade_mode, "Manual");
    assert_string_equal(s->repair_action, "Reimage");
    assert_string_equal(s->scale_in, "NewestVM");
    assert_true(s->repairs && s->is_single_placement_group);
    assert_false(s->is_flexible || s->is_spot || s->upgrades_os);
    assert_int_equal(s->capacity, 4);
    assert_int_equal(s->fault_domains, 5);
    assert_int_equal(s->extension_count, 1);
    assert_string_equal(s->extensions[0].type, "InfiniBandDriverLinux");
}

static void an_instance_says_all_that_is_known_of_it(void **state)
{
    CLEANUP(scaleset_done) struct scaleset *s = uniform();
    const struct scaleset_instance *i = scaleset_find(s, "ib00000a");

    (void)state;
    assert_int_equal(s->count, 4);
    assert_non_null(i);
    assert_ptr_equal(scaleset_find(s, "10"), i);
    assert_string_equal(i->id, "10");
    assert_string_equal(i->vm_id, "0a51c7e4-52f1-4c0e-9f6a-000000000010");
    assert_string_equal(i->size, "Standard_HB120rs_v3");
    assert_string_equal(i->zone, "2");
    assert_string_equal(i->health, "healthy");
    assert_string_equal(i->placement_group, "9c1d5f0e-11aa-4d65-8f2b-20c7a4d19b03");
    assert_string_equal(i->image, "microsoft-dsvm:ubuntu-hpc:2204:22.04.2026010101");
    assert_int_equal(i->power, SCALESET_RUNNING);
    assert_int_equal(i->model, SCALESET_MODEL_OLD);
    assert_int_equal(i->fault_domain, 0);
    assert_true(i->keeps_from_scale_in);
    assert_false(i->keeps_from_set_actions || i->is_spot || i->awaits_maintenance);
}

static void only_what_runs_and_stays_is_a_node(void **state)
{
    CLEANUP(scaleset_done) struct scaleset *s = uniform();

    (void)state;
    assert_true(scaleset_is_node(scaleset_find(s, "ib000001")));
    assert_false(scaleset_is_node(scaleset_find(s, "ib000002"))); /* deallocated */
    assert_false(scaleset_is_node(scaleset_find(s, "ib000003"))); /* being deleted */
}

static void the_primary_address_is_taken_and_case_does_not_count(void **state)
{
    CLEANUP(scaleset_done) struct scaleset *s = uniform();

    (void)state;
    assert_string_equal(scaleset_find(s, "ib000001")->address, "10.0.0.4");
    assert_string_equal(scaleset_find(s, "ib00000a")->address, "10.0.0.13");
    assert_string_equal(scaleset_find(s, "ib000003")->address, "fd00::3");
    assert_null(scaleset_find(s, "ib000002")->address);
}

static void a_flexible_set_has_the_machines_that_name_it(void **state)
{
    CLEANUP(scaleset_done)
    struct scaleset *s = azure_set("set_flexible", "machines_flexible", NULL);
    const struct scaleset_instance *i = scaleset_find(s, "gpu1");

    (void)state;
    assert_true(s->is_flexible);
    assert_false(s->is_single_placement_group);
    assert_int_equal(s->count, 1);
    assert_string_equal(i->id, "flex_a1");
    assert_string_equal(i->size, "Standard_ND96isr_H100_v5");
    assert_non_null(strstr(i->image, "galleries/g/images/hpc/versions/1.0.3"));
    assert_true(i->is_spot && i->awaits_maintenance);
    assert_int_equal(i->model, SCALESET_MODEL_UNKNOWN);
    assert_int_equal(i->fault_domain, 0);
}

static void assert_refused(const char *instances, const char *wanted)
{
    CLEANUP(json_done) struct json *answer = azure_data("set_uniform");
    CLEANUP(json_done) struct json *page = parse(instances);
    CLEANUP(scaleset_done) struct scaleset *s = NULL;
    struct fail why = {0};

    assert_int_equal(scaleset_new(answer, &s, NULL), 0);
    if (scaleset_add_instances(s, page, &why) == 0)
        assert_int_equal(scaleset_close(s, &why), -1);
    assert_int_equal(why.code, FAIL_AZURE_ANSWER);
    assert_string_equal(why.text, wanted);
}

static void an_answer_that_is_none_is_refused_by_name(void **state)
{
    struct scaleset *s = NULL;
    CLEANUP(json_done) struct json *bare = parse("{\"id\":\"/subscriptions/s\"}");
    struct fail why;

    (void)state;
    assert_int_equal(scaleset_new(bare, &s, &why), -1);
    assert_string_equal(why.text, "not the id of a scale set: '/subscriptions/s'");
    assert_refused("{}", "scale set hpc-west/ib: Azure's list of instances is none");
    assert_refused("[{\"id\":\"/x\"}]",
                   "scale set hpc-west/ib: Azure's list has an instance without an id");
    assert_refused("[{\"id\":\"/x\",\"instanceId\":\"1\"},"
                   "{\"id\":\"/y\",\"instanceId\":\"2\",\"properties\":{\"osProfile\":"
                   "{\"computerName\":\"ib000001\"}}}]",
                   "scale set hpc-west/ib: instances 1 and 2 are both called ib000001: "
                   "give each a computer name of its own");
}

static void a_name_that_means_something_else_is_refused(void **state)
{
    (void)state;
    assert_refused(
        "[{\"id\":\"/x\",\"instanceId\":\"1\",\"properties\":{\"osProfile\":"
        "{\"computerName\":\"-oProxyCommand=x\"}}}]",
        "scale set hpc-west/ib: instance 1 cannot be called '-oProxyCommand=x' here: "
        "not a node name: '-oProxyCommand=x'");
}

/* ---- names ------------------------------------------------------------------------------- */

static void names_and_numbers_go_both_ways(void **state)
{
    static const struct {
        uint64_t number;
        const char *name;
    } table[] = {{0, "ib000000"},
                 {10, "ib00000a"},
                 {36, "ib000010"},
                 {SCALESET_NAME_NUMBERS - 1, "ibzzzzzz"}};
    char name[SCALESET_NAME_ROOM];
    uint64_t number;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(scaleset_name_format("ib", table[i].number, name), 0);
        assert_string_equal(name, table[i].name);
        assert_true(scaleset_name_parse("ib", name, &number));
        assert_int_equal(number, table[i].number);
    }
    assert_true(scaleset_name_parse("ib", "IB00000A", &number));
    assert_int_equal(number, 10);
    assert_int_equal(scaleset_name_format("ib", SCALESET_NAME_NUMBERS, name), -1);
    assert_false(scaleset_name_parse("ib", "ib0000a", &number));
    assert_false(scaleset_name_parse("ib", "ib00000-", &number));
    assert_false(scaleset_name_parse("ib", "ab00000a", &number));
    assert_false(scaleset_name_parse("ib00000a", "ib", &number));
}

/* ---- filters ----------------------------------------------------------------------------- */

/* The names that a filter takes, a space after each. */
static const char *taken(const char *text)
{
    static char names[200];
    CLEANUP(scaleset_done) struct scaleset *s = uniform();
    CLEANUP(scaleset_filter_done) struct scaleset_filter filter;
    size_t len = 0;

    assert_int_equal(scaleset_filter_parse(text, &filter, NULL), 0);
    *names = '\0';
    for (size_t i = 0; i < s->count; i++)
        if (scaleset_filter_takes(&filter, s, &s->instances[i]))
            len += (size_t)snprintf(names + len, sizeof names - len, "%s ",
                                    s->instances[i].name);
    return names;
}

static void filters_join_keys_by_and_and_values_by_or(void **state)
{
    (void)state;
    assert_string_equal(taken(""), "ib00000a ib000001 ib000002 ib000003 ");
    assert_string_equal(taken("state=deallocated"), "ib000002 ");
    assert_string_equal(taken("state=deallocated,state=running,model=latest"),
                        "ib000001 ib000002 ib000003 ");
    assert_string_equal(taken("model=old"), "ib00000a ");
    assert_string_equal(taken("zone=2,size=standard_hb120RS_v3,id=1"), "ib000001 ");
    assert_string_equal(taken("id=ib00000A id=2"), "ib00000a ib000002 ");
    assert_string_equal(taken("zone=1"), "");
    assert_string_equal(
        taken("health=healthy,placement=9c1d5f0e-11aa-4d65-8f2b-20c7a4d19b03"),
        "ib00000a ib000001 ib000003 ");
}

static void a_filter_that_can_take_nobody_is_refused(void **state)
{
    static const struct {
        const char *text, *wanted;
    } table[] = {
        {"state=runing", "no instance has the state 'runing': did you mean 'running'?"},
        {"zones=1", "instances have no 'zones': did you mean 'zone'?"},
        {"running", "'running' is not KEY=VALUE"},
        {"zone=", "'zone=' wants a value"},
        {"model=newest", "no instance has the model 'newest': did you mean 'latest'?"},
    };
    struct scaleset_filter filter;
    struct fail why;

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(scaleset_filter_parse(table[i].text, &filter, &why), -1);
        assert_int_equal(why.code, FAIL_USAGE);
        assert_string_equal(why.text, table[i].wanted);
    }
}

/* ---- kept and compared -------------------------------------------------------------------- */

static void what_is_kept_comes_back_as_it_was(void **state)
{
    CLEANUP(scaleset_done) struct scaleset *s = uniform(), *again = NULL;
    CLEANUP(json_done) struct json *kept = NULL, *twice = NULL;
    CLEANUP(text_done) char *first = NULL, *second = NULL;

    (void)state;
    s->instances[0].former_vm_id = "old";
    s->instances[0].replaced_s = 1796000000;
    kept = scaleset_encode(s);
    assert_int_equal(scaleset_decode(kept, &again, NULL), 0);
    twice = scaleset_encode(again);
    first = json_print(kept);
    second = json_print(twice);
    assert_string_equal(first, second);
    assert_int_equal(again->count, 4);
    assert_int_equal(again->instances[0].replaced_s, 1796000000);
    assert_string_equal(again->extensions[0].publisher, "Microsoft.HpcCompute");
}

static void what_was_kept_in_part_is_refused(void **state)
{
    CLEANUP(json_done) struct json *doc = parse("{\"resource\":\"/x\"}");
    struct scaleset *s = NULL;
    struct fail why;

    (void)state;
    assert_int_equal(scaleset_decode(doc, &s, &why), -1);
    assert_string_equal(why.text,
                        "what was kept of a scale set has no proper 'subscription'");
}

static int write_change(void *arg, const struct scaleset_change *c, struct fail *why)
{
    static const char signs[] = "+-=";
    char *text = arg;

    (void)why;
    sprintf(text + strlen(text), "%c%s ", signs[c->kind],
            c->is ? c->is->name : c->was->name);
    return 0;
}

static void assert_changes(const struct scaleset *before, const struct scaleset *now,
                           const char *wanted)
{
    char text[200] = "";

    assert_int_equal(scaleset_compare(before, now, write_change, text, NULL), 0);
    assert_string_equal(text, wanted);
}

static void who_came_and_who_went_is_told(void **state)
{
    CLEANUP(scaleset_done) struct scaleset *all = uniform();
    CLEANUP(scaleset_done) struct scaleset *less = uniform();

    (void)state;
    less->count = 2; /* ib00000a and ib000001 */
    assert_changes(all, all, "");
    assert_changes(all, less, "-ib000002 -ib000003 ");
    assert_changes(less, all, "+ib000002 +ib000003 ");
}

/* A new vmId under the old name, and one with another name at the old address. */
static void a_replaced_machine_is_not_one_that_came(void **state)
{
    CLEANUP(scaleset_done) struct scaleset *before = uniform();
    CLEANUP(scaleset_done) struct scaleset *now = uniform();

    (void)state;
    now->instances[1].vm_id = "new";
    now->instances[1].address = "10.0.0.200";
    now->instances[0].vm_id = "newer";
    now->instances[0].name = "ib00000b";
    now->instances[0].id = "11";
    assert_changes(before, now, "=ib00000b =ib000001 ");
}

/* It has moved: the same machine, whatever it is called and wherever it is. */
static void the_same_machine_elsewhere_is_no_change(void **state)
{
    CLEANUP(scaleset_done) struct scaleset *before = uniform();
    CLEANUP(scaleset_done) struct scaleset *now = uniform();

    (void)state;
    now->instances[0].name = "ib00000b";
    now->instances[0].address = "10.0.0.201";
    assert_changes(before, now, "");
    now->instances[1].vm_id = NULL; /* Azure does not say */
    assert_changes(before, now, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_says_what_it_is),
        cmocka_unit_test(an_instance_says_all_that_is_known_of_it),
        cmocka_unit_test(only_what_runs_and_stays_is_a_node),
        cmocka_unit_test(the_primary_address_is_taken_and_case_does_not_count),
        cmocka_unit_test(a_flexible_set_has_the_machines_that_name_it),
        cmocka_unit_test(an_answer_that_is_none_is_refused_by_name),
        cmocka_unit_test(a_name_that_means_something_else_is_refused),
        cmocka_unit_test(names_and_numbers_go_both_ways),
        cmocka_unit_test(filters_join_keys_by_and_and_values_by_or),
        cmocka_unit_test(a_filter_that_can_take_nobody_is_refused),
        cmocka_unit_test(what_is_kept_comes_back_as_it_was),
        cmocka_unit_test(what_was_kept_in_part_is_refused),
        cmocka_unit_test(who_came_and_who_went_is_told),
        cmocka_unit_test(a_replaced_machine_is_not_one_that_came),
        cmocka_unit_test(the_same_machine_elsewhere_is_no_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
