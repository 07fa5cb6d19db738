/* Real programs: shell scripts that do what nobody should, and how they are ended. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "controller/program/program.h"
#include "protocol/fail.h"

#define LONG_MS 60000 /* a test that waits for it hangs, and is seen to */

static uv_loop_t loop;
static struct program *program;
static struct program_result last;
static char last_out[4096], last_words[1200];
static int ends, closes;
static bool stays; /* on_ended does not close it */
static char folder[] = "/tmp/ibfleet-program.XXXXXX", script[64], pidfile[64];

static void on_closed(void *arg)
{
    assert_ptr_equal(arg, &closes);
    closes++;
}

static void close_it(void)
{
    program_close(program, on_closed, &closes);
    program = NULL;
}

static void on_ended(void *arg, const struct program_result *result)
{
    assert_ptr_equal(arg, &ends);
    assert_int_equal(ends++, 0);
    last = *result;
    snprintf(last_out, sizeof last_out, "%s", result->out);
    snprintf(last_words, sizeof last_words, "%s", result->words);
    if (!stays)
        close_it();
}

/* ---- a run ----------------------------------------------------------------------------- */

static void write_script(const char *body)
{
    FILE *file = fopen(script, "w");

    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", body) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(script, 0700), 0);
}

static void begin_with(const char *body, struct program_order order)
{
    const char *const argv[] = {script, "a word", "$(echo no) ; 'shell'", NULL};
    struct fail why;

    write_script(body);
    order.argv = order.argv ? order.argv : argv;
    order.deadline_ms = order.deadline_ms ? order.deadline_ms : LONG_MS;
    order.keep_bytes = order.keep_bytes ? order.keep_bytes : sizeof last_out - 1;
    uv_loop_init(&loop);
    ends = closes = 0;
    stays = false;
    if (program_start(&loop, &order, on_ended, &ends, &program, &why) < 0)
        fail_msg("%s", why.text);
    assert_int_equal(ends, 0);
}

