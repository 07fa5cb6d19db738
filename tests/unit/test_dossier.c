/* fakes: decide_node */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/rollout/dossier.h"
#include "controller/rollout/order.h"
#include "inventory/fleet.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "tests/fake/decide_node.h"

static const struct fleet_node ib1 = {.name = "ib1", .rxe = "eth1"};

static struct lesson hear(struct dossier *d, enum node_state state, const char *answer,
                          unsigned tries)
{
    CLEANUP(json_done) struct json *doc = NULL;

    assert_int_equal(json_parse(answer, strlen(answer), &doc, NULL), 0);
    return dossier_learn(d, state, doc, NULL, tries);
}

static void the_boot_to_end_is_the_one_in_which_the_install_was_over(void **state)
{
    CLEANUP(dossier_clear)
    struct dossier d = {.fleet_node = &ib1, .decision.reboot = true};
    CLEANUP(json_done) struct json *hello = json_object();

    (void)state;
    json_put_text(hello, "boot_id", "boot-2");
    dossier_greet(&d, hello);
    assert_int_equal(hear(&d, NODE_INSTALLING, "{}", 0).event, NODE_EV_REBOOT);
    assert_string_equal(d.boot_id, "boot-2");
    strcpy(d.boot_now, "boot-3"); /* an earlier one has been noted, and stays */
    assert_int_equal(hear(&d, NODE_INSTALLING, "{}", 0).event, NODE_EV_REBOOT);
    assert_string_equal(d.boot_id, "boot-2");
}

static void without_a_reboot_it_goes_on_to_verify(void **state)
{
    CLEANUP(dossier_clear) struct dossier d = {.fleet_node = &ib1};

    (void)state;
    assert_int_equal(hear(&d, NODE_INSTALLING, "{}", 0).event, NODE_EV_OK);
    assert_null(d.boot_id);
}

static void only_already_proves_that_it_has_booted(void **state)
{
    CLEANUP(dossier_clear) struct dossier d = {.fleet_node = &ib1};
    struct lesson l = hear(&d, NODE_REBOOTING, "{\"already\": false}", 0);

    (void)state;
    assert_int_equal(l.event, NODE_EV_NONE);
    assert_true(l.hang_up);
    assert_int_equal(hear(&d, NODE_REBOOTING, "{\"already\": true}", 0).event,
                     NODE_EV_OK);
}

static void a_refused_reboot_is_asked_for_again_but_not_for_ever(void **state)
{
    CLEANUP(dossier_clear) struct dossier d = {.fleet_node = &ib1};
    const struct fail busy = {.code = FAIL_REBOOT}, root = {.code = FAIL_NOT_ROOT};
    unsigned last = DOSSIER_REBOOT_REFUSALS;

    (void)state;
    assert_int_equal(dossier_learn(&d, NODE_REBOOTING, NULL, &busy, 0).event,
                     NODE_EV_NONE);
    assert_int_equal(dossier_learn(&d, NODE_REBOOTING, NULL, &busy, last).event,
                     NODE_EV_FAIL);
    assert_int_equal(dossier_learn(&d, NODE_REBOOTING, NULL, &root, 0).event,
                     NODE_EV_FAIL);
    d.goes_down = true; /* it shuts down: what it refuses then says nothing */
    assert_int_equal(dossier_learn(&d, NODE_REBOOTING, NULL, &busy, last).event,
                     NODE_EV_NONE);
}

static void garbage_for_facts_is_a_failure_and_leaves_none(void **state)
{
    CLEANUP(dossier_clear) struct dossier d = {.fleet_node = &ib1};
    struct lesson l = hear(&d, NODE_PROBING, "{}", 0);

    (void)state;
    assert_int_equal(l.event, NODE_EV_FAIL);
    assert_int_equal(l.why.code, FAIL_GARBAGE);
    assert_null(d.facts);
    assert_int_equal(hear(&d, NODE_VERIFYING, "{}", 0).event, NODE_EV_FAIL);
}

