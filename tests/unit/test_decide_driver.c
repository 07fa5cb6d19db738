/* fakes: decide_node */
/* Which driver, and the steps to it; without one, test_decide. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/facts.h"
#include "protocol/scope.h"
#include "tests/fake/decide_node.h"

static void assert_auto(struct facts *f, const char *expected)
{
    assert_string_equal(node_judge_auto(f), expected);
    facts_free(f);
}

/* ---- what the catalog has ------------------------------------------------------------------ */

static void auto_installs_what_the_catalog_prefers(void **state)
{
    (void)state;
    assert_auto(node_hbv4(),
                "steps: packages gcc make perl dkms; fetch "
                "doca-host_3.2.1-044000-25.10-ubuntu2204_amd64.deb; install doca-ofed "
                "3.2.1; DKMS for " NODE_KERNEL
                " mlnx-ofed-kernel; initramfs of " NODE_KERNEL "; reboot");
}

static void a_driver_that_does_is_never_exchanged(void **state)
{
    struct facts *f = node_hbv4_image();

    (void)state;
    assert_string_equal(node_judge_auto(f), "fine: up to date");
    node_set_driver(f, "mlnx-ofed", "5.8-2.0.3.0");
    assert_string_equal(node_judge_auto(f), "fine: up to date");
    node_set_driver(f, "mlnx-ofed", "99.1-1"); /* newer than any that the catalog has */
    assert_string_equal(node_judge_auto(f), "fine: up to date");
    facts_free(f);
}

static void a_driver_too_old_for_the_nic_is_exchanged(void **state)
{
    struct facts *f = node_hbv4_image();

    (void)state;
    node_set_driver(f, "mlnx-ofed", "5.5-1.0.3.2"); /* which shows NDR as SDR */
    assert_true(node_says(node_judge_auto(f),
                          "; remove mlnx-ofed 5.5-1.0.3.2; install doca-ofed "
                          "3.2.1; "));
    facts_free(f);
}

static void nothing_is_taken_out_before_all_is_there(void **state)
{
    struct facts *f = node_hbv4_image();
    const char *text;

    (void)state;
    node_set_driver(f, "mlnx-ofed", "5.5-1.0.3.2");
    text = node_judge_auto(f);
    assert_true(strstr(text, "packages ") < strstr(text, "fetch "));
    assert_true(strstr(text, "fetch ") < strstr(text, "remove "));
    assert_true(strstr(text, "remove ") < strstr(text, "install "));
    facts_free(f);
}

static void what_nobody_serves_has_its_code(void **state)
{
    struct facts *f = node_hbv4();

    (void)state;
    node_set(&f->os.version_id, "23.10");
    assert_true(node_says(node_judge_auto(f),
                          "refused distribution-not-served: the catalog has no "
                          "ubuntu 23.10 for ConnectX-7"));
    node_set(&f->os.version_id, "22.04");
    node_set(&f->os.machine, "riscv64");
    assert_true(node_says(node_judge_auto(f), "refused distribution-not-served: "));
    node_set(&f->os.machine, "x86_64");
    assert_true(node_says(node_judge_as(f, FLEET_DRIVER_DOCA_OFED, "9.9"),
                          "refused driver-not-served: the catalog has no doca-ofed 9.9"));
    node_set(&f->platform.nics[0].family, "ConnectX-3 Pro");
    node_set(&f->os.version_id, "20.04");
    assert_true(
        node_says(node_judge_auto(f),
                  "refused kernel-not-served: the catalog has no kernel " NODE_KERNEL));
    facts_free(f);
}

static void a_driver_without_a_hash_must_be_pinned(void **state)
{
    struct facts *f = node_hbv4();

    (void)state;
    node_set(&f->platform.nics[0].family, "ConnectX-6");
    node_set(&f->os.version_id, "16.04");
    assert_true(node_says(node_judge_auto(f), "refused hash-not-pinned: "));
    facts_free(f);
}

