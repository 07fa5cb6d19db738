#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "controller/openssh/arguments.h"
#include "controller/openssh/child_state.h"
#include "controller/openssh/complaint.h"
#include "controller/openssh/detours.h"
#include "controller/openssh/gate.h"
#include "controller/openssh/mark.h"
#include "controller/ssh/ssh.h"
#include "protocol/fail.h"

/* ---- mark -------------------------------------------------------------------------- */

static void the_mark_is_found_however_it_is_cut(void **state)
{
    static const char text[] = "motd @ibf @@ibfleet-logged-in\nafter";
    size_t end = strlen(text) - strlen("after");

    (void)state;
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        struct mark m = {0};
        size_t used = mark_find(&m, text, cut);

        used += mark_find(&m, text + cut, strlen(text) - cut);
        assert_true(m.found);
        assert_int_equal(used, end);
    }
}

static void without_its_newline_it_is_no_mark(void **state)
{
    static const char text[] = "@ibfleet-logged-in!\n@ibfleet-logged-i";
    struct mark m = {0};

    (void)state;
    assert_int_equal(mark_find(&m, text, strlen(text)), strlen(text));
    assert_false(m.found);
}

/* ---- complaint: what OpenSSH 9.2 printed --------------------------------------------- */

#define AT_BANNER                                                     \
    "kex_exchange_identification: Connection closed by remote host\n" \
    "Connection closed by 127.0.0.1 port 22997\n"

static const struct {
    const char *words;
    enum fail_code code;
    const char *text;
} complaints[] = {
    {"ssh: Could not resolve hostname nosuch: Name or service not known\r\n",
     FAIL_RESOLVE, "ssh: Could not resolve hostname nosuch: Name or service not known"},
    {"ssh: connect to host 10.0.0.1 port 22: No route to host\r\n", FAIL_CONNECT,
     "ssh: connect to host 10.0.0.1 port 22: No route to host"},
    {"ssh: connect to host 10.0.0.1 port 22: Connection timed out\r\n", FAIL_NO_ANSWER,
     "ssh: connect to host 10.0.0.1 port 22: Connection timed out"},
    {AT_BANNER, FAIL_TURNED_AWAY,
     "ssh: kex_exchange_identification: Connection closed by remote host"},
    {"channel 0: open failed: connect failed: Connection refused\n"
     "stdio forwarding failed\n" AT_BANNER,
     FAIL_CONNECT, "ssh: channel 0: open failed: connect failed: Connection refused"},
    {"ssh: connect to host bastion port 22: Connection refused\n" AT_BANNER, FAIL_CONNECT,
     "ssh: connect to host bastion port 22: Connection refused"},
    {"sh: 1: exec: nc: not found\n" AT_BANNER, FAIL_CONNECT,
     "ssh: sh: 1: exec: nc: not found"},
    {"Connection timed out during banner exchange\n"
     "Connection to 127.0.0.1 port 22997 timed out\n",
     FAIL_NO_ANSWER, "ssh: Connection timed out during banner exchange"},
    {"a banner\nroot@127.0.0.1: Permission denied (publickey,password).\r\n",
     FAIL_AUTH_REFUSED, "ssh: root@127.0.0.1: Permission denied (publickey,password)."},
    {"Unable to negotiate with 127.0.0.1 port 2: no matching cipher found. Their offer: "
     "x\n",
     FAIL_UNSUPPORTED,
     "ssh: Unable to negotiate with 127.0.0.1 port 2: no matching cipher found. Their "
     "offer: x"},
    {"command-line: line 0: Bad configuration option: foo\r\n", FAIL_USAGE,
     "ssh: command-line: line 0: Bad configuration option: foo"},
    {"No ED25519 host key is known for [127.0.0.1]:2 and you have requested strict "
     "checking.\r\nHost key verification failed.\r\n",
     FAIL_HOST_KEY_UNKNOWN,
     "ssh: No ED25519 host key is known for [127.0.0.1]:2 and you have requested strict "
     "checking. Compare it and add it (ssh-keyscan), or use --host-keys accept-new"},
    {"The fingerprint for the ED25519 key sent by the remote host is\nSHA256:t65vN4.\n"
     "Please contact your system administrator.\n"
     "Offending RSA key in /root/.ssh/known_hosts:7\r\n"
     "Host key for x has changed and you have requested strict checking.\r\n"
     "Host key verification failed.\r\n",
     FAIL_HOST_KEY_CHANGED,
     "its host key is not the one in /root/.ssh/known_hosts:7; it shows SHA256:t65vN4. "
     "If "
     "it was reinstalled, remove that line"},
    {"ED25519 host key for x was revoked and you have requested strict checking.\r\n"
     "Host key verification failed.\r\n",
     FAIL_HOST_KEY_CHANGED,
     "ssh: ED25519 host key for x was revoked and you have requested strict checking."},
    {"something nobody has seen\n", FAIL_HANDSHAKE, "ssh: something nobody has seen"},
    {"\r\n\n", FAIL_HANDSHAKE, "ssh ended with status 255 and without a word"},
};

