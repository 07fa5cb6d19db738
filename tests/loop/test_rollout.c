/* fakes: scripted_link */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#include "controller/journal/history.h"
#include "controller/journal/journal.h"
#include "controller/link/link.h"
#include "controller/rollout/node.h"
#include "controller/rollout/order.h"
#include "controller/rollout/dispatch.h"
#include "controller/rollout/rollout.h"
#include "controller/rollout/takeup.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "tests/fake/scripted_link.h"

#define MOST 20

static struct scripted_node machines[MOST + 1];
static struct fleet_node fleet[MOST];
static const struct fleet_node *chosen[MOST];
static char names[MOST][8], folder[64], run[JOURNAL_RUN_ID_BYTES], ended[256];
static size_t count;

static uv_loop_t loop;
static struct node_crew crew;
static struct link_pool *pool;
static struct journal *journal;
static struct rollout *rollout;
static struct node_claim claim = {.controller = "head", .user = "ann"};
static struct fleet_policy keys;
static struct dispatch_terms terms;

/* the operator of this test */
static enum node_state kill_at;  /* the controller dies when a node comes here */
static enum node_state pause_at; /* or it is paused */
static enum node_state full_at;  /* or the disk is full */
static size_t hold_after;        /* begins nobody new once so many were claimed */
static size_t claims, under_way, most_under_way;
static uv_timer_t errand;

static int fresh(void **state)
{
    (void)state;
    memset(machines, 0, sizeof machines);
    memset(&crew, 0, sizeof crew);
    scripted_nodes = machines;
    fleet_policy_init(&keys);
    keys.window = 4;
    keys.consecutive = keys.same_failure = 0;
    terms = (struct dispatch_terms){.keys = &keys, .fleet = chosen};
    kill_at = pause_at = full_at = NODE_STATES;
    hold_after = MOST + 1;
    strcpy(folder, "/tmp/ibfleet-rollout-XXXXXX");
    return !mkdtemp(folder);
}

static int tidy_up(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void make_nodes(size_t n)
{
    count = n;
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof names[i], "n%02zu", i);
        machines[i].name = names[i];
        fleet[i] = (struct fleet_node){.name = names[i],
                                       .address = names[i],
                                       .port = 22,
                                       .rxe = "eth1"};
        chosen[i] = &fleet[i];
    }
}

/* ---- a controller --------------------------------------------------------------------
 */

