#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/option_table.h"
#include "controller/options.h"
#include "controller/outcome.h"
#include "controller/screen/text.h"
#include "controller/screen/utf8.h"
#include "controller/state_folder.h"
#include "controller/usage.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define MAX_WORDS 20

/* The words of a command line, parted by single spaces. */
static int parse(const char *line, struct options *o, struct fail *why)
{
    static char copy[500], *argv[MAX_WORDS + 1];
    int argc = 0;

    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = copy; word && argc < MAX_WORDS; argc++) {
        argv[argc] = word;
        word = strchr(word, ' ');
        if (word)
            *word++ = '\0';
    }
    argv[argc] = NULL;
    return options_parse(argc, argv, o, why);
}

static void refused(const char *line, const char *wanted)
{
    struct options o;
    struct fail why = {0};

    assert_int_equal(parse(line, &o, &why), -1);
    assert_string_equal(why.text, wanted);
    assert_int_equal(why.code, FAIL_USAGE);
    options_clear(&o);
}

static void options_come_in_every_usual_form(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(parse("ibfleet probe -w ib1 -f32 --timeout=5 --key k ib[2-3] "
                           "--hosts ib4 -x ib2 --host-keys accept-new",
                           &o, NULL),
                     0);
    assert_int_equal(o.command, COMMAND_PROBE);
    assert_string_equal(o.hosts, "ib1,ib[2-3],ib4");
    assert_string_equal(o.exclude, "ib2");
    assert_int_equal(o.width, 32);
    assert_int_equal(o.timeout_s, 5);
    assert_string_equal(o.key, "k");
    assert_string_equal(o.host_keys, "accept-new");
    assert_false(o.json);
    options_clear(&o);
}

static void what_was_not_given_is_told_from_zero(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(parse("ibfleet rollout -a --max-failures 0", &o, NULL), 0);
    assert_int_equal(o.max_failures, 0);
    assert_int_equal(o.install_timeout_s, OPTION_UNSET);
    assert_null(o.policy[POLICY_WINDOW]);
    assert_null(o.reboot);
    assert_true(o.all);
    options_clear(&o);
}

static void a_command_to_run_is_nobodys_option(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(parse("ibfleet exec -ab -- ls -l --json -- x", &o, NULL), 0);
    assert_true(o.gather);
    assert_false(o.json);
    assert_int_equal(o.word_count, 5);
    assert_string_equal(o.words[0], "ls");
    assert_string_equal(o.words[3], "--");
    options_clear(&o);
}

static void no_nodes_are_never_all_nodes(void **state)
{
    (void)state;
    refused("ibfleet probe",
            "probe: which nodes? -w HOSTS names some, -a takes the whole fleet");
    refused("ibfleet probe -a ib1",
            "probe: -a is the whole fleet already, so 'ib1' is one too many");
    refused("ibfleet exec ib1",
            "exec: no command; it stands after `--`, as in: ibfleet exec -a -- uname -r");
    refused("ibfleet show", "show: which node? ibfleet show NODE");
}

