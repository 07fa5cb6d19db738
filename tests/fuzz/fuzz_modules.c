/* Whatever lists of modules, mounts, packages and an installed driver's own version say:
 * ceilings hold, words are words.  The first byte says which file.
 */
#include "node-agent/detect/part.h"
#include "tests/fuzz/scratch.h"

static const char *const files[] = {
    "lib/modules/6.1/modules.dep",
    "lib/modules/6.1/modules.builtin",
    "proc/modules",
    "proc/mounts",
    "var/lib/dpkg/status",
    "usr/bin/ofed_info",
    "opt/azurehpc/component_versions.txt",
    "etc/systemd/system/ibfleet-rxe.service",
};

#define FILES (sizeof files / sizeof *files)

static void check_list(char *const *list, size_t count)
{
    demand(count <= FACTS_MAX_MODULES);
    for (size_t i = 0; i < count; i++) {
        demand(*list[i] && strlen(list[i]) < 64 && !strpbrk(list[i], " \n"));
        for (size_t j = 0; j < i; j++)
            demand(strcmp(list[i], list[j]) != 0);
    }
}

static void check(const struct facts *f)
{
    const struct facts_platform *on = &f->platform;

    check_list(f->modules, f->module_count);
    check_list(f->modules_available, f->module_available_count);
    demand(f->package_count <= FACTS_MAX_PACKAGES);
    demand(on->holder_count <= PLATFORM_MAX_HOLDERS);
    demand(on->driver && (!on->driver_version || *on->driver_version));
    demand(!on->driver_module || !strchr(on->driver_module, ':'));
    demand(!on->image_driver ||
           strspn(on->image_driver, "0123456789.-") == strlen(on->image_driver));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(facts_done) struct facts *f = facts_new();

    scratch_begin();
    if (!size)
        return 0;
    f->os.kernel = strdup("6.1");
    scratch_put(files[*data % FILES], data + 1, size - 1);
    part_modules(scratch_root, f);
    part_packages(scratch_root, f);
    part_kept(scratch_root, f);
    part_ofed(scratch_root, f);
    part_holders(scratch_root, f);
    scratch_remove(files[*data % FILES]);
    check(f);
    scratch_survives(f);
    return 0;
}
