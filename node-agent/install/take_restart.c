#include "node-agent/install/take.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/detect/part.h"
#include "node-agent/home.h"
#include "node-agent/install/exec.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

/* It unloads and loads the whole stack; a device that hangs takes its time. */
#define RESTART_DEADLINE_MS (5 * 60 * 1000)
#define QUERY_DEADLINE_MS   30000

#define OPENIBD_SCRIPT "/etc/init.d/openibd"

#define TEXT_BYTES 300

/* ---- what is loaded, and what would be ------------------------------------------------------ */

static void take_line(void *text, const char *line)
{
    snprintf(text, TEXT_BYTES, "%s", line);
}

/* The last line of `modinfo -F field module`; "" without. */
static void ask_modinfo(const char *field, const char *module, char text[TEXT_BYTES])
{
    const char *const argv[] = {"modinfo", "-F", field, module, NULL};
    struct exec e = {.argv = argv,
                     .deadline_ms = QUERY_DEADLINE_MS,
                     .on_line = take_line,
                     .arg = text};
    int status;

    *text = '\0';
    if (exec_run(&e, &status, NULL) < 0 || status != 0)
        *text = '\0';
}

static const char *loaded_provider(const struct home *h)
{
    static const char *const names[] = {"mlx5_ib", "mlx4_ib"};
    char path[HOME_PATH_MAX_BYTES];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (home_in_root(h, path, NULL, "/sys/module/%s", names[i]) == 0 &&
            access(path, F_OK) == 0)
            return names[i];
    return NULL;
}

/* Where a vendor's modules lie, and the kernel's own do not. */
static bool is_vendors_place(const char *path)
{
    return strstr(path, "/updates/") || strstr(path, "/extra/") ||
           strstr(path, "/weak-updates/");
}

/* Is what is loaded the vendor's that is installed?  `why` says what it is instead. */
static int check_loaded(const struct home *h, struct fail *why)
{
    CLEANUP(text_done) char *loaded = NULL;
    const char *module = loaded_provider(h);
    char path[HOME_PATH_MAX_BYTES], file[TEXT_BYTES], version[TEXT_BYTES];

    if (!module)
        return fail_set(why, FAIL_MODULE, "neither mlx5_ib nor mlx4_ib is loaded");
    ask_modinfo("filename", module, file);
    if (!is_vendors_place(file))
        return fail_set(why, FAIL_MODULE,
                        "%s would be loaded from %s, which is not the "
                        "vendor's",
                        module, *file ? file : "nowhere");
    ask_modinfo("srcversion", module, version);
    if (home_in_root(h, path, why, "/sys/module/%s/srcversion", module) < 0)
        return -1;
    loaded = home_read(path, 4096);
    if (loaded)
        loaded[strcspn(loaded, "\n")] = '\0';
    if (loaded && strcmp(loaded, version) == 0)
        return 0;
    return fail_set(why, FAIL_MODULE, "the %s that is loaded is not the one of %s",
                    module, file);
}

/* ---- restart ---------------------------------------------------------------------------------- */

/* Unloading would take a file system away from under whoever works on it. */
static int check_holders(const struct home *h, struct fail *why)
{
    CLEANUP(facts_done) struct facts *f = facts_new();
    const struct platform_holder *first;

    if (!f)
        return fail_memory(why);
    part_holders(h->root, f);
    if (!f->platform.holder_count)
        return 0;
    first = &f->platform.holders[0];
    return fail_set(why, FAIL_IN_USE,
                    "%s (%s) holds the RDMA modules: unmount it, or reboot the node",
                    first->what, first->kind);
}

/* On distributions with rpm it takes the kernel's own modules for somebody else's and
 * leaves them, unless it is forced.
 */
static const char *restart_word(const struct home *h)
{
    char path[HOME_PATH_MAX_BYTES];

    return home_in_root(h, path, NULL, "/usr/bin/dpkg") == 0 && access(path, F_OK) == 0
               ? "restart"
               : "force-restart";
}

static int restart(const struct taking *t, struct fail *why)
{
    char script[HOME_PATH_MAX_BYTES];
    const char *const by_script[] = {script, restart_word(t->home), NULL};
    const char *const by_unit[] = {"systemctl", "restart", "openibd", NULL};
    const char *const *argv = by_unit;
    int status;

    if (home_in_root(t->home, script, why, OPENIBD_SCRIPT) < 0)
        return -1;
    if (access(script, X_OK) == 0)
        argv = by_script;
    if (take_program(t, argv, NULL, 0, RESTART_DEADLINE_MS, &status, why) < 0)
        return -1;
    return status == 0 ? 0
                       : take_blame(t, FAIL_MODULE, "restarting openibd", status, why);
}

int take_restart(const struct taking *t, const struct step *step, bool *already,
                 struct fail *why)
{
    (void)step;
    if (check_loaded(t->home, why) == 0)
        return 0;
    *already = false;
    if (check_holders(t->home, why) < 0 || restart(t, why) < 0)
        return -1;
    return check_loaded(t->home, why);
}
