#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* ---- groups of a test ------------------------------------------------------------- */

struct group {
    const char *name, *text;
};

static int hostlist_of(void *arg, const char *name, const char **text, struct fail *why)
{
    for (const struct group *g = arg; g->name; g++)
        if (strcmp(g->name, name) == 0) {
            *text = g->text;
            return 0;
        }
    return fail_set(why, FAIL_HOSTLIST, "no such group: '%s'", name);
}

static struct group some[] = {
    {"rack1", "ib[1-4]"},   {"rack2", "ib[5-8]"}, {"all", "@rack[1-2]"}, {"none", ""},
    {"ring", "ib1,@ring2"}, {"ring2", "@ring"},   {"broken", "ib[1-4"},  {NULL, NULL},
};

static const struct hostset_groups groups = {.hostlist_of = hostlist_of, .arg = some};

/* ---- shorthands ------------------------------------------------------------------- */

static char *folded(const char *text)
{
    struct hostset *set;
    struct fail why;
    char *result;

    if (hostset_parse(text, &groups, &set, &why) < 0)
        return strdup(why.text);
    result = hostset_fold(set);
    hostset_free(set);
    return result;
}

#define assert_fold(text, wanted)                     \
    do {                                              \
        CLEANUP(text_done) char *got_ = folded(text); \
                                                      \
        assert_string_equal(got_, wanted);            \
    } while (0)

/* The names of an expression, joined by spaces. */
static void assert_names(const char *text, const char *wanted)
{
    char got[1000] = "";
    struct hostset *set;

    assert_int_equal(hostset_parse(text, &groups, &set, NULL), 0);
    for (size_t i = 0; i < hostset_count(set); i++) {
        strcat(got, i ? " " : "");
        strcat(got, hostset_name(set, i));
    }
    hostset_free(set);
    assert_string_equal(got, wanted);
}

/* ---- the syntax ------------------------------------------------------------------- */

static void a_range_is_every_number_in_it(void **state)
{
    (void)state;
    assert_names("ib[1-3,7]", "ib1 ib2 ib3 ib7");
    assert_names("ib[1-10/3]", "ib1 ib4 ib7 ib10");
    assert_names("ib[5-5]", "ib5");
    assert_names("ib[5/1]", "ib5");
    assert_names("[1-3]", "1 2 3");
    assert_names(" ib[ 1 - 3 , 7 / 1 ] , gpu7 ", "gpu7 ib1 ib2 ib3 ib7");
    assert_names("", "");
    assert_names(" \t\n", "");
}

static void width_is_kept(void **state)
{
    (void)state;
    assert_names("ib[08-11]", "ib08 ib09 ib10 ib11");
    assert_names("ib[8-11]", "ib8 ib9 ib10 ib11");
    assert_names("ib[1-2,01-02,001]", "ib1 ib2 ib01 ib02 ib001");
    assert_names("ib[00-02/2]", "ib00 ib02");
    assert_fold("ib[098-102]", "ib[098-102]");
    assert_fold("ib[01-99],ib100", "ib[01-99,100]");
    assert_fold("ib[10-99],ib100", "ib[10-100]");
    assert_fold("ib[0-9],ib10", "ib[0-10]");
}

static void brackets_multiply(void **state)
{
    (void)state;
    assert_names("r[1-2]n[1-2]-ib0", "r1n1-ib0 r1n2-ib0 r2n1-ib0 r2n2-ib0");
    assert_names("n[1-2][3-4]", "n13 n14 n23 n24");
    assert_names("n1[9-11]", "n19 n110 n111");
    assert_names("n[9-11]5", "n95 n105 n115");
}

static void operators_bind_from_left_to_right(void **state)
{
    (void)state;
    assert_fold("ib[1-8]!ib3", "ib[1-2,4-8]");
    assert_fold("ib[1-8]!ib3,ib3", "ib[1-8]");
    assert_fold("ib3!ib3", "");
    assert_fold("ib[1-8]&ib[5-12]", "ib[5-8]");
    assert_fold("ib[1-8],x&ib[5-12],y", "ib[5-8],y");
    assert_fold("ib[1-4]^ib[3-6]", "ib[1-2,5-6]");
    assert_fold("ib[1-4]^ib[1,1,1]", "ib[2-4]");
    assert_fold("a^a^a", "a");
    assert_fold("a&b,a", "a");
    assert_fold("a&a&b", "");
    assert_fold("a,b&b!b,a&a,c", "a,c");
}

static void groups_are_asked_for(void **state)
{
    (void)state;
    assert_fold("@rack1!ib2", "ib[1,3-4]");
    assert_fold("@rack[1-2]", "ib[1-8]");
    assert_fold("@all!@rack1", "ib[5-8]");
    assert_fold("ib1,@none", "ib1");
    assert_fold("ib1&@none", "");
    assert_fold("@all^@rack2", "ib[1-4]");
}

