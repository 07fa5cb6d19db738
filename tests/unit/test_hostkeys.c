#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "controller/ssh/hostkeys.h"
#include "protocol/fail.h"

/* Two keys of each kind are enough; what is in them does not matter here. */
static const unsigned char ed_a[] = "\0\0\0\013ssh-ed25519\0\0\0\004AAAA";
static const unsigned char ed_b[] = "\0\0\0\013ssh-ed25519\0\0\0\004BBBB";
static const unsigned char ed_c[] = "\0\0\0\013ssh-ed25519\0\0\0\004CCCC";
#define ED_A      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAABEFBQUE="
#define ED_B      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAABEJCQkI="
#define ED_C      "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAABENDQ0M="
#define ECDSA     "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY="
#define RSA       "ssh-rsa AAAAB3NzaC1yc2E="
#define KEY_BYTES (sizeof ed_a - 1)
#define LARGE     "ecdsa-sha2-nistp384,ecdsa-sha2-nistp521"
#define ALL_KINDS "ssh-ed25519,ecdsa-sha2-nistp256," LARGE

static char path[] = "/tmp/ibfleet-known-hosts.XXXXXX";
static struct hostkeys *keys;
static struct fail why;
static struct hostkeys_host host = {"ib1", "10.0.0.1", 22, NULL, NULL};

static int open_files(const char *first, const char *second)
{
    const char *const files[] = {first, second};

    hostkeys_free(keys);
    keys = NULL;
    return hostkeys_new(files, second ? 2 : 1, &keys, &why);
}

static void known(const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(open_files(path, NULL), 0);
}

static const char *file(void)
{
    static char text[4096];
    FILE *f = fopen(path, "r");
    size_t n = fread(text, 1, sizeof text - 1, f);

    fclose(f);
    text[n] = '\0';
    return text;
}

static int check(const unsigned char *key)
{
    return hostkeys_check(keys, &host, key, KEY_BYTES, false, &why);
}

static const char *algorithms(void)
{
    static char list[HOSTKEYS_LIST_BYTES];

    assert_int_equal(hostkeys_algorithms(keys, &host, list, &why), 0);
    return list;
}

static int set_up(void **state)
{
    int fd;

    (void)state;
    host = (struct hostkeys_host){"ib1", "10.0.0.1", 22, NULL, NULL};
    strcpy(path + strlen(path) - 6, "XXXXXX");
    fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    hostkeys_free(keys);
    keys = NULL;
    unlink(path);
    return 0;
}

static void a_host_is_known_by_name_or_by_address(void **state)
{
    (void)state;
    known("# comment\n\nib1 " ED_A " a comment\n10.0.0.2 " ED_B "\n");
    assert_int_equal(check(ed_a), 0);
    host.name = "other";
    host.address = "10.0.0.2";
    assert_int_equal(check(ed_b), 0);
    assert_int_equal(check(ed_a), -1);
}

static void names_share_a_line_and_case_does_not_count(void **state)
{
    (void)state;
    known("x,IB1,y " ED_A "\n");
    assert_int_equal(check(ed_a), 0);
    host.name = "iB1";
    assert_int_equal(check(ed_a), 0);
    host.name = "ib11";
    assert_int_equal(check(ed_a), -1);
}

static void a_port_of_its_own_is_a_host_of_its_own(void **state)
{
    (void)state;
    known("[ib1]:2222 " ED_A "\nib1 " ED_B "\n");
    assert_int_equal(check(ed_a), -1);
    assert_int_equal(why.code, FAIL_HOST_KEY_ANOTHERS);
    assert_int_equal(check(ed_b), 0);
    host.port = 2222;
    assert_int_equal(check(ed_a), 0);
    assert_int_equal(check(ed_b), -1);
}

static void a_changed_key_names_file_and_line_and_fingerprint(void **state)
{
    char expected[300];

    (void)state;
    known("# one\nib2 " ED_C "\nib1 " ED_A "\n");
    assert_int_equal(check(ed_b), -1);
    assert_int_equal(why.code, FAIL_HOST_KEY_CHANGED);
    snprintf(expected, sizeof expected,
             "its host key is not the one in %s:3; it shows ssh-ed25519 "
             "SHA256:nV31Zcb/lw16sEs73KTaE6yJqR8N7WjahgWwb/6Z7WI. If it was reinstalled, "
             "remove that line",
             path);
    assert_string_equal(why.text, expected);
}

