#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "node-agent/install/exclude.h"
#include "node-agent/install/hold.h"
#include "node-agent/install/holdable.h"
#include "node-agent/install/ipoib.h"
#include "protocol/scope.h"

/* ---- which packages ------------------------------------------------------------------- */

static void the_driver_is_told_by_name_and_by_version(void **state)
{
    (void)state;
    assert_true(
        holdable_is_driver("mlnx-ofed-kernel-dkms", "24.10.OFED.24.10.1.1.4.1-1"));
    assert_true(holdable_is_driver("doca-ofed", "3.2.1-044000"));
    assert_true(holdable_is_driver("rdma-core", "2501mlnx56-1.2501060"));
    assert_true(holdable_is_driver("libibverbs", "2410mlnx54-1.2410068"));
    assert_true(holdable_is_driver("iser-dkms", "25.01.OFED.25.01.0.6.0.1-1"));
    assert_false(holdable_is_driver("rdma-core", "44.0-2"));
    assert_false(holdable_is_driver("bash", "5.2.15-2"));
}

static void the_kernel_is_what_leads_to_the_next_and_the_running_one(void **state)
{
    const char *azure = "5.15.0-1064-azure";

    (void)state;
    assert_true(holdable_is_kernel("linux-azure", azure));
    assert_true(holdable_is_kernel("linux-image-azure", azure));
    assert_true(holdable_is_kernel("linux-image-5.15.0-1064-azure", azure));
    assert_true(holdable_is_kernel("linux-azure-5.15-headers-5.15.0-1064", azure) ||
                holdable_is_kernel("linux-headers-5.15.0-1064-azure", azure));
    assert_false(holdable_is_kernel("linux-image-5.15.0-1063-azure", azure));
    assert_false(holdable_is_kernel("linux-image-5.15.0-10640-azure", azure));
    assert_false(holdable_is_kernel("linux-base", azure));
    assert_true(holdable_is_kernel("linux-image-amd64", "6.1.0-9-amd64"));
    assert_true(holdable_is_kernel("kernel-core", "5.14.0-503.el9.x86_64"));
    assert_true(holdable_is_kernel("kernel-modules-extra", "5.14.0-503.el9.x86_64"));
    assert_true(holdable_is_kernel("kernel-default", "6.4.0-150600.21-default"));
    assert_false(holdable_is_kernel("kernel-headers", "5.14.0-503.el9.x86_64"));
}

/* ---- dnf's and yum's file -------------------------------------------------------------- */

/* What is put in is there, and what comes after taking it out is what was before. */
static void put(const char *before, const char *names, const char *after)
{
    CLEANUP(text_done) char *with = exclude_put(before, "excludepkgs", names);
    CLEANUP(text_done) char *again = exclude_put(with, "excludepkgs", names);
    CLEANUP(text_done) char *without = exclude_remove(with);

    assert_string_equal(with, after);
    assert_string_equal(again, after);
    assert_string_equal(without, before);
}

static void excludes_stand_in_main(void **state)
{
    (void)state;
    put("[main]\ngpgcheck=1\n\n[extra]\nexclude=x\n", "a b",
        "[main]\n# ibfleet hold begins\nexcludepkgs=a b\n# ibfleet hold ends\n"
        "gpgcheck=1\n\n[extra]\nexclude=x\n");
}

static void excludes_that_were_there_go_on_and_come_back(void **state)
{
    (void)state;
    put("[main]\nbest=True\nexclude = opensm* kernel*\ngpgcheck=1\n", "a",
        "[main]\nbest=True\n"
        "# ibfleet hold begins; before: exclude = opensm* kernel*\n"
        "exclude = opensm* kernel* a\n# ibfleet hold ends\ngpgcheck=1\n");
}

static void excludes_on_several_lines_become_one(void **state)
{
    CLEANUP(text_done)
    char *with = exclude_put("[main]\nexclude=a\n  b\n\tc\nx=1\n", "exclude", "d");

    (void)state;
    assert_string_equal(with, "[main]\n# ibfleet hold begins; before: exclude=a b c\n"
                              "exclude=a b c d\n# ibfleet hold ends\nx=1\n");
}

static void a_file_without_main_gets_one(void **state)
{
    CLEANUP(text_done) char *with = exclude_put("", "exclude", "d");

    (void)state;
    assert_string_equal(
        with, "[main]\n# ibfleet hold begins\nexclude=d\n# ibfleet hold ends\n");
}

