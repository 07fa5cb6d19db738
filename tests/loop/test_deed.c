/* fakes: acting_arm */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/deed/deed.h"
#include "controller/deed/deed_instance.h"
#include "controller/deed/deed_kinds.h"
#include "controller/deed/deed_log.h"
#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "inventory/scaleset.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "tests/fake/acting_arm.h"

#define MOST 6

/* A machine of this Azure. */
struct machine {
    unsigned asked, looked, followed;
    bool is_done, is_gone, is_another, fails, stays;
    unsigned not_yet;              /* looks that see it at work, after it was asked */
    struct acting_reply on_ask[3]; /* to the nth asking; url: an operation */
};

static struct machine machines[MOST];
static size_t count, batch, under_way, most_under_way;
static unsigned max_failures;
static const char *action;
static char folder[64], run[JOURNAL_RUN_ID_BYTES], names[MOST][24];
static const char *node_names[MOST];
static enum deed_state seen_at_asking; /* in the journal, of who was asked last */

static uv_loop_t loop;
static struct arm *arm;
static struct journal *journal;
static struct deed *deed;
static struct scaleset *set;
static struct deed_log *log_read;
static enum deed_state states[MOST], kill_at, hold_at;
static struct fail reasons[MOST], broken;
static unsigned endings;

/* ---- this Azure ------------------------------------------------------------------------- */

/* The controller is no more; what Azure has taken goes on. */
static void die(void)
{
    uv_stop(&loop);
    deed_pause(deed);
}

static struct json *parse(const char *text)
{
    struct json *doc = NULL;

    assert_int_equal(json_parse(text, strlen(text), &doc, NULL), 0);
    return doc;
}

static size_t which(const char *asked, const char *body)
{
    const char *at = strstr(asked, "/virtualMachines/");
    const char *op = strstr(asked, "operations/");

    if (at)
        return strtoul(at + 17, NULL, 10);
    if (op)
        return strtoul(op + 11, NULL, 10);
    return strtoul(strchr(body, '[') + 2, NULL, 10); /* {"instanceIds":["3"]} */
}

static int keep_state(void *arg, const struct history_node *node, struct fail *why)
{
    (void)arg, (void)why;
    seen_at_asking = (enum deed_state)deed_state_of(node->state);
    return 0;
}

static void read_journal_of(size_t i)
{
    CLEANUP(history_done) struct history *h = NULL;

    assert_int_equal(history_open(folder, &h, NULL), 0);
    assert_int_equal(history_nodes(h, run, names[i], keep_state, NULL, NULL), 0);
}

static void show(size_t i, struct acting_reply *reply)
{
    static char body[MOST][512];
    struct machine *m = &machines[i];
    bool works = m->asked && m->not_yet && m->not_yet--;
    bool is_done = m->is_done && !m->stays && !works;

    m->looked++;
    reply->body = body[i];
    snprintf(body[i], sizeof body[i],
             "{\"properties\":{\"vmId\":\"vm-%zu%s\",\"provisioningState\":\"%s\","
             "\"latestModelApplied\":%s,\"instanceView\":{\"statuses\":[{\"code\":"
             "\"PowerState/%s\"}]}}}",
             i, m->is_another ? "-new" : "", works ? "Updating" : "Succeeded",
             is_done ? "true" : "false", works ? "starting" : "running");
    if (m->is_gone)
        reply->status = 404, reply->code = FAIL_AZURE_NOT_FOUND;
}

static void play(const char *asked, const char *body, struct acting_reply *reply)
{
    static char urls[MOST][64];
    size_t i = which(asked, body);
    struct machine *m = &machines[i];

    assert_true(i < count);
    if (strncmp(asked, "GET ", 4) == 0) {
        show(i, reply);
        return;
    }
    if (strncmp(asked, "FOLLOW ", 7) == 0) {
        m->followed++;
        m->is_done = true;
        reply->code = m->on_ask[0].end;
        return;
    }
    read_journal_of(i);
    if (m->on_ask[m->asked].code || m->on_ask[m->asked].never)
        *reply = m->on_ask[m->asked];
    else {
        snprintf(urls[i], sizeof urls[i], "https://azure/operations/%zu", i);
        reply->url = urls[i];
        reply->lasts = kill_at == DEED_FOLLOWING;
        reply->end = m->fails ? FAIL_AZURE_OPERATION : m->on_ask[m->asked].end;
    }
    if (reply->never)
        die();
    m->is_done = reply->may_be_done || !reply->code;
    m->asked++;
}

/* ---- the sets ------------------------------------------------------------------------------ */

#define SET_ID                                                         \
    "/subscriptions/s/resourceGroups/hpc/providers/Microsoft.Compute/" \
    "virtualMachineScaleSets/ib"

