#include "node-agent/install/take.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/home.h"
#include "node-agent/install/kept.h"
#include "node-agent/install/steplog.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

#define RDMA_DEADLINE_MS 30000
#define LINE_MAX_BYTES   ((size_t)256)

/* ---- now ----------------------------------------------------------------------- */

/* The interface under rxe0, "" when there is no rxe0. */
static void read_parent(const struct home *h, char *iface, size_t size)
{
    CLEANUP(text_done) char *line = NULL;
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_root(h, path, NULL, "/sys/class/infiniband/rxe0/parent") == 0)
        line = home_read(path, 4096); /* sysfs says a page */
    snprintf(iface, size, "%.*s", line ? (int)strcspn(line, "\n") : 0, line ? line : "");
}

static int check_interface(const struct home *h, const char *iface, struct fail *why)
{
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_root(h, path, why, "/sys/class/net/%s", iface) < 0)
        return -1;
    if (access(path, F_OK) < 0)
        return fail_set(why, FAIL_STEP, "there is no interface '%s'", iface);
    return 0;
}

static int add_link(const struct taking *t, const char *iface, struct fail *why)
{
    const char *const modprobe[] = {"modprobe", "rdma_rxe", NULL};
    const char *const add[] = {"rdma", "link",   "add", "rxe0", "type",
                               "rxe",  "netdev", iface, NULL};
    int status;

    if (take_program(t, modprobe, NULL, 0, RDMA_DEADLINE_MS, &status, why) < 0)
        return -1;
    if (status != 0)
        return take_blame(t, FAIL_MODULE, "modprobe rdma_rxe", status, why);
    if (take_program(t, add, NULL, 0, RDMA_DEADLINE_MS, &status, why) < 0)
        return -1;
    if (status != 0)
        return take_blame(t, FAIL_STEP, "rdma link add", status, why);
    return 0;
}

/* ---- at every boot ------------------------------------------------------------- */

/* Restarted until the interface is there: not every driver has come by then, and a unit
 * for the device exists only where udev makes one.
 */
static int keep(const struct taking *t, const char *tool, const char *iface,
                bool *already, struct fail *why)
{
    char unit[1024];

    snprintf(unit, sizeof unit,
             "[Unit]\n"
             "Description=Soft-RoCE on %s, set up by ibfleet\n"
             "After=systemd-modules-load.service network-pre.target\n"
             "StartLimitIntervalSec=0\n"
             "\n"
             "[Service]\n"
             "ExecStartPre=-/sbin/modprobe rdma_rxe\n"
             "ExecStart=%s link add rxe0 type rxe netdev %s\n"
             "RemainAfterExit=yes\n"
             "Restart=on-failure\n"
             "RestartSec=2\n"
             "\n"
             "[Install]\n"
             "WantedBy=multi-user.target\n",
             iface, tool, iface);
    return take_file(t, KEPT_RXE_UNIT, unit, already, why);
}

/* What `systemctl enable` does, without needing systemd to run. */
static int enable(const struct taking *t, bool *already, struct fail *why)
{
    static const char *const reload[] = {"systemctl", "daemon-reload", NULL};
    char link[HOME_PATH_MAX_BYTES], folder[HOME_PATH_MAX_BYTES];
    int status;

    if (home_in_root(t->home, link, why, "%s", KEPT_RXE_WANTED) < 0 ||
        home_in_root(t->home, folder, why, "%s/", KEPT_WANTS_FOLDER) < 0 ||
        home_make_above(folder, why) < 0)
        return -1;
    if (symlink(KEPT_RXE_UNIT, link) < 0) {
        if (errno != EEXIST)
            return home_fail(why, "linking", link);
        return 0;
    }
    *already = false;
    if (t->home->systemd)
        take_program(t, reload, NULL, 0, RDMA_DEADLINE_MS, &status, NULL);
    return 0;
}

int take_rxe(const struct taking *t, const struct step *step, bool *already,
             struct fail *why)
{
    const char *iface = step->args[0];
    char parent[LINE_MAX_BYTES], tool[HOME_PATH_MAX_BYTES];

    if (!take_tool(t, "rdma", tool, sizeof tool))
        return fail_set(why, FAIL_UNSUPPORTED,
                        "the `rdma` tool of iproute2 is not on this node");
    if (check_interface(t->home, iface, why) < 0)
        return -1;
    read_parent(t->home, parent, sizeof parent);
    if (*parent && strcmp(parent, iface) != 0)
        return fail_set(why, FAIL_STEP, "rxe0 is on '%s' already, not on '%s'", parent,
                        iface);
    if (!*parent) {
        *already = false;
        if (add_link(t, iface, why) < 0)
            return -1;
    }
    if (keep(t, tool, iface, already, why) < 0)
        return -1;
    return enable(t, already, why);
}
