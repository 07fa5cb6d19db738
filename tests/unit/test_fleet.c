#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

static struct fleet *example(void)
{
    struct fleet *fleet = NULL;
    struct fail why;

    if (fleet_load("tests/data/fleet.ini", "/home/me", NULL, &fleet, &why) < 0)
        fail_msg("%s", why.text);
    return fleet;
}

static struct fleet *parsed(const char *text)
{
    struct fleet *fleet = NULL;
    struct fail why;

    if (fleet_parse(text, strlen(text), "f.ini", "/home/me", NULL, &fleet, &why) < 0)
        fail_msg("%s", why.text);
    return fleet;
}

static void assert_refused(const char *text, const char *wanted)
{
    struct fleet *fleet = NULL;
    struct fail why = {.code = FAIL_NONE};

    assert_int_equal(fleet_parse(text, strlen(text), "f.ini", NULL, NULL, &fleet, &why),
                     -1);
    assert_string_equal(why.text, wanted);
    assert_int_equal(why.code, FAIL_FLEET_FILE);
    assert_null(fleet);
}

static void assert_selects(const struct fleet *fleet, const char *text,
                           const char *wanted)
{
    CLEANUP(text_done) char *folded = NULL;
    struct hostset *set;
    struct fail why;

    if (fleet_select(fleet, text, NULL, &set, &why) < 0) {
        assert_int_equal(why.code, FAIL_HOSTLIST);
        folded = strdup(why.text);
    } else {
        folded = hostset_fold(set);
        hostset_free(set);
    }
    assert_string_equal(folded, wanted);
}

/* ---- what a file says ---------------------------------------------------------------
 */

static void a_node_has_the_defaults_unless_something_is_said(void **state)
{
    struct fleet *fleet = parsed("[nodes]\nib1\n");
    const struct fleet_node *n = fleet_node(fleet, 0);

    (void)state;
    assert_int_equal(fleet_count(fleet), 1);
    assert_string_equal(n->name, "ib1");
    assert_string_equal(n->address, "ib1");
    assert_int_equal(n->port, 22);
    assert_null(n->user);
    assert_null(n->key);
    assert_null(n->known_hosts);
    assert_null(n->rxe);
    assert_null(n->agent);
    assert_int_equal(n->host_keys, FLEET_HOST_KEYS_STRICT);
    assert_int_equal(n->driver, FLEET_DRIVER_INBOX);
    assert_int_equal(n->reboot, FLEET_REBOOT_AUTO);
    assert_true(n->sudo);
    assert_int_equal(fleet_policy(fleet)->window, 32);
    assert_int_equal(fleet_policy(fleet)->max_failures, FLEET_MAX_NODES);
    fleet_free(fleet);
}

/* ---- the driver ----------------------------------------------------------------- */

static void without_a_word_the_driver_is_the_distributions_own(void **state)
{
    CLEANUP(fleet_done) struct fleet *fleet = parsed("[nodes]\nib1\n");
    const struct fleet_node *n = fleet_node(fleet, 0);

    (void)state;
    assert_int_equal(n->driver, FLEET_DRIVER_INBOX);
    assert_null(n->driver_version);
    assert_null(n->mirror);
    assert_null(n->proxy);
    assert_int_equal(n->hold, FLEET_HOLD_DRIVER);
    assert_true(n->ipoib);
    assert_false(n->names);
}

