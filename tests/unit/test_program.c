#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node-agent/home.h"
#include "node-agent/install/exec.h"
#include "node-agent/install/steplog.h"
#include "node-agent/install/worker.h"
#include "protocol/fail.h"
#include "protocol/steps.h"

struct lines {
    char text[4096];
    int count;
    size_t longest;
};

static void note(void *arg, const char *line)
{
    struct lines *l = arg;

    l->count++;
    if (strlen(line) > l->longest)
        l->longest = strlen(line);
    if (strlen(l->text) + strlen(line) + 2 < sizeof l->text) {
        strcat(l->text, line);
        strcat(l->text, "|");
    }
}

static int run(unsigned deadline_ms, const char *script, struct lines *l, int *status,
               struct fail *why)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    struct exec e = {.argv = argv, .deadline_ms = deadline_ms, .on_line = note, .arg = l};

    *l = (struct lines){0};
    return exec_run(&e, status, why);
}

static void lines_of_both_streams_come_in_order(void **state)
{
    struct fail why;
    struct lines l;
    int status;

    (void)state;
    assert_int_equal(run(10000, "echo one; echo two >&2; printf 'no newline'; exit 3", &l,
                         &status, &why),
                     0);
    assert_int_equal(status, 3);
    assert_string_equal(l.text, "one|two|no newline|");
}

static void progress_bars_and_long_lines_are_cut(void **state)
{
    struct fail why;
    struct lines l;
    int status;

    (void)state;
    run(10000, "printf '1%%\\r2%%\\r'; head -c 5000 /dev/zero | tr '\\0' x", &l, &status,
        &why);
    assert_int_equal(l.count, 2 + 5);
    assert_int_equal(l.longest, EXEC_LINE_MAX_BYTES);
}

static void a_program_that_is_not_there_is_named(void **state)
{
    const char *argv[] = {"no-such-program", NULL};
    struct exec e = {.argv = argv, .deadline_ms = 10000};
    struct fail why;
    int status;

    (void)state;
    assert_int_equal(exec_run(&e, &status, &why), -1);
    assert_int_equal(why.code, FAIL_STEP);
    assert_string_equal(why.text, "no-such-program could not be started");
}

static void a_killed_program_is_told(void **state)
{
    struct fail why;
    struct lines l;
    int status;

    (void)state;
    assert_int_equal(run(10000, "kill -9 $$", &l, &status, &why), -1);
    assert_int_equal(why.code, FAIL_STEP);
    assert_string_equal(why.text, "sh was killed by signal 9");
}

static void one_that_takes_too_long_is_ended_with_its_children(void **state)
{
    time_t begun = time(NULL);
    struct fail why;
    struct lines l;
    int status;

    (void)state;
    assert_int_equal(run(200, "sleep 60 & sleep 60", &l, &status, &why), -1);
    assert_int_equal(why.code, FAIL_TIMEOUT);
    assert_true(time(NULL) - begun < 20);
}

static void what_it_leaves_in_the_background_is_not_waited_for(void **state)
{
    time_t begun = time(NULL);
    struct fail why;
    struct lines l;
    int status;

    (void)state;
    assert_int_equal(run(30000, "sleep 20 & echo done", &l, &status, &why), 0);
    assert_int_equal(status, 0);
    assert_string_equal(l.text, "done|");
    assert_true(time(NULL) - begun < 15);
}

static void it_reads_nothing(void **state)
{
    struct fail why;
    struct lines l;
    int status;

    (void)state;
    assert_int_equal(run(10000, "cat; echo end", &l, &status, &why), 0);
    assert_string_equal(l.text, "end|");
}

static void it_reads_what_it_is_given_and_then_the_end(void **state)
{
    const char *argv[] = {"cat", NULL};
    struct lines l = {0};
    struct exec e = {.argv = argv,
                     .deadline_ms = 10000,
                     .input = "url = \"http://one/?sig=secret\"\ntwo",
                     .on_line = note,
                     .arg = &l};
    struct fail why;
    int status;

    (void)state;
    assert_int_equal(exec_run(&e, &status, &why), 0);
    assert_int_equal(status, 0);
    assert_string_equal(l.text, "url = \"http://one/?sig=secret\"|two|");
}

