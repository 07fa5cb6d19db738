#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "inventory/catalog.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static struct catalog *catalog;

static int read_catalog(void **state)
{
    (void)state;
    return catalog_builtin(&catalog, NULL);
}

static int forget_catalog(void **state)
{
    (void)state;
    catalog_free(catalog);
    return 0;
}

/* The row's name, or what is said instead. */
static const char *ask(const struct catalog_question *q)
{
    static struct fail why;
    const struct catalog_row *row = NULL;

    return catalog_choose(catalog, q, &row, &why) == CATALOG_SERVED ? row->name
                                                                    : why.text;
}

static const char *ask_for(const char *family, const char *id, const char *version,
                           const char *arch, const char *kernel)
{
    struct catalog_question q = {
        .family = family, .id = id, .version = version, .arch = arch, .kernel = kernel};

    return ask(&q);
}

/* One line for each distribution; ConnectX-3 Pro, 4, 5, 6, 7 and 8.  A dash: not served
 * for that NIC.
 */
/* clang-format off */
#define ALL(row) "-", row, row, row, row, "-"
#define ALL_AND_8(row) "-", row, row, row, row, row
static const struct {
    const char *id, *version, *arch, *kernel;
    const char *rows[6];
} table[] = {
    {"ubuntu", "16.04", "x86_64", "4.15.0-1113-azure", {
        "mlnx-ofed-4.9-4.1.7.0-ubuntu16.04", "-", "mlnx-ofed-5.5-1.0.3.2-ubuntu16.04",
        "mlnx-ofed-5.5-1.0.3.2-ubuntu16.04", "-", "-"}},
    {"ubuntu", "18.04", "x86_64", "5.4.0-1109-azure", {
        "mlnx-ofed-4.9-6.0.6.0-ubuntu18.04", "mlnx-ofed-23.04-1.1.3.0-ubuntu18.04",
        "mlnx-ofed-23.04-1.1.3.0-ubuntu18.04", "mlnx-ofed-23.04-1.1.3.0-ubuntu18.04",
        "mlnx-ofed-23.04-1.1.3.0-ubuntu18.04", "-"}},
    {"ubuntu", "20.04", "x86_64", "5.4.0-1109-azure", {
        "mlnx-ofed-4.9-6.0.6.0-ubuntu20.04", "doca-2.10.0-ubuntu20.04-x86_64",
        "doca-2.10.0-ubuntu20.04-x86_64", "doca-2.10.0-ubuntu20.04-x86_64",
        "doca-2.10.0-ubuntu20.04-x86_64", "-"}},
    {"ubuntu", "22.04", "x86_64", "5.15.0-1089-azure", {
        "-", "doca-3.2.1-ubuntu22.04-x86_64", "doca-3.2.1-ubuntu22.04-x86_64",
        "doca-3.2.1-ubuntu22.04-x86_64", "doca-3.2.1-ubuntu22.04-x86_64",
        "doca-3.2.1-ubuntu22.04-x86_64"}},
    {"ubuntu", "22.04", "aarch64", "5.15.0-1089-azure", {
        "-", "inbox-ubuntu22.04-aarch64", "inbox-ubuntu22.04-aarch64",
        "inbox-ubuntu22.04-aarch64", "inbox-ubuntu22.04-aarch64", "-"}},
    {"ubuntu", "24.04", "x86_64", "6.8.0-1030-azure", {
        "-", "doca-3.2.3-ubuntu24.04-x86_64", "doca-3.2.3-ubuntu24.04-x86_64",
        "doca-3.2.3-ubuntu24.04-x86_64", "doca-3.2.3-ubuntu24.04-x86_64",
        "doca-3.2.3-ubuntu24.04-x86_64"}},
    {"ubuntu", "24.04", "aarch64", "6.8.0-1030-azure-nvidia", {
        "-", "doca-3.2.2-ubuntu24.04-aarch64", "doca-3.2.2-ubuntu24.04-aarch64",
        "doca-3.2.2-ubuntu24.04-aarch64", "doca-3.2.2-ubuntu24.04-aarch64",
        "doca-3.2.2-ubuntu24.04-aarch64"}},
#define EL_EXTENSION(v) \
        "mlnx-ofed-4.9-4.1.7.0-rhel" v, "-", "mlnx-ofed-5.5-1.0.3.2-rhel" v, \
        "mlnx-ofed-5.5-1.0.3.2-rhel" v, "-", "-"
#define EL_82 \
        "mlnx-ofed-4.9-4.1.7.0-rhel8.2", "mlnx-ofed-5.8-1.1.2.1-rhel8.2", \
        "mlnx-ofed-5.5-1.0.3.2-rhel8.2", "mlnx-ofed-5.5-1.0.3.2-rhel8.2", \
        "mlnx-ofed-5.8-1.1.2.1-rhel8.2", "-"
#define EL_SEEN(v, driver) \
        "mlnx-ofed-4.9-4.1.7.0-rhel" v, "mlnx-ofed-" driver "-rhel" v, \
        "mlnx-ofed-" driver "-rhel" v, "mlnx-ofed-" driver "-rhel" v, "-", "-"
    {"ubuntu", "26.04", "x86_64", "7.0.0-1001-azure", {ALL_AND_8("doca-3.4.0-ubuntu26.04-x86_64")}},
    {"ubuntu", "23.10", "x86_64", "6.5.0-1001-azure", {"-", "-", "-", "-", "-", "-"}},
    {"rhel", "7.4", "x86_64", "3.10.0-693.21.1.el7.x86_64", {EL_EXTENSION("7.4")}},
    {"rhel", "7.5", "x86_64", "3.10.0-862.11.6.el7.x86_64", {EL_EXTENSION("7.5")}},
    {"rhel", "7.6", "x86_64", "3.10.0-957.27.2.el7.x86_64", {EL_SEEN("7.6", "5.4-1.0.3.0")}},
    {"rhel", "7.7", "x86_64", "3.10.0-1062.el7.x86_64", {EL_SEEN("7.7", "5.4-1.0.3.0")}},
    {"rhel", "7.8", "x86_64", "3.10.0-1127.el7.x86_64", {EL_SEEN("7.8", "5.4-1.0.3.0")}},
    {"rhel", "7.9", "x86_64", "3.10.0-1160.el7.x86_64", {EL_SEEN("7.9", "5.4-3.0.0.0")}},
    {"rhel", "8.1", "x86_64", "4.18.0-147.el8.x86_64", {EL_SEEN("8.1", "5.4-1.0.3.0")}},
    {"rhel", "8.2", "x86_64", "4.18.0-193.el8.x86_64", {EL_82}},
    {"centos", "7.4", "x86_64", "3.10.0-693.21.1.el7.x86_64", {EL_EXTENSION("7.4")}},
    {"centos", "7.5", "x86_64", "3.10.0-862.11.6.el7.x86_64", {EL_EXTENSION("7.5")}},
    {"centos", "7.6", "x86_64", "3.10.0-957.27.2.el7.x86_64", {EL_SEEN("7.6", "5.4-1.0.3.0")}},
    {"centos", "7.7", "x86_64", "3.10.0-1062.el7.x86_64", {EL_SEEN("7.7", "5.4-1.0.3.0")}},
    {"centos", "7.8", "x86_64", "3.10.0-1127.el7.x86_64", {EL_SEEN("7.8", "5.4-1.0.3.0")}},
    {"centos", "7.9", "x86_64", "3.10.0-1160.el7.x86_64", {EL_SEEN("7.9", "5.4-3.0.0.0")}},
    {"centos", "8.1", "x86_64", "4.18.0-147.el8.x86_64", {EL_SEEN("8.1", "5.4-1.0.3.0")}},
    {"centos", "8.2", "x86_64", "4.18.0-193.el8.x86_64", {EL_82}},
    {"rhel", "8.4", "x86_64", "4.18.0-305.el8.x86_64", {ALL("mlnx-ofed-5.8-1.1.2.1-rhel8.4")}},
    {"rocky", "8.5", "x86_64", "4.18.0-348.el8.x86_64", {ALL("mlnx-ofed-5.8-1.1.2.1-rhel8.5")}},
    {"almalinux", "8.6", "x86_64", "4.18.0-372.el8.x86_64", {ALL("mlnx-ofed-5.8-1.0.1.1-rhel8.6")}},
    {"almalinux", "8.7", "x86_64", "4.18.0-425.el8.x86_64", {ALL("doca-2.8.0-rhel8.7-x86_64")}},
    {"almalinux", "8.10", "x86_64", "4.18.0-553.el8.x86_64", {ALL_AND_8("doca-3.2.1-almalinux8.10-x86_64")}},
    {"rocky", "8.10", "x86_64", "4.18.0-553.el8.x86_64", {ALL_AND_8("doca-3.2.1-almalinux8.10-x86_64")}},
    {"rhel", "8.10", "x86_64", "4.18.0-553.el8.x86_64", {
        "-", "doca-2.8.0-rhel8.10-x86_64", "doca-2.8.0-rhel8.10-x86_64",
        "doca-2.8.0-rhel8.10-x86_64", "doca-2.8.0-rhel8.10-x86_64",
        "doca-3.2.1-almalinux8.10-x86_64"}},
    {"almalinux", "9.6", "x86_64", "5.14.0-570.el9.x86_64", {ALL_AND_8("doca-3.2.2-almalinux9-x86_64")}},
    {"rocky", "9.8", "x86_64", "5.14.0-687.el9.x86_64", {ALL_AND_8("doca-3.2.2-almalinux9-x86_64")}},
    {"rhel", "9.4", "x86_64", "5.14.0-427.el9.x86_64", {ALL_AND_8("doca-3.2.2-almalinux9-x86_64")}},
    {"rhel", "9.4", "aarch64", "5.14.0-427.el9.aarch64", {ALL("inbox-el9-aarch64")}},
    {"sles", "15.3", "x86_64", "5.3.18-150300.59-azure", {ALL("mlnx-ofed-5.6-1.0.3.3-sles15sp3")}},
    {"sles", "15.4", "x86_64", "5.14.21-150400.14-azure", {ALL("inbox-sles15.4-x86_64")}},
    {"sles", "15.6", "x86_64", "6.4.0-150600.8-azure", {ALL("inbox-sles15.4-x86_64")}},
    {"sle_hpc", "15.5", "x86_64", "5.14.21-150500.33-azure", {ALL("inbox-sles15.4-x86_64")}},
    {"azurelinux", "3.0", "x86_64", "6.6.96.2-1.azl3", {ALL_AND_8("doca-3.2.1-azurelinux3.0-x86_64")}},
    {"azurelinux", "3.0", "aarch64", "6.6.96.2-1.azl3", {ALL("inbox-azurelinux3.0-aarch64")}},
};
/* clang-format on */

