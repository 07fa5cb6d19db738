#include "controller/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/option_table.h"
#include "controller/option_words.h"
#include "inventory/nearest.h"
#include "protocol/character.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* Where the parser stands. */
struct reader {
    char *const *argv; /* ends with NULL */
    size_t next;
    const struct command_row *command;
    struct options *o;
};

/* ---- one value into struct options --------------------------------------------- */

static void *field(struct options *o, const struct option_row *row)
{
    return (char *)o + row->at;
}

static int set_number(struct options *o, const struct option_row *row, const char *text,
                      struct fail *why)
{
    char *end;
    long number;

    errno = 0;
    number = strtol(text, &end, 10);
    if (end == text || *end || errno || number < row->min || number > row->max)
        return fail_set(why, FAIL_USAGE, "--%s takes a number from %d to %d, not '%s'",
                        row->name, row->min, row->max, text);
    *(int *)field(o, row) = (int)number;
    return 0;
}

#define MAX_OPTION_WORDS 8

/* No such word among "one|two|three": say which there are, or which was meant. */
static int no_such_word(const struct option_row *row, const char *text, struct fail *why)
{
    char copy[100];
    const char *words[MAX_OPTION_WORDS + 1] = {NULL}, *near;
    char *rest = NULL;
    size_t count = 0;

    snprintf(copy, sizeof copy, "%s", row->argument);
    for (char *word = strtok_r(copy, "|", &rest); word && count < MAX_OPTION_WORDS;
         word = strtok_r(NULL, "|", &rest))
        words[count++] = word;
    near = nearest_word(text, words);
    return fail_set(why, FAIL_USAGE, "--%s takes %s, not '%s'%s%s%s", row->name,
                    row->argument, text, near ? "; did you mean '" : "", near ? near : "",
                    near ? "'?" : "");
}

/* One of the words in row->argument, "one|two|three". */
static int set_word(struct options *o, const struct option_row *row, const char *text,
                    struct fail *why)
{
    size_t len = strlen(text);

    for (const char *word = row->argument; word; word = strchr(word, '|')) {
        word += *word == '|';
        if (len && strncmp(word, text, len) == 0 && (word[len] == '|' || !word[len])) {
            *(const char **)field(o, row) = text;
            return 0;
        }
    }
    return no_such_word(row, text, why);
}

static int set_text(struct options *o, const struct option_row *row, const char *text,
                    struct fail *why)
{
    if (!*text)
        return fail_set(why, FAIL_USAGE, "--%s: %s is empty", row->name, row->argument);
    *(const char **)field(o, row) = text;
    return 0;
}

/* text is NULL for a flag. */
static int set(struct options *o, const struct option_row *row, const char *text,
               struct fail *why)
{
    switch (row->type) {
    case OPTION_FLAG:
        *(bool *)field(o, row) = true;
        return 0;
    case OPTION_TEXT:
        return set_text(o, row, text, why);
    case OPTION_HOSTS:
        return option_words_join(field(o, row), text, why);
    case OPTION_NUMBER:
        return set_number(o, row, text, why);
    case OPTION_WORD:
        return set_word(o, row, text, why);
    }
    return fail_set(why, FAIL_BUG, "--%s has no type", row->name);
}

void options_unset(struct options *o)
{
    *o = (struct options){0};
    for (const struct option_row *row = option_table; row->name; row++)
        if (row->type == OPTION_NUMBER)
            *(int *)field(o, row) = OPTION_UNSET;
}

/* ---- finding the row ------------------------------------------------------------ */

static bool is_taken(const struct reader *r, const struct option_row *row)
{
    return (row->commands & r->command->kind) != 0;
}

/* The option exists, but not here: say where. */
static int not_here(const struct reader *r, const struct option_row *row,
                    struct fail *why)
{
    char takers[100] = "";

    for (const struct command_row *c = command_table; c->name; c++) {
        size_t len = strlen(takers);

        if (c->kind & row->commands)
            snprintf(takers + len, sizeof takers - len, "%s%s", len ? ", " : "", c->name);
    }
    if (r->command->kind == COMMAND_AZURE && strcmp(row->name, "all") == 0)
        return fail_set(why, FAIL_USAGE,
                        "azure does not take --all: all instances of a set are '@all'");
    return fail_set(why, FAIL_USAGE, "%s does not take --%s; these do: %s",
                    r->command->name, row->name, takers);
}

