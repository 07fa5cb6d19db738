#include "node-agent/detect/part.h"

#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "node-agent/install/hold.h"
#include "node-agent/install/ipoib.h"
#include "node-agent/install/kept.h"
#include "node-agent/install/names.h"
#include "node-agent/install/was.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

#define FILE_MAX_BYTES ((size_t)64 << 10)

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

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

/* A whole small file of ours, which the caller frees; NULL. */
static char *read_whole(const char *root, const char *path)
{
    CLEANUP(close_file) FILE *file = tree_open(root, "%s", path);
    char *text = file ? calloc(1, FILE_MAX_BYTES) : NULL;

    if (text && fread(text, 1, FILE_MAX_BYTES - 1, file) > 0)
        return text;
    free(text);
    return NULL;
}

void part_kept_devices(const char *root, struct facts *f)
{
    CLEANUP(text_done) char *rules = read_whole(root, KEPT_NAMES_FILE);
    CLEANUP(text_done) char *addresses = read_whole(root, KEPT_IPOIB_FILE);
    struct facts_platform *on = &f->platform;
    struct names names;

    names_choose(f, &names);
    on->names_kept = names_are_in(rules, &names);
    for (size_t i = 0; i < on->ipoib_count; i++)
        on->ipoib[i].kept =
            ipoib_is_in(addresses, on->ipoib[i].mac, on->ipoib[i].address);
}

void part_kept(const char *root, struct facts *f)
{
    FILE *unit = tree_open(root, "%s", KEPT_RXE_UNIT);

    if (unit) {
        f->rxe_kept = read_interface(unit);
        fclose(unit);
    }
    f->memlock_kept = tree_exists(root, "%s", KEPT_MEMLOCK_FILE) &&
                      tree_exists(root, "%s", KEPT_MANAGER_FILE);
    f->platform.earlier = was_earlier(root);
    f->platform.held = hold_told(root, f->os.packages);
}
