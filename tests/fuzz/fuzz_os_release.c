/* Whatever os-release and the kernel's name say: no field holds more than a line, and all
 * of it travels.  The first byte says which file.
 */
#include "node-agent/detect/part.h"
#include "tests/fuzz/scratch.h"

static const char *const files[] = {"etc/os-release", "usr/lib/os-release",
                                    "proc/sys/kernel/osrelease", "proc/sys/kernel/arch"};

#define FILES (sizeof files / sizeof *files)

static void is_a_line(const char *text)
{
    demand(!text || !strchr(text, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(facts_done) struct facts *f = facts_new();

    scratch_begin();
    if (!size)
        return 0;
    scratch_put(files[*data % FILES], data + 1, size - 1);
    part_os(scratch_root, f);
    scratch_remove(files[*data % FILES]);
    is_a_line(f->os.id);
    is_a_line(f->os.id_like);
    is_a_line(f->os.version_id);
    is_a_line(f->os.pretty);
    is_a_line(f->os.kernel);
    is_a_line(f->os.machine);
    scratch_survives(f);
    return 0;
}
