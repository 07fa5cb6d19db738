#include "node-agent/detect/part.h"

#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "node-agent/install/kept.h"
#include "protocol/facts.h"

/* The interface is the last word of the unit's ExecStart. */
static char *read_interface(FILE *unit)
{
    char line[TREE_LINE_MAX_BYTES], *iface;

    while (fgets(line, sizeof line, unit)) {
        if (strncmp(line, "ExecStart=", 10) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        iface = strrchr(line, ' ');
        return iface && iface[1] ? strdup(iface + 1) : NULL;
    }
    return NULL;
}

void part_kept(const char *root, struct facts *f)
{
    FILE *unit = tree_open(root, "%s", KEPT_RXE_UNIT);

    if (unit) {
        f->rxe_kept = read_interface(unit);
        fclose(unit);
    }
    f->memlock_kept = tree_exists(root, "%s", KEPT_MEMLOCK_FILE);
}
