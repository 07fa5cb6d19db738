/* fakes: scripted_link */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "controller/link/link.h"
#include "controller/rollout/node.h"
#include "controller/rollout/order.h"
#include "inventory/decide.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "tests/fake/scripted_link.h"

static const struct fleet_node ib1 = {
    .name = "ib1", .address = "ib1", .port = 22, .rxe = "eth1", .sudo = true};
static const struct node_claim ours = {.run = "r1",
                                       .controller = "head",
                                       .user = "ann",
                                       .epoch = 1};

static struct scripted_node nodes[2];
static struct node_crew crew;
static struct node *node;
static uv_idle_t errand; /* acts later, as a journal does */
static bool slow_journal, pause_while_held;
static enum node_state pause_in;
static char road[512], ending[256], boot_ids[64];

static void on_errand(uv_idle_t *handle)
{
    uv_idle_stop(handle);
    node_act(node);
}

static bool on_moved(void *arg, const struct node_move *move)
{
    (void)arg;
    snprintf(road + strlen(road), sizeof road - strlen(road), " %s",
             node_state_name(move->to));
    if (move->why)
        snprintf(ending, sizeof ending, "%s: %s", fail_code_name(move->why->code),
                 move->why->text);
    if (move->boot_id)
        snprintf(boot_ids, sizeof boot_ids, "%s", move->boot_id);
    if (slow_journal)
        uv_idle_start(&errand, on_errand);
    return !slow_journal;
}

static const struct node_hooks hooks = {.moved = on_moved};

/* ---- travelling ----------------------------------------------------------------------
 */

static uv_timer_t watch;

/* What the rest of a rollout does: say go, pause, and close at the end. */
static void on_watch(uv_timer_t *timer)
{
    enum node_state where = node_where(node);

    if (where == NODE_PLANNED && pause_in != NODE_PLANNED)
        node_go(node, &ours);
    else if (where == pause_in && !node_state_is_end(where))
        node_pause(node);
    else if (node_state_is_end(where)) {
        node_close(node, NULL, NULL);
        uv_close((uv_handle_t *)timer, NULL);
        uv_close((uv_handle_t *)&errand, NULL);
    }
}

static void on_watch_free(uv_timer_t *timer)
{
    if (slow_journal && uv_is_active((uv_handle_t *)&errand)) {
        if (pause_while_held && node_where(node) == NODE_INSTALLING)
            node_pause(node);
        return;
    }
    on_watch(timer);
}

static void open_node(uv_loop_t *loop, struct link_pool **pool)
{
    struct fail why;

    *road = *ending = *boot_ids = '\0';
    assert_int_equal(uv_loop_init(loop), 0);
    assert_int_equal(link_pool_open(loop, NULL, pool, &why), 0);
    crew.loop = loop;
    crew.pool = *pool;
    if (!crew.pause_ms)
        crew.pause_ms = 2;
    node = node_new(&crew, &ib1, &hooks, NULL);
    assert_non_null(node);
}

/* Run the node to its end.  A loop that will not close has a leaked handle. */
static void run_node(uv_loop_t *loop, struct link_pool *pool)
{
    uv_idle_init(loop, &errand);
    uv_timer_init(loop, &watch);
    uv_timer_start(&watch, on_watch_free, 1, 1);
    node_start(node);
    uv_run(loop, UV_RUN_DEFAULT);
    link_pool_close(pool);
    assert_int_equal(uv_loop_close(loop), 0);
}

static void travel(const char *troubles)
{
    struct link_pool *pool;
    uv_loop_t loop;

    nodes[0].troubles = troubles;
    open_node(&loop, &pool);
    run_node(&loop, pool);
}

/* As a later controller of the same run does. */
static void travel_restored(const char *troubles, bool reboot, const char *boot_id)
{
    const char *const packages[] = {"rdma-core"};
    struct decision d = {.verdict = DECIDE_STEPS, .reboot = reboot};
    struct link_pool *pool;
    struct fail why;
    uv_loop_t loop;

    nodes[0].troubles = troubles;
    open_node(&loop, &pool);
    steps_add(&d.steps, STEP_PACKAGES, packages, 1, &why);
    assert_int_equal(node_restore(node, &d, boot_id, true, &why), 0);
    run_node(&loop, pool);
}