static int unknown(const struct reader *r, const char *name, struct fail *why)
{
    const char *words[OPTION_ROWS_MAX], *near;
    size_t count = 0;

    for (const struct option_row *row = option_table; row->name; row++)
        if (is_taken(r, row))
            words[count++] = row->name;
    words[count] = NULL;
    near = nearest_word(name, words);
    if (near)
        return fail_set(why, FAIL_USAGE, "unknown option --%s; did you mean --%s?", name,
                        near);
    return fail_set(why, FAIL_USAGE, "unknown option --%s; see: ibfleet help %s", name,
                    r->command->name);
}

static int find_named(const struct reader *r, const char *name, size_t len,
                      const struct option_row **found, struct fail *why)
{
    char copy[64];

    for (const struct option_row *row = option_table; row->name; row++) {
        if (strlen(row->name) != len || memcmp(row->name, name, len) != 0)
            continue;
        if (!is_taken(r, row))
            return not_here(r, row, why);
        *found = row;
        return 0;
    }
    snprintf(copy, sizeof copy, "%.*s", character_cut(name, len < 50 ? len : 50), name);
    return unknown(r, copy, why);
}

static int find_letter(const struct reader *r, char letter,
                       const struct option_row **found, struct fail *why)
{
    for (const struct option_row *row = option_table; row->name; row++) {
        if (row->letter != letter)
            continue;
        if (!is_taken(r, row))
            return not_here(r, row, why);
        *found = row;
        return 0;
    }
    return fail_set(why, FAIL_USAGE, "unknown option -%c; see: ibfleet help %s", letter,
                    r->command->name);
}

/* ---- walking argv ---------------------------------------------------------------- */

/* The value of an option that needs one: attached, or the next argument. */
static int take_value(struct reader *r, const struct option_row *row,
                      const char *attached, const char **value, struct fail *why)
{
    if (attached) {
        *value = attached;
        return 0;
    }
    *value = r->argv[r->next];
    if (!*value || strcmp(*value, "--") == 0)
        return fail_set(why, FAIL_USAGE, "--%s needs a value: %s", row->name,
                        row->argument);
    r->next++;
    return 0;
}

/* --name, --name=value, --name value */
static int read_long(struct reader *r, const char *name, struct fail *why)
{
    const char *equals = strchr(name, '='), *value = NULL;
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const struct option_row *row = NULL;

    if (find_named(r, name, len, &row, why) < 0)
        return -1;
    if (row->type == OPTION_FLAG && equals)
        return fail_set(why, FAIL_USAGE, "--%s takes no value", row->name);
    if (row->type != OPTION_FLAG &&
        take_value(r, row, equals ? equals + 1 : NULL, &value, why) < 0)
        return -1;
    return set(r->o, row, value, why);
}

/* -a, -ab, -f32, -f 32 */
static int read_letters(struct reader *r, const char *letters, struct fail *why)
{
    for (; *letters; letters++) {
        const struct option_row *row = NULL;
        const char *value = NULL;

        if (find_letter(r, *letters, &row, why) < 0)
            return -1;
        if (row->type == OPTION_FLAG) {
            if (set(r->o, row, NULL, why) < 0)
                return -1;
            continue;
        }
        if (take_value(r, row, letters[1] ? letters + 1 : NULL, &value, why) < 0)
            return -1;
        return set(r->o, row, value, why);
    }
    return 0;
}

static int add_source(struct options *o, const char *word, struct fail *why)
{
    const char **more = realloc(o->sources, (o->source_count + 1) * sizeof *more);

    if (!more)
        return fail_memory(why);
    o->sources = more;
    o->sources[o->source_count++] = word;
    return 0;
}

static int read_word(struct reader *r, const char *word, struct fail *why)
{
    switch (r->command->words) {
    case WORDS_HOSTS:
    case WORDS_HOSTS_COMMAND:
        return option_words_join(&r->o->hosts, word, why);
    case WORDS_FILES:
    case WORDS_ACTION:
        return add_source(r->o, word, why);
    case WORDS_RUN:
    case WORDS_NODE:
        if (!r->o->subject) {
            r->o->subject = word;
            return 0;
        }
        break;
    case WORDS_NONE:
        break;
    }
    return fail_set(why, FAIL_USAGE, "%s: one word too many: '%s'", r->command->name,
                    word);
}

static void take_rest(struct reader *r)
{
    r->o->words = r->argv + r->next;
    while (r->argv[r->next + r->o->word_count])
        r->o->word_count++;
    r->next += r->o->word_count;
}

