/* ibfleet nodes - who is in the fleet, in the words of whoever wants to know */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/command.h"
#include "controller/options.h"
#include "controller/roster.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "controller/sources/sources.h"
#include "controller/vmss/census.h"
#include "inventory/fleet.h"
#include "inventory/hostset.h"
#include "inventory/hostset_part.h"
#include "inventory/scaleset_record.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"
#include "protocol/url.h"

#define SCHEMA "ibfleet.nodes/1"

/* ---- JSON -------------------------------------------------------------------------- */

/* Of an instance of a scale set, what Azure says of it. */
static int put_instance(struct json *doc, const struct command *c, const char *name)
{
    const struct scaleset_instance *instance = census_instance(c->census, name);

    return instance ? json_put(doc, "azure", scaleset_encode_instance(instance)) : 0;
}

/* As a person may see it. */
static int put_url(struct json *doc, const char *name, const char *url)
{
    char shown[URL_MAX_BYTES + 1];

    return json_put_text(doc, name, url ? url_show(url, shown, sizeof shown) : NULL);
}

static int put_driver(struct json *doc, const struct fleet_node *n)
{
    return json_put_text(doc, "driver", fleet_driver_name(n->driver)) == 0 &&
                   json_put_text(doc, "driver_version", n->driver_version) == 0 &&
                   put_url(doc, "mirror", n->mirror) == 0 &&
                   put_url(doc, "proxy", n->proxy) == 0 &&
                   json_put_text(doc, "hold", fleet_hold_name(n->hold)) == 0 &&
                   json_put_flag(doc, "ipoib", n->ipoib) == 0 &&
                   json_put_flag(doc, "names", n->names) == 0
               ? 0
               : -1;
}

static struct json *encode_node(const void *arg, size_t i)
{
    const struct command *c = arg;
    const struct fleet_node *n = c->nodes[i];
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", n->name) == 0 &&
        json_put_text(doc, "address", n->address) == 0 &&
        json_put_int(doc, "port", n->port) == 0 &&
        json_put_text(doc, "user", n->user) == 0 && put_driver(doc, n) == 0 &&
        json_put_text(doc, "reboot", fleet_reboot_name(n->reboot)) == 0 &&
        put_instance(doc, c, n->name) == 0)
        return doc;
    json_free(doc);
    return NULL;
}

/* The hostlist of a group, malloc'ed; "" for one without nodes. */
static char *fold_group(const struct fleet *fleet, const char *name)
{
    CLEANUP(hostset_done) struct hostset *set = NULL;
    CLEANUP(text_done) char *at_name = NULL;

    if (asprintf(&at_name, "@%s", name) < 0)
        return NULL;
    return fleet_select(fleet, at_name, NULL, &set, NULL) < 0 ? strdup("")
                                                              : hostset_fold(set);
}

static struct json *encode_groups(const struct fleet *fleet)
{
    struct json *groups = json_object();

    for (size_t i = 0; groups && i < fleet_group_count(fleet); i++) {
        const char *name = fleet_group_name(fleet, i);
        CLEANUP(text_done) char *hosts = fold_group(fleet, name);

        if (!hosts || json_put_text(groups, name, hosts) < 0) {
            json_free(groups);
            return NULL;
        }
    }
    return groups;
}

static int print_json(const struct command *c, struct fail *why)
{
    CLEANUP(json_done) struct json *doc = json_object();

    if (!doc || json_put_text(doc, "schema", SCHEMA) < 0 ||
        json_put(doc, "nodes", json_list(c->node_count, encode_node, c)) < 0 ||
        json_put(doc, "groups", encode_groups(c->fleet)) < 0)
        return fail_memory(why);
    return screen_json(doc, why);
}

/* ---- text -------------------------------------------------------------------------- */

static void expand(const struct command *c, struct text *text)
{
    for (size_t i = 0; i < c->node_count; i++)
        text_add(text, "%s\n", c->nodes[i]->name);
}

/* A line with a hostlist, and what stands before it. */
static int put_folded(const char *before, const struct hostset *set,
                      char *(*folding)(const struct hostset *set), struct text *text,
                      struct fail *why)
{
    CLEANUP(text_done) char *folded = folding(set);

    if (!folded)
        return fail_memory(why);
    text_add(text, "%s%s\n", before, folded);
    return 0;
}

/* A line for whoever starts something for each part. */
static int put_part(const struct options *o, const struct hostset *part,
                    struct text *text, struct fail *why)
{
    if (!o->count && !o->expand)
        return put_folded("", part, hostset_fold, text, why);
    if (o->count)
        text_add(text, "%zu\n", hostset_count(part));
    for (size_t i = 0; o->expand && i < hostset_count(part); i++)
        text_add(text, "%s%c", hostset_name(part, i),
                 i + 1 == hostset_count(part) ? '\n' : ' ');
    return 0;
}

static int put_parts(const struct options *o, const struct hostset *set,
                     struct text *text, struct fail *why)
{
    size_t parts = (size_t)o->split;