static void what_is_wrong_is_said_in_one_line(void **state)
{
    (void)state;
    refused("ibfleet", "no command; see: ibfleet help");
    refused("ibfleet -w ib1 probe", "the command comes first: ibfleet COMMAND -w");
    refused("ibfleet prob -a", "unknown command 'prob'; did you mean 'probe'?");
    refused("ibfleet dance", "unknown command 'dance'; see: ibfleet help");
    refused("ibfleet help roolout", "unknown command 'roolout'; did you mean 'rollout'?");
    refused("ibfleet probe -a --jsno", "unknown option --jsno; did you mean --json?");
    refused("ibfleet probe -a --frobnicate",
            "unknown option --frobnicate; see: ibfleet help probe");
    refused("ibfleet probe -aQ", "unknown option -Q; see: ibfleet help probe");
    refused("ibfleet probe -a --samples 5",
            "probe does not take --samples; these do: validate");
    refused("ibfleet azure restart -a",
            "azure does not take --all: all instances of a set are '@all'");
    refused("ibfleet probe -a -f", "--width needs a value: N");
    refused("ibfleet exec -a --timeout -- ls", "--timeout needs a value: SECONDS");
    refused("ibfleet probe -a --json=yes", "--json takes no value");
    refused("ibfleet probe -a --key=", "--key: FILE is empty");
    refused("ibfleet probe -a --json --ndjson", "--json and --ndjson: one of both");
    refused("ibfleet validate -a --all-pairs --rounds 2",
            "--all-pairs and --rounds: one of both");
    refused("ibfleet rollout -a --remove --rollback",
            "--driver, --remove and --rollback: one of them");
    refused("ibfleet rollout -a --driver auto --remove",
            "--driver, --remove and --rollback: one of them");
    refused("ibfleet resume r1 --remove",
            "resume does not take --remove; these do: rollout");
    refused("ibfleet status r1 r2", "status: one word too many: 'r2'");
    refused("ibfleet status r1 --run r2", "status: one run at a time: 'r1' or 'r2'");
}

static void numbers_and_words_keep_to_their_range(void **state)
{
    (void)state;
    refused("ibfleet probe -a -f 0", "--width takes a number from 1 to 65536, not '0'");
    refused("ibfleet probe -a -f 65537",
            "--width takes a number from 1 to 65536, not '65537'");
    refused("ibfleet probe -a -f 3x", "--width takes a number from 1 to 65536, not '3x'");
    refused("ibfleet probe -a -f 99999999999999999999",
            "--width takes a number from 1 to 65536, not '99999999999999999999'");
    refused("ibfleet probe -a --host-keys accept",
            "--host-keys takes strict|accept-new, not 'accept'");
    refused("ibfleet rollout -a --reboot alway",
            "--reboot takes auto|always|never, not 'alway'; did you mean 'always'?");
    refused("ibfleet man probe exec", "man: one page at a time, so 'exec' is too many");
    refused("ibfleet rollout -a --reboot-timeout 0",
            "--reboot-timeout takes a number from 1 to 14400, not '0'");
    refused("ibfleet rollout -a --install-timeout 14401",
            "--install-timeout takes a number from 1 to 14400, not '14401'");
    refused("ibfleet rollout -a --failed",
            "rollout does not take --failed; these do: resume");
    refused("ibfleet probe -a --progress=",
            "--progress takes auto|tty|plain|none, not ''");
}

/* So that one alias fits all commands. */
static void every_command_takes_what_is_common(void **state)
{
    static const char *const common[] = {"json", "fleet", "state", "help"};

    (void)state;
    for (const struct option_row *o = option_table; o->name; o++)
        for (size_t i = 0; i < sizeof common / sizeof *common; i++)
            for (const struct command_row *c = command_table; c->name; c++)
                if (strcmp(o->name, common[i]) == 0 && !(o->commands & c->kind))
                    fail_msg("%s does not take --%s", c->name, o->name);
}

static void help_is_asked_for_in_three_ways(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(parse("ibfleet probe --help", &o, NULL), 0); /* and no HOSTS */
    assert_true(o.help);
    assert_string_equal(o.help_topic, "probe");
    options_clear(&o);
    assert_int_equal(parse("ibfleet help exec", &o, NULL), 0);
    assert_string_equal(o.help_topic, "exec");
    assert_int_equal(parse("ibfleet --help", &o, NULL), 0);
    assert_true(o.help && !o.help_topic);
    assert_int_equal(parse("ibfleet --version", &o, NULL), 0);
    assert_true(o.version);
}

/* Examples are the first thing read; they had better be accepted. */
static void every_example_of_the_help_is_a_command_line(void **state)
{
    (void)state;
    for (const struct command_row *row = command_table; row->name; row++) {
        for (const char *line = row->examples; *line; line = strchr(line, '\n') + 1) {
            char copy[300];
            struct options o;
            struct fail why;

            snprintf(copy, sizeof copy, "%.*s", (int)strcspn(line, "|\n"), line);
            if (parse(copy, &o, &why) < 0)
                fail_msg("%s: %s", copy, why.text);
            assert_int_equal(o.command, row->kind);
            options_clear(&o);
        }
    }
}

