#include "controller/sources/sources.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/text.h"
#include "controller/sources/groups_files.h"
#include "controller/sources/run_groups.h"
#include "controller/sources/upcall.h"
#include "controller/whole_file.h"
#include "inventory/foreign_hosts.h"
#include "inventory/groups_conf.h"
#include "inventory/groups_yaml.h"
#include "inventory/hostset.h"
#include "inventory/nearest.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define HOSTS_FILE           "/etc/hosts"
#define MAX_HOSTS_FILE_BYTES ((size_t)16 << 20)
#define ANSIBLE              "ansible-inventory --list"

/* What is between the names of groups in a list. */
#define BETWEEN_NAMES " \t\r\n,"

/* A source without `all` is asked for each of its groups, a process each time. */
#define MAX_ASKED_GROUPS 4096

/* What somebody has said already. */
struct answer {
    struct answer *next;
    char *key, *text;
};

struct sources {
    struct hostset_groups groups;
    struct groups_conf conf;
    struct groups_yaml yaml;
    bool has_conf;
    struct json *ansible; /* NULL: not asked yet */
    struct answer *answers;
    char *state_folder;
};

/* ---- answers ------------------------------------------------------------------------------ */

static const char *recall(const struct sources *s, const char *key)
{
    for (const struct answer *a = s->answers; a; a = a->next)
        if (strcmp(a->key, key) == 0)
            return a->text;
    return NULL;
}

/* Takes text. */
static int keep(struct sources *s, const char *key, char *text, struct fail *why)
{
    struct answer *a = calloc(1, sizeof *a);

    if (a)
        a->key = strdup(key);
    if (!a || !a->key) {
        free(a);
        free(text);
        return fail_memory(why);
    }
    a->text = text;
    a->next = s->answers;
    s->answers = a;
    return 0;
}

/* ---- groups.conf -------------------------------------------------------------------------- */

static int load(struct sources *s, struct fail *why)
{
    if (s->has_conf)
        return 0;
    if (groups_files_read(&s->conf, &s->yaml, why) < 0) {
        groups_conf_done(&s->conf);
        groups_yaml_done(&s->yaml);
        return -1;
    }
    s->has_conf = true;
    return 0;
}

static int run(const struct group_source *source, const char *upcall, const char *group,
               char **text, struct fail *why)
{
    CLEANUP(text_done) char *line = groups_conf_line(source, upcall, group);

    if (!line)
        return fail_memory(why);
    return upcall_run(&(struct upcall){.line = line, .folder = source->folder}, text,
                      why);
}

/* The nodes of one more group, after those that are there. */
static int add_group(const struct group_source *source, const char *group,
                     struct text *all, struct fail *why)
{
    CLEANUP(text_done) char *more = NULL;

    if (!hostset_is_group_name(group))
        return fail_set(why, FAIL_GROUP_SOURCE,
                        "it lists '%s', which is no name of a group", group);
    if (run(source, source->map, group, &more, why) < 0)
        return -1;
    text_add(all, "%s\n", more);
    return text_is_cut(all)
               ? fail_set(why, FAIL_GROUP_SOURCE, "its groups print more than 16 MiB")
               : 0;
}

/* Call visit for each name in a list, which may say x1y[3-4], too.  visit returns 0, or -1
 * with *why filled in to end it.
 */
static int each_listed(const char *list,
                       int (*visit)(void *arg, const char *group, struct fail *why),
                       void *arg, struct fail *why)
{
    CLEANUP(text_done) char *copy = strdup(list);
    char *rest = copy, *word;

    if (!copy)
        return fail_memory(why);
    while ((word = strsep(&rest, BETWEEN_NAMES))) {
        bool is_folded = strchr(word, '[') != NULL;

        if (!*word || (is_folded ? hostset_each(word, visit, arg, why)
                                 : visit(arg, word, why)) == 0)
            continue;
        return why->code == FAIL_HOSTLIST ? fail_set(why, FAIL_GROUP_SOURCE,
                                                     "it lists '%.60s', which is no name "
                                                     "of groups",
                                                     word)
                                          : -1;
    }
    return 0;
}

static int count_listed(void *arg, const char *group, struct fail *why)
{
    size_t *count = arg;

    (void)group;
    return ++*count <= MAX_ASKED_GROUPS
               ? 0
               : fail_set(why, FAIL_GROUP_SOURCE,
                          "it lists more than %d groups, and then needs an `all`",
                          MAX_ASKED_GROUPS);
}

struct listed {
    const struct group_source *source;
    struct text *all;
};

static int add_listed(void *arg, const char *group, struct fail *why)
{
    const struct listed *l = arg;

    return add_group(l->source, group, l->all, why);
}

