/* fakes: fake_ssh */
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

#include "controller/door/door.h"
#include "controller/link/bootstrap.h"
#include "controller/link/link.h"
#include "inventory/fleet.h"
#include "protocol/fail.h"
#include "protocol/frame.h"
#include "protocol/json.h"
#include "protocol/message.h"
#include "tests/fake/fake_ssh.h"

#define AGENT_BYTES 300000
#define PATIENCE_MS 5000
#define TICK_MS     5
#define PROGRAM_S   60

/* What a test sees is one string of short words, in the order of the callbacks. */
static char seen[2000];
static uv_loop_t loop;
static struct link_pool *pool;
static struct link_pool_options options;
static struct door_options door_options;
static struct fleet_node node;
static char agent[AGENT_BYTES];
static char agent_path[] = "/tmp/ibfleet-test-agent.XXXXXX";
static struct fail last_why;

/* What to do inside the next callback of this name. */
static const char *close_in, *open_in, *ask_in;
static bool ask_always;
static struct link *the_link;

static void on_answer(void *arg, const struct json *answer, const struct fail *why);

static void note(const char *word)
{
    if (strlen(seen) + strlen(word) + 2 > sizeof seen) /* enough of it */
        return;
    strcat(strcat(seen, " "), word);
}

static void on_closed(void *arg)
{
    (void)arg;
    note("closed");
}

static void act_in(const char *callback)
{
    if (open_in && strcmp(open_in, callback) == 0) {
        open_in = NULL;
        link_open(the_link);
    }
    if (ask_in && strcmp(ask_in, callback) == 0) {
        ask_in = ask_always ? ask_in : NULL;
        link_ask(the_link, "again", NULL, 50, on_answer, (void *)(uintptr_t) "again");
    }
    if (close_in && strcmp(close_in, callback) == 0) {
        close_in = NULL;
        link_close(the_link, on_closed);
    }
}

static void on_moved(void *arg, enum link_state state)
{
    (void)arg;
    note(link_state_name(state));
    act_in(link_state_name(state));
}

static void on_up(void *arg, const struct json *hello)
{
    (void)arg;
    assert_non_null(json_find(hello, "protocol"));
    note("UP");
    act_in("UP");
}

static void on_lost(void *arg, const struct fail *why)
{
    (void)arg;
    last_why = *why;
    note("LOST");
    note(fail_code_name(why->code));
    act_in("LOST");
}

static void on_event(void *arg, const char *name, const struct json *body)
{
    (void)arg;
    (void)body;
    note("event");
    note(name);
    act_in("event");
}

static const struct link_hooks hooks = {.moved = on_moved,
                                        .up = on_up,
                                        .lost = on_lost,
                                        .event = on_event};

static void on_answer(void *arg, const struct json *answer, const struct fail *why)
{
    assert_true(!answer == !!why);
    note(arg);
    note(why ? fail_code_name(why->code) : "fine");
    act_in("answer");
}

/* ---- a loop, a pool and one link for each test -------------------------------- */

static void open_pool(void)
{
    struct fail why;

    assert_int_equal(door_open(&loop, &door_options, &options.door, &why), 0);
    assert_int_equal(link_pool_open(&loop, &options, &pool, &why), 0);
    the_link = link_new(pool, &node, &hooks, NULL);
}

static void close_pool(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    link_pool_close(pool);
    door_close(options.door);
    uv_run(&loop, UV_RUN_DEFAULT);
}

/* For the options and the node as they are now. */
static void reopen_pool(void)
{
    link_close(the_link, NULL);
    close_pool();
    open_pool();
}

static int before(void **state)
{
    (void)state;
    seen[0] = '\0';
    close_in = open_in = ask_in = NULL;
    ask_always = false;
    door_options = (struct door_options){0};
    options = (struct link_pool_options){.client = ssh_client_new(),
                                         .agent_path = agent_path,
                                         .unprivileged = true,
                                         .login_ms = 200,
                                         .tries = 1,
                                         .pause_ms = 20};
    node = (struct fleet_node){.name = "ib1", .address = "192.0.2.1", .port = 22};
    uv_loop_init(&loop);
    fake_ssh_reset();
    open_pool();
    return 0;
}

