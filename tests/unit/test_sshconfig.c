#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/openssh/settings.h"
#include "controller/openssh/sshconfig.h"
#include "controller/ssh/algorithms.h"
#include "protocol/fail.h"

/* ---- sshconfig ------------------------------------------------------------------------ */

static int no_include(void *arg, struct sshconfig *c, const char *files, struct fail *why)
{
    const char *text = arg;

    return strcmp(files, "deep") == 0
               ? fail_set(why, FAIL_USAGE, "too deep")
               : sshconfig_parse(c, text, "inner", no_include, NULL, why);
}

static struct sshconfig *config_of(const char *text, const char *inner)
{
    struct sshconfig *c = sshconfig_new();
    char included[512];

    snprintf(included, sizeof included, "%s", inner ? inner : "");
    assert_int_equal(sshconfig_parse(c, text, "outer", no_include, included, NULL), 0);
    return c;
}

static bool are_alike(const struct sshconfig *c, const char *a, const char *b)
{
    char *kind_a = sshconfig_kind(c, a, "me"), *kind_b = sshconfig_kind(c, b, "me");
    bool alike = strcmp(kind_a, kind_b) == 0;

    free(kind_a);
    free(kind_b);
    return alike;
}

static bool is_quiet(const struct sshconfig *c, const char *host)
{
    char *kind = sshconfig_kind(c, host, NULL);
    bool quiet = !*kind;

    free(kind);
    return quiet;
}

static void hosts_that_the_same_lines_cover_are_of_a_kind(void **state)
{
    struct sshconfig *c = config_of("# comment\n"
                                    "Host ib* !ib9\n\tPort=22\n"
                                    "host \"db 1\" db?\r\n  Port 23\r\n"
                                    "Match originalhost gpu*,x all\nUser root\n",
                                    NULL);

    (void)state;
    assert_true(are_alike(c, "ib1", "ib2"));
    assert_false(are_alike(c, "ib1", "ib9"));
    assert_false(are_alike(c, "db1", "db"));
    assert_false(are_alike(c, "gpu1", "ib1"));
    assert_true(are_alike(c, "gpu1", "x"));
    assert_true(is_quiet(c, "ib9"));
    assert_false(is_quiet(c, "ib1"));
    sshconfig_free(c);
}

static void what_means_nothing_to_us_makes_no_kind(void **state)
{
    struct sshconfig *c = config_of("Host *\n  SendEnv LANG LC_*\n  HashKnownHosts yes\n"
                                    "  GSSAPIAuthentication yes\n  ForwardX11 yes\n",
                                    NULL);

    (void)state;
    assert_true(is_quiet(c, "ib1"));
    assert_null(sshconfig_words(c));
    sshconfig_free(c);
}

static void what_cannot_be_decided_makes_each_host_its_own(void **state)
{
    struct sshconfig *c = config_of("Match exec \"test -e /x\"\n  ProxyJump b\n"
                                    "Match final all\n  SendEnv X\n",
                                    NULL);

    (void)state;
    assert_false(are_alike(c, "ib1", "ib2"));
    sshconfig_free(c);
    c = config_of("Match final all\n  Ciphers aes256-ctr\n", NULL);
    assert_true(are_alike(c, "ib1", "ib2"));
    assert_false(is_quiet(c, "ib1"));
    sshconfig_free(c);
}

static void an_include_stands_where_it_is_written(void **state)
{
    struct sshconfig *c =
        config_of("Host a*\n Include f g\n User root\n", "Port 5\nHost b*\nPort 6\n");
    struct fail why;

    (void)state;
    assert_string_equal(sshconfig_find(c, "a1", "port")->value, "5");
    assert_string_equal(sshconfig_find(c, "a1", "port")->file, "inner");
    assert_string_equal(sshconfig_find(c, "a1", "USER")->value, "root");
    assert_string_equal(sshconfig_find(c, "b1", "port")->value, "6");
    assert_null(sshconfig_find(c, "b1", "user"));
    assert_int_equal(sshconfig_parse(c, "Include deep", "x", no_include, NULL, &why), -1);
    assert_string_equal(why.text, "too deep");
    sshconfig_free(c);
}

static void too_many_sections_are_refused(void **state)
{
    struct sshconfig *c = sshconfig_new();
    struct fail why;
    int taken = 0;

    (void)state;
    while (sshconfig_parse(c, "Host x\nPort 1", "f", no_include, NULL, &why) == 0)
        assert_true(++taken < SSHCONFIG_MAX_SECTIONS);
    assert_int_equal(why.code, FAIL_USAGE);
    sshconfig_free(c);
}

