#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/probe/classes.h"
#include "controller/probe/traits.h"
#include "controller/screen/text.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* A node with InfiniBand rails and one Ethernet function beside them; what a test
 * changes it changes in its own copy.  Borrowed texts: never freed with facts_free().
 */
#define RAILS 3

struct sample {
    struct facts f;
    struct facts_hca hcas[RAILS];
    struct facts_port ports[RAILS];
    struct facts_pci pci[2];
    struct facts_package packages[2];
    char *modules[3];
};

#define T(text) ((char *)(uintptr_t)(text))

static void fill(struct sample *s)
{
    static const char *const names[RAILS] = {"mlx5_ib0", "mlx5_ib1", "mlx5_an0"};

    *s = (struct sample){0};
    for (int i = 0; i < RAILS; i++) {
        s->ports[i] =
            (struct facts_port){.number = 1,
                                .link_layer = T(i < 2 ? "InfiniBand" : "Ethernet"),
                                .state = T("ACTIVE"),
                                .phys_state = T("LinkUp"),
                                .rate_gbps = i < 2 ? 400 : 100};
        s->hcas[i] =
            (struct facts_hca){.name = T(names[i]),
                               .driver = T("mlx5_core"),
                               .firmware = T(i < 2 ? "28.41.1000" : "16.30.1284"),
                               .board_id = T(i < 2 ? "MT_838" : "MT_12"),
                               .ports = &s->ports[i],
                               .port_count = 1};
    }
    s->packages[0] = (struct facts_package){T("ibverbs-providers"), T("44.0-2")};
    s->packages[1] = (struct facts_package){T("rdma-core"), T("44.0-2")};
    s->modules[0] = T("mlx5_ib");
    s->modules[1] = T("ib_core");
    s->f = (struct facts){
        .hypervisor = T("microsoft"),
        .size = T("Standard_ND96isr_H100_v5"),
        .cpus = 96,
        .memory_bytes = 1900ull << 30,
        .memlock_bytes = UINT64_MAX,
        .os = {.id = T("ubuntu"),
               .version_id = T("22.04"),
               .pretty = T("Ubuntu 22.04.4 LTS"),
               .kernel = T("5.15.0-1053-azure"),
               .machine = T("x86_64")},
        .hcas = s->hcas,
        .hca_count = RAILS,
        .packages = s->packages,
        .package_count = 2,
        .modules = s->modules,
        .module_count = 2,
    };
}

static void trait_is(const struct facts *f, enum trait trait, const char *wanted)
{
    CLEANUP(text_clear) struct text text = {0};

    trait_add(f, trait, &text);
    assert_string_equal(text_of(&text), wanted);
}

static void rails_that_are_alike_are_one(void **state)
{
    struct sample s;

    (void)state;
    fill(&s);
    trait_is(&s.f, TRAIT_HCA, "mlx5_an0,mlx5_ib[0-1] mlx5_core");
}

static void a_trait_is_one_line_of_facts(void **state)
{
    struct sample s;

    (void)state;
    fill(&s);
    trait_is(&s.f, TRAIT_KERNEL, "5.15.0-1053-azure x86_64");
    trait_is(&s.f, TRAIT_MACHINE,
             "Standard_ND96isr_H100_v5, microsoft, 96 CPUs, 1900 GiB");
    trait_is(&s.f, TRAIT_LINK,
             "2x InfiniBand 400 Gb/s ACTIVE, 1x Ethernet 100 Gb/s ACTIVE");
    trait_is(&s.f, TRAIT_FIT, "no: 2 of 8 HCAs that ND96isr_H100_v5 has");
    trait_is(&s.f, TRAIT_FIRMWARE,
             "mlx5_ib[0-1] 28.41.1000 MT_838, mlx5_an0 16.30.1284 MT_12");
    trait_is(&s.f, TRAIT_PACKAGES, "ibverbs-providers 44.0-2, rdma-core 44.0-2");
    trait_is(&s.f, TRAIT_MODULES, "ib_core mlx5_ib");
    trait_is(&s.f, TRAIT_MEMLOCK, "unlimited");
    trait_is(&s.f, TRAIT_KEPT, "nothing");
}