/* A loop that does not close has a handle that somebody forgot. */
static int after(void **state)
{
    (void)state;
    close_pool();
    ssh_client_free(options.client);
    return uv_loop_close(&loop);
}

/* Ticks, so that a loop with nothing to do comes back to look. */
static void on_tick(uv_timer_t *timer)
{
    unsigned *ticks = timer->data;

    if (++*ticks > PATIENCE_MS / TICK_MS)
        fail_msg("waited in vain; seen:%s", seen);
}

static void on_enough(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

/* Let the loop run for a while. */
static void run_ms(uint64_t ms)
{
    bool enough = false;
    uv_timer_t timer;

    uv_timer_init(&loop, &timer);
    timer.data = &enough;
    uv_timer_start(&timer, on_enough, ms, 0);
    while (!enough)
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

static void run_until_seen(const char *word)
{
    unsigned ticks = 0;
    uv_timer_t tick;

    uv_timer_init(&loop, &tick);
    tick.data = &ticks;
    uv_timer_start(&tick, on_tick, TICK_MS, TICK_MS);
    while (!strstr(seen, word))
        uv_run(&loop, UV_RUN_ONCE);
    uv_close((uv_handle_t *)&tick, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
}

static void close_it(void)
{
    link_close(the_link, on_closed);
    run_until_seen("closed");
}

/* ---- what the node does -------------------------------------------------------- */

static void says(const void *bytes, size_t len_bytes)
{
    fake_ssh_data(fake_ssh_session(fake_ssh_opened), SSH_STDOUT, bytes, len_bytes);
}

static void says_text(const char *text)
{
    says(text, strlen(text));
}

static void says_frame(const char *text)
{
    unsigned char *frame;
    size_t frame_bytes;

    assert_int_equal(frame_encode(text, strlen(text), &frame, &frame_bytes, NULL), 0);
    says(frame, frame_bytes);
    free(frame);
}

/* After the first, the second must not be read when the first has ended the link. */
static void says_at_once(const char *first, const char *second)
{
    unsigned char both[400], *at = both;

    memcpy(at, FRAME_MARKER, strlen(FRAME_MARKER));
    at += strstr(seen, "UP") ? 0 : strlen(FRAME_MARKER);
    for (int i = 0; i < 2; i++) {
        const char *text = i == 0 ? first : second;
        unsigned char *frame;
        size_t frame_bytes;

        assert_int_equal(frame_encode(text, strlen(text), &frame, &frame_bytes, NULL), 0);
        memcpy(at, frame, frame_bytes);
        at += frame_bytes;
        free(frame);
    }
    says(both, (size_t)(at - both));
}

static void greets(void)
{
    says_text(FRAME_MARKER);
    says_frame("{\"hello\":{\"protocol\":1,\"version\":\"9\"}}");
}

static void connects(void)
{
    link_open(the_link);
    assert_string_equal(seen, "");
    run_until_seen("connecting");
}

static void connects_again(void)
{
    seen[0] = '\0';
    link_open(the_link);
    run_until_seen("connecting");
}

static void starts(void)
{
    connects();
    fake_ssh_up(fake_ssh_session(1));
}

static void comes_up(void)
{
    starts();
    greets();
    seen[0] = '\0';
}

static void ends(enum fail_code code)
{
    struct fail why;

    fail_set(&why, code, "as the test wants");
    fake_ssh_ended(fake_ssh_session(fake_ssh_opened), 0, &why);
}

/* ---- the road up --------------------------------------------------------------- */

static void an_agent_that_is_there_is_only_started(void **state)
{
    size_t written;

    (void)state;
    starts();
    fake_ssh_written(fake_ssh_session(1), &written);
    assert_int_equal(written, 0);
    greets();
    assert_string_equal(seen, " connecting starting the agent up UP");
    close_it();
}

static void nothing_is_sent_before_the_node_says_need(void **state)
{
    size_t written;

    (void)state;
    starts();
    says_text("Welcome\r\n\001ibfleet-nee");
    fake_ssh_written(fake_ssh_session(1), &written);
    assert_int_equal(written, 0);
    says_text("d\002-\n");
    assert_string_equal(seen, " connecting starting the agent sending the agent");
    fake_ssh_written(fake_ssh_session(1), &written);
    assert_true(written > 0 && written < AGENT_BYTES);
    close_it();
}

static void an_agent_that_was_not_offered_is_not_sent(void **state)
{
    size_t written;

    (void)state;
    starts();
    says_text(BOOTSTRAP_NEED "riscv64\n");
    assert_string_equal(seen,
                        " connecting starting the agent lost LOST not-our-protocol");
    fake_ssh_written(fake_ssh_session(1), &written);
    assert_int_equal(written, 0);
    close_it();
}

static void the_whole_agent_is_sent_piece_by_piece(void **state)
{
    const char *written;
    size_t written_bytes;

    (void)state;
    starts();
    says_text(BOOTSTRAP_NEED "-\n");
    for (int i = 0; i < 5; i++)
        fake_ssh_drained(fake_ssh_session(1));
    written = fake_ssh_written(fake_ssh_session(1), &written_bytes);
    assert_int_equal(written_bytes, AGENT_BYTES);
    assert_memory_equal(written, agent, AGENT_BYTES);
    greets();
    assert_string_equal(seen, " connecting starting the agent sending the agent up UP");
    fake_ssh_drained(fake_ssh_session(1));
    close_it();
}

static void the_order_is_what_the_fleet_says(void **state)
{
    const struct ssh_order *order;

    (void)state;
    node.user = "hpc";
    node.host_keys = FLEET_HOST_KEYS_ACCEPT_NEW;
    connects();
    order = fake_ssh_order(fake_ssh_session(1));
    assert_string_equal(order->name, "ib1");
    assert_string_equal(order->address, "192.0.2.1");
    assert_string_equal(order->user, "hpc");
    assert_true(order->accept_new);
    assert_int_equal(order->phase_ms, 200);
    close_it();
}

/* Opens a new link to a node and returns the command it would start. */
static const char *command_for(const char *user, bool sudo, bool unprivileged)
{
    const char *command;

    options.unprivileged = unprivileged;
    node.user = user;
    node.sudo = sudo;
    reopen_pool();
    seen[0] = '\0';
    connects();
    command = fake_ssh_order(fake_ssh_session(fake_ssh_opened))->command;
    return command;
}

/* What follows the script begins and ends like this. */
static void assert_words(const char *command, const char *words)
{
    const char *end = strrchr(command, '\'');

    assert_non_null(end);
    assert_memory_equal(end, words, strlen(words));
    assert_string_equal(strrchr(end, ' '), " 300000");
}

static void root_needs_no_sudo_and_an_ordinary_user_does(void **state)
{
    const char *command;

    (void)state;
    command = command_for("root", true, false);
    assert_memory_equal(command, "sh -c '", 7);
    assert_words(command, "' ibfleet system serve - ");
    command = command_for("hpc", true, false);
    assert_memory_equal(command, "sudo -n sh -c '", 15);
    assert_words(command, "' ibfleet system serve - ");
    command = command_for("hpc", true, true);
    assert_memory_equal(command, "sh -c '", 7);
    assert_words(command, "' ibfleet own serve - ");
    command = command_for("hpc", false, false);
    assert_memory_equal(command, "sh -c '", 7);
    assert_words(command, "' ibfleet own serve - ");
    node.agent = "/usr/libexec/ibfleet-agent";
    assert_string_equal(command_for("hpc", true, false),
                        "sudo -n /usr/libexec/ibfleet-agent serve");
    close_it();
}

/* ---- losing it ----------------------------------------------------------------- */

static void it_is_lost_from_every_state(void **state)
{
    (void)state;
    connects();
    ends(FAIL_AUTH_REFUSED);
    assert_string_equal(seen, " connecting lost LOST key-refused");
    connects_again();
    fake_ssh_up(fake_ssh_session(2));
    ends(FAIL_LINK_LOST);
    assert_string_equal(seen, " connecting starting the agent lost LOST connection-lost");
    connects_again();
    fake_ssh_up(fake_ssh_session(3));
    says_text(BOOTSTRAP_NEED "-\n");
    ends(FAIL_LINK_LOST);
    assert_string_equal(
        seen,
        " connecting starting the agent sending the agent lost LOST connection-lost");
    connects_again();
    fake_ssh_up(fake_ssh_session(4));
    greets();
    ends(FAIL_LINK_LOST);
    assert_string_equal(seen,
                        " connecting starting the agent up UP lost LOST connection-lost");
    close_it();
}

static void what_may_pass_is_tried_again_and_then_given_up(void **state)
{
    (void)state;
    options.tries = 3;
    reopen_pool();
    connects();
    ends(FAIL_CONNECT);
    assert_string_equal(seen, " connecting waiting");
    seen[0] = '\0';
    run_until_seen("connecting");
    fake_ssh_up(fake_ssh_session(2));
    ends(FAIL_LINK_LOST);
    assert_string_equal(seen, " connecting starting the agent waiting");
    seen[0] = '\0';
    run_until_seen("connecting");
    ends(FAIL_CONNECT);
    assert_string_equal(seen, " connecting lost LOST not-reachable");
    assert_int_equal(fake_ssh_opened, 3);
    close_it();
}

static void what_the_operator_must_change_is_not_tried_again(void **state)
{
    (void)state;
    options.tries = 3;
    reopen_pool();
    connects();
    ends(FAIL_HOST_KEY_CHANGED);
    assert_string_equal(seen, " connecting lost LOST host-key-changed");
    close_it();
}

static void a_deadline_is_waited_for_once(void **state)
{
    (void)state;
    options.tries = 3;
    reopen_pool();
    connects();
    ends(FAIL_TIMEOUT);
    assert_string_equal(seen, " connecting lost LOST timeout");
    close_it();
}

static void an_agent_that_does_not_answer_is_given_up(void **state)
{
    (void)state;
    starts();
    says_text("motd\nPassword expired, new password:");
    run_until_seen("LOST");
    assert_string_equal(seen, " connecting starting the agent lost LOST timeout");
    assert_string_equal(last_why.text,
                        "no agent answered within 0.2 s; the login printed: "
                        "Password expired, new password:");
    close_it();
}

static void a_node_that_takes_no_more_is_given_up(void **state)
{
    (void)state;
    starts();
    says_text(BOOTSTRAP_NEED "-\n");
    run_ms(120);
    fake_ssh_drained(fake_ssh_session(1)); /* each piece has the whole time */
    run_ms(120);
    assert_string_equal(seen, " connecting starting the agent sending the agent");
    run_until_seen("LOST");
    assert_string_equal(last_why.text, "the node took no more of the agent for 0.2 s");
    close_it();
}

static void the_last_words_on_stderr_are_kept(void **state)
{
    char noise[5000];

    (void)state;
    memset(noise, 'x', sizeof noise);
    comes_up();
    fake_ssh_data(fake_ssh_session(1), SSH_STDERR, noise, sizeof noise);
    fake_ssh_data(fake_ssh_session(1), SSH_STDERR, "\nassert: a\0b\033\n", 14);
    fake_ssh_ended(fake_ssh_session(1), 134, NULL);
    assert_string_equal(seen, " lost LOST agent-died");
    assert_string_equal(last_why.text, "the agent ended (status 134): assert: a?b?");
    close_it();
}

static void it_can_be_opened_again_where_it_is_lost(void **state)
{
    (void)state;
    comes_up();
    open_in = "LOST";
    ends(FAIL_LINK_LOST);
    run_until_seen("connecting");
    assert_int_equal(fake_ssh_opened, 2);
    fake_ssh_up(fake_ssh_session(2));
    greets();
    assert_string_equal(seen,
                        " lost LOST connection-lost connecting starting the agent up UP");
    close_it();
}

/* ---- asking ---------------------------------------------------------------------- */

static void ask(const char *what, uint64_t deadline_ms)
{
    link_ask(the_link, what, NULL, deadline_ms, on_answer, (void *)(uintptr_t)what);
}

static void answers_find_their_requests_in_any_order(void **state)
{
    unsigned long sent, received;

    (void)state;
    comes_up();
    ask("one", 1000);
    ask("two", 1000);
    says_frame("{\"id\":2,\"body\":{}}");
    says_frame("{\"id\":1,\"fail\":{\"code\":\"disk-full\",\"text\":\"no room\"}}");
    assert_string_equal(seen, " two fine one disk-full");
    link_traffic(the_link, &sent, &received);
    assert_int_equal(sent, 3); /* with the hello */
    assert_int_equal(received, 3);
    close_it();
}

static void an_answer_after_the_deadline_is_dropped(void **state)
{
    (void)state;
    comes_up();
    ask("slow", 30);
    ask("slower", 60);
    run_until_seen("slow timeout");
    assert_string_equal(seen, " slow timeout");
    says_frame("{\"id\":1,\"body\":{}}");
    assert_string_equal(seen, " slow timeout");
    says_frame("{\"id\":2,\"body\":{}}");
    run_ms(80);
    assert_string_equal(seen, " slow timeout slower fine");
    close_it();
}

static void a_request_without_a_link_is_answered_after_the_call(void **state)
{
    (void)state;
    ask("early", 1000);
    assert_string_equal(seen, "");
    run_until_seen("early");
    assert_string_equal(seen, " early connection-lost");
    close_it();
}

static void what_is_under_way_is_answered_before_it_is_lost(void **state)
{
    (void)state;
    comes_up();
    ask("one", 1000);
    ask("two", 1000);
    ends(FAIL_LINK_LOST);
    assert_string_equal(
        seen, " lost one connection-lost two connection-lost LOST connection-lost");
    close_it();
}

static void what_is_asked_while_it_is_lost_is_answered_later(void **state)
{
    (void)state;
    comes_up();
    ask("one", 1000);
    ask_in = "answer";
    ends(FAIL_LINK_LOST);
    assert_string_equal(seen, " lost one connection-lost LOST connection-lost");
    run_until_seen("again");
    close_it();
}

/* Who asks anew whenever the answer is no does not stop the loop. */
static void asking_again_and_again_leaves_room_for_others(void **state)
{
    (void)state;
    ask_in = "answer";
    ask_always = true;
    ask("one", 1000);
    run_ms(5);
    ask_in = NULL;
    assert_non_null(strstr(seen, " one connection-lost again connection-lost"));
    run_ms(5);
    close_it();
}

static void a_full_queue_is_an_answer_too(void **state)
{
    (void)state;
    comes_up();
    fake_ssh_is_full = true;
    ask("one", 1000);
    assert_string_equal(seen, "");
    run_until_seen("one");
    assert_string_equal(seen, " one too-much-output");
    close_it();
}

static void events_are_passed_on(void **state)
{
    (void)state;
    comes_up();
    says_frame("{\"event\":\"step\",\"body\":{}}");
    assert_string_equal(seen, " event step");
    close_it();
}

/* ---- a peer that is not what it should be -------------------------------------- */

static void another_protocol_is_refused(void **state)
{
    (void)state;
    starts();
    says_text(FRAME_MARKER);
    says_frame("{\"hello\":{\"protocol\":2,\"version\":\"9\"}}");
    assert_string_equal(seen,
                        " connecting starting the agent lost LOST version-mismatch");
    close_it();
}

static void an_answer_before_the_hello_is_garbage(void **state)
{
    (void)state;
    starts();
    says_text(FRAME_MARKER);
    says_frame("{\"id\":1,\"body\":{}}");
    assert_string_equal(seen,
                        " connecting starting the agent lost LOST not-our-protocol");
    close_it();
}

static void a_node_that_asks_us_is_garbage(void **state)
{
    (void)state;
    comes_up();
    says_frame("{\"id\":1,\"ask\":\"detect\",\"body\":{}}");
    assert_string_equal(seen, " lost LOST not-our-protocol");
    close_it();
}

static void garbage_behind_a_good_message_is_noticed_at_once(void **state)
{
    static const char both[] = "\0\0\0\032{\"event\":\"step\",\"body\":{}}xxxx";

    (void)state;
    comes_up();
    says(both, sizeof both - 1);
    assert_string_equal(seen, " event step lost LOST not-our-protocol");
    close_it();
}

static void a_flood_of_good_messages_is_a_flood(void **state)
{
    static char event[900000];
    size_t sent = 0;

    (void)state;
    comes_up();
    memset(event, ' ', sizeof event - 1);
    memcpy(event, "{\"event\":\"e\",\"body\":{}", 22);
    event[sizeof event - 2] = '}';
    while (sent < 100 && !strstr(seen, "LOST")) {
        seen[0] = '\0';
        says_frame(event);
        sent++;
    }
    assert_string_equal(seen, " lost LOST too-much-output");
    assert_in_range(sent, 30, 60);
    close_it();
}

static void silence_is_probed_and_then_given_up(void **state)
{
    unsigned long sent = 0, received;

    (void)state;
    options.idle_ms = 250; /* long enough that a busy machine is not taken for silence */
    reopen_pool();
    comes_up();
    while (sent < 2) { /* the greeting, and the ping; else alarm() */
        run_ms(10);
        link_traffic(the_link, &sent, &received);
    }
    says_frame("{\"id\":1,\"body\":{}}");
    run_ms(20);
    assert_string_equal(seen, "");
    run_until_seen("LOST");
    assert_string_equal(seen, " lost LOST connection-lost");
    close_it();
}

/* ---- the door -------------------------------------------------------------------- */

static void only_so_many_log_in_at_once(void **state)
{
    struct link *others[3];

    (void)state;
    door_options.width = 1;
    reopen_pool();
    for (int i = 0; i < 3; i++)
        others[i] = link_new(pool, &node, &hooks, NULL);
    connects();
    for (int i = 0; i < 3; i++)
        link_open(others[i]);
    run_ms(20);
    assert_int_equal(fake_ssh_opened, 1);
    fake_ssh_up(fake_ssh_session(1));
    greets(); /* one is up: the next may come */
    run_ms(20);
    assert_int_equal(fake_ssh_opened, 2);
    link_close(others[1], NULL); /* while it waits */
    ends(FAIL_AUTH_REFUSED);     /* the second is lost: not the closed, the last one */
    run_ms(20);
    assert_int_equal(fake_ssh_opened, 3);
    run_ms(20);
    assert_int_equal(fake_ssh_opened, 3);
    link_close(others[0], NULL);
    link_close(others[2], NULL);
    close_it();
}

/* ---- closing --------------------------------------------------------------------- */

static void after_close_there_is_silence(void **state)
{
    struct ssh *session;

    (void)state;
    comes_up();
    ask("one", 20);
    session = fake_ssh_session(1);
    link_close(the_link, on_closed);
    says_frame("{\"event\":\"step\",\"body\":{}}");
    fake_ssh_ended(session, 0, NULL);
    run_until_seen("closed");
    run_ms(30);
    assert_string_equal(seen, " closed");
}

static void it_can_be_closed_in_every_state(void **state)
{
    static const char *const states[] = {
        "waiting", "connecting", "starting the agent", "up", "sending the agent", "lost"};

    (void)state;
    link_close(the_link, NULL);
    close_pool();
    options.tries = 2;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        fake_ssh_reset();
        open_pool();
        seen[0] = '\0';
        close_in = states[i];
        link_open(the_link);
        run_ms(5);
        if (close_in)
            fake_ssh_up(fake_ssh_session(1));
        if (close_in && i == 0)
            ends(FAIL_LINK_LOST);
        if (close_in && i == 4)
            says_text(BOOTSTRAP_NEED "-\n");
        if (close_in)
            greets();
        if (close_in)
            ends(FAIL_AUTH_REFUSED);
        assert_null(close_in);
        run_until_seen("closed");
        assert_null(strstr(seen, "LOST"));
        close_pool();
    }
    open_pool();
    close_it(); /* down */
}

static void it_can_be_closed_in_every_callback(void **state)
{
    static const char *const callbacks[] = {"UP", "answer", "event", "LOST"};

    (void)state;
    close_it();
    close_pool();
    for (size_t i = 0; i < sizeof callbacks / sizeof *callbacks; i++) {
        fake_ssh_reset();
        open_pool();
        seen[0] = '\0';
        close_in = callbacks[i];
        link_open(the_link);
        run_until_seen("connecting");
        fake_ssh_up(fake_ssh_session(1));
        says_at_once("{\"hello\":{\"protocol\":1,\"version\":\"9\"}}",
                     "{\"event\":\"step\",\"body\":{}}");
        if (close_in && i == 1) {
            ask("one", 1000);
            ask("two", 1000);
            says_at_once("{\"id\":1,\"body\":{}}", "{\"id\":2,\"body\":{}}");
        }
        if (close_in)
            ends(FAIL_LINK_LOST);
        assert_null(close_in);
        run_until_seen("closed");
        assert_null(strstr(seen, "two"));
        assert_true(i >= 1 || !strstr(seen, "event"));
        close_pool();
    }
    open_pool();
    link_close(the_link, NULL);
}

static int write_agent(void **state)
{
    int fd = mkstemp(agent_path);

    (void)state;
    for (size_t i = 0; i < sizeof agent; i++)
        agent[i] = (char)('a' + i % 23);
    return fd < 0 || write(fd, agent, sizeof agent) != sizeof agent || close(fd) < 0 ? -1
                                                                                     : 0;
}

static int remove_agent(void **state)
{
    (void)state;
    return unlink(agent_path);
}

#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, before, after)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK_TEST(an_agent_that_is_there_is_only_started),
        LINK_TEST(nothing_is_sent_before_the_node_says_need),
        LINK_TEST(an_agent_that_was_not_offered_is_not_sent),
        LINK_TEST(the_whole_agent_is_sent_piece_by_piece),
        LINK_TEST(the_order_is_what_the_fleet_says),
        LINK_TEST(root_needs_no_sudo_and_an_ordinary_user_does),
        LINK_TEST(it_is_lost_from_every_state),
        LINK_TEST(what_may_pass_is_tried_again_and_then_given_up),
        LINK_TEST(what_the_operator_must_change_is_not_tried_again),
        LINK_TEST(a_deadline_is_waited_for_once),
        LINK_TEST(an_agent_that_does_not_answer_is_given_up),
        LINK_TEST(a_node_that_takes_no_more_is_given_up),
        LINK_TEST(the_last_words_on_stderr_are_kept),
        LINK_TEST(it_can_be_opened_again_where_it_is_lost),
        LINK_TEST(answers_find_their_requests_in_any_order),
        LINK_TEST(an_answer_after_the_deadline_is_dropped),
        LINK_TEST(a_request_without_a_link_is_answered_after_the_call),
        LINK_TEST(what_is_under_way_is_answered_before_it_is_lost),
        LINK_TEST(what_is_asked_while_it_is_lost_is_answered_later),
        LINK_TEST(asking_again_and_again_leaves_room_for_others),
        LINK_TEST(a_full_queue_is_an_answer_too),
        LINK_TEST(events_are_passed_on),
        LINK_TEST(another_protocol_is_refused),
        LINK_TEST(an_answer_before_the_hello_is_garbage),
        LINK_TEST(a_node_that_asks_us_is_garbage),
        LINK_TEST(garbage_behind_a_good_message_is_noticed_at_once),
        LINK_TEST(a_flood_of_good_messages_is_a_flood),
        LINK_TEST(silence_is_probed_and_then_given_up),
        LINK_TEST(only_so_many_log_in_at_once),
        LINK_TEST(after_close_there_is_silence),
        LINK_TEST(it_can_be_closed_in_every_state),
        LINK_TEST(it_can_be_closed_in_every_callback),
    };

    alarm(PROGRAM_S); /* a test that failed may leave a link open and its loop running */
    return cmocka_run_group_tests(tests, write_agent, remove_agent);
}