/* What known_hosts proves of a key that is not the one expected. */
static void causes_that_look_alike_are_told_apart(void **state)
{
    static const struct {
        const char *text;
        enum fail_code code;
        const char *words;
    } cases[] = {
        {"ib1,10.0.0.1 " ED_A "\n", FAIL_HOST_KEY_CHANGED, ":1; it shows"},
        {"ib1 " ED_A "\n", FAIL_HOST_KEY_CHANGED, ":1; it shows"},
        {"10.0.0.1 " ED_A "\n", FAIL_HOST_KEY_CHANGED, ":1; it shows"},
        {"ib1 " ED_A "\n10.0.0.1 " ED_C "\n", FAIL_HOST_KEY_CHANGED, ":1; it shows"},
        {"ib1,ib1.example " ED_A "\n", FAIL_HOST_KEY_CHANGED, ":1; it shows"},
        {"ib1,10.0.0.7 " ED_A "\n", FAIL_HOST_REPLACED, "ib1 was 10.0.0.7, with"},
        {"ib1,fe80::1%eth0 " ED_A "\n", FAIL_HOST_REPLACED, "ib1 was fe80::1%eth0, with"},
        {"old,10.0.0.1 " ED_A "\n", FAIL_HOST_REPLACED, "10.0.0.1 was old, with"},
        {"ib1 " ED_A "\nib7 " ED_B "\n", FAIL_HOST_KEY_ANOTHERS, "host key of ib7 ("},
        {"ib1,10.0.0.7 " ED_A "\nib7 " ED_B "\n", FAIL_HOST_KEY_ANOTHERS, "not its own"},
        {"ib1 " ED_A "\n@revoked ib7 " ED_B "\n", FAIL_HOST_KEY_CHANGED, "is @revoked"},
        {"ib7 " ED_B "\n", FAIL_HOST_KEY_UNKNOWN, "known for ib7 only"},
        {"ib7 " ED_A "\n", FAIL_HOST_KEY_UNKNOWN, "is not in "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        known(cases[i].text);
        assert_int_equal(check(ed_b), -1);
        assert_int_equal(why.code, cases[i].code);
        assert_non_null(strstr(why.text, cases[i].words));
    }
}

/* A machine that took over an address is no reason to trust it. */
static void only_a_host_that_is_unknown_is_learned(void **state)
{
    static const char *const texts[] = {"ib1,10.0.0.7 " ED_A "\n",
                                        "old,10.0.0.1 " ED_A "\n",
                                        "ib1 " ED_A "\nib7 " ED_B "\n"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        known(texts[i]);
        assert_int_equal(hostkeys_check(keys, &host, ed_b, KEY_BYTES, true, &why), -1);
        assert_string_equal(file(), texts[i]);
    }
}

static void a_second_key_of_the_same_kind_is_as_good(void **state)
{
    (void)state;
    known("ib1 " ED_A "\nib1 " ED_B "\n");
    assert_int_equal(check(ed_a), 0);
    assert_int_equal(check(ed_b), 0);
}

static void hashed_names_are_found(void **state)
{
    (void)state; /* HMAC-SHA1 of "ib1" */
    known("|1|AAECAwQFBgcICQoLDA0ODxAREhM=|+eFji2PZE8yC1n65lwd1JkRZMM0= " ED_A "\n"
          "|1|not base64|at all " ED_C "\n"
          "|1|AAAA|BBBB " ED_C "\n");
    assert_int_equal(check(ed_a), 0);
    assert_string_equal(algorithms(), ALL_KINDS);
    assert_int_equal(check(ed_b), -1);
    assert_int_equal(why.code, FAIL_HOST_KEY_CHANGED);
    host.port = 2222;
    assert_int_equal(check(ed_a), -1);
    assert_int_equal(why.code, FAIL_HOST_KEY_UNKNOWN);
}

/* The same name twice, apart from each other: by which the host is known matters not. */
static void a_hashed_name_that_comes_again_is_found_too(void **state)
{
#define HIDDEN "|1|AAECAwQFBgcICQoLDA0ODxAREhM=|+eFji2PZE8yC1n65lwd1JkRZMM0= "
    (void)state;
    known(HIDDEN ED_A "\nib2 " ED_C "\n"
                      "|1|EhEQDw4NDAsKCQgHBgUEAwIBAAA=|AAAAAAAAAAAAAAAAAAAAAAAAAAA= " ED_C
                      "\n" HIDDEN ED_B "\n");
    assert_int_equal(check(ed_b), 0);
    assert_int_equal(check(ed_a), 0);
}

static void a_revoked_key_is_refused_wherever_it_shows(void **state)
{
    (void)state;
    known("ib1 " ED_A "\n@revoked * " ED_A "\n");
    assert_int_equal(check(ed_a), -1);
    assert_int_equal(why.code, FAIL_HOST_KEY_CHANGED);
    assert_int_equal(hostkeys_check(keys, &host, ed_a, KEY_BYTES, true, &why), -1);
}

static void patterns_and_authorities_are_told_not_used(void **state)
{
    static const char *const covers[] = {"ib* ", "ib? ", "*,!ib2 ",
                                         "@cert-authority ib1 ",
                                         "@cert-authority *.example,10.0.*.1 "};
    static const char *const covers_not[] = {"ib?? ", "*,!ib1,!10.* ",
                                             "@cert-authority i ", "[ib*]:22 "};
    char text[200];

    (void)state;
    for (size_t i = 0; i < sizeof covers / sizeof *covers; i++) {
        snprintf(text, sizeof text, "%s" ED_A "\n", covers[i]);
        known(text);
        assert_int_equal(check(ed_a), -1);
        assert_int_equal(why.code, FAIL_HOST_KEY_UNKNOWN);
        assert_non_null(
            strstr(why.text, ":1 covers it with a pattern or @cert-authority"));
    }
    for (size_t i = 0; i < sizeof covers_not / sizeof *covers_not; i++) {
        snprintf(text, sizeof text, "%s" ED_A "\n", covers_not[i]);
        known(text);
        assert_int_equal(check(ed_a), -1);
        assert_null(strstr(why.text, "covers"));
    }
}

static void the_kinds_to_ask_for_are_those_stored(void **state)
{
    char list[HOSTKEYS_LIST_BYTES];

    (void)state;
    known("");
    assert_string_equal(algorithms(), ALL_KINDS);
    known("ib1 " ECDSA "\n");
    assert_string_equal(algorithms(), "ecdsa-sha2-nistp256,ssh-ed25519," LARGE);
    known("ib1 " ECDSA "\n10.0.0.1 " ED_A "\nib1 " RSA "\n");
    assert_string_equal(algorithms(), ALL_KINDS);
    known("ib1 " RSA "\n");
    assert_int_equal(hostkeys_algorithms(keys, &host, list, &why), -1);
    assert_int_equal(why.code, FAIL_UNSUPPORTED);
}

static void a_new_key_is_learned_only_when_allowed(void **state)
{
    (void)state;
    known("ib2 " ED_B);
    assert_int_equal(check(ed_a), -1);
    assert_int_equal(why.code, FAIL_HOST_KEY_UNKNOWN);
    assert_int_equal(hostkeys_check(keys, &host, ed_a, KEY_BYTES, true, &why), 0);
    assert_int_equal(check(ed_a), 0);
    assert_string_equal(file(), "ib2 " ED_B "\nib1,10.0.0.1 " ED_A "\n");
    host = (struct hostkeys_host){"ib3", "ib3", 2222, NULL, NULL};
    assert_int_equal(hostkeys_check(keys, &host, ed_b, KEY_BYTES, true, &why), 0);
    assert_string_equal(file(),
                        "ib2 " ED_B "\nib1,10.0.0.1 " ED_A "\n[ib3]:2222 " ED_B "\n");
    assert_int_equal(check(ed_a), -1);
    assert_non_null(strstr(why.text, "not its own of line 3"));
}

static void a_changed_key_is_never_learned(void **state)
{
    (void)state;
    known("ib1 " ED_A "\n");
    assert_int_equal(hostkeys_check(keys, &host, ed_b, KEY_BYTES, true, &why), -1);
    assert_int_equal(why.code, FAIL_HOST_KEY_CHANGED);
    assert_string_equal(file(), "ib1 " ED_A "\n");
}

static void a_name_cannot_write_more_than_a_name(void **state)
{
    (void)state;
    known("");
    host = (struct hostkeys_host){"x,* ssh-ed25519 A\n", "#x", 22, NULL, NULL};
    assert_int_equal(hostkeys_check(keys, &host, ed_a, KEY_BYTES, true, &why), -1);
    assert_string_equal(file(), "");
}

static void a_missing_file_and_its_folder_are_made(void **state)
{
    char folder[100], deep[120];
    struct stat st;

    (void)state;
    snprintf(folder, sizeof folder, "%s.d", path);
    snprintf(deep, sizeof deep, "%s/known_hosts", folder);
    assert_int_equal(open_files(deep, NULL), 0);
    assert_int_equal(stat(folder, &st), -1);
    assert_int_equal(hostkeys_check(keys, &host, ed_a, KEY_BYTES, true, &why), 0);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(deep, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    unlink(deep);
    rmdir(folder);
}

static void the_systems_file_counts_but_is_not_written(void **state)
{
    char own[100];
    struct stat st;

    (void)state;
    known("# the system's\nib1 " ED_A "\n");
    snprintf(own, sizeof own, "%s.own", path);
    assert_int_equal(open_files(own, path), 0);
    assert_int_equal(check(ed_a), 0);
    assert_int_equal(check(ed_b), -1);
    assert_non_null(strstr(why.text, path));
    assert_non_null(strstr(why.text, ":2; it shows"));
    host = (struct hostkeys_host){"ib2", NULL, 22, NULL, NULL};
    assert_int_equal(hostkeys_check(keys, &host, ed_b, KEY_BYTES, true, &why), 0);
    assert_string_equal(file(), "# the system's\nib1 " ED_A "\n");
    assert_int_equal(stat(own, &st), 0);
    unlink(own);
}

static void what_is_no_host_key_is_refused(void **state)
{
    unsigned char junk[64] = {0xff, 0xff, 0xff, 0xff};

    (void)state;
    known("");
    assert_int_equal(hostkeys_check(keys, &host, junk, sizeof junk, true, &why), -1);
    assert_int_equal(hostkeys_check(keys, &host, junk, 2, true, &why), -1);
    assert_string_equal(file(), "");
}

static void lines_without_sense_are_passed_over(void **state)
{
    (void)state;
    known("ib1\nib1 ssh-ed25519\n@revoked\n@\n   \n,,, " ED_B "\n\tib1\t" ED_A "\r\n");
    assert_int_equal(check(ed_a), 0);
}

/* Ten thousand hosts in one file, each looked up: not a scan each time. */
static void many_hosts_are_found_quickly(void **state)
{
    FILE *f = fopen(path, "w");
    clock_t begin;
    char name[16];

    (void)state;
    for (int i = 0; i < 10000; i++)
        fprintf(f, "node%05d,10.1.%d.%d " ED_A "\n", i, i / 256, i % 256);
    fclose(f);
    assert_int_equal(open_files(path, NULL), 0);
    host = (struct hostkeys_host){name, NULL, 22, NULL, NULL};
    begin = clock();
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "node%05d", i);
        assert_int_equal(check(ed_a), 0);
        assert_string_equal(algorithms(), ALL_KINDS);
    }
    assert_true((clock() - begin) * 1000 / CLOCKS_PER_SEC < 2000);
}

