#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "controller/journal/history.h"
#include "controller/outcome.h"
#include "controller/report/chronicle.h"
#include "controller/report/follow_words.h"
#include "controller/report/mishaps.h"
#include "controller/rollout/node_state.h"
#include "controller/screen/text.h"
#include "protocol/scope.h"

static int64_t row;

static void move(struct chronicle *c, const char *node, int64_t at_ms, const char *from,
                 const char *to)
{
    const struct history_move m = {.row = ++row,
                                   .at_ms = at_ms,
                                   .node = node,
                                   .from = from,
                                   .event = "ok",
                                   .to = to,
                                   .code = "ok",
                                   .reason = ""};

    assert_int_equal(chronicle_add_move(c, &m, NULL), 0);
}

static void fail_node(struct chronicle *c, const char *node, int64_t at_ms,
                      const char *code, const char *reason)
{
    const struct history_move m = {.row = ++row,
                                   .at_ms = at_ms,
                                   .node = node,
                                   .from = "giving-up",
                                   .event = "ok",
                                   .to = "failed",
                                   .code = code,
                                   .reason = reason};

    assert_int_equal(chronicle_add_move(c, &m, NULL), 0);
}

static struct chronicle *begin(void)
{
    struct chronicle *c = chronicle_new();

    assert_int_equal(chronicle_add_node(c, "ib2", NULL), 1);
    assert_int_equal(chronicle_add_node(c, "ib10", NULL), 1);
    assert_int_equal(chronicle_add_node(c, "ib1", NULL), 1);
    assert_int_equal(chronicle_add_node(c, "ib10", NULL), 0);
    return c;
}

static const struct chronicle_node *node(const struct chronicle *c, const char *name)
{
    assert_true(chronicle_find(c, name) < chronicle_count(c));
    return chronicle_node(c, chronicle_find(c, name));
}

static void stay_is(const struct chronicle_node *n, size_t i, int state, int64_t from_ms)
{
    assert_true(i < n->stay_count);
    assert_int_equal(n->stays[i].state, state);
    assert_int_equal(n->stays[i].from_ms, from_ms);
}

static void a_node_is_where_its_last_move_led(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = begin();

    (void)state;
    assert_int_equal(chronicle_count(c), 3);
    assert_int_equal(node(c, "ib10")->state, NODE_TODO);
    move(c, "ib10", 1000, "todo", "probing");
    move(c, "ib10", 3000, "probing", "planned");
    assert_int_equal(node(c, "ib10")->state, NODE_PLANNED);
    assert_int_equal(node(c, "ib2")->state, NODE_TODO);
    assert_int_equal(node(c, "ib10")->stay_count, 2);
    stay_is(node(c, "ib10"), 1, NODE_PLANNED, 3000);
    assert_int_equal(chronicle_stretches(c), 1);
    assert_int_equal(chronicle_find(c, "ib3"), 3);
}

static void what_nobody_has_heard_of_does_no_harm(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = begin();

    (void)state;
    move(c, "elsewhere", 1000, "todo", "probing");
    assert_int_equal(chronicle_stretches(c), 0);
    move(c, "ib1", 1000, "todo", "dancing");
    assert_int_equal(node(c, "ib1")->state, NODE_TODO);
    move(c, "ib1", 500, "dancing", "probing"); /* a clock was set back */
    stay_is(node(c, "ib1"), 1, NODE_PROBING, 1000);
}

/* All nodes that are left begin again; until then nobody was there. */
static void a_run_that_was_taken_up_has_a_gap(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = begin();

    (void)state;
    move(c, "ib1", 1000, "todo", "installing");
    move(c, "ib2", 1500, "todo", "installing");
    move(c, "ib10", 2000, "todo", "installing");
    move(c, "ib10", 5000, "installing", "done");
    move(c, "ib2", 60000, "todo", "probing");
    move(c, "ib1", 60100, "todo", "probing");
    move(c, "ib1", 61000, "probing", "done");
    assert_int_equal(chronicle_stretches(c), 2);
    assert_int_equal(chronicle_stretch(c, 0)->from_ms, 1000);
    assert_int_equal(chronicle_stretch(c, 0)->to_ms, 5000);
    assert_int_equal(chronicle_stretch(c, 1)->from_ms, 60000);
    assert_int_equal(chronicle_stretch(c, 1)->to_ms, 61000);
    stay_is(node(c, "ib1"), 1, CHRONICLE_ALONE, 5000);
    stay_is(node(c, "ib1"), 2, NODE_PROBING, 60100);
    stay_is(node(c, "ib2"), 1, CHRONICLE_ALONE, 5000);
    assert_int_equal(node(c, "ib10")->stay_count, 2);
}

static void a_pause_is_shown_as_one(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = begin();

    (void)state;
    move(c, "ib1", 1000, "todo", "installing");
    move(c, "ib1", 2000, "installing", "paused");
    move(c, "ib1", 60000, "todo", "probing");
    assert_int_equal(chronicle_stretches(c), 2);
    stay_is(node(c, "ib1"), 1, NODE_PAUSED, 2000);
    stay_is(node(c, "ib1"), 2, NODE_PROBING, 60000);
}

