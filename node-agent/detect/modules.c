#include "node-agent/detect/part.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"

/* modules.dep has a line per module with all it depends on. */
#define DEP_LINE_MAX_BYTES 8192
#define NAME_MAX_BYTES     64

static bool is_rdma(const char *name)
{
    static const char *const starts[] = {"ib_",   "rdma_", "mlx",  "iw_",
                                         "irdma", "siw",   "hfi1", "bnxt_re"};

    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(name, starts[i], strlen(starts[i])) == 0)
            return true;
    return strcmp(name, "mana_ib") == 0;
}

static bool is_listed(char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

static void note(char ***list, size_t *count, const char *name)
{
    char **entry;

    if (!is_rdma(name) || is_listed(*list, *count, name))
        return;
    entry = tree_grow(list, count, FACTS_MAX_MODULES, sizeof *entry);
    if (entry && !(*entry = strdup(name)))
        --*count;
}

static void read_loaded(const char *root, struct facts *f)
{
    FILE *file = tree_open(root, "/proc/modules");
    char line[DEP_LINE_MAX_BYTES], name[NAME_MAX_BYTES];

    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "%63s", name) == 1)
            note(&f->modules, &f->module_count, name);
    if (file)
        fclose(file);
}

/* "kernel/drivers/infiniband/sw/rxe/rdma-rxe.ko.xz: ..." -> "rdma_rxe" */
static bool module_of(const char *line, char name[NAME_MAX_BYTES])
{
    size_t path_bytes = strcspn(line, ": \n"), n = 0;
    const char *base = memrchr(line, '/', path_bytes);

    base = base ? base + 1 : line;
    for (; base < line + path_bytes && *base != '.' && n < NAME_MAX_BYTES - 1; base++)
        name[n++] = *base == '-' ? '_' : *base;
    name[n] = '\0';
    return n > 0 && strncmp(base, ".ko", 3) == 0;
}

/* Only the start of a line counts; what does not fit the buffer is passed over. */
static void read_on_disk(FILE *file, struct facts *f)
{
    char line[DEP_LINE_MAX_BYTES], name[NAME_MAX_BYTES];
    bool whole = true;

    while (file && fgets(line, sizeof line, file)) {
        if (whole && module_of(line, name))
            note(&f->modules_available, &f->module_available_count, name);
        whole = strchr(line, '\n') != NULL;
    }
    if (file)
        fclose(file);
}

void part_modules(const char *root, struct facts *f)
{
    static const char *const files[] = {"modules.dep", "modules.builtin"};

    read_loaded(root, f);
    for (size_t i = 0; f->os.kernel && i < sizeof files / sizeof *files; i++)
        read_on_disk(tree_open(root, "/lib/modules/%s/%s", f->os.kernel, files[i]), f);
}
