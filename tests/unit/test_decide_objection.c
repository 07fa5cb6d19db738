/* fakes: decide_node */
/* What speaks against a driver, or against a machine. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/extension_exit.h"
#include "protocol/facts.h"
#include "protocol/scope.h"
#include "tests/fake/decide_node.h"

/* ---- what speaks against it ------------------------------------------------------------------------ */

static void no_device_has_four_reasons(void **state)
{
    static const struct {
        const char *size, *expected;
        bool vmbus, direct;
        int exit;
    } cases[] = {
        {NULL, "no-pass-through", false, false, EXTENSION_NO_HYPER_V},
        {"Standard_HB120rs_v3", "no-pass-through", false, false, EXTENSION_NO_HYPER_V},
        {"Standard_D4s_v5", "size-without-rdma", true, false, EXTENSION_SIZE},
        {"Standard_ND96is_H100_v5", "size-without-rdma", true, false, EXTENSION_SIZE},
        {"Standard_NC8_rtxpro6000bse_v6", "size-without-rdma", true, false,
         EXTENSION_SIZE},
        {"Standard_H16r", "network-direct-only", true, false, EXTENSION_SIZE},
        {NULL, "network-direct-only", true, true, EXTENSION_SIZE},
        {"Standard_HB368rs_v5", "no-hca: size Standard_HB368rs_v5 has 4 HCAs", true,
         false, EXTENSION_NO_DEVICE},
        {"Standard_HB500rs_v9", "no-hca: size Standard_HB500rs_v9 should", true, false,
         EXTENSION_NO_DEVICE},
        {NULL, "no-hca: no RDMA function", true, false, EXTENSION_NO_DEVICE},
    };
    struct decide_want want = node_want(FLEET_DRIVER_AUTO, NULL);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(facts_done) struct facts *f = node_machine(cases[i].size);
        CLEANUP(decision_clear) struct decision d = {0};

        f->platform.vmbus = f->platform.pass_through = cases[i].vmbus;
        f->platform.network_direct = cases[i].direct;
        assert_true(node_says(node_judge_auto(f), cases[i].expected));
        d = node_decide(f, &want);
        assert_int_equal(extension_exit(d.refusal.code), cases[i].exit);
    }
}

static void secure_boot_refuses_unsigned_modules(void **state)
{
    struct facts *f = node_hbv4();

    (void)state;
    f->azure->secure_boot = 1;
    assert_true(node_says(node_judge_auto(f),
                          "refused secure-boot: Secure Boot is on, and the "
                          "modules of doca-ofed are not signed"));
    assert_true(node_says(node_judge_as(f, FLEET_DRIVER_INBOX, NULL), "steps: "));
    f->azure->secure_boot = FACTS_UNKNOWN;
    assert_true(node_says(node_judge_auto(f), "steps: "));
    facts_free(f);
}

static void kernel_headers_that_nobody_has_are_missed_before(void **state)
{
    struct facts *f = node_hbv4();

    (void)state;
    node_set(&f->platform.headers, "missing");
    assert_true(
        node_says(node_judge_auto(f),
                  "refused no-kernel-headers: the headers of kernel " NODE_KERNEL));
    facts_free(f);
}

static void storage_holds_the_modules(void **state)
{
    struct facts *f = node_hbv4();

    (void)state;
    node_add_holder(f, "lustre", "/amlfs");
    assert_true(node_says(node_judge_auto(f),
                          "refused modules-in-use: Lustre uses the RDMA modules "
                          "(/amlfs), and its client must be built anew"));
    node_set(&f->platform.holders[0].kind, "nvme");
    node_set(&f->platform.holders[0].what, "nvme1");
    assert_true(node_says(node_judge_auto(f), "(nvme: nvme1)"));
    facts_free(f);
    f = node_hbv4_image(); /* where nothing changes, it may hold them */
    node_add_holder(f, "lustre", "/amlfs");
    assert_string_equal(node_judge_auto(f), "fine: up to date");
    facts_free(f);
}

static void a_pending_event_is_waited_for(void **state)
{
    static const char *const types[] = {"Reboot", "Redeploy", "Freeze", "Preempt",
                                        "Terminate"};

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        CLEANUP(facts_done) struct facts *f = node_hbv4();

        node_add_event(f, types[i], "Mon, 11 Apr 2022 22:26:58 GMT");
        assert_true(node_says(node_judge_auto(f), "refused scheduled-event: "));
        assert_true(node_says(node_judge_auto(f), types[i]));
        assert_true(node_says(node_judge_auto(f), "Mon, 11 Apr 2022 22:26:58 GMT"));
    }
}

/* An inbox node that would reboot, and one that would not. */
static void an_event_speaks_against_a_reboot(void **state)
{
    struct decide_want want = node_want(FLEET_DRIVER_INBOX, NULL);
    struct facts *f = node_hbv4();

    (void)state;
    node_add_event(f, "Freeze", NULL);
    assert_true(
        node_says(node_judge(f, &want), "(Freeze, at any moment), which a reboot "));
    want.reboot = FLEET_REBOOT_NEVER;
    assert_true(node_says(node_judge(f, &want), "steps: packages"));
    facts_free(f);
}

static void microsofts_extension_is_not_fought_with(void **state)
{
    struct facts *f = node_hbv4();

    (void)state;
    node_set(&f->platform.vm_extension,
             "/var/lib/waagent/Microsoft.HpcCompute.InfiniBandDriverLinux-1.2.1");
    assert_true(node_says(node_judge_auto(f), "refused other-extension: "));
    assert_true(node_says(node_judge_auto(f), "InfiniBandDriverLinux-1.2.1"));
    assert_true(node_says(node_judge_as(f, FLEET_DRIVER_INBOX, NULL), "steps: "));
    facts_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_device_has_four_reasons),
        cmocka_unit_test(secure_boot_refuses_unsigned_modules),
        cmocka_unit_test(kernel_headers_that_nobody_has_are_missed_before),
        cmocka_unit_test(storage_holds_the_modules),
        cmocka_unit_test(a_pending_event_is_waited_for),
        cmocka_unit_test(an_event_speaks_against_a_reboot),
        cmocka_unit_test(microsofts_extension_is_not_fought_with),
    };

    return cmocka_run_group_tests(tests, node_catalog_read, node_catalog_free);
}
