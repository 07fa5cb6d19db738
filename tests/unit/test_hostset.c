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

static int hostlist_of(void *arg, const char *source, const char *name, const char **text,
                       struct fail *why)
{
    char whole[100];

    snprintf(whole, sizeof whole, "%s%s%s", source ? source : "", source ? ":" : "",
             name);
    for (const struct group *g = arg; g->name; g++)
        if (strcmp(g->name, whole) == 0) {
            *text = g->text;
            return 0;
        }
    return fail_set(why, FAIL_HOSTLIST, "no such group: '%s'", whole);
}

static int group_names(void *arg, const char *source, const char **text, struct fail *why)
{
    (void)arg;
    (void)why;
    *text = source ? "idle down" : "rack[1-2] all";
    return 0;
}

static int file_text(void *arg, const char *path, const char **text, struct fail *why)
{
    (void)arg;
    if (strcmp(path, "-") == 0) {
        *text = "ib[8-9]\n";
        return 0;
    }
    if (strcmp(path, "/tmp/some-nodes") != 0 && strcmp(path, "itself") != 0)
        return fail_set(why, FAIL_HOSTLIST, "%s: No such file or directory", path);
    *text = *path == '/' ? "ib7\nib[1-2] gpu1\n\n" : "ib1,^itself";
    return 0;
}

static struct group some[] = {
    {"rack1", "ib[1-4]"},
    {"rack2", "ib[5-8]"},
    {"all", "@rack[1-2]"},
    {"none", ""},
    {"ring", "ib1,@ring2"},
    {"ring2", "@ring"},
    {"broken", "ib[1-4"},
    {"lonely", "ib1,-"},
    {"big", "a[0-599999]"},
    {"*", "ib[1-8] gpu[1-2] ib1-e"},
    {"slurm:idle", "ib[1-2]\nib5 @rest"},
    {"slurm:rest", "gpu1"},
    {"slurm:*", "ib[1-6],gpu1"},
    {"slurm:os=debian", "ib3"},
    {"slurm:typo", "ib[1-"},
    {NULL, NULL},
};

static const struct hostset_groups groups = {.hostlist_of = hostlist_of,
                                             .group_names = group_names,
                                             .file_text = file_text,
                                             .arg = some};

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

/* ---- what only ClusterShell or pdsh have ---------------------------------------------- */

static void white_space_joins_as_a_comma_does(void **state)
{
    (void)state;
    assert_fold(" ib1 ib3\tib2\n", "ib[1-3]");
    assert_fold("ib[1-4] ! ib2 gpu1", "gpu1,ib[1,3-4]");
    assert_fold("ib[1 - 4 / 2 , 7]", "ib[1,3,7]");
}

static void numbers_may_be_below_zero(void **state)
{
    (void)state;
    assert_names("n[-2-1]", "n-1 n-2 n0 n1");
    assert_names("n[-3--2,7]", "n-2 n-3 n7");
    assert_names("n[-4]", "n-4");
}

static void a_source_is_asked_for_its_group(void **state)
{
    (void)state;
    assert_fold("@slurm:idle", "gpu1,ib[1-2,5]"); /* which names @rest, of slurm too */
    assert_fold("@slurm:*!@slurm:idle", "ib[3-4,6]");
    assert_fold("@slurm:os=debian", "ib3");
    assert_fold("@*&@rack2", "ib[5-8]");
    assert_fold("@@slurm", "down,idle");
    assert_fold("@@,@@slurm", "all,down,idle,rack[1-2]");
    assert_fold("@slurm:rack1", "no such group: 'slurm:rack1'");
    assert_fold("@slurm:typo", "group 'slurm:typo': column 6 of 'ib[1-': ']' is missing");
}

static void a_pattern_is_all_known_nodes_that_match(void **state)
{
    (void)state;
    assert_fold("*", "gpu[1-2],ib[1-8],ib1-e");
    assert_fold("ib?", "ib[1-8]");
    assert_fold("*[1-2]", "gpu[1-2],ib[1-2]");
    assert_fold("i*b*e,*p*", "gpu[1-2],ib1-e");
    assert_fold("*!ib*", "gpu[1-2]");
    assert_fold("*&@rack1^ib?", "ib[5-8]");
    assert_fold("@all!ibb*", "column 6 of '@all!ibb*': no node matches 'ibb*'");
}