    for (size_t i = 0; i < parts && i < hostset_count(set); i++) {
        CLEANUP(hostset_done) struct hostset *part = NULL;

        if (hostset_split(set, parts, i, &part, why) < 0 ||
            put_part(o, part, text, why) < 0)
            return -1;
    }
    return 0;
}

static int fold(const struct command *c, char *(*folding)(const struct hostset *set),
                struct text *text, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();

    if (!set)
        return fail_memory(why);
    for (size_t i = 0; i < c->node_count; i++)
        if (hostset_add(set, c->nodes[i]->name, why) < 0)
            return -1;
    return c->options->split == OPTION_UNSET ? put_folded("", set, folding, text, why)
                                             : put_parts(c->options, set, text, why);
}

static int hosts_file(const struct command *c, struct text *text, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *without = hostset_new();
    CLEANUP(text_done) char *folded = NULL;

    if (!without)
        return fail_memory(why);
    if (roster_hosts(c->nodes, c->node_count, text, without, why) < 0)
        return -1;
    folded = hostset_fold(without);
    if (!folded)
        return fail_memory(why);
    if (*folded)
        screen_warn("left out, as the fleet file has no IP address: %s", folded);
    return 0;
}

/* ---- groups ------------------------------------------------------------------------- */

/* Those that some of the nodes are in, each as it is written on the command line. */
static int put_group(const struct command *c, const char *name,
                     const struct hostset_groups *others, struct text *text,
                     struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *shared = NULL;
    CLEANUP(text_done) char *before = NULL;

    if (roster_group(c->fleet, c->nodes, c->node_count, name, others, &shared, why) < 0)
        return -1;
    if (!hostset_count(shared))
        return 0;
    if (asprintf(&before, "@%s ", name) < 0)
        return fail_memory(why);
    return put_folded(before, shared, hostset_fold, text, why);
}

static int put_own_groups(const struct command *c, struct text *text, struct fail *why)
{
    for (size_t i = 0; i < fleet_group_count(c->fleet); i++)
        if (put_group(c, fleet_group_name(c->fleet, i), NULL, text, why) < 0)
            return -1;
    return 0;
}

/* Is this word of a list that was cut into words the first of its kind? */
static bool is_first(const char *list, const char *word)
{
    while (list < word && strcmp(list, word) != 0)
        list += strlen(list) + 1;
    return list == word;
}

static int put_source(const struct command *c, const char *source,
                      const struct hostset_groups *others, struct text *text,
                      struct fail *why)
{
    CLEANUP(text_done) char *copy = NULL;
    const char *list;
    char *rest, *word;

    if (others->group_names(others->arg, source, &list, why) < 0)
        return -1;
    copy = rest = strdup(list);
    if (!copy)
        return fail_memory(why);
    while ((word = strsep(&rest, " \t\r\n,"))) {
        CLEANUP(text_done) char *name = NULL;

        if (!*word || !is_first(copy, word))
            continue;
        if (asprintf(&name, "%s:%s", source, word) < 0)
            return fail_memory(why);
        if (put_group(c, name, others, text, why) < 0)
            return -1;
    }
    return 0;
}

/* A source that does not answer is told of, and the others are asked. */
static int list_groups(struct command *c, struct text *text, struct fail *why)
{
    struct sources *sources;
    struct fail reason;
    size_t count;

    if (command_sources(c, &sources, why) < 0 ||
        sources_count(sources, &count, why) < 0 || put_own_groups(c, text, why) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (put_source(c, sources_name(sources, i), sources_groups(sources), text,
                       &reason) < 0)
            screen_warn("%s", reason.text);
    return 0;
}

/* ---- which ---------------------------------------------------------------------------- */

static int render(struct command *c, const char *format, struct text *text,
                  struct fail *why)
{
    if (strcmp(format, "ansible") == 0)
        return roster_ansible(c->fleet, c->nodes, c->node_count, text, why);
    if (strcmp(format, "slurm") == 0)
        return fold(c, hostset_fold_suffix, text, why);
    if (strcmp(format, "hosts") == 0)
        return hosts_file(c, text, why);
    if (strcmp(format, "expanded") == 0 && c->options->split == OPTION_UNSET)
        expand(c, text);
    else if (fold(c, hostset_fold, text, why) < 0)
        return -1;
    return 0;
}

int cmd_nodes(struct command *c)
{
    CLEANUP(text_clear) struct text text = {0};
    const struct options *o = c->options;
    const char *format = o->format ? o->format : o->expand ? "expanded" : "folded";
    bool is_bare = !o->format && !o->expand && o->split == OPTION_UNSET;
    struct fail why;
    int status = 0;

    if (o->json || strcmp(format, "json") == 0)
        return print_json(c, &why) < 0 ? screen_fail(&why) : EXIT_WELL;
    if (o->count && o->split == OPTION_UNSET)
        text_add(&text, "%zu\n", c->node_count);
    else if (o->groups)
        status = list_groups(c, &text, &why);
    else
        status = render(c, format, &text, &why);
    if (status == 0 && o->all && is_bare && !o->count && !o->groups)
        status = put_own_groups(c, &text, &why);
    if (status < 0)
        return screen_fail(&why);
    screen_out(&text);
    return EXIT_WELL;
}