/* All nodes of a source that cannot say so itself: those of all its groups. */
static int run_list(const struct group_source *source, char **text, struct fail *why)
{
    CLEANUP(text_done) char *list = NULL;
    CLEANUP(text_clear) struct text all = {.max_bytes = UPCALL_MAX_BYTES};
    struct listed listed = {source, &all};
    size_t count = 0;

    if (!source->list)
        return fail_set(
            why, FAIL_GROUP_SOURCE,
            "it has neither `all` nor `list`, so who all nodes are is not known");
    if (run(source, source->list, NULL, &list, why) < 0 ||
        each_listed(list, count_listed, &count, why) < 0 ||
        each_listed(list, add_listed, &listed, why) < 0)
        return -1;
    *text = strdup(text_of(&all));
    return *text ? 0 : fail_memory(why);
}

static int ask_upcalls(const struct group_source *source, const char *group, char **text,
                       struct fail *why)
{
    if (strcmp(group, "*") != 0)
        return run(source, source->map, group, text, why);
    return source->all ? run(source, source->all, NULL, text, why)
                       : run_list(source, text, why);
}

/* ---- those without ------------------------------------------------------------------------ */

static int ask_hosts(const char *group, char **text, struct fail *why)
{
    CLEANUP(text_done) char *file = NULL;
    size_t len;

    if (strcmp(group, "*") != 0)
        return fail_set(why, FAIL_HOSTLIST, "%s has no groups: only @hosts:*",
                        HOSTS_FILE);
    if (whole_file_read(HOSTS_FILE, MAX_HOSTS_FILE_BYTES, &file, &len) < 0)
        return fail_set(why, FAIL_GROUP_SOURCE, "%s: %s", HOSTS_FILE, strerror(errno));
    return foreign_hosts_file(file, text, why);
}

static int load_ansible(struct sources *s, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;

    if (s->ansible)
        return 0;
    if (upcall_run(&(struct upcall){.line = ANSIBLE}, &text, why) < 0)
        return -1;
    if (json_parse(text, strlen(text), &s->ansible, why) == 0)
        return 0;
    return fail_set(why, FAIL_GROUP_SOURCE, "'%s': %s", ANSIBLE, why->text);
}

static int ask_ansible(struct sources *s, const char *group, char **text,
                       struct fail *why)
{
    return load_ansible(s, why) < 0 ? -1
                                    : foreign_hosts_ansible(s->ansible, group, text, why);
}

