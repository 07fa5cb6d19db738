/* fakes: scratch_node */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/ledger.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "tests/fake/scratch_node.h"

/* Takes the place of the C library's: a disk that is full while ballast lies on it. */
static const char *full_while_there;
static bool always_full;

ssize_t write(int fd, const void *bytes, size_t n)
{
    if (always_full || (full_while_there && access(full_while_there, F_OK) == 0)) {
        if (fd > STDERR_FILENO) {
            errno = ENOSPC;
            return -1;
        }
    }
    return syscall(SYS_write, fd, bytes, n);
}

static int drop_node(void **state)
{
    full_while_there = NULL;
    always_full = false;
    return scratch_node_drop(state);
}

static void note(const struct home *p, const char *run, const char *step, int attempt,
                 enum ledger_state state)
{
    struct ledger_entry e = {.attempt = attempt, .state = state};
    struct fail why;

    snprintf(e.run, sizeof e.run, "%s", run);
    snprintf(e.step, sizeof e.step, "%s", step);
    if (state == LEDGER_FAILED)
        fail_set(&e.why, FAIL_DISK_FULL, "no space left");
    assert_int_equal(ledger_append(p, &e, &why), 0);
}

static struct ledger_entry last(const struct home *p, const char *run, const char *step)
{
    struct ledger_entry e;
    struct fail why;

    assert_int_equal(ledger_last(p, run, step, &e, &why), 0);
    return e;
}

static void of_a_step_never_begun_there_is_nothing(void **state)
{
    assert_int_equal(last(*state, "r1", "memlock-1").state, LEDGER_NOTHING);
}

static void the_last_entry_says_where_a_step_stands(void **state)
{
    struct ledger_entry e;

    note(*state, "r1", "packages-1", 1, LEDGER_INTENT);
    note(*state, "r1", "packages-1", 1, LEDGER_FAILED);
    note(*state, "r1", "packages-1", 2, LEDGER_INTENT);
    note(*state, "r1", "modules-2", 1, LEDGER_DONE);
    note(*state, "r2", "packages-1", 1, LEDGER_DONE);
    e = last(*state, "r1", "packages-1");
    assert_int_equal(e.state, LEDGER_INTENT);
    assert_int_equal(e.attempt, 2);
    assert_int_equal(last(*state, "r2", "packages-1").state, LEDGER_DONE);
}

static void a_failure_is_kept_with_code_and_text(void **state)
{
    struct ledger_entry e;

    note(*state, "r1", "packages-1", 1, LEDGER_FAILED);
    e = last(*state, "r1", "packages-1");
    assert_int_equal(e.why.code, FAIL_DISK_FULL);
    assert_string_equal(e.why.text, "no space left");
}

static void what_was_to_be_done_is_found_with_its_result(void **state)
{
    struct ledger_entry e = {.run = "r1", .step = "s", .state = LEDGER_INTENT};
    CLEANUP(json_done) struct json *what = json_object();
    const char *name;
    struct fail why;

    json_put_text(what, "name", "memlock");
    e.what = what;
    assert_int_equal(ledger_append(*state, &e, &why), 0);
    note(*state, "r1", "s", 1, LEDGER_RUNNING);
    assert_int_equal(ledger_last(*state, "r1", "s", &e, &why), 0);
    assert_int_equal(e.state, LEDGER_RUNNING);
    assert_int_equal(json_get_text(e.what, "name", &name, &why), 0);
    assert_string_equal(name, "memlock");
    ledger_clear(&e);
}

/* The ledger cut at each byte of its last line: the entries before always stay. */
static void a_torn_last_line_is_passed_over(void **state)
{
    char path[HOME_PATH_MAX_BYTES];
    struct stat first, both;
    struct fail why;

    assert_int_equal(home_in_state(*state, path, &why, "/ledger"), 0);
    note(*state, "r1", "a", 1, LEDGER_DONE);
    assert_int_equal(stat(path, &first), 0);
    note(*state, "r1", "b", 1, LEDGER_DONE);
    assert_int_equal(stat(path, &both), 0);
    for (off_t cut = both.st_size - 2; cut >= first.st_size; cut--) {
        assert_int_equal(truncate(path, cut), 0);
        assert_int_equal(last(*state, "r1", "a").state, LEDGER_DONE);
        assert_int_equal(last(*state, "r1", "b").state, LEDGER_NOTHING);
    }
}

static void what_comes_after_a_torn_line_is_read(void **state)
{
    char path[HOME_PATH_MAX_BYTES];
    struct stat st;
    struct fail why;

    assert_int_equal(home_in_state(*state, path, &why, "/ledger"), 0);
    note(*state, "r1", "a", 1, LEDGER_DONE);
    note(*state, "r1", "b", 1, LEDGER_DONE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size - 10), 0);
    note(*state, "r1", "c", 1, LEDGER_DONE);
    assert_int_equal(last(*state, "r1", "a").state, LEDGER_DONE);
    assert_int_equal(last(*state, "r1", "b").state, LEDGER_NOTHING);
    assert_int_equal(last(*state, "r1", "c").state, LEDGER_DONE);
}

/* As a file system leaves it that had grown the file, and not yet written the line. */
static void grow(const char *path, off_t bytes)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(truncate(path, st.st_size + bytes), 0);
}