static void let_files_grow_to(rlim_t bytes)
{
    struct rlimit limit;

    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void close_rollout(void)
{
    if (rollout)
        rollout_close(rollout, NULL, NULL);
    rollout = NULL;
    if (journal)
        journal_close(journal, NULL, NULL);
    journal = NULL;
}

static void on_errand(uv_timer_t *timer)
{
    (void)timer;
    if (pause_at != NODE_STATES)
        rollout_pause(rollout);
    else
        close_rollout(); /* as if killed: the last word is never said */
}

static void on_moved(void *arg, size_t i, const struct node_move *move)
{
    (void)arg;
    (void)i;
    under_way += move->to == NODE_CLAIMING;
    under_way -= claims && node_state_is_end(move->to);
    if (under_way > most_under_way)
        most_under_way = under_way;
    if (move->to == NODE_CLAIMING && ++claims == hold_after)
        rollout_hold(rollout);
    if (move->to == kill_at || move->to == pause_at)
        uv_timer_start(&errand, on_errand, 0, 0);
    if (move->to == full_at)
        let_files_grow_to(4096);
}

static void on_planned(void *arg)
{
    const struct journal_run row = {
        .kind = "rollout", .argv = "[]", .folder = "/", .plan = "{}", .user = "ann"};
    struct fail why;

    (void)arg;
    if (!*run) {
        assert_int_equal(journal_begin(journal, &row, &why), 0);
        strcpy(run, journal_run_id(journal));
    }
    claim.run = run;
    claim.epoch = journal_epoch(journal);
    terms.fleet_count = count;
    assert_int_equal(rollout_arrange(rollout, &terms, &why), 0);
    rollout_go(rollout, journal, &claim);
}

static void on_ended(void *arg, const struct fail *why)
{
    struct fail broken;

    (void)arg;
    snprintf(ended, sizeof ended, "%s", why ? fail_code_name(why->code) : "well");
    if (!why)
        journal_end(journal, "done", NULL, NULL, &broken);
    for (int s = 1; s < NODE_STATES; s++)
        if (rollout_in_state(rollout, (enum node_state)s))
            snprintf(ended + strlen(ended), sizeof ended - strlen(ended), " %s:%zu",
                     node_state_name((enum node_state)s),
                     rollout_in_state(rollout, (enum node_state)s));
    if (rollout_is_stopped(rollout))
        strcat(ended, " spent");
    close_rollout();
}

static const struct rollout_hooks hooks = {.moved = on_moved,
                                           .planned = on_planned,
                                           .ended = on_ended};

static void open_controller(void)
{
    struct fail why;

    *ended = '\0';
    claims = under_way = most_under_way = 0;
    assert_int_equal(uv_loop_init(&loop), 0);
    uv_timer_init(&loop, &errand);
    uv_unref((uv_handle_t *)&errand);
    assert_int_equal(link_pool_open(&loop, NULL, &pool, &why), 0);
    assert_int_equal(journal_open(&loop, folder, &journal, &why), 0);
    crew.loop = &loop;
    crew.pool = pool;
    crew.pause_ms = 2;
}

static void close_controller(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_close((uv_handle_t *)&errand, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    link_pool_close(pool);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* A new run over all nodes, to its end. */
static void roll_out(void)
{
    *run = '\0';
    open_controller();
    rollout = rollout_new(&crew, chosen, count, &hooks, NULL);
    assert_non_null(rollout);
    rollout_probe(rollout);
    close_controller();
}

static struct takeup *read_left(bool with_failed)
{
    struct history *history;
    struct takeup *left;
    struct fail why;

    assert_int_equal(history_open(folder, &history, &why), 0);
    assert_int_equal(takeup_read(history, run, with_failed, &left, &why), 0);
    history_close(history);
    return left;
}

/* The same run by another controller, which takes up so many nodes. */
static void take_up(bool with_failed, size_t left_count)
{
    struct takeup *left;
    struct fail why;

    open_controller();
    left = read_left(with_failed);
    assert_int_equal(takeup_begin(left, journal, run, &why), 0);
    assert_int_equal(takeup_count(left), left_count);
    rollout = rollout_new(&crew, chosen, left_count, &hooks, NULL);
    assert_int_equal(takeup_apply(left, rollout, &why), 0);
    takeup_free(left);
    rollout_take_up(rollout, journal);
    rollout_probe(rollout);
    close_controller();
}

static void resume(void)
{
    take_up(false, count); /* all of them are left, here */
}

/* ---- reading the journal ------------------------------------------------------- */

static char seen[1024];

static int note_node(void *arg, const struct history_node *n, struct fail *why)
{
    (void)arg;
    (void)why;
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), " %s=%s/%s", n->name,
             n->state, n->code);
    return 0;
}

static int note_move(void *arg, const struct history_move *m, struct fail *why)
{
    (void)arg;
    (void)why;
    snprintf(seen + strlen(seen), sizeof seen - strlen(seen), " %s", m->to);
    return 0;
}

static const char *journal_says(const char *node)
{
    struct history *h;
    struct fail why;

    *seen = '\0';
    assert_int_equal(history_open(folder, &h, &why), 0);
    if (node)
        assert_int_equal(history_moves(h, run, node, note_move, NULL, &why), 0);
    else
        assert_int_equal(history_nodes(h, run, NULL, note_node, NULL, &why), 0);
    history_close(h);
    return seen;
}

#define WHOLE_ROAD \
    " probing planned claiming installing rebooting verifying releasing done"

/* ---- good days ----------------------------------------------------------------- */

static void all_nodes_arrive_and_their_roads_are_written(void **state)
{
    (void)state;
    make_nodes(3);
    roll_out();
    assert_string_equal(ended, "well done:3");
    assert_string_equal(journal_says(NULL), " n00=done/ok n01=done/ok n02=done/ok");
    assert_string_equal(journal_says("n01"), WHOLE_ROAD);
}

static void a_second_rollout_changes_nothing(void **state)
{
    (void)state;
    make_nodes(3);
    roll_out();
    roll_out();
    assert_string_equal(ended, "well up-to-date:3");
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(machines[i].installs, 1);
        assert_int_equal(machines[i].boots, 1);
    }
    assert_string_equal(journal_says("n00"), " probing up-to-date");
}

