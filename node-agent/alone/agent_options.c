#include "node-agent/alone/agent_options.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "inventory/nearest.h"
#include "protocol/fail.h"

#define COMMANDS_MAX   16
#define NAME_MAX_BYTES 64

/* What is after '=' may be a secret, and is not repeated. */
static int refuse(const char *kind, const char *word, const char *const *known,
                  struct fail *why)
{
    char name[NAME_MAX_BYTES];
    const char *dashes = *word == '-' ? "--" : "", *near;

    word += strspn(word, "-");
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word, "="), word);
    near = nearest_word(name, known);
    return fail_set(why, FAIL_USAGE, "no %s '%s%s'%s%s%s%s", kind, dashes, name,
                    near ? "; did you mean '" : "", near ? dashes : "", near ? near : "",
                    near ? "'?" : "");
}

static int find_command(const char *word, struct agent_options *o, struct fail *why)
{
    const char *names[COMMANDS_MAX + 1] = {NULL};
    size_t count = 0;

    o->command = agent_command_named(word);
    if (o->command)
        return 0;
    for (const struct agent_command_row *row = agent_command_table;
         row->name && count < COMMANDS_MAX; row++)
        if (row->by_hand)
            names[count++] = row->name;
    return refuse("command", word, names, why);
}

/* The option of the command with the name that is `len` letters long; AGENT_OPTIONS. */
static enum agent_option find_option(const struct agent_options *o, const char *name,
                                     size_t len)
{
    for (int i = 0; i < AGENT_OPTIONS; i++)
        if ((agent_option_table[i].commands & o->command->command) &&
            strlen(agent_option_table[i].name) == len &&
            memcmp(agent_option_table[i].name, name, len) == 0)
            return (enum agent_option)i;
    return AGENT_OPTIONS;
}

static int refuse_option(const struct agent_options *o, const char *word,
                         struct fail *why)
{
    const char *names[AGENT_OPTIONS + 1] = {NULL};
    char kind[40] = "option of ";
    size_t count = 0;

    for (int i = 0; i < AGENT_OPTIONS; i++)
        if (agent_option_table[i].commands & o->command->command)
            names[count++] = agent_option_table[i].name;
    strncat(kind, o->command->name, sizeof kind - strlen(kind) - 1);
    return refuse(kind, word, names, why);
}

/* *args is at the option, and afterwards at the last word that belongs to it. */
static int take_option(const char *const **args, struct agent_options *o,
                       struct fail *why)
{
    const char *word = **args + 2, *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : strlen(word);
    enum agent_option option = find_option(o, word, len);

    if (option == AGENT_OPTIONS)
        return refuse_option(o, **args, why);
    if (!agent_option_table[option].argument) {
        o->value[option] = "yes";
        return equals ? fail_set(why, FAIL_USAGE, "--%.*s takes no value", (int)len, word)
                      : 0;
    }
    if (!equals && !(*args)[1])
        return fail_set(why, FAIL_USAGE, "--%s wants %s", word,
                        agent_option_table[option].argument);
    o->value[option] = equals ? equals + 1 : *++*args;
    return 0;
}

static int take_word(const char *word, size_t *count, struct agent_options *o,
                     struct fail *why)
{
    if (*word == '-')
        return refuse_option(o, word, why);
    if (*count == o->command->words_max)
        return fail_set(why, FAIL_USAGE, "%s: what is '%s' for?", o->command->name, word);
    o->words[(*count)++] = word;
    return 0;
}

int agent_options_parse(const char *const *args, struct agent_options *o,
                        struct fail *why)
{
    size_t count = 0;
    int rc = 0;

    *o = (struct agent_options){0};
    if (!*args)
        return fail_set(why, FAIL_USAGE, "a command is missing");
    if (find_command(strcmp(*args, "--help") == 0 || strcmp(*args, "-h") == 0 ? "help"
                     : strcmp(*args, "--version") == 0                        ? "version"
                                                                              : *args,
                     o, why) < 0)
        return -1;
    for (args++; rc == 0 && *args; args++)
        if (strcmp(*args, "-h") == 0)
            o->value[AGENT_OPTION_HELP] = "yes";
        else if (strncmp(*args, "--", 2) == 0)
            rc = take_option(&args, o, why);
        else
            rc = take_word(*args, &count, o, why);
    if (rc == 0 && count < o->command->words_min && !o->value[AGENT_OPTION_HELP])
        return fail_set(why, FAIL_USAGE, "%s wants %s", o->command->name,
                        o->command->synopsis);
    return rc;
}
