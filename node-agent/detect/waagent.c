/* Has Azure's agent unpacked Microsoft's own InfiniBand extension here? */
#include "node-agent/detect/part.h"

#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

#define FOLDER "/var/lib/waagent"

/* PUBLISHER.TYPE-VERSION; beside it may lie the .zip that it came in. */
#define EXTENSION "Microsoft.HpcCompute.InfiniBandDriverLinux-"

static bool is_folder(const char *name)
{
    size_t len = strlen(name);

    return strncmp(name, EXTENSION, sizeof EXTENSION - 1) == 0 &&
           !(len > 4 && strcmp(name + len - 4, ".zip") == 0);
}

void part_waagent(const char *root, struct facts *f)
{
    CLEANUP(tree_names_done) struct tree_names names = tree_names(root, FOLDER);
    char path[sizeof FOLDER + 256];

    for (size_t i = 0; i < names.count && !f->platform.vm_extension; i++)
        if (is_folder(names.list[i]) &&
            snprintf(path, sizeof path, FOLDER "/%s", names.list[i]) < (int)sizeof path)
            f->platform.vm_extension = strdup(path);
}