static void a_nic_that_nothing_names_is_told(void **state)
{
    struct facts *f = node_hbv4();

    (void)state;
    node_set(&f->platform.nics[0].family, NULL);
    node_set(&f->size, NULL);
    assert_true(node_says(node_judge_auto(f),
                          "refused driver-not-served: nothing tells what NIC "
                          "0101:00:00.0 is (15b3:101e)"));
    node_set(&f->size, "Standard_HB176rs_v4"); /* the size does */
    assert_true(node_says(node_judge_auto(f), "install doca-ofed"));
    facts_free(f);
}

static void soft_roce_is_served_by_the_kernel(void **state)
{
    struct decide_want want = node_want(FLEET_DRIVER_AUTO, NULL);
    struct facts *f = node_machine(NULL);

    (void)state;
    want.rxe = "eth1";
    f->netdevs = node_grow(f->netdevs, &f->netdev_count, sizeof *f->netdevs);
    node_set(&f->netdevs[0].name, "eth1");
    f->netdevs[0].up = true;
    node_add_name(&f->modules, &f->module_count, "rdma_rxe");
    assert_string_equal(node_judge(f, &want),
                        "steps: packages rdma-core ibverbs-providers; "
                        "Soft-RoCE on eth1; reboot");
    facts_free(f);
}

/* ---- what is wanted ------------------------------------------------------------------------- */

static void a_version_that_is_there_needs_no_catalog(void **state)
{
    struct facts *f = node_hbv4_image();

    (void)state;
    node_set_driver(f, "mlnx-ofed", "23.10-0.5.5.0"); /* in no row */
    assert_string_equal(node_judge_as(f, FLEET_DRIVER_MLNX_OFED, "23.10-0.5.5.0"),
                        "fine: up to date");
    facts_free(f);
}

static void a_packages_version_goes_on_where_the_catalogs_ends(void **state)
{
    struct facts *f = node_hbv4_image();

    (void)state;
    assert_string_equal(node_judge_as(f, FLEET_DRIVER_DOCA_OFED, "3.2.1"),
                        "fine: up to date");
    node_set(&f->platform.driver_version, "3.2.10-044000");
    assert_true(node_says(node_judge_as(f, FLEET_DRIVER_DOCA_OFED, "3.2.1"),
                          "remove doca-ofed 3.2.10-044000; install doca-ofed 3.2.1"));
    facts_free(f);
}

/* ofed_info says 25.10-1.2.8 of DOCA 3.2.1, and the bundle's name has both. */
static void doca_is_known_by_the_ofed_in_it(void **state)
{
    struct facts *f = node_hbv4_image();

    (void)state;
    node_set(&f->platform.image_driver, NULL);
    node_set(&f->platform.driver_version, "25.10-1.2.8");
    assert_string_equal(node_judge_as(f, FLEET_DRIVER_DOCA_OFED, "3.2.1"),
                        "fine: up to date");
    assert_string_equal(node_judge_as(f, FLEET_DRIVER_DOCA_OFED, NULL),
                        "fine: up to date");
    node_set(&f->platform.driver_version, "24.07-0.6.1");
    assert_true(node_says(node_judge_as(f, FLEET_DRIVER_DOCA_OFED, NULL),
                          "install doca-ofed 3.2.1"));
    facts_free(f);
}

static void without_a_version_nothing_is_downgraded(void **state)
{
    struct facts *f = node_hbv4_image();

    (void)state;
    node_set(&f->platform.driver_version, "3.2.2-035000"); /* the catalog prefers 3.2.1 */
    assert_string_equal(node_judge_as(f, FLEET_DRIVER_DOCA_OFED, NULL),
                        "fine: up to date");
    node_set(&f->platform.driver_version, "2.8.0-204000");
    assert_true(node_says(node_judge_as(f, FLEET_DRIVER_DOCA_OFED, NULL),
                          "remove doca-ofed 2.8.0-204000; install doca-ofed 3.2.1"));
    facts_free(f);
}

static void inbox_takes_no_driver_away(void **state)
{
    struct facts *f = node_hbv4_image();

    (void)state;
    assert_string_equal(
        node_judge_as(f, FLEET_DRIVER_INBOX, NULL),
        "refused driver-not-served: doca-ofed 3.2.1-044000 is installed, and the "
        "wish is inbox: driver = auto keeps it, --remove takes it out");
    facts_free(f);
}

