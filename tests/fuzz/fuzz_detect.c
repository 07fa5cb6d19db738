/* Whatever stands in one of the files that detection reads: all of detection ends, and what it
 * found travels; each parser has a fuzzer of its own beside this one.  The first byte says
 * which file.
 */
#include "node-agent/detect/detect.h"
#include "tests/fuzz/scratch.h"

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

static void begin(void)
{
    scratch_put_text("proc/sys/kernel/osrelease", "6.1\n");
    scratch_put_text("proc/sys/kernel/arch", "x86_64\n");
    scratch_put_text("sys/class/infiniband/x/ports/1/link_layer", "InfiniBand\n");
    scratch_put_text("sys/bus/pci/devices/0101:00:00.0/vendor", "0x15b3\n");
    scratch_put_text("sys/bus/pci/devices/0101:00:00.0/device", "0x101e\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(facts_done) struct facts *f = NULL;

    if (scratch_begin())
        begin();
    if (!size)
        return 0;
    scratch_put(files[*data % FILES], data + 1, size - 1);
    demand(detect(scratch_root, &f, NULL) == 0);
    scratch_remove(files[*data % FILES]);
    scratch_survives(f);
    return 0;
}
