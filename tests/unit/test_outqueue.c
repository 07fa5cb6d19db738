#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "controller/ssh/outqueue.h"
#include "controller/ssh/ssh.h"
#include "protocol/fail.h"

static void bytes_come_out_as_they_went_in(void **state)
{
    struct outqueue q = {0};
    char in[70000], out[140000];
    const char *bytes;
    size_t n, done = 0;

    (void)state;
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (char)(i % 251);
    assert_int_equal(outqueue_push(&q, in, sizeof in, NULL), 0);
    assert_int_equal(outqueue_push(&q, "", 0, NULL), 0);
    assert_int_equal(outqueue_push(&q, in, sizeof in, NULL), 0);
    while ((n = outqueue_front(&q, &bytes)) > 0) {
        size_t some = n > 999 ? 999 : n;

        memcpy(out + done, bytes, some);
        done += some;
        outqueue_pop(&q, some);
    }
    assert_int_equal(done, sizeof out);
    assert_memory_equal(out, in, sizeof in);
    assert_memory_equal(out + sizeof in, in, sizeof in);
    assert_int_equal(q.len_bytes, 0);
}

/* libssh2 takes a changed address or length for another packet. */
static void the_front_never_moves_or_grows(void **state)
{
    struct outqueue q = {0};
    const char *before, *after;

    (void)state;
    assert_int_equal(outqueue_push(&q, "abc", 3, NULL), 0);
    assert_int_equal(outqueue_front(&q, &before), 3);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(outqueue_push(&q, "more", 4, NULL), 0);
    assert_int_equal(outqueue_front(&q, &after), 3);
    assert_ptr_equal(before, after);
    outqueue_clear(&q);
    assert_int_equal(outqueue_front(&q, &after), 0);
}

static void a_full_queue_refuses_and_keeps_what_it_has(void **state)
{
    static char much[SSH_QUEUE_MAX_BYTES];
    struct outqueue q = {0};
    const char *bytes;
    struct fail why;

    (void)state;
    assert_int_equal(outqueue_push(&q, much, sizeof much, &why), 0);
    assert_int_equal(outqueue_push(&q, "x", 1, &why), -1);
    assert_int_equal(why.code, FAIL_FLOOD);
    assert_int_equal(q.len_bytes, sizeof much);
    outqueue_pop(&q, outqueue_front(&q, &bytes));
    assert_int_equal(outqueue_push(&q, "x", 1, &why), 0);
    outqueue_clear(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_out_as_they_went_in),
        cmocka_unit_test(the_front_never_moves_or_grows),
        cmocka_unit_test(a_full_queue_refuses_and_keeps_what_it_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
