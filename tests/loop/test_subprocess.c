/* Somebody else's program on the loop: its end, its words, its deadline, its flood. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "controller/subprocess.h"
#include "protocol/fail.h"

static uv_loop_t loop;
static int ends;
static enum subprocess_how how;
static int status;
static char out[4096], complaint[256];
static size_t out_bytes;

static void on_ended(void *arg, const struct subprocess_end *end)
{
    (void)arg;
    ends++;
    how = end->how;
    status = end->status;
    out_bytes = end->out_bytes;
    snprintf(out, sizeof out, "%.4000s", end->out);
    snprintf(complaint, sizeof complaint, "%.200s", end->complaint);
}

static struct subprocess *begin(const char *script, const char *input,
                                uint64_t deadline_ms, size_t max_bytes)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct subprocess_order order = {.argv = argv,
                                     .input = input,
                                     .deadline_ms = deadline_ms,
                                     .max_bytes = max_bytes};
    struct subprocess *p;

    ends = 0;
    uv_loop_init(&loop);
    p = subprocess_start(&loop, &order, on_ended, NULL, NULL);
    assert_non_null(p);
    assert_int_equal(ends, 0);
    return p;
}

/* No process and no handle is left. */
static void finish(int wanted_ends)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(ends, wanted_ends);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void its_output_status_and_last_words_are_told(void **state)
{
    (void)state;
    begin("echo out; echo one >&2; printf 'two \\n\\n' >&2; exit 3", NULL, 30000, 4096);
    finish(1);
    assert_int_equal(how, SUBPROCESS_ENDED);
    assert_int_equal(status, 3);
    assert_string_equal(out, "out\n");
    assert_string_equal(complaint, "two");
}

static void it_reads_what_it_is_given(void **state)
{
    (void)state;
    begin("cat", "{\"nodes\": []}\n", 30000, 4096);
    finish(1);
    assert_string_equal(out, "{\"nodes\": []}\n");
}

static void one_that_does_not_read_its_input_ends_all_the_same(void **state)
{
    char *large = malloc(1 << 20);

    (void)state;
    memset(large, 'x', (1 << 20) - 1);
    large[(1 << 20) - 1] = '\0';
    begin("exec <&-; echo done", large, 30000, 4096);
    free(large); /* it has a copy */
    finish(1);
    assert_string_equal(out, "done\n");
    assert_int_equal(status, 0);
}

/* Gone, or dead and not collected yet by whoever has inherited it. */
static int is_dead(int pid)
{
    char path[64], state = 'Z';
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    f = fopen(path, "r");
    if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
        state = 'Z';
    if (f)
        fclose(f);
    return state == 'Z';
}

static void one_that_hangs_is_killed_with_all_it_started(void **state)
{
    char path[] = "/tmp/ibfleet-subprocess.XXXXXX", script[200];
    int pid = 0;
    FILE *f;

    (void)state;
    close(mkstemp(path));
    snprintf(script, sizeof script, "trap '' TERM; sleep 600 & echo $! >%s; sleep 600",
             path);
    begin(script, NULL, 1000, 4096);
    finish(1);
    assert_int_equal(how, SUBPROCESS_LATE);
    assert_int_equal(out_bytes, 0);
    f = fopen(path, "r");
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    fclose(f);
    unlink(path);
    for (int i = 0; i < 500 && !is_dead(pid); i++)
        usleep(10000);
    assert_true(is_dead(pid));
}

static void one_that_floods_is_killed(void **state)
{
    (void)state;
    begin("exec yes", NULL, 30000, 100000);
    finish(1);
    assert_int_equal(how, SUBPROCESS_FLOOD);
}

static void up_to_its_ceiling_nothing_is_lost(void **state)
{
    (void)state;
    begin("head -c 100000 /dev/zero | tr '\\0' x", NULL, 30000, 100000);
    finish(1);
    assert_int_equal(how, SUBPROCESS_ENDED);
    assert_int_equal(out_bytes, 100000);
}

static void what_it_leaves_behind_holds_up_nobody(void **state)
{
    (void)state;
    begin("sleep 5 & echo done", NULL, 30000, 4096);
    finish(1);
    assert_int_equal(how, SUBPROCESS_ENDED);
    assert_string_equal(out, "done\n");
}

static void a_signal_is_told_as_a_shell_tells_it(void **state)
{
    (void)state;
    begin("kill -TERM $$", NULL, 30000, 4096);
    finish(1);
    assert_int_equal(status, 128 + SIGTERM);
}

static void after_stop_nothing_is_heard(void **state)
{
    struct subprocess *p = begin("echo x; sleep 600", NULL, 30000, 4096);

    (void)state;
    subprocess_stop(p);
    finish(0);
}

static void one_that_is_not_there_is_named(void **state)
{
    const char *const argv[] = {"ibfleet-no-such-program", NULL};
    struct subprocess_order order = {.argv = argv, .max_bytes = 10};
    struct fail why;

    (void)state;
    ends = 0;
    uv_loop_init(&loop);
    assert_null(subprocess_start(&loop, &order, on_ended, NULL, &why));
    assert_int_equal(why.code, FAIL_NO_PROGRAM);
    assert_string_equal(why.text,
                        "ibfleet-no-such-program: there is no such program in PATH");
    finish(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_output_status_and_last_words_are_told),
        cmocka_unit_test(it_reads_what_it_is_given),
        cmocka_unit_test(one_that_does_not_read_its_input_ends_all_the_same),
        cmocka_unit_test(one_that_hangs_is_killed_with_all_it_started),
        cmocka_unit_test(one_that_floods_is_killed),
        cmocka_unit_test(up_to_its_ceiling_nothing_is_lost),
        cmocka_unit_test(what_it_leaves_behind_holds_up_nobody),
        cmocka_unit_test(a_signal_is_told_as_a_shell_tells_it),
        cmocka_unit_test(after_stop_nothing_is_heard),
        cmocka_unit_test(one_that_is_not_there_is_named),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