static void every_distribution_has_its_driver_for_every_nic(void **state)
{
    static const char *const families[] = {"ConnectX-3 Pro", "ConnectX-4", "ConnectX-5",
                                           "ConnectX-6",     "ConnectX-7", "ConnectX-8"};

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (size_t f = 0; f < 6; f++) {
            const char *said = ask_for(families[f], table[i].id, table[i].version,
                                       table[i].arch, table[i].kernel);

            if (*table[i].rows[f] == '-' ? strncmp(said, "the catalog has no ", 19) != 0
                                         : strcmp(said, table[i].rows[f]) != 0)
                fail_msg("%s %s %s %s: %s", families[f], table[i].id, table[i].version,
                         table[i].arch, said);
        }
    }
}

static void no_row_is_there_for_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < catalog_count(catalog); i++) {
        const struct catalog_row *row = catalog_row(catalog, i);
        struct catalog_question q = {.id = row->distributions[0],
                                     .version = row->from ? row->from : "1",
                                     .arch = row->arch,
                                     .kernel = "5.5",
                                     .method = row->method,
                                     .driver = row->version};
        static const char *const families[] = {"CX3-Pro", "CX4",  "CX5", "CX6", "CX7",
                                               "CX8",     "MANA", "ND",  "rxe"};
        bool is_found = false;

        if (strcmp(q.id, "*") == 0)
            q.id = "anything";
        for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
            q.family = families[f];
            is_found |= strcmp(ask(&q), row->name) == 0;
        }
        if (!is_found)
            fail_msg("%s is never chosen", row->name);
    }
}

