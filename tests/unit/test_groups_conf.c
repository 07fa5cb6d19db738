#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/groups_conf.h"
#include "inventory/groups_yaml.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static struct groups_conf conf;
static struct fail why;

static int read_as(const char *text, enum groups_conf_kind kind)
{
    return groups_conf_read(&conf, text, strlen(text), "g.conf", "/etc/cs", kind, &why);
}

static void assert_refused(const char *text, const char *wanted)
{
    assert_int_equal(read_as(text, GROUPS_CONF_MAIN), -1);
    assert_int_equal(why.code, FAIL_GROUP_SOURCE);
    assert_string_equal(why.text, wanted);
    groups_conf_done(&conf);
}

/* ---- what a file says -------------------------------------------------------------------- */

static void a_section_is_one_source_or_several(void **state)
{
    const struct group_source *s;

    (void)state;
    assert_int_equal(
        read_as("# a comment\n[Main]\ndefault: slurm\nconfdir = /a $CFGDIR/b\n"
                "[slurm,sp]\n"
                "map: sinfo -h -o \"%N\" -p $GROUP\n"
                "  # inside\n\n"
                "ALL = sinfo -h -o \"%N\" # no comment\r\n"
                "cache_time: 60\nreverse: x\n"
                "[local]\nmap: a=1;\n  sed -n 's/^$GROUP:\\(.*\\)/\\1/p'\n",
                GROUPS_CONF_MAIN),
        0);
    assert_int_equal(conf.count, 3);
    assert_string_equal(conf.default_source, "slurm");
    assert_string_equal(conf.confdir, "/a $CFGDIR/b");
    s = groups_conf_find(&conf, "sp");
    assert_string_equal(s->map, "sinfo -h -o \"%N\" -p $GROUP");
    assert_string_equal(s->all, "sinfo -h -o \"%N\" # no comment");
    assert_null(s->list);
    assert_string_equal(s->folder, "/etc/cs");
    assert_string_equal(groups_conf_find(&conf, "local")->map,
                        "a=1;\nsed -n 's/^$GROUP:\\(.*\\)/\\1/p'");
    assert_null(groups_conf_find(&conf, "Main"));
    groups_conf_done(&conf);
}

static void what_is_wrong_names_the_line(void **state)
{
    (void)state;
    assert_refused("map: x\n", "g.conf:1: this stands before the first [section]");
    assert_refused("[a\nmap: x\n", "g.conf:1: a section needs ']' at its end");
    assert_refused("[a]\nlist: x\n[b]\nmap: x\n", "g.conf:1: source 'a' has no map");
    assert_refused("[a]\nmap: x\n[b,c]\nmap\n",
                   "g.conf:4: neither 'key: value' nor a section: 'map'");
    assert_refused("[a;b]\nmap: x\n", "g.conf:1: not the name of a source: 'a;b'");
    assert_refused("[]\nmap: x\n", "g.conf:1: not the name of a source:");
    assert_refused("[a]\n: x\n", "g.conf:2: there is no key before ': x'");
}

static void a_part_tells_nothing_twice_and_a_spare_nothing_known(void **state)
{
    (void)state;
    assert_int_equal(read_as("[a]\nmap: one\nlist: l\n", GROUPS_CONF_MAIN), 0);
    assert_int_equal(read_as("[Main]\ndefault: x\n[a]\nmap: two\n", GROUPS_CONF_MAIN), 0);
    assert_string_equal(groups_conf_find(&conf, "a")->map, "two");
    assert_string_equal(groups_conf_find(&conf, "a")->list, "l");
    assert_int_equal(read_as("[a]\nmap: three\n", GROUPS_CONF_PART), -1);
    assert_string_equal(why.text, "g.conf:1: there is already a source 'a'");
    assert_int_equal(read_as("[a]\nmap: four\nall: x\n[b]\nmap: five\n",
                             GROUPS_CONF_SPARE),
                     0);
    assert_string_equal(groups_conf_find(&conf, "a")->map, "two");
    assert_null(groups_conf_find(&conf, "a")->all);
    assert_string_equal(groups_conf_find(&conf, "b")->map, "five");
    assert_true(groups_conf_find(&conf, "b")->is_spare);
    assert_false(groups_conf_find(&conf, "a")->is_spare);
    groups_conf_done(&conf);
}

