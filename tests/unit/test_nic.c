#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "inventory/nic.h"
#include "inventory/sku.h"

static enum nic_family generic(const char *firmware, const char *board, double gbps,
                               enum nic_family size_has)
{
    struct nic_clues clues = {0x101e, firmware, board, gbps, size_has};

    return nic_family_of(&clues);
}

static void a_device_id_of_its_own_needs_no_other_clue(void **state)
{
    static const struct {
        uint16_t device;
        const char *name;
    } known[] = {{0x1004, "ConnectX-3 Pro"}, {0x1007, "ConnectX-3 Pro"},
                 {0x1003, "ConnectX-3"},     {0x1014, "ConnectX-4"},
                 {0x1016, "ConnectX-4 Lx"},  {0x1018, "ConnectX-5"},
                 {0x101a, "ConnectX-5"},     {0x101c, "ConnectX-6"},
                 {0x1021, "ConnectX-7"}};

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct nic_clues clues = {.device = known[i].device,
                                  .firmware = "28.40.1702",
                                  .size_has = NIC_CONNECTX_8};

        assert_string_equal(nic_family_name(nic_family_of(&clues)), known[i].name);
    }
}

/* 15b3:101e is any virtual function from ConnectX-6 Dx on. */
static void a_generic_function_is_told_by_its_firmware(void **state)
{
    (void)state;
    assert_int_equal(generic("22.36.1010", NULL, 200, NIC_UNKNOWN), NIC_CONNECTX_6_DX);
    assert_int_equal(generic("26.36.1010", NULL, 50, NIC_UNKNOWN), NIC_CONNECTX_6_LX);
    assert_int_equal(generic("28.40.1702", NULL, 200, NIC_CONNECTX_6), NIC_CONNECTX_7);
    assert_int_equal(generic("40.45.1020", NULL, 400, NIC_CONNECTX_7), NIC_CONNECTX_8);
}

static void without_firmware_by_board_then_rate_then_size(void **state)
{
    (void)state;
    assert_int_equal(generic(NULL, "MSF0000000047", 0, NIC_CONNECTX_8), NIC_CONNECTX_7);
    assert_int_equal(generic("0.0.0", "MSF9", 400, NIC_UNKNOWN), NIC_CONNECTX_7);
    assert_int_equal(generic(NULL, NULL, 800, NIC_UNKNOWN), NIC_CONNECTX_8);
    assert_int_equal(generic(NULL, NULL, 200, NIC_UNKNOWN), NIC_UNKNOWN);
    assert_int_equal(generic(NULL, NULL, 200, NIC_CONNECTX_7), NIC_CONNECTX_7);
    assert_int_equal(generic("28", NULL, 0, NIC_UNKNOWN), NIC_UNKNOWN); /* no version */
    assert_null(nic_family_name(NIC_UNKNOWN));
}

static void a_size_does_not_turn_an_unknown_device_into_its_nic(void **state)
{
    struct nic_clues clues = {.device = 0x6001, .size_has = NIC_CONNECTX_7};

    (void)state;
    assert_int_equal(nic_family_of(&clues), NIC_UNKNOWN);
}

static void an_ethernet_function_never_counts_as_rdma(void **state)
{
    (void)state;
    assert_int_equal(nic_role_of(0x020700, 0x101e), NIC_RDMA);
    assert_int_equal(nic_role_of(0x028000, 0x1004), NIC_RDMA); /* ConnectX-3's class   */
    assert_int_equal(nic_role_of(0x028000, 0x101e), NIC_NO_NIC);
    assert_int_equal(nic_role_of(0x020000, 0x1004), NIC_ETHERNET); /* its AN, seen so  */
    assert_int_equal(nic_role_of(0x020000, 0x1018), NIC_ETHERNET);
    assert_int_equal(nic_role_of(0x010802, 0x101e), NIC_NO_NIC);
    assert_true(nic_is_mana(0x1414, 0x00ba));
    assert_false(nic_is_mana(0x15b3, 0x00ba));
    assert_false(nic_is_mana(0x1414, 0xb111)); /* a disk */
}

static void every_family_has_a_name_and_every_size_a_family(void **state)
{
    static const struct {
        const char *size, *name;
    } sizes[] = {{"Standard_HB60-15rs", "ConnectX-5"},
                 {"Standard_HC44rs", "ConnectX-5"},
                 {"Standard_HB120-16rs_v2", "ConnectX-6"},
                 {"Standard_HB176-24rs_v4", "ConnectX-7"},
                 {"Standard_HB368-48rs_v5", "ConnectX-7"},
                 {"Standard_NC24rs_v3", "ConnectX-3 Pro"},
                 {"Standard_H16mr", "ConnectX-3 Pro"},
                 {"Standard_ND40rs_v2", "ConnectX-5"},
                 {"Standard_ND96asr_v4", "ConnectX-6"},
                 {"Standard_ND96isrf_H200_v5", "ConnectX-7"},
                 {"Standard_ND128isr_NDR_GB200_v6", "ConnectX-7"},
                 {"Standard_ND128isrG5_GB300_v6", "ConnectX-8"},
                 {"Standard_ND128isr_GB300_v6", "ConnectX-8"}};

    (void)state;
    for (int f = NIC_UNKNOWN + 1; f < NIC_FAMILIES; f++)
        assert_non_null(nic_family_name((enum nic_family)f));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct sku_known *known = sku_known(sizes[i].size);

        assert_non_null(known);
        assert_string_equal(nic_family_name(known->family), sizes[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_id_of_its_own_needs_no_other_clue),
        cmocka_unit_test(a_generic_function_is_told_by_its_firmware),
        cmocka_unit_test(without_firmware_by_board_then_rate_then_size),
        cmocka_unit_test(a_size_does_not_turn_an_unknown_device_into_its_nic),
        cmocka_unit_test(an_ethernet_function_never_counts_as_rdma),
        cmocka_unit_test(every_family_has_a_name_and_every_size_a_family),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
