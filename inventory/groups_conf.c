#include "inventory/groups_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "protocol/fail.h"
#include "protocol/scope.h"

#define SPACES     " \t\r\v\f"
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

/* One reading of one file. */
struct reading {
    struct groups_conf *conf;
    const char *file, *folder;
    enum groups_conf_kind kind;
    struct fail *why;
    unsigned line;

    char *section;  /* names parted by ',', or "Main"; NULL before the first */
    unsigned begun; /* on this line                                          */
    bool is_passed_over;
    size_t indent;     /* of the key whose value may go on                      */
    char *key, *value; /* NULL: none is open                                    */
};

static void reading_done(struct reading *r)
{
    free(r->section);
    free(r->key);
    free(r->value);
}

static int refuse(const struct reading *r, const char *what, const char *name)
{
    return fail_set(r->why, FAIL_GROUP_SOURCE, "%s:%u: %s%s%s%s", r->file, r->line, what,
                    *name ? " '" : "", name, *name ? "'" : "");
}

/* ---- what a section comes to --------------------------------------------------------- */

const struct group_source *groups_conf_find(const struct groups_conf *conf,
                                            const char *name)
{
    for (size_t i = 0; i < conf->count; i++)
        if (strcmp(conf->sources[i].name, name) == 0)
            return &conf->sources[i];
    return NULL;
}

static const char **field_of(struct group_source *source, const char *key)
{
    if (strcasecmp(key, "map") == 0)
        return &source->map;
    if (strcasecmp(key, "all") == 0)
        return &source->all;
    return strcasecmp(key, "list") == 0 ? &source->list : NULL;
}

static const char **field_of_main(struct groups_conf *conf, const char *key)
{
    if (strcasecmp(key, "default") == 0)
        return &conf->default_source;
    if (strcasecmp(key, "confdir") == 0 || strcasecmp(key, "groupsdir") == 0)
        return &conf->confdir;
    return strcasecmp(key, "autodir") == 0 ? &conf->autodir : NULL;
}

/* The source of that name, made when it is new; *index is its place. */
static int need_source(const struct reading *r, const char *name, size_t *index)
{
    struct groups_conf *conf = r->conf;
    struct group_source *more;
    const char *copy;

    for (*index = 0; *index < conf->count; ++*index)
        if (strcmp(conf->sources[*index].name, name) == 0)
            return 0;
    if (conf->count == GROUPS_CONF_MAX_SOURCES)
        return refuse(r, "too many sources", "");
    more = realloc(conf->sources, (conf->count + 1) * sizeof *more);
    if (more)
        conf->sources = more;
    copy = arena_copy(&conf->text, name, strlen(name));
    if (!more || !copy)
        return fail_memory(r->why);
    more[conf->count++] =
        (struct group_source){.name = copy, .is_spare = r->kind == GROUPS_CONF_SPARE};
    return 0;
}

static int keep(const struct reading *r, const char **field, const char *value)
{
    const char *copy;

    if (!field)
        return 0;
    copy = arena_copy(&r->conf->text, value, strlen(value));
    if (!copy)
        return fail_memory(r->why);
    *field = copy;
    return 0;
}

static int take_for(const struct reading *r, const char *name)
{
    size_t i;

    if (need_source(r, name, &i) < 0)
        return -1;
    return keep(r, field_of(&r->conf->sources[i], r->key), r->value);
}

/* Call visit for each name of "[a,b]". */
static int each_name(const struct reading *r,
                     int (*visit)(const struct reading *r, const char *name))
{
    CLEANUP(text_done) char *names = strdup(r->section);
    char *rest = names, *name;

    if (!names)
        return fail_memory(r->why);
    while ((name = strsep(&rest, ",")))
        if (visit(r, name) < 0)
            return -1;
    return 0;
}

static bool is_main(const struct reading *r)
{
    return strcmp(r->section, "Main") == 0;
}

/* The key that was open is whole now. */
static int close_key(struct reading *r)
{
    int status = 0;

    if (r->key && is_main(r))
        status = r->kind == GROUPS_CONF_MAIN || r->kind == GROUPS_CONF_OWN
                     ? keep(r, field_of_main(r->conf, r->key), r->value)
                     : 0;
    else if (r->key)
        status = each_name(r, take_for);
    free(r->key);
    free(r->value);
    r->key = r->value = NULL;
    return status;
}

static int check_source(const struct reading *r, const char *name)
{
    const struct group_source *source = groups_conf_find(r->conf, name);

    if (source && source->map)
        return 0;
    return fail_set(r->why, FAIL_GROUP_SOURCE, "%s:%u: source '%s' has no map", r->file,
                    r->begun, name);
}

