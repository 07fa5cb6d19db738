/* Which RDMA driver a node has: the kernel's own ("inbox"), MLNX_OFED or DOCA-OFED.
 *
 * ofed_info is a shell script that prints what it was written with; we read it and run
 * nothing.  DOCA-OFED's says "OFED-internal-25.10-1.2.8", without the version of DOCA, for
 * which its packages and the record of an HPC image are asked.
 */
#include "node-agent/detect/part.h"

#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

#define OFED_INFO      "/usr/bin/ofed_info"
#define IMAGE_RECORD   "/opt/azurehpc/component_versions.txt"
#define MAX_LINES      2000
#define DEP_LINE_BYTES 8192

#define VERSION_LETTERS "0123456789.-"

/* What follows `before` in the file, as far as it looks like a version. */
static char *version_after(const char *root, const char *path, const char *before)
{
    FILE *file = tree_open(root, "%s", path);
    char line[TREE_LINE_MAX_BYTES], *hit, *version = NULL;

    for (int i = 0; file && !version && i < MAX_LINES && fgets(line, sizeof line, file);
         i++) {
        hit = strstr(line, before);
        if (hit && hit[strlen(before)] >= '0' && hit[strlen(before)] <= '9')
            version = strndup(hit + strlen(before),
                              strspn(hit + strlen(before), VERSION_LETTERS));
    }
    if (file)
        fclose(file);
    return version;
}

static void settle(struct facts_platform *on, const char *driver, char *version)
{
    if (on->driver || !version) {
        free(version);
        return;
    }
    on->driver = strdup(driver);
    on->driver_version = version;
}

static char *copy(const char *text)
{
    return text ? strdup(text) : NULL;
}

/* ---- where the module lies that would be loaded --------------------------------------- */

static bool is_provider(const char *line)
{
    static const char *const names[] = {"/mlx5_ib.ko", "/mlx4_ib.ko"};
    size_t path_bytes = strcspn(line, ":");

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *hit = strstr(line, names[i]);

        if (hit && hit < line + path_bytes)
            return true;
    }
    return false;
}

/* The path of mlx5_ib or mlx4_ib below /lib/modules/KERNEL: "updates/dkms/mlx5_ib.ko". */
static char *find_module(const char *root, const char *kernel)
{
    FILE *file = kernel ? tree_open(root, "/lib/modules/%s/modules.dep", kernel) : NULL;
    char line[DEP_LINE_BYTES], *path = NULL;
    bool whole = true;

    while (file && !path && fgets(line, sizeof line, file)) {
        if (whole && is_provider(line) && strcspn(line, ":") < TREE_LINE_MAX_BYTES)
            path = strndup(line, strcspn(line, ":"));
        whole = strchr(line, '\n') != NULL;
    }
    if (file)
        fclose(file);
    return path;
}

static bool can_be_inbox(const struct facts_platform *on, const struct facts *f)
{
    return on->driver_module || facts_can_load(f, "mlx5_ib") ||
           facts_can_load(f, "mlx4_ib");
}

void part_ofed(const char *root, struct facts *f)
{
    struct facts_platform *on = &f->platform;

    on->driver_module = find_module(root, f->os.kernel);
    on->image_driver = version_after(root, IMAGE_RECORD, "\"DOCA\": \"");
    if (!on->image_driver)
        on->image_driver = version_after(root, IMAGE_RECORD, "\"OFED\": \"");
    settle(on, "doca-ofed", copy(facts_package_version(f, "doca-ofed")));
    settle(on, "mlnx-ofed", version_after(root, OFED_INFO, "MLNX_OFED_LINUX-"));
    settle(on, "doca-ofed", version_after(root, OFED_INFO, "OFED-internal-"));
    if (!on->driver)
        on->driver = strdup(can_be_inbox(on, f) ? "inbox" : "none");
}