static void a_bare_node_has_none_and_nothing(void **state)
{
    struct sample s;

    (void)state;
    fill(&s);
    s.f.hca_count = s.f.package_count = s.f.module_count = 0;
    s.f.size = s.f.hypervisor = NULL;
    s.f.cpus = FACTS_UNKNOWN;
    s.f.memory_bytes = 512u << 20;
    s.f.memlock_bytes = 8u << 20;
    s.pci[0] = (struct facts_pci){.vendor = 0x15b3, .device = 0x101a};
    s.f.pci = s.pci;
    s.f.pci_count = 1;
    trait_is(&s.f, TRAIT_HCA, "none");
    trait_is(&s.f, TRAIT_LINK, "none");
    trait_is(&s.f, TRAIT_FIT, "nothing");
    trait_is(&s.f, TRAIT_NICS, "1x 15b3:101a no driver");
    trait_is(&s.f, TRAIT_PACKAGES, "none");
    trait_is(&s.f, TRAIT_MODULES, "none loaded");
    trait_is(&s.f, TRAIT_MACHINE, "hypervisor unknown, 0.5 GiB");
    trait_is(&s.f, TRAIT_MEMLOCK, "8192 KiB");
}

static void rdma_is(const struct facts *f, const char *wanted)
{
    CLEANUP(text_clear) struct text text = {0};

    trait_add_rdma(f, &text);
    assert_string_equal(text_of(&text), wanted);
}

static void what_a_driver_is_built_with_is_no_rdma_software(void **state)
{
    struct sample s;

    (void)state;
    fill(&s);
    s.packages[0] = (struct facts_package){T("perl"), T("5.36.0-7")};
    s.packages[1] = (struct facts_package){T("iproute2"), T("6.1.0-3")};
    trait_is(&s.f, TRAIT_PACKAGES, "none");
    rdma_is(&s.f, "none");
    s.packages[1] = (struct facts_package){T("ibverbs-utils"), T("44.0-2")};
    trait_is(&s.f, TRAIT_PACKAGES, "ibverbs-utils 44.0-2");
    rdma_is(&s.f, "44.0-2");
}

/* It happens behind everybody's back, and the ports stay up until the next boot. */
static void a_kernel_update_without_the_driver_is_noticed(void **state)
{
    struct platform_dkms dkms[] = {
        {T("mlnx-ofed-kernel"), T("25.10"), T("added")},
        {T("iser"), T("25.10"), T("failed")},
        {T("nvidia"), T("570"), T("built")},
    };
    struct sample s;

    (void)state;
    fill(&s);
    rdma_is(&s.f, "44.0-2");
    s.f.platform.driver = T("doca-ofed");
    s.f.platform.driver_version = T("3.2.1-044000");
    s.f.platform.dkms = dkms;
    s.f.platform.dkms_count = 3;
    trait_is(&s.f, TRAIT_DRIVER, "doca-ofed 3.2.1-044000");
    trait_is(&s.f, TRAIT_DKMS,
             "mlnx-ofed-kernel 25.10 not built for 5.15.0-1053-azure, "
             "iser 25.10 failed to build for 5.15.0-1053-azure, "
             "nvidia 570 built, not installed for 5.15.0-1053-azure");
    rdma_is(&s.f, "doca-ofed 3.2.1-044000 NOT BUILT");
    dkms[0].state = T("installed"); /* the others are not what RDMA needs */
    rdma_is(&s.f, "doca-ofed 3.2.1-044000");
}

