#include "controller/roster.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/screen/text.h"
#include "inventory/fleet.h"
#include "inventory/hostset.h"
#include "inventory/jump.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define DEFAULT_PORT 22

int roster_group(const struct fleet *fleet, const struct fleet_node *const *nodes,
                 size_t count, const char *group, const struct hostset_groups *others,
                 struct hostset **shared, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *rest = hostset_new();
    CLEANUP(hostset_done) struct hostset *made = hostset_new();
    CLEANUP(text_done) char *at_group = NULL;

    if (!rest || !made || asprintf(&at_group, "@%s", group) < 0)
        return fail_memory(why);
    for (size_t i = 0; i < count; i++)
        if (hostset_add(rest, nodes[i]->name, why) < 0)
            return -1;
    if (fleet_exclude(fleet, at_group, others, rest, why) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!hostset_has(rest, nodes[i]->name) &&
            hostset_add(made, nodes[i]->name, why) < 0)
            return -1;
    *shared = made;
    made = NULL;
    return 0;
}

/* ---- Ansible --------------------------------------------------------------------------- */

/* A value that Ansible takes as it is, or in quotes. */
static int put_variable(struct text *text, const char *name, const char *value,
                        struct fail *why)
{
    const char *quote = strpbrk(value, " #;=\\\"") ? "'" : "";

    if (strpbrk(value, "'\n"))
        return fail_set(why, FAIL_HOSTLIST, "an inventory of Ansible cannot have %s = %s",
                        name, value);
    text_add(text, " %s=%s%s%s", name, quote, value, quote);
    return 0;
}

/* The way to a node that others lead to. */
static int put_jump(struct text *text, const struct fleet_node *n, struct fail *why)
{
    size_t way = n->jump ? jump_before(n->jump, n->name, n->port) : 0;
    CLEANUP(text_done) char *option = NULL;

    if (!way)
        return 0;
    if (asprintf(&option, "-o ProxyJump=%.*s", (int)way, n->jump) < 0)
        return fail_memory(why);
    return put_variable(text, "ansible_ssh_common_args", option, why);
}

static int put_host(struct text *text, const struct fleet_node *n, struct fail *why)
{
    if (strchr(n->name, ':'))
        return fail_set(why, FAIL_HOSTLIST,
                        "%s: Ansible would take what follows the ':' for a port",
                        n->name);
    text_add(text, "%s", n->name);
    if (strcmp(n->address, n->name) != 0 &&
        put_variable(text, "ansible_host", n->address, why) < 0)
        return -1;
    if (n->port != DEFAULT_PORT)
        text_add(text, " ansible_port=%u", n->port);
    if (n->user && put_variable(text, "ansible_user", n->user, why) < 0)
        return -1;
    if (n->key && put_variable(text, "ansible_ssh_private_key_file", n->key, why) < 0)
        return -1;
    if (put_jump(text, n, why) < 0)
        return -1;
    text_add(text, "\n");
    return 0;
}

static int put_group(const struct fleet *fleet, const struct fleet_node *const *nodes,
                     size_t count, const char *group, struct text *text, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *shared = NULL;

    if (roster_group(fleet, nodes, count, group, NULL, &shared, why) < 0)
        return -1;
    if (!hostset_count(shared))
        return 0;
    text_add(text, "\n[%s]\n", group);
    for (size_t i = 0; i < hostset_count(shared); i++)
        text_add(text, "%s\n", hostset_name(shared, i));
    return 0;
}

int roster_ansible(const struct fleet *fleet, const struct fleet_node *const *nodes,
                   size_t count, struct text *text, struct fail *why)
{
    for (size_t i = 0; i < count; i++)
        if (put_host(text, nodes[i], why) < 0)
            return -1;
    for (size_t i = 0; i < fleet_group_count(fleet); i++)
        if (put_group(fleet, nodes, count, fleet_group_name(fleet, i), text, why) < 0)
            return -1;
    return 0;
}

/* ---- /etc/hosts ------------------------------------------------------------------------- */

static bool is_number(const char *address)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, address, bytes) == 1 ||
           inet_pton(AF_INET6, address, bytes) == 1;
}

int roster_hosts(const struct fleet_node *const *nodes, size_t count, struct text *text,
                 struct hostset *without, struct fail *why)
{
    for (size_t i = 0; i < count; i++) {
        const struct fleet_node *n = nodes[i];

        if (is_number(n->address))
            text_add(text, "%s\t%s\n", n->address, n->name);
        else if (hostset_add(without, n->name, why) < 0)
            return -1;
    }
    return 0;
}
