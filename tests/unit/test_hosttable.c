/* fakes: fuse */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ssh/hashedname.h"
#include "controller/ssh/hosttable.h"
#include "protocol/fail.h"
#include "tests/fake/fuse.h"

/* Enough to see what grows with the square. */
#define HOSTS 1000

static struct hosttable *table;
static struct fail why;

static int set_up(void **state)
{
    (void)state;
    table = hosttable_new();
    return table ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hosttable_free(table);
    return 0;
}

/* As ssh-keygen -H does it. */
static void hide(const char *name, unsigned salt_of, char *text, size_t size)
{
    unsigned char salt[20] = {0}, mac[EVP_MAX_MD_SIZE], salt64[32], mac64[32];

    memcpy(salt, &salt_of, sizeof salt_of);
    HMAC(EVP_sha1(), salt, sizeof salt, (const unsigned char *)name, strlen(name), mac,
         NULL);
    EVP_EncodeBlock(salt64, salt, sizeof salt);
    EVP_EncodeBlock(mac64, mac, 20);
    snprintf(text, size, "|1|%s|%s", salt64, mac64);
}

static void names_of_every_length_are_recognised(void **state)
{
    struct hashedname_question question;
    struct hashedname hidden;
    char name[HASHEDNAME_MAX_BYTES], text[100];

    (void)state;
    for (size_t n = 1; n < sizeof name; n++) {
        memset(name, 'x', n);
        name[n] = '\0';
        hide(name, (unsigned)n, text, sizeof text);
        assert_int_equal(hashedname_parse(text, strlen(text), &hidden), 0);
        hashedname_ask(name, &question);
        assert_true(hashedname_is(&hidden, &question));
        name[n - 1] = 'y';
        hashedname_ask(name, &question);
        assert_false(hashedname_is(&hidden, &question));
    }
}

static void what_is_cut_is_no_hashed_name(void **state)
{
    struct hashedname hidden;
    char text[100];

    (void)state;
    hide("ib1", 1, text, sizeof text);
    for (size_t n = 0; n < strlen(text); n++)
        assert_int_equal(hashedname_parse(text, n, &hidden), -1);
}

/* Three lines for each host, one after the other, as ssh-keyscan -H prints them. */
static void fill(unsigned hosts)
{
    char *text = malloc(hosts * 3 * 120), *at = text, name[20], hidden[100];

    for (unsigned i = 0; i < hosts; i++)
        for (unsigned k = 0; k < 3; k++) {
            snprintf(name, sizeof name, "node%u", i);
            hide(name, 3 * i + k, hidden, sizeof hidden);
            at += sprintf(at, "%s type%u key%u\n", hidden, k, i);
        }
    assert_int_equal(hosttable_parse(table, text, "file", 1, &why), hosts * 3);
}

static bool count_line(void *arg, const struct hosttable_line *line)
{
    assert_string_equal(line->file, "file");
    ++*(unsigned *)arg;
    return true;
}

static unsigned lines_of(unsigned host)
{
    unsigned count = 0;
    char name[20];

    snprintf(name, sizeof name, "NODE%u", host);
    hosttable_find(table, name, count_line, &count);
    if (count == 0) {
        assert_int_equal(hosttable_reveal(table, name, false, &why), 3);
        hosttable_find(table, name, count_line, &count);
    }
    return count;
}

static void hosts_in_the_order_of_the_file_cost_a_few_tries_each(void **state)
{
    (void)state;
    fill(HOSTS);
    for (unsigned i = 0; i < HOSTS; i++)
        assert_int_equal(lines_of(i), 3);
    assert_true(hosttable_tries(table) <= 4 * HOSTS);
}

static void a_name_is_tried_for_only_until_it_is_known(void **state)
{
    unsigned long tries;

    (void)state;
    fill(HOSTS);
    for (unsigned i = 0; i < HOSTS; i++)
        assert_int_equal(lines_of((i * 7919) % HOSTS), 3);
    tries = hosttable_tries(table);
    assert_true(tries <= 3ul * HOSTS * HOSTS / 2 + 4 * HOSTS);
    for (unsigned i = 0; i < HOSTS; i++)
        assert_int_equal(lines_of(i), 3);
    assert_int_equal(hosttable_tries(table), tries);
}

static void a_host_that_is_not_there_is_looked_for_once(void **state)
{
    unsigned count = 0;

    (void)state;
    fill(10);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hosttable_reveal(table, "ib1", i > 0, &why), 0);
        hosttable_find(table, "ib1", count_line, &count);
    }
    assert_int_equal(count, 0);
    assert_int_equal(hosttable_tries(table), 30);
    hosttable_parse(table, strdup("IB1 t KEY\n"), "file", 31, &why);
    hosttable_find(table, "ib1", count_line, &count);
    assert_int_equal(count, 1);
}

static void lines_are_found_by_their_key(void **state)
{
    static const char text[] = "ib1,10.0.0.1 t KEY1\nib2 t KEY2\n|1|x|y t KEY1\n";
    unsigned count = 0;

    (void)state;
    hosttable_parse(table, strdup(text), "file", 1, &why);
    hosttable_find_key(table, "KEY1", count_line, &count);
    assert_int_equal(count, 2);
    hosttable_find_key(table, "KEY", count_line, &count);
    assert_int_equal(count, 2);
}

static int read_and_reveal(void)
{
    struct hosttable *t = hosttable_new();
    char line[300] = "ib1,ib2 t KEY\n@revoked * t K\n", *text;
    int status = -1;

    if (!t)
        return -1;
    hide("ib3", 1, line + strlen(line), 100);
    strcat(line, " t KEY\n");
    text = strdup(line);
    if (text && hosttable_parse(t, text, "file", 1, &why) == 3 &&
        hosttable_reveal(t, "ib3", false, &why) == 1 &&
        hosttable_reveal(t, "ib4", false, &why) == 0)
        status = 0;
    assert_true(status == 0 || !text || why.code == FAIL_MEMORY);
    hosttable_free(t);
    return status;
}

static void nothing_leaks_when_memory_runs_out(void **state)
{
    (void)state;
    assert_true(fuse_burn(read_and_reveal) > 5);
}

#define TABLE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TABLE_TEST(names_of_every_length_are_recognised),
        TABLE_TEST(what_is_cut_is_no_hashed_name),
        TABLE_TEST(hosts_in_the_order_of_the_file_cost_a_few_tries_each),
        TABLE_TEST(a_name_is_tried_for_only_until_it_is_known),
        TABLE_TEST(a_host_that_is_not_there_is_looked_for_once),
        TABLE_TEST(nothing_leaks_when_memory_runs_out),
        TABLE_TEST(lines_are_found_by_their_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
