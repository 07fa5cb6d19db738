#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "node-agent/verbs/address.h"
#include "protocol/fail.h"
#include "protocol/measure.h"

#define LINK_LOCAL           \
    {                        \
        0xfe, 0x80, [15] = 1 \
    }
#define GLOBAL               \
    {                        \
        0x20, 0x01, [15] = 1 \
    }
#define MAPPED                         \
    {                                  \
        [10] = 0xff, 0xff, 10, 0, 0, 1 \
    }

static void roce_prefers_v2_and_ipv4(void **state)
{
    static const struct gid_entry table[] = {
        {GID_ROCE_V1, 0, LINK_LOCAL}, {GID_ROCE_V2, 1, LINK_LOCAL},
        {GID_ROCE_V1, 2, MAPPED},     {GID_ROCE_V2, 3, GLOBAL},
        {GID_ROCE_V2, 4, MAPPED},     {GID_ROCE_V2, 5, MAPPED},
    };

    (void)state;
    assert_int_equal(address_choose_gid(table, 6, true)->index, 4);
    assert_int_equal(address_choose_gid(table, 4, true)->index, 3);
    assert_int_equal(address_choose_gid(table, 3, true)->index, 1);
    assert_null(address_choose_gid(table, 1, true));
}

static void infiniband_takes_the_first_gid_that_is_not_empty(void **state)
{
    static const struct gid_entry table[] = {
        {GID_INFINIBAND, 0, {0}},
        {GID_INFINIBAND, 1, LINK_LOCAL},
        {GID_INFINIBAND, 2, GLOBAL},
    };

    (void)state;
    assert_int_equal(address_choose_gid(table, 3, false)->index, 1);
    assert_null(address_choose_gid(table, 1, false));
}

static void a_full_member_comes_before_a_limited_one(void **state)
{
    static const uint16_t azure[] = {0x7fff, 0x0000, 0x8012, 0xffff};

    (void)state;
    assert_int_equal(address_choose_pkey(azure, 4), 2);
    assert_int_equal(address_choose_pkey(azure, 2), 0);
    assert_int_equal(address_choose_pkey((const uint16_t[]){0, 0x8000}, 2), -1);
}

static void a_grh_is_only_used_where_it_is_needed(void **state)
{
    struct endpoint a = {.lid = 5, .gid = LINK_LOCAL}, b = {.lid = 6, .gid = LINK_LOCAL};

    (void)state;
    assert_false(address_is_global(&a, &b));
    b.gid[7] = 1; /* another subnet */
    assert_true(address_is_global(&a, &b));
    b.gid[7] = 0;
    b.lid = 0;
    assert_true(address_is_global(&a, &b));
    a.ethernet = b.ethernet = true;
    b.lid = 6;
    assert_true(address_is_global(&a, &b));
}

static void what_cannot_talk_is_told_by_what_differs(void **state)
{
    const struct endpoint good = {.pkey = 0x8001, .ethernet = true, .gid = MAPPED};
    struct endpoint far = good, own = good;
    struct fail why;

    (void)state;
    assert_int_equal(address_check_pair(&own, &far, &why), 0);
    far.pkey = 0x0001; /* a limited member with a full one: fine */
    assert_int_equal(address_check_pair(&own, &far, &why), 0);
    own.pkey = 0x0001;
    assert_int_equal(address_check_pair(&own, &far, &why), -1);
    assert_string_equal(why.text, "partition: both are limited members of 0x0001");
    far.pkey = 0x8002;
    assert_int_equal(address_check_pair(&own, &far, &why), -1);
    assert_string_equal(why.text, "partition: 0x0001 here, 0x8002 there");
    far = own = good;
    far.gid[10] = 0;
    assert_int_equal(address_check_pair(&own, &far, &why), -1);
    assert_string_equal(why.text, "address: IPv4 on one side only");
    far.ethernet = false;
    assert_int_equal(address_check_pair(&own, &far, &why), -1);
    assert_string_equal(why.text, "link layer: Ethernet here, InfiniBand there");
    assert_int_equal(why.code, FAIL_CONFIG_DIFFERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roce_prefers_v2_and_ipv4),
        cmocka_unit_test(infiniband_takes_the_first_gid_that_is_not_empty),
        cmocka_unit_test(a_full_member_comes_before_a_limited_one),
        cmocka_unit_test(a_grh_is_only_used_where_it_is_needed),
        cmocka_unit_test(what_cannot_talk_is_told_by_what_differs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
