/* $NAMES in what a groups.conf says: put in as Python's Template does. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/groups_conf.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define LETTERS    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define NAME_CHARS LETTERS "0123456789"

struct variable {
    const char *name, *value; /* value NULL: not here */
};

static const char *value_of(const struct variable *variables, const char *name,
                            size_t len)
{
    for (const struct variable *v = variables; v->name; v++)
        if (strlen(v->name) == len && strncmp(v->name, name, len) == 0)
            return v->value;
    return NULL;
}

/* What stands at a '$': how long it is, and what to put there instead, or NULL. */
static size_t measure(const char *at, const struct variable *variables,
                      const char **value)
{
    bool is_braced = at[1] == '{';
    const char *name = at + 1 + is_braced;
    size_t len = strspn(name, LETTERS) ? strspn(name, NAME_CHARS) : 0;

    *value = at[1] == '$' ? "$" : NULL;
    if (*value)
        return 2;
    if (len && (!is_braced || name[len] == '}'))
        *value = value_of(variables, name, len);
    return *value ? 1 + len + 2 * (size_t)is_braced : 1;
}

static char *substitute(const char *text, const struct variable *variables)
{
    char *made = NULL;
    size_t len_bytes;
    FILE *out = open_memstream(&made, &len_bytes);
    bool whole;

    if (!out)
        return NULL;
    while (*text) {
        size_t plain = strcspn(text, "$"), len;
        const char *value;

        fwrite(text, 1, plain, out);
        text += plain;
        if (!*text)
            break;
        len = measure(text, variables, &value);
        fputs(value ? value : "$", out);
        text += len;
    }
    whole = !ferror(out);
    if (fclose(out) == 0 && whole)
        return made;
    free(made);
    return NULL;
}

char *groups_conf_line(const struct group_source *source, const char *upcall,
                       const char *group)
{
    const struct variable variables[] = {{"GROUP", group},
                                         {"SOURCE", source->name},
                                         {"CFGDIR", source->folder},
                                         {NULL, NULL}};

    return substitute(upcall, variables);
}

/* ---- folders --------------------------------------------------------------------------- */

/* Cut one word out of *rest, in place; quotes as a shell has them.  NULL when there is
 * none, or a quote is open, and then *rest is not at its end.
 */
static char *next_word(char **rest)
{
    char *from = *rest + strspn(*rest, " \t\n"), *to = from, *word = from;
    char quote = '\0';

    *rest = from;
    if (!*from)
        return NULL;
    for (; *from && (quote || !strchr(" \t\n", *from)); from++) {
        if (quote ? *from == quote : (*from == '\'' || *from == '"'))
            quote = quote ? '\0' : *from;
        else
            *to++ = *from;
    }
    if (quote)
        return NULL;
    *rest = from + (*from != '\0');
    *to = '\0';
    return word;
}

static bool is_new(char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return false;
    return true;
}

int groups_conf_folders(const char *words, const char *folder,
                        int (*visit)(void *arg, const char *path, struct fail *why),
                        void *arg, struct fail *why)
{
    const struct variable variables[] = {{"CFGDIR", folder}, {NULL, NULL}};
    CLEANUP(text_done) char *text = substitute(words, variables);
    char *rest = text, *seen[64], *word;
    size_t count = 0;

    if (!text)
        return fail_memory(why);
    while ((word = next_word(&rest))) {
        if (count == sizeof seen / sizeof *seen || !is_new(seen, count, word))
            continue;
        seen[count++] = word;
        if (visit(arg, word, why) < 0)
            return -1;
    }
    return *rest
               ? fail_set(why, FAIL_GROUP_SOURCE, "a quote is not closed in '%s'", words)
               : 0;
}
