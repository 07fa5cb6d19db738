#include "controller/usage.h"

#include <stdio.h>
#include <string.h>

#include "controller/option_table.h"
#include "controller/screen/text.h"
#include "controller/screen/wrap.h"

/* Where the second column begins, and where it ends. */
#define OPTION_COLUMNS 28
#define HELP_COLUMNS   80

/* ---- examples --------------------------------------------------------------------- */

static void add_examples(const struct command_row *row, struct text *text)
{
    const char *line = row->examples;

    while (*line) {
        const char *bar = strchr(line, '|'), *end = strchr(line, '\n');

        /* A pipe in the example itself: what explains comes after the last one. */
        for (const char *more = bar; more && more < end; more = strchr(more + 1, '|'))
            bar = more;
        text_add(text, "  %.*s\n        %.*s\n", (int)(bar - line), line,
                 (int)(end - bar - 1), bar + 1);
        line = end + 1;
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

static int takers(const struct option_row *row)
{
    return __builtin_popcount(row->commands);
}

/* What few commands take comes first: it is why somebody asks for this help. */
static void add_options(const struct command_row *command, bool common, struct text *text)
{
    for (const struct option_row *row = option_table; row->name; row++)
        if ((row->commands & command->kind) && (takers(row) > 3) == common)
            add_option(row, text);
}

static bool has_own_options(const struct command_row *command)
{
    for (const struct option_row *row = option_table; row->name; row++)
        if ((row->commands & command->kind) && takers(row) <= 3)
            return true;
    return false;
}

/* ---- the two pages ---------------------------------------------------------------- */

static void render_command(const struct command_row *row, struct text *text)
{
    text_add(text, "ibfleet %s %s\n%s\n\n", row->name, row->synopsis, row->summary);
    add_examples(row, text);
    if (has_own_options(row)) {
        text_add(text, "\nOptions of %s:\n", row->name);
        add_options(row, false, text);
    }
    text_add(text, "\nCommon options:\n");
    add_options(row, true, text);
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
    text_add(
        text,
        "\nHOSTS is -w 'ib[001-128],@gpu!ib007', the same without -w, or -a for the\n"
        "whole fleet.  More: ibfleet help COMMAND\n\n"
        "Exit status: 0 all well, 1 some nodes or links failed, 2 usage or\n"
        "configuration, 3 stopped by the failure budget, 4 nobody could be reached,\n"
        "5 interrupted, can be resumed, 6 claimed by another controller, 7 refused\n"
        "by a preflight check, 8 our own fault\n");
}

void usage_render(const char *topic, struct text *text)
{
    const struct command_row *row = topic ? command_row_named(topic) : NULL;

    if (row)
        render_command(row, text);
    else
        render_all(text);
}