#define HOSTKEYS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* ---- a machine in another's place -------------------------------------------------- */

#define OLD "0a0a-vm"
#define NEW "0b0b-vm"

static int accept(const unsigned char *key)
{
    return hostkeys_check(keys, &host, key, KEY_BYTES, true, &why);
}

static void a_successors_key_is_learned_for_the_machine(void **state)
{
    (void)state;
    known("ib1,10.0.0.1 " ED_A "\n");
    host.machine = NEW;
    host.former = OLD;
    assert_int_equal(accept(ed_b), 0);
    assert_string_equal(file(), "ib1,10.0.0.1 " ED_A "\n" NEW " " ED_B "\n");
    assert_int_equal(open_files(path, NULL), 0);
    assert_int_equal(check(ed_b), 0);
}

static void strict_names_both_machines_and_learns_nothing(void **state)
{
    (void)state;
    known("ib1 " ED_A "\n");
    host.machine = NEW;
    host.former = OLD;
    assert_int_equal(check(ed_b), -1);
    assert_int_equal(why.code, FAIL_HOST_REPLACED);
    assert_non_null(strstr(why.text, NEW ", before it " OLD));
    assert_string_equal(file(), "ib1 " ED_A "\n");
}

/* Azure's word is good for one new key, not for every one that follows. */
static void a_second_new_key_of_one_machine_is_refused(void **state)
{
    (void)state;
    known("ib1 " ED_A "\n");
    host.machine = NEW;
    host.former = OLD;
    assert_int_equal(accept(ed_b), 0);
    assert_int_equal(accept(ed_c), -1);
    assert_int_equal(why.code, FAIL_HOST_KEY_CHANGED);
    assert_int_equal(accept(ed_a), -1);
}

