#include "inventory/foreign_hosts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/joined.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SPACES     " \t\r\v\f"
#define MAX_DEPTH  32    /* groups of groups of Ansible                 */
#define MAX_VISITS 10000 /* to them, so that few cannot name many often */

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

static void take_hosts_line(struct joined *l, const char *line, size_t len)
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
        joined_add(l, line + start, end - start);
}

int foreign_hosts_file(const char *text, char **hostlist, struct fail *why)
{
    struct joined l;

    if (joined_open(&l, why) < 0)
        return -1;
    while (*text) {
        size_t len = strcspn(text, "\n");

        take_hosts_line(&l, text, len);
        text += len + (text[len] == '\n');
    }
    return joined_close(&l, 0, hostlist, why);
}

/* ---- Ansible ----------------------------------------------------------------------------- */

struct walk {
    struct joined hosts;
    const struct json *doc;
    size_t visits;
};

static void take_hosts(struct joined *l, const struct json *hosts)
{
    for (const struct json *h = json_first(hosts); h; h = json_next(h)) {
        const char *name = json_text_of(h);

        if (name)
            joined_add(l, name, strlen(name));
    }
}

static int take_group(struct walk *w, const char *name, int depth, struct fail *why)
{
    const struct json *group = json_find(w->doc, name), *hosts, *children;

    if (!json_is_object(group)) /* "ungrouped" is named even when nobody is in it */
        return 0;
    if (depth > MAX_DEPTH || ++w->visits > MAX_VISITS)
        return fail_set(why, FAIL_GROUP_SOURCE,
                        "group '%s' is nested more than %d deep, or in a circle", name,
                        MAX_DEPTH);
    hosts = json_find(group, "hosts");
    children = json_find(group, "children");
    if (json_is_array(hosts))
        take_hosts(&w->hosts, hosts);
    if (!json_is_array(children))
        return 0;
    for (const struct json *c = json_first(children); c; c = json_next(c))
        if (json_text_of(c) && take_group(w, json_text_of(c), depth + 1, why) < 0)
            return -1;
    return 0;
}

/* _meta has the variables of every host, if it has any; the groups have the rest. */
static int take_all(struct walk *w)
{
    for (const struct json *g = json_first(w->doc); g; g = json_next(g)) {
        const struct json *hosts = json_find(g, "hosts");

        if (json_is_array(hosts))
            take_hosts(&w->hosts, hosts);
    }
    return 0;
}

int foreign_hosts_ansible(const struct json *doc, const char *group, char **hostlist,
                          struct fail *why)
{
    bool is_all = strcmp(group, "*") == 0 || strcmp(group, "all") == 0;
    struct walk w = {.doc = doc};

    if (!json_is_object(doc))
        return fail_set(why, FAIL_GROUP_SOURCE, "not an inventory of Ansible");
    if (!is_all && (strcmp(group, "_meta") == 0 || !json_find(doc, group)))
        return fail_set(why, FAIL_HOSTLIST, "no such group: '%s'", group);
    if (joined_open(&w.hosts, why) < 0)
        return -1;
    return joined_close(&w.hosts, is_all ? take_all(&w) : take_group(&w, group, 0, why),
                        hostlist, why);
}

int foreign_hosts_ansible_groups(const struct json *doc, char **hostlist,
                                 struct fail *why)
{
    struct joined l;

    if (!json_is_object(doc))
        return fail_set(why, FAIL_GROUP_SOURCE, "not an inventory of Ansible");
    if (joined_open(&l, why) < 0)
        return -1;
    for (const struct json *g = json_first(doc); g; g = json_next(g))
        if (strcmp(json_key(g), "_meta") != 0)
            joined_add(&l, json_key(g), strlen(json_key(g)));
    return joined_close(&l, 0, hostlist, why);
}

/* ---- comments ------------------------------------------------------------------------ */

/* pdsh's "#include FILE", which is no comment: how long the name is; 0: something else. */
static size_t included(const char *line, size_t len, const char **name)
{
    size_t word = sizeof "#include" - 1, start, end;

    if (!begins(line, "#include"))
        return 0;
    start = word + strspn(line + word, SPACES);
    end = start + strcspn(line + start, SPACES "\n");
    *name = line + start;
    return start > word && end + strspn(line + end, SPACES) == len ? end - start : 0;
}

/* Up to a '#' at the start of a word. */
static size_t measure_uncommented(const char *line, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (line[i] == '#' && (i == 0 || strchr(SPACES, line[i - 1])))
            return i;
    return len;
}

/* Behind a name a '^' alone would be the operator. */
static void list_file(FILE *out, const char *name, size_t len, const char *folder,
                      bool is_first)
{
    bool is_beside = *name != '/' && *folder;

    fprintf(out, "%s^%s%s%.*s", is_first ? "" : ",", is_beside ? folder : "",
            is_beside ? "/" : "", (int)len, name);
}

/* Is there something in the line? */
static bool list_line(FILE *out, const char *line, size_t len, const char *folder,
                      bool is_first)
{
    const char *name;
    size_t name_len = included(line, len, &name);

    len = measure_uncommented(line, len);
    if (name_len)
        list_file(out, name, name_len, folder, is_first);
    else
        fwrite(line, 1, len, out);
    putc('\n', out);
    return name_len || strspn(line, SPACES) < len;
}

int foreign_hosts_list(const char *text, const char *folder, char **hostlist,
                       struct fail *why)
{
    char *made = NULL;
    size_t size;
    FILE *out = open_memstream(&made, &size);
    bool is_first = true;

    if (!out)
        return fail_memory(why);
    while (*text) {
        size_t len = strcspn(text, "\n");

        if (list_line(out, text, len, folder, is_first))
            is_first = false;
        text += len + (text[len] == '\n');
    }
    if (fclose(out) != 0) {
        free(made);
        return fail_memory(why);
    }
    *hostlist = made;
    return 0;
}
