#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/catalog.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define NIC                                                                 \
    "{\"family\":\"ConnectX-7\",\"also\":[\"CX7\"],\"drivers\":["           \
    "{\"method\":\"mlnx-ofed\",\"from\":\"5.6-1.0.3.3\",\"below\":\"30\"}," \
    "{\"method\":\"inbox\",\"from\":null,\"below\":null}]}"
#define SHA "00000000000000000000000000000000000000000000000000000000000000ab"
#define ROW                                                                     \
    "{\"name\":\"one\",\"nics\":[\"CX7\"],\"distributions\":[\"ubuntu\"],"      \
    "\"id_like\":true,\"from\":\"18.04\",\"to\":\"22.04\",\"arch\":\"x86_64\"," \
    "\"kernel_from\":\"4.15\",\"kernel_below\":\"6\",\"method\":\"mlnx-ofed\"," \
    "\"version\":\"5.8-2\",\"url\":\"https://h/f.tgz\",\"sha256\":\"" SHA "\"," \
    "\"flags\":[\"--kernel={kernel}\"],\"source\":\"a table\",\"note\":null}"
#define DOCUMENT "{\"catalog\":1,\"nics\":[" NIC "],\"rows\":[" ROW "]}"

/* DOCUMENT with the first `old` replaced; NULL `old`: the text itself. */
static int parse_with(const char *old, const char *new, struct catalog **c,
                      struct fail *why)
{
    char text[8192];
    const char *at = old ? strstr(DOCUMENT, old) : NULL;

    if (!old)
        return catalog_parse(new, strlen(new), "c.json", c, why);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - DOCUMENT), DOCUMENT, new,
             at + strlen(old));
    return catalog_parse(text, strlen(text), "c.json", c, why);
}

static void a_row_is_read_as_it_is_written(void **state)
{
    CLEANUP(catalog_done) struct catalog *c = NULL;
    const struct catalog_row *row;

    (void)state;
    assert_int_equal(parse_with("", "", &c, NULL), 0);
    assert_int_equal(catalog_count(c), 1);
    row = catalog_row(c, 0);
    assert_string_equal(row->name, "one");
    assert_int_equal(row->nics, 1);
    assert_string_equal(row->distributions[0], "ubuntu");
    assert_true(row->id_like);
    assert_string_equal(row->from, "18.04");
    assert_string_equal(row->to, "22.04");
    assert_string_equal(row->arch, "x86_64");
    assert_string_equal(row->kernel_from, "4.15");
    assert_string_equal(row->kernel_below, "6");
    assert_int_equal(row->method, CATALOG_MLNX_OFED);
    assert_string_equal(row->version, "5.8-2");
    assert_string_equal(row->url, "https://h/f.tgz");
    assert_string_equal(row->sha256, SHA);
    assert_int_equal(row->flag_count, 1);
    assert_string_equal(row->flags[0], "--kernel={kernel}");
    assert_string_equal(row->source, "a table");
    assert_null(row->note);
}

