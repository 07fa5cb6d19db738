/* Hooks as sites write them: shell scripts, run for real, one after the other or many at
 * once; what they have done is in files.
 */
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include "controller/outside/hook_answer.h"
#include "controller/outside/hook_doc.h"
#include "controller/outside/hook_queue.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define RUN "20261130-1200-07e9"

static uv_loop_t loop;
static struct hook_queue *queue;
static struct hook_answer last;
static int answers, waits, closes, open_asks;
static int close_at; /* answers, or waits below 0: the queue is closed then */
static char folder[] = "/tmp/ibfleet-hooks.XXXXXX", script[64];
static char order[400]; /* of the answers */

static void on_closed(void *arg)
{
    assert_ptr_equal(arg, &closes);
    closes++;
}

static void close_queue(void)
{
    hook_queue_close(queue, on_closed, &closes);
    queue = NULL;
}

static void on_answer(void *arg, const struct hook_answer *answer)
{
    assert_non_null(queue); /* else silence */
    last = *answer;
    answers++;
    open_asks--;
    strncat(order, arg, sizeof order - strlen(order) - 1);
    strncat(order, " ", sizeof order - strlen(order) - 1);
    assert_int_equal(hook_queue_count(queue), open_asks);
    if (open_asks == 0 || answers == close_at)
        close_queue();
}

static void on_waits(void *arg, enum hook_kind kind, const char *node, size_t batch,
                     const struct hook_answer *answer)
{
    (void)arg;
    assert_non_null(queue);
    assert_int_equal(kind, HOOK_BEFORE_NODE);
    assert_string_equal(node, "ib1");
    assert_int_equal(batch, 1);
    assert_int_equal(answer->word, HOOK_LATER);
    waits++;
    if (waits == -close_at)
        close_queue();
}

/* ---- a run ------------------------------------------------------------------------------ */

static void write_script(const char *body)
{
    FILE *file = fopen(script, "w");

    assert_non_null(file);
    assert_true(fprintf(file, "#!/bin/sh\n%s\n", body) > 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(script, 0700), 0);
}

static void begin(const char *body, struct hook_queue_options options)
{
    write_script(body);
    for (int k = 0; k < HOOK_KINDS; k++)
        options.programs[k] = script;
    options.waits = on_waits;
    uv_loop_init(&loop);
    queue = hook_queue_open(&loop, &options);
    assert_non_null(queue);
    answers = waits = closes = open_asks = close_at = 0;
    order[0] = '\0';
}

static void ask(enum hook_kind kind, const char *node, size_t batch, const char *tag)
{
    const struct hook_node of = {.name = node, .state = "planned"};
    const struct hook_doc doc = {.kind = kind,
                                 .run = RUN,
                                 .nodes = &of,
                                 .node_count = 1,
                                 .batch = batch,
                                 .batches = 2,
                                 .batch_nodes = 1};
    int before = answers;
    struct fail why;

    if (hook_queue_ask(queue, &doc, on_answer, (void *)(uintptr_t)tag, &why) != 0)
        fail_msg("%s", why.text);
    assert_int_equal(answers, before);
    open_asks++;
}

