/* What the agent is told by hand: its command line, what that comes to, and the memo of it. */
/* fakes: scratch_node */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/decide.h"
#include "node-agent/alone/agent_help.h"
#include "node-agent/alone/agent_options.h"
#include "node-agent/alone/memo.h"
#include "node-agent/alone/wish.h"
#include "node-agent/home.h"
#include "protocol/agent_usage.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "tests/fake/scratch_node.h"

#define ARGS(...)         \
    (const char *[])      \
    {                     \
        __VA_ARGS__, NULL \
    }

static void refused(const char *const *args, const char *words)
{
    struct agent_options o;
    struct fail why;

    assert_int_equal(agent_options_parse(args, &o, &why), -1);
    assert_int_equal(why.code, FAIL_USAGE);
    assert_string_equal(why.text, words);
}

static void parsed(const char *const *args, struct agent_options *o)
{
    struct fail why;

    if (agent_options_parse(args, o, &why) < 0)
        fail_msg("%s", why.text);
}

static void options_are_taken_in_both_forms(void **state)
{
    struct agent_options o;

    (void)state;
    parsed(ARGS("install", "--driver=doca-ofed 3.2.2", "--mirror", "http://m/", "--plan"),
           &o);
    assert_int_equal(o.command->command, AGENT_INSTALL);
    assert_string_equal(o.value[AGENT_OPTION_DRIVER], "doca-ofed 3.2.2");
    assert_string_equal(o.value[AGENT_OPTION_MIRROR], "http://m/");
    assert_non_null(o.value[AGENT_OPTION_PLAN]);
    assert_null(o.value[AGENT_OPTION_JSON]);
    parsed(ARGS("uninstall", "--driver"), &o);
    assert_non_null(o.value[AGENT_OPTION_DROP]);
    assert_null(o.value[AGENT_OPTION_DRIVER]);
    parsed(ARGS("step", "r1", "packages-1", "2"), &o);
    assert_string_equal(o.words[2], "2");
    parsed(ARGS("--version"), &o);
    assert_int_equal(o.command->command, AGENT_VERSION);
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    refused(ARGS("instal"), "no command 'instal'; did you mean 'install'?");
    refused(ARGS("install", "--driv", "inbox"),
            "no option of install '--driv'; did you mean '--driver'?");
    refused(ARGS("install", "--prxoy=http://ann:secret@p"),
            "no option of install '--prxoy'; did you mean '--proxy'?");
    refused(ARGS("install", "--driver"), "--driver wants DRIVER");
    refused(ARGS("install", "--plan=yes"), "--plan takes no value");
    refused(ARGS("serve", "extra"), "serve: what is 'extra' for?");
    refused(ARGS("step", "r1"), "step wants RUN STEP ATTEMPT");
    refused(ARGS("status", "--rollback"), "no option of status '--rollback'");
}

static void help_names_every_option_of_a_command(void **state)
{
    (void)state;
    for (const struct agent_command_row *row = agent_command_table; row->name; row++) {
        CLEANUP(text_done) char *text = NULL;
        size_t bytes;
        FILE *out = open_memstream(&text, &bytes);

        agent_help_command(out, row);
        fclose(out);
        for (size_t i = 0; i < AGENT_OPTIONS; i++)
            if ((agent_option_table[i].commands & row->command) &&
                !strstr(text, agent_option_table[i].name))
                fail_msg("help of %s has no --%s", row->name, agent_option_table[i].name);
        for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
            assert_true(strcspn(line, "\n") <= 80);
    }
}

/* ---- wishes -------------------------------------------------------------------------- */

static void read_wish(struct wish *w, const char *const *args)
{
    struct agent_options o;
    struct fail why;

    parsed(args, &o);
    if (wish_read(w, &o, &why) < 0)
        fail_msg("%s", why.text);
}

static void a_wish_that_was_kept_is_the_same_wish(void **state)
{
    CLEANUP(wish_done) struct wish first = {0}, second = {0};
    CLEANUP(json_done) struct json *kept = NULL, *again = NULL;
    CLEANUP(text_done) char *x = NULL, *y = NULL;
    struct decide_want want;
    struct fail why;

    (void)state;
    read_wish(&first,
              ARGS("install", "--driver", "doca-ofed 3.2.2", "--hold", "kernel",
                   "--names", "--no-ipoib", "--proxy", "http://a:b@p/", "--rxe", "eth1"));
    kept = wish_encode(&first);
    assert_int_equal(wish_decode(&second, kept, NULL, &why), 0);
    again = wish_encode(&second);
    x = json_print(kept);
    y = json_print(again);
    assert_string_equal(x, y);
    wish_want(&second, &want);
    assert_int_equal(want.driver, FLEET_DRIVER_DOCA_OFED);
    assert_string_equal(want.driver_version, "3.2.2");
    assert_int_equal(want.hold, FLEET_HOLD_KERNEL);
    assert_true(want.names);
    assert_false(want.ipoib);
    assert_string_equal(want.proxy, "http://a:b@p/");
    assert_non_null(want.catalog);
}

