/* The lines of [nodes]: names, addresses, and which belongs to which. */
#include <stdlib.h>
#include <string.h>

#include "inventory/fleet_parts.h"
#include "inventory/fleet_setting.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define DEFAULT_PORT 22

/* ---- addresses ------------------------------------------------------------------- */

static bool is_ipv6(const char *text)
{
    return *text == '[' && text[1 + strcspn(text + 1, ":],")] == ':';
}

static bool is_ipv6_inside(const char *text, size_t len)
{
    size_t hex = strspn(text, "0123456789abcdefABCDEF:.");

    if (text[hex] == '%') /* a zone: the interface of a link-local address */
        hex += 1 + strspn(text + hex + 1, "abcdefghijklmnopqrstuvwxyz0123456789._-");
    return hex == len;
}

static int set_port(struct fleet_entry *e, const char *text, const char *port,
                    struct fail *why)
{
    unsigned number;

    if (setting_number(port, 1, 65535, &number) < 0)
        return fail_set(why, FAIL_FLEET_FILE,
                        "the port in '%s' is not a number from 1 to 65535", text);
    e->node.port = (uint16_t)number;
    e->node.port_is_said = true;
    e->own_port = true;
    return 0;
}

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT. */
static int set_address(struct fleet *fleet, struct fleet_entry *e, const char *text,
                       struct fail *why)
{
    const char *host = text + is_ipv6(text);
    size_t len = strcspn(host, is_ipv6(text) ? "]" : ":");
    const char *after = host + len + is_ipv6(text);

    if (is_ipv6(text) && (!host[len] || !is_ipv6_inside(host, len)))
        return fail_set(why, FAIL_FLEET_FILE, "not an IPv6 address: '%s'", text);
    if (*after && *after != ':')
        return fail_set(why, FAIL_FLEET_FILE, "not an address: '%s'", text);
    if (!is_ipv6(text) && *after && strchr(after + 1, ':'))
        return fail_set(why, FAIL_FLEET_FILE, "write IPv6 as [%s]", text);
    if (*after && set_port(e, text, after + 1, why) < 0)
        return -1;
    e->node.address = arena_copy(&fleet->text, host, len);
    return e->node.address ? 0 : fail_memory(why);
}

/* ---- nodes ------------------------------------------------------------------------- */

struct filling {
    struct fleet *fleet;
    size_t next; /* the entry whose address comes next */
    unsigned line;
};

static struct fleet_entry *new_entry(struct fleet *fleet)
{
    size_t room = fleet->room ? 2 * fleet->room : 64;
    struct fleet_entry *more;

    if (fleet->count < fleet->room)
        return &fleet->nodes[fleet->count++];
    more = realloc(fleet->nodes, room * sizeof *more);
    if (!more)
        return NULL;
    fleet->nodes = more;
    fleet->room = room;
    return &more[fleet->count++];
}

static int add_name(void *arg, const char *name, struct fail *why)
{
    struct filling *f = arg;
    struct fleet_entry *e;
    const char *copy;

    if (f->fleet->count == FLEET_MAX_NODES)
        return fail_set(why, FAIL_FLEET_FILE, "more than %d nodes", FLEET_MAX_NODES);
    copy = arena_copy(&f->fleet->text, name, strlen(name));
    e = copy ? new_entry(f->fleet) : NULL;
    if (!e)
        return fail_memory(why);
    *e = (struct fleet_entry){
        .node = {.name = copy,
                 .address = copy,
                 .port = DEFAULT_PORT,
                 .ipoib = true,
                 .sudo = true},
        .line = f->line,
    };
    return 0;
}

static const char *keep(struct fleet *fleet, const char *text)
{
    return text ? arena_copy(&fleet->text, text, strlen(text)) : NULL;
}

int fleet_add_found(struct fleet *fleet, const struct fleet_found *found,
                    struct fail *why)
{
    struct filling f = {.fleet = fleet};
    struct fleet_node *node;

