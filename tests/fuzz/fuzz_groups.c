/* A groups.conf is refused with its line, or each of its sources can be asked. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inventory/foreign_hosts.h"
#include "inventory/groups_conf.h"
#include "inventory/groups_yaml.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static int visit(void *arg, const char *path, struct fail *why)
{
    (void)arg;
    (void)why;
    return path ? 0 : -1;
}

static void read_conf(const char *text, size_t size, enum groups_conf_kind kind)
{
    struct groups_conf conf = {0};
    struct fail why = {.code = FAIL_NONE};

    if (groups_conf_read(&conf, text, size, "f", "/etc", kind, &why) == 0)
        for (size_t i = 0; i < conf.count; i++) {
            CLEANUP(text_done)
            char *line = groups_conf_line(&conf.sources[i], conf.sources[i].map, "g");

            demand(line && conf.sources[i].folder && *conf.sources[i].name);
            demand(groups_conf_find(&conf, conf.sources[i].name) == &conf.sources[i]);
        }
    else
        demand(why.code == FAIL_GROUP_SOURCE);
    if (conf.confdir)
        groups_conf_folders(conf.confdir, "/etc", visit, NULL, NULL);
    groups_conf_done(&conf);
}

static void read_inventory(const char *text, size_t size)
{
    CLEANUP(json_done) struct json *doc = NULL;
    CLEANUP(text_done) char *hosts = NULL;
    CLEANUP(text_done) char *groups = NULL;

    if (json_parse(text, size, &doc, NULL) < 0)
        return;
    foreign_hosts_ansible(doc, "a", &hosts, NULL);
    foreign_hosts_ansible_groups(doc, &groups, NULL);
}

static void read_yaml(const char *text, size_t size)
{
    struct groups_yaml yaml = {0};
    struct fail why = {.code = FAIL_NONE};
    const char *source;

    if (groups_yaml_read(&yaml, text, size, "f", &why) < 0)
        demand(why.code == FAIL_GROUP_SOURCE);
    for (size_t i = 0; i < 10 && (source = groups_yaml_source(&yaml, i)); i++) {
        CLEANUP(text_done) char *all = NULL;

        demand(groups_yaml_hostlist(&yaml, source, "*", &all, NULL) == 0);
    }
    groups_yaml_done(&yaml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(text_done) char *text = malloc(size + 1);
    CLEANUP(text_done) char *hosts = NULL;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    read_conf(text, size, GROUPS_CONF_MAIN);
    read_conf(text, size, GROUPS_CONF_SPARE);
    read_inventory(text, size);
    read_yaml(text, size);
    demand(foreign_hosts_file(text, &hosts, NULL) == 0);
    demand(foreign_hosts_list(text, "x", &hosts, NULL) == 0);
    return 0;
}
