#include "inventory/groups_yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "inventory/joined.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* One file, event by event. */
struct reading {
    struct groups_yaml *y;
    const char *file;
    yaml_parser_t parser;
    yaml_event_t event; /* the one at hand */
    size_t before;      /* groups of earlier files */
    struct fail *why;
};

static void reading_done(struct reading *r)
{
    yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
}

static int refuse(const struct reading *r, size_t line, const char *what)
{
    return fail_set(r->why, FAIL_GROUP_SOURCE, "%s:%zu: %s", r->file, line + 1, what);
}

static int refuse_here(const struct reading *r, const char *what)
{
    return refuse(r, r->event.start_mark.line, what);
}

static int advance(struct reading *r)
{
    yaml_event_delete(&r->event);
    if (yaml_parser_parse(&r->parser, &r->event))
        return 0;
    if (r->parser.error == YAML_MEMORY_ERROR)
        return fail_memory(r->why);
    return refuse(r, r->parser.problem_mark.line,
                  r->parser.problem ? r->parser.problem : "not YAML");
}

static int expect(struct reading *r, yaml_event_type_t type, const char *what)
{
    if (advance(r) < 0)
        return -1;
    return r->event.type == type ? 0 : refuse_here(r, what);
}

/* The text of the scalar at hand, kept; NULL when memory is exhausted or it is none. */
static const char *keep_scalar(struct reading *r)
{
    const char *text = (const char *)r->event.data.scalar.value;
    size_t len = r->event.data.scalar.length;
    const char *copy;

    if (memchr(text, '\0', len)) {
        refuse_here(r, "not a text");
        return NULL;
    }
    copy = arena_copy(&r->y->text, text, len);
    if (!copy)
        fail_memory(r->why);
    return copy;
}

/* ---- what a file says -------------------------------------------------------------------- */

static int add_group(struct reading *r, const char *source, const char *name,
                     const char *hostlist)
{
    struct groups_yaml *y = r->y;
    size_t room = y->room ? 2 * y->room : 64;
    struct yaml_group *more;

    if (y->count == GROUPS_YAML_MAX_GROUPS)
        return refuse_here(r, "too many groups");
    if (y->count == y->room) {
        more = realloc(y->groups, room * sizeof *more);
        if (!more)
            return fail_memory(r->why);
        y->groups = more;
        y->room = room;
    }
    y->groups[y->count++] = (struct yaml_group){source, name, hostlist};
    return 0;
}

/* The rest of a list of hostlists, joined. */
static int read_list(struct reading *r, struct joined *list)
{
    while (advance(r) == 0) {
        if (r->event.type == YAML_SEQUENCE_END_EVENT)
            return 0;
        if (r->event.type != YAML_SCALAR_EVENT)
            return refuse_here(r, "a hostlist is expected");
        if (r->event.data.scalar.length)
            joined_add(list, (const char *)r->event.data.scalar.value,
                       r->event.data.scalar.length);
    }
    return -1;
}

static int read_value(struct reading *r, const char *source, const char *name)
{
    CLEANUP(text_done) char *text = NULL;
    const char *hostlist;
    struct joined list;

    if (advance(r) < 0)
        return -1;
    if (r->event.type == YAML_SCALAR_EVENT) {
        hostlist = keep_scalar(r);
        return hostlist ? add_group(r, source, name, hostlist) : -1;
    }
    if (r->event.type != YAML_SEQUENCE_START_EVENT)
        return refuse_here(r, "a hostlist, or a list of hostlists, is expected");
    if (joined_open(&list, r->why) < 0 ||
        joined_close(&list, read_list(r, &list), &text, r->why) < 0)
        return -1;
    hostlist = arena_copy(&r->y->text, text, strlen(text));
    return hostlist ? add_group(r, source, name, hostlist) : fail_memory(r->why);
}

static int read_groups(struct reading *r, const char *source)
{
    const char *name;

    if (expect(r, YAML_MAPPING_START_EVENT, "the groups of the source are expected") < 0)
        return -1;
    while (advance(r) == 0) {
        if (r->event.type == YAML_MAPPING_END_EVENT)
            return 0;
        if (r->event.type != YAML_SCALAR_EVENT)
            return refuse_here(r, "the name of a group is expected");
        name = keep_scalar(r);
        if (!name || read_value(r, source, name) < 0)
            return -1;
    }
    return -1;
}

