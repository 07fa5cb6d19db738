#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/decide.h"
#include "protocol/facts.h"

static const struct decide_want inbox = {.driver = FLEET_DRIVER_INBOX};
static const struct decide_want soft = {.driver = FLEET_DRIVER_INBOX, .rxe = "eth1"};

/* ---- nodes ----------------------------------------------------------------------------
 */

static void set(char **field, const char *text)
{
    free(*field);
    *field = text ? strdup(text) : NULL;
}

static void *grow(void *list, size_t *count, size_t size)
{
    char *grown = realloc(list, (*count + 1) * size);

    assert_non_null(grown);
    memset(grown + *count * size, 0, size);
    ++*count;
    return grown;
}

static void add_name(char ***list, size_t *count, const char *name)
{
    *list = grow(*list, count, sizeof **list);
    (*list)[*count - 1] = strdup(name);
}

static void add_package(struct facts *f, const char *name)
{
    f->packages = grow(f->packages, &f->package_count, sizeof *f->packages);
    set(&f->packages[f->package_count - 1].name, name);
    set(&f->packages[f->package_count - 1].version, "1.0");
}

static void add_netdev(struct facts *f, const char *name, bool up)
{
    f->netdevs = grow(f->netdevs, &f->netdev_count, sizeof *f->netdevs);
    set(&f->netdevs[f->netdev_count - 1].name, name);
    f->netdevs[f->netdev_count - 1].up = up;
}

static void add_pci(struct facts *f, uint32_t class_code, const char *driver)
{
    struct facts_pci *pci;

    f->pci = grow(f->pci, &f->pci_count, sizeof *f->pci);
    pci = &f->pci[f->pci_count - 1];
    pci->vendor = 0x15b3;
    pci->class_code = class_code;
    set(&pci->driver, driver);
    set(&pci->address, "0000:01:00.0");
}

static void add_hca(struct facts *f, const char *driver, const char *netdev,
                    const char *layer, const char *port_state)
{
    struct facts_hca *hca;

    f->hcas = grow(f->hcas, &f->hca_count, sizeof *f->hcas);
    hca = &f->hcas[f->hca_count - 1];
    set(&hca->name, netdev ? "rxe0" : "mlx5_0");
    set(&hca->driver, driver);
    set(&hca->netdev, netdev);
    set(&hca->pci, netdev ? NULL : "0000:01:00.0");
    hca->ports = grow(NULL, &hca->port_count, sizeof *hca->ports);
    hca->ports[0].number = 1;
    set(&hca->ports[0].link_layer, layer);
    set(&hca->ports[0].state, port_state);
    set(&hca->ports[0].phys_state, "Polling");
}

static const char *const all_modules[] = {"rdma_rxe", "ib_uverbs", "rdma_ucm", "ib_umad",
                                          "ib_ipoib", "mlx5_ib",   "mlx4_ib"};

static struct facts *debian(void)
{
    struct facts *f = facts_new();

    assert_non_null(f);
    set(&f->os.id, "debian");
    set(&f->os.pretty, "Debian GNU/Linux 12");
    set(&f->os.kernel, "6.1.0-42-amd64");
    set(&f->os.packages, "apt");
    set(&f->hypervisor, "kvm");
    f->memlock_bytes = 8 << 20;
    for (size_t i = 0; i < sizeof all_modules / sizeof *all_modules; i++)
        add_name(&f->modules_available, &f->module_available_count, all_modules[i]);
    add_netdev(f, "eth0", true);
    add_netdev(f, "eth1", true);
    return f;
}

/* What an agent that does its work makes of the node; the port comes up ACTIVE. */
static void take_step(struct facts *f, const struct step *step)
{
    for (size_t i = 0; i < step->arg_count; i++) {
        if (step->verb == STEP_PACKAGES)
            add_package(f, step->args[i]);
        if (step->verb == STEP_MODULES)
            add_name(&f->modules, &f->module_count, step->args[i]);
        if (step->verb == STEP_MODULES && strcmp(step->args[i], "mlx5_ib") == 0)
            add_hca(f, "mlx5_core", NULL, "InfiniBand", "ACTIVE");
    }
    if (step->verb == STEP_RXE) {
        set(&f->rxe_kept, step->args[0]);
        add_hca(f, "rxe", step->args[0], "Ethernet", "ACTIVE");
    }
    if (step->verb == STEP_MEMLOCK)
        f->memlock_kept = true;
}

