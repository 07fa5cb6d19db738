/* What DKMS has for the running kernel, as its folders tell:
 *
 *     MODULE/VERSION/source                 added
 *     MODULE/VERSION/KERNEL/ARCH/           built
 *     MODULE/kernel-KERNEL-ARCH -> ...      installed
 *     MODULE/VERSION/build/make.log         left by a build that failed, for the kernel
 *                                           that its first line names
 *
 * Packages of drivers hide a failed build; this is where it shows.
 */
#include "node-agent/detect/part.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

#define DKMS "/var/lib/dkms"

/* The kernel must be a word of its own: 5.15.0-1 is no 5.15.0-10. */
static bool names_kernel(const char *line, const char *kernel)
{
    size_t n = strlen(kernel);

    for (const char *hit = line; n && (hit = strstr(hit, kernel)); hit += n)
        if ((hit == line || hit[-1] == ' ') && (!hit[n] || strchr(" (\n", hit[n])))
            return true;
    return false;
}

static bool has_failed(const char *root, const char *module, const char *version,
                       const char *kernel)
{
    CLEANUP(text_done)
    char *line = tree_line(root, DKMS "/%s/%s/build/make.log", module, version);

    return line && names_kernel(line, kernel);
}

/* Its links are read, not followed: below another root they lead out of it. */
static bool is_link(const char *root, const char *path, const char *start)
{
    char target[PATH_MAX];

    return tree_target(root, path, target) && strncmp(target, start, strlen(start)) == 0;
}

static bool is_installed(const char *root, const char *module, const char *version,
                         const struct facts_os *os)
{
    char path[PATH_MAX], start[NAME_MAX + 2];

    return snprintf(path, sizeof path, DKMS "/%s/kernel-%s-%s", module, os->kernel,
                    os->machine) < (int)sizeof path &&
           snprintf(start, sizeof start, "%s/", version) < (int)sizeof start &&
           is_link(root, path, start);
}

static bool is_added(const char *root, const char *module, const char *version)
{
    char path[PATH_MAX];

    return snprintf(path, sizeof path, DKMS "/%s/%s/source", module, version) <
               (int)sizeof path &&
           is_link(root, path, "");
}

static const char *state_of(const char *root, const char *module, const char *version,
                            const struct facts_os *os)
{
    if (is_installed(root, module, version, os))
        return "installed";
    if (tree_exists(root, DKMS "/%s/%s/%s/%s", module, version, os->kernel, os->machine))
        return "built";
    if (has_failed(root, module, version, os->kernel))
        return "failed";
    return is_added(root, module, version) ? "added" : NULL;
}

static void note(const char *module, const char *version, const char *state,
                 struct facts_platform *on)
{
    struct platform_dkms *entry =
        tree_grow(&on->dkms, &on->dkms_count, PLATFORM_MAX_DKMS, sizeof *entry);

    if (!entry)
        return;
    entry->module = strdup(module);
    entry->version = strdup(version);
    entry->state = strdup(state);
    if (entry->module && entry->version && entry->state)
        return;
    free(entry->module);
    free(entry->version);
    free(entry->state);
    on->dkms_count--;
}

static void read_module(const char *root, const char *module, struct facts *f)
{
    CLEANUP(tree_names_done)
    struct tree_names versions = tree_names(root, DKMS "/%s", module);

    for (size_t i = 0; i < versions.count; i++) {
        const char *version = versions.list[i];
        const char *state = state_of(root, module, version, &f->os);

        if (state)
            note(module, version, state, &f->platform);
    }
}

void part_dkms(const char *root, struct facts *f)
{
    CLEANUP(tree_names_done) struct tree_names modules = tree_names(root, DKMS);

    if (!f->os.kernel || !f->os.machine)
        return;
    for (size_t i = 0; i < modules.count; i++)
        read_module(root, modules.list[i], f);
}
