/* Storage that holds the RDMA modules: they cannot be unloaded while it is in use, and an
 * installer that restarts them takes file systems away from under running jobs.
 */
#include "node-agent/detect/part.h"

#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

/* A line of /proc/mounts holds two paths and the options. */
#define LINE_BYTES 8192
#define WORD_BYTES 512

static void note(struct facts_platform *on, const char *kind, const char *what)
{
    struct platform_holder *entry =
        tree_grow(&on->holders, &on->holder_count, PLATFORM_MAX_HOLDERS, sizeof *entry);

    if (!entry)
        return;
    entry->kind = strdup(kind);
    entry->what = strdup(what);
    if (entry->kind && entry->what)
        return;
    free(entry->kind);
    free(entry->what);
    on->holder_count--;
}

/* ---- modules that somebody uses -------------------------------------------------------- */

static const char *kind_of_module(const char *name)
{
    static const struct {
        const char *name, *kind;
    } known[] = {
        {"ko2iblnd", "lustre"}, {"rpcrdma", "nfs"},    {"xprtrdma", "nfs"},
        {"svcrdma", "nfs"},     {"nvme_rdma", "nvme"}, {"nvmet_rdma", "nvme"},
        {"ib_iser", "iscsi"},   {"ib_isert", "iscsi"}, {"ib_srp", "srp"},
        {"ib_srpt", "srp"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].kind;
    return NULL;
}

/* "rpcrdma 245760 2 - Live 0x0": the third word counts its users. */
static void read_module(const char *line, struct facts_platform *on)
{
    char name[WORD_BYTES];
    const char *kind;
    unsigned long users;

    if (sscanf(line, "%511s %*s %lu", name, &users) != 2 || users == 0)
        return;
    kind = kind_of_module(name);
    if (kind)
        note(on, kind, name);
}

/* ---- mounts ---------------------------------------------------------------------------- */

/* Is `word` one of a list with commas? */
static bool is_option(const char *options, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = options; *p;
         p += strcspn(p, ",") + (p[strcspn(p, ",")] == ',')) {
        size_t len = strcspn(p, ",");

        if (len == n && strncmp(p, word, n) == 0)
            return true;
    }
    return false;
}

/* Lustre names the network in the device ("10.0.0.4@o2ib:/fs"), NFS in its options. */
static void read_mount(const char *line, struct facts_platform *on)
{
    char device[WORD_BYTES], where[WORD_BYTES], type[64], options[LINE_BYTES];

    if (sscanf(line, "%511s %511s %63s %8191s", device, where, type, options) != 4)
        return;
    if (strcmp(type, "lustre") == 0 && strstr(device, "@o2ib"))
        note(on, "lustre", where);
    if (strncmp(type, "nfs", 3) == 0 && is_option(options, "proto=rdma"))
        note(on, "nfs", where);
}

static void each_line(const char *root, const char *path, struct facts_platform *on,
                      void (*take)(const char *line, struct facts_platform *on))
{
    FILE *file = tree_open(root, "%s", path);
    char line[LINE_BYTES];
    bool whole = true;

    while (file && fgets(line, sizeof line, file)) {
        if (whole)
            take(line, on);
        whole = strchr(line, '\n') != NULL;
    }
    if (file)
        fclose(file);
}

static void read_nvme(const char *root, struct facts_platform *on)
{
    CLEANUP(tree_names_done)
    struct tree_names names = tree_names(root, "/sys/class/nvme");

    for (size_t i = 0; i < names.count; i++) {
        CLEANUP(text_done)
        char *how = tree_line(root, "/sys/class/nvme/%s/transport", names.list[i]);

        if (how && strcmp(how, "rdma") == 0)
            note(on, "nvme", names.list[i]);
    }
}

void part_holders(const char *root, struct facts *f)
{
    each_line(root, "/proc/mounts", &f->platform, read_mount);
    each_line(root, "/proc/modules", &f->platform, read_module);
    read_nvme(root, &f->platform);
}
