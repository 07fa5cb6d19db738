#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "protocol/fail.h"

static uv_loop_t loop;
static char folder[64];
static struct history *history;
static char said[512]; /* what the visitors saw */
static int64_t row;    /* of the last move      */

static int set_up(void **state)
{
    (void)state;
    *said = '\0';
    history = NULL;
    strcpy(folder, "/tmp/ibfleet-history-XXXXXX");
    return !mkdtemp(folder) || uv_loop_init(&loop);
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    history_close(history);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return uv_run(&loop, UV_RUN_DEFAULT) || uv_loop_close(&loop) || system(command);
}

static struct journal *begun(const char *kind)
{
    const struct journal_run run = {
        .kind = kind, .argv = "[]", .folder = "/", .plan = "{}", .user = "ann"};
    struct journal *j;
    struct fail why;

    assert_int_equal(journal_open(&loop, folder, &j, &why), 0);
    assert_int_equal(journal_begin(j, &run, &why), 0);
    return j;
}

static void put_node(struct journal *j, const char *name)
{
    const struct journal_node node = {.name = name,
                                      .state = "todo",
                                      .code = "ok",
                                      .reason = ""};

    assert_int_equal(journal_put_node(j, &node, NULL, NULL, NULL), 0);
}

static void put_move(struct journal *j, const char *node, const char *to,
                     const char *code, const char *reason)
{
    const struct journal_move move = {.node = node,
                                      .from = "todo",
                                      .event = "ok",
                                      .to = to,
                                      .code = code,
                                      .reason = reason};

    assert_int_equal(journal_put_move(j, &move, NULL, NULL, NULL), 0);
}

static void on_disk(void *arg, const struct fail *why)
{
    assert_null(why);
    *(int *)arg = 1;
}

/* All that was put is on the disk. */
static void settle(struct journal *j)
{
    int written = 0;

    assert_int_equal(journal_put_summary(j, "{}", on_disk, &written, NULL), 0);
    while (!written)
        uv_run(&loop, UV_RUN_ONCE);
}

static int note(void *arg, const struct history_move *m, struct fail *why)
{
    size_t len = strlen(said);

    (void)arg;
    (void)why;
    assert_true(m->row > row);
    row = m->row;
    snprintf(said + len, sizeof said - len, "%s %s %s;", m->node, m->to, m->code);
    return 0;
}

static void said_since(const char *run, const char *wanted)
{
    struct fail why;

    *said = '\0';
    assert_int_equal(history_moves_after(history, run, row, note, NULL, &why), 0);
    assert_string_equal(said, wanted);
}

static int keep_id(void *arg, const struct history_run *run, struct fail *why)
{
    (void)why;
    snprintf(arg, JOURNAL_RUN_ID_BYTES, "%s", run->id);
    assert_int_equal(run->nodes, 0); /* not counted */
    return 0;
}

static void moves_come_once_in_the_order_in_which_they_were_written(void **state)
{
    struct journal *j = begun("rollout"), *other = begun("rollout");
    const char *run = journal_run_id(j);

    (void)state;
    row = 0;
    assert_int_equal(history_open(folder, &history, NULL), 0);
    put_node(j, "ib2");
    put_node(j, "ib1");
    put_node(other, "ib9");
    put_move(j, "ib2", "probing", "ok", "");
    put_move(j, "ib1", "probing", "ok", "");
    settle(j);
    said_since(run, "ib2 probing ok;ib1 probing ok;");
    said_since(run, "");
    put_move(other, "ib9", "probing", "ok", "");
    settle(other);
    put_move(j, "ib1", "failed", "disk-full", "no room");
    settle(j);
    said_since(run, "ib1 failed disk-full;");
    journal_close(j, NULL, NULL);
    journal_close(other, NULL, NULL);
}

/* The journal keeps a code for each node, not for each move. */
static void the_code_of_an_old_failure_is_not_made_up(void **state)
{
    struct journal *j = begun("rollout");

    (void)state;
    row = 0;
    assert_int_equal(history_open(folder, &history, NULL), 0);
    put_node(j, "ib1");
    put_move(j, "ib1", "failed", "disk-full", "no room");
    put_move(j, "ib1", "failed", "step-failed", "says no");
    settle(j);
    said_since(journal_run_id(j), "ib1 failed unknown;ib1 failed step-failed;");
    journal_close(j, NULL, NULL);
}

static void news_is_what_somebody_has_written_since(void **state)
{
    struct journal *j = begun("rollout");
    struct fail why;

    (void)state;
    assert_int_equal(history_open(folder, &history, NULL), 0);
    assert_int_equal(history_is_news(history, &why), 1);
    assert_int_equal(history_is_news(history, &why), 0);
    put_node(j, "ib1");
    settle(j);
    assert_int_equal(history_is_news(history, &why), 1);
    assert_int_equal(history_is_news(history, &why), 0);
    journal_close(j, NULL, NULL);
}

static void the_latest_is_the_one_that_is_worked_on(void **state)
{
    char id[JOURNAL_RUN_ID_BYTES] = "";
    struct journal *old = begun("rollout"), *new = begun("rollout"), *other;
    struct fail why;

    (void)state;
    other = begun("validate");
    assert_int_equal(history_open(folder, &history, NULL), 0);
    assert_int_equal(history_run_latest(history, "rollout", keep_id, id, &why), 0);
    assert_string_equal(id, journal_run_id(new));
    journal_close(new, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(history_run_latest(history, "rollout", keep_id, id, &why), 0);
    assert_string_equal(id, journal_run_id(old));
    assert_int_equal(history_run_brief(history, journal_run_id(other), keep_id, id, &why),
                     0);
    assert_string_equal(id, journal_run_id(other));
    assert_int_equal(history_run_latest(history, "restart", keep_id, id, &why), -1);
    assert_int_equal(why.code, FAIL_NO_SUCH_RUN);
    assert_int_equal(history_run_brief(history, "r1", keep_id, id, &why), -1);
    journal_close(old, NULL, NULL);
    journal_close(other, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            moves_come_once_in_the_order_in_which_they_were_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_code_of_an_old_failure_is_not_made_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(news_is_what_somebody_has_written_since, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_latest_is_the_one_that_is_worked_on, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
