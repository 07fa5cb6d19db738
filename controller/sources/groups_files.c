#include "controller/sources/groups_files.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/own_home.h"
#include "controller/whole_file.h"
#include "inventory/groups_conf.h"
#include "inventory/groups_yaml.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* What a user can ask for without any groups.conf. */
static const char spare[] = "[slurm]\n"
                            "map: sinfo -h -o %N -p $GROUP\n"
                            "all: sinfo -h -o %N\n"
                            "list: sinfo -h -o %R\n"
                            "[slurmstate]\n"
                            "map: sinfo -h -o %N -t $GROUP\n"
                            "all: sinfo -h -o %N\n"
                            "list: sinfo -h -o %T | tr -d '*~#!%$@+^-'\n"
                            "[slurmjob]\n"
                            "map: squeue -h -j $GROUP -o %N\n"
                            "list: squeue -h -o %i -t R\n"
                            "[genders]\n"
                            "map: nodeattr -n $GROUP\n"
                            "all: nodeattr -n -A\n"
                            "list: nodeattr -l\n";

/* A part that is not for this user is passed over, as ClusterShell does. */
static int cannot_read(const char *path, bool is_part, struct fail *why)
{
    if (is_part && (errno == EACCES || errno == EPERM))
        return 0;
    return errno == ENOMEM
               ? fail_memory(why)
               : fail_set(why, FAIL_GROUP_SOURCE, "%s: %s", path, strerror(errno));
}

static int read_file(struct groups_conf *conf, const char *path, const char *folder,
                     enum groups_conf_kind kind, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;
    size_t len;

    if (whole_file_read(path, GROUPS_CONF_MAX_TEXT, &text, &len) == 0)
        return groups_conf_read(conf, text, len, path, folder, kind, why);
    return cannot_read(path, kind == GROUPS_CONF_PART || kind == GROUPS_CONF_OWN_PART,
                       why);
}

/* ---- confdir and autodir ------------------------------------------------------------------ */

static void glob_done(glob_t *found)
{
    globfree(found);
}

/* The files of a folder whose names end so; none when it is not there. */
static int find_files(const char *folder, const char *ending, glob_t *found,
                      struct fail *why)
{
    CLEANUP(text_done) char *pattern = NULL;

    if (asprintf(&pattern, "%s/*.%s", folder, ending) < 0 ||
        glob(pattern, 0, NULL, found) == GLOB_NOSPACE)
        return fail_memory(why);
    return 0;
}

static int read_confdir(struct groups_conf *conf, const char *folder,
                        enum groups_conf_kind kind, struct fail *why)
{
    CLEANUP(glob_done) glob_t found = {0};

    if (find_files(folder, "conf", &found, why) < 0)
        return -1;
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (read_file(conf, found.gl_pathv[i], folder, kind, why) < 0)
            return -1;
    return 0;
}

static int read_part(void *conf, const char *folder, struct fail *why)
{
    return read_confdir(conf, folder, GROUPS_CONF_PART, why);
}

static int read_own_part(void *conf, const char *folder, struct fail *why)
{
    return read_confdir(conf, folder, GROUPS_CONF_OWN_PART, why);
}

static int read_yaml(struct groups_yaml *yaml, const char *path, struct fail *why)
{
    CLEANUP(text_done) char *text = NULL;
    size_t len;

    if (whole_file_read(path, GROUPS_YAML_MAX_TEXT, &text, &len) == 0)
        return groups_yaml_read(yaml, text, len, path, why);
    return cannot_read(path, true, why);
}

static int read_autodir(void *arg, const char *folder, struct fail *why)
{
    CLEANUP(glob_done) glob_t found = {0};

    if (find_files(folder, "yaml", &found, why) < 0)
        return -1;
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (read_yaml(arg, found.gl_pathv[i], why) < 0)
            return -1;
    return 0;
}

/* ---- groups.conf -------------------------------------------------------------------------- */

#define MAX_PLACES 4