static void a_pattern_of_many_stars_takes_no_time(void **state)
{
    char text[HOSTSET_MAX_NAME + 1] = "", name[HOSTSET_MAX_NAME + 1] = "";
    struct group long_name[] = {{"*", name}, {NULL, NULL}};
    const struct hostset_groups one = {.hostlist_of = hostlist_of, .arg = long_name};
    struct hostset *set;
    struct fail why;

    (void)state;
    for (int i = 0; i < 120; i++)
        strcat(text, "a*");
    memset(name, 'a', HOSTSET_MAX_NAME);
    strcat(text, "b");
    assert_int_equal(hostset_parse(text, &one, &set, &why), -1);
    assert_non_null(strstr(why.text, "no node matches"));
}

static void a_file_is_hostlists(void **state)
{
    (void)state;
    assert_fold("^/tmp/some-nodes", "gpu1,ib[1-2,7]");
    assert_fold("ib[1-9]!^/tmp/some-nodes", "ib[3-6,8-9]");
    assert_fold("ib1,-^/tmp/some-nodes,x", "x");
    assert_fold("ib1^^/tmp/some-nodes", "gpu1,ib[2,7]");
    assert_fold("^nowhere", "nowhere: No such file or directory");
    assert_fold("^itself", "file 'itself': file 'itself' contains itself");
    assert_fold("ib1,^", "column 5 of 'ib1,^': the name of a file is missing");
}

static void pdsh_takes_out_with_minus_and_filters(void **state)
{
    (void)state;
    assert_fold("ib[1-4],-ib2,-ib[3-4]", "ib1");
    assert_fold("@rack1,-@slurm:idle", "ib[3-4]");
    assert_fold("ib[0-20],/0$/", "ib[0,10,20]");
    assert_fold("ib[0-20],-/[1-9]$/", "ib[0,10,20]");
    assert_fold("ib[1-20]!/1/,/^ib.$/,gpu1", "gpu1,ib[2-9]");
    assert_fold("ib[1-3],/a\\/b/", "");
    assert_fold("/x/", "column 1 of '/x/': a filter stands behind typed names");
    assert_fold("a,/x", "column 3 of 'a,/x': the second '/' is missing");
    assert_fold("a,/(/", "column 3 of 'a,/(/': not a regular expression: '('");
    assert_fold("a,/(a)\\1/",
                "column 3 of 'a,/(a)\\1/': no counts and back references in a filter");
    assert_fold("a,/a{9}/", "column 3 of 'a,/a{9}/': no counts and back references in a "
                            "filter");
    assert_fold("a,/(((((((a+)+)+)+)+)+)+)+/", "a");
    assert_fold("a,/((((((((a+)+)+)+)+)+)+)+)+/",
                "column 3 of 'a,/((((((((a+)+)+)+)+)+)+)+)+/': a filter with more than 8 "
                "'+'");
}

static void a_minus_alone_is_standard_input(void **state)
{
    (void)state;
    assert_fold("-", "ib[8-9]");
    assert_fold("ib1, - ,ib2", "ib[1-2,8-9]");
    assert_fold("ib[1-9]!-", "ib[1-7]");
    assert_fold("ib[1-9],-^-", "ib[1-7]");
    assert_fold("@lonely", "group 'lonely': column 6 of 'ib1,-': a node name is missing");
    assert_fold("--", "column 1 of '--': a node name cannot begin with '-'");
}

static char *filtered(const char *text)
{
    CLEANUP(hostset_done) struct hostset *candidates = NULL;
    CLEANUP(hostset_done) struct hostset *set = NULL;
    struct hostset_groups of_these = groups;
    struct fail why;

    assert_int_equal(hostset_parse("ib[0-20]", NULL, &candidates, NULL), 0);
    of_these.candidates = candidates;
    return hostset_parse(text, &of_these, &set, &why) < 0 ? strdup(why.text)
                                                          : hostset_fold(set);
}

