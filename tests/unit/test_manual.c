#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/manual/completion.h"
#include "controller/manual/manual.h"
#include "controller/manual/prose.h"
#include "controller/manual/roff.h"
#include "controller/option_table.h"
#include "controller/outcome.h"
#include "controller/outside/hook_doc.h"
#include "controller/outside/metrics.h"
#include "controller/outside/notice.h"
#include "controller/screen/advice.h"
#include "controller/screen/text.h"
#include "inventory/extension_exit.h"
#include "inventory/fleet_setting.h"
#include "protocol/agent_usage.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* ---- pages ------------------------------------------------------------------------ */

/* As roff spells a name. */
static void spell(const char *name, struct text *out)
{
    roff_line(out, name, strlen(name));
    out->bytes[--out->len_bytes] = '\0';
}

static void page_names(const char *topic, const char *name)
{
    CLEANUP(text_clear) struct text roff = {0}, wanted = {0};
    struct manual_page page;

    assert_int_equal(manual_find(topic, &page, NULL), 0);
    manual_render(&page, &roff);
    spell(name, &wanted);
    if (!strstr(text_of(&roff), text_of(&wanted)))
        fail_msg("%s does not name %s", page.name, name);
}

static void insert_nothing(struct text *roff, const char *name, int len_bytes)
{
    (void)roff;
    (void)name;
    (void)len_bytes;
}

static void page_has_prose(const char *page)
{
    CLEANUP(text_clear) struct text roff = {0};

    prose_render(page, insert_nothing, &roff);
    if (!roff.len_bytes)
        fail_msg("prose.txt has nothing of # %s", page);
}

static void each_command_has_a_page_with_all_its_options(void **state)
{
    (void)state;
    for (const struct command_row *row = command_table; row->name; row++) {
        char page[80];

        snprintf(page, sizeof page, "ibfleet-%s", row->name);
        page_has_prose(page);
        for (const struct option_row *o = option_table; o->name; o++)
            if (o->commands & row->kind)
                page_names(row->name, o->name);
        page_names("ibfleet", row->name);
    }
}

static void what_the_tables_hold_is_in_the_manual(void **state)
{
    (void)state;
    for (int i = 0; i < SETTINGS; i++) {
        page_names("ibfleet.conf", setting_name((enum fleet_setting)i));
        assert_non_null(setting_help((enum fleet_setting)i));
    }
    for (int c = FAIL_NONE + 1; c < FAIL_CODE_COUNT; c++)
        page_names("states", fail_code_name((enum fail_code)c));
    for (int status = EXIT_WELL; status <= EXIT_OUR_FAULT; status++)
        assert_non_null(outcome_meaning(status));
    assert_null(outcome_meaning(EXIT_OUR_FAULT + 1));
    assert_null(outcome_meaning(-1));
}

static void the_agent_alone_has_a_page_with_all_its_options(void **state)
{
    (void)state;
    page_has_prose("ibfleet-agent");
    for (const struct agent_command_row *row = agent_command_table; row->name; row++)
        if (row->by_hand)
            page_names("agent", row->name);
    for (size_t i = 0; i < AGENT_OPTIONS; i++)
        page_names("agent", agent_option_table[i].name);
    for (int exit = EXTENSION_NO_HYPER_V; exit <= EXTENSION_FAILED; exit++)
        page_names("agent", extension_exit_text((enum extension_exit)exit));
}

static void the_outside_has_a_page_with_all_its_tables(void **state)
{
    const char *name, *help;

    (void)state;
    page_has_prose("ibfleet-hooks");
    for (int k = 0; k < HOOK_KINDS; k++)
        page_names("hooks", hook_name((enum hook_kind)k));
    for (size_t i = 0; metrics_family(i, &name, &help); i++)
        page_names("hooks", name);
    for (int k = 0; k < NOTICE_KINDS; k++)
        page_names("hooks", notice_message_id((enum notice_kind)k));
}

static void a_page_that_is_not_there_has_a_neighbour(void **state)
{
    struct manual_page page;
    struct fail why;

    (void)state;
    assert_int_equal(manual_find(NULL, &page, NULL), 0);
    assert_string_equal(page.name, "ibfleet");
    assert_int_equal(manual_find("ibfleet-exex", &page, &why), -1);
    assert_int_equal(why.code, FAIL_USAGE);
    assert_string_equal(why.text,
                        "no manual page 'ibfleet-exex'; did you mean ibfleet-exec");
}

static void groups_of_options_begin_where_they_should(void **state)
{
    const struct {
        const char *name, *group;
    } wanted[] = {{"expand", "This command"},     {"hosts", "Which nodes"},
                  {"fleet", "Which nodes"},       {"user", "How to reach them"},
                  {"width", "How to reach them"}, {"json", "What comes out"},
                  {"help", "What comes out"}};

    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        for (const struct option_row *o = option_table; o->name; o++)
            if (strcmp(o->name, wanted[i].name) == 0)
                assert_string_equal(option_group(o), wanted[i].group);
}

static void roff_takes_words_for_words(void **state)
{
    CLEANUP(text_clear) struct text roff = {0};

    (void)state;
    roff_words(&roff, ".so /etc/passwd", 15);
    roff_line(&roff, "'x\\n `a` ^~\"-", 13);
    roff_words(&roff, "a `-b` lonely ` one", 19);
    assert_string_equal(text_of(&roff), "\\&.so /etc/passwd\n"
                                        "\\(aqx\\en \\(gaa\\(ga \\(ha\\(ti\\(dq\\-\n"
                                        "a \\fB\\-b\\fR lonely \\(ga one\n");
}

/* ---- completion -------------------------------------------------------------------- */