/* ---- asking -------------------------------------------------------------------- */

/* "VERDICT[ code]: summary", freed by the next call. */
static const char *judge(const struct facts *f, const struct decide_want *want)
{
    static const char *const verdicts[] = {"fine", "steps", "refused"};
    static char text[512];
    struct decision d = {0};
    struct fail why;
    char *summary;

    assert_int_equal(decide(f, want, &d, &why), 0);
    summary = decision_summary(&d);
    snprintf(text, sizeof text, "%s%s%s: %s", verdicts[d.verdict],
             d.refusal.code ? " " : "",
             d.refusal.code ? fail_code_name(d.refusal.code) : "", summary);
    free(summary);
    decision_clear(&d);
    return text;
}

static void assert_judged(struct facts *f, const struct decide_want *want,
                          const char *expected)
{
    assert_string_equal(judge(f, want), expected);
    facts_free(f);
}

/* ---- what is wanted ------------------------------------------------------------ */

static void a_bare_node_gets_everything(void **state)
{
    (void)state;
    assert_judged(debian(), &soft,
                  "steps: packages rdma-core ibverbs-providers; modules rdma_rxe "
                  "ib_uverbs; Soft-RoCE on eth1; locked memory without limit; reboot");
}

static void an_hca_gets_its_driver_and_no_soft_roce(void **state)
{
    struct facts *f = debian();

    (void)state;
    add_pci(f, 0x020700, "mlx5_core");
    assert_judged(
        f, &soft,
        "steps: packages rdma-core ibverbs-providers; modules mlx5_ib ib_uverbs "
        "rdma_ucm ib_umad ib_ipoib; locked memory without limit; reboot");
}

static void enterprise_linux_names_its_packages_otherwise(void **state)
{
    struct facts *f = debian();

    (void)state;
    set(&f->os.id, "almalinux");
    set(&f->os.packages, "dnf");
    f->memlock_bytes = UINT64_MAX;
    add_name(&f->modules, &f->module_count, "rdma_rxe");
    add_name(&f->modules, &f->module_count, "ib_uverbs");
    assert_judged(f, &soft,
                  "steps: packages rdma-core libibverbs; Soft-RoCE on eth1; reboot");
}

static void what_is_there_is_in_no_step(void **state)
{
    struct facts *f = debian();

    (void)state;
    add_package(f, "rdma-core");
    add_package(f, "ibverbs-providers");
    add_name(&f->modules, &f->module_count, "ib_uverbs");
    f->memlock_kept = true;
    assert_judged(f, &soft, "steps: modules rdma_rxe; Soft-RoCE on eth1; no reboot");
}

static void soft_roce_that_will_not_outlive_a_boot_is_not_kept(void **state)
{
    struct facts *f = debian();

    (void)state;
    add_package(f, "rdma-core");
    add_package(f, "ibverbs-providers");
    add_name(&f->modules, &f->module_count, "ib_uverbs");
    add_name(&f->modules, &f->module_count, "rdma_rxe");
    add_hca(f, "rxe", "eth1", "Ethernet", "ACTIVE");
    f->memlock_kept = true;
    assert_judged(f, &soft, "steps: Soft-RoCE on eth1; no reboot");
}

static void the_fleet_decides_about_reboots(void **state)
{
    struct decide_want want = soft;
    struct facts *f = debian();

    (void)state;
    want.reboot = FLEET_REBOOT_NEVER;
    assert_non_null(strstr(judge(f, &want), "; no reboot"));
    add_package(f, "rdma-core");
    add_package(f, "ibverbs-providers");
    want.reboot = FLEET_REBOOT_AUTO;
    assert_non_null(strstr(judge(f, &want), "; no reboot"));
    want.reboot = FLEET_REBOOT_ALWAYS;
    assert_non_null(strstr(judge(f, &want), "; reboot"));
    facts_free(f);
}

static void a_driver_of_none_leaves_the_node_alone(void **state)
{
    const struct decide_want none = {.driver = FLEET_DRIVER_NONE, .rxe = "eth1"};

    (void)state;
    assert_judged(debian(), &none, "fine: up to date");
}

/* ---- refusals ------------------------------------------------------------------ */