static void a_vendors_driver_is_named_with_all_that_belongs_to_it(void **state)
{
    CLEANUP(fleet_done)
    struct fleet *fleet = parsed("[defaults]\ndriver = doca-ofed  3.2.2\n"
                                 "mirror = http://depot/hpc\n"
                                 "proxy = http://me:secret@gate:3128\nhold = kernel\n"
                                 "ipoib = no\nnames = yes\n[nodes]\nib[1-2]\n"
                                 "[groups]\nold = ib2\n[group:old]\n"
                                 "driver = mlnx-ofed\nhold = nothing\n");
    const struct fleet_node *n = fleet_find(fleet, "ib1");

    (void)state;
    assert_int_equal(n->driver, FLEET_DRIVER_DOCA_OFED);
    assert_string_equal(n->driver_version, "3.2.2");
    assert_string_equal(n->mirror, "http://depot/hpc");
    assert_string_equal(n->proxy, "http://me:secret@gate:3128");
    assert_int_equal(n->hold, FLEET_HOLD_KERNEL);
    assert_false(n->ipoib);
    assert_true(n->names);
    n = fleet_find(fleet, "ib2"); /* the version goes with the driver it belongs to */
    assert_int_equal(n->driver, FLEET_DRIVER_MLNX_OFED);
    assert_null(n->driver_version);
    assert_int_equal(n->hold, FLEET_HOLD_NOTHING);
}

static void assert_no_driver(const char *text)
{
    enum fleet_driver driver = FLEET_DRIVER_NONE;
    const char *version = "as it was";
    struct fail why = {.code = FAIL_NONE};

    assert_int_equal(fleet_driver_read(text, &driver, &version, &why), -1);
    assert_int_equal(why.code, FAIL_FLEET_FILE);
    assert_non_null(strstr(why.text, "doca-ofed [VERSION]"));
    assert_int_equal(driver, FLEET_DRIVER_NONE);
    assert_string_equal(version, "as it was");
}

static void a_driver_and_its_version_are_of_plain_words(void **state)
{
    (void)state;
    assert_no_driver("");
    assert_no_driver("doca");
    assert_no_driver("doca-ofedx");
    assert_no_driver("inbox 3.2.2");
    assert_no_driver("auto 3.2.2");
    assert_no_driver("doca-ofed -3.2.2");
    assert_no_driver("doca-ofed ../3.2.2");
    assert_no_driver("doca-ofed 3.2.2;reboot");
    assert_no_driver("doca-ofed 3.2.2 3.2.1");
    assert_no_driver(
        "mlnx-ofed 5.8-1.1.2.1-and-so-on-and-so-on-and-so-on-and-so-on-and-so-on-and-so-"
        "on");
}

static void a_url_that_is_none_is_not_repeated(void **state)
{
    (void)state;
    assert_refused("[defaults]\nmirror = ftp://me:secret@depot/hpc\n",
                   "f.ini:2: mirror is an http or https URL of a folder");
    assert_refused("[defaults]\nmirror = https://depot/hpc?sig=secret#x\n",
                   "f.ini:2: mirror is an http or https URL of a folder");
    assert_refused("[defaults]\nproxy = me:secret@gate:3128\n",
                   "f.ini:2: proxy is an http or https URL");
    assert_refused(
        "[nodes]\nib1\n[groups]\na=ib1\nb=ib1\n[group:a]\n"
        "proxy = http://me:secret@gate\n[group:b]\nproxy = http://door\n",
        "f.ini:9: proxy of ib1 is http://door here (group 'b') and http://gate "
        "on line 7 (group 'a')");
    assert_refused("[defaults]\nhold = all\n",
                   "f.ini:2: hold is driver, kernel or nothing, not 'all'");
    assert_refused("[defaults]\nipoib = maybe\n",
                   "f.ini:2: ipoib is yes or no, not 'maybe'");
}

static void the_group_goes_before_the_defaults(void **state)
{
    struct fleet *fleet = example();
    const struct fleet_node *ib = fleet_find(fleet, "ib007");
    const struct fleet_node *vm = fleet_find(fleet, "vm2");
    const struct fleet_node *gpu = fleet_find(fleet, "gpu1");

    (void)state;
    assert_string_equal(ib->user, "azureuser");
    assert_string_equal(ib->key, "/home/me/.ssh/id_ed25519");
    assert_int_equal(ib->host_keys, FLEET_HOST_KEYS_ACCEPT_NEW);
    assert_int_equal(ib->port, 22);
    assert_string_equal(vm->user, "root");
    assert_string_equal(vm->key, "/srv/lab/key");
    assert_string_equal(vm->known_hosts, "/srv/lab/known_hosts");
    assert_string_equal(vm->rxe, "eth1");
    assert_false(vm->sudo);
    assert_int_equal(vm->host_keys, FLEET_HOST_KEYS_ACCEPT_NEW);
    assert_string_equal(gpu->agent, "/usr/libexec/ibfleet-agent");
    assert_int_equal(gpu->driver, FLEET_DRIVER_NONE);
    assert_int_equal(gpu->reboot, FLEET_REBOOT_NEVER);
    assert_int_equal(gpu->port, 2022);
    assert_int_equal(fleet_policy(fleet)->window, 64);
    assert_int_equal(fleet_policy(fleet)->max_failures, 3);
    fleet_free(fleet);
}

