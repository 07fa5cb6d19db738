#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-agent/detect/detect.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static struct facts *facts_of(const char *root)
{
    struct facts *f = NULL;
    struct fail why;

    assert_int_equal(detect(root, &f, &why), 0);
    return f;
}

static void an_azure_node_is_told_in_full(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("tests/data/trees/azure-hb");

    (void)state;
    assert_string_equal(f->os.id, "ubuntu");
    assert_string_equal(f->os.id_like, "debian");
    assert_string_equal(f->os.version_id, "22.04");
    assert_string_equal(f->os.kernel, "5.15.0-1064-azure");
    assert_string_equal(f->os.packages, "apt");
    assert_true(f->os.systemd);
    assert_string_equal(f->hostname, "hb120-0");
    assert_string_equal(f->boot_id, "3b0c2c1e-9d1e-4bb4-9a53-0d6b4f1f7a01");
    assert_string_equal(f->hypervisor, "microsoft");
    assert_string_equal(f->physical_host, "GGBB0042117");
    assert_int_equal(f->cpus, 120);
    assert_int_equal(f->memory_bytes, 459809164ULL * 1024);
    assert_int_equal(f->memlock_bytes, UINT64_MAX);
}

static void only_network_functions_are_listed(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("tests/data/trees/azure-hb");

    (void)state;
    assert_int_equal(f->pci_count, 2); /* the NVMe disk is left out */
    assert_string_equal(f->pci[0].address, "0101:00:00.0");
    assert_int_equal(f->pci[0].vendor, 0x15b3);
    assert_int_equal(f->pci[0].device, 0x101c);
    assert_int_equal(f->pci[0].class_code, 0x020700);
    assert_string_equal(f->pci[0].driver, "mlx5_core");
    assert_int_equal(f->pci[0].numa, 0);
}

static void an_hca_is_read_down_to_its_gids(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("tests/data/trees/azure-hb");
    const struct facts_hca *h = &f->hcas[1];
    const struct facts_port *p = &h->ports[0];

    (void)state;
    assert_int_equal(f->hca_count, 2);
    assert_string_equal(h->name, "mlx5_ib0");
    assert_string_equal(h->driver, "mlx5_core");
    assert_string_equal(h->firmware, "20.28.4000");
    assert_string_equal(h->board_id, "MSF0000000012");
    assert_string_equal(h->node_guid, "0015:5dff:fe33:ff3e");
    assert_string_equal(h->pci, "0101:00:00.0");
    assert_string_equal(h->netdev, "ib0");
    assert_int_equal(h->port_count, 1);
    assert_string_equal(p->link_layer, "InfiniBand");
    assert_string_equal(p->state, "ACTIVE");
    assert_string_equal(p->phys_state, "LinkUp");
    assert_true(p->rate_gbps > 199.9 && p->rate_gbps < 200.1);
    assert_string_equal(p->width, "4X HDR");
    assert_int_equal(p->lid, 0x404);
    assert_int_equal(p->sm_lid, 1);
    assert_int_equal(p->pkey_count, 2);
    assert_int_equal(p->pkeys[0], 0x8001);
    assert_int_equal(p->gid_count, 1);
    assert_string_equal(p->gids[0].type, "IB/RoCE v1");
}

static void a_roce_port_keeps_the_index_of_each_gid(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("tests/data/trees/azure-hb");
    const struct facts_port *p = &f->hcas[0].ports[0];

    (void)state;
    assert_string_equal(f->hcas[0].name, "mlx5_an0");
    assert_string_equal(f->hcas[0].netdev, "enP26531s1");
    assert_int_equal(p->gid_count, 2);
    assert_int_equal(p->gids[1].index, 1);
    assert_string_equal(p->gids[1].type, "RoCE v2");
}

static void the_infiniband_port_is_chosen_not_accelerated_networking(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("tests/data/trees/azure-hb");
    const struct facts_port *port = NULL;

    (void)state;
    assert_string_equal(facts_best_hca(f, &port)->name, "mlx5_ib0");
}

