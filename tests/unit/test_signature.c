#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/rollout/signature.h"

static void expect(const char *node, const char *reason, const char *wanted)
{
    char out[SIGNATURE_BYTES];

    assert_ptr_equal(signature_of(FAIL_DISK_FULL, reason, node, out), out);
    assert_memory_equal(out, "disk-full: ", 11);
    assert_string_equal(out + 11, wanted);
}

static void the_nodes_own_name_does_not_count(void **state)
{
    (void)state;
    expect("ib017", "ib017: no room", "NODE: no room");
    expect("ib017", "at ib017, (ib017)", "at NODE, (NODE)");
    expect("head", "head.cluster.example is full", "NODE.cluster.example is full");
    expect("ib1", "ib1-eth0 and my-ib1 and ib1_x", "ib#-eth# and my-ib# and ib#_x");
    expect("head", "overhead of the headers", "overhead of the headers");
    expect("", "no room", "no room");
}

static void numbers_do_not_count(void **state)
{
    (void)state;
    expect("n", "12 of 1290 MiB", "# of # MiB");
    expect("n", "3.5 s, 4 s.", "# s, # s.");
    expect("n", "10.0.0.4:2222", "#:#");
    expect("n", "kernel 5.15.0-91-generic", "kernel #-#-generic");
    expect("n", "mlx5_0 port 1", "mlx#_# port #");
    expect("n", "/dev/sda1", "/dev/sda#");
    expect("n", "", "");
}

static void ids_do_not_count(void **state)
{
    (void)state;
    expect("n", "at 0xDEADbeef: 0x", "at #: #x");
    expect("n", "guid 0002:c903:00ab:12cd.", "guid #.");
    expect("n", "boot 3f2a1b00-dead-beef-cafe-0123456789ab", "boot #");
    expect("n", "mac 00:1a:ab:cd:ef:fe", "mac #");
    expect("n", "fe80::21a:abff:fecd:effe: no route", "#: no route");
    expect("n", "run 20261120-1412-abfe", "run #");
    expect("n", "sha 9f86d081884c7d65", "sha #");
}

static void words_count(void **state)
{
    (void)state;
    expect("n", "a bad face-added cab", "a bad face-added cab");
    expect("n", "dead-beef-cafe", "dead-beef-cafe");
    expect("n", "add: bad", "add: bad");
    expect("n",
           "gr\xc3\xb6\xc3\x9f"
           "e",
           "gr\xc3\xb6\xc3\x9f"
           "e");
    expect("n", "<script>", "<script>");
}

static void the_code_counts(void **state)
{
    char a[SIGNATURE_BYTES], b[SIGNATURE_BYTES];

    (void)state;
    signature_of(FAIL_DISK_FULL, "no", "n", a);
    signature_of(FAIL_STEP, "no", "n", b);
    assert_string_not_equal(a, b);
}

/* A name of one letter grows; what has no room is cut, and no character in two. */
static void it_never_leaves_its_room(void **state)
{
    char out[SIGNATURE_BYTES + 1], reason[2000];

    (void)state;
    out[SIGNATURE_BYTES] = 'x';
    for (size_t i = 0; i < sizeof reason; i++)
        reason[i] = i % 2 ? ' ' : 'n';
    reason[sizeof reason - 1] = '\0';
    signature_of(FAIL_STEP, reason, "n", out);
    assert_true(strlen(out) < SIGNATURE_BYTES);
    for (size_t at = 0; at < 3; at++) {
        memset(reason, 'g', at);
        for (size_t i = at; i + 3 < sizeof reason; i += 3)
            memcpy(reason + i, "\xe2\x82\xac", 4);
        signature_of(FAIL_STEP, reason, "n", out);
        assert_int_equal((strlen(out) - strlen("step-failed: ") - at) % 3, 0);
    }
    assert_int_equal(out[SIGNATURE_BYTES], 'x');
}

static void any_bytes_will_do(void **state)
{
    char reason[256], out[SIGNATURE_BYTES];

    (void)state;
    for (int i = 0; i < 255; i++)
        reason[i] = (char)(i + 1);
    reason[255] = '\0';
    signature_of(FAIL_UNKNOWN, reason, reason, out);
    assert_string_equal(out, "unknown: NODE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nodes_own_name_does_not_count),
        cmocka_unit_test(numbers_do_not_count),
        cmocka_unit_test(ids_do_not_count),
        cmocka_unit_test(words_count),
        cmocka_unit_test(the_code_counts),
        cmocka_unit_test(it_never_leaves_its_room),
        cmocka_unit_test(any_bytes_will_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
