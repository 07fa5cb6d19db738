#include "node-agent/detect/part.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "node-agent/detect/tree.h"
#include "protocol/facts.h"
#include "protocol/scope.h"

/* /proc/cpuinfo has a line of flags per CPU, thousands of characters long. */
#define FLAGS_MAX_BYTES 8192

/* Does an x86 CPU say that it is a guest's?  -1: this is no x86. */
static int is_guest(const char *root)
{
    FILE *f = tree_open(root, "/proc/cpuinfo");
    char line[FLAGS_MAX_BYTES];
    int guest = -1;

    while (f && guest < 0 && fgets(line, sizeof line, f))
        if (strncmp(line, "flags", 5) == 0)
            guest = strstr(line, " hypervisor") != NULL;
    if (f)
        fclose(f);
    return guest;
}

static const char *hypervisor_of(const char *vendor, const char *product)
{
    static const struct {
        const char *text, *name;
    } known[] = {
        {"Microsoft Corporation", "microsoft"},
        {"VMware", "vmware"},
        {"KVM", "kvm"},
        {"QEMU", "qemu"},
        {"innotek GmbH", "oracle"},
        {"Xen", "xen"},
        {"Amazon EC2", "kvm"},
        {"Google", "kvm"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strstr(product, known[i].text) || strstr(vendor, known[i].text))
            return known[i].name;
    return NULL;
}

/* Machines of Microsoft's that are no guests (Surface) do not say "Virtual Machine". */
static char *find_hypervisor(const char *root)
{
    CLEANUP(text_done) char *vendor = tree_line(root, "/sys/class/dmi/id/sys_vendor");
    CLEANUP(text_done) char *product = tree_line(root, "/sys/class/dmi/id/product_name");
    const char *name = hypervisor_of(vendor ? vendor : "", product ? product : "");
    int guest = is_guest(root);

    if (guest == 0)
        return strdup("none");
    return name ? strdup(name) : tree_line(root, "/sys/hypervisor/type");
}

/* "0-3,8-11" is eight. */
static int count_cpus(const char *root)
{
    CLEANUP(text_done) char *online = tree_line(root, "/sys/devices/system/cpu/online");
    long first, last, count = 0;
    char *p = online;

    while (p && *p) {
        first = last = strtol(p, &p, 10);
        if (*p == '-')
            last = strtol(p + 1, &p, 10);
        if (first < 0 || last < first || last > 65535 || (*p && *p != ','))
            return FACTS_UNKNOWN;
        count += last - first + 1;
        p += *p == ',';
    }
    return count > 0 && count <= 65536 ? (int)count : FACTS_UNKNOWN;
}

static uint64_t total_memory(const char *root)
{
    FILE *f = tree_open(root, "/proc/meminfo");
    char line[TREE_LINE_MAX_BYTES];
    unsigned long long kib = 0;

    while (f && !kib && fgets(line, sizeof line, f))
        if (sscanf(line, "MemTotal: %llu kB", &kib) != 1)
            kib = 0;
    if (f)
        fclose(f);
    return (uint64_t)kib << 10;
}

/* Soft limit of this very login: "Max locked memory   8388608   8388608   bytes". */
static uint64_t memlock_limit(const char *root)
{
    FILE *f = tree_open(root, "/proc/self/limits");
    char line[TREE_LINE_MAX_BYTES], soft[32];
    uint64_t bytes = 0;

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Max locked memory %31s", soft) == 1)
            bytes =
                strcmp(soft, "unlimited") == 0 ? UINT64_MAX : strtoull(soft, NULL, 10);
    if (f)
        fclose(f);
    return bytes;
}

static uint64_t free_space(const char *root)
{
    char path[PATH_MAX];
    struct statvfs fs;

    if (snprintf(path, sizeof path, "%s/var", root) >= (int)sizeof path)
        return 0;
    if (statvfs(path, &fs) < 0 && statvfs(*root ? root : "/", &fs) < 0)
        return 0;
    return (uint64_t)fs.f_bavail * fs.f_frsize;
}

void part_machine(const char *root, struct facts *f)
{
    f->hostname = tree_line(root, "/proc/sys/kernel/hostname");
    f->boot_id = tree_line(root, "/proc/sys/kernel/random/boot_id");
    f->hypervisor = find_hypervisor(root);
    f->cpus = count_cpus(root);
    f->memory_bytes = total_memory(root);
    f->memlock_bytes = memlock_limit(root);
    f->free_bytes = free_space(root);
    f->uid = (uint32_t)geteuid();
}