static void with_candidates_a_filter_picks_from_them(void **state)
{
    static const char *const table[][2] = {
        {"/0$/", "ib[0,10,20]"},
        {"ib7,/0$/", "ib[0,7,10,20]"},
        {"/0$/,ib7,/19/", "ib[0,7,10,19-20]"},
        {"/0$/!ib0", "ib[10,20]"},
        {"/0$/&/1/", "ib10"},
        {"ib[1-3],-/2/", "ib[1,3]"},
        {"/x/", ""},
        {"@rack1,/(/", "column 8 of '@rack1,/(/': not a regular expression: '('"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        CLEANUP(text_done) char *got = filtered(table[i][0]);

        assert_string_equal(got, table[i][1]);
    }
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
    assert_fold("ib[-]", "column 5 of 'ib[-]': a number is expected");
    assert_fold("ib[-04]", "column 5 of 'ib[-04]': a number below zero cannot be padded");
    assert_fold("ib[2--1]", "column 4 of 'ib[2--1]': the range '2--1' runs backwards");
    assert_fold("ib[1[2]]", "column 5 of 'ib[1[2]]': ',' or ']' is expected");
    assert_fold("ib[4-1]", "column 4 of 'ib[4-1]': the range '4-1' runs backwards");
    assert_fold("ib[1-010]",
                "column 4 of 'ib[1-010]': the ends of '1-010' differ in width");
    assert_fold("ib[01-100]",
                "column 4 of 'ib[01-100]': the ends of '01-100' differ in width");
    assert_fold("ib[1-9/0]", "column 4 of 'ib[1-9/0]': the step is not above 0");
    assert_fold("ib[1/2]", "column 4 of 'ib[1/2]': a step without a range");
    assert_fold("ib[1-9999999999999999999]", "column 6 of 'ib[1-9999999999999999999]': "
                                             "a number of more than 18 digits");
    assert_fold("ib1,,ib2", "column 5 of 'ib1,,ib2': a node name is missing");
    assert_fold("ib1,", "column 5 of 'ib1,': a node name is missing");
    assert_fold("!ib1", "column 1 of '!ib1': a node name is missing");
    assert_fold("ib [1-2]", "column 4 of 'ib [1-2]': one of , ! & ^ is expected");
    assert_fold("ib1/x", "column 4 of 'ib1/x': '/' cannot be in a node name");
    assert_fold("@a/b/e", "column 3 of '@a/b/e': '/' cannot be in a group name");
    assert_fold("@-p", "column 1 of '@-p': not a group name: '-p'");
    assert_fold("@:x", "column 1 of '@:x': not a group name: ':x'");
    assert_fold("@slurm:i*", "column 1 of '@slurm:i*': not a group name: 'slurm:i*'");
    assert_fold("@x@y", "column 1 of '@x@y': not a group name: 'x@y'");
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
    assert_fold("@ring", "group 'ring2': group 'ring' contains itself");
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
    assert_fold("@big", "column 1 of '@big': more than 1000000 names");
}

static void groups_nest_only_so_deep(void **state)
{
    static char names[HOSTSET_MAX_DEPTH + 2][8], texts[HOSTSET_MAX_DEPTH + 2][8];
    struct group chain[HOSTSET_MAX_DEPTH + 3] = {{NULL, NULL}};
    const struct hostset_groups deep = {.hostlist_of = hostlist_of, .arg = chain};
    struct hostset *set;
    struct fail why;

    (void)state;
    for (size_t i = 0; i < HOSTSET_MAX_DEPTH + 2; i++) {
        snprintf(names[i], sizeof names[i], "g%zu", i);
        snprintf(texts[i], sizeof texts[i], "@g%zu", i + 1);
        chain[i] = (struct group){names[i], texts[i]};
    }
    chain[HOSTSET_MAX_DEPTH - 1].text = "ib1";
    assert_int_equal(hostset_parse("@g0", &deep, &set, &why), 0);
    hostset_free(set);
    chain[HOSTSET_MAX_DEPTH - 1].text = texts[HOSTSET_MAX_DEPTH - 1];
    chain[HOSTSET_MAX_DEPTH].text = "ib1";
    assert_int_equal(hostset_parse("@g0", &deep, &set, &why), -1);
    assert_string_equal(why.text, "group 'g31': groups are nested more than 32 deep");
}

/* Each group names the next one 50 times: 50^9 names if nobody counts. */
static void groups_cannot_multiply_without_end(void **state)
{
    static char texts[10][250];
    struct group bomb[] = {{"a", texts[0]}, {"b", texts[1]}, {"c", texts[2]},
                           {"d", texts[3]}, {"e", texts[4]}, {"f", texts[5]},
                           {"g", texts[6]}, {"h", texts[7]}, {"i", texts[8]},
                           {"j", ""},       {NULL, NULL}};
    const struct hostset_groups many = {.hostlist_of = hostlist_of, .arg = bomb};
    struct hostset *set;
    struct fail why;

    (void)state;
    for (int i = 0; i < 9; i++)
        for (int n = 0; n < 50; n++)
            sprintf(texts[i] + strlen(texts[i]), "%s@%c", n ? "," : "", 'b' + i);
    assert_int_equal(hostset_parse("@a", &many, &set, &why), -1);
    assert_non_null(strstr(why.text, "more than 1000000 names"));
}

static void a_name_is_bounded(void **state)
{
    char text[HOSTSET_MAX_NAME + 10];
    struct hostset *set;
    struct fail why;

    (void)state;
    memset(text, 'x', sizeof text);
    text[HOSTSET_MAX_NAME] = '\0';
    assert_int_equal(hostset_parse(text, NULL, &set, &why), 0);
    assert_int_equal(hostset_add(set, text, &why), 0);
    hostset_free(set);
    strcpy(text + HOSTSET_MAX_NAME, "[1]");
    assert_int_equal(hostset_parse(text, NULL, &set, &why), -1);
    assert_non_null(strstr(why.text, ": a name of more than 255 bytes"));
}

static void a_text_is_bounded(void **state)
{
    char *text = malloc(HOSTSET_MAX_TEXT + 2);
    struct hostset *set;
    struct fail why;

    (void)state;
    memset(text, ' ', HOSTSET_MAX_TEXT + 1);
    text[HOSTSET_MAX_TEXT + 1] = '\0';
    assert_int_equal(hostset_parse(text, NULL, &set, &why), -1);
    assert_string_equal(why.text, "the hostlist is longer than 16777216 bytes");
    free(text);
}

/* ---- names in the order written -----------------------------------------------------
 */

static int note(void *arg, const char *name, struct fail *why)
{
    if (strcmp(name, "stop") == 0)
        return fail_set(why, FAIL_HOSTLIST, "stopped");
    strcat(arg, name);
    strcat(arg, " ");
    return 0;
}

static void each_keeps_the_order_written(void **state)
{
    char seen[100] = "";
    struct fail why;

    (void)state;
    assert_int_equal(hostset_each("b[3,1-2],a,b1", note, seen, &why), 0);
    assert_string_equal(seen, "b3 b1 b2 a b1 ");
    assert_int_equal(hostset_each("c,stop,d", note, seen, &why), -1);
    assert_string_equal(seen, "b3 b1 b2 a b1 c ");
    assert_string_equal(why.text, "stopped");
    assert_int_equal(hostset_each("d,e!f", note, seen, &why), -1);
    assert_string_equal(why.text, "only ',' can join names in 'd,e!f'");
    assert_int_equal(hostset_each("d,/zzz/", note, seen, &why), -1);
    assert_int_equal(hostset_each("d,-/zzz/", note, seen, &why), -1);
    assert_int_equal(hostset_each("d,e[", note, seen, &why), -1);
    assert_string_equal(seen, "b3 b1 b2 a b1 c ");
}

/* ---- the set --------------------------------------------------------------------------
 */

static void names_come_and_go(void **state)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();
    CLEANUP(hostset_done) struct hostset *out = hostset_new();
    struct fail why;
    size_t i = 99;

    (void)state;
    assert_int_equal(hostset_count(set), 0);
    assert_false(hostset_has(set, "ib1"));
    hostset_add(set, "ib10", NULL);
    hostset_add(set, "ib9", NULL);
    hostset_add(set, "ib10", NULL);
    assert_int_equal(hostset_count(set), 2);
    assert_true(hostset_find(set, "ib10", &i));
    assert_int_equal(i, 1);
    assert_false(hostset_find(set, "ib010", &i));
    hostset_add(out, "ib8", NULL);
    hostset_add(out, "ib9", NULL);
    hostset_add(out, "ib11", NULL);
    hostset_subtract(set, out);
    assert_int_equal(hostset_count(set), 1);
    assert_string_equal(hostset_name(set, 0), "ib10");
    assert_int_equal(hostset_add(set, "a b", &why), -1);
    assert_string_equal(why.text, "not a node name: 'a b'");
    assert_int_equal(hostset_add(set, "", &why), -1);
    assert_int_equal(hostset_add(set, "-x", &why), -1);
    assert_int_equal(hostset_add(set, "a/b", &why), -1);
    assert_int_equal(hostset_add(set, "a\303\251", &why), -1);
    assert_int_equal(hostset_count(set), 1);
}