static void no_more_than_the_window_are_under_way(void **state)
{
    (void)state;
    make_nodes(MOST);
    keys.window = 3;
    roll_out();
    assert_string_equal(ended, "well done:20");
    assert_int_equal(most_under_way, 3);
}

/* ---- bad days ------------------------------------------------------------------ */

static void one_bad_node_leaves_the_others_alone(void **state)
{
    (void)state;
    make_nodes(5);
    machines[0].troubles = "open:not-reachable*";
    machines[1].troubles = "open:host-key-changed";
    machines[2].troubles = "open:sudo-wants-password";
    machines[3].troubles = "install:disk-full";
    roll_out();
    assert_string_equal(ended, "well done:1 failed:4");
    assert_string_equal(journal_says(NULL),
                        " n00=failed/not-reachable n01=failed/host-key-changed"
                        " n02=failed/sudo-wants-password n03=failed/disk-full"
                        " n04=done/ok");
    assert_string_equal(machines[3].holder, "");
}

static void the_budget_begins_nobody_new(void **state)
{
    (void)state;
    make_nodes(6);
    for (size_t i = 0; i < count; i++)
        machines[i].troubles = "install:package-install";
    keys.window = 1;
    keys.max_failures = 1;
    roll_out();
    assert_string_equal(ended, "well planned:4 failed:2 spent");
    assert_int_equal(machines[2].installs, 0);
}

static void what_is_off_does_not_spend_the_budget(void **state)
{
    (void)state;
    make_nodes(4);
    for (size_t i = 0; i < 3; i++)
        machines[i].troubles = "open:not-reachable*";
    keys.max_failures = 0;
    roll_out();
    assert_string_equal(ended, "well done:1 failed:3");
}

static void held_finishes_what_is_under_way(void **state)
{
    (void)state;
    make_nodes(6);
    keys.window = 2;
    hold_after = 2;
    roll_out();
    assert_string_equal(ended, "well planned:4 done:2");
}

static void a_full_disk_ends_it_and_nothing_more_is_done(void **state)
{
    (void)state;
    make_nodes(2);
    full_at = NODE_INSTALLING;
    roll_out();
    let_files_grow_to(RLIM_INFINITY);
    assert_non_null(strstr(ended, "state-folder"));
    assert_int_equal(machines[0].installs + machines[1].installs, 0);
}

static void a_second_controller_is_refused_and_named_the_first(void **state)
{
    (void)state;
    make_nodes(2);
    kill_at = NODE_INSTALLING;
    roll_out();
    kill_at = NODE_STATES;
    machines[0].installed = machines[1].installed = false;
    roll_out();
    assert_string_equal(ended, "well failed:2");
    assert_non_null(strstr(journal_says(NULL), "claimed-by-another"));
}

/* ---- another controller goes on ------------------------------------------------ */

static void a_controller_killed_at(enum node_state where)
{
    tidy_up(NULL); /* of the one before */
    fresh(NULL);
    make_nodes(3);
    kill_at = where;
    roll_out();
    if (*ended) /* its road does not lead there */
        return;
    kill_at = NODE_STATES;
    resume();
    assert_string_equal(ended, "well done:3");
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(machines[i].installs, 1);
        assert_int_equal(machines[i].boots, 1);
        assert_string_equal(machines[i].holder, "");
    }
}

static void killed_anywhere_each_step_is_taken_once(void **state)
{
    (void)state;
    for (int s = NODE_CLAIMING; s <= NODE_RELEASING; s++)
        a_controller_killed_at((enum node_state)s);
}

