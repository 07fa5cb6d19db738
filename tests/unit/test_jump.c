#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "inventory/jump.h"

static void hosts_are_read_from_the_last_to_the_first(void **state)
{
    static const char jump[] = "alice@out.example:2222,[fe80::1%eth0]:22022,bastion";
    struct jump_hop hop;
    size_t way = jump_before(jump, "ib007", 22);

    (void)state;
    assert_true(jump_is_right(jump));
    assert_int_equal(way, strlen(jump));
    way = jump_last(jump, way, &hop);
    assert_string_equal(hop.host, "bastion");
    assert_string_equal(hop.user, "");
    assert_int_equal(hop.port, 0);
    way = jump_last(jump, way, &hop);
    assert_string_equal(hop.host, "fe80::1%eth0");
    assert_int_equal(hop.port, 22022);
    way = jump_last(jump, way, &hop);
    assert_string_equal(hop.host, "out.example");
    assert_string_equal(hop.user, "alice");
    assert_int_equal(hop.port, 2222);
    assert_int_equal(way, 0);
}

static void a_host_on_the_way_needs_only_those_before_it(void **state)
{
    (void)state;
    assert_int_equal(jump_before("head", "head", 22), 0);
    assert_int_equal(jump_before("a,me@head:22", "head", 22), 1);
    assert_int_equal(jump_before("a,head:2222", "head", 22), strlen("a,head:2222"));
    assert_int_equal(jump_before("header", "head", 22), strlen("header"));
    assert_int_equal(jump_before("head,b", "head", 22), 0);
    assert_int_equal(jump_before("head:22", "head", 0), 0);
}

static void what_is_no_host_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      ",",
                                      "a,",
                                      ",a",
                                      "a,,b",
                                      "-oProxyCommand=x",
                                      "@a",
                                      "a@",
                                      "a b",
                                      "a;b",
                                      "$(a)",
                                      "-l@host",
                                      "a:",
                                      "a:0",
                                      "a:65536",
                                      "a:-1",
                                      "a:1x",
                                      "[::1",
                                      "[]",
                                      "[-a]",
                                      "[::1]22",
                                      "fe80::1",
                                      "a/b",
                                      "a\nb",
                                      "a,b,c,d,e,f,g,h,i"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (jump_is_right(bad[i]))
            fail_msg("'%s' is taken", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_are_read_from_the_last_to_the_first),
        cmocka_unit_test(a_host_on_the_way_needs_only_those_before_it),
        cmocka_unit_test(what_is_no_host_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
