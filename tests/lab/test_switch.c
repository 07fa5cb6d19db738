/* The switch, run as a program, between machines that are only sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MACHINES    3
#define DEADLINE_MS 20000
#define STALL_MS    2000

struct frame {
    unsigned char to[6], from[6];
    uint16_t type;
    uint32_t number;
    char rest[984];
} __attribute__((packed));

static char program[4096], dir[] = "/tmp/test_switch.XXXXXX";
static pid_t daemon_pid;
static int machine[MACHINES + 1];

static unsigned now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned)((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static struct sockaddr_un name(const char *kind, int i)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    snprintf(at.sun_path, sizeof at.sun_path, "%s/%s%d.sock", dir, kind, i);
    return at;
}

/* ---- the machines ------------------------------------------------------------- */

static void plug_in(int i)
{
    struct sockaddr_un at = name("q", i);

    if (machine[i] > 0)
        close(machine[i]);
    unlink(at.sun_path);
    machine[i] = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_return_code(bind(machine[i], (struct sockaddr *)&at, sizeof at), errno);
}

static void address(unsigned char mac[6], int i)
{
    memcpy(mac, (unsigned char[]){0x52, 0x54, 0, 2, 0, (unsigned char)i}, 6);
}

static bool can_send(int from, int to, uint32_t number, int wait_ms)
{
    struct sockaddr_un at = name("s", from);
    struct pollfd p = {.fd = machine[from], .events = POLLOUT};
    struct frame f = {.number = number};

    address(f.to, to);
    address(f.from, from);
    for (unsigned end = now_ms() + (unsigned)wait_ms;; poll(&p, 0, 1)) {
        if (sendto(machine[from], &f, sizeof f, MSG_DONTWAIT, (struct sockaddr *)&at,
                   sizeof at) > 0)
            return true;
        if (now_ms() >= end)
            return false;
    }
}

static void give(int from, int to, uint32_t number)
{
    assert_true(can_send(from, to, number, DEADLINE_MS));
}

static bool take(int at, struct frame *f, int wait_ms)
{
    struct pollfd p = {.fd = machine[at], .events = POLLIN};

    if (poll(&p, 1, wait_ms) != 1)
        return false;
    assert_int_equal(recv(machine[at], f, sizeof *f, 0), sizeof *f);
    return true;
}

static void expect(int at, uint32_t number)
{
    struct frame f;

    assert_true(take(at, &f, DEADLINE_MS));
    assert_int_equal(f.number, number);
}

static void expect_nothing(int at)
{
    struct frame f;

    assert_false(take(at, &f, 50));
}

/* ---- the switch ------------------------------------------------------------------ */

static bool tell(const char *line, char answer[200])
{
    char command[8192];
    FILE *out;

    snprintf(command, sizeof command, "%s %s tell '%s'", program, dir, line);
    out = popen(command, "r");
    assert_non_null(out);
    if (!fgets(answer, 200, out))
        answer[0] = '\0';
    return pclose(out) == 0;
}

static void order(const char *line)
{
    char answer[200];

    assert_true(tell(line, answer));
    assert_string_equal(answer, "ok\n");
}

static unsigned stat_of(const char *what)
{
    char answer[200], *at;

    assert_true(tell("stats", answer));
    at = strstr(answer, what);
    assert_non_null(at);
    return (unsigned)strtoul(at + strlen(what), NULL, 10);
}

/* Each sends to all, so that the switch knows every address. */
static void introduce(void)
{
    for (int i = 1; i <= MACHINES; i++) {
        give(i, 0xff, 0);
        for (int j = 1; j <= MACHINES; j++)
            if (j != i)
                expect(j, 0);
    }
}

