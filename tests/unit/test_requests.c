#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "controller/link/requests.h"

static void a_request_is_taken_once_by_its_id(void **state)
{
    struct requests r = {0};
    struct request *one = requests_add(&r, 30, NULL, NULL);
    struct request *two = requests_add(&r, 20, NULL, NULL);

    (void)state;
    assert_int_not_equal(one->id, two->id);
    assert_ptr_equal(requests_take(&r, one->id), one);
    assert_null(requests_take(&r, one->id));
    assert_int_equal(requests_due(&r), 20);
    free(one);
    requests_clear(&r);
    assert_int_equal(requests_due(&r), REQUESTS_NEVER);
}

static void what_is_due_comes_out_and_what_is_not_stays(void **state)
{
    struct requests r = {0};
    struct request *late = requests_add(&r, 30, NULL, NULL);
    struct request *soon = requests_add(&r, 20, NULL, NULL);
    uint32_t last = r.last_id;

    (void)state;
    assert_null(requests_take_due(&r, 19, last));
    assert_ptr_equal(requests_take_due(&r, 20, last), soon);
    assert_null(requests_take_due(&r, 29, last));
    assert_ptr_equal(requests_take_due(&r, 31, last), late);
    free(soon);
    free(late);
}

static void an_id_is_never_zero(void **state)
{
    struct requests r = {.last_id = UINT32_MAX};

    (void)state;
    assert_int_equal(requests_add(&r, 1, NULL, NULL)->id, 1);
    requests_clear(&r);
}

/* Also where the ids go around. */
static void what_is_asked_meanwhile_waits(void **state)
{
    struct requests r = {.last_id = UINT32_MAX - 1};
    struct request *old = requests_add(&r, 10, NULL, NULL), *new;
    uint32_t last = r.last_id;

    (void)state;
    new = requests_add(&r, 10, NULL, NULL);
    assert_int_equal(new->id, 1);
    assert_ptr_equal(requests_take_due(&r, 10, last), old);
    assert_null(requests_take_due(&r, 10, last));
    assert_null(requests_take_oldest(&r, last));
    assert_ptr_equal(requests_take_oldest(&r, new->id), new);
    assert_null(requests_take_oldest(&r, new->id));
    free(old);
    free(new);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_taken_once_by_its_id),
        cmocka_unit_test(what_is_due_comes_out_and_what_is_not_stays),
        cmocka_unit_test(an_id_is_never_zero),
        cmocka_unit_test(what_is_asked_meanwhile_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
