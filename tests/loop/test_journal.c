#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "protocol/fail.h"

static uv_loop_t loop;
static char folder[64];
static char said[512]; /* what the callbacks and visitors saw */

static const struct journal_run usual = {
    .kind = "rollout", .argv = "[]", .folder = "/", .plan = "{}", .user = "ann"};

static int set_up(void **state)
{
    (void)state;
    *said = '\0';
    strcpy(folder, "/tmp/ibfleet-journal-XXXXXX");
    return !mkdtemp(folder) || uv_loop_init(&loop);
}

/* A loop that will not close has a leaked handle. */
static int tear_down(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return uv_run(&loop, UV_RUN_DEFAULT) || uv_loop_close(&loop) || system(command);
}

static void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void note(const char *fmt, ...)
{
    size_t len = strlen(said);
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(said + len, sizeof said - len, fmt, ap);
    va_end(ap);
}

static struct journal *begun(void)
{
    struct journal *j;
    struct fail why;

    assert_int_equal(journal_open(&loop, folder, &j, &why), 0);
    assert_int_equal(journal_begin(j, &usual, &why), 0);
    return j;
}

static void put_node(struct journal *j, const char *name)
{
    const struct journal_node node = {
        .name = name, .state = "planned", .code = "ok", .reason = "", .plan = "{}"};
    struct fail why;

    assert_int_equal(journal_put_node(j, &node, NULL, NULL, &why), 0);
}

static int put_move(struct journal *j, const char *name, const char *from, const char *to,
                    journal_written_fn written, void *arg, struct fail *why)
{
    const struct journal_move move = {.node = name,
                                      .from = from,
                                      .event = "ok",
                                      .to = to,
                                      .code = "ok",
                                      .reason = "",
                                      .seconds = 1.5};

    return journal_put_move(j, &move, written, arg, why);
}

static void on_written(void *arg, const struct fail *why)
{
    note(" %s:%s", (const char *)arg, why ? fail_code_name(why->code) : "on-disk");
}

static int note_node(void *arg, const struct history_node *n, struct fail *why)
{
    (void)arg;
    (void)why;
    note(" %s=%s(%.1f)%s%s", n->name, n->state, n->seconds, n->boot_id ? "@" : "",
         n->boot_id ? n->boot_id : "");
    return 0;
}

static int note_move(void *arg, const struct history_move *m, struct fail *why)
{
    (void)arg;
    (void)why;
    note(" %s-%s", m->from, m->to);
    return 0;
}

static int note_run(void *arg, const struct history_run *r, struct fail *why)
{
    (void)arg;
    (void)why;
    note(" %s%s:%zu/%zu epoch %u", r->live ? "live " : "", r->state, r->well, r->nodes,
         r->epoch);
    return 0;
}

static int note_pair(void *arg, const struct history_pair *p, struct fail *why)
{
    (void)arg;
    (void)why;
    note(" %s-%s=%s%s%s", p->a, p->b, p->verdict, *p->reason ? ":" : "", p->reason);
    return 0;
}

static int note_finding(void *arg, const char *whole, struct fail *why)
{
    (void)arg;
    (void)why;
    note(" %s", whole);
    return 0;
}

static int note_verdict(void *arg, const struct history_run *r, struct fail *why)
{
    (void)arg;
    (void)why;
    note(" %s %s", r->verdict ? r->verdict : "none", r->summary ? r->summary : "");
    return 0;
}

static struct history *history(void)
{
    struct history *h;
    struct fail why;

    assert_int_equal(history_open(folder, &h, &why), 0);
    return h;
}

static void read_run(const char *id)
{
    struct history *h = history();
    struct fail why;

    assert_int_equal(history_run(h, id, note_run, NULL, &why), 0);
    assert_int_equal(history_nodes(h, id, NULL, note_node, NULL, &why), 0);
    history_close(h);
}

/* ---- writing ------------------------------------------------------------------------
 */