static void a_kernel_at_the_border_is_on_the_right_side(void **state)
{
    static const char *const served[] = {"5.4.0-1109-azure", "5.5.19", "5.5.999-1-azure",
                                         "4.15.0"};
    static const char *const refused[] = {"5.6",       "5.6.0",
                                          "5.6.0-rc1", "5.15.0-1089-azure",
                                          "6.1",       ""};

    (void)state;
    for (size_t i = 0; i < sizeof served / sizeof *served; i++)
        assert_string_equal(ask_for("ConnectX-3 Pro", "ubuntu", "20.04", "x86_64",
                                    served[i]),
                            "mlnx-ofed-4.9-6.0.6.0-ubuntu20.04");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_non_null(
            strstr(ask_for("ConnectX-3 Pro", "ubuntu", "20.04", "x86_64", refused[i]),
                   "it has mlnx-ofed 4.9-6.0.6.0 for kernels below 5.6"));
    assert_non_null(strstr(ask_for("CX3-Pro", "ubuntu", "20.04", "x86_64", NULL),
                           "kernel (unknown) of ubuntu for CX3-Pro"));
}

static void assert_missed(const struct catalog_question *q, enum catalog_miss expected,
                          const char *said)
{
    const struct catalog_row *row = NULL;
    struct fail why = {.code = FAIL_NONE};
    enum catalog_miss miss = catalog_choose(catalog, q, &row, &why);

    if (miss != expected || strcmp(why.text, said) != 0)
        fail_msg("%d: %s", (int)miss, why.text);
    assert_int_equal(why.code, FAIL_UNSUPPORTED);
    assert_null(row);
}

