#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/sources/upcall.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static struct fail why;

static void assert_says(const char *line, const char *wanted)
{
    CLEANUP(text_done) char *text = NULL;

    assert_int_equal(upcall_run(&(struct upcall){.line = line}, &text, &why), 0);
    assert_string_equal(text, wanted);
}

static void assert_fails(const struct upcall *upcall, const char *wanted)
{
    char *text = NULL;

    assert_int_equal(upcall_run(upcall, &text, &why), -1);
    assert_int_equal(why.code, FAIL_GROUP_SOURCE);
    assert_string_equal(why.text, wanted);
    assert_null(text);
}

static void what_it_prints_is_the_answer(void **state)
{
    (void)state;
    assert_says("echo ib1; echo noise >&2; echo ib2", "ib1\nib2");
    assert_says("cat; echo done", "done"); /* standard input is empty */
    assert_says(":", "");
}

static void it_is_run_in_its_folder(void **state)
{
    CLEANUP(text_done) char *text = NULL;

    (void)state;
    assert_int_equal(upcall_run(&(struct upcall){.line = "pwd", .folder = "/usr"}, &text,
                                &why),
                     0);
    assert_string_equal(text, "/usr");
}

static void a_failure_has_its_first_words(void **state)
{
    (void)state;
    assert_fails(&(struct upcall){.line =
                                      "echo bad; echo oops >&2; echo more >&2; exit 3"},
                 "'echo bad; echo oops >&2; echo more >&2; exit 3' ended with 3: oops");
    assert_fails(&(struct upcall){.line = "exit 1"}, "'exit 1' ended with 1");
    assert_fails(&(struct upcall){.line = "kill -9 $$"}, "'kill -9 $$' ended with 137");
    assert_fails(&(struct upcall){.line = "pwd", .folder = "/nowhere"},
                 "'pwd' cannot be run: No such file or directory");
    assert_fails(&(struct upcall){.line = "printf 'a\\0b'"},
                 "'printf 'a\\0b'' printed what is no text");
}

static void much_on_standard_error_holds_nothing_up(void **state)
{
    (void)state;
    assert_says("head -c 1000000 /dev/zero >&2; echo ib1", "ib1");
}

static void a_flood_is_stopped(void **state)
{
    (void)state;
    assert_fails(&(struct upcall){.line = "head -c 20M /dev/zero | tr '\\0' a"},
                 "'head -c 20M /dev/zero | tr '\\0' a' printed more than 16 MiB");
}

/* Also what it has started is gone: nobody holds the other end of the pipe any more. */
static void who_does_not_end_is_killed_with_all_that_it_started(void **state)
{
    struct pollfd end = {.events = POLLIN};
    char line[100];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    end.fd = ends[0];
    snprintf(line, sizeof line, "sleep 20 & sleep 20 & wait # %d", ends[1]);
    assert_int_equal(upcall_run(&(struct upcall){.line = line, .timeout_ms = 100},
                                &(char *){NULL}, &why),
                     -1);
    assert_non_null(strstr(why.text, "has not ended within 0.1 s"));
    close(ends[1]);
    assert_int_equal(poll(&end, 1, 5000), 1); /* the sleepers would hold it open */
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_prints_is_the_answer),
        cmocka_unit_test(it_is_run_in_its_folder),
        cmocka_unit_test(a_failure_has_its_first_words),
        cmocka_unit_test(much_on_standard_error_holds_nothing_up),
        cmocka_unit_test(a_flood_is_stopped),
        cmocka_unit_test(who_does_not_end_is_killed_with_all_that_it_started),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
