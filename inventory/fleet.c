#include "inventory/fleet.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/fleet_parts.h"
#include "inventory/fleet_setting.h"
#include "inventory/hostset.h"
#include "inventory/nearest.h"
#include "protocol/character.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

struct fleet *fleet_new(void)
{
    struct fleet *fleet = calloc(1, sizeof *fleet);

    if (!fleet)
        return NULL;
    fleet_policy_init(&fleet->policy);
    fleet->azure.max_age_s = FLEET_AZURE_AGE_S;
    return fleet;
}

void fleet_free(struct fleet *fleet)
{
    if (!fleet)
        return;
    for (size_t i = 0; i < fleet->group_count; i++)
        free(fleet->groups[i].hostlist);
    free(fleet->groups);
    free(fleet->nodes);
    free(fleet->all);
    arena_done(&fleet->text);
    free(fleet);
}

void fleet_done(struct fleet **fleet)
{
    fleet_free(*fleet);
}

/* ---- look -------------------------------------------------------------------------- */

size_t fleet_count(const struct fleet *fleet)
{
    return fleet->count;
}

const struct fleet_node *fleet_node(const struct fleet *fleet, size_t i)
{
    assert(i < fleet->count);
    return &fleet->nodes[i].node;
}

static int by_name(const void *name, const void *entry)
{
    const struct fleet_entry *e = entry;

    return hostset_compare(name, e->node.name);
}

const struct fleet_node *fleet_find(const struct fleet *fleet, const char *name)
{
    const struct fleet_entry *e = fleet->count ? bsearch(name, fleet->nodes, fleet->count,
                                                         sizeof *fleet->nodes, by_name)
                                               : NULL;

    return e ? &e->node : NULL;
}

const struct fleet_policy *fleet_policy(const struct fleet *fleet)
{
    return &fleet->policy;
}

const struct fleet_azure *fleet_azure(const struct fleet *fleet)
{
    return &fleet->azure;
}

size_t fleet_group_count(const struct fleet *fleet)
{
    return fleet->group_count;
}

const char *fleet_group_name(const struct fleet *fleet, size_t i)
{
    assert(i < fleet->group_count);
    return fleet->groups[i].name;
}

struct fleet_group *fleet_find_group(const struct fleet *fleet, const char *name)
{
    for (size_t i = 0; i < fleet->group_count; i++)
        if (strcmp(fleet->groups[i].name, name) == 0)
            return &fleet->groups[i];
    return NULL;
}

/* ---- select ------------------------------------------------------------------------ */