static void make_set(void)
{
    CLEANUP(json_done)
    struct json *answer = parse("{\"id\":\"" SET_ID "\",\"location\":\"west\"}");
    CLEANUP(json_done) struct json *page = json_array();

    for (size_t i = 0; i < count; i++) {
        char text[512];

        snprintf(names[i], sizeof names[i], "ib%zu", i);
        node_names[i] = names[i];
        snprintf(text, sizeof text,
                 "{\"id\":\"" SET_ID "/virtualMachines/%zu\",\"instanceId\":\"%zu\","
                 "\"name\":\"ib_%zu\",\"properties\":{\"vmId\":\"vm-%zu\",\"osProfile\":"
                 "{\"computerName\":\"ib%zu\"}}}",
                 i, i, i, i, i);
        assert_int_equal(json_push(page, parse(text)), 0);
    }
    assert_int_equal(scaleset_new(answer, &set, NULL), 0);
    assert_int_equal(scaleset_add_instances(set, page, NULL), 0);
    assert_int_equal(scaleset_close(set, NULL), 0);
}

/* ---- a controller ---------------------------------------------------------------------------- */

static size_t index_of(const char *name)
{
    return strtoul(name + 2, NULL, 10);
}

static void on_change(void *arg, const char *node, enum deed_state state,
                      const struct fail *why)
{
    size_t i = index_of(node);

    (void)arg;
    under_way += state == DEED_LOOKING;
    under_way -= deed_state_is_end(state);
    if (under_way > most_under_way)
        most_under_way = under_way;
    states[i] = state;
    reasons[i] = why ? *why : (struct fail){.code = FAIL_NONE};
    if (state == kill_at)
        die();
    if (state == hold_at)
        deed_hold(deed);
}

static void on_end(void *arg, const struct fail *why)
{
    (void)arg;
    endings++;
    broken = why ? *why : (struct fail){.code = FAIL_NONE};
    journal_close(journal, NULL, NULL);
    arm_close(arm, NULL, NULL);
}

static void take_run(struct deed_order *order)
{
    CLEANUP(history_done) struct history *h = NULL;

    assert_int_equal(history_open(folder, &h, NULL), 0);
    assert_int_equal(deed_log_find(h, run, NULL), 0);
    assert_int_equal(deed_log_read(h, run, &log_read, NULL), 0);
    assert_string_equal(log_read->action, action);
    assert_int_equal(journal_take(journal, run, NULL), 0);
    order->nodes = log_read->nodes;
    order->left = log_read->left;
    order->node_count = log_read->count;
    order->batch = deed_log_batch(log_read);
    order->max_failures = deed_log_failures(log_read);
    order->check_ms = deed_log_check_ms(log_read);
}

/* One controller, from its beginning to its end.  A loop that will not close has a leaked
 * handle.
 */
static void control(bool is_taken_up)
{
    const struct deed_hooks hooks = {on_change, on_end};
    const struct deed_log_words words = {.argv = "[]", .folder = "/", .user = "ann"};
    struct deed_order order = {.kind = deed_kind_named(action),
                               .sets = (const struct scaleset *const *)&set,
                               .set_count = 1,
                               .nodes = node_names,
                               .node_count = count,
                               .batch = batch,
                               .max_failures = max_failures,
                               .check_ms = 2500};

    endings = 0;
    under_way = most_under_way = 0;
    uv_loop_init(&loop);
    arm = acting_arm_open(&loop);
    assert_int_equal(journal_open(&loop, folder, &journal, NULL), 0);
    if (is_taken_up)
        take_run(&order);
    else
        assert_int_equal(deed_log_begin(journal, &order, &words, NULL), 0);
    strcpy(run, journal_run_id(journal));
    assert_int_equal(deed_new(&loop, arm, journal, &order, &hooks, NULL, &deed, NULL), 0);
    deed_go(deed);
    assert_int_equal(endings, 0);
    uv_run(&loop, UV_RUN_DEFAULT); /* until it is killed, or has ended */
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(endings, 1);
    deed_free(deed);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    deed_log_free(log_read);
    log_read = NULL;
}

static void run_deed(const char *kind, size_t n)
{
    action = kind;
    count = n;
    make_set();
    control(false);
}

static void resume_deed(void)
{
    kill_at = DEED_STATES;
    control(true);
}

static int fresh(void **state)
{
    (void)state;
    memset(machines, 0, sizeof machines);
    memset(states, 0, sizeof states);
    memset(reasons, 0, sizeof reasons);
    acting_arm_play = play;
    batch = 1;
    max_failures = 0;
    kill_at = hold_at = DEED_STATES;
    strcpy(folder, "/tmp/ibfleet-deed-XXXXXX");
    return !mkdtemp(folder);
}

