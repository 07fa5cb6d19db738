#include "inventory/foreign_hosts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SPACES     " \t\r\v\f"
#define MAX_DEPTH  32    /* groups of groups of Ansible                 */
#define MAX_VISITS 10000 /* to them, so that few cannot name many often */

/* ---- a list that grows ----------------------------------------------------------------- */

struct list {
    char *text;
    size_t len_bytes;
    FILE *out;
    size_t visits;
};

static int list_open(struct list *l, struct fail *why)
{
    *l = (struct list){0};
    l->out = open_memstream(&l->text, &l->len_bytes);
    return l->out ? 0 : fail_memory(why);
}

static void list_add(struct list *l, const char *name, size_t len)
{
    fprintf(l->out, "%s%.*s", ftell(l->out) > 0 ? "," : "", (int)len, name);
}

/* status: how filling it went. */
static int list_close(struct list *l, int status, char **text, struct fail *why)
{
    bool whole = !ferror(l->out);

    if (fclose(l->out) != 0 || !whole)
        status = fail_memory(why);
    if (status < 0)
        free(l->text);
    else
        *text = l->text;
    return status;
}

/* ---- /etc/hosts ------------------------------------------------------------------------ */

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* 127.0.0.0/8, ::1, ::, and what ff begins: not a node. */
static bool is_of_no_node(const char *address)
{
    return begins(address, "127.") || begins(address, "::1") || begins(address, "ff0") ||
           begins(address, "fe00::") || begins(address, "0.0.0.0") ||
           begins(address, "255.");
}

static void take_hosts_line(struct list *l, const char *line, size_t len)
{
    size_t comment = strcspn(line, "#\n"), start, end;

    len = comment < len ? comment : len;
    start = strspn(line, SPACES);
    end = start + strcspn(line + start, SPACES "\n#");
    if (is_of_no_node(line + start))
        return;
    start = end + strspn(line + end, SPACES);
    end = start + strcspn(line + start, SPACES "\n#");
    if (start < len && end > start)
        list_add(l, line + start, end - start);
}

int foreign_hosts_file(const char *text, char **hostlist, struct fail *why)
{
    struct list l;

    if (list_open(&l, why) < 0)
        return -1;
    while (*text) {
        size_t len = strcspn(text, "\n");

        take_hosts_line(&l, text, len);
        text += len + (text[len] == '\n');
    }
    return list_close(&l, 0, hostlist, why);
}

/* ---- Ansible ----------------------------------------------------------------------------- */

static void take_hosts(struct list *l, const struct json *hosts)
{
    for (const struct json *h = json_first(hosts); h; h = json_next(h)) {
        const char *name = json_text_of(h);

        if (name)
            list_add(l, name, strlen(name));
    }
}

static int take_group(struct list *l, const struct json *doc, const char *name, int depth,
                      struct fail *why)
{
    const struct json *group = json_find(doc, name), *hosts, *children;

    if (!json_is_object(group)) /* "ungrouped" is named even when nobody is in it */
        return 0;
    if (depth > MAX_DEPTH || ++l->visits > MAX_VISITS)
        return fail_set(why, FAIL_GROUP_SOURCE,
                        "group '%s' is nested more than %d deep, or in a circle", name,
                        MAX_DEPTH);
    hosts = json_find(group, "hosts");
    children = json_find(group, "children");
    if (json_is_array(hosts))
        take_hosts(l, hosts);
    if (!json_is_array(children))
        return 0;
    for (const struct json *c = json_first(children); c; c = json_next(c))
        if (json_text_of(c) && take_group(l, doc, json_text_of(c), depth + 1, why) < 0)
            return -1;
    return 0;
}

/* _meta has the variables of every host, if it has any; the groups have the rest. */
static int take_all(struct list *l, const struct json *doc, struct fail *why)
{
    for (const struct json *g = json_first(doc); g; g = json_next(g)) {
        const struct json *hosts = json_find(g, "hosts");

        if (json_is_array(hosts))
            take_hosts(l, hosts);
    }
    return ferror(l->out) ? fail_memory(why) : 0;
}

int foreign_hosts_ansible(const struct json *doc, const char *group, char **hostlist,
                          struct fail *why)
{
    bool is_all = strcmp(group, "*") == 0 || strcmp(group, "all") == 0;
    struct list l;

    if (!json_is_object(doc))
        return fail_set(why, FAIL_GROUP_SOURCE, "not an inventory of Ansible");
    if (!is_all && (strcmp(group, "_meta") == 0 || !json_find(doc, group)))
        return fail_set(why, FAIL_HOSTLIST, "no such group: '%s'", group);
    if (list_open(&l, why) < 0)
        return -1;
    return list_close(&l,
                      is_all ? take_all(&l, doc, why)
                             : take_group(&l, doc, group, 0, why),
                      hostlist, why);
}

int foreign_hosts_ansible_groups(const struct json *doc, char **hostlist,
                                 struct fail *why)
{
    struct list l;

    if (!json_is_object(doc))
        return fail_set(why, FAIL_GROUP_SOURCE, "not an inventory of Ansible");
    if (list_open(&l, why) < 0)
        return -1;
    for (const struct json *g = json_first(doc); g; g = json_next(g))
        if (strcmp(json_key(g), "_meta") != 0)
            list_add(&l, json_key(g), strlen(json_key(g)));
    return list_close(&l, 0, hostlist, why);
}

/* ---- comments ------------------------------------------------------------------------ */

void foreign_hosts_uncomment(char *text)
{
    char before = '\n';

    for (; *text; before = *text++)
        if (*text == '#' && strchr(SPACES "\n", before)) {
            size_t len = strcspn(text, "\n");

            memset(text, ' ', len);
            text += len - 1;
        }
}