static int no_such_source(const struct sources *s, const char *name, struct fail *why)
{
    const char *words[GROUPS_CONF_MAX_SOURCES + 4] = {"hosts", "ansible", "latest"},
                                                *near;

    for (size_t i = 0; i < s->conf.count; i++)
        words[3 + i] = s->conf.sources[i].name;
    near = nearest_word(name, words);
    return fail_set(why, FAIL_HOSTLIST, "no group source and no run '%s'%s%s%s", name,
                    near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static int ask_run(const struct sources *s, const char *source, const char *group,
                   char **text, struct fail *why)
{
    struct fail reason = {.code = FAIL_NO_SUCH_RUN};

    if (!s->state_folder)
        fail_set(&reason, FAIL_NO_SUCH_RUN,
                 "there are no runs: where they are kept is not known without $HOME; "
                 "name the folder with --state");
    else if (run_groups_read(s->state_folder, source, group, text, &reason) == 0)
        return 0;
    if (reason.code == FAIL_NO_SUCH_RUN && strcmp(source, "latest") != 0)
        return no_such_source(s, source, why);
    *why = reason;
    return -1;
}

/* ---- what is asked ------------------------------------------------------------------------- */

static int ask(struct sources *s, const char *source, const char *group, char **text,
               struct fail *why)
{
    const struct group_source *known = groups_conf_find(&s->conf, source);

    if (known && !(known->is_spare && groups_yaml_has(&s->yaml, source)))
        return ask_upcalls(known, group, text, why);
    if (groups_yaml_has(&s->yaml, source))
        return groups_yaml_hostlist(&s->yaml, source, group, text, why);
    if (strcmp(source, "hosts") == 0)
        return ask_hosts(group, text, why);
    if (strcmp(source, "ansible") == 0)
        return ask_ansible(s, group, text, why);
    return ask_run(s, source, group, text, why);
}

/* The one of [Main], else, as ClusterShell does, the first that a file tells of. */
static const char *default_source(const struct groups_conf *conf)
{
    if (conf->default_source && *conf->default_source)
        return conf->default_source;
    return conf->count && !conf->sources[0].is_spare ? conf->sources[0].name : NULL;
}

/* The default source when none is named. */
static int name_source(struct sources *s, const char **source, const char *group,
                       struct fail *why)
{
    if (load(s, why) < 0)
        return -1;
    if (!*source)
        *source = default_source(&s->conf);
    if (*source && **source)
        return 0;
    return strcmp(group, "*") == 0
               ? fail_set(why, FAIL_HOSTLIST,
                          "which nodes there are is not known: there is neither a fleet "
                          "file nor a default source of groups")
               : fail_set(why, FAIL_HOSTLIST, "no such group: '%s'", group);
}

/* Whose failure it is; what is wrong with a name tells already. */
static int blame(const char *source, struct fail *why)
{
    return why->code == FAIL_GROUP_SOURCE ? fail_prefix(why, "group source %s", source)
                                          : -1;
}

static int hostlist_of(void *arg, const char *source, const char *name, const char **text,
                       struct fail *why)
{
    struct sources *s = arg;
    char key[2 * HOSTSET_MAX_NAME + 8];
    char *made;

    if (name_source(s, &source, name, why) < 0)
        return -1;
    snprintf(key, sizeof key, "%s:%s", source, name);
    if (!recall(s, key)) {
        if (ask(s, source, name, &made, why) < 0)
            return blame(source, why);
        if (keep(s, key, made, why) < 0)
            return -1;
    }
    *text = recall(s, key);
    return 0;
}

/* The groups of a run are the states of its nodes. */
static int list_run(const struct sources *s, const char *run, char **text,
                    struct fail *why)
{
    CLEANUP(text_done) char *nodes = NULL;

    if (ask_run(s, run, "*", &nodes, why) < 0)
        return -1;
    *text = run_groups_states();
    return *text ? 0 : fail_memory(why);
}

static int list(struct sources *s, const char *source, char **text, struct fail *why)
{
    const struct group_source *known = groups_conf_find(&s->conf, source);

    if (groups_yaml_has(&s->yaml, source) && (!known || known->is_spare))
        return groups_yaml_names(&s->yaml, source, text, why);
    if (known && known->list)
        return run(known, known->list, NULL, text, why);
    if (!known && strcmp(source, "ansible") == 0)
        return load_ansible(s, why) < 0
                   ? -1
                   : foreign_hosts_ansible_groups(s->ansible, text, why);
    return known || strcmp(source, "hosts") == 0
               ? fail_set(why, FAIL_GROUP_SOURCE, "it cannot list its groups")
               : list_run(s, source, text, why);
}

static int group_names(void *arg, const char *source, const char **text, struct fail *why)
{
    struct sources *s = arg;
    char key[HOSTSET_MAX_NAME + 8];
    char *made;

    if (name_source(s, &source, "@@", why) < 0)
        return -1;
    snprintf(key, sizeof key, "@@%s", source);
    if (!recall(s, key)) {
        if (list(s, source, &made, why) < 0)
            return blame(source, why);
        if (keep(s, key, made, why) < 0)
            return -1;
    }
    *text = recall(s, key);
    return 0;
}

static int read_list(const char *path, char **list, struct fail *why)
{
    bool is_stdin = strcmp(path, "-") == 0;
    const char *name = is_stdin ? "standard input" : path, *slash = strrchr(path, '/');
    size_t depth = slash ? (size_t)(slash - path) + (slash == path) : 0, len;
    CLEANUP(text_done) char *text = NULL;
    CLEANUP(text_done) char *folder = strndup(path, depth);

    if (!folder)
        return fail_memory(why);
    if (whole_file_read(is_stdin ? NULL : path, HOSTSET_MAX_TEXT, &text, &len) < 0)
        return fail_set(why, FAIL_HOSTLIST, "%s: %s", name, strerror(errno));
    if (strlen(text) != len)
        return fail_set(why, FAIL_HOSTLIST, "%s: this is no text: it has a NUL byte",
                        name);
    return foreign_hosts_list(text, folder, list, why);
}

/* Standard input can be read once, and may be named twice. */
static int file_text(void *arg, const char *path, const char **text, struct fail *why)
{
    struct sources *s = arg;
    bool is_stdin = strcmp(path, "-") == 0;
    const char *key = is_stdin ? "^-" : "^";
    char *made;

    if (!is_stdin || !recall(s, key)) {
        if (read_list(path, &made, why) < 0 || keep(s, key, made, why) < 0)
            return -1;
    }
    *text = recall(s, key); /* the newest of that key */
    return 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

int sources_new(const char *state_folder, struct sources **s, struct fail *why)
{
    struct sources *made = calloc(1, sizeof *made);

    if (!made)
        return fail_memory(why);
    made->groups = (struct hostset_groups){.hostlist_of = hostlist_of,
                                           .group_names = group_names,
                                           .file_text = file_text,
                                           .arg = made};
    if (state_folder && !(made->state_folder = strdup(state_folder))) {
        sources_free(made);
        return fail_memory(why);
    }
    *s = made;
    return 0;
}

void sources_free(struct sources *s)
{
    if (!s)
        return;
    while (s->answers) {
        struct answer *a = s->answers;

        s->answers = a->next;
        free(a->key);
        free(a->text);
        free(a);
    }
    groups_conf_done(&s->conf);
    groups_yaml_done(&s->yaml);
    json_free(s->ansible);
    free(s->state_folder);
    free(s);
}

const struct hostset_groups *sources_groups(const struct sources *s)
{
    return &s->groups;
}

const char *sources_name(const struct sources *s, size_t i)
{
    size_t own = 0;

    while (own < s->conf.count && !s->conf.sources[own].is_spare)
        own++;
    return i < own ? s->conf.sources[i].name : groups_yaml_source(&s->yaml, i - own);
}

int sources_count(struct sources *s, size_t *count, struct fail *why)
{
    if (load(s, why) < 0)
        return -1;
    *count = 0;
    while (sources_name(s, *count))
        ++*count;
    return 0;
}
