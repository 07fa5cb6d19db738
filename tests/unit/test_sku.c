#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "inventory/sku.h"
#include "tests/unit/azure_data.h"

static void the_list_says_who_has_rdma_in_a_region(void **state)
{
    CLEANUP(json_done) struct json *page = azure_data("skus");
    CLEANUP(sku_list_done) struct sku_list list = {0};

    (void)state;
    assert_int_equal(sku_list_add(&list, armfield_at(page, "value"), "westeurope", NULL),
                     0);
    assert_int_equal(list.count, 2);
    assert_int_equal(sku_list_rdma(&list, "standard_hb120rs_V3"), SKU_YES);
    assert_int_equal(sku_list_rdma(&list, "Standard_D4s_v5"), SKU_NO);
    assert_int_equal(sku_list_rdma(&list, "Standard_HX176rs"), SKU_UNKNOWN);
    assert_int_equal(sku_list_rdma(&list, "Premium_LRS"), SKU_UNKNOWN);
}

static void the_table_says_how_many_hcas_and_how_fast(void **state)
{
    static const struct {
        const char *size;
        unsigned hcas, gbps;
        bool is_sr_iov;
    } sizes[] = {
        {"Standard_HB120rs_v2", 1, 200, true},
        {"Standard_HB120-96rs_v3", 1, 200, true},
        {"Standard_HB368-48rs_v5", 4, 200, true},
        {"Standard_HX176-24rs", 1, 400, true},
        {"standard_nd96isr_h100_v5", 8, 400, true},
        {"Standard_ND96isrf_H200_v5", 8, 400, true},
        {"Standard_ND128isr_NDR_GB200_v6", 4, 400, true},
        {"Standard_H16mr", 1, 56, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const struct sku_known *k = sku_known(sizes[i].size);

        assert_non_null(k);
        assert_int_equal(k->hcas, sizes[i].hcas);
        assert_int_equal(k->gbps, sizes[i].gbps);
        assert_int_equal(k->is_sr_iov, sizes[i].is_sr_iov);
    }
    assert_null(sku_known("Standard_ND96is_H100_v5")); /* without an r */
    assert_null(sku_known("Standard_NC8_rtxpro6000bse_v6"));
}

/* Each size that Azure is known to have with RDMA, one by one: the table's patterns must
 * take in all of them, and none must be taken by another's.
 */
/* clang-format off */
static const struct {
    const char *size;
    unsigned hcas, gbps;
    enum nic_family family;
    bool is_sr_iov;
} all_sizes[] = {
    {"Standard_HB120rs_v2", 1, 200, NIC_CONNECTX_6, true},
    {"Standard_HB120-96rs_v2", 1, 200, NIC_CONNECTX_6, true},
    {"Standard_HB120-64rs_v2", 1, 200, NIC_CONNECTX_6, true},
    {"Standard_HB120-32rs_v2", 1, 200, NIC_CONNECTX_6, true},
    {"Standard_HB120-16rs_v2", 1, 200, NIC_CONNECTX_6, true},
    {"Standard_HB120rs_v3", 1, 200, NIC_CONNECTX_6, true},
    {"Standard_HB120-96rs_v3", 1, 200, NIC_CONNECTX_6, true},
    {"Standard_HB120-64rs_v3", 1, 200, NIC_CONNECTX_6, true},
    {"Standard_HB120-32rs_v3", 1, 200, NIC_CONNECTX_6, true},
    {"Standard_HB120-16rs_v3", 1, 200, NIC_CONNECTX_6, true},
    {"Standard_HB176rs_v4", 1, 400, NIC_CONNECTX_7, true},
    {"Standard_HB176-144rs_v4", 1, 400, NIC_CONNECTX_7, true},
    {"Standard_HB176-96rs_v4", 1, 400, NIC_CONNECTX_7, true},
    {"Standard_HB176-48rs_v4", 1, 400, NIC_CONNECTX_7, true},
    {"Standard_HB176-24rs_v4", 1, 400, NIC_CONNECTX_7, true},
    {"Standard_HX176rs", 1, 400, NIC_CONNECTX_7, true},
    {"Standard_HX176-144rs", 1, 400, NIC_CONNECTX_7, true},
    {"Standard_HX176-96rs", 1, 400, NIC_CONNECTX_7, true},
    {"Standard_HX176-48rs", 1, 400, NIC_CONNECTX_7, true},
    {"Standard_HX176-24rs", 1, 400, NIC_CONNECTX_7, true},
    {"Standard_HB368rs_v5", 4, 200, NIC_CONNECTX_7, true},
    {"Standard_HB368-336rs_v5", 4, 200, NIC_CONNECTX_7, true},
    {"Standard_HB368-288rs_v5", 4, 200, NIC_CONNECTX_7, true},
    {"Standard_HB368-240rs_v5", 4, 200, NIC_CONNECTX_7, true},
    {"Standard_HB368-192rs_v5", 4, 200, NIC_CONNECTX_7, true},
    {"Standard_HB368-144rs_v5", 4, 200, NIC_CONNECTX_7, true},
    {"Standard_HB368-96rs_v5", 4, 200, NIC_CONNECTX_7, true},
    {"Standard_HB368-48rs_v5", 4, 200, NIC_CONNECTX_7, true},
    {"Standard_HC44rs", 1, 100, NIC_CONNECTX_5, true},
    {"Standard_HC44-32rs", 1, 100, NIC_CONNECTX_5, true},
    {"Standard_HC44-16rs", 1, 100, NIC_CONNECTX_5, true},
    {"Standard_HB60rs", 1, 100, NIC_CONNECTX_5, true},
    {"Standard_HB60-45rs", 1, 100, NIC_CONNECTX_5, true},
    {"Standard_HB60-30rs", 1, 100, NIC_CONNECTX_5, true},
    {"Standard_HB60-15rs", 1, 100, NIC_CONNECTX_5, true},
    {"Standard_H16r", 1, 56, NIC_CONNECTX_3_PRO, false},
    {"Standard_H16mr", 1, 56, NIC_CONNECTX_3_PRO, false},
    {"Standard_NC24r", 1, 56, NIC_CONNECTX_3_PRO, false},
    {"Standard_NC24rs_v2", 1, 56, NIC_CONNECTX_3_PRO, false},
    {"Standard_NC24rs_v3", 1, 56, NIC_CONNECTX_3_PRO, true},
    {"Standard_ND40rs_v2", 1, 100, NIC_CONNECTX_5, true},
    {"Standard_ND96asr_v4", 8, 200, NIC_CONNECTX_6, true},
    {"Standard_ND96amsr_A100_v4", 8, 200, NIC_CONNECTX_6, true},
    {"Standard_ND96asr_MI200_v4", 8, 200, NIC_CONNECTX_6, true},
    {"Standard_ND96isr_H100_v5", 8, 400, NIC_CONNECTX_7, true},
    {"Standard_ND96isr_H200_v5", 8, 400, NIC_CONNECTX_7, true},
    {"Standard_ND96isrf_H200_v5", 8, 400, NIC_CONNECTX_7, true},
    {"Standard_ND96isr_MI300X_v5", 8, 400, NIC_CONNECTX_7, true},
    {"Standard_ND128isr_NDR_GB200_v6", 4, 400, NIC_CONNECTX_7, true},
    {"Standard_ND128isr_GB300_v6", 4, 800, NIC_CONNECTX_8, true},
    {"Standard_ND128isrG5_GB300_v6", 4, 800, NIC_CONNECTX_8, true},
};
/* clang-format on */

static void every_size_is_known_in_full(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof all_sizes / sizeof *all_sizes; i++) {
        const struct sku_known *k = sku_known(all_sizes[i].size);

        if (!k)
            fail_msg("%s is not known", all_sizes[i].size);
        assert_int_equal(k->hcas, all_sizes[i].hcas);
        assert_int_equal(k->gbps, all_sizes[i].gbps);
        assert_int_equal(k->family, all_sizes[i].family);
        assert_int_equal(k->is_sr_iov, all_sizes[i].is_sr_iov);
    }
}

static void what_azure_says_wins_over_the_table(void **state)
{
    CLEANUP(sku_list_done) struct sku_list list = {0};

    (void)state;
    assert_int_equal(sku_rdma(NULL, "Standard_HB120rs_v3"), SKU_YES);
    assert_int_equal(sku_rdma(NULL, "Standard_D4s_v5"), SKU_UNKNOWN);
    assert_int_equal(sku_list_put(&list, "Standard_HB120rs_v3", false, NULL), 0);
    assert_int_equal(sku_rdma(&list, "Standard_HB120rs_v3"), SKU_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_says_who_has_rdma_in_a_region),
        cmocka_unit_test(the_table_says_how_many_hcas_and_how_fast),
        cmocka_unit_test(every_size_is_known_in_full),
        cmocka_unit_test(what_azure_says_wins_over_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