static void the_way_back_to_inbox_takes_the_vendors_out(void **state)
{
    struct decide_want want = node_want(FLEET_DRIVER_INBOX, NULL);
    struct facts *f = node_hbv4_image();

    (void)state;
    want.back = true;
    node_set(&f->platform.earlier, "inbox");
    node_add_package(f, "rdma-core"); /* the vendor's, which goes with it */
    assert_string_equal(node_judge(f, &want),
                        "steps: remove doca-ofed 3.2.1-044000; packages rdma-core "
                        "ibverbs-providers; initramfs of " NODE_KERNEL "; reboot");
    facts_free(f);
}

static void removing_leaves_the_rest_alone(void **state)
{
    struct decide_want want = node_want(FLEET_DRIVER_NONE, NULL);
    struct facts *f = node_hbv4_image();

    (void)state;
    want.remove = true;
    f->memlock_bytes = 65536;
    assert_string_equal(node_judge(f, &want),
                        "steps: remove doca-ofed 3.2.1-044000; initramfs "
                        "of " NODE_KERNEL "; reboot");
    f->azure->secure_boot = 1;
    node_set(&f->platform.headers, "missing");
    assert_true(node_says(node_judge(f, &want), "steps: remove"));
    node_set_driver(f, "inbox", NULL);
    assert_string_equal(node_judge(f, &want), "fine: up to date");
    facts_free(f);
}

static void the_way_back_leads_to_what_was_there(void **state)
{
    struct decide_want want = node_want(FLEET_DRIVER_AUTO, NULL);
    struct facts *f = node_hbv4_image();

    (void)state;
    want.back = true;
    assert_true(node_says(node_judge(f, &want), "refused nothing-to-roll-back: "));
    node_set(&f->platform.earlier, "inbox");
    assert_true(node_says(node_judge(f, &want),
                          "steps: remove doca-ofed 3.2.1-044000; packages"));
    node_set(&f->platform.earlier, "mlnx-ofed 24.01-0.3.3.1");
    assert_true(node_says(node_judge(f, &want),
                          "remove doca-ofed 3.2.1-044000; install mlnx-ofed "
                          "24.01-0.3.3.1; "));
    node_set(&f->platform.earlier, "doca-ofed 3.2.1"); /* it is there again */
    assert_string_equal(node_judge(f, &want), "fine: up to date");
    facts_free(f);
}

static void mana_is_left_to_the_kernel(void **state)
{
    struct facts *f = node_hbv4();

    (void)state;
    node_add_nic(f, "7870:00:00.0", "MANA", "ethernet");
    assert_true(node_says(node_judge_as(f, FLEET_DRIVER_DOCA_OFED, NULL),
                          "refused mana-needs-inbox: "));
    assert_string_equal(node_judge_auto(f),
                        "steps: packages rdma-core ibverbs-providers; reboot");
    facts_free(f);
}

/* ---- a kernel that is newer than the driver --------------------------------------------------- */

static void dkms_builds_for_a_new_kernel(void **state)
{
    struct facts *f = node_hbv4_image();

    (void)state;
    node_set(&f->platform.dkms[0].state, "added");
    node_set(&f->platform.headers, "offered");
    assert_string_equal(node_judge_auto(f),
                        "steps: packages linux-headers-" NODE_KERNEL
                        " gcc make perl dkms; DKMS "
                        "for " NODE_KERNEL " mlnx-ofed-kernel; initramfs of " NODE_KERNEL
                        "; reboot");
    node_add_dkms(f, "mlnx-ofed-kernel", "25.11",
                  "installed"); /* the newer version is in */
    assert_string_equal(node_judge_auto(f), "fine: up to date");
    facts_free(f);
}

static void dkms_builds_what_others_build_on_first(void **state)
{
    struct facts *f = node_hbv4_image();

    (void)state;
    node_set(&f->platform.dkms[0].module, "iser"); /* as their folders are sorted */
    node_set(&f->platform.dkms[0].state, "added");
    node_set(&f->platform.dkms[1].module, "mlnx-ofed-kernel");
    node_set(&f->platform.dkms[1].state, "failed");
    assert_true(
        node_says(node_judge_auto(f), "DKMS for " NODE_KERNEL " mlnx-ofed-kernel iser;"));
    facts_free(f);
}