static void addresses_belong_to_names_in_the_order_written(void **state)
{
    struct fleet *fleet = example();

    (void)state;
    assert_string_equal(fleet_find(fleet, "gpu1")->address, "10.0.0.14");
    assert_string_equal(fleet_find(fleet, "gpu4")->address, "10.0.0.13");
    assert_string_equal(fleet_find(fleet, "vm3")->address, "127.0.0.1");
    assert_int_equal(fleet_find(fleet, "vm3")->port, 22103);
    assert_string_equal(fleet_find(fleet, "head")->address, "fe80::1%eth0");
    assert_int_equal(fleet_find(fleet, "head")->port, 2222);
    assert_string_equal(fleet_find(fleet, "login")->address, "login.example.org");
    assert_null(fleet_find(fleet, "ib129"));
    assert_null(fleet_find(fleet, ""));
    fleet_free(fleet);
}

static void nodes_are_in_natural_order(void **state)
{
    struct fleet *fleet = parsed("[nodes]\nib10\nib9\na\n");

    (void)state;
    assert_string_equal(fleet_node(fleet, 0)->name, "a");
    assert_string_equal(fleet_node(fleet, 1)->name, "ib9");
    assert_string_equal(fleet_node(fleet, 2)->name, "ib10");
    fleet_free(fleet);
}

static void groups_and_all_can_be_selected(void **state)
{
    struct fleet *fleet = example();

    (void)state;
    assert_int_equal(fleet_count(fleet), 137);
    assert_selects(fleet, "@all", "gpu[1-4],head,ib[001-128],login,vm[1-3]");
    assert_selects(fleet, "@compute&@all!ib[001-128]", "gpu4,login,vm[1-3]");
    assert_selects(fleet, "@gpu!gpu3", "gpu[1-2,4]");
    assert_selects(fleet, "ib[001-003],@lab", "ib[001-003],vm[1-3]");
    fleet_free(fleet);
}

static void a_selection_is_refused_by_name(void **state)
{
    struct fleet *fleet = example();
    struct fleet *empty = parsed("");

    (void)state;
    assert_selects(fleet, "ib[127-129]",
                   "column 1 of 'ib[127-129]': no such node: 'ib129'");
    assert_selects(fleet, "@all!ib7", "column 6 of '@all!ib7': no such node: 'ib7'");
    assert_selects(fleet, "@gpus", "no such group: 'gpus' (did you mean 'gpu'?)");
    assert_selects(fleet, "@slurm", "no such group: 'slurm'");
    assert_selects(fleet, "@quiet", "");
    assert_selects(fleet, "", "");
    assert_selects(fleet, "ib[001", "column 7 of 'ib[001': ']' is missing");
    assert_selects(empty, "@all", "");
    fleet_free(empty);
    fleet_free(fleet);
}

/* What others know: a source slurm, and groups of a default source. */
static int hostlist_of(void *arg, const char *source, const char *name, const char **text,
                       struct fail *why)
{
    (void)arg;
    *text = source && strcmp(name, "idle") == 0      ? "ib001 ib002"
            : source && strcmp(name, "left") == 0    ? "ib001,gone1"
            : !source && strcmp(name, "theirs") == 0 ? "ib003,@gpu"
            : !source && strcmp(name, "away") == 0   ? "ib003,gone2"
                                                     : "";
    return source && strcmp(source, "slurm") != 0
               ? fail_set(why, FAIL_HOSTLIST, "no group source '%s'", source)
               : 0;
}