static void killed_again_while_it_takes_up_nothing_is_forgotten(void **state)
{
    (void)state;
    make_nodes(1);
    kill_at = NODE_REBOOTING;
    roll_out();
    kill_at = NODE_PROBING;
    resume();
    kill_at = NODE_STATES;
    resume();
    assert_string_equal(ended, "well done:1");
    assert_int_equal(machines[0].boots, 1);
    assert_int_equal(machines[0].epoch, 3);
}

static void no_millisecond_is_lost_from_one_controller_to_the_next(void **state)
{
    (void)state;
    make_nodes(1);
    *run = '\0';
    for (int ms = 0; ms < 3000; ms += 7) {
        open_controller();
        rollout = rollout_new(&crew, chosen, count, &hooks, NULL);
        rollout_restore(rollout, 0, (double)ms / 1000, false, -1);
        assert_true(rollout_seconds(rollout, 0) >= (double)ms / 1000);
        close_rollout();
        close_controller();
    }
}

static void a_node_that_boots_while_taken_up_is_waited_for(void **state)
{
    (void)state;
    make_nodes(1);
    kill_at = NODE_REBOOTING;
    roll_out();
    kill_at = NODE_STATES;
    machines[0].troubles = "open:not-reachable open:not-reachable open:key-refused "
                           "open:timeout open:not-reachable";
    resume();
    assert_string_equal(ended, "well done:1");
}

static void paused_nodes_go_on_by_themselves_and_are_taken_up(void **state)
{
    (void)state;
    make_nodes(2);
    pause_at = NODE_INSTALLING;
    roll_out();
    assert_string_equal(ended, "well paused:2");
    pause_at = NODE_STATES;
    resume();
    assert_string_equal(ended, "well done:2");
    assert_int_equal(machines[0].installs, 1);
}

static void a_pause_leaves_who_has_not_begun_planned(void **state)
{
    (void)state;
    make_nodes(3);
    keys.window = 1;
    pause_at = NODE_INSTALLING;
    roll_out();
    assert_string_equal(ended, "well planned:2 paused:1");
    pause_at = NODE_STATES;
    resume();
    assert_string_equal(ended, "well done:3");
}

/* n00 did not come back in time, and has its reboot behind it; n01 was off. */
static void what_failed_is_tried_again_and_what_it_did_is_not_done_twice(void **state)
{
    (void)state;
    make_nodes(2);
    crew.deadlines.reboot_ms = 60;
    machines[0].troubles = "reboot:cut-late open:ok open:ok open:not-reachable*";
    machines[1].troubles = "open:not-reachable*";
    roll_out();
    assert_string_equal(ended, "well failed:2");
    assert_string_equal(machines[0].holder, run); /* nobody could release it */
    machines[0].troubles = machines[1].troubles = NULL;
    take_up(true, 2);
    assert_string_equal(ended, "well done:2");
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(machines[i].installs, 1);
        assert_int_equal(machines[i].boots, 1);
        assert_string_equal(machines[i].holder, "");
    }
}

static void what_failed_is_left_alone_unless_asked_for(void **state)
{
    (void)state;
    make_nodes(1);
    machines[0].troubles = "install:disk-full";
    roll_out();
    assert_string_equal(ended, "well failed:1");
    take_up(false, 0);
    assert_string_equal(ended, "well");
    assert_int_equal(machines[0].installs, 0);
}

/* One that was left in the middle is waited for; one that failed is not. */
static void what_is_tried_again_and_still_off_fails_at_once(void **state)
{
    (void)state;
    make_nodes(1);
    machines[0].troubles = "install:disk-full";
    roll_out();
    machines[0].troubles = "open:not-reachable open:not-reachable";
    take_up(true, 1);
    assert_string_equal(ended, "well failed:1");
}

/* It would reboot again what the one between has rebooted already. */
static void what_another_controller_took_up_since_is_not_taken_up(void **state)
{
    struct takeup *stale;
    struct fail why;

    (void)state;
    make_nodes(1);
    kill_at = NODE_INSTALLING;
    roll_out();
    kill_at = NODE_STATES;
    stale = read_left(false);
    resume();
    assert_string_equal(ended, "well done:1");
    open_controller();
    assert_int_equal(takeup_begin(stale, journal, run, &why), -1);
    assert_int_equal(why.code, FAIL_CLAIMED);
    takeup_free(stale);
    close_rollout();
    close_controller();
}