static int start(void **state)
{
    char nodes[4];

    (void)state;
    strcpy(strrchr(dir, '.'), ".XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(nodes, sizeof nodes, "%d", MACHINES);
    for (int i = 1; i <= MACHINES; i++)
        plug_in(i);
    daemon_pid = fork();
    if (daemon_pid == 0) {
        execl(program, program, dir, nodes, (char *)NULL);
        _exit(127);
    }
    introduce();
    return 0;
}

static int stop(void **state)
{
    char command[64];

    (void)state;
    assert_true(daemon_pid > 0);
    kill(daemon_pid, SIGKILL);
    waitpid(daemon_pid, NULL, 0);
    for (int i = 1; i <= MACHINES; i++) {
        close(machine[i]);
        machine[i] = -1;
    }
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

/* ---- carrying --------------------------------------------------------------------- */

/* Two senders in one process each, so that the switch has to hold both back. */
static pid_t send_many(int from, int to, uint32_t count)
{
    pid_t pid = fork();

    if (pid)
        return pid;
    for (uint32_t i = 1; i <= count; i++)
        if (!can_send(from, to, i, DEADLINE_MS))
            _exit(1);
    _exit(0);
}

static void frames_of_a_pair_stay_in_order_under_load(void **state)
{
    uint32_t last[MACHINES + 1] = {0}, count = 20000;
    pid_t first = send_many(1, 3, count), second = send_many(2, 3, count);
    struct frame f;
    int status;

    (void)state;
    for (uint32_t i = 0; i < 2 * count; i++) {
        assert_true(take(3, &f, DEADLINE_MS));
        assert_int_equal(f.number, ++last[f.from[5]]);
    }
    assert_int_equal(waitpid(first, &status, 0), first);
    assert_int_equal(status, 0);
    assert_int_equal(waitpid(second, &status, 0), second);
    assert_int_equal(status, 0);
}

static void two_senders_to_a_slow_port_get_their_half_each(void **state)
{
    unsigned from[MACHINES + 1] = {0};
    pid_t first, second;
    struct frame f;

    (void)state;
    order("slow :3 8000");
    first = send_many(1, 3, 300);
    second = send_many(2, 3, 300);
    for (int i = 0; i < 600; i++) {
        assert_true(take(3, &f, DEADLINE_MS));
        from[f.from[5]] += i >= 100 && i < 300;
    }
    waitpid(first, NULL, 0);
    waitpid(second, NULL, 0);
    assert_in_range(from[1], 80, 120);
}

static void a_full_queue_holds_its_sender_back_and_loses_nothing(void **state)
{
    uint32_t sent = 0;

    (void)state;
    while (sent < 1000 && can_send(1, 2, sent + 1, 200))
        sent++;
    assert_in_range(sent, 64, 64 + 64);
    for (uint32_t i = 1; i <= sent; i++)
        expect(2, i);
    expect_nothing(2);
}

static void a_machine_that_takes_nothing_holds_nobody_up_for_ever(void **state)
{
    (void)state;
    for (int i = 0; i < 1000 && can_send(1, 2, 1, STALL_MS / 4); i++)
        ;
    give(1, 3, 7); /* waits until machine 2 is given up */
    expect(3, 7);
    assert_true(stat_of("gone ") > 0);
}

static void a_machine_started_again_is_found(void **state)
{
    (void)state;
    plug_in(2);
    give(1, 2, 1);
    expect(2, 1);
}

static void a_frame_for_an_unknown_address_goes_to_all_others(void **state)
{
    (void)state;
    give(1, 9, 5);
    expect(2, 5);
    expect(3, 5);
    expect_nothing(1);
}

/* ---- faults ------------------------------------------------------------------------ */

static void a_cut_pair_is_cut_both_ways_and_the_others_are_not(void **state)
{
    (void)state;
    order("cut 1-2");
    give(1, 2, 1);
    give(2, 1, 1);
    expect_nothing(1);
    expect_nothing(2);
    give(1, 3, 2);
    expect(3, 2);
    give(3, 2, 3);
    expect(2, 3);
    assert_int_equal(stat_of("cut "), 2);
}

static void a_cut_of_one_direction_leaves_the_other(void **state)
{
    (void)state;
    order("cut 1:2");
    give(1, 2, 1);
    expect_nothing(2);
    give(2, 1, 2);
    expect(1, 2);
}

static void a_node_can_be_cut_from_sending_or_getting_or_both(void **state)
{
    (void)state;
    order("cut 1:");
    give(1, 2, 1);
    expect_nothing(2);
    give(2, 1, 2);
    expect(1, 2);
    order("heal 1");
    order("cut :1");
    give(2, 1, 3);
    expect_nothing(1);
    give(1, 2, 4);
    expect(2, 4);
    order("cut 1");
    give(1, 2, 5);
    expect_nothing(2);
}

static void healing_makes_all_well(void **state)
{
    (void)state;
    order("cut 1");
    order("lose 2-3 1000");
    order("heal");
    give(1, 2, 1);
    expect(2, 1);
    give(2, 3, 2);
    expect(3, 2);
}

static unsigned time_to_carry(int from, int to, uint32_t count)
{
    pid_t sender = send_many(from, to, count);
    unsigned began = now_ms();

    for (uint32_t i = 1; i <= count; i++)
        expect(to, i);
    waitpid(sender, NULL, 0);
    return now_ms() - began;
}

/* 500 frames of 1000 bytes at 8 Mbit/s are half a second. */
static void a_slow_pair_is_as_slow_as_told(void **state)
{
    (void)state;
    order("slow 1-2 8000");
    assert_in_range(time_to_carry(1, 2, 500), 480, 1000);
    assert_in_range(time_to_carry(1, 3, 500), 0, 470);
}

static void a_late_pair_is_late_but_not_slow(void **state)
{
    unsigned began = now_ms();

    (void)state;
    order("delay 1:2 100000");
    give(1, 2, 1);
    expect(2, 1);
    assert_true(now_ms() - began >= 100);
    assert_in_range(time_to_carry(1, 2, 2000), 100, 1500);
}

static void a_lossy_way_loses_about_what_it_was_told_to(void **state)
{
    uint32_t got = 0;
    struct frame f;
    pid_t sender;

    (void)state;
    order("lose 1: 100");
    sender = send_many(1, 2, 10000);
    while (take(2, &f, 1000))
        got++;
    waitpid(sender, NULL, 0);
    assert_in_range(got, 8900, 9100);
    assert_int_equal(got + stat_of("lost "), 10000);
}

static void what_is_not_a_command_is_refused(void **state)
{
    static const char *const lines[] = {
        "cut",           "cut 0",          "cut 4",   "cut 1-1",  "cut 1-4",
        "cut 1-2x",      "cut -1",         "cut 1 5", "slow 1",   "slow 1 0",
        "slow 1 fast",   "lose 1 1001",    "lose 1",  "heal 1 2", "delay 1 -50",
        "delay 1-2 1 1", "delay 1 100001", "sever 1",
    };
    char answer[200];

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_false(tell(lines[i], answer));
        assert_string_equal(answer, "no: not understood\n");
    }
    give(1, 2, 1);
    expect(2, 1);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_of_a_pair_stay_in_order_under_load, start,
                                        stop),
        cmocka_unit_test_setup_teardown(two_senders_to_a_slow_port_get_their_half_each,
                                        start, stop),
        cmocka_unit_test_setup_teardown(
            a_full_queue_holds_its_sender_back_and_loses_nothing, start, stop),
        cmocka_unit_test_setup_teardown(
            a_machine_that_takes_nothing_holds_nobody_up_for_ever, start, stop),
        cmocka_unit_test_setup_teardown(a_machine_started_again_is_found, start, stop),
        cmocka_unit_test_setup_teardown(a_frame_for_an_unknown_address_goes_to_all_others,
                                        start, stop),
        cmocka_unit_test_setup_teardown(
            a_cut_pair_is_cut_both_ways_and_the_others_are_not, start, stop),
        cmocka_unit_test_setup_teardown(a_cut_of_one_direction_leaves_the_other, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_node_can_be_cut_from_sending_or_getting_or_both,
                                        start, stop),
        cmocka_unit_test_setup_teardown(healing_makes_all_well, start, stop),
        cmocka_unit_test_setup_teardown(a_slow_pair_is_as_slow_as_told, start, stop),
        cmocka_unit_test_setup_teardown(a_late_pair_is_late_but_not_slow, start, stop),
        cmocka_unit_test_setup_teardown(a_lossy_way_loses_about_what_it_was_told_to,
                                        start, stop),
        cmocka_unit_test_setup_teardown(what_is_not_a_command_is_refused, start, stop),
    };

    assert(argc > 0 && strrchr(argv[0], '/'));
    snprintf(program, sizeof program, "%.*s/switch",
             (int)(strrchr(argv[0], '/') - argv[0]), argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