static void a_comment_that_speaks_of_us_is_not_ours(void **state)
{
    CLEANUP(text_done)
    char *with =
        exclude_put("# see: # ibfleet hold begins\nx=1\n[main]\n", "exclude", "d");

    (void)state;
    assert_true(exclude_has(with, "d"));
    assert_false(exclude_has("# see: # ibfleet hold begins\nx=d\n", "d"));
}

static void only_whole_names_are_excluded(void **state)
{
    CLEANUP(text_done) char *with = exclude_put("[main]\n", "exclude", "mlnx-tools ofed");

    (void)state;
    assert_true(exclude_has(with, "mlnx-tools"));
    assert_true(exclude_has(with, "ofed"));
    assert_false(exclude_has(with, "mlnx"));
    assert_false(exclude_has(with, "tools"));
    assert_false(exclude_has("[main]\nexclude=ofed\n", "ofed"));
}

/* ---- what apt and zypper say ------------------------------------------------------------- */

static void a_hold_is_that_of_the_very_package(void **state)
{
    static const char status[] = "Package: ofed-scripts\nStatus: hold ok installed\n\n"
                                 "Package: mlnx-tools\nStatus: install ok installed\n";
    static const char locks[] = "\ntype: package\nmatch_type: glob\ncase_sensitive: on\n"
                                "solvable_name: mlnx-tools-extra\n\n"
                                "solvable_name: ofed-scripts\n";

    (void)state;
    assert_true(hold_is_in(MANAGER_APT, status, "ofed-scripts"));
    assert_false(hold_is_in(MANAGER_APT, status, "scripts"));
    assert_false(hold_is_in(MANAGER_APT, status, "mlnx-tools"));
    assert_true(hold_is_in(MANAGER_ZYPPER, locks, "ofed-scripts"));
    assert_false(hold_is_in(MANAGER_ZYPPER, locks, "mlnx-tools"));
}

/* ---- IPoIB: an interface and its MAC ------------------------------------------------------ */

static void an_interface_has_the_mac_that_is_in_its_guid(void **state)
{
    const char *hw = "00:00:01:49:fe:80:00:00:00:00:00:00:00:15:5d:ff:fd:33:ff:0b";

    (void)state;
    assert_true(ipoib_is_of(hw, "00:15:5d:33:ff:0b"));
    assert_false(ipoib_is_of(hw, "00:15:5d:33:ff:0c"));
    assert_false(ipoib_is_of(hw, "00:15:5e:33:ff:0b"));
    assert_true(ipoib_is_of("80:00:01:49:fe:80:00:00:00:00:00:00:00:15:5d:ff:fe:33:ff:0b",
                            "00:15:5d:33:ff:0b"));
    assert_false(
        ipoib_is_of("80:00:01:49:fe:80:00:00:00:00:00:00:00:15:5d:00:00:33:ff:0b",
                    "00:15:5d:33:ff:0b"));
    assert_false(ipoib_is_of("00:15:5d:33:ff:0b", "00:15:5d:33:ff:0b"));
    assert_false(ipoib_is_of("", "00:15:5d:33:ff:0b"));
}

static void a_mac_is_spelled_in_one_way(void **state)
{
    (void)state;
    assert_true(ipoib_mac_is_valid("00:15:5d:33:ff:0b"));
    assert_false(ipoib_mac_is_valid("00:15:5D:33:FF:0B"));
    assert_false(ipoib_mac_is_valid("00155d33ff0b"));
    assert_false(ipoib_mac_is_valid("00:15:5d:33:ff:0b:"));
    assert_false(ipoib_mac_is_valid("00:15:5d:33:ff"));
    assert_false(ipoib_mac_is_valid(""));
    assert_false(ipoib_mac_is_valid("00:15:5d:33:*:0bb"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_driver_is_told_by_name_and_by_version),
        cmocka_unit_test(the_kernel_is_what_leads_to_the_next_and_the_running_one),
        cmocka_unit_test(excludes_stand_in_main),
        cmocka_unit_test(excludes_that_were_there_go_on_and_come_back),
        cmocka_unit_test(excludes_on_several_lines_become_one),
        cmocka_unit_test(a_file_without_main_gets_one),
        cmocka_unit_test(a_comment_that_speaks_of_us_is_not_ours),
        cmocka_unit_test(only_whole_names_are_excluded),
        cmocka_unit_test(a_hold_is_that_of_the_very_package),
        cmocka_unit_test(an_interface_has_the_mac_that_is_in_its_guid),
        cmocka_unit_test(a_mac_is_spelled_in_one_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
