#include "node-agent/home.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node-agent/fd.h"
#include "node-agent/path.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/tree/folder.h"

#define LOCK_PAUSE_MS 20

int home_fail(struct fail *why, const char *doing, const char *path)
{
    bool full = errno == ENOSPC || errno == EDQUOT;

    return fail_set(why, full ? FAIL_DISK_FULL : FAIL_STEP, "%s %s: %s", doing, path,
                    strerror(errno));
}

/* ---- where ------------------------------------------------------------------------- */

static int too_long(struct fail *why, const char *above)
{
    return fail_set(why, FAIL_STEP, "a path below %.80s is too long", above);
}

int home_in_state(const struct home *h, char path[HOME_PATH_MAX_BYTES], struct fail *why,
                  const char *fmt, ...)
{
    va_list ap;
    bool fits;

    if (!*h->state)
        return fail_set(why, FAIL_STEP,
                        "neither XDG_STATE_HOME nor HOME says where to keep state");
    va_start(ap, fmt);
    fits = path_below(path, HOME_PATH_MAX_BYTES, h->state, fmt, ap);
    va_end(ap);
    return fits ? 0 : too_long(why, h->state);
}

int home_in_root(const struct home *h, char path[HOME_PATH_MAX_BYTES], struct fail *why,
                 const char *fmt, ...)
{
    va_list ap;
    bool fits;

    va_start(ap, fmt);
    fits = path_below(path, HOME_PATH_MAX_BYTES, h->root, fmt, ap);
    va_end(ap);
    return fits ? 0 : too_long(why, h->root);
}

static int find_state(struct home *h, struct fail *why)
{
    const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int n = 0;

    if (*h->root || geteuid() == 0)
        n = snprintf(h->state, sizeof h->state, "%s/var/lib/ibfleet", h->root);
    else if (base && *base == '/')
        n = snprintf(h->state, sizeof h->state, "%s/ibfleet", base);
    else if (home && *home == '/')
        n = snprintf(h->state, sizeof h->state, "%s/.local/state/ibfleet", home);
    if (n >= (int)sizeof h->state)
        return fail_set(why, FAIL_STEP, "the path of the state folder is too long");
    return 0;
}

int home_find(struct home *h, struct fail *why)
{
    const char *root = getenv("SUDO_UID") ? NULL : getenv("IBFLEET_ROOT");

    *h = (struct home){0};
    if (root && *root == '/') {
        if (strlen(root) >= sizeof h->root)
            return fail_set(why, FAIL_STEP, "IBFLEET_ROOT is too long");
        strcpy(h->root, root);
    }
    h->may_install = *h->root || geteuid() == 0;
    h->systemd = !*h->root && geteuid() == 0 && access("/run/systemd/system", F_OK) == 0;
    return find_state(h, why);
}

void home_environment(const struct home *h)
{
    if (!*h->root && geteuid() == 0) {
        setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
        unsetenv("LD_PRELOAD");
        unsetenv("LD_LIBRARY_PATH");
        setenv("HOME", "/root", 1);
    }
    setenv("LC_ALL", "C", 1);
    setenv("TERM", "dumb", 1);
    setenv("DEBIAN_FRONTEND", "noninteractive", 1);
    setenv("APT_LISTCHANGES_FRONTEND", "none", 1);
    setenv("NEEDRESTART_SUSPEND", "1", 1);
}

bool home_name_is_safe(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > HOME_NAME_MAX_BYTES || *name == '.' || *name == '-')
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789._-") == n;
}

/* ---- folders ----------------------------------------------------------------------- */

int home_make_above(const char *path, struct fail *why)
{
    char part[HOME_PATH_MAX_BYTES];

    for (const char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
        if (folder_make(part, 0755) < 0)
            return home_fail(why, "making", part);
    }
    return 0;
}

/* A state folder that is somebody else's could make us write through his links. */
static int check_owner(const char *path, struct fail *why)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return home_fail(why, "looking at", path);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        return fail_set(why, FAIL_STEP, "%s is not a directory of ours", path);
    return 0;
}