static int read_arguments(struct reader *r, struct fail *why)
{
    bool only_words = false;
    int status = 0;

    while (status == 0 && r->argv[r->next]) {
        const char *arg = r->argv[r->next++];

        if (!only_words && strcmp(arg, "--") == 0) {
            only_words = true;
            if (r->command->words == WORDS_HOSTS_COMMAND)
                take_rest(r);
        } else if (only_words || arg[0] != '-' || !arg[1]) {
            status = read_word(r, arg, why);
        } else if (arg[1] == '-') {
            status = read_long(r, arg + 2, why);
        } else {
            status = read_letters(r, arg + 1, why);
        }
    }
    return status;
}

/* ---- what must be there, what must not be together ------------------------------- */

/* HOSTS that ends in .json is a plan. */
static void find_plan(struct options *o)
{
    size_t len = o->hosts ? strlen(o->hosts) : 0;

    if (o->command != COMMAND_ROLLOUT || len < 6 || o->all || strchr(o->hosts, ',') ||
        strcmp(o->hosts + len - 5, ".json") != 0)
        return;
    o->plan_file = o->hosts;
    o->hosts = NULL;
}

/* It says all of it. */
static int check_plan(const struct options *o, struct fail *why)
{
    bool is_else = o->exclude || o->driver || o->catalog || o->mirror || o->proxy ||
                   o->hold || o->reboot || o->remove || o->rollback || o->vmss ||
                   o->pick != OPTION_UNSET || o->max_failures != OPTION_UNSET || o->out;

    for (unsigned key = 0; key < POLICY_KEYS; key++)
        is_else |= o->policy[key] != NULL;
    return is_else ? fail_set(why, FAIL_USAGE,
                              "%s says what is done, and how: beside it only how to "
                              "reach the nodes, --yes and --plan",
                              o->plan_file)
                   : 0;
}

static int check_hosts(const struct options *o, const char *name, struct fail *why)
{
    if (o->plan_file)
        return check_plan(o, why);
    if (o->hosts && o->all)
        return fail_set(why, FAIL_USAGE,
                        "%s: -a is the whole fleet already, so '%s' is one too many",
                        name, o->hosts);
    if (!o->hosts && !o->all && !o->vmss)
        return fail_set(why, FAIL_USAGE,
                        "%s: which nodes? -w HOSTS names some, -a takes the whole fleet",
                        name);
    return 0;
}

static int check_follow(const struct options *o, struct fail *why)
{
    if (o->follow && o->json)
        return fail_set(why, FAIL_USAGE,
                        "--follow goes with --ndjson, an object for each move, and not "
                        "with --json");
    if (!o->follow && (o->ndjson || o->progress))
        return fail_set(why, FAIL_USAGE, "status: --%s goes with --follow",
                        o->ndjson ? "ndjson" : "progress");
    return 0;
}

static int check(const struct options *o, const struct command_row *command,
                 struct fail *why)
{
    if (command_takes_hosts(o->command) && check_hosts(o, command->name, why) < 0)
        return -1;
    if (command->words == WORDS_HOSTS_COMMAND && !o->word_count)
        return fail_set(why, FAIL_USAGE,
                        "%s: no command; it stands after `--`, as in: ibfleet %s -a -- "
                        "uname -r",
                        command->name, command->name);
    if (command->words == WORDS_NODE && !o->subject)
        return fail_set(why, FAIL_USAGE, "%s: which node? ibfleet %s NODE", command->name,
                        command->name);
    if (command->words == WORDS_RUN && o->subject && o->run)
        return fail_set(why, FAIL_USAGE, "%s: one run at a time: '%s' or '%s'",
                        command->name, o->subject, o->run);
    if (o->expand + o->count + o->groups + o->json + (o->format != NULL) > 1 &&
        o->command == COMMAND_NODES)
        return fail_set(why, FAIL_USAGE,
                        "--expand, --count, --groups, --format and --json: one of them");
    if (o->split != OPTION_UNSET && (o->groups || o->json || o->format))
        return fail_set(why, FAIL_USAGE,
                        "--split goes with --expand and --count, not with --groups, "
                        "--format or --json");
    if (o->seed != OPTION_UNSET && o->pick == OPTION_UNSET)
        return fail_set(why, FAIL_USAGE, "--seed goes with --pick");
    if (o->all_pairs && o->rounds != OPTION_UNSET)
        return fail_set(why, FAIL_USAGE, "--all-pairs and --rounds: one of both");
    if ((o->driver != NULL) + o->remove + o->rollback > 1)
        return fail_set(why, FAIL_USAGE,
                        "--driver, --remove and --rollback: one of them");
    if (o->diff && (o->json || o->ndjson))
        return fail_set(why, FAIL_USAGE, "--diff and --json or --ndjson: one of them");
    if (o->no_label && (o->gather || o->diff || o->json || o->ndjson))
        return fail_set(why, FAIL_USAGE,
                        "-N is for lines as they come, not for -b, --diff, --json or "
                        "--ndjson");
    if (o->out && o->command == COMMAND_ROLLOUT && !o->plan)
        return fail_set(why, FAIL_USAGE, "-o goes with --plan");
    if (o->json && o->ndjson)
        return fail_set(why, FAIL_USAGE, "--json and --ndjson: one of both");
    return o->command == COMMAND_STATUS ? check_follow(o, why) : 0;
}

