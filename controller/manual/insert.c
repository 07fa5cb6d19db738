#include "controller/manual/insert.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "controller/link/link_state.h"
#include "controller/manual/machine_list.h"
#include "controller/manual/roff.h"
#include "controller/option_table.h"
#include "controller/outcome.h"
#include "controller/outside/hook_doc.h"
#include "controller/outside/metrics.h"
#include "controller/outside/notice.h"
#include "controller/rollout/node_state.h"
#include "controller/screen/advice.h"
#include "controller/screen/text.h"
#include "controller/vmss/action.h"
#include "inventory/extension_exit.h"
#include "inventory/fleet_azure.h"
#include "inventory/fleet_setting.h"
#include "protocol/agent_usage.h"
#include "protocol/fail.h"

static void put_item(struct text *roff, const char *name, const char *words)
{
    char tag[80];

    snprintf(tag, sizeof tag, "`%s`", name);
    roff_item(roff, tag, words);
}

/* ---- a command --------------------------------------------------------------------- */

static void put_examples(const char *line, struct text *roff)
{
    while (*line) {
        struct option_example e = option_example_next(&line);

        text_add(roff, ".TP\n\\fB");
        roff_line(roff, e.line, (size_t)e.line_len);
        roff->len_bytes--;
        text_add(roff, "\\fR\n");
        roff_words(roff, e.words, (size_t)e.words_len);
    }
}

void insert_examples(const struct command_row *row, struct text *roff)
{
    put_examples(row->examples, roff);
}

static void put_option(const struct option_row *row, struct text *roff)
{
    char tag[120], letter[12] = "";

    if (row->letter)
        snprintf(letter, sizeof letter, "`-%c`, ", row->letter);
    snprintf(tag, sizeof tag, "%s`--%s`%s%s", letter, row->name, row->argument ? " " : "",
             row->argument ? row->argument : "");
    roff_item(roff, tag, row->help);
}

void insert_options(const struct command_row *row, struct text *roff)
{
    const char *group, *last = NULL;

    for (const struct option_row *o = option_table; o->name; o++) {
        if (!(o->commands & row->kind))
            continue;
        group = option_group(o);
        if (group != last)
            roff_subsection(roff, group);
        last = group;
        put_option(o, roff);
    }
}

/* ---- parts ------------------------------------------------------------------------- */

static void put_commands(struct text *roff)
{
    for (const struct command_row *row = command_table; row->name; row++) {
        char tag[200];

        snprintf(tag, sizeof tag, "`ibfleet %s` %s", row->name, row->synopsis);
        roff_item(roff, tag, row->summary);
    }
}

static void put_exit(struct text *roff)
{
    for (int status = 0; outcome_meaning(status); status++) {
        char name[12];

        snprintf(name, sizeof name, "%d", status);
        put_item(roff, name, outcome_meaning(status));
    }
}

static void put_settings(struct text *roff)
{
    for (int i = 0; i < SETTINGS; i++) {
        enum fleet_setting setting = (enum fleet_setting)i;
        char words[400];

        snprintf(words, sizeof words, "%s: %s", setting_what(setting),
                 setting_help(setting));
        put_item(roff, setting_name(setting), words);
    }
}

static void put_azure_settings(struct text *roff)
{
    const char *key, *help;

    for (size_t i = 0; (key = fleet_azure_key(i, &help)); i++)
        put_item(roff, key, help);
}

static void put_actions(struct text *roff)
{
    for (const struct action_row *row = action_table; row->first; row++) {
        char name[60];

        snprintf(name, sizeof name, "%s%s%s", row->first, row->second ? " " : "",
                 row->second ? row->second : "");
        put_item(roff, name, row->help);
    }
}

static void put_node_states(struct text *roff)
{
    for (int s = 1; s < NODE_STATES; s++)
        put_item(roff, node_state_name((enum node_state)s),
                 node_state_meaning((enum node_state)s));
}

static void put_link_states(struct text *roff)
{
    for (int s = 1; s < LINK_STATES; s++)
        put_item(roff, link_state_name((enum link_state)s),
                 link_state_meaning((enum link_state)s));
}

static const char *kind_in_words(enum fail_code code)
{
    static const char *const words[FAIL_KINDS] = {
        [FAIL_KIND_NONE] = "",
        [FAIL_KIND_INPUT] = "never tried again: something must be changed first",
        [FAIL_KIND_AGAIN] = "worth another attempt",
        [FAIL_KIND_NODE] = "this node alone",
        [FAIL_KIND_HERE] = "our own machine: everything stops",
    };

    return words[fail_kind_of(code)];
}

static void put_failures(struct text *roff)
{
    for (int c = FAIL_NONE + 1; c < FAIL_CODE_COUNT; c++) {
        enum fail_code code = (enum fail_code)c;
        const char *advice = advice_of(code);
        char words[400];

        snprintf(words, sizeof words, "%s (%s)%s%s", advice_title(code),
                 kind_in_words(code), advice ? ".  What to do: " : ".",
                 advice ? advice : "");
        put_item(roff, fail_code_name(code), words);
    }
}

