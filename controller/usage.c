#include "controller/usage.h"

#include <stdio.h>
#include <string.h>

#include "controller/option_table.h"
#include "controller/outcome.h"
#include "controller/screen/text.h"
#include "controller/screen/wrap.h"
#include "controller/vmss/action.h"

/* Where the second column begins, and where it ends. */
#define OPTION_COLUMNS 28
#define HELP_COLUMNS   80

/* ---- examples --------------------------------------------------------------------- */

static void add_examples(const struct command_row *row, struct text *text)
{
    for (const char *at = row->examples; *at;) {
        struct option_example e = option_example_next(&at);

        text_add(text, "  %.*s\n        %.*s\n", e.line_len, e.line, e.words_len,
                 e.words);
    }
}

/* ---- the actions of azure --------------------------------------------------------------- */

static void add_actions(struct text *text)
{
    text_add(text, "\nActions:\n");
    for (const struct action_row *row = action_table; row->first; row++) {
        size_t before = text->len_bytes;

        text_add(text, "  %s%s%s", row->first, row->second ? " " : "",
                 row->second ? row->second : "");
        text_fill(text, ' ', OPTION_COLUMNS - (text->len_bytes - before));
        wrap_add(text, row->help, OPTION_COLUMNS, HELP_COLUMNS);
    }
}

/* ---- options ---------------------------------------------------------------------- */

static void add_option(const struct option_row *row, struct text *text)
{
    char left[80], letter[4] = "   ";
    int len;

    if (row->letter)
        snprintf(letter, sizeof letter, "-%c,", row->letter);
    len = snprintf(left, sizeof left, "  %s --%s%s%s", letter, row->name,
                   row->argument ? " " : "", row->argument ? row->argument : "");
    text_add(text, "%s", left);
    if (len >= OPTION_COLUMNS) {
        text_add(text, "\n");
        len = 0;
    }
    text_fill(text, ' ', OPTION_COLUMNS - (size_t)len);
    wrap_add(text, row->help, OPTION_COLUMNS, HELP_COLUMNS);
}

/* What only this command does comes first: it is why somebody asks for this help. */
static void add_options(const struct command_row *command, struct text *text)
{
    const char *last = NULL;

    for (const struct option_row *row = option_table; row->name; row++) {
        if (!(row->commands & command->kind))
            continue;
        if (option_group(row) != last)
            text_add(text, "\n%s:\n", last = option_group(row));
        add_option(row, text);
    }
}

/* ---- the two pages ---------------------------------------------------------------- */

static void render_command(const struct command_row *row, struct text *text)
{
    text_add(text, "ibfleet %s %s\n%s\n\n", row->name, row->synopsis, row->summary);
    add_examples(row, text);
    if (row->words == WORDS_ACTION)
        add_actions(text);
    add_options(row, text);
    text_add(text, "\nMore: man ibfleet-%s, or: ibfleet man %s | man -l -\n", row->name,
             row->name);
}

static void add_statuses(struct text *text)
{
    text_add(text, "\nExit status:\n");
    for (int status = 0; outcome_meaning(status); status++)
        text_add(text, "  %d  %s\n", status, outcome_meaning(status));
}

static void render_all(struct text *text)
{
    text_add(text,
             "ibfleet: from bare virtual machines to a proven InfiniBand fabric\n\n"
             "  ibfleet probe -a\n        what is there\n"
             "  ibfleet rollout -a\n        drivers installed, after a plan and a "
             "question\n"
             "  ibfleet validate -a\n        nodes measured against each other, and a "
             "verdict\n\nCommands:\n");
    for (const struct command_row *row = command_table; row->name; row++)
        text_add(text, "  %-10s %s\n", row->name, row->summary);
    text_add(text,
             "\n"
             "HOSTS is -w 'ib[001-128],@gpu!ib007', the same without -w, or -a for the\n"
             "whole fleet.\n\n"
             "More: ibfleet help COMMAND; man ibfleet-COMMAND, ibfleet.conf, "
             "ibfleet-states\n(not installed? ibfleet man COMMAND | man -l -)\n");
    add_statuses(text);
}

void usage_render(const char *topic, struct text *text)
{
    const struct command_row *row = topic ? command_row_named(topic) : NULL;

    if (row)
        render_command(row, text);
    else
        render_all(text);
}