static void what_is_kept_and_what_stands_in_the_way_is_told(void **state)
{
    struct platform_holder holders[] = {{T("lustre"), T("/lustre")},
                                        {T("nfs"), T("/data")}};
    struct platform_ipoib ipoib = {.mac = T("00:15:5d:33:ff:0b"), .kept = true};
    struct sample s;

    (void)state;
    fill(&s);
    trait_is(&s.f, TRAIT_DRIVER, "unknown");
    trait_is(&s.f, TRAIT_STORAGE, "none");
    s.f.platform.driver = T("inbox");
    s.f.platform.image_driver = T("24.10");
    s.f.platform.vm_extension = T("x-1.2.2.0");
    trait_is(&s.f, TRAIT_DRIVER,
             "inbox, of the image 24.10, Microsoft's extension x-1.2.2.0");
    s.f.platform.holders = holders;
    s.f.platform.holder_count = 2;
    trait_is(&s.f, TRAIT_STORAGE, "lustre /lustre, nfs /data");
    s.f.platform.held = T("driver kernel");
    s.f.platform.names_kept = true;
    s.f.platform.ipoib = &ipoib;
    s.f.platform.ipoib_count = 1;
    trait_is(&s.f, TRAIT_KEPT, "RDMA names, IPoIB addresses, holds driver kernel");
}

static void a_port_that_is_down_says_so(void **state)
{
    CLEANUP(text_clear) struct text text = {0};
    struct sample s;

    (void)state;
    fill(&s);
    s.ports[1].state = T("DOWN");
    s.ports[1].phys_state = T("Polling");
    trait_is(&s.f, TRAIT_LINK,
             "1x InfiniBand 400 Gb/s ACTIVE, 1x InfiniBand 400 Gb/s DOWN (Polling), "
             "1x Ethernet 100 Gb/s ACTIVE");
    trait_add_links(&s.f, &text);
    assert_string_equal(text_of(&text), "1x IB 400G, 1x IB DOWN, 1x Eth 100G");
}

static void a_device_whose_name_does_not_fold_stands_alone(void **state)
{
    struct sample s;

    (void)state;
    fill(&s);
    s.hcas[2].name = T("../x");
    trait_is(&s.f, TRAIT_HCA, "mlx5_ib[0-1] mlx5_core, ../x mlx5_core");
}

static void classes_show_what_differs_and_who(void **state)
{
    CLEANUP(classes_done) struct classes *c = classes_new();
    CLEANUP(text_clear) struct text text = {0};
    struct sample s;

    (void)state;
    fill(&s);
    for (int i = 1; i <= 3; i++) {
        char name[] = "ib0";

        name[2] = (char)('0' + i);
        if (i == 2)
            s.f.os.kernel = T("5.15.0-1049-azure");
        assert_int_equal(classes_add(c, name, &s.f, NULL), 0);
        s.f.os.kernel = T("5.15.0-1053-azure");
    }
    classes_render(c, 0, false, &text);
    assert_non_null(strstr(
        text_of(&text),
        "ib[1,3]  2  Standard_ND96isr_H100_v5  ubuntu 22.04  5.15.0-1053-azure  "));
    assert_non_null(strstr(
        text_of(&text),
        "ib2      1  Standard_ND96isr_H100_v5  ubuntu 22.04  5.15.0-1049-azure  "));
    assert_non_null(
        strstr(text_of(&text), "\nSame on all 3:\n  os        Ubuntu 22.04.4 LTS\n"));
    assert_non_null(strstr(text_of(&text),
                           "\nDiffers:\n"
                           "  kernel    ib[1,3]: 5.15.0-1053-azure x86_64\n"
                           "            ib2: 5.15.0-1049-azure x86_64\n"));
}