    if (add_name(&f, found->name, why) < 0)
        return -1;
    node = &fleet->nodes[fleet->count - 1].node;
    if (found->address)
        node->address = keep(fleet, found->address);
    node->machine = keep(fleet, found->machine);
    node->former = keep(fleet, found->former);
    return node->address && !node->machine == !found->machine &&
                   !node->former == !found->former
               ? 0
               : fail_memory(why);
}

static int add_address(void *arg, const char *address, struct fail *why)
{
    struct filling *f = arg;

    if (f->next == f->fleet->count)
        return fail_set(why, FAIL_FLEET_FILE, "more addresses than nodes");
    return set_address(f->fleet, &f->fleet->nodes[f->next++], address, why);
}

int fleet_add_nodes(struct fleet *fleet, const char *names, const char *addresses,
                    unsigned line, struct fail *why)
{
    struct filling f = {.fleet = fleet, .next = fleet->count, .line = line};

    if (*addresses != '[' && strstr(addresses, "::"))
        return fail_set(why, FAIL_FLEET_FILE, "write IPv6 as [%s]", addresses);
    if (hostset_each(names, add_name, &f, why) < 0)
        return -1;
    if (is_ipv6(addresses)
            ? add_address(&f, addresses, why) < 0
            : hostset_each(*addresses ? addresses : names, add_address, &f, why) < 0)
        return -1;
    if (f.next < fleet->count)
        return fail_set(why, FAIL_FLEET_FILE, "fewer addresses than nodes");
    return 0;
}

/* ---- when all are there ------------------------------------------------------------ */

static int by_name(const void *left, const void *right)
{
    const struct fleet_entry *a = left, *b = right;
    int order = hostset_compare(a->node.name, b->node.name);

    return order ? order : (a->line > b->line) - (a->line < b->line);
}

static int twice(const struct fleet_entry *before, const struct fleet_entry *e,
                 const char *file, struct fail *why)
{
    return e->line
               ? fail_set(why, FAIL_FLEET_FILE, "%s:%u: node '%s' is already on line %u",
                          file, e->line, e->node.name, before->line)
               : fail_set(why, FAIL_FLEET_FILE,
                          "two scale sets have a node '%s': name one of them only",
                          e->node.name);
}

/* Of a node that was found and is in the file: what the file says, and what only who
 * found it knows.
 */
static void merge(const struct fleet_entry *found, struct fleet_entry *e)
{
    if (strcmp(e->node.address, e->node.name) == 0)
        e->node.address = found->node.address;
    e->node.machine = found->node.machine;
    e->node.former = found->node.former;
}

/* Sorted, those that were found stand before those of the file. */
static int merge_found(struct fleet *fleet, const char *file, struct fail *why)
{
    size_t kept = 0;

    for (size_t i = 0; i < fleet->count; i++) {
        struct fleet_entry *e = &fleet->nodes[i];

        if (!kept || strcmp(fleet->nodes[kept - 1].node.name, e->node.name) != 0) {
            fleet->nodes[kept++] = *e;
            continue;
        }
        if (fleet->nodes[kept - 1].line || !e->line)
            return twice(&fleet->nodes[kept - 1], e, file, why);
        merge(&fleet->nodes[kept - 1], e);
        fleet->nodes[kept - 1] = *e;
    }
    fleet->count = kept;
    return 0;
}

int fleet_close_nodes(struct fleet *fleet, const char *file, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *all = hostset_new();

    if (!all)
        return fail_memory(why);
    if (fleet->count)
        qsort(fleet->nodes, fleet->count, sizeof *fleet->nodes, by_name);
    if (merge_found(fleet, file, why) < 0)
        return -1;
    for (size_t i = 0; i < fleet->count; i++)
        if (hostset_add(all, fleet->nodes[i].node.name, why) < 0)
            return -1;
    fleet->all = hostset_fold(all);
    return fleet->all ? 0 : fail_memory(why);
}
