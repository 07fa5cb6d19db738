/* fakes: machines */
/* Every machine of tests/data/trees: what is decided, against decisions.txt and the manual. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/scope.h"
#include "tests/fake/machines.h"

#define LINE_BYTES 1024

static struct machines machines;

/* make.py has written them below what is built. */
static int read_machines(void **state)
{
    const char *build = getenv("BUILD");
    char folder[1024];

    (void)state;
    snprintf(folder, sizeof folder, "%s/trees", build && *build ? build : "build");
    machines_read(folder, &machines);
    return 0;
}

static int forget_machines(void **state)
{
    (void)state;
    machines_done(&machines);
    return 0;
}

/* ---- decisions.txt ---------------------------------------------------------------------- */

/* "NAME | EXIT | CODE | SUMMARY" */
static void tell(const struct machine *m, char line[LINE_BYTES])
{
    CLEANUP(text_done) char *summary = decision_summary(&m->decision);

    assert_non_null(summary);
    snprintf(line, LINE_BYTES, "%s | %d | %s | %s", m->name, machine_exit(m),
             fail_code_name(m->decision.refusal.code), summary);
}

/* Blanks that align the columns are no part of a line. */
static void squeeze(char *line)
{
    char *to = line;

    for (const char *p = line; *p; p++)
        if (!isspace((unsigned char)*p))
            *to++ = *p;
        else if (to > line && to[-1] != ' ')
            *to++ = ' ';
    while (to > line && to[-1] == ' ')
        to--;
    *to = '\0';
}

static bool next_expected(FILE *table, char line[LINE_BYTES])
{
    while (fgets(line, LINE_BYTES, table)) {
        squeeze(line);
        if (*line && *line != '#')
            return true;
    }
    return false;
}

static void each_machine_is_decided_as_expected(void **state)
{
    FILE *table = fopen("tests/data/trees/decisions.txt", "r");
    char line[LINE_BYTES] = "", told[LINE_BYTES];
    size_t wrong = 0;

    (void)state;
    assert_non_null(table);
    for (size_t i = 0; i < machines.count; i++) {
        bool is_there = next_expected(table, line);

        tell(&machines.list[i], told);
        if (is_there && strcmp(line, told) == 0)
            continue;
        print_error("expected  %s\ndecided   %s\n", line, told);
        wrong++;
    }
    assert_false(next_expected(table, line));
    fclose(table);
    assert_int_equal(wrong, 0);
}

/* 1, incorrect usage, is the command line's. */
static void every_exit_code_occurs(void **state)
{
    static const int codes[] = {0, 10, 11, 12, 13, 14};

    (void)state;
    for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
        size_t i = 0;

        while (i < machines.count && machine_exit(&machines.list[i]) != codes[c])
            i++;
        if (i == machines.count)
            fail_msg("no machine ends with %d", codes[c]);
    }
}

static void every_refusal_by_its_machine_occurs(void **state)
{
    static const enum fail_code codes[] = {
        FAIL_NO_PASS_THROUGH, FAIL_NO_HCA, FAIL_SIZE,        FAIL_NETWORK_DIRECT,
        FAIL_DISTRIBUTION,    FAIL_KERNEL, FAIL_NOT_PINNED,  FAIL_VM_EXTENSION,
        FAIL_EVENT,           FAIL_IN_USE, FAIL_SECURE_BOOT, FAIL_KERNEL_HEADERS};

    (void)state;
    for (size_t c = 0; c < sizeof codes / sizeof *codes; c++) {
        size_t i = 0;

        while (i < machines.count && machines.list[i].decision.refusal.code != codes[c])
            i++;
        if (i == machines.count)
            fail_msg("no machine is refused as %s", fail_code_name(codes[c]));
    }
}

/* ---- the manual -------------------------------------------------------------------------- */

static void the_manual_says_what_is_decided(void **state)
{
    CLEANUP(text_done) char *now = NULL;
    char kept[65536];
    size_t len, kept_len;
    FILE *out = open_memstream(&now, &len);
    FILE *file = fopen("controller/manual/machines.txt", "r");

    (void)state;
    assert_non_null(out);
    assert_non_null(file);
    machines_print(&machines, out);
    assert_int_equal(fclose(out), 0);
    kept_len = fread(kept, 1, sizeof kept - 1, file);
    kept[kept_len] = '\0';
    fclose(file);
    if (strcmp(now, kept) != 0)
        fail_msg(
            "controller/manual/machines.txt is not what make what-runs-where prints");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_machine_is_decided_as_expected),
        cmocka_unit_test(every_exit_code_occurs),
        cmocka_unit_test(every_refusal_by_its_machine_occurs),
        cmocka_unit_test(the_manual_says_what_is_decided),
    };

    return cmocka_run_group_tests(tests, read_machines, forget_machines);
}