/* ---- the agent alone --------------------------------------------------------------- */

static void put_agent_commands(struct text *roff)
{
    for (const struct agent_command_row *row = agent_command_table; row->name; row++) {
        char tag[200];

        if (!row->by_hand)
            continue;
        snprintf(tag, sizeof tag, "`ibfleet-agent %s` %s", row->name, row->synopsis);
        roff_item(roff, tag, row->summary);
    }
}

static void put_agent_examples(struct text *roff)
{
    for (const struct agent_command_row *row = agent_command_table; row->name; row++)
        put_examples(row->examples, roff);
}

static void put_agent_options(const struct agent_command_row *command, struct text *roff)
{
    roff_subsection(roff, command->name);
    for (size_t i = 0; i < AGENT_OPTIONS; i++) {
        const struct agent_option_row *row = &agent_option_table[i];
        char tag[120];

        if (i == AGENT_OPTION_HELP || !(row->commands & command->command))
            continue;
        snprintf(tag, sizeof tag, "`--%s`%s%s", row->name, row->argument ? " " : "",
                 row->argument ? row->argument : "");
        roff_item(roff, tag, row->help);
    }
}

static void put_all_agent_options(struct text *roff)
{
    for (const struct agent_command_row *row = agent_command_table; row->name; row++)
        if (row->command &
            (AGENT_INSTALL | AGENT_STATUS | AGENT_UNINSTALL | AGENT_DETECT))
            put_agent_options(row, roff);
}

static void put_extension_exits(struct text *roff)
{
    for (int exit = EXTENSION_OK; exit <= EXTENSION_FAILED; exit++) {
        char name[12];

        if (exit > EXTENSION_USAGE && exit < EXTENSION_NO_HYPER_V)
            continue;
        snprintf(name, sizeof name, "%d", exit);
        put_item(roff, name, extension_exit_text((enum extension_exit)exit));
    }
}

/* ---- to the outside ---------------------------------------------------------------- */

static void put_hooks(struct text *roff)
{
    for (int k = 0; k < HOOK_KINDS; k++)
        put_item(roff, hook_name((enum hook_kind)k), hook_meaning((enum hook_kind)k));
}

static void put_metrics(struct text *roff)
{
    const char *name, *help;

    for (size_t i = 0; metrics_family(i, &name, &help); i++)
        put_item(roff, name, help);
}

static void put_notices(struct text *roff)
{
    for (int k = 0; k < NOTICE_KINDS; k++) {
        enum notice_kind kind = (enum notice_kind)k;
        char words[200];

        snprintf(words, sizeof words, "%s; MESSAGE_ID=%s", notice_meaning(kind),
                 notice_message_id(kind));
        put_item(roff, notice_name(kind), words);
    }
}

/* ---- machines ---------------------------------------------------------------------- */

static void put_machines(struct text *roff)
{
    struct machine_line line;
    const char *at = NULL;

    while (machine_list_next(&at, &line)) {
        char words[400];

        snprintf(words, sizeof words, "%s, %s, kernel %s, %s: %s (%s)",
                 strcmp(line.columns[MACHINE_SIZE], "none") == 0
                     ? "not one of Azure's"
                     : line.columns[MACHINE_SIZE],
                 line.columns[MACHINE_SYSTEM], line.columns[MACHINE_KERNEL],
                 strcmp(line.columns[MACHINE_NICS], "-") == 0
                     ? "no NIC for RDMA"
                     : line.columns[MACHINE_NICS],
                 line.columns[MACHINE_DECISION], line.columns[MACHINE_EXIT]);
        put_item(roff, line.columns[MACHINE_NAME], words);
    }
}

void insert_part(struct text *roff, const char *name, int len_bytes)
{
    static const struct {
        const char *name;
        void (*put)(struct text *roff);
    } parts[] = {{"commands", put_commands},
                 {"exit", put_exit},
                 {"settings", put_settings},
                 {"node-states", put_node_states},
                 {"link-states", put_link_states},
                 {"failures", put_failures},
                 {"actions", put_actions},
                 {"azure-settings", put_azure_settings},
                 {"agent-commands", put_agent_commands},
                 {"agent-examples", put_agent_examples},
                 {"agent-options", put_all_agent_options},
                 {"extension-exits", put_extension_exits},
                 {"machines", put_machines},
                 {"hooks", put_hooks},
                 {"metrics", put_metrics},
                 {"notices", put_notices}};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strlen(parts[i].name) == (size_t)len_bytes &&
            memcmp(parts[i].name, name, (size_t)len_bytes) == 0) {
            parts[i].put(roff);
            return;
        }
    assert(false && "a part that nobody makes");
}