static void a_complaint_is_understood_and_quoted(void **state)
{
    struct fail why;

    (void)state;
    for (size_t i = 0; i < sizeof complaints / sizeof *complaints; i++) {
        assert_int_equal(complaint_explain(complaints[i].words, 255, &why), -1);
        assert_string_equal(why.text, complaints[i].text);
        assert_int_equal(why.code, complaints[i].code);
    }
}

static void only_the_last_line_says_that_the_connection_broke(void **state)
{
    struct fail why;

    (void)state;
    assert_true(
        complaint_is_loss("x\nTimeout, server 10.0.0.1 not responding.\r\n", &why));
    assert_string_equal(why.text, "ssh: Timeout, server 10.0.0.1 not responding.");
    assert_int_equal(why.code, FAIL_LINK_LOST);
    assert_true(complaint_is_loss("ssh_dispatch_run_fatal: Connection to 10.0.0.1 port "
                                  "22: message authentication code incorrect\n",
                                  &why));
    assert_false(complaint_is_loss("Connection to db closed\nretry\n", &why));
    assert_false(complaint_is_loss("", &why));
}

/* ---- arguments ------------------------------------------------------------------------- */

static bool has(const struct arguments *a, const char *word)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->words[i], word) == 0)
            return true;
    return false;
}

static void an_order_becomes_words(void **state)
{
    const struct ssh_order order = {.name = "ib1",
                                    .address = "fe80::1%eth0",
                                    .port = 2222,
                                    .jump = "you@bastion:23",
                                    .user = "me",
                                    .key = "/my keys/50%",
                                    .known_hosts = "/known /other",
                                    .config = "/cfg",
                                    .command = "echo $HOME; 'x'",
                                    .phase_ms = 1500};
    struct arguments a = {0};

    (void)state;
    assert_int_equal(arguments_make(&order, &a, NULL), 0);
    assert_string_equal(a.words[0], "ssh");
    assert_null(a.words[a.count]);
    assert_true(has(&a, "/cfg"));
    assert_true(has(&a, "BatchMode=yes"));
    assert_true(has(&a, "HostName=\"fe80::1%%eth0\""));
    assert_true(has(&a, "Port=2222"));
    assert_true(has(&a, "ProxyJump=you@bastion:23"));
    assert_true(has(&a, "User=me"));
    assert_true(has(&a, "IdentityFile=\"/my keys/50%%\""));
    assert_true(has(&a, "IdentitiesOnly=yes"));
    assert_true(has(&a, "UserKnownHostsFile=/known /other"));
    assert_true(has(&a, "GlobalKnownHostsFile=/dev/null"));
    assert_true(has(&a, "StrictHostKeyChecking=yes"));
    assert_true(has(&a, "ConnectTimeout=2"));
    assert_string_equal(a.words[a.count - 3], "--");
    assert_string_equal(a.words[a.count - 2], "ib1");
    assert_string_equal(a.words[a.count - 1], "echo $HOME; 'x'");
    arguments_done(&a);
}

static void jump_hosts_are_gone_through_as_far_as_the_node(void **state)
{
    struct ssh_order order = {.name = "ib1",
                              .jump = "me@out:2222,bastion",
                              .command = "true"};
    struct arguments a = {0};

    (void)state;
    assert_int_equal(arguments_make(&order, &a, NULL), 0);
    assert_true(has(&a, "ProxyJump=me@out:2222,bastion"));
    arguments_done(&a);
    order.name = "bastion";
    assert_int_equal(arguments_make(&order, &a, NULL), 0);
    assert_true(has(&a, "ProxyJump=me@out:2222"));
    arguments_done(&a);
}