/* The run is written by itself, its nodes are with what they do first. */
static void a_run_without_nodes_has_nothing_to_go_on_with(void **state)
{
    const struct journal_run row = {
        .kind = "rollout", .argv = "[]", .folder = "/", .plan = "{}", .user = "ann"};
    struct history *history;
    struct takeup *left;
    struct fail why;

    (void)state;
    make_nodes(1);
    open_controller();
    assert_int_equal(journal_begin(journal, &row, &why), 0);
    strcpy(run, journal_run_id(journal));
    close_rollout();
    close_controller();
    assert_int_equal(history_open(folder, &history, &why), 0);
    assert_int_equal(takeup_read(history, run, false, &left, &why), 0);
    assert_int_equal(takeup_count(left), 0);
    assert_false(takeup_is_closed(left));
    assert_int_equal(takeup_check_begun(left, run, &why), -1);
    assert_int_equal(why.code, FAIL_NO_SUCH_RUN);
    assert_non_null(strstr(why.text, run));
    takeup_free(left);
    history_close(history);
}

static void who_is_left_out_ends_as_failed(void **state)
{
    CLEANUP(hostset_done) struct hostset *stranger = NULL;
    CLEANUP(hostset_done) struct hostset *two = NULL;
    struct takeup *left;
    struct fail why;

    (void)state;
    assert_int_equal(hostset_parse("n7", NULL, &stranger, &why), 0);
    assert_int_equal(hostset_parse("n0[1-2]", NULL, &two, &why), 0);
    make_nodes(3);
    kill_at = NODE_REBOOTING;
    roll_out();
    kill_at = NODE_STATES;
    left = read_left(false);
    assert_int_equal(takeup_exclude(left, stranger, &why), -1);
    assert_int_equal(why.code, FAIL_HOSTLIST);
    assert_int_equal(takeup_exclude(left, two, &why), 0);
    assert_int_equal(takeup_count(left), 1);
    assert_string_equal(takeup_hosts(left), "n00");
    assert_int_equal(takeup_failed(left), 2);
    open_controller();
    assert_int_equal(takeup_begin(left, journal, run, &why), 0);
    takeup_free(left);
    close_rollout();
    close_controller();
    assert_non_null(
        strstr(journal_says(NULL), "n01=failed/hostlist n02=failed/hostlist"));
    assert_null(strstr(journal_says(NULL), "n00=failed"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, tidy_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_nodes_arrive_and_their_roads_are_written),
        TEST(a_second_rollout_changes_nothing),
        TEST(no_more_than_the_window_are_under_way),
        TEST(one_bad_node_leaves_the_others_alone),
        TEST(the_budget_begins_nobody_new),
        TEST(what_is_off_does_not_spend_the_budget),
        TEST(held_finishes_what_is_under_way),
        TEST(a_full_disk_ends_it_and_nothing_more_is_done),
        TEST(a_second_controller_is_refused_and_named_the_first),
        TEST(killed_anywhere_each_step_is_taken_once),
        TEST(killed_again_while_it_takes_up_nothing_is_forgotten),
        TEST(no_millisecond_is_lost_from_one_controller_to_the_next),
        TEST(a_node_that_boots_while_taken_up_is_waited_for),
        TEST(a_pause_leaves_who_has_not_begun_planned),
        TEST(what_failed_is_tried_again_and_what_it_did_is_not_done_twice),
        TEST(what_failed_is_left_alone_unless_asked_for),
        TEST(what_is_tried_again_and_still_off_fails_at_once),
        TEST(what_another_controller_took_up_since_is_not_taken_up),
        TEST(a_run_without_nodes_has_nothing_to_go_on_with),
        TEST(who_is_left_out_ends_as_failed),
        TEST(paused_nodes_go_on_by_themselves_and_are_taken_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
