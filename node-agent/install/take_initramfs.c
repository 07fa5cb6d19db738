#include "node-agent/install/take.h"

#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "protocol/fail.h"
#include "protocol/steps.h"

#define BUILD_DEADLINE_MS (15 * 60 * 1000)
#define WALK_DESCRIPTORS  16

/* Which distributions have which; the first that is there. */
enum tool { TOOL_NONE, TOOL_UPDATE_INITRAMFS, TOOL_DRACUT, TOOL_MKINITRD };

static bool is_there(const struct home *h, const char *path)
{
    char whole[HOME_PATH_MAX_BYTES];

    return home_in_root(h, whole, NULL, "%s", path) == 0 && access(whole, F_OK) == 0;
}

static enum tool find_tool(const struct home *h)
{
    static const struct {
        const char *path;
        enum tool tool;
    } known[] = {
        {"/usr/sbin/update-initramfs", TOOL_UPDATE_INITRAMFS},
        {"/usr/bin/dracut", TOOL_DRACUT},
        {"/usr/sbin/dracut", TOOL_DRACUT},
        {"/sbin/mkinitrd", TOOL_MKINITRD},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is_there(h, known[i].path))
            return known[i].tool;
    return TOOL_NONE;
}

/* ---- is it of today? ---------------------------------------------------------------------- */

static bool is_after(struct timespec a, struct timespec b)
{
    return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

/* When the image was made.  False: there is none by a name that we know. */
static bool image_time(const struct home *h, const char *kernel, struct timespec *made)
{
    static const char *const names[] = {"/boot/initrd.img-%s", "/boot/initramfs-%s.img",
                                        "/boot/initrd-%s"};
    char name[HOME_PATH_MAX_BYTES], path[HOME_PATH_MAX_BYTES];
    struct stat st;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *hole = strstr(names[i], "%s");

        snprintf(name, sizeof name, "%.*s%s%s", (int)(hole - names[i]), names[i], kernel,
                 hole + 2);
        if (home_in_root(h, path, NULL, "%s", name) == 0 && stat(path, &st) == 0) {
            *made = st.st_mtim;
            return true;
        }
    }
    return false;
}

/* nftw() takes no argument of its own; a step is the only one in its process. */
static struct timespec newest;

static int note_time(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)path;
    (void)type;
    (void)ftw;
    if (is_after(st->st_mtim, newest))
        newest = st->st_mtim;
    return 0;
}

/* Of the modules that are not the kernel's own, and of the list that depmod makes of all;
 * a folder is as new as the last removal from it.
 */
static struct timespec modules_time(const struct home *h, const char *kernel)
{
    static const char *const places[] = {"updates", "extra", "weak-updates",
                                         "modules.dep"};
    char path[HOME_PATH_MAX_BYTES];

    newest = (struct timespec){0};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (home_in_root(h, path, NULL, "/lib/modules/%s/%s", kernel, places[i]) == 0)
            nftw(path, note_time, WALK_DESCRIPTORS, FTW_PHYS);
    return newest;
}

/* ---- make it so ------------------------------------------------------------------------------ */

static int make(const struct taking *t, enum tool tool, const char *kernel,
                struct fail *why)
{
    char vmlinuz[160], initrd[160];
    const char *const debians[] = {"update-initramfs", "-u", "-k", kernel, NULL};
    const char *const dracuts[] = {"dracut", "-f", "--kver", kernel, NULL};
    const char *const suses[] = {"mkinitrd", "-k", vmlinuz, "-i", initrd, NULL};
    const char *const *argv = tool == TOOL_UPDATE_INITRAMFS ? debians
                              : tool == TOOL_DRACUT         ? dracuts
                                                            : suses;
    int status;

    snprintf(vmlinuz, sizeof vmlinuz, "vmlinuz-%s", kernel);
    snprintf(initrd, sizeof initrd, "initrd-%s", kernel);
    if (take_program(t, argv, NULL, 0, BUILD_DEADLINE_MS, &status, why) < 0)
        return -1;
    return status == 0 ? 0 : take_blame(t, FAIL_STEP, argv[0], status, why);
}

/* A node that boots without an image, or with one that it does not keep, has nothing to be
 * renewed.
 */
int take_initramfs(const struct taking *t, const struct step *step, bool *already,
                   struct fail *why)
{
    const char *kernel = step->args[0];
    enum tool tool = find_tool(t->home);
    struct timespec made, again;

    if (!image_time(t->home, kernel, &made) ||
        is_after(made, modules_time(t->home, kernel)))
        return 0;
    if (tool == TOOL_NONE)
        return fail_set(why, FAIL_UNSUPPORTED,
                        "the initramfs of %s has old modules, and there is neither "
                        "update-initramfs nor dracut nor mkinitrd",
                        kernel);
    *already = false;
    if (make(t, tool, kernel, why) < 0)
        return -1;
    if (image_time(t->home, kernel, &again) && is_after(again, made))
        return 0;
    return fail_set(why, FAIL_STEP, "the initramfs of %s was not renewed", kernel);
}