static int tidy_up(void **state)
{
    char command[128];

    (void)state;
    scaleset_free(set);
    set = NULL;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* ---- batches ------------------------------------------------------------------------------ */

static void all_are_done_in_batches(void **state)
{
    (void)state;
    batch = 2;
    run_deed("restart", 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(states[i], DEED_DONE);
        assert_int_equal(machines[i].asked, 1);
    }
    assert_int_equal(most_under_way, 2);
    assert_int_equal(broken.code, FAIL_NONE);
}

static void the_next_batch_waits_until_the_last_one_is_seen_well(void **state)
{
    (void)state;
    machines[0].not_yet = 2;
    hold_at = DEED_DONE; /* of the first */
    run_deed("restart", 2);
    assert_int_equal(states[0], DEED_DONE);
    assert_int_equal(machines[0].looked, 4);
    assert_int_equal(states[1], 0);
    assert_int_equal(machines[1].asked, 0);
}

static void what_is_never_seen_well_fails_after_its_patience(void **state)
{
    (void)state;
    machines[0].not_yet = 100;
    run_deed("restart", 2);
    assert_int_equal(states[0], DEED_FAILED);
    assert_int_equal(reasons[0].code, FAIL_TIMEOUT);
    assert_int_equal(machines[1].asked, 0);
}

static void one_failure_more_than_may_be_stops_what_has_not_begun(void **state)
{
    (void)state;
    max_failures = 1;
    machines[0].fails = machines[1].fails = true;
    run_deed("restart", 4);
    assert_int_equal(states[0], DEED_FAILED);
    assert_int_equal(reasons[0].code, FAIL_AZURE_OPERATION);
    assert_int_equal(states[1], DEED_FAILED);
    assert_int_equal(machines[2].asked + machines[3].asked, 0);
}

static void what_is_as_wanted_is_not_asked_for(void **state)
{
    (void)state;
    machines[0].is_done = true;
    run_deed("upgrade", 2);
    assert_int_equal(states[0], DEED_UP_TO_DATE);
    assert_int_equal(machines[0].asked, 0);
    assert_int_equal(states[1], DEED_DONE);
    assert_int_equal(machines[1].asked, 1);
}

static void asking_stands_in_the_journal_before_azure_is_asked(void **state)
{
    (void)state;
    run_deed("restart", 1);
    assert_int_equal(seen_at_asking, DEED_ASKING);
}

/* ---- who is not there ------------------------------------------------------------------------ */

static void an_instance_that_is_gone_is_not_asked_for(void **state)
{
    (void)state;
    machines[0].is_gone = true;
    run_deed("restart", 1);
    assert_int_equal(states[0], DEED_FAILED);
    assert_int_equal(reasons[0].code, FAIL_AZURE_NOT_FOUND);
    assert_int_equal(machines[0].asked, 0);
}

static void another_machine_under_the_name_is_left_alone(void **state)
{
    (void)state;
    machines[0].is_another = true;
    run_deed("reimage", 1);
    assert_int_equal(states[0], DEED_FAILED);
    assert_int_equal(machines[0].asked, 0);
    assert_non_null(strstr(reasons[0].text, "another machine"));
}

/* ---- doubt ------------------------------------------------------------------------------------- */

static const struct acting_reply lost = {.code = FAIL_AZURE_UNREACHABLE,
                                         .may_be_done = true};

static void a_restart_whose_answer_was_lost_is_never_asked_for_again(void **state)
{
    (void)state;
    machines[0].on_ask[0] = lost;
    run_deed("restart", 1);
    assert_int_equal(states[0], DEED_FAILED);
    assert_int_equal(machines[0].asked, 1);
    assert_non_null(strstr(reasons[0].text, "may have been restarted"));
}

static void an_upgrade_whose_answer_was_lost_is_looked_at(void **state)
{
    (void)state;
    machines[0].on_ask[0] = lost;
    run_deed("upgrade", 1);
    assert_int_equal(states[0], DEED_DONE);
    assert_int_equal(machines[0].asked, 1);
}

static void an_upgrade_that_azure_has_not_heard_is_asked_for_again(void **state)
{
    (void)state;
    machines[0].on_ask[0] = lost;
    machines[0].stays = true;
    machines[0].on_ask[1] = lost;
    machines[0].on_ask[2] = lost;
    run_deed("upgrade", 1);
    assert_int_equal(states[0], DEED_FAILED); /* DEED_ASKS times, and then no more */
    assert_int_equal(machines[0].asked, DEED_ASKS);
}

static void what_was_refused_has_not_been_done(void **state)
{
    (void)state;
    machines[0].on_ask[0] = (struct acting_reply){.code = FAIL_AZURE_REFUSED};
    run_deed("restart", 1);
    assert_int_equal(states[0], DEED_FAILED);
    assert_int_equal(reasons[0].code, FAIL_AZURE_REFUSED);
}

static void an_operation_that_vanished_is_told_by_a_look_or_named(void **state)
{
    (void)state;
    machines[0].on_ask[0].end = FAIL_AZURE_VANISHED;
    run_deed("upgrade", 1);
    assert_int_equal(states[0], DEED_DONE);
    assert_int_equal(machines[0].asked, 1);
}

static void a_restart_that_vanished_is_named(void **state)
{
    (void)state;
    machines[0].on_ask[0].end = FAIL_AZURE_VANISHED;
    run_deed("restart", 1);
    assert_int_equal(states[0], DEED_FAILED);
    assert_int_equal(reasons[0].code, FAIL_AZURE_VANISHED);
    assert_int_equal(machines[0].asked, 1);
}

/* ---- another controller ------------------------------------------------------------------------- */

static void what_azure_had_taken_is_followed_and_not_asked_for_again(void **state)
{
    (void)state;
    kill_at = DEED_FOLLOWING;
    run_deed("restart", 2);
    assert_int_equal(machines[0].asked, 1);
    resume_deed();
    assert_int_equal(states[0], DEED_DONE);
    assert_int_equal(machines[0].asked, 1);
    assert_int_equal(machines[0].followed, 1);
    assert_int_equal(states[1], DEED_DONE);
    assert_int_equal(machines[1].asked, 1);
}

static void a_restart_of_which_nobody_knows_is_named_by_the_next_controller(void **state)
{
    (void)state;
    machines[0].on_ask[0].never = true;
    run_deed("restart", 2);
    resume_deed();
    assert_int_equal(states[0], DEED_FAILED);
    assert_int_equal(machines[0].asked, 1);
    assert_non_null(strstr(reasons[0].text, "may have been restarted"));
    assert_int_equal(machines[1].asked, 0); /* --max-failures 0 */
}

static void an_upgrade_of_which_nobody_knows_is_looked_at_by_the_next(void **state)
{
    (void)state;
    machines[0].on_ask[0].never = true;
    run_deed("upgrade", 2);
    machines[0].is_done = true;
    resume_deed();
    assert_int_equal(states[0], DEED_DONE);
    assert_int_equal(machines[0].asked, 1);
    assert_int_equal(states[1], DEED_DONE);
}

static void a_machine_that_was_replaced_meanwhile_is_left_alone(void **state)
{
    (void)state;
    hold_at = DEED_DONE;
    run_deed("restart", 2);
    hold_at = DEED_STATES;
    machines[1].is_another = true;
    resume_deed();
    assert_int_equal(states[1], DEED_FAILED);
    assert_int_equal(machines[1].asked, 0);
    assert_int_equal(machines[0].asked, 1);
}

/* ---- nobody ------------------------------------------------------------------------------------------ */

static void nobody_is_not_everybody(void **state)
{
    struct deed_order order = {.kind = deed_kind_named("restart"), .batch = 1};
    const struct deed_hooks hooks = {on_change, on_end};
    struct fail why;

    (void)state;
    assert_int_equal(deed_new(&loop, NULL, NULL, &order, &hooks, NULL, &deed, &why), -1);
    assert_int_equal(why.code, FAIL_USAGE);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, tidy_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(all_are_done_in_batches),
        T(the_next_batch_waits_until_the_last_one_is_seen_well),
        T(what_is_never_seen_well_fails_after_its_patience),
        T(one_failure_more_than_may_be_stops_what_has_not_begun),
        T(what_is_as_wanted_is_not_asked_for),
        T(asking_stands_in_the_journal_before_azure_is_asked),
        T(an_instance_that_is_gone_is_not_asked_for),
        T(another_machine_under_the_name_is_left_alone),
        T(a_restart_whose_answer_was_lost_is_never_asked_for_again),
        T(an_upgrade_whose_answer_was_lost_is_looked_at),
        T(an_upgrade_that_azure_has_not_heard_is_asked_for_again),
        T(what_was_refused_has_not_been_done),
        T(an_operation_that_vanished_is_told_by_a_look_or_named),
        T(a_restart_that_vanished_is_named),
        T(what_azure_had_taken_is_followed_and_not_asked_for_again),
        T(a_restart_of_which_nobody_knows_is_named_by_the_next_controller),
        T(an_upgrade_of_which_nobody_knows_is_looked_at_by_the_next),
        T(a_machine_that_was_replaced_meanwhile_is_left_alone),
        T(nobody_is_not_everybody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
