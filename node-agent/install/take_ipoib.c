#include "node-agent/install/take.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/clock.h"
#include "node-agent/home.h"
#include "node-agent/install/exec.h"
#include "node-agent/install/ipoib.h"
#include "node-agent/install/kept.h"
#include "node-agent/install/steplog.h"
#include "protocol/fail.h"
#include "protocol/scope.h"
#include "protocol/steps.h"

#define TOOL_DEADLINE_MS 30000

/* As long as Azure's own agent waits for the interface, after the module was loaded. */
#define APPEAR_WAIT_S   60
#define APPEAR_PAUSE_MS 500

#define NAME_MAX_BYTES   32
#define ROUTES_MAX_BYTES ((size_t)256 << 10)

static int check(const struct step *step, struct fail *why)
{
    struct in_addr ip;

    if (step->arg_count % 2)
        return fail_set(why, FAIL_STEP, "a MAC without an address: '%s'",
                        step->args[step->arg_count - 1]);
    for (size_t i = 0; i < step->arg_count; i += 2)
        if (!ipoib_mac_is_valid(step->args[i]) ||
            inet_pton(AF_INET, step->args[i + 1], &ip) != 1)
            return fail_set(why, FAIL_STEP, "'%s' with '%s' is no MAC with an address",
                            step->args[i], step->args[i + 1]);
    return 0;
}

static int run(const struct taking *t, const char *const *argv, int code,
               const char *what, struct fail *why)
{
    int status;

    if (take_program(t, argv, NULL, 0, TOOL_DEADLINE_MS, &status, why) < 0)
        return -1;
    return status == 0 ? 0 : take_blame(t, code, what, status, why);
}

static int load(const struct taking *t, bool *already, struct fail *why)
{
    static const char *const modprobe[] = {"modprobe", "ib_ipoib", NULL};
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_root(t->home, path, why, "/sys/module/ib_ipoib") < 0)
        return -1;
    if (access(path, F_OK) == 0)
        return 0;
    *already = false;
    return run(t, modprobe, FAIL_MODULE, "modprobe ib_ipoib", why);
}

/* ---- the interface ------------------------------------------------------------------------ */

/* A line of an interface's folder in sysfs, "" where there is none. */
static void read_of(const struct home *h, const char *iface, const char *what,
                    char line[128])
{
    CLEANUP(text_done) char *text = NULL;
    char path[HOME_PATH_MAX_BYTES];

    if (home_in_root(h, path, NULL, "/sys/class/net/%s/%s", iface, what) == 0)
        text = home_read(path, 4096);
    snprintf(line, 128, "%.*s", text ? (int)strcspn(text, "\n") : 0, text ? text : "");
}

static void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

/* Those of other partitions (ib0.8001) have the GUID of theirs; they are not meant. */
static bool find_interface(const struct home *h, const char *mac,
                           char iface[NAME_MAX_BYTES])
{
    CLEANUP(close_dir) DIR *dir = NULL;
    char path[HOME_PATH_MAX_BYTES], address[128];
    struct dirent *entry;

    if (home_in_root(h, path, NULL, "/sys/class/net") == 0)
        dir = opendir(path);
    while (dir && (entry = readdir(dir))) {
        if (strchr(entry->d_name, '.') || strlen(entry->d_name) >= NAME_MAX_BYTES)
            continue;
        read_of(h, entry->d_name, "address", address);
        if (ipoib_is_of(address, mac)) {
            strcpy(iface, entry->d_name);
            return true;
        }
    }
    return false;
}

static int await_interface(const struct home *h, const char *mac,
                           char iface[NAME_MAX_BYTES], struct fail *why)
{
    int64_t wait_ms = take_patience_ms("IBFLEET_IPOIB_SECONDS", APPEAR_WAIT_S);
    int64_t until_ms = clock_ms() + wait_ms;

    while (!find_interface(h, mac, iface)) {
        if (clock_ms() >= until_ms)
            return fail_set(why, FAIL_STEP,
                            "no IPoIB interface of %s has appeared within %d s: is the "
                            "port of its HCA up?",
                            mac, (int)(wait_ms / 1000));
        poll(NULL, 0, APPEAR_PAUSE_MS);
    }
    return 0;
}

/* ---- its address ---------------------------------------------------------------------------- */

struct search {
    char words[64];
    bool found;
};

static void look_for(void *arg, const char *line)
{
    struct search *s = arg;

    s->found |= strstr(line, s->words) != NULL;
}

