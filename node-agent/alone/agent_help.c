#include "node-agent/alone/agent_help.h"

#include <string.h>

#include "inventory/extension_exit.h"
#include "protocol/agent_usage.h"

#define COLUMNS  78
#define INDENT   22
#define TAG_SIZE 40

/* Words below each other from column INDENT on; the cursor is at column `at`. */
static void put_words(FILE *out, int at, const char *words)
{
    while (*words) {
        int len = (int)strcspn(words, " ");

        if (at < INDENT || at + 1 + len > COLUMNS) {
            fprintf(out, at < INDENT ? "%*s" : "\n%*s",
                    at < INDENT ? INDENT - at : INDENT, "");
            at = INDENT;
        } else {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", len, words);
        at += len;
        words += len + (words[len] == ' ');
    }
    fputc('\n', out);
}

static void put_item(FILE *out, const char *tag, const char *words)
{
    int at = fprintf(out, "  %s", tag);

    if (at >= INDENT) {
        fputc('\n', out);
        at = 0;
    }
    put_words(out, at, words);
}

static void put_exits(FILE *out)
{
    char tag[TAG_SIZE];

    fputs("\nExit status, as Azure's InfiniBandDriverLinux has it; the finer reason is "
          "the\n"
          "word in parentheses on stderr, in --json and in "
          "/var/log/azure/ib-vmext-status:\n",
          out);
    for (int exit = 0; exit <= EXTENSION_FAILED; exit++) {
        if (exit > EXTENSION_USAGE && exit < EXTENSION_NO_HYPER_V)
            continue;
        snprintf(tag, sizeof tag, "%d", exit);
        put_item(out, tag, extension_exit_text((enum extension_exit)exit));
    }
}

static void put_commands(FILE *out, bool by_hand)
{
    for (const struct agent_command_row *row = agent_command_table; row->name; row++)
        if (row->by_hand == by_hand && row->command != AGENT_STEP)
            put_item(out, row->name, row->summary);
}

void agent_help_all(FILE *out)
{
    fputs("usage: ibfleet-agent COMMAND [options]\n", out);
    put_commands(out, true);
    fputs("\nWhat a controller starts:\n", out);
    put_commands(out, false);
    fputs(
        "\nOn Azure the metadata service of the machine is asked; "
        "IBFLEET_METADATA=never\nkeeps it from that.  More: ibfleet-agent help COMMAND; "
        "man ibfleet-agent\n",
        out);
    put_exits(out);
}

static void put_examples(FILE *out, const char *line)
{
    while (*line) {
        int len = (int)strcspn(line, "|"), words = (int)strcspn(line + len, "\n") - 1;

        fprintf(out, "  %.*s\n        %.*s\n", len, line, words, line + len + 1);
        line += len + 1 + words + 1;
    }
}

static void put_options(FILE *out, const struct agent_command_row *row)
{
    char tag[TAG_SIZE];

    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < AGENT_OPTIONS; i++) {
        const struct agent_option_row *o = &agent_option_table[i];

        if (!(o->commands & row->command))
            continue;
        snprintf(tag, sizeof tag, "--%s%s%s", o->name, o->argument ? " " : "",
                 o->argument ? o->argument : "");
        put_item(out, tag, o->help);
    }
}

void agent_help_command(FILE *out, const struct agent_command_row *row)
{
    fprintf(out, "usage: ibfleet-agent %s%s%s\n%s\n%s", row->name,
            *row->synopsis ? " " : "", row->synopsis, row->summary,
            *row->examples ? "\n" : "");
    put_examples(out, row->examples);
    put_options(out, row);
    if (row->command & (AGENT_INSTALL | AGENT_STATUS | AGENT_UNINSTALL))
        put_exits(out);
}