static int file_text(void *arg, const char *path, const char **text, struct fail *why)
{
    (void)arg;
    (void)path;
    (void)why;
    *text = "ib002,gone3";
    return 0;
}

static const struct hostset_groups others = {.hostlist_of = hostlist_of,
                                             .file_text = file_text};

static char *selected(const struct fleet *fleet, const char *text)
{
    CLEANUP(hostset_done) struct hostset *set = NULL;
    struct fail why;

    if (fleet_select(fleet, text, &others, &set, &why) < 0)
        return strdup(why.text);
    return hostset_fold(set);
}

static void what_the_file_does_not_know_others_are_asked(void **state)
{
    struct fleet *fleet = example();
    const struct {
        const char *text, *wanted;
    } table[] = {
        {"@slurm:idle", "ib[001-002]"},
        {"@theirs!gpu2", "gpu[1,3-4],ib003"},
        {"@slurm:left", "group 'slurm:left': column 7 of 'ib001,gone1': no such node: "
                        "'gone1'"},
        {"@slurm:idel", ""},
        {"@gpus", "no such group: 'gpus' (did you mean 'gpu'?)"},
        {"@pbs:x", "no group source 'pbs'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        CLEANUP(text_done) char *got = selected(fleet, table[i].text);

        assert_string_equal(got, table[i].wanted);
    }
    assert_selects(fleet, "@slurm:idle", "there is no group source 'slurm' here");
    assert_selects(fleet, "^/tmp/nodes", "files are not read here");
    fleet_free(fleet);
}

static void a_source_may_exclude_whom_the_fleet_does_not_have(void **state)
{
    struct fleet *fleet = example();
    struct hostset *set;
    struct fail why;

    (void)state;
    assert_int_equal(fleet_select(fleet, "ib[001-003]", NULL, &set, &why), 0);
    assert_int_equal(fleet_exclude(fleet, "@slurm:left", &others, set, &why), 0);
    assert_int_equal(hostset_count(set), 2);
    assert_false(hostset_has(set, "ib001"));
    assert_int_equal(fleet_exclude(fleet, "@away", &others, set, &why), 0);
    assert_int_equal(hostset_count(set), 1);
    assert_true(hostset_has(set, "ib002"));
    assert_int_equal(fleet_exclude(fleet, "^file", &others, set, &why), -1);
    assert_string_equal(why.text,
                        "file 'file': column 7 of 'ib002,gone3': no such node: 'gone3'");
    assert_int_equal(fleet_exclude(fleet, "ib002,gone1", &others, set, &why), -1);
    assert_string_equal(why.text, "column 7 of 'ib002,gone1': no such node: 'gone1'");
    assert_int_equal(hostset_count(set), 1);
    hostset_free(set);
    fleet_free(fleet);
}

static void lines_may_be_indented_and_carry_comments(void **state)
{
    struct fleet *fleet = parsed("\xef\xbb\xbf[defaults]\r\n"
                                 "  user = one # not two\r\n"
                                 "\tport=77\t;not a port\n"
                                 "; a comment\n#another\n\n"
                                 "[nodes]\n"
                                 "ib1 ; the first\n"
                                 "   ib2 = 10.0.0.2   # the second");

    (void)state;
    assert_int_equal(fleet_count(fleet), 2);
    assert_string_equal(fleet_find(fleet, "ib1")->user, "one");
    assert_int_equal(fleet_find(fleet, "ib1")->port, 77);
    assert_string_equal(fleet_find(fleet, "ib2")->address, "10.0.0.2");
    fleet_free(fleet);
}

/* ---- what is refused ------------------------------------------------------------------
 */

static void what_is_not_known_is_refused_with_its_line(void **state)
{
    (void)state;
    assert_refused("[default]\n", "f.ini:1: unknown section [default] (did you mean "
                                  "[defaults]?)");
    assert_refused("\n[xyz]\n", "f.ini:2: unknown section [xyz]");
    assert_refused("[defaults]\nusr = me\n",
                   "f.ini:2: unknown setting 'usr' (did you mean "
                   "'user'?)");
    assert_refused("[defaults]\nhostkeys = strict\n",
                   "f.ini:2: unknown setting 'hostkeys' (did you mean 'host_keys'?)");
    assert_refused("[defaults]\nbanana = 1\n", "f.ini:2: unknown setting 'banana'");
    assert_refused("[policy]\nwindows = 3\n",
                   "f.ini:2: unknown policy 'windows' (did you mean 'window'?)");
    assert_refused("[group:gpu]\nuser = me\n", "f.ini:1: no group 'gpu' in [groups]");
    assert_refused("user = me\n", "f.ini:1: this stands before the first [section]");
    assert_refused("[nodes\nib1\n", "f.ini:1: a section needs ']' at its end");
    assert_refused("[nodes]\n= 10.0.0.1\n", "f.ini:2: there is nothing before '='");
    assert_refused("[nodes]\n127.0.0.1:22\n",
                   "f.ini:2: write 'name = value'; ':' cannot be in a name here");
}

static void a_value_is_held_to_its_rule(void **state)
{
    (void)state;
    assert_refused("[defaults]\nport = 0\n",
                   "f.ini:2: port is a number from 1 to 65535, not '0'");
    assert_refused("[defaults]\nport\n",
                   "f.ini:2: port is a number from 1 to 65535, not ''");
    assert_refused("[defaults]\nhost_keys = no\n",
                   "f.ini:2: host_keys is strict or accept-new, not 'no'");
    assert_refused(
        "[defaults]\ndriver = mofed\n",
        "f.ini:2: driver is inbox, auto, doca-ofed [VERSION], mlnx-ofed [VERSION] "
        "or none, not 'mofed'");
    assert_refused("[defaults]\nreboot = yes\n",
                   "f.ini:2: reboot is auto, always or never, not 'yes'");
    assert_refused("[defaults]\nsudo = maybe\n",
                   "f.ini:2: sudo is yes or no, not 'maybe'");
    assert_refused("[defaults]\nuser = -oX\n", "f.ini:2: user is a user name, not '-oX'");
    assert_refused("[defaults]\nrxe = eth0/../x\n",
                   "f.ini:2: rxe is the name of a network interface, not 'eth0/../x'");
    assert_refused("[defaults]\nagent = /bin/sh -c x\n",
                   "f.ini:2: agent is an absolute path of plain characters, not "
                   "'/bin/sh -c x'");
    assert_refused("[defaults]\nkey = ~you/key\n",
                   "f.ini:2: key is a path (only '~/' is expanded), not '~you/key'");
    assert_refused("[defaults]\nkey = ~/key\n",
                   "f.ini:2: key: there is no home for '~/key'");
    assert_refused("[policy]\nwindow = 1025\n",
                   "f.ini:2: window is a number from 1 to 1024, not '1025'");
    assert_refused("[policy]\nmax_failures = -1\n",
                   "f.ini:2: max_failures is a number from 0 to 100000, not '-1'");
}

static void addresses_are_counted_and_checked(void **state)
{
    (void)state;
    assert_refused("[nodes]\nib[1-4] = 10.0.0.[1-3]\n",
                   "f.ini:2: fewer addresses than nodes");
    assert_refused("[nodes]\nib[1-2] = 10.0.0.[1-3]\n",
                   "f.ini:2: more addresses than nodes");
    assert_refused("[nodes]\nib[1-2] = [::1]:22\n",
                   "f.ini:2: fewer addresses than nodes");
    assert_refused("[nodes]\nib1 = ::1\n", "f.ini:2: write IPv6 as [::1]");
    assert_refused("[nodes]\nib1 = 2001:db8:1\n", "f.ini:2: write IPv6 as [2001:db8:1]");
    assert_refused("[nodes]\nib1 = [::x]\n", "f.ini:2: not an IPv6 address: '[::x]'");
    assert_refused("[nodes]\nib1 = [::1]22\n", "f.ini:2: not an address: '[::1]22'");
    assert_refused("[nodes]\nib1 = a:\n",
                   "f.ini:2: the port in 'a:' is not a number from 1 to 65535");
    assert_refused("[nodes]\nib1 = a:65536\n",
                   "f.ini:2: the port in 'a:65536' is not a number from 1 to 65535");
    assert_refused("[nodes]\nib[1-4]!ib2\n",
                   "f.ini:2: only ',' can join names in 'ib[1-4]!ib2'");
    assert_refused("[nodes]\nib[1-4\n", "f.ini:2: column 7 of 'ib[1-4': ']' is missing");
    assert_refused("[nodes]\nib[1-100001]\n", "f.ini:2: more than 100000 nodes");
}

static void nothing_is_said_twice(void **state)
{
    (void)state;
    assert_refused("[nodes]\nib[1-4]\nib3 = x\n",
                   "f.ini:3: node 'ib3' is already on line 2");
    assert_refused("[defaults]\nuser = a\n[nodes]\nib1\n[defaults]\nuser = b\n",
                   "f.ini:6: user is already on line 2");
}

static void groups_that_disagree_are_refused(void **state)
{
    const char *both =
        "[nodes]\nib[1-4]\n[groups]\na = ib[1-2]\nb = ib[2-3]\n"
        "[group:a]\nsudo = no\nuser = me\n[group:b]\nuser = me\nsudo = yes\n";

    (void)state;
    assert_refused(both, "f.ini:11: sudo of ib2 is yes here (group 'b') and no on line 7 "
                         "(group 'a')");
}

static void a_group_must_hold_nodes_of_the_fleet(void **state)
{
    (void)state;
    assert_refused("[groups]\n\na = ib1\n",
                   "f.ini:3: group 'a': column 1 of 'ib1': no such node: 'ib1'");
    assert_refused("[nodes]\nib1\n[groups]\na = @b\nb = @a\n",
                   "f.ini:4: group 'b': group 'a' contains itself");
    assert_refused("[nodes]\nib1\n[groups]\nab = ib1\nb = @abc\n",
                   "f.ini:5: group 'b': no such group: 'abc' (did you mean 'ab'?)");
    assert_refused("[groups]\nall = ib1\n",
                   "f.ini:2: group 'all' has every node already");
    assert_refused("[groups]\na b = ib1\n", "f.ini:2: not a group name: 'a b'");
}

static void sizes_are_bounded(void **state)
{
    char text[400];
    struct fail why;
    struct fleet *fleet;

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text, "[nodes]\n", 8);
    text[8 + FLEET_MAX_LINE + 1] = '\0';
    assert_refused(text, "f.ini:2: the line is too long");
    text[8 + FLEET_MAX_LINE] = '\0';
    assert_int_equal(fleet_parse(text, strlen(text), "f.ini", NULL, NULL, &fleet, &why),
                     0);
    fleet_free(fleet);
    assert_refused("[group:a-name-of-more-than-48-bytes-that-inih-would-cut]\n",
                   "f.ini:1: the name of a section is too long");
    assert_int_equal(fleet_parse("[nodes]\n\0", 9, "f.ini", NULL, NULL, &fleet, &why),
                     -1);
    assert_string_equal(why.text, "f.ini: not a text file");
    assert_int_equal(fleet_load("tests/data/no-such.ini", NULL, NULL, &fleet, &why), -1);
    assert_string_equal(why.text, "tests/data/no-such.ini: No such file or directory");
    assert_int_equal(fleet_load("tests/data", NULL, NULL, &fleet, &why), -1);
    assert_string_equal(why.text, "tests/data: Is a directory");
}