static void without_a_word_it_is_auto_and_nothing_reboots(void **state)
{
    CLEANUP(wish_done) struct wish w = {0};
    struct decide_want want;

    (void)state;
    read_wish(&w, ARGS("install"));
    wish_want(&w, &want);
    assert_int_equal(want.driver, FLEET_DRIVER_AUTO);
    assert_int_equal(want.reboot, FLEET_REBOOT_NEVER);
    assert_int_equal(want.hold, FLEET_HOLD_DRIVER);
    assert_true(want.ipoib);
    assert_false(want.names || want.remove || want.back);
}

static void the_way_back_is_settled_before_it_is_gone(void **state)
{
    CLEANUP(wish_done) struct wish old = {0}, inbox = {0};
    struct fail why;

    (void)state;
    read_wish(&old, ARGS("install", "--rollback"));
    assert_int_equal(wish_settle(&old, "mlnx-ofed 5.8-1.1.2.1", &why), 0);
    assert_false(old.back || old.remove);
    assert_int_equal(old.node.driver, FLEET_DRIVER_MLNX_OFED);
    assert_string_equal(old.node.driver_version, "5.8-1.1.2.1");
    read_wish(&inbox, ARGS("install", "--rollback"));
    assert_int_equal(wish_settle(&inbox, "inbox", &why), 0);
    assert_true(inbox.remove && !inbox.back);
}

static void urls_are_shown_without_secrets(void **state)
{
    CLEANUP(wish_done) struct wish w = {0};
    CLEANUP(json_done) struct json *shown = NULL;
    CLEANUP(text_done) char *text = NULL;

    (void)state;
    read_wish(&w, ARGS("install", "--proxy", "http://ann:secret@proxy:3128"));
    shown = wish_show(w.settings);
    text = json_print(shown);
    assert_non_null(strstr(text, "proxy:3128"));
    assert_null(strstr(text, "secret"));
}

/* ---- the memo ------------------------------------------------------------------------- */

static void a_memo_comes_back_as_it_was(void **state)
{
    CLEANUP(wish_done) struct wish w = {0};
    CLEANUP(memo_clear) struct memo m = {0}, back = {0};
    const char *const args[] = {"rdma-core"};
    const struct home *h = *state;
    struct fail why;

    read_wish(&w, ARGS("install", "--rxe", "eth1"));
    strcpy(m.run, "alone-1");
    strcpy(m.boot_id, "boot-1");
    strcpy(m.earlier, "inbox");
    m.wish = wish_encode(&w);
    m.catalog_text = strdup("{}");
    m.rebooted = true;
    assert_int_equal(steps_add(&m.steps, STEP_PACKAGES, args, 1, &why), 0);
    fail_set(&m.result, FAIL_DKMS, "not built");
    assert_false(memo_load(h, &back));
    assert_int_equal(memo_save(h, &m, &why), 0);
    assert_true(memo_load(h, &back));
    assert_string_equal(back.run, "alone-1");
    assert_string_equal(back.earlier, "inbox");
    assert_string_equal(back.catalog_text, "{}");
    assert_int_equal(back.steps.count, 1);
    assert_int_equal(back.result.code, FAIL_DKMS);
    assert_string_equal(back.result.text, "not built");
    assert_true(back.rebooted && !back.reboot && !back.over);
}

static void a_torn_memo_is_none(void **state)
{
    const struct home *h = *state;
    char path[HOME_PATH_MAX_BYTES];
    struct memo m;

    assert_int_equal(home_in_state(h, path, NULL, "/alone.json"), 0);
    for (const char *const *text = (const char *const[]){"", "{", "{}", "[1]", NULL};
         *text; text++) {
        assert_int_equal(home_write(path, *text, 0600, NULL), 0);
        assert_false(memo_load(h, &m));
        assert_null(m.wish);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_taken_in_both_forms),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(help_names_every_option_of_a_command),
        cmocka_unit_test(a_wish_that_was_kept_is_the_same_wish),
        cmocka_unit_test(without_a_word_it_is_auto_and_nothing_reboots),
        cmocka_unit_test(the_way_back_is_settled_before_it_is_gone),
        cmocka_unit_test(urls_are_shown_without_secrets),
        cmocka_unit_test_setup_teardown(a_memo_comes_back_as_it_was, scratch_node_make,
                                        scratch_node_drop),
        cmocka_unit_test_setup_teardown(a_torn_memo_is_none, scratch_node_make,
                                        scratch_node_drop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