/* ---- the command ----------------------------------------------------------------- */

static int unknown_command(const char *name, struct fail *why)
{
    const char *words[OPTION_ROWS_MAX], *near;
    size_t count = 0;

    for (const struct command_row *row = command_table; row->name; row++)
        words[count++] = row->name;
    words[count++] = "help";
    words[count++] = "man";
    words[count++] = "version";
    words[count] = NULL;
    near = nearest_word(name, words);
    if (near)
        return fail_set(why, FAIL_USAGE, "unknown command '%s'; did you mean '%s'?", name,
                        near);
    if (name[0] == '-')
        return fail_set(why, FAIL_USAGE, "the command comes first: ibfleet COMMAND %s",
                        name);
    return fail_set(why, FAIL_USAGE, "unknown command '%s'; see: ibfleet help", name);
}

static int read_help(char *const *argv, struct options *o, struct fail *why)
{
    o->help = true;
    o->help_topic = argv[0];
    if (argv[0] && !command_row_named(argv[0]))
        return unknown_command(argv[0], why);
    return 0;
}

/* Whether there is such a page is the manual's. */
static int read_man(char *const *argv, struct options *o, struct fail *why)
{
    o->man = true;
    o->list_pages = argv[0] && strcmp(argv[0], "--list") == 0;
    o->help_topic = argv[0];
    if (argv[0] && argv[1])
        return fail_set(why, FAIL_USAGE, "man: one page at a time, so '%s' is too many",
                        argv[1]);
    return 0;
}

/* Asked by a shell, not by a person. */
static int read_complete(char *const *argv, struct options *o, struct fail *why)
{
    if (!argv[0] || !argv[1] || argv[2])
        return fail_set(why, FAIL_USAGE, "complete: LINE WORD, as bash gives them");
    o->complete = (const char *const *)argv;
    return 0;
}

static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

static int read_command(struct reader *r, struct fail *why)
{
    r->o->command = r->command->kind;
    if (read_arguments(r, why) < 0)
        return -1;
    if (r->o->help) {
        r->o->help_topic = r->command->name;
        return 0;
    }
    if (r->command->words == WORDS_FILES &&
        option_words_places(r->o, r->command->name, why) < 0)
        return -1;
    if (r->command->words == WORDS_ACTION && option_words_action(r->o, why) < 0)
        return -1;
    find_plan(r->o);
    return check(r->o, r->command, why);
}

int options_parse(int argc, char *const *argv, struct options *o, struct fail *why)
{
    struct reader r = {.argv = argv, .next = 2, .o = o};

    options_unset(o);
    o->argc = argc;
    o->argv = argv;
    if (argc < 2)
        return fail_set(why, FAIL_USAGE, "no command; see: ibfleet help");
    if (is_one_of(argv[1], "help", "--help", "-h"))
        return read_help(argv + 2, o, why);
    if (is_one_of(argv[1], "version", "--version", "-V")) {
        o->version = true;
        return 0;
    }
    if (strcmp(argv[1], "man") == 0)
        return read_man(argv + 2, o, why);
    if (strcmp(argv[1], "complete") == 0)
        return read_complete(argv + 2, o, why);
    r.command = command_row_named(argv[1]);
    return r.command ? read_command(&r, why) : unknown_command(argv[1], why);
}

void options_clear(struct options *o)
{
    free(o->hosts);
    free(o->plan_file);
    free(o->exclude);
    free(o->vmss);
    free(o->sources);
    *o = (struct options){0};
}