static void a_refusal_says_what_is_not_served_and_what_is_near(void **state)
{
    struct catalog_question q = {.family = "ConnectX-9",
                                 .id = "ubuntu",
                                 .version = "22.04",
                                 .arch = "x86_64",
                                 .kernel = "5.15.0"};

    (void)state;
    assert_missed(
        &q, CATALOG_NIC,
        "the catalog has no NIC family ConnectX-9; it has ConnectX-3 Pro, "
        "ConnectX-4, ConnectX-5, ConnectX-6, ConnectX-7, ConnectX-8, Soft-RoCE, MANA, "
        "Network Direct");
    q.family = "ConnectX-6";
    q.id = "debian";
    assert_missed(
        &q, CATALOG_DISTRIBUTION,
        "the catalog has no debian for ConnectX-6; it has ubuntu, rhel, centos, "
        "almalinux, rocky, sles, sle_hpc, azurelinux, mariner");
    q.id = "ubuntu";
    q.version = "23.10";
    q.family = "ConnectX-3 Pro";
    assert_missed(&q, CATALOG_VERSION,
                  "the catalog has no ubuntu 23.10 for ConnectX-3 Pro; it has 20.04");
    q.id = "centos";
    q.version = "7";
    assert_missed(&q, CATALOG_VERSION,
                  "the catalog has no centos 7 for ConnectX-3 Pro; it has 7.4");
    q.version = "8.0";
    assert_missed(&q, CATALOG_VERSION,
                  "the catalog has no centos 8.0 for ConnectX-3 Pro; it has 7.9, 8.1");
    q.arch = "riscv64";
    q.version = "8.1";
    assert_missed(&q, CATALOG_ARCH,
                  "the catalog has no riscv64 of centos 8.1 for ConnectX-3 Pro; it has "
                  "x86_64");
    q.arch = "x86_64";
    q.kernel = "4.18.0-147.el8.x86_64";
    q.method = CATALOG_DOCA_OFED;
    q.driver = "3.2.2";
    assert_missed(
        &q, CATALOG_DRIVER,
        "the catalog has no doca-ofed 3.2.2 on centos 8.1 for ConnectX-3 Pro; it "
        "has mlnx-ofed 4.9-4.1.7.0");
    q = (struct catalog_question){.family = NULL};
    assert_int_equal(catalog_choose(catalog, &q, &(const struct catalog_row *){NULL},
                                    NULL),
                     CATALOG_NIC);
}