static void what_is_written_is_read_back(void **state)
{
    struct journal *j = begun();
    char id[JOURNAL_RUN_ID_BYTES];
    struct history *h;
    struct fail why;

    (void)state;
    strcpy(id, journal_run_id(j));
    put_node(j, "ib1");
    put_node(j, "ib2");
    put_move(j, "ib1", "planned", "claiming", NULL, NULL, &why);
    put_move(j, "ib1", "claiming", "done", NULL, NULL, &why);
    journal_end(j, "done", NULL, NULL, &why);
    journal_close(j, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    read_run(id);
    h = history();
    assert_int_equal(history_moves(h, id, "ib1", note_move, NULL, &why), 0);
    assert_int_equal(history_run_of_node(h, "ib2", "rollout", note_run, NULL, &why), 0);
    assert_int_equal(history_run_of_node(h, "ib9", NULL, note_run, NULL, &why), -1);
    assert_int_equal(why.code, FAIL_NO_SUCH_RUN);
    history_close(h);
    assert_string_equal(said, " done:1/2 epoch 1 ib1=done(1.5) ib2=planned(0.0)"
                              " planned-claiming claiming-done done:1/2 epoch 1");
}

static void a_boot_id_stays_until_another_comes(void **state)
{
    struct journal *j = begun();
    struct journal_move move = {.node = "ib1",
                                .from = "installing",
                                .event = "reboot",
                                .to = "rebooting",
                                .code = "ok",
                                .reason = "",
                                .boot_id = "b0"};
    char id[JOURNAL_RUN_ID_BYTES];
    struct fail why;

    (void)state;
    strcpy(id, journal_run_id(j));
    put_node(j, "ib1");
    journal_put_move(j, &move, NULL, NULL, &why);
    put_move(j, "ib1", "rebooting", "verifying", NULL, NULL, &why);
    journal_close(j, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    read_run(id);
    assert_string_equal(said, " running:0/1 epoch 1 ib1=verifying(1.5)@b0");
}

static void put_pair(struct journal *j, const char *a, const char *b, const char *verdict,
                     const char *reason)
{
    const struct journal_pair pair = {.a = a,
                                      .b = b,
                                      .rail = "mlx5_ib0",
                                      .numbers = "{}",
                                      .verdict = verdict,
                                      .reason = reason};
    struct fail why;

    assert_int_equal(journal_put_pair(j, &pair, NULL, NULL, &why), 0);
}

static void put_finding(struct journal *j, size_t rank, const char *whole)
{
    const struct journal_finding finding = {rank, whole};
    struct fail why;

    assert_int_equal(journal_put_finding(j, &finding, NULL, NULL, &why), 0);
}

/* In the journal's folder; its id goes to id. */
static void validate_three(char *id)
{
    struct journal *j = begun();
    struct fail why;

    strcpy(id, journal_run_id(j));
    put_pair(j, "ib1", "ib2", "ok", "");
    put_pair(j, "ib1", "ib3", "failed", "no answer");
    put_pair(j, "ib2", "ib3", "slow", "");
    put_finding(j, 1, "{\"nodes\":[\"ib2\",\"ib3\"]}");
    put_finding(j, 0, "{\"nodes\":[\"ib3\"]}");
    put_finding(j, 2, "{\"nodes\":[]}");
    journal_put_summary(j, "{\"verdict\":\"bad\"}", NULL, NULL, &why);
    journal_close(j, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
}

static void of_all_pairs_those_that_are_not_ok_are_read(void **state)
{
    char id[JOURNAL_RUN_ID_BYTES];
    struct history *h;
    struct fail why;

    (void)state;
    validate_three(id);
    h = history();
    assert_int_equal(history_pairs(h, id, NULL, note_pair, NULL, &why), 0);
    assert_string_equal(said, " ib1-ib3=failed:no answer ib2-ib3=slow");
    *said = '\0';
    assert_int_equal(history_pairs(h, id, "ib2", note_pair, NULL, &why), 0);
    assert_string_equal(said, " ib2-ib3=slow ib1-ib2=ok");
    history_close(h);
}

static void findings_come_by_rank_and_by_whom_they_name(void **state)
{
    char id[JOURNAL_RUN_ID_BYTES];
    struct history *h;
    struct fail why;

    (void)state;
    validate_three(id);
    h = history();
    assert_int_equal(history_findings(h, id, NULL, note_finding, NULL, &why), 0);
    assert_string_equal(said, " {\"nodes\":[\"ib3\"]} {\"nodes\":[\"ib2\",\"ib3\"]}"
                              " {\"nodes\":[]}");
    *said = '\0';
    assert_int_equal(history_findings(h, id, "ib2", note_finding, NULL, &why), 0);
    assert_int_equal(history_findings(h, id, "ib", note_finding, NULL, &why), 0);
    assert_string_equal(said, " {\"nodes\":[\"ib2\",\"ib3\"]}");
    history_close(h);
}

static void a_run_has_the_verdict_of_its_summary(void **state)
{
    char id[JOURNAL_RUN_ID_BYTES];
    struct journal *j = begun();
    struct history *h;
    struct fail why;

    (void)state;
    journal_close(j, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    validate_three(id);
    h = history();
    assert_int_equal(history_runs(h, 2, note_verdict, NULL, &why), 0);
    assert_string_equal(said, " none  bad {\"verdict\":\"bad\"}");
    history_close(h);
}

static struct journal *acting;

static void act(void *arg, const struct fail *why)
{
    assert_null(why);
    (void)arg;
    read_run(journal_run_id(acting)); /* another connection sees it: it is committed */
}

static void the_callback_comes_after_the_commit_and_never_at_once(void **state)
{
    struct fail why;

    (void)state;
    acting = begun();
    put_node(acting, "ib1");
    put_move(acting, "ib1", "planned", "claiming", act, NULL, &why);
    assert_string_equal(said, "");
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_string_equal(said, " live running:0/1 epoch 1 ib1=claiming(1.5)");
    journal_close(acting, NULL, NULL);
}

static void note_closed(void *arg)
{
    note(" %s", (const char *)arg);
}

static void closing_writes_what_waits(void **state)
{
    char one[] = "one", two[] = "two", closed[] = "closed";
    struct journal *j = begun();
    struct fail why;

    (void)state;
    put_node(j, "ib1");
    put_move(j, "ib1", "planned", "claiming", on_written, one, &why);
    put_move(j, "ib1", "claiming", "installing", on_written, two, &why);
    journal_close(j, note_closed, closed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_string_equal(said, " one:on-disk two:on-disk closed");
}

static void an_open_journal_does_not_keep_the_loop(void **state)
{
    struct journal *j = begun();

    (void)state;
    put_node(j, "ib1");
    uv_run(&loop, UV_RUN_DEFAULT);
    journal_close(j, NULL, NULL);
}

static uint64_t count_frames(void)
{
    char path[128];
    struct stat st;

    snprintf(path, sizeof path, "%s/journal.db-wal", folder);
    return stat(path, &st) ? 0 : (uint64_t)st.st_size / (4096 + 24);
}

/* Each commit writes the pages that it changed: 200 moves of one turn fit few. */
static void a_turn_of_the_loop_is_one_transaction(void **state)
{
    struct journal *j = begun();
    uint64_t before;
    struct fail why;

    (void)state;
    put_node(j, "ib1");
    uv_run(&loop, UV_RUN_DEFAULT);
    before = count_frames();
    for (int i = 0; i < 200; i++)
        put_move(j, "ib1", "planned", "claiming", NULL, NULL, &why);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_in_range(count_frames() - before, 1, 20);
    journal_close(j, NULL, NULL);
}

/* ---- bad days ------------------------------------------------------------------ */

/* RLIMIT_FSIZE stands in for a disk that fills up. */
static void let_files_grow_to(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void a_disk_full_before_the_run_is_one_line(void **state)
{
    struct journal *j;
    struct fail why;

    (void)state;
    let_files_grow_to(0);
    assert_int_equal(journal_open(&loop, folder, &j, &why), -1);
    let_files_grow_to(RLIM_INFINITY);
    assert_int_equal(why.code, FAIL_STATE);
    assert_non_null(strstr(why.text, "journal.db"));
}

static void a_write_that_fails_fails_all_after_it(void **state)
{
    char one[] = "one", two[] = "two", three[] = "three";
    struct journal *j = begun();
    struct fail why;

    (void)state;
    put_node(j, "ib1");
    uv_run(&loop, UV_RUN_DEFAULT);
    let_files_grow_to(4096);
    put_move(j, "ib1", "planned", "claiming", on_written, one, &why);
    put_move(j, "ib1", "planned", "claiming", on_written, two, &why);
    uv_run(&loop, UV_RUN_DEFAULT);
    let_files_grow_to(RLIM_INFINITY);
    assert_string_equal(said, " one:state-folder two:state-folder");
    assert_int_equal(put_move(j, "ib1", "a", "b", on_written, three, &why), -1);
    assert_int_equal(why.code, FAIL_STATE);
    journal_close(j, NULL, NULL);
}

static void a_folder_that_is_none_is_refused(void **state)
{
    struct journal *j;
    struct fail why;

    (void)state;
    assert_int_equal(journal_open(&loop, "/proc/self/nowhere", &j, &why), -1);
    assert_int_equal(why.code, FAIL_STATE);
}

static void a_newer_journal_is_left_alone(void **state)
{
    char command[160];
    struct journal *j = begun();
    struct history *h;
    struct fail why;

    (void)state;
    journal_close(j, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    snprintf(command, sizeof command, "sqlite3 %s/journal.db 'PRAGMA user_version = 99'",
             folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(journal_open(&loop, folder, &j, &why), -1);
    assert_non_null(strstr(why.text, "newer"));
    assert_int_equal(history_open(folder, &h, &why), -1);
    assert_int_equal(why.code, FAIL_STATE);
}

static void nothing_written_yet_reads_as_empty(void **state)
{
    struct history *h = history();
    struct fail why;

    (void)state;
    assert_int_equal(history_runs(h, 10, note_run, NULL, &why), 0);
    assert_int_equal(history_run(h, "x", note_run, NULL, &why), -1);
    assert_int_equal(why.code, FAIL_NO_SUCH_RUN);
    assert_string_equal(said, "");
    history_close(h);
}

/* As a power cut leaves it: the file has come, and nothing of what was written in it. */
static void a_file_without_our_tables_reads_as_empty(void **state)
{
    char path[96];
    FILE *made;

    snprintf(path, sizeof path, "%s/journal.db", folder);
    made = fopen(path, "w");
    assert_non_null(made);
    fclose(made);
    nothing_written_yet_reads_as_empty(state);
    journal_close(begun(), NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
}

/* ---- one controller per run ---------------------------------------------------- */

static void a_second_controller_of_a_run_is_refused(void **state)
{
    struct journal *first = begun(), *second, *other;
    struct fail why;

    (void)state;
    assert_int_equal(journal_open(&loop, folder, &second, &why), 0);
    assert_int_equal(journal_take(second, journal_run_id(first), &why), -1);
    assert_int_equal(why.code, FAIL_CLAIMED);
    assert_non_null(strstr(why.text, "process"));
    other = begun(); /* another run goes beside it */
    journal_close(other, NULL, NULL);
    journal_close(second, NULL, NULL);
    journal_close(first, NULL, NULL);
}

static void a_run_is_taken_up_with_a_higher_epoch(void **state)
{
    struct journal *j = begun();
    char id[JOURNAL_RUN_ID_BYTES];
    struct fail why;

    (void)state;
    strcpy(id, journal_run_id(j));
    journal_end(j, "paused", NULL, NULL, &why);
    journal_close(j, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(journal_open(&loop, folder, &j, &why), 0);
    assert_int_equal(journal_take(j, "nonsense", &why), -1);
    assert_int_equal(why.code, FAIL_NO_SUCH_RUN);
    assert_int_equal(journal_take(j, id, &why), 0);
    assert_int_equal(journal_epoch(j), 2);
    read_run(id);
    assert_string_equal(said, " live running:0/0 epoch 2");
    journal_close(j, NULL, NULL);
}

/* A controller that is killed leaves what it had on disk, and no lock. */
static void a_killed_controller_leaves_a_run_that_can_be_taken(void **state)
{
    char id[JOURNAL_RUN_ID_BYTES] = "";
    struct journal *j;
    struct fail why;
    int pipes[2], status;
    pid_t child;

    (void)state;
    assert_int_equal(pipe(pipes), 0);
    child = fork();
    if (!child) {
        j = begun();
        put_node(j, "ib1");
        uv_run(&loop, UV_RUN_DEFAULT);
        _exit(write(pipes[1], journal_run_id(j), sizeof id) < 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read(pipes[0], id, sizeof id), sizeof id);
    read_run(id);
    assert_string_equal(said, " running:0/1 epoch 1 ib1=planned(0.0)");
    assert_int_equal(journal_open(&loop, folder, &j, &why), 0);
    assert_int_equal(journal_take(j, id, &why), 0);
    journal_close(j, NULL, NULL);
    close(pipes[0]);
    close(pipes[1]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_written_is_read_back),
        TEST(a_boot_id_stays_until_another_comes),
        TEST(of_all_pairs_those_that_are_not_ok_are_read),
        TEST(findings_come_by_rank_and_by_whom_they_name),
        TEST(a_run_has_the_verdict_of_its_summary),
        TEST(the_callback_comes_after_the_commit_and_never_at_once),
        TEST(closing_writes_what_waits),
        TEST(an_open_journal_does_not_keep_the_loop),
        TEST(a_turn_of_the_loop_is_one_transaction),
        TEST(a_disk_full_before_the_run_is_one_line),
        TEST(a_write_that_fails_fails_all_after_it),
        TEST(a_folder_that_is_none_is_refused),
        TEST(a_newer_journal_is_left_alone),
        TEST(nothing_written_yet_reads_as_empty),
        TEST(a_file_without_our_tables_reads_as_empty),
        TEST(a_second_controller_of_a_run_is_refused),
        TEST(a_run_is_taken_up_with_a_higher_epoch),
        TEST(a_killed_controller_leaves_a_run_that_can_be_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
