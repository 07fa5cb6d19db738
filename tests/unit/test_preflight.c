#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/azure/preflight.h"
#include "inventory/sku.h"
#include "tests/unit/azure_data.h"

/* ---- a set about which there is nothing to say --------------------------------------------- */

static struct scaleset *set;
static struct scaleset_instance *ten, *one, *off; /* of its instances */
static const struct scaleset *sets[2];
static struct preflight_question question;
static struct preflight found;

static int set_up(void **state)
{
    (void)state;
    set = azure_set("set_uniform", "instances_uniform", "interfaces_uniform");
    set->repairs = false;
    set->extension_count = 0;
    for (size_t i = 0; i < set->count; i++) {
        set->instances[i].model = SCALESET_MODEL_LATEST;
        set->instances[i].keeps_from_scale_in = true;
    }
    ten = &set->instances[0];
    one = &set->instances[1];
    off = &set->instances[2];
    sets[0] = set;
    question = (struct preflight_question){.deed = PREFLIGHT_ROLLOUT,
                                           .sets = sets,
                                           .set_count = 1};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    preflight_done(&found);
    scaleset_free(set);
    return 0;
}

/* Exactly one finding, and a remedy with it. */
static void assert_found(const char *check, const char *object, const char *text)
{
    assert_int_equal(preflight_judge(&question, &found, NULL), 0);
    assert_int_equal(found.count, 1);
    assert_string_equal(preflight_check_name(found.findings[0].check), check);
    assert_string_equal(found.findings[0].object, object);
    assert_string_equal(found.findings[0].text, text);
    assert_true(strlen(found.findings[0].remedy) > 10);
}

static void assert_only_warns(void)
{
    assert_int_equal(preflight_refusal(&found, NULL), 0);
}

static void nothing_is_said_of_a_good_set(void **state)
{
    (void)state;
    assert_int_equal(preflight_judge(&question, &found, NULL), 0);
    assert_int_equal(found.count, 0);
}

/* ---- each check ------------------------------------------------------------------------------ */

static void extension_in_model(void **state)
{
    struct fail why;

    (void)state;
    set->extension_count = 1;
    assert_found("extension-in-model", "scale set hpc-west/ib",
                 "extension driver (InfiniBandDriverLinux) is in its model: it runs at "
                 "every boot and installs its own driver over what is there");
    assert_int_equal(preflight_refusal(&found, &why), -1);
    assert_int_equal(why.code, FAIL_PREFLIGHT);
    assert_string_equal(why.text, "scale set hpc-west/ib: refused by the check "
                                  "'extension-in-model'; nothing was changed");
}

static void extension_in_model_is_no_harm_to_a_measurement(void **state)
{
    (void)state;
    set->extension_count = 1;
    question.deed = PREFLIGHT_MEASURE;
    assert_int_equal(preflight_judge(&question, &found, NULL), 0);
    assert_only_warns();
}

static void extension_in_model_may_be_kept(void **state)
{
    (void)state;
    set->extension_count = 1;
    question.keeps_extension = true;
    assert_int_equal(preflight_judge(&question, &found, NULL), 0);
    assert_int_equal(found.count, 1);
    assert_only_warns();
}

static void another_extension_in_the_model_is_fine(void **state)
{
    (void)state;
    set->extension_count = 1;
    set->extensions[0].type = "HealthExtension";
    assert_int_equal(preflight_judge(&question, &found, NULL), 0);
    assert_int_equal(found.count, 0);
}

static void rights_missing(void **state)
{
    const struct preflight_right right = {
        "Microsoft.Compute/virtualMachineScaleSets/networkInterfaces/read", "/s/rg"};

    (void)state;
    question.rights = &right;
    question.right_count = 1;
    assert_found("rights-missing", "scale set hpc-west/ib",
                 "our identity may not "
                 "Microsoft.Compute/virtualMachineScaleSets/networkInterfaces/read on "
                 "/s/rg: what it would have said is not known");
    assert_only_warns();
}