static void our_own_source_has_nothing_of_the_one_it_replaces(void **state)
{
    (void)state;
    assert_int_equal(read_as("[Main]\ndefault: a\n[a,b]\nmap: one\nall: x\nlist: l\n",
                             GROUPS_CONF_MAIN),
                     0);
    assert_int_equal(read_as("[Main]\ndefault: b\n[a]\nmap: two\n", GROUPS_CONF_OWN), 0);
    assert_string_equal(conf.default_source, "b");
    assert_string_equal(groups_conf_find(&conf, "a")->map, "two");
    assert_null(groups_conf_find(&conf, "a")->all);
    assert_null(groups_conf_find(&conf, "a")->list);
    assert_string_equal(groups_conf_find(&conf, "b")->list, "l");
    assert_int_equal(read_as("[b]\nmap: three\n", GROUPS_CONF_OWN_PART), 0);
    assert_string_equal(groups_conf_find(&conf, "b")->map, "three");
    assert_null(groups_conf_find(&conf, "b")->list);
    assert_int_equal(read_as("[b]\nmap: four\n", GROUPS_CONF_OWN_PART), -1);
    assert_string_equal(why.text, "g.conf:1: there is already a source 'b'");
    groups_conf_done(&conf);
}

/* Cut anywhere, it is still read or refused with a line, and never half a source. */
static void every_beginning_of_a_file_is_read_or_refused(void **state)
{
    static const char whole[] =
        "[Main]\ndefault: a\n[a,b]\nmap: one\n two\nlist = x\n[c]\n"
        "map: three\n";

    (void)state;
    for (size_t len = 0; len < sizeof whole; len++) {
        struct groups_conf part = {0};

        if (groups_conf_read(&part, whole, len, "g.conf", "/", GROUPS_CONF_MAIN, &why) ==
            0)
            for (size_t i = 0; i < part.count; i++)
                assert_non_null(part.sources[i].map);
        else
            assert_int_equal(strncmp(why.text, "g.conf:", 7), 0);
        groups_conf_done(&part);
    }
    assert_int_equal(groups_conf_read(&conf, "[a]\0", 4, "g.conf", "/", GROUPS_CONF_MAIN,
                                      &why),
                     -1);
}

/* ---- upcalls ------------------------------------------------------------------------------- */

static void assert_line(const char *upcall, const char *group, const char *wanted)
{
    const struct group_source source = {.name = "st", .folder = "/etc/cs"};
    CLEANUP(text_done) char *line = groups_conf_line(&source, upcall, group);

    assert_string_equal(line, wanted);
}

static void names_are_put_in_as_template_does(void **state)
{
    (void)state;
    assert_line("sinfo -p $GROUP", "debug", "sinfo -p debug");
    assert_line("x ${GROUP}s $GROUPS $GROUP.", "a", "x as $GROUPS a.");
    assert_line("f=$CFGDIR/g; sed $f # $SOURCE $$GROUP $", "a",
                "f=/etc/cs/g; sed $f # st $GROUP $");
    assert_line("list $GROUP $NODE ${GROUP", NULL, "list $GROUP $NODE ${GROUP");
    assert_line("", NULL, "");
}

static char folders[200];

static int note(void *arg, const char *path, struct fail *fail)
{
    (void)arg;
    (void)fail;
    snprintf(folders + strlen(folders), sizeof folders - strlen(folders), "<%s>", path);
    return 0;
}

static void folders_are_words_of_a_shell(void **state)
{
    (void)state;
    assert_int_equal(groups_conf_folders(" /a  $CFGDIR/b '/c d' /a\n\"/e f\"/g ", "/cs",
                                         note, NULL, &why),
                     0);
    assert_string_equal(folders, "</a></cs/b></c d></e f/g>");
    assert_int_equal(groups_conf_folders("'/a", "/cs", note, NULL, &why), -1);
    assert_string_equal(why.text, "a quote is not closed in ''/a'");
}