static void finish(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(closes, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* What the scripts have written into $DIR/NAME, and no more of it. */
static const char *written(const char *name)
{
    static char text[8192];
    char path[100];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "r");
    text[file ? fread(text, 1, sizeof text - 1, file) : 0] = '\0';
    if (file)
        fclose(file);
    unlink(path);
    return text;
}

static struct hook_answer one(const char *body, enum hook_kind kind)
{
    begin(body, (struct hook_queue_options){.deadline_ms = 60000});
    ask(kind, "ib1", 1, "it");
    finish();
    assert_int_equal(answers, 1);
    return last;
}

/* ---- one hook --------------------------------------------------------------------------- */

static void it_is_given_its_name_its_document_and_variables(void **state)
{
    static const char expected[] = "before-node 1 " RUN " before-node ib1\n";
    CLEANUP(json_done) struct json *doc = NULL;
    const char *said, *hook;

    (void)state;
    one("echo $1 $# $IBFLEET_RUN $IBFLEET_HOOK $IBFLEET_NODE >\"$DIR/said\"\n"
        "cat >>\"$DIR/said\"",
        HOOK_BEFORE_NODE);
    assert_int_equal(last.word, HOOK_GO);
    assert_int_equal(last.why.code, FAIL_NONE);
    said = written("said");
    assert_memory_equal(said, expected, strlen(expected));
    said += strlen(expected);
    assert_int_equal(json_parse(said, strlen(said), &doc, NULL), 0);
    assert_int_equal(json_get_text(doc, "hook", &hook, NULL), 0);
    assert_string_equal(hook, "before-node");
}

static void one_of_a_batch_has_no_node(void **state)
{
    (void)state;
    setenv("IBFLEET_NODE", "of somebody else", 1);
    one("echo \"<$IBFLEET_NODE>\" >\"$DIR/said\"", HOOK_AFTER_BATCH);
    assert_string_equal(written("said"), "<>\n");
    unsetenv("IBFLEET_NODE");
}

static void a_refusal_has_the_last_words(void **state)
{
    (void)state;
    one("echo first >&2; printf 'quota \\033[31mused up\\n\\n' >&2; echo answer; exit 3",
        HOOK_BEFORE_NODE);
    assert_int_equal(last.word, HOOK_NO);
    assert_int_equal(last.status, 3);
    assert_int_equal(last.why.code, FAIL_HOOK);
    assert_string_equal(last.said, "quota ^[[31mused up");
    assert_string_equal(last.printed, "answer");
    assert_non_null(strstr(last.why.text, "before-node hook /tmp/"));
    assert_non_null(strstr(last.why.text, ": ended with 3: quota ^[[31mused up"));
}

static void one_that_hangs_is_a_refusal(void **state)
{
    (void)state;
    begin("exec sleep 600",
          (struct hook_queue_options){.deadline_ms = 200, .grace_ms = 5000});
    ask(HOOK_BEFORE_NODE, "ib1", 1, "it");
    finish();
    assert_int_equal(last.word, HOOK_NO);
    assert_true(last.is_late);
    assert_non_null(strstr(last.why.text, "has not ended within 0.2 s"));
}

static void one_that_floods_is_a_refusal(void **state)
{
    (void)state;
    one("exec yes", HOOK_BEFORE_BATCH);
    assert_int_equal(last.word, HOOK_NO);
    assert_non_null(strstr(last.why.text, "printed more than 32 MiB"));
}

static void one_that_went_meanwhile_is_a_refusal(void **state)
{
    (void)state;
    begin("exit 0", (struct hook_queue_options){0});
    ask(HOOK_BEFORE_NODE, "ib1", 1, "it");
    unlink(script);
    finish();
    assert_int_equal(last.word, HOOK_NO);
    assert_int_equal(last.why.code, FAIL_HOOK);
    assert_non_null(strstr(last.why.text, "cannot be started: no such file"));
}

static void without_a_program_it_is_not_asked(void **state)
{
    const struct hook_node node = {.name = "ib1", .state = "planned"};
    const struct hook_doc doc = {.kind = HOOK_BEFORE_NODE,
                                 .run = RUN,
                                 .nodes = &node,
                                 .node_count = 1};
    const struct hook_queue_options none = {0};

    (void)state;
    uv_loop_init(&loop);
    closes = 0;
    queue = hook_queue_open(&loop, &none);
    assert_int_equal(hook_queue_ask(queue, &doc, on_answer, order, NULL), 1);
    assert_int_equal(hook_queue_count(queue), 0);
    close_queue();
    finish();
}

/* ---- many ------------------------------------------------------------------------------- */

/* Each writes how many are there, itself included. */
static void no_more_run_at_once_than_allowed(void **state)
{
    char names[8][8];
    const char *counts;
    int most = 0;

    (void)state;
    begin(": >\"$DIR/at.$$\"; ls \"$DIR\" | grep -c '^at' >>\"$DIR/counts\"\n"
          "sleep 0.2; rm \"$DIR/at.$$\"",
          (struct hook_queue_options){.at_once = 3});
    for (int i = 0; i < 8; i++) {
        snprintf(names[i], sizeof names[i], "ib%d", i);
        ask(HOOK_AFTER_NODE, names[i], 1, "it");
    }
    finish();
    assert_int_equal(answers, 8);
    counts = written("counts");
    for (int n; sscanf(counts, "%d", &n) == 1; counts = strchr(counts, '\n') + 1)
        most = n > most ? n : most;
    assert_in_range(most, 2, 3);
}

#define NOTE                                                          \
    "echo \"$IBFLEET_HOOK$IBFLEET_NODE\" >>\"$DIR/log\"; sleep 0.1\n" \
    "echo end >>\"$DIR/log\""

static void one_node_has_one_hook_at_a_time_in_order(void **state)
{
    (void)state;
    begin(NOTE, (struct hook_queue_options){0});
    ask(HOOK_AFTER_NODE, "ib1", 1, "1");
    ask(HOOK_BEFORE_NODE, "ib1", 1, "2");
    ask(HOOK_AFTER_NODE, "ib1", 2, "3");
    finish();
    assert_string_equal(order, "1 2 3 ");
    assert_string_equal(written("log"), "after-nodeib1\nend\nbefore-nodeib1\nend\n"
                                        "after-nodeib1\nend\n");
}

/* The nodes of its own are awaited, those of the other are not. */
static void a_batch_comes_after_its_nodes(void **state)
{
    (void)state;
    begin("[ \"$IBFLEET_NODE\" != slow ] || sleep 0.5", (struct hook_queue_options){0});
    ask(HOOK_AFTER_NODE, "slow", 1, "slow");
    ask(HOOK_AFTER_BATCH, "slow", 1, "batch1");
    ask(HOOK_AFTER_BATCH, "ib2", 2, "batch2");
    ask(HOOK_BEFORE_NODE, "ib3", 1, "late");
    finish();
    assert_int_equal(strncmp(order, "batch2 ", 7), 0);
    assert_string_equal(order + 7, "slow batch1 late ");
}

static void a_veto_waits_for_nobody(void **state)
{
    (void)state;
    begin("[ \"$1\" = veto ] || sleep 0.5", (struct hook_queue_options){0});
    ask(HOOK_BEFORE_BATCH, "ib1", 1, "batch");
    ask(HOOK_VETO, "ib1", 1, "veto");
    finish();
    assert_string_equal(order, "veto batch ");
}

static void a_full_queue_is_said(void **state)
{
    const struct hook_node node = {.name = "ib1", .state = "done"};
    const struct hook_doc doc = {.kind = HOOK_VETO,
                                 .run = RUN,
                                 .nodes = &node,
                                 .node_count = 1};
    struct fail why;

    (void)state;
    begin("exit 0", (struct hook_queue_options){0});
    for (size_t i = 0; i < HOOK_QUEUE_MAX; i++)
        assert_int_equal(hook_queue_ask(queue, &doc, NULL, NULL, &why), 0);
    assert_int_equal(hook_queue_ask(queue, &doc, NULL, NULL, &why), -1);
    assert_int_equal(why.code, FAIL_HOOK);
    close_queue();
    finish();
}

/* ---- not now ---------------------------------------------------------------------------- */

#define LATER_UNTIL(n)                          \
    "cat >/dev/null; echo x >>\"$DIR/asked\"\n" \
    "[ $(wc -l <\"$DIR/asked\") -ge " n " ] || { echo in use >&2; exit 75; }"

static void one_that_says_later_is_asked_again(void **state)
{
    (void)state;
    begin(LATER_UNTIL("3"), (struct hook_queue_options){.again_ms = 50});
    ask(HOOK_BEFORE_NODE, "ib1", 1, "it");
    finish();
    assert_int_equal(waits, 2);
    assert_int_equal(answers, 1);
    assert_int_equal(last.word, HOOK_GO);
    assert_string_equal(written("asked"), "x\nx\nx\n");
}

static void patience_comes_to_an_end(void **state)
{
    (void)state;
    begin(LATER_UNTIL("100"),
          (struct hook_queue_options){.again_ms = 100, .patience_ms = 250});
    ask(HOOK_BEFORE_NODE, "ib1", 1, "it");
    finish();
    assert_in_range(waits, 1, 3);
    assert_int_equal(last.word, HOOK_NO);
    assert_int_equal(last.why.code, FAIL_HOOK);
    assert_non_null(strstr(last.why.text, "waited long enough: before-node hook"));
    assert_non_null(strstr(last.why.text, "in use"));
    written("asked");
}

/* With room for one only. */
static void who_waits_takes_nobodys_place(void **state)
{
    (void)state;
    begin("[ \"$IBFLEET_NODE\" != ib1 ] || { " LATER_UNTIL("2") "; }",
          (struct hook_queue_options){.again_ms = 300, .at_once = 1});
    ask(HOOK_BEFORE_NODE, "ib1", 1, "waits");
    ask(HOOK_BEFORE_NODE, "ib2", 1, "goes");
    finish();
    assert_string_equal(order, "goes waits ");
    written("asked");
}

static void an_after_hook_cannot_put_off(void **state)
{
    (void)state;
    one("exit 75", HOOK_AFTER_NODE);
    assert_int_equal(last.word, HOOK_NO);
    assert_int_equal(waits, 0);
    assert_non_null(strstr(last.why.text, "ended with 75"));
}

/* ---- closed ----------------------------------------------------------------------------- */

static void closed_it_is_silent_and_nothing_runs_on(void **state)
{
    (void)state;
    begin("echo $$ >>\"$DIR/pids\"; trap '' TERM; while :; do sleep 0.1; done",
          (struct hook_queue_options){.at_once = 2, .grace_ms = 100});
    ask(HOOK_BEFORE_NODE, "ib1", 1, "1");
    ask(HOOK_BEFORE_NODE, "ib2", 1, "2");
    ask(HOOK_BEFORE_NODE, "ib3", 1, "never");
    for (int i = 0; i < 20; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    close_queue();
    finish();
    assert_int_equal(answers, 0);
    written("pids");
    begin("exit 0", (struct hook_queue_options){0});
    ask(HOOK_BEFORE_NODE, "ib1", 1, "never");
    close_queue(); /* before the first has begun */
    finish();
    assert_int_equal(answers, 0);
}

static void it_may_be_closed_in_any_call(void **state)
{
    (void)state;
    begin("exit 0", (struct hook_queue_options){.at_once = 1});
    ask(HOOK_BEFORE_NODE, "ib1", 1, "1");
    ask(HOOK_BEFORE_NODE, "ib2", 1, "never");
    close_at = 1;
    finish();
    assert_string_equal(order, "1 ");
    begin("exit 75", (struct hook_queue_options){.again_ms = 60000});
    ask(HOOK_BEFORE_NODE, "ib1", 1, "never");
    close_at = -1;
    finish();
    assert_int_equal(waits, 1);
    assert_int_equal(answers, 0);
    begin("exit 0", (struct hook_queue_options){0});
    ask(HOOK_BEFORE_NODE, "ib1", 1, "1");
    ask(HOOK_BEFORE_NODE, "ib2", 1, "never");
    unlink(script); /* the answer comes without a process */
    close_at = 1;
    finish();
    assert_string_equal(order, "1 ");
}

/* ---- the stage -------------------------------------------------------------------------- */

static int prepare(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    signal(SIGPIPE, SIG_IGN); /* as main() does */
    snprintf(script, sizeof script, "%s/hook", folder);
    return setenv("DIR", folder, 1);
}

static int take_away(void **state)
{
    (void)state;
    unlink(script);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_given_its_name_its_document_and_variables),
        cmocka_unit_test(one_of_a_batch_has_no_node),
        cmocka_unit_test(a_refusal_has_the_last_words),
        cmocka_unit_test(one_that_hangs_is_a_refusal),
        cmocka_unit_test(one_that_floods_is_a_refusal),
        cmocka_unit_test(one_that_went_meanwhile_is_a_refusal),
        cmocka_unit_test(without_a_program_it_is_not_asked),
        cmocka_unit_test(no_more_run_at_once_than_allowed),
        cmocka_unit_test(one_node_has_one_hook_at_a_time_in_order),
        cmocka_unit_test(a_batch_comes_after_its_nodes),
        cmocka_unit_test(a_veto_waits_for_nobody),
        cmocka_unit_test(a_full_queue_is_said),
        cmocka_unit_test(one_that_says_later_is_asked_again),
        cmocka_unit_test(patience_comes_to_an_end),
        cmocka_unit_test(who_waits_takes_nobodys_place),
        cmocka_unit_test(an_after_hook_cannot_put_off),
        cmocka_unit_test(closed_it_is_silent_and_nothing_runs_on),
        cmocka_unit_test(it_may_be_closed_in_any_call),
    };

    return cmocka_run_group_tests(tests, prepare, take_away);
}
