#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/link/agentfile.h"
#include "controller/link/bootstrap.h"
#include "controller/ssh/ssh.h"
#include "protocol/fail.h"

#define DIGEST_X86 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DIGEST_ARM "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static const struct agentfiles agents = {
    .files = {{.sha256 = DIGEST_X86, .machine = "x86_64", .len_bytes = 123456},
              {.sha256 = DIGEST_ARM, .machine = "aarch64", .len_bytes = 654321}},
    .count = 2,
};
static const struct bootstrap_order order = {.agents = &agents};

static void every_login_shell_can_read_the_command(void **state)
{
    char *command, *open, *close;

    (void)state;
    assert_int_equal(bootstrap_command(&order, BOOTSTRAP_SYSTEM, true, &command, NULL),
                     0);
    assert_memory_equal(command, "sudo -n sh -c '", 15);
    open = strchr(command, '\'');
    close = strrchr(command, '\'');
    for (const char *c = open + 1; c < close; c++)
        assert_null(strchr("'!\n", *c));  /* quote, csh's history, csh's lines */
    assert_null(strstr(command, "\\\\")); /* fish reads these two as one */
    assert_string_equal(close, "' ibfleet system serve x86_64 " DIGEST_X86
                               " 123456 aarch64 " DIGEST_ARM " 654321");
    free(command);
}

static void a_relay_is_started_by_another_word(void **state)
{
    struct bootstrap_order relay = order;
    char *command;

    (void)state;
    relay.work = "relay";
    assert_int_equal(bootstrap_command(&relay, BOOTSTRAP_OWN, false, &command, NULL), 0);
    assert_string_equal(strrchr(command, '\''), "' ibfleet own relay x86_64 " DIGEST_X86
                                                " 123456 aarch64 " DIGEST_ARM " 654321");
    free(command);
}

static void the_script_is_a_script(void **state)
{
    char *command, *shell;

    (void)state;
    assert_int_equal(bootstrap_command(&order, BOOTSTRAP_OWN, false, &command, NULL), 0);
    assert_memory_equal(command, "sh -c ", 6);
    assert_true(asprintf(&shell, "sh -n -c %s", command + 6) > 0);
    assert_int_equal(system(shell), 0);
    free(shell);
    free(command);
}

static void an_installed_agent_needs_a_plain_absolute_path(void **state)
{
    static const char *const bad[] = {"",     "agent", "./agent", "/a b",
                                      "/a;b", "/a'b",  "/$HOME",  "~/a"};
    char *command = NULL;
    struct fail why;

    (void)state;
    assert_int_equal(bootstrap_installed("/usr/libexec/ibfleet-agent", &order, true,
                                         &command, NULL),
                     0);
    assert_string_equal(command, "sudo -n /usr/libexec/ibfleet-agent serve");
    free(command);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(bootstrap_installed(bad[i], &order, false, &command, &why), -1);
        assert_int_equal(why.code, FAIL_FLEET_FILE);
    }
}

static void the_need_is_found_however_it_is_cut(void **state)
{
    static const char text[] = "Welcome\n\001ibfleet-\001ibfleet-need\002aarch64\nrest";

    (void)state;
    for (size_t first = 0; first < sizeof text; first++)
        for (size_t second = first; second < sizeof text; second++) {
            struct bootstrap_scan scan = {0};
            int found =
                bootstrap_is_needed(&scan, text, first) +
                bootstrap_is_needed(&scan, text + first, second - first) +
                bootstrap_is_needed(&scan, text + second, sizeof text - 1 - second);

            assert_int_equal(found, 1);
            assert_string_equal(scan.machine, "aarch64");
        }
}

static void no_need_is_found_where_there_is_none(void **state)
{
    static const char text[] =
        "ibfleet-need\002x86_64\n\001ibfleet-need\n\001ibfleet-frames\002\n"
        "\001ibfleet-need\002a-name-of-16-byt\n\001ibfleet-need\002cut";
    struct bootstrap_scan scan = {0};

    (void)state;
    assert_false(bootstrap_is_needed(&scan, text, sizeof text));
    assert_true(scan.machine_len < sizeof scan.machine);
}