static void input_has_a_ceiling_and_may_be_left_unread(void **state)
{
    char *text = calloc(1, EXEC_INPUT_MAX_BYTES + 2);
    const char *argv[] = {"true", NULL};
    struct exec e = {.argv = argv, .deadline_ms = 10000, .input = text};
    struct fail why;
    int status;

    (void)state;
    assert_non_null(text);
    memset(text, 'x', EXEC_INPUT_MAX_BYTES);
    assert_int_equal(exec_run(&e, &status, &why), 0);
    assert_int_equal(status, 0);
    text[EXEC_INPUT_MAX_BYTES] = 'x';
    assert_int_equal(exec_run(&e, &status, &why), -1);
    assert_int_equal(why.code, FAIL_BUG);
    free(text);
}

static bool until_it_speaks(void *arg)
{
    struct lines *l = arg;

    return l->count == 0;
}

static void it_is_stopped_when_it_may_not_go_on(void **state)
{
    const char *argv[] = {"sh", "-c", "echo one; sleep 60", NULL};
    struct lines l = {0};
    struct exec e = {.argv = argv,
                     .deadline_ms = 30000,
                     .on_line = note,
                     .go_on = until_it_speaks,
                     .arg = &l};
    time_t begun = time(NULL);
    struct fail why;
    int status;

    (void)state;
    assert_int_equal(exec_run(&e, &status, &why), -1);
    assert_int_equal(why.code, FAIL_STEP);
    assert_string_equal(why.text, "sh was stopped");
    assert_string_equal(l.text, "one|");
    assert_true(time(NULL) - begun < 20);
}

/* ---- what is read out of the lines ------------------------------------------------- */

static void the_first_complaint_tells_best(void **state)
{
    struct steplog *log;
    struct fail why;

    (void)state;
    assert_int_equal(steplog_open("/dev/null", &log, &why), 0);
    steplog_line(log, "Reading package lists...");
    steplog_line(log, "dpkg: error processing package rdma-core (--configure):");
    steplog_line(log, "E: Sub-process /usr/bin/dpkg returned an error code (1)");
    assert_string_equal(steplog_telling(log),
                        "dpkg: error processing package rdma-core (--configure):");
    steplog_begin(log);
    steplog_line(log, "one");
    steplog_line(log, "two");
    steplog_line(log, "   ");
    assert_string_equal(steplog_telling(log), "two");
    assert_false(steplog_saw(log, STEPLOG_DISK_FULL));
    steplog_line(log, "write error: No space left on device");
    assert_true(steplog_saw(log, STEPLOG_DISK_FULL));
    steplog_close(log);
}

static void another_list_of_packages_is_another_step(void **state)
{
    char a[] = "rdma-core", b[] = "perftest";
    char *one[] = {a}, *two[] = {a, b};
    struct step first = {STEP_PACKAGES, one, 1}, second = {STEP_PACKAGES, two, 2};
    char id[65], same[65], other[65];
    struct fail why;

    (void)state;
    assert_int_equal(step_id(&first, id, &why), 0);
    assert_int_equal(step_id(&first, same, &why), 0);
    assert_int_equal(step_id(&second, other, &why), 0);
    assert_string_equal(id, same);
    assert_string_not_equal(id, other);
    assert_true(home_name_is_safe(id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_of_both_streams_come_in_order),
        cmocka_unit_test(progress_bars_and_long_lines_are_cut),
        cmocka_unit_test(a_program_that_is_not_there_is_named),
        cmocka_unit_test(a_killed_program_is_told),
        cmocka_unit_test(one_that_takes_too_long_is_ended_with_its_children),
        cmocka_unit_test(what_it_leaves_in_the_background_is_not_waited_for),
        cmocka_unit_test(it_reads_nothing),
        cmocka_unit_test(it_reads_what_it_is_given_and_then_the_end),
        cmocka_unit_test(input_has_a_ceiling_and_may_be_left_unread),
        cmocka_unit_test(it_is_stopped_when_it_may_not_go_on),
        cmocka_unit_test(the_first_complaint_tells_best),
        cmocka_unit_test(another_list_of_packages_is_another_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