static void help_fits_eighty_columns_and_names_all_options(void **state)
{
    (void)state;
    for (const struct command_row *row = command_table; row->name; row++) {
        CLEANUP(text_clear) struct text text = {0};
        const char *end;

        usage_render(row->name, &text);
        for (const struct option_row *o = option_table; o->name; o++)
            if ((o->commands & row->kind) && !strstr(text_of(&text), o->name))
                fail_msg("help %s does not name --%s", row->name, o->name);
        for (const char *l = text_of(&text); (end = strchr(l, '\n')); l = end + 1)
            if (utf8_columns(l, (size_t)(end - l)) > 80)
                fail_msg("help %s: too wide: %.*s", row->name, (int)(end - l), l);
    }
}

/* ---- outcome ------------------------------------------------------------------------
 */

static void count(struct outcome *o, enum fail_code code)
{
    struct fail why = {.code = code};

    outcome_count(o, &why);
}

static void the_gravest_that_happened_is_the_status(void **state)
{
    struct outcome o = {.total = 3};

    (void)state;
    outcome_count(&o, NULL);
    assert_int_equal(outcome_status(&o), EXIT_WELL);
    count(&o, FAIL_CONNECT);
    assert_int_equal(outcome_status(&o), EXIT_SOME_FAILED);
    count(&o, FAIL_STALE_EPOCH); /* a later controller of our own run has it */
    assert_int_equal(outcome_status(&o), EXIT_CLAIMED);
    count(&o, FAIL_CLAIMED);
    assert_int_equal(o.claimed, 2);
    o.refused = true;
    assert_int_equal(outcome_status(&o), EXIT_REFUSED);
    o.budget = true;
    assert_int_equal(outcome_status(&o), EXIT_BUDGET);
    o.interrupted = true;
    assert_int_equal(outcome_status(&o), EXIT_INTERRUPTED);
    count(&o, FAIL_MEMORY);
    assert_int_equal(outcome_status(&o), EXIT_OUR_FAULT);
}

static void nobody_is_all_of_them_unreached(void **state)
{
    struct outcome o = {.total = 2};

    (void)state;
    count(&o, FAIL_HOST_KEY_CHANGED);
    assert_int_equal(outcome_status(&o), EXIT_SOME_FAILED);
    count(&o, FAIL_AUTH_REFUSED);
    assert_int_equal(outcome_status(&o), EXIT_NOBODY);
    o = (struct outcome){.total = 1};
    count(&o, FAIL_GARBAGE); /* it answered */
    assert_int_equal(outcome_status(&o), EXIT_SOME_FAILED);
}

static void a_failure_before_the_start_has_its_status_by_its_kind(void **state)
{
    static const struct {
        enum fail_code code;
        enum exit_status status;
    } wanted[] = {{FAIL_FLEET_FILE, EXIT_USAGE},  {FAIL_HOSTLIST, EXIT_USAGE},
                  {FAIL_NO_SUCH_RUN, EXIT_USAGE}, {FAIL_STATE, EXIT_OUR_FAULT},
                  {FAIL_PREFLIGHT, EXIT_REFUSED}, {FAIL_CLAIMED, EXIT_CLAIMED},
                  {FAIL_BUDGET, EXIT_BUDGET},     {FAIL_INTERRUPTED, EXIT_INTERRUPTED}};

    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        struct fail why = {.code = wanted[i].code};

        assert_int_equal(outcome_of_fail(&why), wanted[i].status);
    }
}

/* ---- the state folder ---------------------------------------------------------------
 */

static void state_folder_is(struct state_folder_asker asker, const char *wanted)
{
    CLEANUP(text_done) char *path = NULL;

    assert_int_equal(state_folder_path(&asker, &path, NULL), 0);
    assert_string_equal(path, wanted);
}