static void modules_are_loaded_or_on_disk(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("tests/data/trees/azure-hb");

    (void)state;
    assert_int_equal(f->module_count, 4);
    assert_true(facts_have_module(f, "mlx5_core"));
    assert_false(facts_have_module(f, "hv_netvsc"));
    assert_false(facts_have_module(f, "ib_ipoib"));
    assert_true(facts_can_load(f, "ib_ipoib"));
    assert_false(facts_can_load(f, "sctp"));
}

static void only_installed_rdma_packages_count(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("tests/data/trees/azure-hb");

    (void)state;
    assert_int_equal(f->package_count, 2);
    assert_string_equal(facts_package_version(f, "rdma-core"), "2507mlnx58-1.2507097");
    assert_string_equal(facts_package_version(f, "doca-ofed"), "3.2.1-044000");
    assert_null(facts_package_version(f, "ibverbs-utils")); /* removed, not purged */
}

static void a_bare_node_has_modules_on_disk_and_nothing_else(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("tests/data/trees/bare");
    const struct facts_port *port = NULL;

    (void)state;
    assert_string_equal(f->os.id, "debian");
    assert_string_equal(f->hypervisor, "qemu");
    assert_null(f->physical_host);
    assert_int_equal(f->hca_count, 0);
    assert_int_equal(f->module_count, 0);
    assert_true(facts_can_load(f, "rdma_rxe"));
    assert_true(facts_can_load(f, "ib_core"));  /* ib-core.ko.xz on disk */
    assert_true(facts_can_load(f, "mlx_fake")); /* built in               */
    assert_int_equal(f->package_count, 1);      /* iproute2               */
    assert_int_equal(f->memlock_bytes, 8388608);
    assert_null(f->rxe_kept);
    assert_false(f->memlock_kept);
    assert_null(facts_best_hca(f, &port));
}

static void interfaces_come_in_the_order_of_people(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("tests/data/trees/bare");

    (void)state;
    assert_int_equal(f->netdev_count, 4); /* bonding_masters is no interface */
    assert_string_equal(f->netdevs[1].name, "eth1");
    assert_string_equal(f->netdevs[1].driver, "virtio_net");
    assert_int_equal(f->netdevs[1].mtu, 4500);
    assert_true(f->netdevs[1].up);
    assert_string_equal(f->netdevs[2].name, "eth10");
    assert_string_equal(f->netdevs[3].name, "lo");
    assert_null(f->netdevs[3].driver);
    assert_true(f->netdevs[3].up); /* operstate unknown, with carrier */
}

static void soft_roce_is_recognised_and_what_keeps_it(void **state)
{
    CLEANUP(facts_done) struct facts *f = facts_of("tests/data/trees/soft-roce");
    const struct facts_port *port = NULL;
    const struct facts_hca *h = facts_best_hca(f, &port);

    (void)state;
    assert_non_null(h);
    assert_string_equal(h->name, "rxe0");
    assert_string_equal(h->driver, "rxe");
    assert_string_equal(h->netdev, "eth1");
    assert_null(h->pci);
    assert_int_equal(h->numa, FACTS_UNKNOWN);
    assert_string_equal(f->rxe_kept, "eth1");
    assert_true(f->memlock_kept);
}

static void an_empty_root_still_gives_facts_that_travel(void **state)
{
    char root[] = "/tmp/ibfleet-test-XXXXXX";
    CLEANUP(facts_done) struct facts *f = NULL;
    CLEANUP(facts_done) struct facts *back = NULL;
    CLEANUP(json_done) struct json *doc = NULL;
    struct fail why;

    (void)state;
    assert_non_null(mkdtemp(root));
    f = facts_of(root);
    rmdir(root);
    assert_string_equal(f->boot_id, "unknown");
    assert_string_equal(f->os.id, "linux");
    assert_null(f->os.packages);
    doc = facts_encode(f);
    assert_int_equal(facts_decode(doc, &back, &why), 0);
}