static void a_size_without_rdma_is_named(void **state)
{
    struct facts *f = debian();

    (void)state;
    set(&f->size, "Standard_D4s_v5");
    f->platform.vmbus = true;
    assert_judged(f, &inbox,
                  "refused size-without-rdma: size Standard_D4s_v5 has no RDMA: take an H "
                  "or N size with an r in its name, or set rxe for Soft-RoCE");
}

static void accelerated_networking_is_not_an_hca(void **state)
{
    struct facts *f = debian();

    (void)state;
    add_pci(f, 0x020000, "mlx5_core");
    set(&f->hypervisor, "microsoft");
    f->platform.vmbus = true;
    assert_non_null(strstr(judge(f, &inbox), "no-hca"));
    set(&f->hypervisor, NULL); /* on bare metal it is a RoCE card */
    assert_non_null(strstr(judge(f, &inbox), "modules mlx5_ib ib_uverbs rdma_ucm;"));
    facts_free(f);
}

/* Azure's ConnectX-3 Pro is a "network controller", and no driver need have taken it. */
static void a_connectx3_is_an_hca_though_its_class_is_another(void **state)
{
    struct facts *f = debian();

    (void)state;
    set(&f->hypervisor, "microsoft");
    f->platform.vmbus = true;
    add_pci(f, 0x028000, NULL);
    f->pci[f->pci_count - 1].device = 0x1004;
    assert_non_null(strstr(judge(f, &inbox), "mlx4_ib"));
    f->pci[f->pci_count - 1].class_code = 0x020000; /* Accelerated Networking's */
    assert_non_null(strstr(judge(f, &inbox), "no-hca"));
    facts_free(f);
}

static void a_module_that_the_kernel_lacks_is_named_with_a_way_out(void **state)
{
    struct facts *f = debian();

    (void)state;
    free(f->modules_available[0]);
    f->modules_available[0] = strdup("ib_nothing");
    assert_string_equal(judge(f, &soft),
                        "refused kernel-module: no module rdma_rxe for "
                        "kernel 6.1.0-42-amd64: boot a kernel that has it");
    set(&f->os.id, "ubuntu");
    assert_non_null(strstr(judge(f, &soft), "linux-modules-extra-6.1.0-42-amd64"));
    set(&f->os.id, "debian");
    set(&f->os.kernel, "6.1.0-42-cloud-amd64");
    assert_non_null(strstr(judge(f, &soft), "boot linux-image-amd64"));
    facts_free(f);
}

static void soft_roce_needs_its_interface(void **state)
{
    const struct decide_want elsewhere = {.driver = FLEET_DRIVER_INBOX, .rxe = "ib7"};
    struct facts *f = debian();

    (void)state;
    assert_string_equal(judge(f, &elsewhere),
                        "refused not-supported: rxe = ib7: no such interface");
    f->netdevs[1].up = false;
    assert_judged(f, &soft, "refused port-down: rxe = eth1: the interface is down");
}

static void an_unknown_package_manager_is_refused(void **state)
{
    struct facts *f = debian();

    (void)state;
    set(&f->os.packages, "pacman");
    assert_string_equal(judge(f, &soft), "refused not-supported: Debian GNU/Linux 12: no "
                                         "way to install packages with pacman");
    set(&f->os.packages, NULL);
    assert_non_null(strstr(judge(f, &soft), "neither apt, dnf"));
    facts_free(f);
}

static void installed_but_down_is_not_up_to_date(void **state)
{
    struct facts *f = debian();

    (void)state;
    add_pci(f, 0x020700, "mlx5_core");
    add_package(f, "rdma-core");
    add_package(f, "ibverbs-providers");
    for (size_t i = 0; i < sizeof all_modules / sizeof *all_modules; i++)
        add_name(&f->modules, &f->module_count, all_modules[i]);
    f->memlock_kept = true;
    assert_non_null(strstr(judge(f, &inbox), "no-hca: the driver is loaded"));
    add_hca(f, "mlx5_core", NULL, "InfiniBand", "DOWN");
    assert_string_equal(judge(f, &inbox),
                        "refused port-down: port 1 of mlx5_0 is DOWN (Polling)");
    set(&f->hcas[0].ports[0].state, "ACTIVE");
    assert_judged(f, &inbox, "fine: up to date");
}