static void order_is_natural(void **state)
{
    static const char *const sorted[] = {"a",    "a1",     "a1b2", "a1b10",  "a2", "a10",
                                         "a010", "a010-x", "aa",   "b9.0.1", "b10"};
    const int n = sizeof sorted / sizeof *sorted;

    (void)state;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            int order = hostset_compare(sorted[i], sorted[j]);

            assert_int_equal((order > 0) - (order < 0), (i > j) - (i < j));
        }
}

/* ---- folding ------------------------------------------------------------------- */

static void names_fold_along_every_number(void **state)
{
    (void)state;
    assert_fold("r[1-2]n[1-3],r3n1", "r[1-2]n[1-3],r3n1");
    assert_fold("10.0.0.1,10.0.0.2,10.0.1.1,10.0.1.2", "10.0.[0-1].[1-2]");
    assert_fold("a1,b1,a2,b2,a,b", "a,a[1-2],b,b[1-2]");
    assert_fold("x[1-2]-ib0,x[1-2]-ib1", "x[1-2]-ib[0-1]");
    assert_fold("n12345678901234567890,n12345678901234567891",
                "n12345678901234567890,n12345678901234567891");
    assert_fold("n[999999999999999998-999999999999999999]",
                "n[999999999999999998-999999999999999999]");
}