static void what_is_wrong_is_shown_with_its_column(void **state)
{
    (void)state;
    assert_fold("ib[1-4", "column 7 of 'ib[1-4': ']' is missing");
    assert_fold("ib[", "column 4 of 'ib[': ']' is missing");
    assert_fold("ib1-4]", "column 6 of 'ib1-4]': ']' without '['");
    assert_fold("ib[]", "column 4 of 'ib[]': a number is expected");
    assert_fold("ib[1,,2]", "column 6 of 'ib[1,,2]': a number is expected");
    assert_fold("ib[1-x]", "column 6 of 'ib[1-x]': a number is expected");
    assert_fold("ib[-4]", "column 4 of 'ib[-4]': a number is expected");
    assert_fold("ib[1[2]]", "column 5 of 'ib[1[2]]': ',' or ']' is expected");
    assert_fold("ib[4-1]", "column 4 of 'ib[4-1]': the range '4-1' runs backwards");
    assert_fold("ib[1-010]",
                "column 4 of 'ib[1-010]': the ends of '1-010' differ in width");
    assert_fold("ib[01-100]",
                "column 4 of 'ib[01-100]': the ends of '01-100' differ in width");
    assert_fold("ib[1-9/0]", "column 4 of 'ib[1-9/0]': the step is 0");
    assert_fold("ib[1/2]", "column 4 of 'ib[1/2]': a step without a range");
    assert_fold("ib[1-9999999999999999999]", "column 6 of 'ib[1-9999999999999999999]': "
                                             "a number of more than 18 digits");
    assert_fold("ib1,,ib2", "column 5 of 'ib1,,ib2': a node name is missing");
    assert_fold("ib1,", "column 5 of 'ib1,': a node name is missing");
    assert_fold("!ib1", "column 1 of '!ib1': a node name is missing");
    assert_fold("ib1 ib2", "column 5 of 'ib1 ib2': one of , ! & ^ is expected");
    assert_fold("ib*", "column 3 of 'ib*': '*' cannot be in a node name");
    assert_fold("ib1;reboot", "column 4 of 'ib1;reboot': ';' cannot be in a node name");
    assert_fold("-oProxyCommand",
                "column 1 of '-oProxyCommand': a node name cannot begin "
                "with '-'");
    assert_fold("../ib1", "column 3 of '../ib1': '/' cannot be in a node name");
    assert_fold("..", "column 1 of '..': a node name cannot begin with '.'");
    assert_fold("a@b", "column 2 of 'a@b': '@' cannot be in a node name");
    assert_fold("@", "column 1 of '@': a group name is missing");
    assert_fold("compute[001-100],compute[200-300],gpu[1-4",
                "column 42 of '...ute[200-300],gpu[1-4': ']' is missing");
}

static void what_is_wrong_in_a_group_names_the_group(void **state)
{
    struct hostset *set = NULL;
    struct fail why;

    (void)state;
    assert_fold("ib1,@gpu", "no such group: 'gpu'");
    assert_fold("@broken", "group 'broken': column 7 of 'ib[1-4': ']' is missing");
    assert_fold("@ring", "group 'ring': group 'ring2': group 'ring' contains itself");
    assert_int_equal(hostset_parse("ib1,@gpu", NULL, &set, &why), -1);
    assert_string_equal(why.text, "column 5 of 'ib1,@gpu': there are no groups here");
    assert_int_equal(why.code, FAIL_HOSTLIST);
    assert_null(set);
}

/* ---- ceilings --------------------------------------------------------------------- */

static void a_huge_list_is_refused_before_it_is_made(void **state)
{
    (void)state;
    assert_fold("a[0-999999999]",
                "column 2 of 'a[0-999999999]': more than 1000000 names");
    assert_fold("a[0-99999]b[0-99999]c[0-99999]",
                "column 1 of 'a[0-99999]b[0-99999]c[0-99999]': more than 1000000 names");
    assert_fold("a[0-599999]!a[0-599999]",
                "column 14 of 'a[0-599999]!a[0-599999]': more than 1000000 names");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_is_every_number_in_it),
        cmocka_unit_test(width_is_kept),
        cmocka_unit_test(brackets_multiply),
        cmocka_unit_test(operators_bind_from_left_to_right),
        cmocka_unit_test(groups_are_asked_for),
        cmocka_unit_test(what_is_wrong_is_shown_with_its_column),
        cmocka_unit_test(what_is_wrong_in_a_group_names_the_group),
        cmocka_unit_test(a_huge_list_is_refused_before_it_is_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