static void without_dkms_it_is_put_in_again(void **state)
{
    struct facts *f = node_hbv4();

    (void)state;
    node_set_driver(f, "mlnx-ofed", "24.01-0.3.3.1");
    assert_true(node_says(node_judge_auto(f),
                          "remove mlnx-ofed 24.01-0.3.3.1; install mlnx-ofed "
                          "24.01-0.3.3.1"));
    node_set(&f->platform.driver_module, "extra/mlnx-ofa_kernel/mlx5_ib.ko");
    assert_string_equal(node_judge_auto(f), "fine: up to date");
    facts_free(f);
}

/* ---- the steps ---------------------------------------------------------------------------------- */

static void assert_fetched(const struct facts *f, const char *mirror, const char *url)
{
    struct decide_want want = node_want(FLEET_DRIVER_AUTO, NULL);
    CLEANUP(decision_clear) struct decision d = {0};
    const struct step *fetch;

    want.mirror = mirror;
    want.proxy = "http://10.0.0.9:3128";
    d = node_decide(f, &want);
    fetch = node_find_step(&d, STEP_FETCH);
    assert_int_equal(fetch->arg_count, 4);
    assert_int_equal(strlen(fetch->args[0]), 64);
    assert_string_equal(fetch->args[1],
                        "doca-host_3.2.1-044000-25.10-ubuntu2204_amd64.deb");
    assert_string_equal(fetch->args[2], url);
    assert_string_equal(fetch->args[3], "http://10.0.0.9:3128");
}

#define DEB "doca-host_3.2.1-044000-25.10-ubuntu2204_amd64.deb"

static void a_mirror_stands_for_the_vendors_site(void **state)
{
    CLEANUP(facts_done) struct facts *f = node_hbv4();

    (void)state;
    assert_fetched(f, NULL,
                   "https://www.mellanox.com/downloads/DOCA/DOCA_v3.2.1/host/" DEB);
    assert_fetched(f, "http://10.0.0.4/ib/", "http://10.0.0.4/ib/" DEB);
    assert_fetched(f, "https://x.blob.example/ib?sig=a%2F",
                   "https://x.blob.example/ib/" DEB "?sig=a%2F");
}

static void the_installer_gets_kernel_and_flags(void **state)
{
    struct decide_want want = node_want(FLEET_DRIVER_MLNX_OFED, "24.01-0.3.3.1");
    CLEANUP(facts_done) struct facts *f = node_hbv4();
    CLEANUP(decision_clear) struct decision d = node_decide(f, &want);
    const struct step *driver = node_find_step(&d, STEP_DRIVER);

    (void)state;
    assert_string_equal(driver->args[0], "mlnx-ofed");
    assert_string_equal(driver->args[1], "24.01-0.3.3.1");
    assert_string_equal(driver->args[3],
                        "MLNX_OFED_LINUX-24.01-0.3.3.1-ubuntu22.04-x86_64.tgz");
    assert_string_equal(driver->args[4], NODE_KERNEL);
    assert_string_equal(driver->args[5], "--add-kernel-support");
}

static void without_a_reboot_the_driver_is_restarted(void **state)
{
    struct decide_want want = node_want(FLEET_DRIVER_AUTO, NULL);
    struct facts *f = node_hbv4();

    (void)state;
    want.reboot = FLEET_REBOOT_NEVER;
    assert_true(node_says(node_judge(f, &want), "; restart doca-ofed; no reboot"));
    facts_free(f);
}

/* Beside a driver that is loaded, no module of another can be. */
static void modules_are_loaded_where_all_are_of_one_driver(void **state)
{
    struct decide_want want = node_want(FLEET_DRIVER_AUTO, NULL);
    struct facts *f = node_hbv4();

    (void)state;
    node_set(&f->modules[4], "ib_other"); /* in the place of ib_ipoib */
    node_add_name(&f->modules_available, &f->module_available_count, "ib_ipoib");
    assert_true(node_says(node_judge(f, &want), "; modules ib_ipoib; install doca-ofed"));
    want.reboot = FLEET_REBOOT_NEVER;
    assert_true(node_says(node_judge(f, &want),
                          "; restart doca-ofed; modules ib_ipoib; no reboot"));
    node_set(&f->modules_available[0], "ib_none"); /* only the new driver has it */
    assert_true(node_says(node_judge(f, &want),
                          "; restart doca-ofed; modules ib_ipoib; no reboot"));
    want.reboot = FLEET_REBOOT_AUTO;
    assert_null(strstr(node_judge(f, &want), "modules"));
    facts_free(f);
}

