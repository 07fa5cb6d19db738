#include "node-agent/install/take.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node-agent/detect/part.h"
#include "node-agent/home.h"
#include "node-agent/install/kept.h"
#include "node-agent/install/names.h"
#include "node-agent/install/steplog.h"
#include "node-agent/install/users.h"
#include "protocol/facts.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define RDMA_DEADLINE_MS 30000

/* Where two devices change names, one of them stands aside. */
#define ASIDE "ibfleet_aside"

static bool is_there(const struct home *h, const char *device)
{
    char path[HOME_PATH_MAX_BYTES];

    return home_in_root(h, path, NULL, "/sys/class/infiniband/%s", device) == 0 &&
           access(path, F_OK) == 0;
}

static bool rename_one(const struct taking *t, const char *from, const char *to)
{
    const char *const argv[] = {"rdma", "dev", "set", from, "name", to, NULL};
    int status;

    return take_program(t, argv, NULL, 0, RDMA_DEADLINE_MS, &status, NULL) == 0 &&
           status == 0;
}

static bool has_its_name(const struct name *n)
{
    return !n->now || strcmp(n->now, n->wanted) == 0;
}

/* Whose new name is free gets it; returns how many did. */
static size_t rename_free(const struct taking *t, struct names *names)
{
    size_t done = 0;

    for (size_t i = 0; i < names->count; i++) {
        struct name *n = &names->list[i];

        if (has_its_name(n) || is_there(t->home, n->wanted) ||
            !rename_one(t, n->now, n->wanted))
            continue;
        n->now = n->wanted;
        done++;
    }
    return done;
}

/* Names that go round in a circle: one of them is given up for the moment. */
static bool step_aside(const struct taking *t, struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        struct name *n = &names->list[i];

        if (has_its_name(n) || strcmp(n->now, ASIDE) == 0 || is_there(t->home, ASIDE) ||
            !rename_one(t, n->now, ASIDE))
            continue;
        n->now = ASIDE;
        return true;
    }
    return false;
}

/* A failure to rename is none of the step: the rules are there for the next boot. */
static void rename_now(const struct taking *t, struct names *names, bool *already)
{
    char who[USERS_MAX_BYTES], line[128];
    size_t right = 0;

    for (size_t i = 0; i < names->count; i++)
        right += has_its_name(&names->list[i]);
    if (right == names->count)
        return;
    if (users_find(t->home, who)) {
        snprintf(line, sizeof line,
                 "# %s uses RDMA: devices are renamed at the next boot", who);
        steplog_line(t->log, line);
        return;
    }
    *already = false;
    for (size_t i = 0; i <= 2 * names->count; i++)
        if (!rename_free(t, names) && !step_aside(t, names))
            break;
}

static int keep(const struct taking *t, const char *tool, const struct names *names,
                bool *already, struct fail *why)
{
    CLEANUP(text_done) char *rules = names_rules(names, tool);

    if (!rules)
        return fail_memory(why);
    return take_rules(t, KEPT_NAMES_FILE, rules, already, why);
}

int take_names(const struct taking *t, const struct step *step, bool *already,
               struct fail *why)
{
    CLEANUP(facts_done) struct facts *f = facts_new();
    char tool[HOME_PATH_MAX_BYTES];
    struct names names;

    (void)step;
    if (!f)
        return fail_memory(why);
    part_pci(t->home->root, f);
    part_hcas(t->home->root, f);
    part_nics(t->home->root, f);
    names_choose(f, &names);
    if (!names.count)
        return 0;
    if (!take_tool(t, "rdma", tool, sizeof tool))
        return fail_set(why, FAIL_UNSUPPORTED,
                        "the `rdma` tool of iproute2, which renames devices, is not on "
                        "this node: install iproute2 (iproute) 5.0 or newer");
    if (keep(t, tool, &names, already, why) < 0)
        return -1;
    rename_now(t, &names, already);
    return 0;
}
