#include "node-agent/install/uninstall.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/claim.h"
#include "node-agent/home.h"
#include "node-agent/install/exec.h"
#include "node-agent/install/hold.h"
#include "node-agent/install/kept.h"
#include "node-agent/install/unit.h"
#include "node-agent/removal.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define SYSTEMCTL_DEADLINE_MS 30000

/* ---- may it be? ---------------------------------------------------------------- */

static int check_claim(const struct home *h, int64_t now_s, struct fail *why)
{
    struct claim c;

    if (!claim_read(h, &c) || c.until_s <= now_s)
        return 0;
    return claim_refuse(&c, why);
}

/* ---- away with it -------------------------------------------------------------- */

static int note(struct json *removed, const char *path)
{
    return json_push(removed, json_text(path));
}

static int remove_file(const char *path, struct json *removed, struct fail *why)
{
    if (unlink(path) < 0)
        return errno == ENOENT ? 0 : home_fail(why, "removing", path);
    return note(removed, path) < 0 ? fail_memory(why) : 0;
}

/* What systemd and udev have read of them. */
static void forget_kept(const struct home *h)
{
    static const char *const units[] = {"systemctl", "daemon-reload", NULL};
    static const char *const rules[] = {"udevadm", "control", "--reload", NULL};
    struct exec systemctl = {.argv = units, .deadline_ms = SYSTEMCTL_DEADLINE_MS};
    struct exec udevadm = {.argv = rules, .deadline_ms = SYSTEMCTL_DEADLINE_MS};
    int status;

    if (!h->systemd)
        return;
    exec_run(&systemctl, &status, NULL);
    exec_run(&udevadm, &status, NULL);
}

static int remove_kept(const struct home *h, struct json *removed, struct fail *why)
{
    static const char *const kept[] = {KEPT_RXE_WANTED,   KEPT_RXE_UNIT,
                                       KEPT_MODULES_FILE, KEPT_MEMLOCK_FILE,
                                       KEPT_MANAGER_FILE, KEPT_NAMES_FILE,
                                       KEPT_IPOIB_FILE};
    size_t before = json_count(removed);
    char path[HOME_PATH_MAX_BYTES];

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (home_in_root(h, path, why, "%s", kept[i]) < 0 ||
            remove_file(path, removed, why) < 0)
            return -1;
    if (json_count(removed) > before)
        forget_kept(h);
    return 0;
}

/* A pushed agent has its digest in its name; one that came with the image stays. */
static int remove_agent(struct json *removed, struct fail *why)
{
    char self[HOME_PATH_MAX_BYTES], *slash;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n <= 0)
        return 0;
    self[n] = '\0';
    slash = strrchr(self, '/');
    if (!slash || strncmp(slash, "/ibfleet-agent-", 15) != 0)
        return 0;
    if (remove_file(self, removed, why) < 0)
        return -1;
    *slash = '\0';
    rmdir(self); /* older agents may lie there: then it stays */
    return 0;
}

static int remove_state(const struct home *h, struct json *removed, struct fail *why)
{
    if (removal_of_folder(h->state) < 0)
        return errno == ENOENT ? 0 : home_fail(why, "removing", h->state);
    return note(removed, h->state) < 0 ? fail_memory(why) : 0;
}

int uninstall(const struct home *h, int64_t now_s, struct json **removed,
              struct fail *why)
{
    CLEANUP(json_done) struct json *made = json_array();

    if (!made)
        return fail_memory(why);
    if (unit_check_idle(h, why) < 0 || check_claim(h, now_s, why) < 0 ||
        (h->may_install && (hold_release(h, why) < 0 || remove_kept(h, made, why) < 0)) ||
        remove_agent(made, why) < 0 || remove_state(h, made, why) < 0)
        return -1;
    *removed = made;
    made = NULL;
    return 0;
}