static void what_is_left_open_is_left_to_ssh_config(void **state)
{
    const struct ssh_order order = {.name = "ib1",
                                    .address = "ib1",
                                    .accept_new = true,
                                    .command = "true"};
    struct arguments a = {0};

    (void)state;
    assert_int_equal(arguments_make(&order, &a, NULL), 0);
    assert_true(has(&a, "StrictHostKeyChecking=accept-new"));
    for (size_t i = 0; i < a.count; i++)
        for (const char *const *k =
                 (const char *const[]){"HostName=", "Port=", "User=", "Identit", "UserKn",
                                       "GlobalKn", "-F", NULL};
             *k; k++)
            assert_int_not_equal(strncmp(a.words[i], *k, strlen(*k)), 0);
    arguments_done(&a);
}

static void a_path_that_ssh_would_misread_is_refused(void **state)
{
    static const char *const paths[] = {"/a\"b", "/a${HOME}", "/a\nProxyCommand=x"};
    struct fail why;

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct ssh_order order = {.name = "ib1",
                                        .key = paths[i],
                                        .command = "true"};
        struct arguments a = {0};

        assert_int_equal(arguments_make(&order, &a, &why), -1);
        assert_int_equal(why.code, FAIL_USAGE);
        arguments_done(&a);
    }
}

/* ---- gate ------------------------------------------------------------------------------ */

static unsigned turns;

static void count_turn(void *arg)
{
    (void)arg;
    turns++;
}

static void not_more_than_the_width_are_inside(void **state)
{
    struct gate g = {.width = 2};
    struct gate_place p[5] = {{0}};

    (void)state;
    turns = 0;
    for (int i = 0; i < 5; i++) {
        p[i].on_turn = count_turn;
        gate_enter(&g, &p[i]);
    }
    assert_int_equal(turns, 2);
    gate_leave(&g, &p[3]); /* gives up while it waits */
    gate_leave(&g, &p[3]);
    assert_int_equal(turns, 2);
    gate_leave(&g, &p[0]);
    gate_leave(&g, &p[1]);
    gate_leave(&g, &p[1]);
    assert_int_equal(turns, 4);
    assert_true(p[2].inside && p[4].inside && !p[3].queued);
    assert_int_equal(g.inside, 2);
    gate_leave(&g, &p[2]);
    gate_leave(&g, &p[4]);
    assert_int_equal(g.inside, 0);
    assert_null(g.first);
    assert_null(g.last);
}

static void who_is_over_stays_over(void **state)
{
    (void)state;
    for (int event = CHILD_EV_DONE; event < CHILD_EVENTS; event++) {
        assert_int_equal(child_state_next(CHILD_CLOSED, (enum child_event)event),
                         CHILD_ILLEGAL);
        assert_int_equal(child_state_next(CHILD_OVER, (enum child_event)event),
                         event == CHILD_EV_CLOSE ? CHILD_CLOSED : CHILD_ILLEGAL);
    }
}

/* ---- detours ----------------------------------------------------------------------------- */

static char told[256];

static void note_told(void *arg, const char *node, const char *reason)
{
    (void)arg;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s:%s ", node, reason);
}

static void each_detour_is_told_once(void **state)
{
    struct detours d = {0};

    (void)state;
    assert_null(detours_find(&d, "ib1"));
    detours_note(&d, "ib2", "x", NULL);
    detours_note(&d, "ib1", "y", NULL);
    detours_note(&d, "ib2", "z", NULL);
    told[0] = '\0';
    detours_tell(&d, note_told, NULL);
    assert_string_equal(told, "ib2:x ib1:y ");
    detours_note(&d, "ib3", "x", NULL);
    told[0] = '\0';
    detours_tell(&d, note_told, NULL);
    detours_tell(&d, note_told, NULL);
    assert_string_equal(told, "ib3:x ");
    assert_string_equal(detours_find(&d, "ib2"), "x");
    detours_clear(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jump_hosts_are_gone_through_as_far_as_the_node),
        cmocka_unit_test(the_mark_is_found_however_it_is_cut),
        cmocka_unit_test(without_its_newline_it_is_no_mark),
        cmocka_unit_test(a_complaint_is_understood_and_quoted),
        cmocka_unit_test(only_the_last_line_says_that_the_connection_broke),
        cmocka_unit_test(an_order_becomes_words),
        cmocka_unit_test(what_is_left_open_is_left_to_ssh_config),
        cmocka_unit_test(a_path_that_ssh_would_misread_is_refused),
        cmocka_unit_test(not_more_than_the_width_are_inside),
        cmocka_unit_test(who_is_over_stays_over),
        cmocka_unit_test(each_detour_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
