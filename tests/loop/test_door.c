#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/door/door.h"
#include "controller/door/doorway.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"

#define MANY 5000

struct guest {
    struct door_wait wait;
    struct fleet_node node;
    enum fail_code ends; /* when it comes in: FAIL_NONE stays, else leaves with that */
    bool comes_again;
    unsigned turns, told;
};

static uv_loop_t loop;
static struct door *door;
static unsigned turns, depth, deepest, told;
static char order[400];
static struct fail last_why;

static void enter(struct guest *g, bool again)
{
    struct fail why;

    assert_int_equal(door_enter(door, &g->wait, &g->node, again, &why), 0);
}

static void leave(struct guest *g, enum fail_code code)
{
    struct fail why;

    if (code != FAIL_NONE)
        fail_set(&why, code, "said by the test");
    door_leave(door, &g->wait, code == FAIL_NONE ? NULL : &why);
}

static void on_turn(void *arg)
{
    struct guest *g = arg;

    turns++;
    g->turns++;
    if (++depth > deepest)
        deepest = depth;
    if (strlen(order) + strlen(g->node.address) + 2 < sizeof order)
        strcat(strcat(order, " "), g->node.address);
    if (g->ends != FAIL_NONE)
        leave(g, g->ends);
    if (g->comes_again)
        enter(g, true);
    depth--;
}

static void on_hopeless(void *arg, const struct fail *why)
{
    struct guest *g = arg;

    told++;
    g->told++;
    last_why = *why;
}

static const struct door_hooks hooks = {.turn = on_turn, .hopeless = on_hopeless};

static struct guest guest_at(const char *address)
{
    return (struct guest){.node.address = address, .wait.hooks = &hooks};
}

static void come(struct guest *g, const char *address, enum fail_code ends)
{
    *g = guest_at(address);
    g->wait.arg = g;
    g->ends = ends;
    enter(g, false);
}

static void open_door(unsigned width, uint64_t patience_ms)
{
    struct door_options options = {.width = width, .patience_ms = patience_ms};
    struct fail why;

    turns = depth = deepest = told = 0;
    order[0] = '\0';
    uv_loop_init(&loop);
    assert_int_equal(door_open(&loop, &options, &door, &why), 0);
}