static void a_claim_names_whose_it_takes_over(void **state)
{
    struct node_claim ours = {.run = "r2",
                              .controller = "head",
                              .user = "ann",
                              .epoch = 1};
    CLEANUP(dossier_clear) struct dossier d = {.fleet_node = &ib1, .claim = &ours};
    CLEANUP(json_done) struct json *plain = dossier_body(&d, NODE_CLAIMING, 1000);
    CLEANUP(json_done) struct json *taking = NULL;
    const char *from;

    (void)state;
    assert_null(json_find(plain, "from"));
    ours.from = "r1";
    taking = dossier_body(&d, NODE_CLAIMING, 1000);
    assert_int_equal(json_get_text(taking, "from", &from, NULL), 0);
    assert_string_equal(from, "r1");
}

static void add_step(struct dossier *d, enum step_verb verb, const char *const *args,
                     size_t count)
{
    assert_int_equal(steps_add(&d->decision.steps, verb, args, count, NULL), 0);
}

/* "install" before it is out of service, of less than all steps. */
static void only_what_can_come_ahead_is_asked_for_before_the_drain(void **state)
{
    static const char *const packages[] = {"rdma-core"}, *const modules[] = {"ib_uverbs"};
    struct node_claim ours = {.run = "r2", .controller = "head", .epoch = 1};
    CLEANUP(dossier_clear) struct dossier d = {.fleet_node = &ib1, .claim = &ours};
    CLEANUP(json_done) struct json *body = NULL;
    CLEANUP(steps_clear) struct steps asked = {0};
    const struct json *list;

    (void)state;
    add_step(&d, STEP_MODULES, modules, 1);
    assert_false(dossier_can_stage(&d));
    add_step(&d, STEP_PACKAGES, packages, 1);
    assert_true(dossier_can_stage(&d));
    body = dossier_body(&d, NODE_STAGING, 1000);
    assert_string_equal(dossier_question(&d, NODE_STAGING), "install");
    assert_int_equal(json_get_array(body, "steps", &list, NULL), 0);
    assert_int_equal(steps_decode(list, &asked, NULL), 0);
    assert_int_equal(asked.count, 1);
    assert_int_equal(asked.list[0].verb, STEP_DOWNLOAD);
    assert_string_equal(asked.list[0].args[1], "rdma-core");
}

static void what_cannot_be_staged_fails_it_unless_it_is_only_too_early(void **state)
{
    static const char *const packages[] = {"curl"}, *const fetch[] = {"h", "a.tgz",
                                                                      "http://m/a.tgz"};
    CLEANUP(dossier_clear) struct dossier d = {.fleet_node = &ib1};
    const struct fail tool = {.code = FAIL_NO_TOOL}, hash = {.code = FAIL_HASH};

    (void)state;
    add_step(&d, STEP_PACKAGES, packages, 1);
    add_step(&d, STEP_FETCH, fetch, 3);
    assert_int_equal(dossier_learn(&d, NODE_STAGING, NULL, &hash, 0).event, NODE_EV_FAIL);
    assert_int_equal(dossier_learn(&d, NODE_STAGING, NULL, &tool, 0).event, NODE_EV_OK);
    assert_int_equal(dossier_learn(&d, NODE_INSTALLING, NULL, &tool, 0).event,
                     NODE_EV_FAIL);
}

/* ---- verify ----------------------------------------------------------------------------- */

