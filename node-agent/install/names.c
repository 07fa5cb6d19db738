#include "node-agent/install/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/facts.h"

/* Addresses are hexadecimal of one width, but for domains past ffff. */
static int by_address(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    size_t nx = strlen(x->pci), ny = strlen(y->pci);

    return nx != ny ? (nx < ny ? -1 : 1) : strcmp(x->pci, y->pci);
}

static bool is(const char *text, const char *start)
{
    return text && strncmp(text, start, strlen(start)) == 0;
}

static const struct platform_nic *nic_at(const struct facts *f, const char *pci)
{
    const struct facts_platform *on = &f->platform;

    for (size_t i = 0; i < on->nic_count; i++)
        if (strcmp(on->nics[i].pci, pci) == 0)
            return &on->nics[i];
    return NULL;
}

void names_choose(const struct facts *f, struct names *names)
{
    const struct facts_platform *on = &f->platform;
    int fabric = 0, front = 0;

    names->count = 0;
    for (size_t i = 0; i < on->nic_count; i++)
        if (!is(on->nics[i].family, "MANA"))
            names->list[names->count++] =
                (struct name){.pci = on->nics[i].pci, .now = on->nics[i].hca};
    qsort(names->list, names->count, sizeof *names->list, by_address);
    for (size_t i = 0; i < names->count; i++) {
        const struct platform_nic *nic = nic_at(f, names->list[i].pci);
        bool rdma = is(nic->role, "rdma");

        snprintf(names->list[i].wanted, NAMES_MAX_BYTES, "%s_%s%d",
                 is(nic->family, "ConnectX-3") ? "mlx4" : "mlx5", rdma ? "ib" : "an",
                 rdma ? fabric++ : front++);
    }
}

/* "move" is what the kernel says after a device was renamed: so it comes out the same
 * whether rdma-core's own rule, which names by address, was here before or after.  The
 * `rdma` tool rather than rdma-core's rdma_rename, which takes fixed names only of late.
 */
char *names_rules(const struct names *names, const char *tool)
{
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    if (!out)
        return NULL;
    fputs("# ibfleet: RDMA devices keep their names\n", out);
    for (size_t i = 0; i < names->count; i++)
        fprintf(out,
                "ACTION==\"add|move\", SUBSYSTEM==\"infiniband\", KERNELS==\"%s\", "
                "PROGRAM=\"%s dev set %%k name %s\"\n",
                names->list[i].pci, tool, names->list[i].wanted);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static bool is_in(const char *rules, const struct name *n)
{
    char address[64], name[NAMES_MAX_BYTES + 16];
    const char *line, *end, *found;

    snprintf(address, sizeof address, "KERNELS==\"%s\"", n->pci);
    snprintf(name, sizeof name, " name %s\"\n", n->wanted);
    line = strstr(rules, address);
    end = line ? strchr(line, '\n') : NULL;
    found = line ? strstr(line, name) : NULL;
    return end && found && found < end;
}

bool names_are_in(const char *rules, const struct names *names)
{
    for (size_t i = 0; rules && i < names->count; i++)
        if (!is_in(rules, &names->list[i]))
            return false;
    return rules != NULL;
}
