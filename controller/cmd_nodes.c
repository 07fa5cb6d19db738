/* ibfleet nodes - who is in the fleet: folded, expanded, counted, or as JSON */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/command.h"
#include "controller/options.h"
#include "controller/screen/screen.h"
#include "controller/screen/text.h"
#include "inventory/fleet.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SCHEMA "ibfleet.nodes/1"

/* ---- JSON -------------------------------------------------------------------------- */

static struct json *encode_node(const void *arg, size_t i)
{
    const struct command *c = arg;
    const struct fleet_node *n = c->nodes[i];
    struct json *doc = json_object();

    if (doc && json_put_text(doc, "name", n->name) == 0 &&
        json_put_text(doc, "address", n->address) == 0 &&
        json_put_int(doc, "port", n->port) == 0 &&
        json_put_text(doc, "user", n->user) == 0 &&
        json_put_text(doc, "driver", fleet_driver_name(n->driver)) == 0 &&
        json_put_text(doc, "reboot", fleet_reboot_name(n->reboot)) == 0)
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
    return fleet_select(fleet, at_name, NULL, &set, NULL) < 0 ? strdup("") : hostset_fold(set);
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

static int fold(const struct command *c, struct text *text, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();
    CLEANUP(text_done) char *folded = NULL;

    for (size_t i = 0; set && i < c->node_count; i++)
        if (hostset_add(set, c->nodes[i]->name, why) < 0)
            return -1;
    folded = set ? hostset_fold(set) : NULL;
    if (!folded)
        return fail_memory(why);
    text_add(text, "%s\n", folded);
    return 0;
}

/* With -a, the groups as well, each as it is written on the command line. */
static int list_groups(const struct command *c, struct text *text, struct fail *why)
{
    for (size_t i = 0; c->options->all && i < fleet_group_count(c->fleet); i++) {
        const char *name = fleet_group_name(c->fleet, i);
        CLEANUP(text_done) char *hosts = fold_group(c->fleet, name);

        if (!hosts)
            return fail_memory(why);
        text_add(text, "@%s %s\n", name, hosts);
    }
    return 0;
}

int cmd_nodes(struct command *c)
{
    CLEANUP(text_clear) struct text text = {0};
    struct fail why;

    if (c->options->json)
        return print_json(c, &why) < 0 ? screen_fail(&why) : EXIT_WELL;
    if (c->options->count)
        text_add(&text, "%zu\n", c->node_count);
    else if (c->options->expand)
        expand(c, &text);
    else if (fold(c, &text, &why) < 0 || list_groups(c, &text, &why) < 0)
        return screen_fail(&why);
    screen_out(&text);
    return EXIT_WELL;
}