static int fresh(void **state)
{
    (void)state;
    memset(nodes, 0, sizeof nodes);
    memset(&crew, 0, sizeof crew);
    nodes[0].name = "ib1";
    scripted_nodes = nodes;
    slow_journal = pause_while_held = false;
    pause_in = NODE_FAILED;
    return 0;
}

#define TO_PLAN    " probing planned"
#define TO_INSTALL TO_PLAN " claiming installing"
#define WHOLE_ROAD TO_INSTALL " rebooting verifying releasing done"

/* ---- good days ----------------------------------------------------------------- */

static void a_bare_node_is_installed_booted_and_verified(void **state)
{
    (void)state;
    travel(NULL);
    assert_string_equal(road, WHOLE_ROAD);
    assert_string_equal(ending, "");
    assert_string_equal(boot_ids, "ib1-boot-0");
    assert_int_equal(nodes[0].boots, 1);
    assert_int_equal(nodes[0].installs, 1);
    assert_string_equal(nodes[0].holder, "");
}

static void a_node_that_has_it_all_is_left_alone(void **state)
{
    (void)state;
    nodes[0].installed = true;
    travel(NULL);
    assert_string_equal(road, " probing up-to-date");
    assert_int_equal(nodes[0].asks, 1);
}

static void nothing_is_done_before_the_move_is_on_disk(void **state)
{
    (void)state;
    slow_journal = true;
    travel(NULL);
    assert_string_equal(road, WHOLE_ROAD);
}

/* ---- bad days ------------------------------------------------------------------ */

static void a_node_that_is_off_fails_with_the_links_words(void **state)
{
    (void)state;
    travel("open:not-reachable");
    assert_string_equal(road, " probing failed");
    assert_string_equal(ending, "not-reachable: ib1: not-reachable");
    assert_int_equal(nodes[0].opens, 1);
}

static void a_changed_host_key_ends_it_even_while_booting(void **state)
{
    (void)state;
    travel("open:host-key-changed");
    assert_string_equal(road, " probing failed");
    fresh(NULL);
    travel("open:ok open:ok reboot:cut-late open:host-key-changed");
    assert_string_equal(road, TO_INSTALL " rebooting giving-up failed");
    assert_string_equal(ending, "host-key-changed: ib1: host-key-changed");
}

static void a_conversation_that_breaks_while_probing_is_begun_again(void **state)
{
    (void)state;
    travel("detect:cut detect:cut");
    assert_string_equal(road, WHOLE_ROAD);
    fresh(NULL);
    travel("detect:cut*");
    assert_string_equal(road, " probing failed");
    assert_in_range(nodes[0].asks, 3, 5);
}

static void a_cut_during_the_install_is_normal(void **state)
{
    (void)state;
    travel("install:cut-late open:ok open:ok open:not-reachable open:not-reachable");
    assert_string_equal(road, WHOLE_ROAD);
    assert_int_equal(nodes[0].installs, 1);
}

static void an_agent_that_is_killed_is_started_again(void **state)
{
    (void)state;
    travel("install:died install:died claim:died");
    assert_string_equal(road, WHOLE_ROAD);
    assert_int_equal(nodes[0].installs, 1);
}

static void an_agent_that_is_killed_before_it_greets_is_started_again(void **state)
{
    (void)state;
    travel("open:agent-died open:agent-died open:ok open:agent-died");
    assert_string_equal(road, WHOLE_ROAD);
    fresh(NULL);
    travel("open:agent-died*");
    assert_string_equal(road, " probing failed");
}

static void an_agent_whose_process_is_killed_is_asked_again(void **state)
{
    (void)state;
    travel("detect:agent-died claim:agent-died install:agent-died install:agent-died "
           "reboot:agent-died detect:agent-died");
    assert_string_equal(road, WHOLE_ROAD);
    assert_int_equal(nodes[0].installs, 1);
    assert_int_equal(nodes[0].boots, 1);
}

static void an_agent_whose_process_dies_each_time_is_given_up(void **state)
{
    (void)state;
    travel("detect:agent-died*");
    assert_string_equal(road, " probing failed");
    assert_string_equal(ending, "agent-died: ib1 says agent-died");
}

static void an_agent_that_does_not_answer_is_started_again(void **state)
{
    (void)state;
    crew.deadlines.install_ms = 1000;
    travel("install:cut install:cut-late");
    assert_string_equal(road, WHOLE_ROAD);
    fresh(NULL);
    crew.deadlines.install_ms = 30;
    travel("install:silent*");
    assert_string_equal(road, TO_INSTALL " giving-up failed");
    assert_non_null(strstr(ending, "timeout: "));
}

