/* command_fleet - of a command: which fleet, and whom of it */

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "controller/command.h"
#include "controller/options.h"
#include "controller/own_home.h"
#include "controller/screen/screen.h"
#include "controller/sources/sources.h"
#include "controller/vmss/action.h"
#include "controller/vmss/census.h"
#include "inventory/fleet_policy.h"
#include "controller/vmss/forewarn.h"
#include "inventory/fleet.h"
#include "inventory/hostset.h"
#include "inventory/hostset_part.h"
#include "protocol/character.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* The fleet file to read; NULL when there is none. */
static const char *find_fleet(const struct options *o)
{
    const char *named = o->fleet ? o->fleet : getenv("IBFLEET_FLEET");

    if (named && *named)
        return named;
    if (access("fleet.ini", F_OK) == 0)
        return "fleet.ini";
    return access("/etc/ibfleet/fleet.ini", F_OK) == 0 ? "/etc/ibfleet/fleet.ini" : NULL;
}

const char *command_fleet_file(const struct command *c)
{
    return find_fleet(c->options);
}

static int override_policy(struct fleet *fleet, const struct options *o, struct fail *why)
{
    char failures[12];

    for (unsigned key = 0; key < POLICY_KEYS; key++)
        if (o->policy[key] &&
            fleet_override_policy(fleet, policy_key_name(key), o->policy[key], why) < 0)
            return -1;
    if (o->max_failures == OPTION_UNSET)
        return 0;
    snprintf(failures, sizeof failures, "%d", o->max_failures);
    return fleet_override_policy(fleet, "max_failures", failures, why);
}

/* What was typed wins over the file. */
static int override_fleet(struct fleet *fleet, const struct options *o, struct fail *why)
{
    const struct {
        const char *key, *value;
    } typed[] = {{"user", o->user},
                 {"key", o->key},
                 {"port", o->port},
                 {"known_hosts", o->known_hosts},
                 {"host_keys", o->host_keys},
                 {"ssh", o->ssh},
                 {"ssh_config", o->ssh_config},
                 {"jump", o->jump},
                 {"driver", o->driver},
                 {"mirror", o->mirror},
                 {"proxy", o->proxy},
                 {"hold", o->hold},
                 {"reboot", o->reboot}};

    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
        if (typed[i].value &&
            fleet_override(fleet, typed[i].key, typed[i].value, own_home(), why) < 0)
            return -1;
    return override_policy(fleet, o, why);
}

static void tell(const char *line)
{
    screen_warn("%s", line);
}

static bool is_change(const struct options *o)
{
    return o->action && o->action->kind != ACTION_STATUS;
}

/* What is to be changed is looked at as it is now. */
static int64_t max_age_s(const struct options *o)
{
    return is_change(o) && o->max_age_s == OPTION_UNSET ? 0 : o->max_age_s;
}

static int make_census(struct command *c, struct fail *why)
{
    const struct options *o = c->options;
    CLEANUP(text_done) char *folder = NULL;
    struct census_order order = {
        .sets = o->vmss,
        .filter = o->filter,
        .subscription = o->subscription,
        .cloud = o->cloud,
        .credential = o->credential,
        .max_age_s = max_age_s(o),
        .takes_all = o->command == COMMAND_AZURE,
        .changes = is_change(o) && !o->plan,
        .tell = tell,
    };

    /* without a home nothing is kept, and that is all */
    if (command_state_path(c, &folder, NULL) < 0)
        folder = NULL;
    order.folder = folder;
    if (!c->census)
        c->census = census_new(c->loop, &order);
    return c->census ? 0 : fail_memory(why);
}

int command_forewarn(struct command *c, struct fail *why)
{
    const struct options *o = c->options;
    bool changes = o->command == COMMAND_ROLLOUT || o->command == COMMAND_RESUME;
    size_t count;

    census_sets(c->census, &count);
    if (!count || !(changes || o->command == COMMAND_VALIDATE))
        return 0;
    return forewarn(c->census, changes ? PREFLIGHT_ROLLOUT : PREFLIGHT_MEASURE,
                    o->keep_extension, tell, why);
}

/* Without a fleet file, -w names nodes by what they resolve to. */
static int load_fleet(struct command *c, const char *hosts,
                      const struct hostset_groups *groups, struct fail *why)
{
    const char *path = find_fleet(c->options);
    struct fleet_finder finder;
    struct fleet *fleet = NULL;
    bool is_said = path || c->options->vmss;

    if (make_census(c, why) < 0)
        return -1;
    finder = census_finder(c->census);
    if (!is_said && !hosts)
        return fail_set(why, FAIL_FLEET_FILE,
                        "no fleet file: --fleet FILE, $IBFLEET_FLEET, ./fleet.ini or "
                        "/etc/ibfleet/fleet.ini; nor a scale set: --vmss RG/NAME");
    if (is_said && fleet_load(path, own_home(), &finder, &fleet, why) < 0)
        return -1;
    if (!is_said && fleet_of(hosts, groups, &fleet, why) < 0)
        return fail_prefix(why, "without a fleet file");
    if (override_fleet(fleet, c->options, why) < 0) {
        fleet_free(fleet);
        return -1;
    }
    c->fleet = fleet;
    return 0;
}