/* Names over a few letters and digits, so that they collide and share patterns. */
static const char *random_name(char *name)
{
    static const char letters[] = "ab-0019";
    int len = rand() % 7, n = 0;

    name[n++] = "ab0129"[rand() % 6];
    while (n <= len)
        name[n++] = letters[rand() % 7];
    name[n] = '\0';
    return name;
}

static struct hostset *random_set(void)
{
    struct hostset *set = hostset_new();
    char name[16];

    for (int n = rand() % 200; n > 0; n--)
        assert_int_equal(hostset_add(set, random_name(name), NULL), 0);
    return set;
}

static void assert_same_set(const struct hostset *a, const struct hostset *b)
{
    assert_int_equal(hostset_count(a), hostset_count(b));
    for (size_t i = 0; i < hostset_count(a); i++)
        assert_string_equal(hostset_name(a, i), hostset_name(b, i));
}

static void what_is_folded_means_the_same(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 2000; round++) {
        CLEANUP(hostset_done) struct hostset *set = random_set();
        CLEANUP(hostset_done) struct hostset *back = NULL;
        CLEANUP(text_done) char *text = hostset_fold(set);
        struct fail why;

        if (hostset_parse(text, NULL, &back, &why) < 0)
            fail_msg("%s", why.text);
        assert_same_set(set, back);
        for (size_t i = 1; i < hostset_count(set); i++)
            assert_true(hostset_compare(hostset_name(set, i - 1), hostset_name(set, i)) <
                        0);
    }
}

/* Apply one term to a set, the slow and obvious way. */
static void apply(struct hostset **set, char op, const struct hostset *term)
{
    struct hostset *after = hostset_new();

    for (size_t i = 0; i < hostset_count(*set); i++) {
        const char *name = hostset_name(*set, i);

        if (op == ',' || hostset_has(term, name) == (op == '&'))
            hostset_add(after, name, NULL);
    }
    for (size_t i = 0; (op == ',' || op == '^') && i < hostset_count(term); i++) {
        const char *name = hostset_name(term, i);

        if (op == ',' || !hostset_has(*set, name))
            hostset_add(after, name, NULL);
    }
    hostset_free(*set);
    *set = after;
}