/* HBv4, all installed; at half its rate or not.  The facts are taken. */
static char *told_at(struct facts *f, double rate_gbps)
{
    struct facts_port *port = &f->hcas[0].ports[0];
    struct json *doc;
    char *text;

    node_set(&f->hostname, "ib1");
    node_set(&f->boot_id, "boot-1");
    node_set(&f->azure->metadata, "ok");
    node_set(&f->hcas[0].node_guid, "0015:5dff:fe33:ff3e");
    port->rate_gbps = rate_gbps;
    port->sm_lid = 1;
    port->pkeys = node_grow(NULL, &port->pkey_count, sizeof *port->pkeys);
    port->pkeys[0] = 0x8001;
    node_add_package(f, "rdma-core");
    node_add_package(f, "ibverbs-providers");
    doc = facts_encode(f);
    text = json_print(doc);
    assert_non_null(text);
    json_free(doc);
    facts_free(f);
    return text;
}

static void whoever_has_all_but_does_not_do_its_work_is_not_there_yet(void **state)
{
    static const struct fleet_node inbox = {.name = "ib1", .driver = FLEET_DRIVER_INBOX},
                                   nothing = {.name = "ib1", .driver = FLEET_DRIVER_NONE};
    CLEANUP(dossier_clear) struct dossier d = {.fleet_node = &inbox};
    CLEANUP(text_done) char *slow = told_at(node_hbv4(), 200);
    CLEANUP(text_done) char *well = told_at(node_hbv4(), 400);
    struct lesson l = hear(&d, NODE_VERIFYING, slow, 0);

    (void)state;
    assert_int_equal(l.event, NODE_EV_NONE);
    assert_int_equal(l.why.code, FAIL_VERIFY);
    assert_string_equal(l.why.text, "mlx5_ib0 port 1: 200 Gb/s, HB176rs_v4 has 400");
    assert_int_equal(hear(&d, NODE_SOAKING, slow, 0).event, NODE_EV_NONE);
    assert_int_equal(hear(&d, NODE_VERIFYING, well, 0).event, NODE_EV_OK);
    d.fleet_node = &nothing;
    assert_int_equal(hear(&d, NODE_VERIFYING, slow, 0).event, NODE_EV_OK);
}

/* Else a node whose cable is at fault would never be back. */
static void what_brings_back_what_was_before_is_not_blamed_for_it(void **state)
{
    static const char *const driver[] = {"doca-ofed", "3.2.1", "h", "f", NODE_KERNEL};
    static const struct fleet_node ours = {.name = "ib1",
                                           .driver = FLEET_DRIVER_DOCA_OFED,
                                           .hold = FLEET_HOLD_NOTHING};
    CLEANUP(dossier_clear) struct dossier d = {.fleet_node = &ours, .went_back = true};
    CLEANUP(text_done) char *slow = told_at(node_hbv4_image(), 200);

    (void)state;
    d.aim.catalog = node_want(ours.driver, NULL).catalog;
    assert_int_equal(steps_add(&d.back.steps, STEP_DRIVER, driver, 5, NULL), 0);
    assert_int_equal(hear(&d, NODE_BACK_PROBING, slow, 0).event, NODE_EV_UP_TO_DATE);
    assert_int_equal(hear(&d, NODE_VERIFYING, slow, 0).event, NODE_EV_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_boot_to_end_is_the_one_in_which_the_install_was_over),
        cmocka_unit_test(without_a_reboot_it_goes_on_to_verify),
        cmocka_unit_test(only_already_proves_that_it_has_booted),
        cmocka_unit_test(a_refused_reboot_is_asked_for_again_but_not_for_ever),
        cmocka_unit_test(garbage_for_facts_is_a_failure_and_leaves_none),
        cmocka_unit_test(a_claim_names_whose_it_takes_over),
        cmocka_unit_test(only_what_can_come_ahead_is_asked_for_before_the_drain),
        cmocka_unit_test(what_cannot_be_staged_fails_it_unless_it_is_only_too_early),
        cmocka_unit_test(whoever_has_all_but_does_not_do_its_work_is_not_there_yet),
        cmocka_unit_test(what_brings_back_what_was_before_is_not_blamed_for_it),
    };

    return cmocka_run_group_tests(tests, node_catalog_read, node_catalog_free);
}