static void a_successor_known_by_name_is_pinned(void **state)
{
    (void)state;
    known("ib1 " ED_B "\n");
    host.machine = NEW;
    host.former = OLD;
    assert_int_equal(accept(ed_b), 0);
    assert_int_equal(accept(ed_c), -1);
    assert_int_equal(why.code, FAIL_HOST_KEY_CHANGED);
}

static void a_machine_that_replaced_nobody_has_no_new_key(void **state)
{
    (void)state;
    known("ib1 " ED_A "\n");
    host.machine = NEW;
    assert_int_equal(accept(ed_b), -1);
    assert_int_equal(why.code, FAIL_HOST_KEY_CHANGED);
}

static void a_successor_that_shows_anothers_key_is_refused(void **state)
{
    (void)state;
    known("ib1 " ED_A "\nib2 " ED_B "\n");
    host.machine = NEW;
    host.former = OLD;
    assert_int_equal(accept(ed_b), -1);
    assert_int_equal(why.code, FAIL_HOST_KEY_ANOTHERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOSTKEYS_TEST(a_host_is_known_by_name_or_by_address),
        HOSTKEYS_TEST(names_share_a_line_and_case_does_not_count),
        HOSTKEYS_TEST(a_port_of_its_own_is_a_host_of_its_own),
        HOSTKEYS_TEST(a_changed_key_names_file_and_line_and_fingerprint),
        HOSTKEYS_TEST(causes_that_look_alike_are_told_apart),
        HOSTKEYS_TEST(only_a_host_that_is_unknown_is_learned),
        HOSTKEYS_TEST(a_second_key_of_the_same_kind_is_as_good),
        HOSTKEYS_TEST(hashed_names_are_found),
        HOSTKEYS_TEST(a_hashed_name_that_comes_again_is_found_too),
        HOSTKEYS_TEST(a_revoked_key_is_refused_wherever_it_shows),
        HOSTKEYS_TEST(patterns_and_authorities_are_told_not_used),
        HOSTKEYS_TEST(the_kinds_to_ask_for_are_those_stored),
        HOSTKEYS_TEST(a_new_key_is_learned_only_when_allowed),
        HOSTKEYS_TEST(a_changed_key_is_never_learned),
        HOSTKEYS_TEST(a_name_cannot_write_more_than_a_name),
        HOSTKEYS_TEST(a_missing_file_and_its_folder_are_made),
        HOSTKEYS_TEST(the_systems_file_counts_but_is_not_written),
        HOSTKEYS_TEST(what_is_no_host_key_is_refused),
        HOSTKEYS_TEST(lines_without_sense_are_passed_over),
        HOSTKEYS_TEST(many_hosts_are_found_quickly),
        HOSTKEYS_TEST(a_successors_key_is_learned_for_the_machine),
        HOSTKEYS_TEST(strict_names_both_machines_and_learns_nothing),
        HOSTKEYS_TEST(a_second_new_key_of_one_machine_is_refused),
        HOSTKEYS_TEST(a_successor_known_by_name_is_pinned),
        HOSTKEYS_TEST(a_machine_that_replaced_nobody_has_no_new_key),
        HOSTKEYS_TEST(a_successor_that_shows_anothers_key_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