static void size_without_rdma(void **state)
{
    CLEANUP(sku_list_done) struct sku_list list = {0};

    (void)state;
    assert_int_equal(sku_list_put(&list, "Standard_D4s_v5", false, NULL), 0);
    question.skus = &list;
    one->size = "Standard_D4s_v5";
    assert_found("size-without-rdma", "node ib000001",
                 "Azure says that Standard_D4s_v5 has no RDMA");
    assert_only_warns();
}

static void size_network_direct(void **state)
{
    (void)state;
    one->size = ten->size = "Standard_H16r";
    assert_found("size-network-direct", "nodes ib00000a,ib000001",
                 "Standard_H16r has Network Direct, which is not SR-IOV");
    assert_only_warns();
}

/* Their names in base 36 would fill a screen. */
static void a_large_set_is_named_where_all_of_it_is_meant(void **state)
{
    static const char *const names[] = {"ib000000", "ib000001", "ib000002", "ib000003",
                                        "ib000004", "ib000005", "ib000006", "ib000007",
                                        "ib000008", "ib000009", "ib00000a"};
    struct scaleset_instance all[11];
    struct scaleset_instance *before = set->instances;
    size_t count = set->count;

    (void)state;
    for (size_t i = 0; i < 11; i++) {
        all[i] = *one;
        all[i].name = names[i];
        all[i].keeps_from_scale_in = false;
    }
    set->instances = all;
    set->count = 11;
    assert_found(
        "scale-in", "all 11 nodes of scale set hpc-west/ib",
        "not protected from scale-in (NewestVM): an autoscaler may delete them in "
        "the middle");
    preflight_done(&found);
    all[10].keeps_from_scale_in = true;
    assert_found(
        "scale-in", "nodes ib[000000-000009]",
        "not protected from scale-in (NewestVM): an autoscaler may delete them in "
        "the middle");
    set->instances = before;
    set->count = count;
}

static void placement_islands(void **state)
{
    (void)state;
    one->placement_group = "other";
    assert_int_equal(preflight_judge(&question, &found, NULL), 0);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.findings[0].check, PREFLIGHT_ISLANDS);
    assert_string_equal(found.findings[0].object, "node ib000001");
    assert_string_equal(found.findings[1].object, "node ib00000a");
    assert_string_equal(found.findings[0].text,
                        "in placement group other of hpc-west/ib, one of 2: InfiniBand "
                        "does not cross them");
    assert_only_warns();
}

static void several_sets(void **state)
{
    CLEANUP(scaleset_done)
    struct scaleset *other = azure_set("set_uniform", "instances_uniform", NULL);

    (void)state;
    other->repairs = false;
    other->extension_count = other->count = 0;
    sets[1] = other;
    question.set_count = 2;
    assert_found("several-sets", "scale set hpc-west/ib",
                 "it and 1 other do not reach each other: Azure isolates scale sets, and "
                 "InfiniBand does not cross them");
    assert_only_warns();
}

static void placement_not_single(void **state)
{
    (void)state;
    set->is_single_placement_group = false;
    assert_found("placement-not-single", "scale set hpc-west/ib",
                 "singlePlacementGroup is false: instances that are added may be on "
                 "another InfiniBand fabric");
    assert_only_warns();
}

static void network_overlap(void **state)
{
    (void)state;
    one->address = "172.16.255.4";
    ten->address = "172.17.0.4";
    assert_found("network-overlap", "node ib000001",
                 "private address within 172.16.0.0/16, which Azure keeps for IP over "
                 "InfiniBand: packets take the wrong way");
    assert_only_warns();
}

/* ib_1 is in the document, too, with another event. */
static void scheduled_events(void **state)
{
    CLEANUP(json_done) struct json *doc = azure_data("events");
    struct preflight_event events[8];

    (void)state;
    question.events = events;
    question.event_count = preflight_read_events(doc, events, 8);
    assert_int_equal(question.event_count, 3);
    assert_int_equal(preflight_judge(&question, &found, NULL), 0);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.findings[1].check, PREFLIGHT_EVENTS);
    assert_string_equal(found.findings[0].object, "node ib000001");
    assert_string_equal(found.findings[0].text, "Azure has a Freeze for it (Started)");
    assert_string_equal(found.findings[1].object, "node ib00000a");
    assert_string_equal(found.findings[1].text,
                        "Azure has a Redeploy for it (Scheduled, not before Mon, 30 Nov "
                        "2026 08:00:00 GMT)");
    assert_int_equal(preflight_read_events(doc, events, 1), 1);
}