static int no_such_group(const struct fleet *fleet, const char *name, struct fail *why)
{
    const char **names = calloc(fleet->group_count + 2, sizeof *names), *near;

    if (!names)
        return fail_memory(why);
    names[0] = "all";
    for (size_t i = 0; i < fleet->group_count; i++)
        names[i + 1] = fleet->groups[i].name;
    near = nearest_word(name, names);
    free(names);
    return fail_set(why, FAIL_HOSTLIST, "no such group: '%s'%s%s%s", name,
                    near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

/* A fleet, and who knows what it does not. */
struct view {
    const struct fleet *fleet;
    const struct hostset_groups *others; /* NULL: nobody */
    bool is_lenient;                     /* a group may name whom it likes */
    bool takes_anybody;                  /* and so may who typed           */
    const struct hostset *candidates;    /* of filters, or NULL            */
};

/* The fleet's own group, or that of the default source, which says nothing of those
 * that it does not know.
 */
static int hostlist_of_own(const struct view *view, const char *name, const char **text,
                           struct fail *why)
{
    const struct fleet_group *group = fleet_find_group(view->fleet, name);
    const struct hostset_groups *others = view->others;
    struct fail reason = {.code = FAIL_NONE};

    if (group || strcmp(name, "all") == 0 || strcmp(name, "*") == 0) {
        *text = group ? group->hostlist : view->fleet->all;
        return 0;
    }
    if (!others)
        return no_such_group(view->fleet, name, why);
    if (others->hostlist_of(others->arg, NULL, name, text, &reason) == 0 && **text)
        return 0;
    if (reason.code == FAIL_NONE || reason.code == FAIL_HOSTLIST)
        return no_such_group(view->fleet, name, why);
    if (why)
        *why = reason;
    return -1;
}

static int hostlist_of(void *arg, const char *source, const char *name, const char **text,
                       struct fail *why)
{
    const struct view *view = arg;
    const struct hostset_groups *others = view->others;

    if (!source)
        return hostlist_of_own(view, name, text, why);
    if (!others)
        return fail_set(why, FAIL_HOSTLIST, "there is no group source '%s' here", source);
    return others->hostlist_of(others->arg, source, name, text, why);
}

static int group_names(void *arg, const char *source, const char **text, struct fail *why)
{
    const struct view *view = arg;
    const struct hostset_groups *others = view->others;

    if (!others || !others->group_names)
        return fail_set(why, FAIL_HOSTLIST, "there are no group sources here");
    return others->group_names(others->arg, source, text, why);
}

static int file_text(void *arg, const char *path, const char **text, struct fail *why)
{
    const struct view *view = arg;
    const struct hostset_groups *others = view->others;

    if (!others || !others->file_text)
        return fail_set(why, FAIL_HOSTLIST, "files are not read here");
    return others->file_text(others->arg, path, text, why);
}

static bool is_node(void *arg, bool of_group, const char *name)
{
    const struct view *view = arg;

    return view->takes_anybody || (of_group && view->is_lenient) ||
           fleet_find(view->fleet, name) != NULL;
}

static int resolve(struct view *view, const char *hostlist, struct hostset **set,
                   struct fail *why)
{
    const struct hostset_groups groups = {.hostlist_of = hostlist_of,
                                          .group_names = group_names,
                                          .file_text = file_text,
                                          .is_node = is_node,
                                          .candidates = view->candidates,
                                          .arg = view};

    return hostset_parse(hostlist, &groups, set, why);
}

int fleet_resolve(const struct fleet *fleet, const char *hostlist, struct hostset **set,
                  struct fail *why)
{
    return resolve(&(struct view){.fleet = fleet}, hostlist, set, why);
}

int fleet_select(const struct fleet *fleet, const char *hostlist,
                 const struct hostset_groups *others, struct hostset **set,
                 struct fail *why)
{
    return resolve(&(struct view){.fleet = fleet, .others = others}, hostlist, set, why);
}

int fleet_exclude(const struct fleet *fleet, const char *hostlist,
                  const struct hostset_groups *others, struct hostset *set,
                  struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *out = NULL;
    struct view view = {.fleet = fleet,
                        .others = others,
                        .is_lenient = true,
                        .candidates = set};

    if (resolve(&view, hostlist, &out, why) < 0)
        return -1;
    hostset_subtract(set, out);
    return 0;
}

int fleet_names(const struct fleet *fleet, const char *hostlist,
                const struct hostset_groups *others, struct hostset **set,
                struct fail *why)
{
    struct view view = {.fleet = fleet, .others = others, .takes_anybody = true};

    return resolve(&view, hostlist, set, why);
}

/* There is no file to be wrong: say what is.  Returns -1. */
static int recode(enum fail_code code, struct fail *why)
{
    if (why && why->code == FAIL_FLEET_FILE)
        why->code = code;
    return -1;
}

/* ---- change ------------------------------------------------------------------------ */

int fleet_override(struct fleet *fleet, const char *key, const char *value,
                   const char *home, struct fail *why)
{
    enum fleet_setting setting;
    const char *text;

    if (setting_find(key, &setting, why) < 0 ||
        setting_read(setting, value, home, &fleet->text, &text, why) < 0)
        return recode(FAIL_USAGE, why);
    for (size_t i = 0; i < fleet->count; i++)
        fleet_apply(&fleet->nodes[i], setting, text);
    return 0;
}

int fleet_override_policy(struct fleet *fleet, const char *key, const char *value,
                          struct fail *why)
{
    enum policy_key which;

    if (fleet_policy_find(key, &which, why) < 0 ||
        fleet_policy_set(&fleet->policy, which, value, &fleet->text, why) < 0)
        return recode(FAIL_USAGE, why);
    return 0;
}

void fleet_apply(struct fleet_entry *entry, enum fleet_setting setting, const char *text)
{
    if (setting != SETTING_PORT || !entry->own_port)
        setting_apply(setting, text, &entry->node);
}

/* ---- make -------------------------------------------------------------------------- */

int fleet_of(const char *hostlist, const struct hostset_groups *groups,
             struct fleet **fleet, struct fail *why)
{
    CLEANUP(fleet_done) struct fleet *made = fleet_new();
    CLEANUP(hostset_done) struct hostset *names = NULL;

    if (!made)
        return fail_memory(why);
    if (hostset_parse(hostlist, groups, &names, why) < 0)
        return -1;
    for (size_t i = 0; i < hostset_count(names); i++)
        if (fleet_add_nodes(made, hostset_name(names, i), "", 0, why) < 0)
            return recode(FAIL_HOSTLIST, why);
    if (fleet_close_nodes(made, "", why) < 0)
        return -1;
    *fleet = made;
    made = NULL;
    return 0;
}

static void file_done(FILE **file)
{
    if (*file)
        fclose(*file);
}

static int read_file(const char *path, char **text, size_t *len, struct fail *why)
{
    CLEANUP(file_done) FILE *file = fopen(path, "re");

    if (!file)
        return fail_set(why, FAIL_FLEET_FILE, "%s: %s", path, strerror(errno));
    *text = malloc(FLEET_MAX_TEXT + 1);
    if (!*text)
        return fail_memory(why);
    *len = fread(*text, 1, FLEET_MAX_TEXT + 1, file);
    if (ferror(file))
        return fail_set(why, FAIL_FLEET_FILE, "%s: %s", path, strerror(errno));
    return 0;
}

int fleet_load(const char *path, const char *home, const struct fleet_finder *finder,
               struct fleet **fleet, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;
    size_t len = 0;

    if (path && read_file(path, &text, &len, why) < 0)
        return -1;
    return fleet_parse(text ? text : "", len, path ? path : "no fleet file", home, finder,
                       fleet, why);
}