static void close_door(void)
{
    door_close(door);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* As long as the door itself has something to wait for. */
static void run(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
}

static void who_waits_comes_in_when_another_leaves(void **state)
{
    struct guest a, b, c;

    (void)state;
    open_door(1, 0);
    come(&a, "x", FAIL_NONE);
    come(&b, "y", FAIL_NONE);
    come(&c, "z", FAIL_NONE);
    assert_int_equal(turns, 0); /* not before the call has returned */
    run();
    assert_int_equal(turns, 1);
    leave(&b, FAIL_NONE); /* in the queue */
    run();
    assert_int_equal(turns, 1);
    leave(&a, FAIL_NONE);
    run();
    assert_int_equal(c.turns, 1);
    leave(&c, FAIL_NONE);
    leave(&c, FAIL_NONE); /* outside */
    close_door();
}

static void thousands_that_leave_at_once_do_not_pile_up(void **state)
{
    struct guest *all = calloc(MANY, sizeof *all);

    (void)state;
    open_door(1, 0);
    for (size_t i = 0; i < MANY; i++)
        come(&all[i], i % 2 ? "x" : "y", FAIL_AUTH_REFUSED);
    run();
    assert_int_equal(turns, MANY);
    assert_int_equal(deepest, 1);
    close_door();
    free(all);
}

static void an_address_that_takes_few_holds_up_nobody_elsewhere(void **state)
{
    struct guest crowd[DOORWAY_FIRST + 20], other;

    (void)state;
    open_door(0, 0);
    for (size_t i = 0; i < sizeof crowd / sizeof *crowd; i++)
        come(&crowd[i], "full", FAIL_NONE);
    come(&other, "other", FAIL_NONE);
    run();
    assert_int_equal(other.turns, 1);
    assert_int_equal(turns, 1 + DOORWAY_FIRST);
    door_passed(door, &crowd[0].wait); /* that shows there is room: one more each */
    run();
    assert_int_equal(turns, 3 + DOORWAY_FIRST);
    for (size_t i = 0; i < sizeof crowd / sizeof *crowd; i++)
        door_leave(door, &crowd[i].wait, NULL);
    door_leave(door, &other.wait, NULL);
    close_door();
}

static void behind_a_jump_host_is_another_place(void **state)
{
    struct guest here[DOORWAY_FIRST + 1], there = guest_at("10.0.0.1");

    (void)state;
    open_door(0, 0);
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        come(&here[i], "10.0.0.1", FAIL_NONE);
    there.wait.arg = &there;
    there.node.jump = "bastion";
    enter(&there, false);
    run();
    assert_int_equal(turns, DOORWAY_FIRST + 1);
    assert_int_equal(there.turns, 1);
    for (size_t i = 0; i < sizeof here / sizeof *here; i++)
        leave(&here[i], FAIL_NONE);
    leave(&there, FAIL_NONE);
    close_door();
}

static void addresses_take_turns_and_who_comes_again_is_first(void **state)
{
    struct guest x[3], y, again = guest_at("x");

    (void)state;
    open_door(1, 0);
    for (size_t i = 0; i < 3; i++)
        come(&x[i], "x", FAIL_AUTH_REFUSED);
    come(&y, "y", FAIL_AUTH_REFUSED);
    again.wait.arg = &again;
    again.ends = FAIL_AUTH_REFUSED;
    enter(&again, true);
    run();
    assert_string_equal(order, " x y x x x");
    assert_int_equal(again.turns, 1);
    close_door();
}

static void who_has_passed_is_still_under_way(void **state)
{
    struct guest a, b;

    (void)state;
    open_door(1, 0);
    come(&a, "x", FAIL_NONE);
    come(&b, "x", FAIL_NONE);
    run();
    door_passed(door, &a.wait);
    run();
    assert_int_equal(turns, 1);
    door_leave(door, &a.wait, NULL);
    run();
    assert_int_equal(turns, 2);
    door_leave(door, &b.wait, NULL);
    close_door();
}

/* One that tries again and again, and one that has not had a turn yet. */
static void all_who_wait_are_told_when_there_is_no_hope(void **state)
{
    struct guest stubborn, other;

    (void)state;
    open_door(1, 1000);
    come(&stubborn, "x", FAIL_TURNED_AWAY);
    stubborn.comes_again = true;
    come(&other, "x", FAIL_TURNED_AWAY);
    other.comes_again = true;
    run();
    assert_int_equal(stubborn.told + other.told, 2);
    assert_in_range(turns, 2, DOORWAY_PATIENT_TRIES);
    assert_int_equal(last_why.code, FAIL_TURNED_AWAY);
    assert_non_null(strstr(last_why.text, "x has turned away "));
    assert_non_null(strstr(last_why.text, " logins in a row: given up"));
    close_door();
}

static void who_comes_later_still_gets_a_try(void **state)
{
    struct guest first, later;

    (void)state;
    open_door(1, 200);
    come(&first, "x", FAIL_TURNED_AWAY);
    first.comes_again = true;
    run();
    assert_int_equal(first.told, 1);
    come(&later, "x", FAIL_NONE);
    run();
    assert_int_equal(later.turns, 1);
    door_passed(door, &later.wait);
    door_leave(door, &later.wait, NULL);
    close_door();
}

static void without_anybody_waiting_it_does_not_keep_the_loop(void **state)
{
    struct guest a;

    (void)state;
    open_door(0, 0);
    come(&a, "x", FAIL_NONE);
    run();
    assert_int_equal(uv_run(&loop, UV_RUN_NOWAIT), 0);
    door_leave(door, &a.wait, NULL);
    close_door();
}

/* Nobody leaves: all are dead.  The loop has time, so more and more come in. */
static void dead_nodes_hold_up_nobody(void **state)
{
    struct guest all[150];
    char addresses[150][8];

    (void)state;
    open_door(0, 0);
    for (size_t i = 0; i < 150; i++) {
        snprintf(addresses[i], sizeof addresses[i], "n%zu", i);
        come(&all[i], addresses[i], FAIL_NONE);
    }
    run();
    assert_int_equal(turns, 150);
    for (size_t i = 0; i < 150; i++)
        leave(&all[i], FAIL_NO_ANSWER);
    close_door();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_waits_comes_in_when_another_leaves),
        cmocka_unit_test(thousands_that_leave_at_once_do_not_pile_up),
        cmocka_unit_test(an_address_that_takes_few_holds_up_nobody_elsewhere),
        cmocka_unit_test(behind_a_jump_host_is_another_place),
        cmocka_unit_test(addresses_take_turns_and_who_comes_again_is_first),
        cmocka_unit_test(who_has_passed_is_still_under_way),
        cmocka_unit_test(all_who_wait_are_told_when_there_is_no_hope),
        cmocka_unit_test(who_comes_later_still_gets_a_try),
        cmocka_unit_test(without_anybody_waiting_it_does_not_keep_the_loop),
        cmocka_unit_test(dead_nodes_hold_up_nobody),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