static void the_state_folder_follows_who_asks(void **state)
{
    struct state_folder_asker homeless = {.home = NULL};
    struct fail why;
    char *path;

    (void)state;
    state_folder_is((struct state_folder_asker){"/d", true, "/x", "/h"}, "/d");
    state_folder_is((struct state_folder_asker){NULL, true, "/x", "/h"},
                    "/var/lib/ibfleet");
    state_folder_is((struct state_folder_asker){NULL, false, "/x", "/h"}, "/x/ibfleet");
    state_folder_is((struct state_folder_asker){NULL, false, "relative", "/h"},
                    "/h/.local/state/ibfleet");
    assert_int_equal(state_folder_path(&homeless, &path, &why), -1);
    assert_int_equal(why.code, FAIL_STATE);
}

static void a_state_folder_is_made_for_us_alone(void **state)
{
    char top[] = "/tmp/state_folder.XXXXXX", path[80];
    struct stat made;

    (void)state;
    assert_non_null(mkdtemp(top));
    snprintf(path, sizeof path, "%s/a/b", top);
    assert_int_equal(state_folder_make(path, NULL), 0);
    assert_int_equal(state_folder_make(path, NULL), 0);
    assert_int_equal(stat(path, &made), 0);
    assert_int_equal(made.st_mode & 0777, 0700);
    rmdir(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    rmdir(top);
}

static void file_systems_that_do_not_lock_are_refused(void **state)
{
    (void)state;
    assert_string_equal(state_folder_refused(0x6969), "NFS");
    assert_string_equal(state_folder_refused(0x0bd00bd0), "Lustre");
    assert_null(state_folder_refused(0xef53)); /* ext4 */
}

static void copy_finds_out_whom_and_where(void **state)
{
    struct options o;

    (void)state;
    assert_int_equal(parse("ibfleet copy a b @slurm:gpu:/x:/y", &o, NULL), 0);
    assert_string_equal(o.hosts, "@slurm:gpu");
    assert_string_equal(o.place, "/x:/y");
    assert_int_equal(o.source_count, 2);
    assert_string_equal(o.sources[1], "b");
    options_clear(&o);
    assert_int_equal(parse("ibfleet copy a -w ib1 ib2:/x", &o, NULL), -1);
    options_clear(&o);
    assert_int_equal(parse("ibfleet copy -a --from /x dir", &o, NULL), 0);
    assert_string_equal(o.place, "/x");
    assert_string_equal(o.into, "dir");
    options_clear(&o);
    refused("ibfleet copy a", "copy: what, and where to? ibfleet copy FILE "
                              "'ib[1-4]:/etc/FILE'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_finds_out_whom_and_where),
        cmocka_unit_test(options_come_in_every_usual_form),
        cmocka_unit_test(what_was_not_given_is_told_from_zero),
        cmocka_unit_test(a_command_to_run_is_nobodys_option),
        cmocka_unit_test(no_nodes_are_never_all_nodes),
        cmocka_unit_test(what_is_wrong_is_said_in_one_line),
        cmocka_unit_test(numbers_and_words_keep_to_their_range),
        cmocka_unit_test(every_command_takes_what_is_common),
        cmocka_unit_test(help_is_asked_for_in_three_ways),
        cmocka_unit_test(every_example_of_the_help_is_a_command_line),
        cmocka_unit_test(help_fits_eighty_columns_and_names_all_options),
        cmocka_unit_test(the_gravest_that_happened_is_the_status),
        cmocka_unit_test(nobody_is_all_of_them_unreached),
        cmocka_unit_test(a_failure_before_the_start_has_its_status_by_its_kind),
        cmocka_unit_test(the_state_folder_follows_who_asks),
        cmocka_unit_test(a_state_folder_is_made_for_us_alone),
        cmocka_unit_test(file_systems_that_do_not_lock_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