/* ---- settings --------------------------------------------------------------------------- */

static const char plain[] = "host x\nhostname x\nuser me\nport 22\nciphers a,b\n"
                            "identityfile ~/.ssh/id_rsa\nsendenv A\nbatchmode no\n";

static void what_is_taken_is_no_reason(void **state)
{
    struct settings s;

    (void)state;
    settings_read("host ib1\nhostname 10.0.0.1\nuser root\nport 2222\nciphers a,b\n"
                  "identityfile ~/.ssh/k\nidentityfile /k2\nsendenv B\nbatchmode yes\n"
                  "userknownhostsfile /a /b\nforwardagent yes\n",
                  plain, "ib1", &s);
    assert_string_equal(s.beyond_us, "");
    assert_string_equal(s.hostname, "10.0.0.1");
    assert_string_equal(s.user, "root");
    assert_int_equal(s.port, 2222);
    assert_int_equal(s.key_count, 2);
    assert_string_equal(s.keys[0], "~/.ssh/k");
    assert_string_equal(s.known_hosts, "/a /b");
}

static void what_is_as_ever_is_nothing(void **state)
{
    struct settings s;

    (void)state;
    settings_read("host ib1\nhostname ib1\nuser me\nport 22\nciphers a,b\n"
                  "identityagent SSH_AUTH_SOCK\n",
                  plain, "ib1", &s);
    assert_string_equal(s.beyond_us, "");
    assert_string_equal(s.hostname, "");
    assert_string_equal(s.user, "");
    assert_int_equal(s.port, 0);
}

static void a_host_that_leads_to_the_first_one_is_told_from_it(void **state)
{
    struct settings s;

    (void)state;
    settings_read("host ib1\nhostname x\nuser me\n", plain, "ib1", &s);
    assert_string_equal(s.hostname, "x");
}

static void what_ssh_warns_of_is_no_setting(void **state)
{
    struct settings s;

    (void)state;
    settings_read("/etc/ssh/ssh_config line 3: Deprecated option \"cipher\"\r\n"
                  "command-line: line 0: Unsupported option\n"
                  "Warning: something\n\nhost ib1\nhostname ib1\nuser root\n",
                  plain, "ib1", &s);
    assert_string_equal(s.beyond_us, "");
    assert_string_equal(s.user, "root");
}

static void what_only_openssh_can_do_is_named(void **state)
{
    static const char *const lines[] = {
        "proxyjump bastion",      "proxycommand nc %h %p",        "certificatefile /c",
        "hostkeyalias other",     "identityagent SSH_AUTH_SOCK2", "addressfamily inet6",
        "identityfile ~/.ssh/%h", "ciphers aes128-ctr",           "somethingnew yes",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct settings s;

        settings_read(lines[i], plain, "ib1", &s);
        assert_int_equal(strlen(s.beyond_us), strcspn(lines[i], " "));
        assert_memory_equal(s.beyond_us, lines[i], strlen(s.beyond_us));
    }
}

static void a_policy_that_permits_what_we_offer_is_no_reason(void **state)
{
    struct settings s;

    (void)state;
    settings_read("ciphers chacha20," ALGORITHMS_CIPHERS "\nmacs " ALGORITHMS_MACS
                  ",umac\nkexalgorithms sntrup," ALGORITHMS_KEX "\n",
                  plain, "ib1", &s);
    assert_string_equal(s.beyond_us, "");
    settings_read("macs hmac-sha2-256-etm@openssh.com,hmac-sha2-512", plain, "ib1", &s);
    assert_string_equal(s.beyond_us, "macs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_that_the_same_lines_cover_are_of_a_kind),
        cmocka_unit_test(what_means_nothing_to_us_makes_no_kind),
        cmocka_unit_test(what_cannot_be_decided_makes_each_host_its_own),
        cmocka_unit_test(an_include_stands_where_it_is_written),
        cmocka_unit_test(too_many_sections_are_refused),
        cmocka_unit_test(what_is_taken_is_no_reason),
        cmocka_unit_test(what_is_as_ever_is_nothing),
        cmocka_unit_test(a_host_that_leads_to_the_first_one_is_told_from_it),
        cmocka_unit_test(what_ssh_warns_of_is_no_setting),
        cmocka_unit_test(what_only_openssh_can_do_is_named),
        cmocka_unit_test(a_policy_that_permits_what_we_offer_is_no_reason),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