int home_make(const struct home *h, const char *folder, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_state(h, path, why, "/%s", folder ? folder : "") < 0 ||
        home_make_above(path, why) < 0 || check_owner(h->state, why) < 0)
        return -1;
    if (folder && folder_make(path, 0700) < 0)
        return home_fail(why, "making", path);
    return 0;
}

/* ---- locks ------------------------------------------------------------------------- */

static int open_lock(const struct home *h, const char *name, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];
    int fd;

    if (home_make(h, "locks", why) < 0 ||
        home_in_state(h, path, why, "/locks/%s", name) < 0)
        return -1;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd < 0 ? home_fail(why, "opening", path) : fd;
}

int home_lock(const struct home *h, const char *name, struct fail *why)
{
    int fd = open_lock(h, name, why);

    if (fd < 0)
        return -1;
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += LOCK_PAUSE_MS) {
        if (waited >= HOME_LOCK_DEADLINE_MS) {
            close(fd);
            return fail_set(why, FAIL_TIMEOUT, "the lock '%s' on the node is held", name);
        }
        poll(NULL, 0, LOCK_PAUSE_MS);
    }
    return fd;
}

int home_try_lock(const struct home *h, const char *name)
{
    int fd = open_lock(h, name, NULL);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

bool home_is_locked(const struct home *h, const char *name)
{
    CLEANUP(fd_done) int fd = open_lock(h, name, NULL);

    return fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0;
}

/* ---- files ------------------------------------------------------------------------- */

static int put_all(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t n = write(fd, text, left);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            text += n;
            left -= (size_t)n;
        }
    }
    return fsync(fd);
}

int home_write(const char *path, const char *text, unsigned mode, struct fail *why)
{
    char temp[HOME_PATH_MAX_BYTES];
    int fd, rc;

    if (snprintf(temp, sizeof temp, "%s.new", path) >= (int)sizeof temp)
        return fail_set(why, FAIL_STEP, "the path %.80s... is too long", path);
    if (home_make_above(path, why) < 0)
        return -1;
    unlink(temp);
    fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0)
        return home_fail(why, "writing", temp);
    rc = put_all(fd, text);
    if (close(fd) < 0 || rc < 0 || rename(temp, path) < 0) {
        rc = home_fail(why, "writing", path);
        unlink(temp);
        return rc;
    }
    return folder_sync_above(path) < 0 ? home_fail(why, "syncing", path) : 0;
}

int home_remove(const char *path, struct fail *why)
{
    if (unlink(path) < 0 && errno != ENOENT)
        return home_fail(why, "removing", path);
    return folder_sync_above(path) < 0 ? home_fail(why, "syncing", path) : 0;
}

char *home_read(const char *path, size_t max_bytes)
{
    size_t len;

    return home_read_bytes(path, max_bytes, &len);
}

char *home_read_bytes(const char *path, size_t max_bytes, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *text = fd < 0 ? NULL : malloc(max_bytes + 1);
    ssize_t n = 0;
    size_t used = 0;

    while (text && used <= max_bytes &&
           (n = read(fd, text + used, max_bytes + 1 - used)) > 0)
        used += (size_t)n;
    if (fd >= 0)
        close(fd);
    if (!text || n < 0 || used > max_bytes) {
        free(text);
        return NULL;
    }
    text[used] = '\0';
    *len = used;
    return text;
}

void home_boot_id(const struct home *h, char boot_id[HOME_BOOT_ID_BYTES])
{
    CLEANUP(text_done) char *text = NULL;
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_root(h, path, NULL, "/proc/sys/kernel/random/boot_id") == 0)
        text = home_read(path, 4096); /* the kernel says a page */
    snprintf(boot_id, HOME_BOOT_ID_BYTES, "%.*s", text ? (int)strcspn(text, "\n") : 0,
             text ? text : "");
}