static void a_driver_that_is_wanted_is_taken_before_the_preferred_one(void **state)
{
    struct catalog_question q = {.family = "CX6",
                                 .id = "ubuntu",
                                 .version = "22.04",
                                 .arch = "x86_64",
                                 .kernel = "5.15.0-1089-azure"};

    (void)state;
    q.method = CATALOG_INBOX;
    assert_string_equal(ask(&q), "inbox-ubuntu22.04-x86_64");
    q.method = CATALOG_DOCA_OFED;
    q.driver = "3.2.2";
    assert_string_equal(ask(&q), "doca-3.2.2-ubuntu22.04-x86_64");
    q.method = CATALOG_MLNX_OFED;
    q.driver = NULL;
    assert_string_equal(ask(&q), "mlnx-ofed-24.01-0.3.3.1-ubuntu22.04");
}

static void a_clone_is_taken_for_what_it_is_like(void **state)
{
    struct catalog_question q = {.family = "CX6",
                                 .id = "eurolinux",
                                 .id_like = "rhel fedora centos",
                                 .version = "9.4",
                                 .arch = "x86_64",
                                 .kernel = "5.14.0-427.el9.x86_64"};

    (void)state;
    assert_string_equal(ask(&q), "doca-3.2.2-almalinux9-x86_64");
    q.id_like = "fedora";
    assert_non_null(strstr(ask(&q), "no eurolinux for CX6"));
    q.id_like = "rhel-like xrhel";
    assert_non_null(strstr(ask(&q), "no eurolinux for CX6"));
    q.id_like = NULL;
    assert_non_null(strstr(ask(&q), "no eurolinux for CX6"));
    q.id = "*";
    assert_non_null(strstr(ask(&q), "no * for CX6"));
    /* Its installer looks at the name itself. */
    q.id = "scientific";
    q.id_like = "rhel centos fedora";
    q.version = "7.9";
    assert_non_null(strstr(ask(&q), "no scientific 7.9 for CX6"));
}

static void who_is_listed_is_not_taken_for_another(void **state)
{
    struct catalog_question q = {.family = "CX6",
                                 .id = "centos",
                                 .id_like = "rhel fedora",
                                 .version = "8.7",
                                 .arch = "x86_64",
                                 .kernel = "4.18.0-425.el8.x86_64"};

    (void)state;
    assert_non_null(strstr(ask(&q), "no centos 8.7 for CX6"));
    q.id = "navylinux";
    assert_string_equal(ask(&q), "doca-2.8.0-rhel8.7-x86_64");
}

static void where_nothing_is_to_be_installed_the_note_says_why(void **state)
{
    struct catalog_question q = {.family = "MANA",
                                 .id = "ubuntu",
                                 .version = "24.04",
                                 .arch = "x86_64",
                                 .kernel = "6.8.0"};
    const struct catalog_row *row = NULL;

    (void)state;
    assert_int_equal(catalog_choose(catalog, &q, &row, NULL), CATALOG_SERVED);
    assert_int_equal(row->method, CATALOG_NONE);
    assert_non_null(strstr(row->note, "mana_ib"));
    q.family = "Network Direct";
    q.id = "debian";
    assert_string_equal(ask(&q), "none-network-direct-x86_64");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_distribution_has_its_driver_for_every_nic),
        cmocka_unit_test(no_row_is_there_for_nothing),
        cmocka_unit_test(a_kernel_at_the_border_is_on_the_right_side),
        cmocka_unit_test(a_refusal_says_what_is_not_served_and_what_is_near),
        cmocka_unit_test(a_driver_that_is_wanted_is_taken_before_the_preferred_one),
        cmocka_unit_test(a_clone_is_taken_for_what_it_is_like),
        cmocka_unit_test(who_is_listed_is_not_taken_for_another),
        cmocka_unit_test(where_nothing_is_to_be_installed_the_note_says_why),
    };

    return cmocka_run_group_tests(tests, read_catalog, forget_catalog);
}