/* What is offered for a line whose last `word` the shell replaces, joined by spaces. */
static void offers(const char *line, const char *word, const char *const *more,
                   const char *wanted)
{
    CLEANUP(completion_clear) struct completion c;
    CLEANUP(text_clear) struct text out = {0};

    completion_read(line, word, &c);
    completion_add_words(&c, &out);
    for (; more && *more; more++)
        completion_add(&c, *more, &out);
    for (size_t i = 0; i < out.len_bytes; i++)
        if (out.bytes[i] == '\n')
            out.bytes[i] = i + 1 < out.len_bytes ? ' ' : '\0';
    assert_string_equal(text_of(&out), wanted);
}

static void is_what(const char *line, enum completion_what what)
{
    CLEANUP(completion_clear) struct completion c;

    completion_read(line, "", &c);
    if (c.what != what)
        fail_msg("'%s' is %d, not %d", line, c.what, what);
}

static void commands_options_and_their_words_are_offered(void **state)
{
    (void)state;
    offers("ibfleet pro", "pro", NULL, "probe promote");
    offers("ibfleet re", "re", NULL, "report resume");
    offers("ibfleet help ro", "ro", NULL, "rollout");
    offers("ibfleet man ibfleet-p", "ibfleet-p", NULL, "ibfleet-probe");
    offers("ibfleet exec --ga", "--ga", NULL, "--gather");
    offers("ibfleet probe --ga", "--ga", NULL, ""); /* not of probe */
    offers("ibfleet rollout --reboot a", "a", NULL, "auto always");
    offers("ibfleet rollout --reboot=al", "al", NULL, "always");
    offers("ibfleet rollout --reboot=al", "--reboot=al", NULL, "--reboot=always");
    offers("ibfleet rollout --reboot=", "=", NULL, "=auto =always =never");
    offers("ibfleet roll --x", "--x", NULL, "");
}

static void the_last_part_of_a_hostlist_is_completed(void **state)
{
    static const char *const known[] = {"ib1", "ib2", "gpu1", "@all", "@gpu", NULL};

    (void)state;
    offers("ibfleet probe ", "", known, "ib1 ib2 gpu1 @all @gpu");
    offers("ibfleet probe @g", "@g", known, "@gpu");
    offers("ibfleet probe @g", "g", known, "gpu"); /* where @ parts words */
    offers("ibfleet probe -w ib1,g", "ib1,g", known, "ib1,gpu1");
    offers("ibfleet probe -aw ib[1,2],@a", "ib[1,2],@a", known, "ib[1,2],@all");
    offers("ibfleet probe '@all!ib", "@all!ib", known, "@all!ib1 @all!ib2");
    offers("ibfleet probe --hosts=ib1,ib", "--hosts=ib1,ib", known,
           "--hosts=ib1,ib1 --hosts=ib1,ib2");
    offers("ibfleet probe ib[1,", "ib[1,", known, "");
}

static void what_only_others_know_is_named(void **state)
{
    (void)state;
    is_what("ibfleet show ", COMPLETE_NODE);
    is_what("ibfleet show --run ", COMPLETE_RUN);
    is_what("ibfleet status ", COMPLETE_RUN);
    is_what("ibfleet probe -i ", COMPLETE_FILE);
    is_what("ibfleet probe --fleet=x", COMPLETE_FILE);
    is_what("ibfleet probe --state ", COMPLETE_FOLDER);
    is_what("ibfleet probe -f ", COMPLETE_NOTHING);
    is_what("ibfleet exec -a -- ", COMPLETE_PROGRAM);
    is_what("ibfleet exec -a -- ls -", COMPLETE_FILE);
    is_what("ibfleet exec -w -- ", COMPLETE_HOSTS); /* it is the value of -w */
    is_what("ibfleet nosuch ", COMPLETE_NOTHING);
    is_what("ibfleet", COMPLETE_NOTHING);
    is_what("", COMPLETE_NOTHING);
}

static void quotes_and_what_was_typed_before_count(void **state)
{
    CLEANUP(completion_clear) struct completion c;

    (void)state;
    completion_read("ibfleet show --fleet 'my fleet.ini' --state=/s\\ t ib", "ib", &c);
    assert_string_equal(c.fleet, "my fleet.ini");
    assert_string_equal(c.state, "/s t");
    assert_string_equal(c.current, "ib");
}

static void absurd_lines_are_completed_with_nothing(void **state)
{
    CLEANUP(text_clear) struct text line = {0};

    (void)state;
    for (size_t i = 0; i < COMPLETION_MAX_WORDS; i++)
        text_add(&line, "a ");
    is_what(text_of(&line), COMPLETE_NOTHING);
    text_fill(&line, 'x', COMPLETION_MAX_BYTES);
    is_what(text_of(&line), COMPLETE_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_command_has_a_page_with_all_its_options),
        cmocka_unit_test(what_the_tables_hold_is_in_the_manual),
        cmocka_unit_test(the_agent_alone_has_a_page_with_all_its_options),
        cmocka_unit_test(the_outside_has_a_page_with_all_its_tables),
        cmocka_unit_test(a_page_that_is_not_there_has_a_neighbour),
        cmocka_unit_test(groups_of_options_begin_where_they_should),
        cmocka_unit_test(roff_takes_words_for_words),
        cmocka_unit_test(commands_options_and_their_words_are_offered),
        cmocka_unit_test(the_last_part_of_a_hostlist_is_completed),
        cmocka_unit_test(what_only_others_know_is_named),
        cmocka_unit_test(quotes_and_what_was_typed_before_count),
        cmocka_unit_test(absurd_lines_are_completed_with_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