static void failures_that_are_alike_are_one(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = begin();
    CLEANUP(mishaps_done) struct mishaps *m = NULL;
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    fail_node(c, "ib1", 1000, "disk-full", "ib1: 12 MiB left");
    fail_node(c, "ib10", 2000, "disk-full", "ib10: 0 MiB left");
    fail_node(c, "ib2", 3000, "step-failed", "says\033[2J no");
    m = follow_mishaps(c);
    assert_int_equal(mishaps_count(m), 2);
    assert_int_equal(mishaps_nodes(m), 3);
    assert_int_equal(mishaps_at(m, 0)->code, FAIL_STEP); /* the latest */
    mishaps_sort(m, MISHAPS_MOST_FIRST);
    assert_int_equal(mishaps_at(m, 0)->nodes, 2);
    assert_false(mishaps_at(m, 0)->alike);
    assert_string_equal(mishaps_hosts(m, 0), "ib[1,10]");
    mishaps_add_line(m, 0, &text);
    text_add(&text, "|");
    mishaps_add_line(m, 1, &text);
    assert_string_equal(text_of(&text),
                        "2 nodes ib[1,10]: disk full (disk-full): ib1: 12 MiB left ...|"
                        "1 node ib2: step failed (step-failed): says^[[2J no");
    move(c, "ib2", 9000, "todo", "probing"); /* it is tried again */
    mishaps_free(m);
    m = follow_mishaps(c);
    assert_int_equal(mishaps_nodes(m), 2);
}

/* Lines of a block are few: the last one counts what has no room. */
static void the_foot_keeps_to_its_lines(void **state)
{
    static const char *const codes[] = {"step-failed", "disk-full", "timeout"};
    static const char *const nodes[] = {"ib1", "ib2", "ib10"};
    char id[] = "r1", word[] = "running", who[] = "root", where[] = "head process 1";
    const struct follow_run run = {.id = id,
                                   .state = word,
                                   .user = who,
                                   .controller = where};
    CLEANUP(chronicle_done) struct chronicle *c = begin();
    CLEANUP(mishaps_done) struct mishaps *m = NULL;
    CLEANUP(text_clear) struct text text = {0};

    (void)state;
    for (size_t i = 0; i < 3; i++)
        fail_node(c, nodes[i], 1000 * (int64_t)i, codes[i], "no");
    m = follow_mishaps(c);
    follow_foot(&run, m, 3, &text);
    assert_string_equal(text_of(&text),
                        "  run      r1 of root, on head process 1\n"
                        "  failed   1 node ib10: no answer in time (timeout): no\n"
                        "           and 2 more kinds: ibfleet status r1\n");
    text_reset(&text);
    follow_foot(&run, m, 1, &text);
    assert_string_equal(text_of(&text), "  run      r1 of root, on head process 1\n");
}

static int status_of(const char *word, bool is_open, const struct chronicle *c)
{
    char state[20];
    const struct follow_run run = {.state = state, .is_open = is_open};

    strcpy(state, word);
    return follow_status(&run, c);
}

static void the_exit_status_is_that_of_the_rollout(void **state)
{
    CLEANUP(chronicle_done) struct chronicle *c = begin();

    (void)state;
    for (size_t i = 0; i < 3; i++)
        move(c, chronicle_node(c, i)->name, 1000, "todo", "done");
    assert_int_equal(status_of("done", false, c), EXIT_WELL);
    assert_int_equal(status_of("stopped", false, c), EXIT_INTERRUPTED);
    assert_int_equal(status_of("paused", false, c), EXIT_INTERRUPTED);
    assert_int_equal(status_of("interrupted", true, c), EXIT_INTERRUPTED);
    fail_node(c, "ib1", 2000, "step-failed", "no");
    assert_int_equal(status_of("failed", false, c), EXIT_SOME_FAILED);
    assert_int_equal(status_of("stopped", false, c), EXIT_BUDGET);
    fail_node(c, "ib2", 2000, "claimed-by-another", "no");
    assert_int_equal(status_of("failed", false, c), EXIT_CLAIMED);
    for (size_t i = 0; i < 3; i++)
        fail_node(c, chronicle_node(c, i)->name, 1000, "not-reachable", "no");
    assert_int_equal(status_of("failed", false, c), EXIT_NOBODY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_is_where_its_last_move_led),
        cmocka_unit_test(what_nobody_has_heard_of_does_no_harm),
        cmocka_unit_test(a_run_that_was_taken_up_has_a_gap),
        cmocka_unit_test(a_pause_is_shown_as_one),
        cmocka_unit_test(failures_that_are_alike_are_one),
        cmocka_unit_test(the_foot_keeps_to_its_lines),
        cmocka_unit_test(the_exit_status_is_that_of_the_rollout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