static void zeros_of_a_torn_line_hide_nothing_behind_them(void **state)
{
    char path[HOME_PATH_MAX_BYTES];
    struct fail why;

    assert_int_equal(home_in_state(*state, path, &why, "/ledger"), 0);
    note(*state, "r1", "a", 1, LEDGER_DONE);
    grow(path, 100);
    note(*state, "r1", "b", 1, LEDGER_DONE);
    assert_int_equal(last(*state, "r1", "a").state, LEDGER_DONE);
    assert_int_equal(last(*state, "r1", "b").state, LEDGER_DONE);
}

/* All but one sector of it. */
static void a_line_with_zeros_in_it_is_none(void **state)
{
    char path[HOME_PATH_MAX_BYTES];
    struct stat st;
    struct fail why;
    FILE *f;

    assert_int_equal(home_in_state(*state, path, &why, "/ledger"), 0);
    note(*state, "r1", "a", 1, LEDGER_DONE);
    assert_int_equal(stat(path, &st), 0);
    note(*state, "r1", "b", 1, LEDGER_FAILED);
    f = fopen(path, "r+");
    assert_non_null(f);
    assert_int_equal(fseek(f, st.st_size + 100, SEEK_SET), 0);
    for (int i = 0; i < 8; i++)
        fputc('\0', f);
    fclose(f);
    assert_int_equal(last(*state, "r1", "a").state, LEDGER_DONE);
    assert_int_equal(last(*state, "r1", "b").state, LEDGER_NOTHING);
}

static void a_result_finds_room_on_a_full_disk(void **state)
{
    char path[HOME_PATH_MAX_BYTES];
    struct fail why;

    assert_int_equal(home_in_state(*state, path, &why, "/ballast"), 0);
    note(*state, "r1", "packages-1", 1, LEDGER_INTENT);
    assert_int_equal(access(path, F_OK), 0);
    full_while_there = path;
    note(*state, "r1", "packages-1", 1, LEDGER_FAILED);
    assert_int_equal(last(*state, "r1", "packages-1").why.code, FAIL_DISK_FULL);
}

static void a_disk_without_any_room_is_told(void **state)
{
    struct ledger_entry e = {.run = "r1", .step = "s", .state = LEDGER_INTENT};
    struct fail why;

    always_full = true;
    assert_int_equal(ledger_append(*state, &e, &why), -1);
    assert_int_equal(why.code, FAIL_DISK_FULL);
    always_full = false;
    assert_int_equal(last(*state, "r1", "s").state, LEDGER_NOTHING);
}

static void a_long_ledger_loses_its_older_half(void **state)
{
    char path[HOME_PATH_MAX_BYTES];
    char *text = malloc(LEDGER_MAX_BYTES + 200);
    struct stat st;
    struct fail why;

    assert_int_equal(home_in_state(*state, path, &why, "/ledger"), 0);
    note(*state, "r0", "old", 1, LEDGER_DONE);
    memset(text, 'x', LEDGER_MAX_BYTES + 100);
    for (size_t i = 99; i < LEDGER_MAX_BYTES; i += 100)
        text[i] = '\n';
    strcpy(text + LEDGER_MAX_BYTES + 99, "\n");
    assert_int_equal(home_write(path, text, 0600, &why), 0);
    free(text);
    note(*state, "r1", "new", 1, LEDGER_DONE);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size < (off_t)(LEDGER_MAX_BYTES / 2 + 1024));
    assert_int_equal(last(*state, "r1", "new").state, LEDGER_DONE);
}

static void what_comes_after_a_torn_line_is_not_lost_with_the_older_half(void **state)
{
    char path[HOME_PATH_MAX_BYTES], *text = malloc(LEDGER_MAX_BYTES - 1000);
    struct fail why;

    assert_int_equal(home_in_state(*state, path, &why, "/ledger"), 0);
    assert_int_equal(home_make(*state, NULL, &why), 0);
    memset(text, '\n', LEDGER_MAX_BYTES - 1001);
    text[LEDGER_MAX_BYTES - 1001] = '\0';
    assert_int_equal(home_write(path, text, 0600, &why), 0);
    free(text);
    grow(path, 100);
    note(*state, "r1", "a", 1, LEDGER_DONE);
    grow(path, 1000);
    note(*state, "r1", "b", 1, LEDGER_DONE);
    assert_int_equal(last(*state, "r1", "a").state, LEDGER_DONE);
    assert_int_equal(last(*state, "r1", "b").state, LEDGER_DONE);
}

int main(void)
{
#define ON_A_NODE(test) \
    cmocka_unit_test_setup_teardown(test, scratch_node_make, drop_node)
    const struct CMUnitTest tests[] = {
        ON_A_NODE(of_a_step_never_begun_there_is_nothing),
        ON_A_NODE(the_last_entry_says_where_a_step_stands),
        ON_A_NODE(a_failure_is_kept_with_code_and_text),
        ON_A_NODE(what_was_to_be_done_is_found_with_its_result),
        ON_A_NODE(a_torn_last_line_is_passed_over),
        ON_A_NODE(what_comes_after_a_torn_line_is_read),
        ON_A_NODE(zeros_of_a_torn_line_hide_nothing_behind_them),
        ON_A_NODE(a_line_with_zeros_in_it_is_none),
        ON_A_NODE(a_result_finds_room_on_a_full_disk),
        ON_A_NODE(a_disk_without_any_room_is_told),
        ON_A_NODE(a_long_ledger_loses_its_older_half),
        ON_A_NODE(what_comes_after_a_torn_line_is_not_lost_with_the_older_half),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