static void a_failed_step_lets_the_claim_go(void **state)
{
    (void)state;
    travel("install:disk-full");
    assert_string_equal(road, TO_INSTALL " giving-up failed");
    assert_string_equal(ending, "disk-full: ib1 says disk-full");
    assert_string_equal(nodes[0].holder, "");
}

/* The deadline passes in the pause before the lost link would have been tried again. */
static void who_is_given_up_while_cut_off_is_reached_for_its_claim(void **state)
{
    (void)state;
    crew.deadlines.install_ms = 30;
    crew.pause_ms = 2000;
    travel("install:cut");
    assert_string_equal(road, TO_INSTALL " giving-up failed");
    assert_non_null(strstr(ending, "installing: "));
    assert_string_equal(nodes[0].holder, "");
}

static void what_another_controller_holds_is_not_touched(void **state)
{
    (void)state;
    strcpy(nodes[0].holder, "r0");
    travel(NULL);
    assert_string_equal(road, TO_PLAN " claiming failed");
    assert_string_equal(ending, "claimed-by-another: claimed by run r0 of ann@head");
    assert_int_equal(nodes[0].installs, 0);
    assert_string_equal(nodes[0].holder, "r0");
}

static void while_booting_nearly_everything_may_be_refused(void **state)
{
    (void)state;
    travel("open:ok open:ok open:not-reachable open:key-refused open:agent-not-started "
           "open:timeout");
    assert_string_equal(road, WHOLE_ROAD);
    assert_int_equal(nodes[0].boots, 1);
}

static void a_reboot_whose_answer_was_lost_happens_once(void **state)
{
    (void)state;
    travel("reboot:cut-late");
    assert_string_equal(road, WHOLE_ROAD);
    assert_int_equal(nodes[0].boots, 1);
}

static void a_node_that_boots_by_itself_in_the_middle_is_booted_again(void **state)
{
    (void)state;
    travel("install:crash");
    assert_string_equal(road, WHOLE_ROAD);
    assert_string_equal(boot_ids, "ib1-boot-1");
    assert_int_equal(nodes[0].boots, 2);
}

static void a_node_that_never_comes_back_is_given_up(void **state)
{
    uint64_t since_ns = uv_hrtime();

    (void)state;
    crew.deadlines.reboot_ms = 60;
    travel("open:ok open:ok open:not-reachable*");
    assert_true(uv_hrtime() - since_ns < 10000000000); /* its claim is tried for once */
    assert_string_equal(road, TO_INSTALL " rebooting giving-up failed");
    assert_non_null(strstr(ending, "reboot-did-not-happen: not back in time: "));
}

static void a_node_that_does_not_boot_is_given_up(void **state)
{
    (void)state;
    crew.deadlines.reboot_ms = 60;
    travel("reboot:stays*");
    assert_string_equal(road, TO_INSTALL " rebooting giving-up failed");
    assert_non_null(strstr(ending, "the boot that was to end"));
}

static void a_node_that_shuts_down_may_refuse_a_second_reboot(void **state)
{
    (void)state;
    travel("reboot:stays reboot:reboot-did-not-happen reboot:reboot-did-not-happen "
           "reboot:reboot-did-not-happen reboot:reboot-did-not-happen");
    assert_string_equal(road, WHOLE_ROAD);
}

static void a_node_that_refuses_to_reboot_fails_in_its_own_words(void **state)
{
    (void)state;
    travel("reboot:reboot-did-not-happen*");
    assert_string_equal(road, TO_INSTALL " rebooting giving-up failed");
    assert_string_equal(ending, "reboot-did-not-happen: ib1 says reboot-did-not-happen");
    fresh(NULL);
    travel("reboot:needs-root");
    assert_string_equal(ending, "needs-root: ib1 says needs-root");
}

static void a_port_may_take_a_while_to_become_active(void **state)
{
    (void)state;
    travel("detect:bare detect:down detect:down");
    assert_string_equal(road, WHOLE_ROAD);
}

static void a_port_that_stays_down_fails_by_name(void **state)
{
    (void)state;
    crew.deadlines.verify_ms = 40;
    travel("detect:bare detect:down*");
    assert_string_equal(road, TO_INSTALL " rebooting verifying giving-up failed");
    assert_string_equal(ending, "port-down: rxe0 port 1: it is DOWN (LinkUp), and should "
                                "be ACTIVE");
    assert_string_equal(nodes[0].holder, "");
}