/* The folders of ClusterShell that have one, the most important last. */
struct places {
    char *folders[MAX_PLACES];
    size_t count;
};

static void places_done(struct places *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->folders[i]);
}

static int add_place(struct places *p, const char *before, const char *after,
                     struct fail *why)
{
    CLEANUP(text_done) char *file = NULL;
    char *folder;

    if (!before || !*before)
        return 0;
    if (asprintf(&file, "%s%s/groups.conf", before, after) < 0)
        return fail_memory(why);
    if (access(file, F_OK) < 0)
        return 0;
    folder = strndup(file, strlen(file) - strlen("/groups.conf"));
    if (!folder)
        return fail_memory(why);
    p->folders[p->count++] = folder;
    return 0;
}

static int find_places(struct places *p, struct fail *why)
{
    const char *home = own_home(), *xdg = getenv("XDG_CONFIG_HOME");
    bool has_xdg = xdg && *xdg;

    if (add_place(p, "/etc/clustershell", "", why) < 0 ||
        add_place(p, home, "/.local/etc/clustershell", why) < 0)
        return -1;
    if (add_place(p, has_xdg ? xdg : home,
                  has_xdg ? "/clustershell" : "/.config/clustershell", why) < 0)
        return -1;
    return add_place(p, getenv("CLUSTERSHELL_CFGDIR"), "", why);
}

/* All have one $CFGDIR, the most important folder. */
static int read_places(struct groups_conf *conf, struct groups_yaml *yaml,
                       const struct places *p, struct fail *why)
{
    const char *folder = p->count ? p->folders[p->count - 1] : "";

    for (size_t i = 0; i < p->count; i++) {
        CLEANUP(text_done) char *file = NULL;

        if (asprintf(&file, "%s/groups.conf", p->folders[i]) < 0)
            return fail_memory(why);
        if (read_file(conf, file, folder, GROUPS_CONF_MAIN, why) < 0)
            return -1;
    }
    if (conf->confdir &&
        groups_conf_folders(conf->confdir, folder, read_part, conf, why) < 0)
        return -1;
    return conf->autodir
               ? groups_conf_folders(conf->autodir, folder, read_autodir, yaml, why)
               : 0;
}

/* Its folders beside ClusterShell's, but its groups.d instead of theirs, since a copy of
 * theirs names the same files.
 */
static int read_own_folders(struct groups_conf *conf, struct groups_yaml *yaml,
                            const char *folder, struct fail *why)
{
    if (conf->confdir &&
        groups_conf_folders(conf->confdir, folder, read_own_part, conf, why) < 0)
        return -1;
    if (!conf->autodir)
        return 0;
    groups_yaml_done(yaml);
    return groups_conf_folders(conf->autodir, folder, read_autodir, yaml, why);
}

static int read_own(struct groups_conf *conf, struct groups_yaml *yaml, struct fail *why)
{
    const char *named = getenv("IBFLEET_GROUPS");
    const char *path = named && *named ? named : "/etc/ibfleet/groups.conf";
    const char *slash = strrchr(path, '/');
    CLEANUP(text_done)
    char *name = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
    const char *folder;

    if (!name)
        return fail_memory(why);
    if (path != named && access(path, F_OK) < 0)
        return 0;
    folder = *name ? name : "/";
    conf->confdir = conf->autodir = NULL; /* read already */
    return read_file(conf, path, folder, GROUPS_CONF_OWN, why) < 0
               ? -1
               : read_own_folders(conf, yaml, folder, why);
}

int groups_files_read(struct groups_conf *conf, struct groups_yaml *yaml,
                      struct fail *why)
{
    CLEANUP(places_done) struct places p = {.count = 0};

    if (find_places(&p, why) < 0 || read_places(conf, yaml, &p, why) < 0 ||
        read_own(conf, yaml, why) < 0)
        return -1;
    return groups_conf_read(conf, spare, sizeof spare - 1, "built in", ".",
                            GROUPS_CONF_SPARE, why);
}