/* To the end; no process of ours and no handle is left. */
static void finish(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(closes, 1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void run_with(const char *body, struct program_order order)
{
    begin_with(body, order);
    finish();
    assert_int_equal(ends, 1);
}

static void run(const char *body)
{
    run_with(body, (struct program_order){0});
}

/* What a script has written there; each starts without one. */
static pid_t noted_pid(void)
{
    FILE *file = fopen(pidfile, "r");
    int pid = 0;

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    unlink(pidfile);
    return pid;
}

/* Nobody may have collected it yet. */
static bool is_alive(pid_t pid)
{
    char path[40], text[200] = "", *end;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (!file)
        return false;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    end = strrchr(text, ')');
    return end && end[1] && end[2] != 'Z' && end[2] != 'X';
}

static void wait_for_file(const char *path)
{
    for (int i = 0; i < 2000 && access(path, F_OK) < 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    assert_int_equal(access(path, F_OK), 0);
}

/* ---- what goes in and comes out ----------------------------------------------------------- */

static void what_it_reads_and_prints_goes_through(void **state)
{
    (void)state;
    run_with("cat; echo words >&2; exit 3",
             (struct program_order){.input = "some text\n", .input_bytes = 10});
    assert_int_equal(last.end, PROGRAM_EXITED);
    assert_int_equal(last.status, 3);
    assert_string_equal(last_out, "some text\n");
    assert_int_equal(last.out_bytes, 10);
    assert_false(last.out_is_cut);
    assert_string_equal(last_words, "words\n");
    assert_true(last.seconds > 0);
}

/* Which fails on a socket. */
static void its_streams_can_be_opened_by_name(void **state)
{
    (void)state;
    run_with("cat /dev/stdin >/dev/stdout && echo so >/dev/stderr",
             (struct program_order){.input = "text", .input_bytes = 4});
    assert_int_equal(last.status, 0);
    assert_string_equal(last_out, "text");
    assert_string_equal(last_words, "so\n");
}

static void words_are_not_read_by_a_shell(void **state)
{
    (void)state;
    run("printf '<%s>' \"$@\"");
    assert_string_equal(last_out, "<a word><$(echo no) ; 'shell'>");
}

static void its_environment_is_ours_and_more(void **state)
{
    static const char *const more[] = {"IBFLEET_TEST=theirs", "IBFLEET_MORE=1", NULL};

    (void)state;
    setenv("IBFLEET_TEST", "ours", 1);
    setenv("IBFLEET_OURS", "2", 1);
    run_with("env | grep '^IBFLEET_' | sort", (struct program_order){.env = more});
    assert_string_equal(last_out,
                        "IBFLEET_MORE=1\nIBFLEET_OURS=2\nIBFLEET_TEST=theirs\n");
}

static void variables_can_be_left_out_by_how_they_begin(void **state)
{
    static const char *const without[] = {"IBFLEET_T", "IBFLEET_OURS=", NULL};

    (void)state;
    setenv("IBFLEET_TEST", "ours", 1);
    setenv("IBFLEET_OURS", "2", 1);
    setenv("IBFLEET_OURS_TOO", "3", 1);
    run_with("env | grep '^IBFLEET_'", (struct program_order){.without = without});
    assert_string_equal(last_out, "IBFLEET_OURS_TOO=3\n");
    unsetenv("IBFLEET_OURS_TOO");
}

static void without_a_slash_it_is_looked_for_in_path(void **state)
{
    static const char *const argv[] = {"sh", "-c", "echo out; exit 3", NULL};

    (void)state;
    run_with("", (struct program_order){.argv = argv});
    assert_int_equal(last.status, 3);
    assert_string_equal(last_out, "out\n");
}

static void input_that_is_not_read_is_no_failure(void **state)
{
    static char much[1 << 20];

    (void)state;
    memset(much, 'x', sizeof much);
    run_with("exec <&-; echo well",
             (struct program_order){.input = much, .input_bytes = sizeof much});
    assert_int_equal(last.end, PROGRAM_EXITED);
    assert_int_equal(last.status, 0);
    assert_string_equal(last_out, "well\n");
    run_with("wc -c", (struct program_order){.input = much, .input_bytes = sizeof much});
    assert_int_equal(atoi(last_out), sizeof much);
}

static void more_than_is_kept_is_read_and_forgotten(void **state)
{
    (void)state;
    run_with("head -c 300000 /dev/zero | tr '\\0' y; echo end >&2",
             (struct program_order){.keep_bytes = 100});
    assert_int_equal(last.status, 0);
    assert_int_equal(last.out_bytes, 100);
    assert_int_equal(strspn(last_out, "y"), 100);
    assert_true(last.out_is_cut);
    assert_string_equal(last_words, "end\n");
}

static void up_to_a_ceiling_of_its_own_nothing_is_lost(void **state)
{
    (void)state;
    run_with("head -c 100000 /dev/zero | tr '\\0' x",
             (struct program_order){.keep_bytes = 100000, .flood_bytes = 100000});
    assert_int_equal(last.end, PROGRAM_EXITED);
    assert_int_equal(last.out_bytes, 100000);
    assert_false(last.out_is_cut);
}

static void a_signal_is_no_status(void **state)
{
    (void)state;
    run("kill -9 $$");
    assert_int_equal(last.end, PROGRAM_SIGNAL);
    assert_int_equal(last.signal, SIGKILL);
}

/* ---- ended by us --------------------------------------------------------------------------- */

static void one_that_hangs_is_ended_at_its_deadline(void **state)
{
    (void)state;
    run_with("echo before; exec sleep 600",
             (struct program_order){.deadline_ms = 200, .grace_ms = LONG_MS});
    assert_int_equal(last.end, PROGRAM_LATE);
    assert_int_equal(last.signal, SIGTERM);
    assert_string_equal(last_out, "before\n");
}

static void one_that_does_not_heed_is_killed(void **state)
{
    (void)state;
    run_with("trap '' TERM; while :; do sleep 0.1; done",
             (struct program_order){.deadline_ms = 200, .grace_ms = 100});
    assert_int_equal(last.end, PROGRAM_LATE);
    assert_int_equal(last.signal, SIGKILL);
}

/* It ends when it is told to; what it has started does not. */
static void all_that_it_has_started_ends_with_it(void **state)
{
    (void)state;
    run_with("(trap '' TERM; exec sleep 600) & echo $! >\"$PIDFILE\"; wait",
             (struct program_order){.deadline_ms = 300, .grace_ms = 200});
    assert_int_equal(last.end, PROGRAM_LATE);
    assert_int_equal(last.signal, SIGTERM);
    assert_false(is_alive(noted_pid()));
}

static void a_flood_ends_it(void **state)
{
    (void)state;
    run("exec yes");
    assert_int_equal(last.end, PROGRAM_FLOODED);
    assert_true(last.out_is_cut);
    run("exec yes >&2");
    assert_int_equal(last.end, PROGRAM_FLOODED);
    run_with("head -c 100001 /dev/zero; sleep 600",
             (struct program_order){.flood_bytes = 100000});
    assert_int_equal(last.end, PROGRAM_FLOODED);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void output_that_is_held_open_is_not_waited_for(void **state)
{
    pid_t left;

    (void)state;
    run("sleep 600 & echo $! >\"$PIDFILE\"; echo said; exit 4");
    assert_int_equal(last.end, PROGRAM_EXITED);
    assert_int_equal(last.status, 4);
    assert_string_equal(last_out, "said\n");
    left = noted_pid();
    assert_true(is_alive(left)); /* it is not our business */
    kill(left, SIGKILL);
}

static void one_that_ended_in_time_counts_however_late_we_look(void **state)
{
    (void)state;
    begin_with("echo done; : >\"$PIDFILE\"", (struct program_order){.deadline_ms = 50});
    wait_for_file(pidfile);
    unlink(pidfile);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    finish();
    assert_int_equal(last.end, PROGRAM_EXITED);
    assert_string_equal(last_out, "done\n");
}

static void closed_at_any_time_it_is_silent(void **state)
{
    (void)state;
    begin_with("exec sleep 600", (struct program_order){0});
    close_it(); /* at once */
    finish();
    begin_with("echo $$ >\"$PIDFILE\"; trap '' TERM; while :; do sleep 0.1; done",
               (struct program_order){.grace_ms = 100});
    wait_for_file(pidfile);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    close_it();
    finish();
    assert_int_equal(ends, 0);
    assert_false(is_alive(noted_pid()));
}

static void it_may_be_closed_long_after_its_end(void **state)
{
    (void)state;
    begin_with("exit 0", (struct program_order){0});
    stays = true;
    while (!ends)
        uv_run(&loop, UV_RUN_ONCE);
    close_it();
    finish();
}

static unsigned open_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Whatever this test was started with is passed on to everybody. */
static void no_descriptor_stays_open(void **state)
{
    static const char count[] = "ls /proc/self/fd | wc -l";
    unsigned before = open_files(), usual = 0;
    FILE *pipe = popen(count, "re");

    (void)state;
    assert_int_equal(fscanf(pipe, "%u", &usual), 1);
    pclose(pipe);
    run("cat; echo x >&2");
    assert_int_equal(open_files(), before);
    run(count);
    assert_int_equal(atoi(last_out), usual);
}

static void what_cannot_be_started_is_said_at_once(void **state)
{
    const char *const argv[] = {"/nonexistent/program", NULL};
    const struct program_order order = {.argv = argv, .deadline_ms = LONG_MS};
    unsigned before = open_files();
    struct fail why;

    (void)state;
    uv_loop_init(&loop);
    assert_int_equal(program_start(&loop, &order, on_ended, &ends, &program, &why), -1);
    assert_int_equal(why.code, FAIL_COMMAND);
    assert_string_equal(why.text, "/nonexistent/program cannot be started: no such file "
                                  "or directory");
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(open_files(), before);
}

static void what_kept_it_from_starting_is_told_to_who_asks(void **state)
{
    const char *const argv[] = {"ibfleet-no-such-program", NULL};
    int error = 0;
    const struct program_order order = {.argv = argv,
                                        .deadline_ms = LONG_MS,
                                        .error = &error};
    struct fail why;

    (void)state;
    uv_loop_init(&loop);
    assert_int_equal(program_start(&loop, &order, on_ended, &ends, &program, &why), -1);
    assert_int_equal(error, UV_ENOENT);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* ---- the stage --------------------------------------------------------------------------------- */

static int prepare(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(script, sizeof script, "%s/script", folder);
    snprintf(pidfile, sizeof pidfile, "%s/pid", folder);
    signal(SIGPIPE, SIG_IGN); /* as main() does */
    return setenv("PIDFILE", pidfile, 1);
}

static int take_away(void **state)
{
    (void)state;
    unlink(script);
    unlink(pidfile);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_reads_and_prints_goes_through),
        cmocka_unit_test(its_streams_can_be_opened_by_name),
        cmocka_unit_test(words_are_not_read_by_a_shell),
        cmocka_unit_test(its_environment_is_ours_and_more),
        cmocka_unit_test(variables_can_be_left_out_by_how_they_begin),
        cmocka_unit_test(without_a_slash_it_is_looked_for_in_path),
        cmocka_unit_test(input_that_is_not_read_is_no_failure),
        cmocka_unit_test(more_than_is_kept_is_read_and_forgotten),
        cmocka_unit_test(up_to_a_ceiling_of_its_own_nothing_is_lost),
        cmocka_unit_test(a_signal_is_no_status),
        cmocka_unit_test(one_that_hangs_is_ended_at_its_deadline),
        cmocka_unit_test(one_that_does_not_heed_is_killed),
        cmocka_unit_test(all_that_it_has_started_ends_with_it),
        cmocka_unit_test(a_flood_ends_it),
        cmocka_unit_test(output_that_is_held_open_is_not_waited_for),
        cmocka_unit_test(one_that_ended_in_time_counts_however_late_we_look),
        cmocka_unit_test(closed_at_any_time_it_is_silent),
        cmocka_unit_test(it_may_be_closed_long_after_its_end),
        cmocka_unit_test(no_descriptor_stays_open),
        cmocka_unit_test(what_cannot_be_started_is_said_at_once),
        cmocka_unit_test(what_kept_it_from_starting_is_told_to_who_asks),
    };

    return cmocka_run_group_tests(tests, prepare, take_away);
}