static void a_claim_that_cannot_be_released_spoils_nothing(void **state)
{
    (void)state;
    travel("release:step-failed");
    assert_string_equal(road, WHOLE_ROAD);
}

/* ---- pausing and taking up ----------------------------------------------------- */

static void a_pause_leaves_the_install_and_the_claim(void **state)
{
    (void)state;
    pause_in = NODE_INSTALLING;
    travel("install:silent");
    assert_string_equal(road, TO_INSTALL " paused");
    assert_string_equal(nodes[0].holder, "r1");
}

static void a_pause_that_comes_before_the_disk_waits_for_it(void **state)
{
    (void)state;
    slow_journal = pause_while_held = true;
    pause_in = NODE_INSTALLING;
    travel("install:silent");
    assert_string_equal(road, TO_INSTALL " paused");
}

static void a_planned_node_can_be_paused(void **state)
{
    (void)state;
    pause_in = NODE_PLANNED;
    travel(NULL);
    assert_string_equal(road, TO_PLAN " paused");
}

static void a_restored_plan_is_carried_out_though_nothing_seems_missing(void **state)
{
    (void)state;
    nodes[0].installed = true; /* installed, but the reboot is still to come */
    travel_restored(NULL, true, NULL);
    assert_string_equal(road, WHOLE_ROAD);
    assert_int_equal(nodes[0].boots, 1);
    assert_int_equal(nodes[0].installs, 0);
}

static void a_reboot_of_an_earlier_controller_is_not_repeated(void **state)
{
    (void)state;
    nodes[0].installed = true;
    nodes[0].boots = 1;
    travel_restored(NULL, true, "ib1-boot-0");
    assert_string_equal(road, WHOLE_ROAD);
    assert_int_equal(nodes[0].boots, 1);
}

/* It answered once more before it went down. */
static void a_reboot_that_begins_under_the_next_controller_is_waited_for(void **state)
{
    (void)state;
    nodes[0].installed = true;
    nodes[0].boots = 1;
    travel_restored("open:ok open:ok claim:cut open:agent-not-started open:key-refused "
                    "open:not-reachable",
                    true, "ib1-boot-0");
    assert_string_equal(road, WHOLE_ROAD);
    assert_int_equal(nodes[0].boots, 1);
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bare_node_is_installed_booted_and_verified),
        TEST(a_node_that_has_it_all_is_left_alone),
        TEST(nothing_is_done_before_the_move_is_on_disk),
        TEST(a_node_that_is_off_fails_with_the_links_words),
        TEST(a_changed_host_key_ends_it_even_while_booting),
        TEST(a_conversation_that_breaks_while_probing_is_begun_again),
        TEST(a_cut_during_the_install_is_normal),
        TEST(an_agent_that_is_killed_is_started_again),
        TEST(an_agent_that_is_killed_before_it_greets_is_started_again),
        TEST(an_agent_whose_process_is_killed_is_asked_again),
        TEST(an_agent_whose_process_dies_each_time_is_given_up),
        TEST(an_agent_that_does_not_answer_is_started_again),
        TEST(a_failed_step_lets_the_claim_go),
        TEST(who_is_given_up_while_cut_off_is_reached_for_its_claim),
        TEST(what_another_controller_holds_is_not_touched),
        TEST(while_booting_nearly_everything_may_be_refused),
        TEST(a_reboot_whose_answer_was_lost_happens_once),
        TEST(a_node_that_boots_by_itself_in_the_middle_is_booted_again),
        TEST(a_node_that_never_comes_back_is_given_up),
        TEST(a_node_that_does_not_boot_is_given_up),
        TEST(a_node_that_shuts_down_may_refuse_a_second_reboot),
        TEST(a_node_that_refuses_to_reboot_fails_in_its_own_words),
        TEST(a_port_may_take_a_while_to_become_active),
        TEST(a_port_that_stays_down_fails_by_name),
        TEST(a_claim_that_cannot_be_released_spoils_nothing),
        TEST(a_pause_leaves_the_install_and_the_claim),
        TEST(a_pause_that_comes_before_the_disk_waits_for_it),
        TEST(a_planned_node_can_be_paused),
        TEST(a_restored_plan_is_carried_out_though_nothing_seems_missing),
        TEST(a_reboot_of_an_earlier_controller_is_not_repeated),
        TEST(a_reboot_that_begins_under_the_next_controller_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