static int close_section(struct reading *r)
{
    if (close_key(r) < 0)
        return -1;
    return r->section && !is_main(r) && !r->is_passed_over ? each_name(r, check_source)
                                                           : 0;
}

/* ---- lines ----------------------------------------------------------------------------- */

/* Half of one source and half of another would be nobody's. */
static void begin_own(struct group_source *source)
{
    if (!source->is_own)
        *source = (struct group_source){.name = source->name, .is_own = true};
}

static int begin_source(const struct reading *r, const char *name)
{
    const struct group_source *source = groups_conf_find(r->conf, name);
    bool is_own = r->kind == GROUPS_CONF_OWN || r->kind == GROUPS_CONF_OWN_PART;
    bool is_part = r->kind == GROUPS_CONF_PART || r->kind == GROUPS_CONF_OWN_PART;
    size_t i;

    if (!*name || name[strspn(name, NAME_CHARS)] || *name == '-')
        return refuse(r, "not the name of a source:", name);
    if (source && is_part && source->is_own == is_own)
        return refuse(r, "there is already a source", name);
    if (need_source(r, name, &i) < 0)
        return -1;
    if (is_own)
        begin_own(&r->conf->sources[i]);
    r->conf->sources[i].folder = arena_copy(&r->conf->text, r->folder, strlen(r->folder));
    return r->conf->sources[i].folder ? 0 : fail_memory(r->why);
}

static int begin_section(struct reading *r, const char *line)
{
    size_t len = strcspn(line, "]");

    if (close_section(r) < 0)
        return -1;
    if (line[len] != ']')
        return refuse(r, "a section needs ']' at its end", "");
    free(r->section);
    r->section = strndup(line + 1, len - 1);
    r->begun = r->line;
    if (!r->section)
        return fail_memory(r->why);
    r->is_passed_over =
        r->kind == GROUPS_CONF_SPARE && groups_conf_find(r->conf, r->section);
    return is_main(r) || r->is_passed_over ? 0 : each_name(r, begin_source);
}

static int begin_key(struct reading *r, const char *line, size_t indent)
{
    size_t end = strcspn(line, ":="), len = end;

    if (!r->section)
        return refuse(r, "this stands before the first [section]", "");
    if (!line[end])
        return refuse(r, "neither 'key: value' nor a section:", line);
    while (len && strchr(SPACES, line[len - 1]))
        len--;
    if (len == 0)
        return refuse(r, "there is no key before", line);
    r->key = strndup(line, len);
    r->value = strdup(line + end + 1 + strspn(line + end + 1, SPACES));
    r->indent = indent;
    return r->key && r->value ? 0 : fail_memory(r->why);
}

static int go_on(struct reading *r, const char *line)
{
    char *more;

    if (asprintf(&more, "%s\n%s", r->value, line) < 0)
        return fail_memory(r->why);
    free(r->value);
    r->value = more;
    return 0;
}

static int read_line(struct reading *r, char *line)
{
    size_t indent = strspn(line, SPACES), len = strlen(line);

    while (len > indent && strchr(SPACES, line[len - 1]))
        line[--len] = '\0';
    line += indent;
    if (!*line || *line == '#' || *line == ';')
        return 0;
    if (r->key && indent > r->indent)
        return go_on(r, line);
    if (close_key(r) < 0)
        return -1;
    if (*line == '[')
        return begin_section(r, line);
    return r->is_passed_over ? 0 : begin_key(r, line, indent);
}

int groups_conf_read(struct groups_conf *conf, const char *text, size_t len_bytes,
                     const char *file, const char *folder, enum groups_conf_kind kind,
                     struct fail *why)
{
    CLEANUP(reading_done)
    struct reading r = {
        .conf = conf, .file = file, .folder = folder, .kind = kind, .why = why};
    CLEANUP(text_done) char *copy = NULL;
    char *rest, *line;

    if (len_bytes > GROUPS_CONF_MAX_TEXT || memchr(text, '\0', len_bytes))
        return fail_set(why, FAIL_GROUP_SOURCE, "%s: not a text of at most %zu bytes",
                        file, GROUPS_CONF_MAX_TEXT);
    copy = rest = strndup(text, len_bytes);
    if (!copy)
        return fail_memory(why);
    while ((line = strsep(&rest, "\n"))) {
        r.line++;
        if (read_line(&r, line) < 0)
            return -1;
    }
    return close_section(&r);
}

void groups_conf_done(struct groups_conf *conf)
{
    free(conf->sources);
    arena_done(&conf->text);
    *conf = (struct groups_conf){0};
}
