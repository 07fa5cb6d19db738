#include "controller/manual/completion.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/manual/manual.h"
#include "controller/option_table.h"
#include "controller/screen/text.h"

/* ---- into words ------------------------------------------------------------------ */

/* One character of a line, and whether it is quoted. */
struct scan {
    const char *at;
    char quote; /* that is open; 0 */
};

/* The next character of the word, 0 at its end. */
static char next_of_word(struct scan *s)
{
    for (; *s->at; s->at++) {
        char c = *s->at;

        if (s->quote ? c == s->quote : c == '\'' || c == '"') {
            s->quote = s->quote ? 0 : c;
            continue;
        }
        if (!s->quote && c == ' ')
            return 0;
        if (c == '\\' && s->quote != '\'' && s->at[1])
            s->at++;
        return *s->at++;
    }
    return 0;
}

/* Words into c->words, the last one being that at the cursor, maybe empty.  How many;
 * 0 when there are too many.
 */
static size_t split(const char *line, struct completion *c,
                    const char *words[COMPLETION_MAX_WORDS])
{
    struct scan s = {.at = line};
    char *out = c->words;
    size_t count = 0;

    for (;;) {
        char letter;

        s.at += strspn(s.at, " ");
        if (count == COMPLETION_MAX_WORDS)
            return 0;
        words[count++] = out;
        while ((letter = next_of_word(&s)))
            *out++ = letter;
        *out++ = '\0';
        if (!*s.at)
            return count;
    }
}

/* ---- what the word at the cursor is ------------------------------------------------ */