/* ---- the command line ---------------------------------------------------------- */

static void an_override_goes_before_the_file(void **state)
{
    struct fleet *fleet = example();
    struct fail why;

    (void)state;
    assert_int_equal(fleet_override(fleet, "user", "other", NULL, &why), 0);
    assert_int_equal(fleet_override(fleet, "port", "2200", NULL, &why), 0);
    assert_int_equal(fleet_override(fleet, "key", "id", NULL, &why), 0);
    assert_string_equal(fleet_find(fleet, "vm1")->user, "other");
    assert_string_equal(fleet_find(fleet, "ib001")->user, "other");
    assert_string_equal(fleet_find(fleet, "ib001")->key, "id");
    assert_int_equal(fleet_find(fleet, "ib001")->port, 2200);
    assert_int_equal(fleet_find(fleet, "vm1")->port, 22101);
    assert_int_equal(fleet_override(fleet, "port", "x", NULL, &why), -1);
    assert_string_equal(why.text, "port is a number from 1 to 65535, not 'x'");
    assert_int_equal(why.code, FAIL_USAGE);
    fleet_free(fleet);
}

static void without_a_file_the_names_are_the_addresses(void **state)
{
    struct fleet *fleet;
    struct fail why;

    (void)state;
    assert_int_equal(fleet_of("ib[1-2],127.0.0.1:2222", NULL, &fleet, &why), 0);
    assert_int_equal(fleet_count(fleet), 3);
    assert_string_equal(fleet_find(fleet, "127.0.0.1:2222")->address, "127.0.0.1");
    assert_int_equal(fleet_find(fleet, "127.0.0.1:2222")->port, 2222);
    assert_string_equal(fleet_find(fleet, "ib2")->address, "ib2");
    assert_selects(fleet, "@all!ib2", "127.0.0.1:2222,ib1");
    fleet_free(fleet);
    assert_int_equal(fleet_of("ib1:0", NULL, &fleet, &why), -1);
    assert_string_equal(why.text, "the port in 'ib1:0' is not a number from 1 to 65535");
    assert_int_equal(why.code, FAIL_HOSTLIST);
    assert_int_equal(fleet_of("@gpu", NULL, &fleet, &why), -1);
    assert_string_equal(why.text, "column 1 of '@gpu': there are no groups here");
}