static void maintenance_announced(void **state)
{
    (void)state;
    one->awaits_maintenance = true;
    assert_found("maintenance-announced", "node ib000001",
                 "Azure has announced maintenance: they move to other hardware");
    assert_only_warns();
}

static void spot(void **state)
{
    (void)state;
    one->is_spot = off->is_spot = true; /* the 2nd is off */
    set->eviction = "Delete";
    assert_found("spot", "node ib000001",
                 "Spot: Azure may take them away with 30 seconds' notice, and then: "
                 "Delete");
    assert_only_warns();
}

static void automatic_repairs(void **state)
{
    (void)state;
    set->repairs = true;
    assert_found("automatic-repairs", "scale set hpc-west/ib",
                 "automatic repairs (Reimage) are its policy: unless they are suspended, "
                 "a node that reboots for its driver may be taken for a sick one");
    assert_only_warns();
}

static void upgrade_policy(void **state)
{
    (void)state;
    set->upgrade_mode = "Automatic";
    assert_found("upgrade-policy", "scale set hpc-west/ib",
                 "its upgrade policy is Automatic: a change of the model reaches running "
                 "instances at once");
    assert_only_warns();
}

static void os_upgrades(void **state)
{
    (void)state;
    set->upgrades_os = true;
    assert_found("os-upgrades", "scale set hpc-west/ib",
                 "automatic OS upgrades are on: a new image replaces the disk with the "
                 "driver on it");
    assert_only_warns();
}

static void scale_in(void **state)
{
    (void)state;
    one->keeps_from_scale_in = false;
    assert_found("scale-in", "node ib000001",
                 "not protected from scale-in (NewestVM): an autoscaler may delete them "
                 "in the middle");
    assert_only_warns();
    preflight_done(&found);
    question.deed = PREFLIGHT_MEASURE;
    assert_int_equal(preflight_judge(&question, &found, NULL), 0);
    assert_int_equal(found.count, 0);
}

static void overprovision(void **state)
{
    (void)state;
    set->overprovisions = true;
    set->capacity = 3;
    assert_found("overprovision", "scale set hpc-west/ib",
                 "it overprovisions, and has 4 instances where 3 are wanted: Azure will "
                 "delete the others");
    assert_only_warns();
}

static void old_model(void **state)
{
    (void)state;
    ten->model = SCALESET_MODEL_OLD;
    assert_found("old-model", "node ib00000a",
                 "not as the model of hpc-west/ib says now");
    assert_only_warns();
}

/* Each has a test above that is called as it is. */
static void every_check_has_a_name(void **state)
{
    (void)state;
    for (int c = 0; c < PREFLIGHT_CHECK_COUNT; c++)
        assert_non_null(preflight_check_name((enum preflight_check)c));
    assert_string_equal(preflight_check_name(PREFLIGHT_CHECK_COUNT), "unknown");
}

#define CHECK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK(nothing_is_said_of_a_good_set),
        CHECK(extension_in_model),
        CHECK(extension_in_model_is_no_harm_to_a_measurement),
        CHECK(extension_in_model_may_be_kept),
        CHECK(another_extension_in_the_model_is_fine),
        CHECK(rights_missing),
        CHECK(size_without_rdma),
        CHECK(size_network_direct),
        CHECK(a_large_set_is_named_where_all_of_it_is_meant),
        CHECK(placement_islands),
        CHECK(several_sets),
        CHECK(placement_not_single),
        CHECK(network_overlap),
        CHECK(scheduled_events),
        CHECK(maintenance_announced),
        CHECK(spot),
        CHECK(automatic_repairs),
        CHECK(upgrade_policy),
        CHECK(os_upgrades),
        CHECK(scale_in),
        CHECK(overprovision),
        CHECK(old_model),
        cmocka_unit_test(every_check_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
