/* The OpenSSH way with an ssh that does what the test says: a shell script in $PATH,
 * which finds out by the name of the node how to behave.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "controller/openssh/mark.h"
#include "controller/ssh/ssh.h"
#include "protocol/fail.h"

#define BOTH_MARKS "echo " MARK_TEXT "; echo " MARK_TEXT " >&2; "

static const char script[] =
    "#!/bin/sh\n"
    "for w; do shift; [ \"$w\" != -- ] || break; done\n"
    "case $1 in\n"
    "echo) " BOTH_MARKS "exec cat;;\n"
    "says) echo junk; echo banner >&2; " BOTH_MARKS "echo out; echo err >&2; exit 3;;\n"
    "slow) sleep 0.1; " BOTH_MARKS "echo out; exit 3;;\n"
    "flood) " BOTH_MARKS
    "exec yes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx;;\n"
    "silent) exec sleep 600;;\n"
    "stubborn) trap '' TERM; " BOTH_MARKS "while :; do sleep 0.1; done;;\n"
    "killed) " BOTH_MARKS "kill -9 $$;;\n"
    "cut) " BOTH_MARKS
    "printf 'Connection to cut closed by remote host.\\r\\n' >&2; exit 255;;\n"
    "255) " BOTH_MARKS
    "echo 'Connection to X' is what I print >&2; echo bye >&2; exit 255;;\n"
    "refused) echo 'u@refused: Permission denied (publickey).' >&2; exit 255;;\n"
    "wordless) exit 0;;\n"
    "leftover) " BOTH_MARKS "sleep 600 & echo $!; exit 4;;\n"
    "jump) sleep 600 & echo $! >\"$PIDFILE\"; wait;;\n"
    "deaf) " BOTH_MARKS "exec sleep 600;;\n"
    "esac\n";

static uv_loop_t loop;
static struct ssh_client *client;
static struct ssh *ssh;
static struct fail last_why;
static int ups, ends, drains, last_status;
static char heard[256];
static size_t heard_bytes;
static enum { STAY, AT_UP, AT_DATA, AT_END } closes = AT_END;
static char folder[] = "/tmp/ibfleet-child.XXXXXX", pidfile[64];

/* ---- hooks ------------------------------------------------------------------------- */

static void close_it(void)
{
    ssh_close(ssh, NULL);
    ssh = NULL;
}

static void on_up(void *arg)
{
    (void)arg;
    ups++;
    if (closes == AT_UP)
        close_it();
}

static void on_data(void *arg, enum ssh_stream stream, const char *bytes,
                    size_t len_bytes)
{
    size_t used = strlen(heard);

    (void)arg;
    assert_non_null(ssh);
    heard_bytes += len_bytes;
    if (used + len_bytes + 3 < sizeof heard)
        sprintf(heard + used, "%d:%.*s", stream, (int)len_bytes, bytes);
    if (closes == AT_DATA)
        close_it();
}

static void on_drained(void *arg)
{
    (void)arg;
    drains++;
}

static void on_ended(void *arg, int status, const struct fail *why)
{
    (void)arg;
    ends++;
    last_status = status;
    last_why = why ? *why : (struct fail){.code = FAIL_NONE};
    if (closes == AT_END)
        close_it();
}

static const struct ssh_hooks hooks = {on_up, on_data, on_drained, on_ended};

/* ---- a journey ----------------------------------------------------------------------- */