static void each_ending_has_a_code_and_words(void **state)
{
    static const struct {
        int status;
        const char *printed, *err;
        enum fail_code code;
        const char *text;
    } cases[] = {
        {81, "", "mkdir: cannot create directory '/x': Permission denied\n", FAIL_PUSH,
         "the agent's folder cannot be made or written: mkdir: cannot create directory "
         "'/x': "
         "Permission denied"},
        {81, "", "mktemp: failed: No space left on device\n", FAIL_DISK_FULL,
         "the agent's folder cannot be made or written: mktemp: failed: No space left on "
         "device"},
        {82, "", "head: error: Disk quota exceeded\n", FAIL_DISK_FULL,
         "not all of the agent could be written: head: error: Disk quota exceeded"},
        {83, "", "", FAIL_PUSH, "the agent arrived damaged: its digest differs"},
        {84, "", "mv: no\n", FAIL_PUSH, "the agent cannot be put in its place: mv: no"},
        {85, "", "sha256sum or head is missing\n", FAIL_UNSUPPORTED,
         "sha256sum or head is missing"},
        {86, "", "aarch64\n", FAIL_UNSUPPORTED,
         "its machine is aarch64, and there is no ibfleet-agent.aarch64 beside our own "
         "ibfleet-agent: build it (make arm64 for aarch64) and put it there"},
        {86, "", "riscv64\n", FAIL_UNSUPPORTED,
         "its machine is riscv64, which would need an ibfleet-agent.riscv64: there are "
         "agents for x86_64 and aarch64 only"},
        {126, "", "sh: 1: exec: /x: Permission denied\n", FAIL_NO_AGENT,
         "the agent may not be started there (file system mounted noexec?): sh: 1: exec: "
         "/x: "
         "Permission denied"},
        {127, "", "sudo: not found\n", FAIL_SUDO_PASSWORD,
         "sudo refuses: sudo: not found"},
        {127, "", "bash: sudo: command not found\n", FAIL_NO_AGENT,
         "something to start is missing: bash: sudo: command not found"},
        {1, "",
         "sudo: unable to resolve host x\nsudo: a terminal is required to read the "
         "password\n",
         FAIL_SUDO_PASSWORD,
         "sudo asks for a password; allow this user NOPASSWD in sudoers, put the agent "
         "into "
         "the image (agent =), or use --unprivileged"},
        {1, "This account is \033[1mlocked\033[0m", "", FAIL_GARBAGE,
         "no agent answered (status 1); the login printed: This account is "
         "?[1mlocked?[0m"},
        {2, "motd", "Segmentation fault\r\n\r\n", FAIL_NO_AGENT,
         "no agent answered (status 2): Segmentation fault"},
        {0, "", "", FAIL_NO_AGENT, "no agent answered (status 0)"},
        {137, "motd", "Killed\n", FAIL_AGENT_DIED,
         "the agent was killed before it said a word: Killed"},
        {SSH_STATUS_SIGNAL, "", "", FAIL_AGENT_DIED,
         "the agent was killed before it said a word"},
    };
    struct fail why;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bootstrap_explain(cases[i].status, cases[i].printed, cases[i].err, &why);
        assert_string_equal(why.text, cases[i].text);
        assert_int_equal(why.code, cases[i].code);
    }
}

static void a_quote_is_printable_and_bounded(void **state)
{
    char line[BOOTSTRAP_LINE_BYTES], text[500];

    (void)state;
    memset(text, 0x9b, sizeof text);
    text[sizeof text - 1] = '\0';
    bootstrap_last_line(text, line);
    assert_int_equal(strlen(line), sizeof line - 1);
    assert_int_equal(strspn(line, "?"), sizeof line - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_login_shell_can_read_the_command),
        cmocka_unit_test(a_relay_is_started_by_another_word),
        cmocka_unit_test(the_script_is_a_script),
        cmocka_unit_test(an_installed_agent_needs_a_plain_absolute_path),
        cmocka_unit_test(the_need_is_found_however_it_is_cut),
        cmocka_unit_test(no_need_is_found_where_there_is_none),
        cmocka_unit_test(each_ending_has_a_code_and_words),
        cmocka_unit_test(a_quote_is_printable_and_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
