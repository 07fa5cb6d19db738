/* Whatever stands in one of the files that detection reads: it ends, and what it found
 * travels.  The first byte says which file.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-agent/detect/detect.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[] = {
    "etc/os-release",
    "proc/modules",
    "proc/mounts",
    "proc/cpuinfo",
    "proc/meminfo",
    "proc/self/limits",
    "sys/devices/system/cpu/online",
    "var/lib/hyperv/.kvp_pool_0",
    "var/lib/hyperv/.kvp_pool_3",
    "var/lib/dpkg/status",
    "var/lib/dkms/m/1/build/make.log",
    "lib/modules/6.1/modules.dep",
    "usr/bin/ofed_info",
    "opt/azurehpc/component_versions.txt",
    "sys/class/infiniband/x/ports/1/rate",
    "sys/class/infiniband/x/ports/1/state",
    "sys/class/infiniband/x/ports/1/pkeys/0",
    "sys/class/infiniband/x/ports/1/gids/0",
    "sys/class/infiniband/x/fw_ver",
    "sys/bus/pci/devices/0101:00:00.0/class",
    "sys/bus/vmbus/devices/d/class_id",
};

#define FILES (sizeof files / sizeof *files)

static char root[64];

static void demand(int is_so)
{
    if (!is_so)
        abort();
}

static void put(const char *path, const void *bytes, size_t size)
{
    char whole[PATH_MAX];
    FILE *f;

    snprintf(whole, sizeof whole, "%s/%s", root, path);
    for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(whole, 0700);
        *slash = '/';
    }
    f = fopen(whole, "w");
    demand(f != NULL);
    fwrite(bytes, 1, size, f);
    fclose(f);
}

static void put_text(const char *path, const char *text)
{
    put(path, text, strlen(text));
}

static void forget_root(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", root);
    demand(system(command) == 0);
}

static void make_root(void)
{
    snprintf(root, sizeof root, "/dev/shm/ibfleet-fuzz-XXXXXX");
    demand(mkdtemp(root) != NULL);
    atexit(forget_root);
    put_text("proc/sys/kernel/osrelease", "6.1\n");
    put_text("proc/sys/kernel/arch", "x86_64\n");
    put_text("sys/class/infiniband/x/ports/1/link_layer", "InfiniBand\n");
    put_text("sys/bus/pci/devices/0101:00:00.0/vendor", "0x15b3\n");
    put_text("sys/bus/pci/devices/0101:00:00.0/device", "0x101e\n");
}

static void remove_file(const char *path)
{
    char whole[PATH_MAX];

    snprintf(whole, sizeof whole, "%s/%s", root, path);
    unlink(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct facts *f = NULL, *back = NULL;
    struct json *doc;
    struct fail why;

    if (!*root)
        make_root();
    if (!size)
        return 0;
    put(files[*data % FILES], data + 1, size - 1);
    demand(detect(root, &f, &why) == 0);
    doc = facts_encode(f);
    demand(doc && facts_decode(doc, &back, &why) == 0);
    remove_file(files[*data % FILES]);
    json_free(doc);
    facts_free(back);
    facts_free(f);
    return 0;
}