static void begin(const char *node, uint64_t phase_ms)
{
    const struct ssh_order order = {.name = node,
                                    .command = "true",
                                    .through = SSH_THROUGH_OPENSSH,
                                    .phase_ms = phase_ms};

    uv_loop_init(&loop);
    client = ssh_client_new();
    ups = ends = drains = 0;
    heard[0] = '\0';
    heard_bytes = 0;
    closes = AT_END;
    ssh = ssh_open(client, &loop, &order, &hooks, NULL);
    assert_non_null(ssh);
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

/* To the end; no process and no descriptor is left. */
static void finish(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    ssh_client_free(client);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void travel(const char *node)
{
    begin(node, 0);
    finish();
    assert_int_equal(ends, 1);
}

static void run_until(const int *counter)
{
    while (!*counter)
        uv_run(&loop, UV_RUN_ONCE);
}

static void bring_up(const char *node)
{
    begin(node, 0);
    run_until(&ups);
}

/* ---- tests --------------------------------------------------------------------------- */

static void what_comes_before_the_mark_is_not_the_nodes(void **state)
{
    (void)state;
    travel("says");
    assert_int_equal(ups, 1);
    assert_int_equal(last_why.code, FAIL_NONE);
    assert_int_equal(last_status, 3);
    assert_non_null(strstr(heard, "0:out\n"));
    assert_non_null(strstr(heard, "1:err\n"));
    assert_int_equal(heard_bytes, strlen("out\nerr\n"));
}

static void what_is_written_arrives_and_is_said_to_be_drained(void **state)
{
    static char bytes[1 << 20];
    struct fail why;

    (void)state;
    bring_up("echo");
    for (int i = 0; i < 4; i++)
        assert_int_equal(ssh_write(ssh, bytes, sizeof bytes, &why), 0);
    while (heard_bytes < 4 * sizeof bytes)
        uv_run(&loop, UV_RUN_ONCE);
    run_until(&drains);
    close_it();
    finish();
    assert_int_equal(ends, 0);
}

static void the_end_of_the_input_comes_after_what_was_written(void **state)
{
    static char bytes[1 << 20];
    struct fail why;

    (void)state;
    bring_up("echo");
    assert_int_equal(ssh_write(ssh, bytes, sizeof bytes, &why), 0);
    assert_int_equal(ssh_end_input(ssh, &why), 0);
    assert_int_equal(ssh_end_input(ssh, &why), 0);
    finish();
    assert_int_equal(heard_bytes, sizeof bytes);
    assert_int_equal(ends, 1);
    assert_int_equal(last_status, 0);
}

static void what_is_not_taken_is_bounded(void **state)
{
    static char bytes[1 << 20];
    struct fail why;
    int taken = 0;

    (void)state;
    bring_up("deaf");
    while (ssh_write(ssh, bytes, sizeof bytes, &why) == 0)
        assert_true(++taken < 8);
    assert_int_equal(why.code, FAIL_FLOOD);
    close_it();
    finish();
}

static size_t turn_bytes_max;

static void on_turn_over(uv_check_t *check)
{
    size_t *before = check->data;

    if (heard_bytes - *before > turn_bytes_max)
        turn_bytes_max = heard_bytes - *before;
    *before = heard_bytes;
}

static void a_flood_leaves_turns_to_the_others(void **state)
{
    size_t before = 0;
    uv_check_t check;

    (void)state;
    bring_up("flood");
    uv_check_init(&loop, &check);
    check.data = &before;
    turn_bytes_max = 0;
    uv_check_start(&check, on_turn_over);
    while (heard_bytes < 16u << 20)
        uv_run(&loop, UV_RUN_ONCE);
    assert_in_range(turn_bytes_max, 1, 320 << 10);
    uv_close((uv_handle_t *)&check, NULL);
    close_it();
    finish();
}

static void a_login_has_a_deadline(void **state)
{
    (void)state;
    begin("silent", 50);
    finish();
    assert_int_equal(last_why.code, FAIL_NO_ANSWER);
    assert_string_equal(last_why.text, "no login through OpenSSH within 0.15 s");
}

/* The loop is kept busy from behind one look at the pipes until long after the deadline. */
static void on_check(uv_check_t *check)
{
    uint64_t until_ns = uv_hrtime() + 500 * 1000000ull;

    while (uv_hrtime() < until_ns) /* the child's end interrupts it */
        usleep(1000);
    uv_close((uv_handle_t *)check, NULL);
}

static void a_login_in_time_counts_however_late_we_look(void **state)
{
    uv_check_t check;

    (void)state;
    begin("slow", 100);
    for (int i = 0; i < 50; i++) /* it is started */
        uv_run(&loop, UV_RUN_NOWAIT);
    uv_check_init(&loop, &check);
    uv_check_start(&check, on_check);
    uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(ups, 0);
    finish();
    assert_int_equal(ups, 1);
    assert_int_equal(last_status, 3);
    assert_non_null(strstr(heard, "out\n"));
}

static void one_that_does_not_heed_is_killed(void **state)
{
    (void)state;
    bring_up("stubborn");
    close_it();
    finish();
}

static void a_jump_hosts_process_goes_with_it(void **state)
{
    FILE *file;
    int pid = 0;

    (void)state;
    begin("jump", 0);
    do {
        uv_run(&loop, UV_RUN_NOWAIT);
        file = fopen(pidfile, "r");
        if (file && fscanf(file, "%d", &pid) != 1)
            pid = 0;
        if (file)
            fclose(file);
    } while (!pid);
    close_it();
    finish();
    for (int i = 0; i < 5000 && kill(pid, 0) == 0; i++)
        usleep(1000); /* collected by whoever collects orphans */
    assert_int_equal(kill(pid, 0), -1);
}

static void a_process_that_is_killed_is_a_lost_connection(void **state)
{
    (void)state;
    travel("killed");
    assert_int_equal(ups, 1);
    assert_int_equal(last_why.code, FAIL_LINK_LOST);
}

static void a_connection_that_breaks_is_told_from_a_status_of_255(void **state)
{
    (void)state;
    travel("cut");
    assert_int_equal(last_why.code, FAIL_LINK_LOST);
    assert_string_equal(last_why.text, "ssh: Connection to cut closed by remote host.");
    travel("255");
    assert_int_equal(last_why.code, FAIL_NONE);
    assert_int_equal(last_status, 255);
}

static void a_login_that_fails_says_why(void **state)
{
    (void)state;
    travel("refused");
    assert_int_equal(ups, 0);
    assert_int_equal(last_why.code, FAIL_AUTH_REFUSED);
    assert_string_equal(last_why.text, "ssh: u@refused: Permission denied (publickey).");
    travel("wordless");
    assert_int_equal(last_why.code, FAIL_HANDSHAKE);
    assert_string_equal(last_why.text, "ssh ended with status 0 and without a word");
}

static void output_that_is_held_open_is_not_waited_for(void **state)
{
    int pid;

    (void)state;
    travel("leftover");
    assert_int_equal(last_status, 4);
    assert_int_equal(sscanf(heard, "0:%d", &pid), 1);
    kill(pid, SIGKILL);
}

static void closed_at_any_time_it_is_silent(void **state)
{
    (void)state;
    begin("echo", 0); /* before it has begun */
    close_it();
    finish();
    assert_int_equal(ups + ends, 0);

    begin("silent", 0); /* while it logs in */
    for (int i = 0; i < 5; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    close_it();
    finish();
    assert_int_equal(ups + ends, 0);

    begin("says", 0);
    closes = AT_UP;
    finish();
    assert_int_equal(heard_bytes + (size_t)ends, 0);

    begin("flood", 0);
    closes = AT_DATA;
    finish();
    assert_int_equal(ends, 0);
}

static void without_the_program_it_says_so(void **state)
{
    (void)state;
    setenv("PATH", "/nowhere", 1);
    travel("echo");
    assert_int_equal(last_why.code, FAIL_USAGE);
    assert_non_null(strstr(last_why.text, "is not installed"));
}

static void no_descriptor_stays_open(void **state)
{
    unsigned before;

    (void)state;
    travel("says"); /* libuv keeps some of its own */
    before = open_files();
    for (int i = 0; i < 20; i++)
        travel("says");
    assert_int_equal(open_files(), before);
}

/* ---- the stage ------------------------------------------------------------------------- */

static char *old_path;

static int put_script(void **state)
{
    char path[64], search[4096];
    FILE *file;

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/ssh", folder);
    snprintf(pidfile, sizeof pidfile, "%s/pid", folder);
    setenv("PIDFILE", pidfile, 1);
    file = fopen(path, "w");
    if (!file || fputs(script, file) < 0 || fclose(file) != 0 || chmod(path, 0755) != 0)
        return -1;
    old_path = strdup(getenv("PATH"));
    snprintf(search, sizeof search, "%s:%s", folder, old_path);
    return setenv("PATH", search, 1);
}

static int take_away(void **state)
{
    char path[64];

    (void)state;
    setenv("PATH", old_path, 1);
    free(old_path);
    snprintf(path, sizeof path, "%s/ssh", folder);
    unlink(path);
    unlink(pidfile);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_before_the_mark_is_not_the_nodes),
        cmocka_unit_test(what_is_written_arrives_and_is_said_to_be_drained),
        cmocka_unit_test(the_end_of_the_input_comes_after_what_was_written),
        cmocka_unit_test(what_is_not_taken_is_bounded),
        cmocka_unit_test(a_flood_leaves_turns_to_the_others),
        cmocka_unit_test(a_login_has_a_deadline),
        cmocka_unit_test(a_login_in_time_counts_however_late_we_look),
        cmocka_unit_test(one_that_does_not_heed_is_killed),
        cmocka_unit_test(a_jump_hosts_process_goes_with_it),
        cmocka_unit_test(a_process_that_is_killed_is_a_lost_connection),
        cmocka_unit_test(a_connection_that_breaks_is_told_from_a_status_of_255),
        cmocka_unit_test(a_login_that_fails_says_why),
        cmocka_unit_test(output_that_is_held_open_is_not_waited_for),
        cmocka_unit_test(closed_at_any_time_it_is_silent),
        cmocka_unit_test(no_descriptor_stays_open),
        cmocka_unit_test(without_the_program_it_says_so),
    };

    return cmocka_run_group_tests(tests, put_script, take_away);
}
