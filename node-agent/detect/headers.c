/* Are the headers of the running kernel there, or could the package manager bring them?
 *
 * Only apt keeps what its repositories offer where it can be read; of others, and of lists
 * that are compressed, nothing is told.
 */
#include "node-agent/detect/part.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

#define LISTS "/var/lib/apt/lists"

/* Debian's main has 50 MB; who has more than this is not read to the end. */
#define LISTS_MAX_BYTES ((long)512 << 20)

/* ---- here ------------------------------------------------------------------------- */

/* The link is followed by hand: below another root it would lead out of it. */
static bool is_linked(const char *root, const char *kernel)
{
    char path[PATH_MAX], target[PATH_MAX];

    if (snprintf(path, sizeof path, "/lib/modules/%s/build", kernel) >=
            (int)sizeof path ||
        !tree_target(root, path, target))
        return tree_exists(root, "%s/Makefile", path);
    if (*target == '/')
        return tree_exists(root, "%s/Makefile", target);
    return tree_exists(root, "/lib/modules/%s/%s/Makefile", kernel, target);
}

static bool are_here(const char *root, const char *kernel)
{
    return is_linked(root, kernel) ||
           tree_exists(root, "/usr/src/kernels/%s/Makefile", kernel);
}

/* ---- offered ------------------------------------------------------------------------- */

struct lists {
    const char *root;
    char line[TREE_LINE_MAX_BYTES]; /* "Package: linux-headers-KERNEL\n" */
    long left_bytes;
    bool any, all_read; /* lists that can be read; and nothing but those */
};

static bool read_list(struct lists *l, FILE *file)
{
    char line[TREE_LINE_MAX_BYTES];
    bool whole = true, found = false;

    while (!found && l->left_bytes > 0 && fgets(line, sizeof line, file)) {
        size_t len = strlen(line);

        found = whole && strcmp(line, l->line) == 0;
        whole = len && line[len - 1] == '\n';
        l->left_bytes -= (long)len;
    }
    return found;
}

static bool look_into(struct lists *l, const char *name)
{
    static const char ending[] = "_Packages";
    const char *at = strstr(name, ending);
    FILE *file;
    bool found;

    if (!at)
        return false;
    file = at[sizeof ending - 1] ? NULL : tree_open(l->root, LISTS "/%s", name);
    if (!file) { /* _Packages.lz4, or not to be read */
        l->all_read = false;
        return false;
    }
    l->any = true;
    found = read_list(l, file);
    fclose(file);
    return found;
}

static const char *ask_lists(const char *root, const char *kernel)
{
    struct lists l = {.root = root, .left_bytes = LISTS_MAX_BYTES, .all_read = true};
    CLEANUP(tree_names_done) struct tree_names names = tree_names(root, LISTS);

    if (snprintf(l.line, sizeof l.line, "Package: linux-headers-%s\n", kernel) >=
        (int)sizeof l.line)
        return NULL;
    for (size_t i = 0; i < names.count; i++)
        if (look_into(&l, names.list[i]))
            return "offered";
    return l.any && l.all_read && l.left_bytes > 0 ? "missing" : NULL;
}

void part_headers(const char *root, struct facts *f)
{
    const char *said = NULL;

    if (!f->os.kernel)
        return;
    if (are_here(root, f->os.kernel))
        said = "present";
    else if (f->os.packages && strcmp(f->os.packages, "apt") == 0)
        said = ask_lists(root, f->os.kernel);
    f->platform.headers = said ? strdup(said) : NULL;
}