/* To do something to nobody is a slip; who only looks is told, and sees that.  taken:
 * what was typed after -x, if that is why.
 */
static int meet_nobody(const struct command *c, const char *hosts, const char *taken,
                       struct fail *why)
{
    struct fail reason;

    if (taken)
        fail_set(&reason, FAIL_HOSTLIST, "-x '%s' leaves no node", taken);
    else
        fail_set(&reason, FAIL_HOSTLIST, "'%.*s' means no node at all",
                 character_cut(hosts, 60), hosts);
    if (c->options->command == COMMAND_NODES)
        screen_warn("%s", reason.text);
    else if (why)
        *why = reason;
    return c->options->command == COMMAND_NODES ? 0 : -1;
}

static int exclude(const struct command *c, const struct hostset_groups *groups,
                   struct hostset *set, struct fail *why)
{
    size_t before = hostset_count(set);

    if (!c->options->exclude || !before)
        return 0;
    if (fleet_exclude(c->fleet, c->options->exclude, groups, set, why) < 0)
        return fail_prefix(why, "-x");
    if (hostset_count(set) == before) /* a source's misspelt group is an empty one */
        screen_warn("-x '%s' takes no node out", c->options->exclude);
    return hostset_count(set) ? 0 : meet_nobody(c, NULL, c->options->exclude, why);
}

/* The policy's skip: rollouts pass over them, and say so. */
static int skip(const struct command *c, const struct hostset_groups *groups,
                struct hostset *set, struct fail *why)
{
    const char *hosts = fleet_policy(c->fleet)->skip;
    size_t before = hostset_count(set);
    bool is_rollout =
        c->options->command == COMMAND_ROLLOUT || c->options->command == COMMAND_RESUME;

    if (!hosts || !before || !is_rollout)
        return 0;
    if (fleet_exclude(c->fleet, hosts, groups, set, why) < 0)
        return fail_prefix(why, "skip");
    if (!hostset_count(set))
        return fail_set(why, FAIL_HOSTLIST, "skip = '%s' leaves no node", hosts);
    if (hostset_count(set) < before)
        screen_warn("%zu of the nodes are passed over: skip = %s",
                    before - hostset_count(set), hosts);
    return 0;
}

/* --pick: by chance, unless --seed says which. */
static int pick(const struct options *o, struct hostset **set, struct fail *why)
{
    struct hostset *part;
    uint64_t seed = (uint64_t)o->seed;

    if (o->pick < 1) /* unset, or options that nobody has read */
        return 0;
    if (o->seed == OPTION_UNSET && getrandom(&seed, sizeof seed, 0) != sizeof seed)
        return fail_set(why, FAIL_BUG, "no random number: name one with --seed");
    if (hostset_pick(*set, (size_t)o->pick, seed, &part, why) < 0)
        return -1;
    hostset_free(*set);
    *set = part;
    return 0;
}

/* typed: what hosts came from, for people. */
static int choose(struct command *c, const char *hosts, const char *typed,
                  const struct hostset_groups *groups, struct fail *why)
{
    CLEANUP(hostset_done) struct hostset *set = NULL;
    const struct fleet_node **nodes;
    size_t count;

    if (fleet_select(c->fleet, hosts, groups, &set, why) < 0 ||
        (!hostset_count(set) && meet_nobody(c, typed, NULL, why) < 0) ||
        exclude(c, groups, set, why) < 0 || skip(c, groups, set, why) < 0 ||
        pick(c->options, &set, why) < 0)
        return -1;
    count = hostset_count(set);
    nodes = calloc(count + 1, sizeof *nodes);
    if (!nodes)
        return fail_memory(why);
    for (size_t i = 0; i < count; i++)
        nodes[i] = fleet_find(c->fleet, hostset_name(set, i));
    free(c->nodes);
    c->nodes = nodes;
    c->node_count = count;
    return 0;
}

int command_choose(struct command *c, const char *hosts, struct fail *why)
{
    CLEANUP(text_done) char *of_sets = NULL;
    const char *typed = hosts ? hosts : "@all";
    struct sources *sources;
    const struct hostset_groups *groups;

    if (command_sources(c, &sources, why) < 0)
        return -1;
    groups = sources_groups(sources);
    if (!c->fleet && load_fleet(c, hosts, groups, why) < 0)
        return -1;
    if (!find_fleet(c->options) && !c->options->vmss) /* the fleet is what hosts said */
        hosts = NULL;
    /* not what the file has besides */
    if (!hosts && !c->options->all && c->options->vmss)
        hosts = of_sets = census_hosts(c->census);
    return choose(c, hosts ? hosts : "@all", typed, groups, why);
}

int command_names(struct command *c, const char *hostlist, struct hostset **set,
                  struct fail *why)
{
    struct sources *sources;
    const struct hostset_groups *groups;

    if (command_sources(c, &sources, why) < 0)
        return -1;
    groups = sources_groups(sources);
    if (!c->fleet && (find_fleet(c->options) || c->options->vmss) &&
        load_fleet(c, NULL, groups, why) < 0)
        return -1;
    return c->fleet ? fleet_names(c->fleet, hostlist, groups, set, why)
                    : hostset_parse(hostlist, groups, set, why);
}