static void what_is_wrong_is_refused_by_row_and_field(void **state)
{
    static const struct {
        const char *old, *new, *said;
    } wrongs[] = {
        {NULL, "{", "c.json: "},
        {NULL, "[]", "c.json: document 1: not an object"},
        {NULL, "{\"catalog\":1,\"nics\":[]}", "c.json: document 1: rows: missing"},
        {NULL, "{\"catalog\":1,\"nics\":[],\"rows\":[]}",
         "c.json: nics: must be a list that is not empty"},
        {"\"catalog\":1", "\"catalog\":2", "c.json: catalog: must be 1"},
        {ROW, "", "c.json: rows: must be a list that is not empty"},
        {ROW, "7", "c.json: row 1: not an object"},
        {ROW, ROW "," ROW, "c.json: row 2 (one): name: row 1 has that name"},
        {NIC, NIC "," NIC, "nic 2 (ConnectX-7): family: 'ConnectX-7' is another entry's"},
        {"\"CX7\"],\"drivers", "\"connectx 7\"],\"drivers\":[],\"drivers",
         "nic 1: twice the field 'drivers'"},
        {"\"from\":\"5.6-1.0.3.3\",\"below\":\"30\"",
         "\"from\":\"5.6\",\"below\":\"5.6\"",
         "nic 1 (ConnectX-7): drivers: mlnx-ofed has no version from 5.6 below 5.6"},
        {"\"family\":\"ConnectX-7\"", "\"family\":7", "nic 1: family: must be a text"},
        {"\"sha256\"", "\"sha265\"", "row 1: no such field 'sha265'"},
        {"\"note\":null", "\"note\":null,\"note\":null", "row 1: twice the field 'note'"},
        {",\"note\":null", "", "row 1: note: missing"},
        {"\"one\"", "\"one two\"", "row 1: name: 'one two' has a character"},
        {"[\"CX7\"],\"dist", "[],\"dist", "row 1 (one): nics: names none"},
        {"[\"CX7\"],\"dist", "[\"CX9\"],\"dist", "nics: 'CX9' is not among the nics"},
        {"[\"ubuntu\"]", "[]", "row 1 (one): distributions: names none"},
        {"[\"ubuntu\"]", "[\"ubuntu\",\"*\"]", "distributions: * stands alone"},
        {"[\"ubuntu\"]", "\"ubuntu\"", "distributions: must be a list"},
        {"\"id_like\":true", "\"id_like\":1", "id_like: must be true or false"},
        {"\"x86_64\"", "\"amd64\"", "arch: 'amd64' is neither x86_64 nor aarch64"},
        {"\"to\":\"22.04\"", "\"to\":\"16.04\"", "to: 16.04 is before 18.04"},
        {"\"kernel_below\":\"6\"", "\"kernel_below\":\"4.15\"",
         "kernel_below: no kernel from 4.15 is below 4.15"},
        {"\"mlnx-ofed\",\"version\"", "\"ofed\",\"version\"",
         "method: 'ofed' is none of"},
        {"\"mlnx-ofed\",\"version\"", "\"any\",\"version\"", "method: 'any' is none of"},
        {"\"mlnx-ofed\",\"version\"", "\"inbox\",\"version\"",
         "version: inbox has none: null"},
        {"\"5.8-2\"", "null", "row 1 (one): version: missing"},
        {"\"5.8-2\"", "\"5.5-1.0.3.2\"",
         "version: ConnectX-7 needs mlnx-ofed 5.6-1.0.3.3 or newer, not 5.5-1.0.3.2"},
        {"\"5.8-2\"", "\"30\"", "version: ConnectX-7 needs mlnx-ofed older than 30"},
        {"\"https://h/f.tgz\"", "null", "row 1 (one): url: missing"},
        {"https://h/f.tgz", "ftp://h/f.tgz", "url: must begin with https://"},
        {"https://h/f.tgz", "https://h/$(f)", "url: 'https://h/$(f)' has a character"},
        {"https://h/f.tgz\",\"sha256\":\"" SHA "\"", "http://h/f.tgz\",\"sha256\":null",
         "url: http:// needs a sha256"},
        {"ab\"", "a\"", "sha256: must be 64 small hexadecimal digits"},
        {"ab\"", "AB\"", "sha256: must be 64 small hexadecimal digits"},
        {"--kernel={kernel}", "--x;reboot", "flags: '--x;reboot' has a character"},
        {"--kernel={kernel}", "--kernel={home}",
         "flags: '--kernel={home}': braces are for"},
        {"--kernel={kernel}", "{kernel}{kernel}", "flags: '{kernel}{kernel}': braces"},
        {"\"a table\"", "\"\"", "source: must be a text that is not empty"},
        {"\"a table\"", "\"a\\u001btable\"", "source: 'a?table' has a character"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        struct catalog *c = NULL;
        struct fail why = {.code = FAIL_NONE};

        assert_int_equal(parse_with(wrongs[i].old, wrongs[i].new, &c, &why), -1);
        assert_null(c);
        assert_int_equal(why.code, FAIL_CATALOG);
        if (!strstr(why.text, wrongs[i].said))
            fail_msg("'%s' does not say '%s'", why.text, wrongs[i].said);
    }
}

/* HEAD, then so many of ENTRY (with its number for %zu), then TAIL. */
static char *repeat(const char *head, const char *entry, size_t times, const char *tail)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    fputs(head, out);
    for (size_t i = 0; i < times; i++)
        fprintf(out, "%s%s", i ? "," : "", entry);
    fputs(tail, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void assert_too_much(char *text, const char *said)
{
    struct catalog *c = NULL;
    struct fail why = {.code = FAIL_NONE};

    assert_int_equal(catalog_parse(text, strlen(text), "c.json", &c, &why), -1);
    assert_null(c);
    assert_non_null(strstr(why.text, said));
    free(text);
}

static void more_than_a_ceiling_is_refused(void **state)
{
    (void)state;
    assert_too_much(repeat("{\"catalog\":1,\"nics\":[" NIC "],\"rows\":[", "0",
                           CATALOG_MAX_ROWS + 1, "]}"),
                    "rows: more than 2000");
    assert_too_much(repeat("{\"catalog\":1,\"nics\":[", NIC, CATALOG_MAX_NICS + 1,
                           "],\"rows\":[0]}"),
                    "nics: more than 32");
    assert_too_much(repeat("{\"catalog\":1,\"nics\":[{\"family\":\"a\",\"also\":[",
                           "\"b\"", CATALOG_MAX_LIST,
                           "],\"drivers\":[0]}],\"rows\":[0]}"),
                    "also: more than 15");
    assert_too_much(
        repeat("{\"catalog\":1,\"nics\":[{\"family\":\"a\",\"also\":[],\"drivers\":[",
               "{\"method\":\"none\",\"from\":null,\"below\":null}", CATALOG_MAX_LIST + 1,
               "]}],\"rows\":[0]}"),
        "drivers: more than 16");
    assert_too_much(repeat("\"", "x", CATALOG_MAX_BYTES / 2 + 1, "\""),
                    "larger than 1048576 bytes");
}

static void what_is_built_in_can_be_read(void **state)
{
    CLEANUP(catalog_done) struct catalog *c = NULL;
    struct fail why = {.code = FAIL_NONE};

    (void)state;
    if (catalog_builtin(&c, &why) < 0)
        fail_msg("%s", why.text);
    assert_true(catalog_count(c) > 50);
}

static void a_nic_says_which_versions_it_can_live_with(void **state)
{
    CLEANUP(catalog_done) struct catalog *c = NULL;
    struct fail why = {.code = FAIL_NONE};

    (void)state;
    assert_int_equal(catalog_builtin(&c, NULL), 0);
    assert_int_equal(catalog_check_driver(c, "CX7", CATALOG_MLNX_OFED, "5.6-1.0.3.3",
                                          NULL),
                     0);
    assert_int_equal(catalog_check_driver(c, "CX7", CATALOG_MLNX_OFED, "5.5-1.0.3.2",
                                          &why),
                     -1);
    assert_string_equal(
        why.text, "ConnectX-7 needs mlnx-ofed 5.6-1.0.3.3 or newer, not 5.5-1.0.3.2");
    assert_int_equal(catalog_check_driver(c, "ConnectX-3 Pro", CATALOG_MLNX_OFED,
                                          "4.9-6.0.6.0", NULL),
                     0);
    assert_int_equal(catalog_check_driver(c, "CX3-Pro", CATALOG_MLNX_OFED, "5.1-0.6.6.0",
                                          NULL),
                     -1);
    assert_int_equal(catalog_check_driver(c, "CX3-Pro", CATALOG_DOCA_OFED, "3.2.1", &why),
                     -1);
    assert_string_equal(why.text, "ConnectX-3 Pro is not served by doca-ofed");
    assert_int_equal(catalog_check_driver(c, "CX6", CATALOG_INBOX, NULL, NULL), 0);
    assert_int_equal(catalog_check_driver(c, "CX99", CATALOG_INBOX, NULL, &why), -1);
    assert_int_equal(why.code, FAIL_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_read_as_it_is_written),
        cmocka_unit_test(what_is_wrong_is_refused_by_row_and_field),
        cmocka_unit_test(more_than_a_ceiling_is_refused),
        cmocka_unit_test(what_is_built_in_can_be_read),
        cmocka_unit_test(a_nic_says_which_versions_it_can_live_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