static bool is_of_earlier_file(const struct reading *r, const char *source)
{
    for (size_t i = 0; i < r->before; i++)
        if (strcmp(r->y->groups[i].source, source) == 0)
            return true;
    return false;
}

static int read_sources(struct reading *r)
{
    const char *source;

    while (advance(r) == 0) {
        if (r->event.type == YAML_MAPPING_END_EVENT)
            return 0;
        if (r->event.type != YAML_SCALAR_EVENT)
            return refuse_here(r, "the name of a source is expected");
        source = keep_scalar(r);
        if (!source)
            return -1;
        if (is_of_earlier_file(r, source))
            return refuse_here(r, "another file has this source already");
        if (read_groups(r, source) < 0)
            return -1;
    }
    return -1;
}

int groups_yaml_read(struct groups_yaml *y, const char *text, size_t len_bytes,
                     const char *file, struct fail *why)
{
    CLEANUP(reading_done)
    struct reading r = {.y = y, .file = file, .before = y->count, .why = why};

    if (len_bytes > GROUPS_YAML_MAX_TEXT)
        return fail_set(why, FAIL_GROUP_SOURCE, "%s: more than %zu bytes", file,
                        GROUPS_YAML_MAX_TEXT);
    if (!yaml_parser_initialize(&r.parser))
        return fail_memory(why);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len_bytes);
    if (expect(&r, YAML_STREAM_START_EVENT, "not YAML") < 0 ||
        expect(&r, YAML_DOCUMENT_START_EVENT, "sources of groups are expected") < 0 ||
        expect(&r, YAML_MAPPING_START_EVENT, "sources of groups are expected") < 0)
        return -1;
    return read_sources(&r);
}

void groups_yaml_done(struct groups_yaml *y)
{
    free(y->groups);
    arena_done(&y->text);
    *y = (struct groups_yaml){0};
}

/* ---- look --------------------------------------------------------------------------------- */

static bool is_first(const struct groups_yaml *y, size_t i)
{
    return i == 0 || strcmp(y->groups[i - 1].source, y->groups[i].source) != 0;
}

const char *groups_yaml_source(const struct groups_yaml *y, size_t i)
{
    for (size_t k = 0; k < y->count; k++)
        if (is_first(y, k) && i-- == 0)
            return y->groups[k].source;
    return NULL;
}

static const struct yaml_group *find(const struct groups_yaml *y, const char *source,
                                     const char *name)
{
    for (size_t i = 0; i < y->count; i++)
        if (strcmp(y->groups[i].source, source) == 0 &&
            (!name || strcmp(y->groups[i].name, name) == 0))
            return &y->groups[i];
    return NULL;
}

bool groups_yaml_has(const struct groups_yaml *y, const char *source)
{
    return find(y, source, NULL) != NULL;
}

/* One text of every group of the source: its name, or its hostlist. */
static int join(const struct groups_yaml *y, const char *source, bool names, char **text,
                struct fail *why)
{
    struct joined j;

    if (joined_open(&j, why) < 0)
        return -1;
    for (size_t i = 0; i < y->count; i++) {
        const struct yaml_group *g = &y->groups[i];
        const char *part = names ? g->name : g->hostlist;

        if (strcmp(g->source, source) == 0 && *part)
            joined_add(&j, part, strlen(part));
    }
    return joined_close(&j, 0, text, why);
}

int groups_yaml_hostlist(const struct groups_yaml *y, const char *source,
                         const char *name, char **hostlist, struct fail *why)
{
    bool is_all = strcmp(name, "*") == 0;
    const struct yaml_group *group = find(y, source, is_all ? "all" : name);

    if (!group && is_all)
        return join(y, source, false, hostlist, why);
    if (!group)
        return fail_set(why, FAIL_HOSTLIST, "no such group: '%s:%s'", source, name);
    *hostlist = strdup(group->hostlist);
    return *hostlist ? 0 : fail_memory(why);
}

int groups_yaml_names(const struct groups_yaml *y, const char *source, char **names,
                      struct fail *why)
{
    return join(y, source, true, names, why);
}