static bool has_address(const char *iface, const char *address)
{
    const char *const argv[] = {"ip", "-o", "-4", "addr", "show", "dev", iface, NULL};
    struct search s = {.found = false};
    struct exec e = {.argv = argv,
                     .deadline_ms = TOOL_DEADLINE_MS,
                     .on_line = look_for,
                     .arg = &s};
    int status;

    snprintf(s.words, sizeof s.words, " inet %s/%d ", address, IPOIB_PREFIX);
    return exec_run(&e, &status, NULL) == 0 && status == 0 && s.found;
}

static bool is_up(const struct home *h, const char *iface)
{
    char flags[128];

    read_of(h, iface, "flags", flags);
    return strtoul(flags, NULL, 0) & 1;
}

/* Nobody is disturbed who has that route on purpose: it is only said. */
static void warn_of_routes(const struct taking *t, const char *iface)
{
    CLEANUP(text_done) char *routes = NULL;
    char path[HOME_PATH_MAX_BYTES], other[32], line[160];

    if (home_in_root(t->home, path, NULL, "/proc/net/route") == 0)
        routes = home_read(path, ROUTES_MAX_BYTES);
    for (const char *p = routes; p && *p; p += strcspn(p, "\n"), p += *p == '\n') {
        /* what ipoib gives itself lies on an interface of its own */
        if (!ipoib_is_elsewhere(p, iface, other) || strncmp(other, "ib", 2) == 0)
            continue;
        snprintf(
            line, sizeof line,
            "# warning: addresses of 172.16.0.0/16, which Azure keeps for IPoIB, are "
            "routed over %s",
            other);
        steplog_line(t->log, line);
    }
}

static int give(const struct taking *t, const char *iface, const char *address,
                bool *already, struct fail *why)
{
    char with_prefix[64];
    const char *const up[] = {"ip", "link", "set", "dev", iface, "up", NULL};
    const char *const add[] = {"ip", "addr", "replace", with_prefix, "dev", iface, NULL};

    snprintf(with_prefix, sizeof with_prefix, "%s/%d", address, IPOIB_PREFIX);
    warn_of_routes(t, iface);
    if (!is_up(t->home, iface)) {
        *already = false;
        if (run(t, up, FAIL_STEP, "ip link set up", why) < 0)
            return -1;
    }
    if (has_address(iface, address))
        return 0;
    *already = false;
    return run(t, add, FAIL_STEP, "ip addr replace", why);
}

/* By udev, not by a unit that runs once: interfaces of IPoIB also come anew when the
 * driver is restarted, and are called differently by then; the rule goes by what does not
 * change.  Whatever manages networks leaves alone what it has no profile for.
 */
static int keep(const struct taking *t, const struct step *step, bool *already,
                struct fail *why)
{
    CLEANUP(text_done) char *rules = NULL;
    char tool[HOME_PATH_MAX_BYTES];

    if (!take_tool(t, "ip", tool, sizeof tool))
        return fail_set(why, FAIL_UNSUPPORTED,
                        "the `ip` tool of iproute2 is not on this node");
    rules = ipoib_rules(step->args, step->arg_count, tool);
    if (!rules)
        return fail_memory(why);
    return take_rules(t, KEPT_IPOIB_FILE, rules, already, why);
}

/* Where no driver serves an HCA there is no interface yet, nor will waiting bring one. */
static bool has_device(const struct home *h)
{
    CLEANUP(close_dir) DIR *dir = NULL;
    char path[HOME_PATH_MAX_BYTES];
    struct dirent *entry;

    if (home_in_root(h, path, NULL, "/sys/class/infiniband") == 0)
        dir = opendir(path);
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            return true;
    return false;
}

int take_ipoib(const struct taking *t, const struct step *step, bool *already,
               struct fail *why)
{
    char iface[NAME_MAX_BYTES];

    if (check(step, why) < 0)
        return -1;
    if (!has_device(t->home)) {
        steplog_line(t->log, "# no RDMA device yet: addresses come with it, at the boot");
        return keep(t, step, already, why);
    }
    if (load(t, already, why) < 0)
        return -1;
    for (size_t i = 0; i < step->arg_count; i += 2)
        if (await_interface(t->home, step->args[i], iface, why) < 0 ||
            give(t, iface, step->args[i + 1], already, why) < 0)
            return -1;
    return keep(t, step, already, why);
}
