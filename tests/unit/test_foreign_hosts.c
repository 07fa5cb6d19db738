#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/foreign_hosts.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

static struct fail why;

static void assert_file(const char *text, const char *wanted)
{
    CLEANUP(text_done) char *names = NULL;

    assert_int_equal(foreign_hosts_file(text, &names, &why), 0);
    assert_string_equal(names, wanted);
}

static void the_first_name_of_a_line_counts(void **state)
{
    (void)state;
    assert_file("", "");
    assert_file("127.0.0.1\tlocalhost\n::1 ip6-localhost\nff02::1 ip6-allnodes\n"
                "fe00::0 ip6-localnet\n127.0.1.1 head\n",
                "");
    assert_file("10.0.0.1 ib1 ib1.cluster # the first\n# 10.0.0.9 gone\n"
                "  10.0.0.2\tib2.cluster ib2\r\n10.0.0.3\n\n10.0.0.4 # none\nfd00::1 v6",
                "ib1,ib2.cluster,v6");
}

/* ---- Ansible --------------------------------------------------------------------------------- */

static const char inventory[] =
    "{\"_meta\": {\"hostvars\": {\"d1\": {}}},"
    " \"all\": {\"children\": [\"ungrouped\", \"rack\"]},"
    " \"rack\": {\"children\": [\"web\", \"db\"], \"hosts\": [\"pdu\"]},"
    " \"db\": {\"hosts\": [\"d1\"]}, \"web\": {\"hosts\": [\"w1\", \"w2\"]},"
    " \"ring\": {\"children\": [\"ring\"]}, \"odd\": {\"hosts\": \"x\", \"children\": "
    "7}}";

static void assert_group(const char *text, const char *group, const char *wanted)
{
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(text_done) char *names = NULL;

    assert_int_equal(json_parse(text, strlen(text), &doc, &why), 0);
    if (foreign_hosts_ansible(doc, group, &names, &why) < 0)
        names = strdup(why.text);
    assert_string_equal(names, wanted);
}

static void a_group_of_ansible_has_the_hosts_of_its_children(void **state)
{
    (void)state;
    assert_group(inventory, "db", "d1");
    assert_group(inventory, "rack", "pdu,w1,w2,d1");
    assert_group(inventory, "all", "pdu,d1,w1,w2");
    assert_group(inventory, "*", "pdu,d1,w1,w2");
    assert_group(inventory, "odd", "");
    assert_group(inventory, "dbs", "no such group: 'dbs'");
    assert_group(inventory, "_meta", "no such group: '_meta'");
    assert_group(inventory, "ring",
                 "group 'ring' is nested more than 32 deep, or in a circle");
    assert_group("[]", "db", "not an inventory of Ansible");
    assert_group("{}", "*", "");
}

static void groups_of_ansible_cannot_multiply_without_end(void **state)
{
    char text[4000] = "{";

    (void)state;
    for (int i = 0; i < 20; i++)
        sprintf(text + strlen(text),
                "%s\"g%d\": {\"children\": [\"g%d\", \"g%d\", \"g%d\"]}", i ? "," : "", i,
                i + 1, i + 1, i + 1);
    strcat(text, "}");
    assert_group(text, "g0", "group 'g19' is nested more than 32 deep, or in a circle");
}

static void the_groups_of_ansible_are_listed(void **state)
{
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(text_done) char *names = NULL;

    (void)state;
    assert_int_equal(json_parse(inventory, strlen(inventory), &doc, &why), 0);
    assert_int_equal(foreign_hosts_ansible_groups(doc, &names, &why), 0);
    assert_string_equal(names, "all,rack,db,web,ring,odd");
}

static void assert_lists(const char *text, const char *folder, const char *wanted)
{
    CLEANUP(text_done) char *list = NULL;

    assert_int_equal(foreign_hosts_list(text, folder, &list, &why), 0);
    assert_string_equal(list, wanted);
}

static void comments_are_cut_at_the_start_of_a_word(void **state)
{
    (void)state;
    assert_lists("#one\nib1 # two, three\nib2#x\n\t#\nib3", "",
                 "\nib1 \nib2#x\n\t\nib3\n");
}

static void what_pdsh_includes_is_no_comment(void **state)
{
    (void)state;
    assert_lists("ib1\n#include rack1\n", "", "ib1\n,^rack1\n");
    assert_lists("#include rack1 \t\nib1", "lists", "^lists/rack1\nib1\n");
    assert_lists("#include /etc/rack1", "lists", "^/etc/rack1\n");
    assert_lists("# both\n#include rack1\n#include rack2", "/",
                 "\n^//rack1\n,^//rack2\n");
    assert_lists("#include\n#include \n#included rack1\n #include rack1\n"
                 "#include the login nodes\nib1 #include rack1\n",
                 "", "\n\n\n \n\nib1 \n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_name_of_a_line_counts),
        cmocka_unit_test(a_group_of_ansible_has_the_hosts_of_its_children),
        cmocka_unit_test(groups_of_ansible_cannot_multiply_without_end),
        cmocka_unit_test(the_groups_of_ansible_are_listed),
        cmocka_unit_test(comments_are_cut_at_the_start_of_a_word),
        cmocka_unit_test(what_pdsh_includes_is_no_comment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