/* ---- YAML ------------------------------------------------------------------------------------ */

static struct groups_yaml yaml;

static int read_yaml(const char *text, const char *file)
{
    return groups_yaml_read(&yaml, text, strlen(text), file, &why);
}

static void assert_yaml(const char *source, const char *group, const char *wanted)
{
    CLEANUP(text_done) char *got = NULL;

    if (groups_yaml_hostlist(&yaml, source, group, &got, &why) < 0)
        got = strdup(why.text);
    assert_string_equal(got, wanted);
}

static void a_yaml_file_has_groups_of_several_sources(void **state)
{
    CLEANUP(text_done) char *names = NULL;

    (void)state;
    assert_int_equal(read_yaml("# roles\nroles:\n    io: '@racks:r2,n2'\n    adm: n0\n"
                               "    all: \"@io\"\nracks:\n  r1: n[1-4]\n  r2:\n  - n5\n"
                               "  - 'n[6-7],n9' # two\n  none:\n",
                               "a.yaml"),
                     0);
    assert_int_equal(read_yaml("{more: {x: n1}}", "b.yaml"), 0);
    assert_yaml("roles", "io", "@racks:r2,n2");
    assert_yaml("roles", "*", "@io");
    assert_yaml("racks", "r2", "n5,n[6-7],n9");
    assert_yaml("racks", "none", "");
    assert_yaml("racks", "*", "n[1-4],n5,n[6-7],n9");
    assert_yaml("racks", "r3", "no such group: 'racks:r3'");
    assert_true(groups_yaml_has(&yaml, "more"));
    assert_false(groups_yaml_has(&yaml, "mor"));
    assert_string_equal(groups_yaml_source(&yaml, 1), "racks");
    assert_string_equal(groups_yaml_source(&yaml, 2), "more");
    assert_null(groups_yaml_source(&yaml, 3));
    assert_int_equal(groups_yaml_names(&yaml, "racks", &names, &why), 0);
    assert_string_equal(names, "r1,r2,none");
    assert_int_equal(read_yaml("racks: {r9: n9}", "c.yaml"), -1);
    assert_string_equal(why.text, "c.yaml:1: another file has this source already");
    groups_yaml_done(&yaml);
}

static void what_is_wrong_with_yaml_names_the_line(void **state)
{
    static const struct {
        const char *text, *wanted;
    } table[] = {
        {"", "y:1: sources of groups are expected"},
        {"- a\n- b\n", "y:1: sources of groups are expected"},
        {"a: n1\n", "y:1: the groups of the source are expected"},
        {"a:\n  b:\n    c: n1\n", "y:3: a hostlist, or a list of hostlists, is expected"},
        {"a:\n  b:\n  - [n1]\n", "y:3: a hostlist is expected"},
        {"a: &x\n  b: n1\nc: *x\n", "y:3: the groups of the source are expected"},
        {"a:\n  ? [b]\n  : n1\n", "y:2: the name of a group is expected"},
        {"a:\n  b: \"x\\0y\"\n", "y:2: not a text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(read_yaml(table[i].text, "y"), -1);
        assert_int_equal(why.code, FAIL_GROUP_SOURCE);
        assert_string_equal(why.text, table[i].wanted);
        groups_yaml_done(&yaml);
    }
    assert_int_equal(read_yaml("a:\n\tb: n1\n", "y"), -1);
    assert_int_equal(strncmp(why.text, "y:2: ", 5), 0);
    groups_yaml_done(&yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_section_is_one_source_or_several),
        cmocka_unit_test(what_is_wrong_names_the_line),
        cmocka_unit_test(a_part_tells_nothing_twice_and_a_spare_nothing_known),
        cmocka_unit_test(our_own_source_has_nothing_of_the_one_it_replaces),
        cmocka_unit_test(every_beginning_of_a_file_is_read_or_refused),
        cmocka_unit_test(names_are_put_in_as_template_does),
        cmocka_unit_test(folders_are_words_of_a_shell),
        cmocka_unit_test(a_yaml_file_has_groups_of_several_sources),
        cmocka_unit_test(what_is_wrong_with_yaml_names_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