/* What a broken driver may print, where a number or a list is expected. */
static void nonsense_in_sysfs_is_unknown_not_a_crash(void **state)
{
    char root[] = "/tmp/ibfleet-test-XXXXXX", path[256];
    CLEANUP(facts_done) struct facts *f = NULL;
    static const char *const dirs[] = {"sys",
                                       "sys/devices",
                                       "sys/devices/system",
                                       "sys/devices/system/cpu",
                                       "sys/class",
                                       "sys/class/infiniband",
                                       "sys/class/infiniband/x",
                                       "sys/class/infiniband/x/ports",
                                       "sys/class/infiniband/x/ports/1",
                                       "sys/class/infiniband/x/ports/zero"};
    static const char *const files[] = {"sys/devices/system/cpu/online",
                                        "sys/class/infiniband/x/ports/1/rate",
                                        "sys/class/infiniband/x/ports/1/state",
                                        "sys/class/infiniband/x/ports/1/lid"};
    char command[320];

    (void)state;
    assert_non_null(mkdtemp(root));
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        snprintf(path, sizeof path, "%s/%s", root, dirs[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        FILE *file;

        snprintf(path, sizeof path, "%s/%s", root, files[i]);
        file = fopen(path, "w");
        assert_non_null(file);
        fputs("99999999999999-,(((4", file);
        fclose(file);
    }
    f = facts_of(root);
    snprintf(command, sizeof command, "rm -rf %s", root);
    assert_int_equal(system(command), 0);
    assert_int_equal(f->cpus, FACTS_UNKNOWN);
    assert_int_equal(f->hca_count, 1);
    assert_int_equal(f->hcas[0].port_count, 1);
    assert_string_equal(f->hcas[0].ports[0].state, "unknown");
    assert_int_equal(f->hcas[0].ports[0].lid, 0);
}

/* What a guest's root can write must not become part of what Azure is told. */
static void a_host_whose_name_is_no_name_is_none(void **state)
{
    static const char *const values[] = {"", "a b", "x\"y", "GGBB\n1",
                                         ("0123456789012345678901234567890123456789"
                                          "012345678901234567890123456789")};
    char root[] = "/tmp/ibfleet-detect-XXXXXX", path[128], command[160];
    struct {
        char key[512], value[2048];
    } pair;

    (void)state;
    assert_non_null(mkdtemp(root));
    snprintf(command, sizeof command, "mkdir -p %s/var/lib/hyperv", root);
    assert_int_equal(system(command), 0);
    snprintf(path, sizeof path, "%s/var/lib/hyperv/.kvp_pool_3", root);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        FILE *file = fopen(path, "w");
        struct facts *f;

        memset(&pair, 0, sizeof pair);
        strcpy(pair.key, "PhysicalHostName");
        strcpy(pair.value, values[i]);
        fwrite(&pair, sizeof pair, 1, file);
        fclose(file);
        f = facts_of(root);
        assert_null(f->physical_host);
        facts_free(f);
    }
    snprintf(command, sizeof command, "rm -rf %s", root);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_whose_name_is_no_name_is_none),
        cmocka_unit_test(an_azure_node_is_told_in_full),
        cmocka_unit_test(only_network_functions_are_listed),
        cmocka_unit_test(an_hca_is_read_down_to_its_gids),
        cmocka_unit_test(a_roce_port_keeps_the_index_of_each_gid),
        cmocka_unit_test(the_infiniband_port_is_chosen_not_accelerated_networking),
        cmocka_unit_test(modules_are_loaded_or_on_disk),
        cmocka_unit_test(only_installed_rdma_packages_count),
        cmocka_unit_test(a_bare_node_has_modules_on_disk_and_nothing_else),
        cmocka_unit_test(interfaces_come_in_the_order_of_people),
        cmocka_unit_test(soft_roce_is_recognised_and_what_keeps_it),
        cmocka_unit_test(an_empty_root_still_gives_facts_that_travel),
        cmocka_unit_test(nonsense_in_sysfs_is_unknown_not_a_crash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