static void every_enum_has_its_word(void **state)
{
    (void)state;
    assert_string_equal(fleet_host_keys_name(FLEET_HOST_KEYS_ACCEPT_NEW), "accept-new");
    assert_string_equal(fleet_driver_name(FLEET_DRIVER_NONE), "none");
    assert_string_equal(fleet_driver_name(FLEET_DRIVER_MLNX_OFED), "mlnx-ofed");
    assert_string_equal(fleet_hold_name(FLEET_HOLD_NOTHING), "nothing");
    assert_string_equal(fleet_reboot_name(FLEET_REBOOT_NEVER), "never");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_has_the_defaults_unless_something_is_said),
        cmocka_unit_test(without_a_word_the_driver_is_the_distributions_own),
        cmocka_unit_test(a_vendors_driver_is_named_with_all_that_belongs_to_it),
        cmocka_unit_test(a_driver_and_its_version_are_of_plain_words),
        cmocka_unit_test(a_url_that_is_none_is_not_repeated),
        cmocka_unit_test(the_group_goes_before_the_defaults),
        cmocka_unit_test(addresses_belong_to_names_in_the_order_written),
        cmocka_unit_test(nodes_are_in_natural_order),
        cmocka_unit_test(groups_and_all_can_be_selected),
        cmocka_unit_test(a_selection_is_refused_by_name),
        cmocka_unit_test(what_the_file_does_not_know_others_are_asked),
        cmocka_unit_test(a_source_may_exclude_whom_the_fleet_does_not_have),
        cmocka_unit_test(lines_may_be_indented_and_carry_comments),
        cmocka_unit_test(what_is_not_known_is_refused_with_its_line),
        cmocka_unit_test(a_value_is_held_to_its_rule),
        cmocka_unit_test(addresses_are_counted_and_checked),
        cmocka_unit_test(nothing_is_said_twice),
        cmocka_unit_test(groups_that_disagree_are_refused),
        cmocka_unit_test(a_group_must_hold_nodes_of_the_fleet),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(an_override_goes_before_the_file),
        cmocka_unit_test(without_a_file_the_names_are_the_addresses),
        cmocka_unit_test(every_enum_has_its_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
