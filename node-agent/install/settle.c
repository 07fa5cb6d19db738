#include "node-agent/install/settle.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-agent/fd.h"
#include "node-agent/home.h"
#include "protocol/scope.h"

/* Where each may be a file system of its own. */
static const char *const folders[] = {"/",        "/etc",         "/usr",
                                      "/var",     "/lib/modules", "/opt",
                                      "/var/lib", "/boot",        "/boot/efi"};

#define FOLDERS (sizeof folders / sizeof *folders)

static bool is_among(const dev_t *seen, size_t count, dev_t device)
{
    for (size_t i = 0; i < count; i++)
        if (seen[i] == device)
            return true;
    return false;
}

int settle(const struct home *h, struct fail *why)
{
    dev_t seen[FOLDERS];
    size_t count = 0;

    for (size_t i = 0; i < FOLDERS; i++) {
        CLEANUP(fd_done) int fd = -1;
        char path[HOME_PATH_MAX_BYTES];
        struct stat st;

        if (home_in_root(h, path, why, "%s", folders[i]) < 0)
            return -1;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0 || is_among(seen, count, st.st_dev))
            continue; /* not every node has all of them */
        if (syncfs(fd) < 0)
            return home_fail(why, "syncing", path);
        seen[count++] = st.st_dev;
    }
    return 0;
}
