#include "controller/openssh/sshconfig.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controller/openssh/settings.h"
#include "controller/ssh/hostpattern.h"
#include "inventory/arena.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define BLANK "\t \r\f"

/* From one Host or Match line to the next. */
struct section {
    const char *hosts; /* patterns with commas; NULL: any host       */
    bool is_open;      /* more is tested than what can be decided here */
    bool counts;       /* it has a setting                           */
};

struct sshconfig {
    struct section *sections; /* the first is for all hosts */
    unsigned count, current;
    struct sshconfig_word *first, *last;
    struct arena text;
};

struct sshconfig *sshconfig_new(void)
{
    struct sshconfig *c = calloc(1, sizeof *c);

    if (c)
        c->sections = calloc(SSHCONFIG_MAX_SECTIONS, sizeof *c->sections);
    if (c && c->sections) {
        c->count = 1;
        return c;
    }
    free(c);
    return NULL;
}

void sshconfig_free(struct sshconfig *c)
{
    if (!c)
        return;
    while (c->first) {
        struct sshconfig_word *next = c->first->next;

        free(c->first);
        c->first = next;
    }
    arena_done(&c->text);
    free(c->sections);
    free(c);
}

void sshconfig_begin(struct sshconfig *c)
{
    c->current = 0;
}

const struct sshconfig_word *sshconfig_words(const struct sshconfig *c)
{
    return c->first;
}

/* ---- one line --------------------------------------------------------------------- */

/* The next word, without its quotes, cut out of *rest; NULL at the end or a comment. */
static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, BLANK), *end;

    if (!*word || *word == '#')
        return NULL;
    if (*word == '"')
        end = strchr(++word, '"');
    else
        end = word + strcspn(word, BLANK);
    if (!end)
        end = word + strlen(word);
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static int begin_section(struct sshconfig *c, const char *hosts, bool is_open,
                         struct fail *why)
{
    struct section s = {.is_open = is_open};

    if (c->count == SSHCONFIG_MAX_SECTIONS)
        return fail_set(why, FAIL_USAGE, "ssh_config has more than %d sections",
                        SSHCONFIG_MAX_SECTIONS);
    if (hosts && !(s.hosts = arena_copy(&c->text, hosts, strlen(hosts))))
        return fail_memory(why);
    c->current = c->count++;
    c->sections[c->current] = s;
    return 0;
}

/* The patterns stand apart: put commas between them. */
static int begin_host(struct sshconfig *c, char *rest, struct fail *why)
{
    CLEANUP(text_done) char *list = calloc(1, strlen(rest) + 2);
    char *word;

    if (!list)
        return fail_memory(why);
    while ((word = next_word(&rest)))
        sprintf(list + strlen(list), "%s%s", *list ? "," : "", word);
    return begin_section(c, list, false, why);
}

static bool is_always(const char *test)
{
    return strcasecmp(test, "all") == 0 || strcasecmp(test, "final") == 0 ||
           strcasecmp(test, "canonical") == 0;
}

/* Only "originalhost" is decided; the others may be so or not. */
static int begin_match(struct sshconfig *c, char *rest, struct fail *why)
{
    const char *hosts = NULL;
    bool is_open = false;
    char *test;

    while ((test = next_word(&rest))) {
        char *value;

        if (is_always(test))
            continue;
        value = next_word(&rest);
        if (strcasecmp(test, "originalhost") == 0 && value && !hosts)
            hosts = value;
        else
            is_open = true;
    }
    return begin_section(c, hosts, is_open, why);
}

static int add_word(struct sshconfig *c, const char *name, const char *value,
                    const char *file, struct fail *why)
{
    struct sshconfig_word *w = calloc(1, sizeof *w);

    if (!w)
        return fail_memory(why);
    *(c->last ? &c->last->next : &c->first) = w;
    c->last = w;
    w->section = c->current;
    w->name = arena_copy(&c->text, name, strlen(name));
    w->value = arena_copy(&c->text, value, strlen(value));
    w->file = arena_copy(&c->text, file, strlen(file));
    c->sections[c->current].counts = true;
    return w->name && w->value && w->file ? 0 : fail_memory(why);
}

static int include_files(struct sshconfig *c, char *rest, sshconfig_include_fn include,
                         void *arg, struct fail *why)
{
    unsigned around = c->current;
    char *files;

    while ((files = next_word(&rest))) {
        if (include(arg, c, files, why) < 0)
            return -1;
        c->current = around; /* a Host line in it ends with it */
    }
    return 0;
}

/* NAME VALUE, or NAME=VALUE. */
static int add_line(struct sshconfig *c, char *line, const char *file,
                    sshconfig_include_fn include, void *arg, struct fail *why)
{
    char *name = line + strspn(line, BLANK), *rest = name + strcspn(name, BLANK "=");
    char *word;

    if (!*name || *name == '#')
        return 0;
    if (*rest)
        *rest++ = '\0';
    rest += strspn(rest, BLANK "=");
    if (strcasecmp(name, "Host") == 0)
        return begin_host(c, rest, why);
    if (strcasecmp(name, "Match") == 0)
        return begin_match(c, rest, why);
    if (strcasecmp(name, "Include") == 0)
        return include_files(c, rest, include, arg, why);
    if (!settings_is_ours(name))
        return 0;
    word = next_word(&rest);
    return add_word(c, name, word ? word : "", file, why);
}

int sshconfig_parse(struct sshconfig *c, const char *text, const char *file,
                    sshconfig_include_fn include, void *arg, struct fail *why)
{
    CLEANUP(text_done) char *copy = strdup(text);

    if (!copy)
        return fail_memory(why);
    for (char *line = copy, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (add_line(c, line, file, include, arg, why) < 0)
            return -1;
    }
    return 0;
}

/* ---- a host ---------------------------------------------------------------------------- */

static bool can_apply(const struct section *s, const char *host)
{
    return !s->hosts || hostpattern_covers(s->hosts, host);
}

char *sshconfig_kind(const struct sshconfig *c, const char *host, const char *user)
{
    size_t room_bytes = c->count + 1, used = 0;
    char *kind = malloc(room_bytes), *own;
    bool any = false, is_open = false;

    if (!kind)
        return NULL;
    for (unsigned i = 0; i < c->count; i++) {
        const struct section *s = &c->sections[i];
        bool applies = s->counts && can_apply(s, host);

        kind[used++] = applies ? '1' : '0';
        any |= applies;
        is_open |= applies && s->is_open;
    }
    kind[any ? used : 0] = '\0';
    if (!is_open)
        return kind;
    if (asprintf(&own, "%s %s %s", kind, host, user ? user : "") < 0)
        own = NULL;
    free(kind);
    return own;
}

const struct sshconfig_word *sshconfig_find(const struct sshconfig *c, const char *host,
                                            const char *name)
{
    const struct sshconfig_word *w = c->first;

    while (w &&
           (strcasecmp(w->name, name) != 0 || !can_apply(&c->sections[w->section], host)))
        w = w->next;
    return w;
}