/* ---- properties ---------------------------------------------------------------- */

/* A node that may have or lack anything, so that no step is taken for granted. */
static struct facts *any_node(unsigned *seed)
{
    static const char *const packages[] = {"rdma-core", "ibverbs-providers",
                                           "libibverbs"};
    static const char *const managers[] = {"apt", "dnf"};
    struct facts *f = debian();

    set(&f->os.packages, managers[rand_r(seed) % 2]);
    for (size_t i = 0; i < 3; i++)
        if (rand_r(seed) % 2)
            add_package(f, packages[i]);
    for (size_t i = 0; i < sizeof all_modules / sizeof *all_modules; i++)
        if (rand_r(seed) % 2)
            add_name(&f->modules, &f->module_count, all_modules[i]);
    if (rand_r(seed) % 2)
        add_pci(f, 0x020700, "mlx5_core");
    if (f->pci_count && facts_have_module(f, "mlx5_ib"))
        add_hca(f, "mlx5_core", NULL, "InfiniBand", "ACTIVE");
    if (rand_r(seed) % 2)
        add_hca(f, "rxe", "eth1", "Ethernet", "ACTIVE");
    if (rand_r(seed) % 2)
        set(&f->rxe_kept, rand_r(seed) % 2 ? "eth0" : "eth1");
    f->memlock_kept = rand_r(seed) % 2;
    f->memlock_bytes = rand_r(seed) % 2 ? UINT64_MAX : 65536;
    return f;
}

/* An agent answers what it took; a decision on that finds nothing left. */
static void after_all_steps_a_node_is_up_to_date(void **state)
{
    unsigned seed = 1;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        struct facts *f = any_node(&seed);
        struct decision d = {0};
        struct fail why;

        assert_int_equal(decide(f, &soft, &d, &why), 0);
        assert_int_not_equal(d.verdict, DECIDE_REFUSE);
        assert_int_equal(d.verdict == DECIDE_STEPS, d.steps.count > 0);
        for (size_t s = 0; s < d.steps.count; s++)
            take_step(f, &d.steps.list[s]);
        decision_clear(&d);
        assert_string_equal(judge(f, &soft), "fine: up to date");
        facts_free(f);
    }
}

/* Leaving out any one step leaves exactly that to be done. */
static void a_step_left_out_is_asked_for_again(void **state)
{
    unsigned seed = 2;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct facts *f = any_node(&seed);
        struct decision d = {0}, again = {0};
        struct fail why;
        size_t left_out;

        decide(f, &soft, &d, &why);
        left_out = d.steps.count ? (size_t)rand_r(&seed) % d.steps.count : 0;
        for (size_t s = 0; s < d.steps.count; s++)
            if (s != left_out)
                take_step(f, &d.steps.list[s]);
        decide(f, &soft, &again, &why);
        assert_int_equal(again.steps.count, d.steps.count > 0);
        if (again.steps.count)
            assert_int_equal(again.steps.list[0].verb, d.steps.list[left_out].verb);
        decision_clear(&d);
        decision_clear(&again);
        facts_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_node_gets_everything),
        cmocka_unit_test(an_hca_gets_its_driver_and_no_soft_roce),
        cmocka_unit_test(enterprise_linux_names_its_packages_otherwise),
        cmocka_unit_test(what_is_there_is_in_no_step),
        cmocka_unit_test(soft_roce_that_will_not_outlive_a_boot_is_not_kept),
        cmocka_unit_test(the_fleet_decides_about_reboots),
        cmocka_unit_test(a_driver_of_none_leaves_the_node_alone),
        cmocka_unit_test(a_size_without_rdma_is_named),
        cmocka_unit_test(accelerated_networking_is_not_an_hca),
        cmocka_unit_test(a_connectx3_is_an_hca_though_its_class_is_another),
        cmocka_unit_test(a_module_that_the_kernel_lacks_is_named_with_a_way_out),
        cmocka_unit_test(soft_roce_needs_its_interface),
        cmocka_unit_test(an_unknown_package_manager_is_refused),
        cmocka_unit_test(installed_but_down_is_not_up_to_date),
        cmocka_unit_test(after_all_steps_a_node_is_up_to_date),
        cmocka_unit_test(a_step_left_out_is_asked_for_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