static void what_is_kept_is_asked_for_once(void **state)
{
    struct decide_want want = node_want(FLEET_DRIVER_AUTO, NULL);
    struct facts *f = node_hbv4_image();

    (void)state;
    want.hold = FLEET_HOLD_KERNEL;
    want.names = want.ipoib = true;
    node_add_ipoib(f, "00:15:5d:33:ff:10", "172.16.1.2");
    assert_string_equal(node_judge(f, &want),
                        "steps: names of RDMA devices kept; IPoIB; hold "
                        "driver kernel; no reboot");
    f->platform.names_kept = f->platform.ipoib[0].kept = true;
    node_set(&f->platform.held, "driver");
    assert_string_equal(node_judge(f, &want), "steps: hold driver kernel; no reboot");
    node_set(&f->platform.held, "driver kernel");
    assert_string_equal(node_judge(f, &want), "fine: up to date");
    facts_free(f);
}

static void enterprise_linux_builds_with_its_own_packages(void **state)
{
    struct facts *f = node_hbv4();

    (void)state;
    node_set(&f->os.id, "almalinux");
    node_set(&f->os.version_id, "9.4");
    node_set(&f->os.packages, "dnf");
    node_set(&f->os.kernel, "5.14.0-427.42.1.el9_4.x86_64");
    node_set(&f->platform.headers, NULL);
    assert_true(node_says(node_judge_auto(f),
                          "packages kernel-devel-5.14.0-427.42.1.el9_4.x86_64 "
                          "gcc"));
    assert_true(
        node_says(node_judge_auto(f), " dkms; fetch doca-host-3.2.2-035000_25.10_rhel9"));
    assert_true(node_says(node_judge_auto(f), "DKMS for 5.14.0-427.42.1.el9_4.x86_64 "
                                              "mlnx-ofa_kernel;"));
    facts_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auto_installs_what_the_catalog_prefers),
        cmocka_unit_test(a_driver_that_does_is_never_exchanged),
        cmocka_unit_test(a_driver_too_old_for_the_nic_is_exchanged),
        cmocka_unit_test(nothing_is_taken_out_before_all_is_there),
        cmocka_unit_test(what_nobody_serves_has_its_code),
        cmocka_unit_test(a_driver_without_a_hash_must_be_pinned),
        cmocka_unit_test(a_nic_that_nothing_names_is_told),
        cmocka_unit_test(soft_roce_is_served_by_the_kernel),
        cmocka_unit_test(a_version_that_is_there_needs_no_catalog),
        cmocka_unit_test(a_packages_version_goes_on_where_the_catalogs_ends),
        cmocka_unit_test(doca_is_known_by_the_ofed_in_it),
        cmocka_unit_test(without_a_version_nothing_is_downgraded),
        cmocka_unit_test(inbox_takes_no_driver_away),
        cmocka_unit_test(the_way_back_to_inbox_takes_the_vendors_out),
        cmocka_unit_test(removing_leaves_the_rest_alone),
        cmocka_unit_test(the_way_back_leads_to_what_was_there),
        cmocka_unit_test(mana_is_left_to_the_kernel),
        cmocka_unit_test(dkms_builds_for_a_new_kernel),
        cmocka_unit_test(dkms_builds_what_others_build_on_first),
        cmocka_unit_test(without_dkms_it_is_put_in_again),
        cmocka_unit_test(a_mirror_stands_for_the_vendors_site),
        cmocka_unit_test(the_installer_gets_kernel_and_flags),
        cmocka_unit_test(without_a_reboot_the_driver_is_restarted),
        cmocka_unit_test(modules_are_loaded_where_all_are_of_one_driver),
        cmocka_unit_test(what_is_kept_is_asked_for_once),
        cmocka_unit_test(enterprise_linux_builds_with_its_own_packages),
    };

    return cmocka_run_group_tests(tests, node_catalog_read, node_catalog_free);
}