static void operators_do_what_sets_do(void **state)
{
    (void)state;
    srand(2);
    for (int round = 0; round < 2000; round++) {
        CLEANUP(hostset_done) struct hostset *slow = hostset_new();
        CLEANUP(hostset_done) struct hostset *fast = NULL;
        char text[200] = "", term[20];

        for (int n = 1 + rand() % 8; n > 0; n--) {
            CLEANUP(hostset_done) struct hostset *names = NULL;
            char op = *text ? ",!&^"[rand() % 4] : ',';
            int from = rand() % 6;

            sprintf(term, rand() % 3 ? "a[%d-%d]" : "a%d,a%d", from, from + rand() % 4);
            if (op != ',' && strchr(term, ','))
                *strchr(term, ',') = '\0';
            sprintf(text + strlen(text), "%.1s%s", *text ? &op : "", term);
            assert_int_equal(hostset_parse(term, NULL, &names, NULL), 0);
            apply(&slow, op, names);
        }
        assert_int_equal(hostset_parse(text, NULL, &fast, NULL), 0);
        assert_same_set(slow, fast);
    }
}

/* 50 ms of CPU on a slow machine; sanitizers take their share. */
#if defined __SANITIZE_ADDRESS__
#define SLOWER 10
#else
#define SLOWER 1
#endif

static void ten_thousand_irregular_names_fold_at_once(void **state)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();
    CLEANUP(text_done) char *text = NULL;
    char name[64];
    clock_t start;

    (void)state;
    srand(3);
    while (hostset_count(set) < 10000) {
        snprintf(name, sizeof name, "%c%x-r%dn%03d-%c%d", 'a' + rand() % 26,
                 (unsigned)rand() & 0xffffff, rand() % 40, rand() % 1000,
                 'a' + rand() % 3, rand() % 10);
        hostset_add(set, name, NULL);
    }
    start = clock();
    text = hostset_fold(set);
    assert_non_null(text);
    assert_in_range((clock() - start) * 1000 / CLOCKS_PER_SEC, 0, 50 * SLOWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_range_is_every_number_in_it),
        cmocka_unit_test(width_is_kept),
        cmocka_unit_test(brackets_multiply),
        cmocka_unit_test(operators_bind_from_left_to_right),
        cmocka_unit_test(groups_are_asked_for),
        cmocka_unit_test(white_space_joins_as_a_comma_does),
        cmocka_unit_test(numbers_may_be_below_zero),
        cmocka_unit_test(a_source_is_asked_for_its_group),
        cmocka_unit_test(a_pattern_is_all_known_nodes_that_match),
        cmocka_unit_test(a_pattern_of_many_stars_takes_no_time),
        cmocka_unit_test(a_file_is_hostlists),
        cmocka_unit_test(pdsh_takes_out_with_minus_and_filters),
        cmocka_unit_test(a_minus_alone_is_standard_input),
        cmocka_unit_test(with_candidates_a_filter_picks_from_them),
        cmocka_unit_test(what_is_wrong_is_shown_with_its_column),
        cmocka_unit_test(what_is_wrong_in_a_group_names_the_group),
        cmocka_unit_test(a_huge_list_is_refused_before_it_is_made),
        cmocka_unit_test(groups_nest_only_so_deep),
        cmocka_unit_test(groups_cannot_multiply_without_end),
        cmocka_unit_test(a_name_is_bounded),
        cmocka_unit_test(a_text_is_bounded),
        cmocka_unit_test(each_keeps_the_order_written),
        cmocka_unit_test(names_come_and_go),
        cmocka_unit_test(order_is_natural),
        cmocka_unit_test(names_fold_along_every_number),
        cmocka_unit_test(what_is_folded_means_the_same),
        cmocka_unit_test(operators_do_what_sets_do),
        cmocka_unit_test(ten_thousand_irregular_names_fold_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