static void sizes_are_a_column_where_somebody_knows_his(void **state)
{
    CLEANUP(classes_done) struct classes *with = classes_new();
    CLEANUP(classes_done) struct classes *without = classes_new();
    CLEANUP(text_clear) struct text text = {0}, plain = {0};
    struct sample s;

    (void)state;
    fill(&s);
    classes_add(with, "ib1", &s.f, NULL);
    classes_add(with, "ib2", &s.f, NULL);
    s.f.size = NULL;
    classes_add(with, "ib3", &s.f, NULL);
    classes_add(without, "ib3", &s.f, NULL);
    classes_render(with, 0, false, &text);
    assert_non_null(strstr(text_of(&text), "  N  SIZE "));
    assert_non_null(
        strstr(text_of(&text), "ib[1-2]  2  Standard_ND96isr_H100_v5  ubuntu 22.04  "));
    assert_non_null(
        strstr(text_of(&text), "ib3      1  -                         ubuntu 22.04  "));
    classes_render(without, 0, false, &plain);
    assert_null(strstr(text_of(&plain), "SIZE"));
    assert_non_null(strstr(text_of(&plain), "ib3    1  ubuntu 22.04  "));
}

static void azure_is_told_without_what_only_one_machine_has(void **state)
{
    struct facts_event event = {.type = T("Reboot")};
    char *refused[] = {T("zone")};
    struct facts_azure a = {
        .metadata = T("ok"),
        .location = T("westus"),
        .name = T("hb_0"),
        .vm_id = T("0-1"),
        .offer = T("o"),
        .secure_boot = 0,
        .scale_set = T("hb"),
        .events = &event,
        .event_count = 1,
        .refused = refused,
        .refused_count = 1,
    };
    struct sample s;

    (void)state;
    fill(&s);
    trait_is(&s.f, TRAIT_AZURE, "none");
    s.f.azure = &a;
    trait_is(&s.f, TRAIT_AZURE,
             "westus, scale set hb, image -:o:-:-, secure boot off, event Reboot, "
             "makes no sense: zone");
    a = (struct facts_azure){.metadata = T("slow"),
                             .metadata_detail = T("a sentence"),
                             .secure_boot = FACTS_UNKNOWN};
    trait_is(&s.f, TRAIT_AZURE, "metadata slow");
}

static void what_a_node_says_of_itself_is_escaped(void **state)
{
    CLEANUP(classes_done) struct classes *c = classes_new();
    CLEANUP(text_clear) struct text text = {0};
    struct sample s;

    (void)state;
    fill(&s);
    s.f.os.pretty = s.f.os.kernel = T("\033]0;gotcha\a\n\xc2\x9b");
    classes_add(c, "ib1", &s.f, NULL);
    classes_render(c, 80, false, &text);
    assert_null(strchr(text_of(&text), '\033'));
    assert_null(strstr(text_of(&text), "\xc2\x9b"));
    assert_non_null(strstr(text_of(&text), "^[]0;gotcha^G^J\\u009b"));
}

static void no_line_is_wider_than_the_screen_if_words_allow(void **state)
{
    CLEANUP(classes_done) struct classes *c = classes_new();
    CLEANUP(text_clear) struct text text = {0};
    const char *end;
    struct sample s;

    (void)state;
    fill(&s);
    classes_add(c, "ib1", &s.f, NULL);
    classes_render(c, 80, false, &text);
    for (const char *l = text_of(&text); (end = strchr(l, '\n')); l = end + 1)
        if (end - l > 80)
            fail_msg("%.*s", (int)(end - l), l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rails_that_are_alike_are_one),
        cmocka_unit_test(a_trait_is_one_line_of_facts),
        cmocka_unit_test(a_bare_node_has_none_and_nothing),
        cmocka_unit_test(what_a_driver_is_built_with_is_no_rdma_software),
        cmocka_unit_test(a_kernel_update_without_the_driver_is_noticed),
        cmocka_unit_test(what_is_kept_and_what_stands_in_the_way_is_told),
        cmocka_unit_test(a_port_that_is_down_says_so),
        cmocka_unit_test(a_device_whose_name_does_not_fold_stands_alone),
        cmocka_unit_test(classes_show_what_differs_and_who),
        cmocka_unit_test(sizes_are_a_column_where_somebody_knows_his),
        cmocka_unit_test(azure_is_told_without_what_only_one_machine_has),
        cmocka_unit_test(what_a_node_says_of_itself_is_escaped),
        cmocka_unit_test(no_line_is_wider_than_the_screen_if_words_allow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