static const struct option_row *find_option(const struct completion *c, const char *name,
                                            size_t len)
{
    for (const struct option_row *o = option_table; o->name; o++)
        if ((o->commands & c->command->kind) && strlen(o->name) == len &&
            memcmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

static const struct option_row *find_letter(const struct completion *c, char letter)
{
    for (const struct option_row *o = option_table; o->name; o++)
        if ((o->commands & c->command->kind) && o->letter == letter)
            return o;
    return NULL;
}

/* The option that this word names and whose value it does not hold yet. */
static const struct option_row *open_option(const struct completion *c, const char *word)
{
    const struct option_row *o = NULL;

    if (strncmp(word, "--", 2) == 0) {
        o = find_option(c, word + 2, strlen(word + 2));
    } else if (*word == '-') {
        for (word++; *word; word++) {
            o = find_letter(c, *word);
            if (!o || (o->type != OPTION_FLAG && word[1]))
                return NULL;
        }
    }
    return o && o->type != OPTION_FLAG ? o : NULL;
}

static bool is_argument(const struct option_row *o, const char *name)
{
    return o->argument && strcmp(o->argument, name) == 0;
}

/* Of words, which are small: "auto|manual", and not "N|N%". */
static bool is_choice(const struct option_row *o)
{
    return o->type == OPTION_TEXT && o->argument && strchr(o->argument, '|') &&
           islower((unsigned char)*o->argument);
}

static enum completion_what what_of_value(const struct option_row *o)
{
    if (o->type == OPTION_HOSTS || is_argument(o, "HOSTS"))
        return COMPLETE_HOSTS;
    if (o->type == OPTION_WORD || is_choice(o))
        return COMPLETE_VALUE;
    if (is_argument(o, "RUN"))
        return COMPLETE_RUN;
    if (is_argument(o, "DIR"))
        return COMPLETE_FOLDER;
    return is_argument(o, "FILE") || is_argument(o, "FILES") || is_argument(o, "PROGRAM")
               ? COMPLETE_FILE
               : COMPLETE_NOTHING;
}

static enum completion_what what_of_word(const struct command_row *command)
{
    switch (command->words) {
    case WORDS_HOSTS:
    case WORDS_HOSTS_COMMAND:
        return COMPLETE_HOSTS;
    case WORDS_RUN:
        return COMPLETE_RUN;
    case WORDS_NODE:
        return COMPLETE_NODE;
    case WORDS_FILES:
        return COMPLETE_FILE;
    case WORDS_ACTION: /* after its action */
        return COMPLETE_HOSTS;
    case WORDS_NONE:
        return COMPLETE_NOTHING;
    }
    return COMPLETE_FILE;
}

/* After the last operator that is not inside brackets. */
static size_t last_part(const char *hosts)
{
    size_t begun = 0, depth = 0;

    for (size_t i = 0; hosts[i]; i++) {
        if (hosts[i] == '[')
            depth++;
        else if (hosts[i] == ']' && depth)
            depth--;
        else if (!depth && strchr(",!&^ ", hosts[i]))
            begun = i + 1;
    }
    return begun;
}

/* --name=value with the cursor in the value. */
static void read_attached(struct completion *c, const char *equals)
{
    const char *name = c->current + 2;

    c->option = find_option(c, name, (size_t)(equals - name));
    c->what = c->option && c->option->type != OPTION_FLAG ? what_of_value(c->option)
                                                          : COMPLETE_NOTHING;
    c->begun = (size_t)(equals + 1 - c->current);
}

static void note_value(struct completion *c, const struct option_row *o,
                       const char *value)
{
    if (strcmp(o->name, "fleet") == 0)
        c->fleet = value;
    else if (strcmp(o->name, "state") == 0)
        c->state = value;
}

/* What a word before the cursor means for the next one: the option it opens. */
static const struct option_row *pass(struct completion *c, const char *word,
                                     const struct option_row *open)
{
    const char *equals = strncmp(word, "--", 2) == 0 ? strchr(word, '=') : NULL;

    if (open) {
        note_value(c, open, word);
        return NULL;
    }
    if (equals && (open = find_option(c, word + 2, (size_t)(equals - word - 2)))) {
        note_value(c, open, equals + 1);
        return NULL;
    }
    return open_option(c, word);
}

static void read_current(struct completion *c, const struct option_row *open)
{
    const char *equals = strchr(c->current, '=');

    c->option = open;
    if (open)
        c->what = what_of_value(open);
    else if (strncmp(c->current, "--", 2) == 0 && equals)
        read_attached(c, equals);
    else if (*c->current == '-')
        c->what = COMPLETE_OPTION;
    else
        c->what = what_of_word(c->command);
    if (c->what == COMPLETE_HOSTS)
        c->begun += last_part(c->current + c->begun);
}

static void read_words(struct completion *c, const char *const *words, size_t count)
{
    const struct option_row *open = NULL;

    c->command = command_row_named(words[1]);
    if (!c->command)
        return;
    for (size_t i = 2; i + 1 < count; i++) {
        if (!open && strcmp(words[i], "--") == 0) {
            bool runs = c->command->words == WORDS_HOSTS_COMMAND;

            c->what = !runs            ? what_of_word(c->command)
                      : i + 2 == count ? COMPLETE_PROGRAM
                                       : COMPLETE_FILE;
            return;
        }
        open = pass(c, words[i], open);
    }
    read_current(c, open);
}

/* How much of the current word stands before what the shell replaces. */
static size_t held_of(const char *current, const char *word)
{
    size_t all = strlen(current), end = strlen(word);

    return end <= all && strcmp(current + all - end, word) == 0 ? all - end : 0;
}

void completion_read(const char *line, const char *word, struct completion *c)
{
    const char *words[COMPLETION_MAX_WORDS];
    size_t len = strlen(line), count;

    *c = (struct completion){.current = ""};
    c->words = len < COMPLETION_MAX_BYTES ? malloc(len + 2) : NULL;
    count = c->words ? split(line, c, words) : 0;
    if (count < 2)
        return;
    c->current = words[count - 1];
    c->held = held_of(c->current, word);
    if (count == 2)
        c->what = COMPLETE_COMMAND;
    else if (strcmp(words[1], "help") == 0)
        c->what = count == 3 ? COMPLETE_COMMAND : COMPLETE_NOTHING;
    else if (strcmp(words[1], "man") == 0)
        c->what = count == 3 ? COMPLETE_PAGE : COMPLETE_NOTHING;
    else
        read_words(c, words, count);
}

void completion_clear(struct completion *c)
{
    free(c->words);
    *c = (struct completion){.current = ""};
}

/* ---- what it may become ------------------------------------------------------------ */

const char *completion_typed(const struct completion *c)
{
    return c->current + c->begun;
}

void completion_add(const struct completion *c, const char *candidate, struct text *out)
{
    const char *typed = completion_typed(c);

    if (strncmp(candidate, typed, strlen(typed)) != 0)
        return;
    if (c->held >= c->begun)
        text_add(out, "%s\n", candidate + (c->held - c->begun));
    else
        text_add(out, "%.*s%s\n", (int)(c->begun - c->held), c->current + c->held,
                 candidate);
}

static void add_commands(const struct completion *c, struct text *out)
{
    for (const struct command_row *row = command_table; row->name; row++)
        completion_add(c, row->name, out);
    for (const char *const *more = (const char *const[]){"help", "man", "version", NULL};
         *more; more++)
        completion_add(c, *more, out);
}

static void add_pages(const struct completion *c, struct text *out)
{
    struct manual_page page;

    for (size_t i = 0; manual_page(i, &page); i++)
        completion_add(c, page.name, out);
}

static void add_options(const struct completion *c, struct text *out)
{
    for (const struct option_row *o = option_table; o->name; o++) {
        char name[80];

        snprintf(name, sizeof name, "--%s", o->name);
        if (o->commands & c->command->kind)
            completion_add(c, name, out);
    }
}

static void add_values(const struct completion *c, struct text *out)
{
    const char *word = c->option->argument;

    while (*word) {
        char copy[40];
        size_t len = strcspn(word, "|");

        snprintf(copy, sizeof copy, "%.*s", (int)len, word);
        completion_add(c, copy, out);
        word += len + (word[len] == '|');
    }
}

void completion_add_words(const struct completion *c, struct text *out)
{
    if (c->what == COMPLETE_COMMAND)
        add_commands(c, out);
    else if (c->what == COMPLETE_PAGE)
        add_pages(c, out);
    else if (c->what == COMPLETE_OPTION)
        add_options(c, out);
    else if (c->what == COMPLETE_VALUE)
        add_values(c, out);
}

const char *completion_manner(const struct completion *c)
{
    return c->what == COMPLETE_FILE      ? "files"
           : c->what == COMPLETE_FOLDER  ? "folders"
           : c->what == COMPLETE_PROGRAM ? "programs"
                                         : "words";
}
