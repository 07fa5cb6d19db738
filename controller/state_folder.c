#include "controller/state_folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/tree/folder.h"

#define MAGIC_NFS    0x6969ul
#define MAGIC_LUSTRE 0x0bd00bd0ul

int state_folder_path(const struct state_folder_asker *asker, char **path,
                      struct fail *why)
{
    const char *xdg = asker->xdg_state_home, *home = asker->home;
    int len;

    if (asker->given)
        len = asprintf(path, "%s", asker->given);
    else if (asker->is_root)
        len = asprintf(path, "/var/lib/ibfleet");
    else if (xdg && *xdg == '/') /* the XDG rules: a relative one does not count */
        len = asprintf(path, "%s/ibfleet", xdg);
    else if (home && *home)
        len = asprintf(path, "%s/.local/state/ibfleet", home);
    else
        return fail_set(why, FAIL_STATE,
                        "no home to keep runs in: set $HOME, or name a folder with "
                        "--state");
    return len < 0 ? fail_memory(why) : 0;
}

const char *state_folder_refused(unsigned long magic)
{
    if (magic == MAGIC_NFS)
        return "NFS";
    return magic == MAGIC_LUSTRE ? "Lustre" : NULL;
}

static int complain(const char *path, struct fail *why)
{
    return fail_set(why, FAIL_STATE, "state folder %s: %s", path, strerror(errno));
}

/* Each parent in its turn; what is there already is fine.  On the disk by their names, or a
 * power cut would take the journal with its folder.
 */
static int make_all(const char *path, struct fail *why)
{
    CLEANUP(text_done) char *copy = strdup(path);

    if (!copy)
        return fail_memory(why);
    for (char *slash = copy + 1; *copy && (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (folder_make(copy, 0755) < 0)
            return complain(copy, why);
        *slash = '/';
    }
    if (folder_make(path, 0700) < 0)
        return complain(path, why);
    return 0;
}

int state_folder_make(const char *path, struct fail *why)
{
    struct statfs fs;
    const char *bad;

    if (make_all(path, why) < 0)
        return -1;
    if (statfs(path, &fs) < 0 || access(path, R_OK | W_OK | X_OK) < 0)
        return complain(path, why);
    bad = state_folder_refused((unsigned long)fs.f_type);
    if (bad)
        return fail_set(why, FAIL_STATE,
                        "state folder %s is on %s, which does not lock reliably: name a "
                        "local one with --state",
                        path, bad);
    return 0;
}
