/* groups_conf - ClusterShell's groups.conf: which sources of groups there are, and how
 * each is asked
 *
 *     [Main]
 *     default: local
 *     confdir: /etc/clustershell/groups.conf.d $CFGDIR/groups.conf.d
 *
 *     [slurm,sp]                                  one section, two sources
 *     map:  sinfo -h -o "%N" -p $GROUP            shell lines: the hostlist of a group,
 *     all:  sinfo -h -o "%N"                      of all nodes (else of all groups),
 *     list: sinfo -h -o "%R"                      and the names of the groups
 *
 *     groups_conf_read(&conf, text, len, path, "/etc/clustershell", GROUPS_CONF_MAIN, why);
 *     source = groups_conf_find(&conf, "slurm");
 *     line = groups_conf_line(source, source->map, "idle");       for sh -c
 *     groups_conf_done(&conf);
 *
 * `key = value` is as good, a value goes on in indented lines, and lines that begin with
 * '#' or ';' are comments.  Keys that are not known here are passed over, as
 * ClusterShell does: cache_time, since nothing is kept longer than a command takes, and
 * reverse, since who is in a group is found from list and map.
 *
 * Pure: reads no file and runs nothing.
 */
#ifndef INVENTORY_GROUPS_CONF_H
#define INVENTORY_GROUPS_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/arena.h"

struct fail;

#define GROUPS_CONF_MAX_TEXT    ((size_t)1 << 20) /* bytes in a file   */
#define GROUPS_CONF_MAX_SOURCES 1000

/* What there is of a source already when a file names it again. */
enum groups_conf_kind {
    GROUPS_CONF_MAIN,     /* a groups.conf: its keys win                     */
    GROUPS_CONF_PART,     /* of a confdir: no source is told twice           */
    GROUPS_CONF_OWN,      /* ours: its sources win, with none of the old keys */
    GROUPS_CONF_OWN_PART, /* of a confdir that ours names: the same, once    */
    GROUPS_CONF_SPARE,    /* built in: what is there stays                   */
};

struct group_source {
    const char *name;
    const char *map; /* shell lines; only map is never NULL */
    const char *all, *list;
    const char *folder; /* where they are run, and their $CFGDIR */
    bool is_spare;      /* of GROUPS_CONF_SPARE; those come last if they are read last */
    bool is_own;        /* of GROUPS_CONF_OWN or a part of it                          */
};

/* All zero is empty. */
struct groups_conf {
    struct group_source *sources;
    size_t count;
    const char *default_source;    /* of [Main], may be empty, or NULL      */
    const char *confdir, *autodir; /* words of a shell, with $CFGDIR, or NULL */
    struct arena text;             /* owns all text                         */
};

/* Add what a file says.  -1: FAIL_GROUP_SOURCE, "FILE:LINE: ...", or FAIL_MEMORY; *conf
 * may then hold a part, and wants groups_conf_done() as ever.
 */
int groups_conf_read(struct groups_conf *conf, const char *text, size_t len_bytes,
                     const char *file, const char *folder, enum groups_conf_kind kind,
                     struct fail *why);

void groups_conf_done(struct groups_conf *conf);

/* NULL when there is none of that name. */
const struct group_source *groups_conf_find(const struct groups_conf *conf,
                                            const char *name);

/* The upcall with $GROUP, $SOURCE and $CFGDIR (also ${GROUP}) put in as ClusterShell
 * does, that is, as they are: group (NULL: it is no map) must have come through
 * hostset_parse(), which lets no character through that means something to a shell.
 * malloc'ed; NULL when memory is exhausted.
 */
char *groups_conf_line(const struct group_source *source, const char *upcall,
                       const char *group);

/* The folders of confdir or autodir, each once, with $CFGDIR in them: "a b" or "'a b' c".
 * visit returns 0, or -1 with *why filled in to end it.  FAIL_GROUP_SOURCE: a quote is
 * not closed; FAIL_MEMORY.
 */
int groups_conf_folders(const char *words, const char *folder,
                        int (*visit)(void *arg, const char *path, struct fail *why),
                        void *arg, struct fail *why);

#endif
