#include "controller/command.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/door/door.h"
#include "controller/link/link.h"
#include "controller/option_table.h"
#include "controller/own_home.h"
#include "controller/relay/jumps.h"
#include "controller/screen/cursor.h"
#include "controller/screen/fold.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "controller/sources/sources.h"
#include "controller/ssh/descriptors.h"
#include "controller/ssh/ssh.h"
#include "controller/state_folder.h"
#include "controller/vmss/census.h"
#include "inventory/fleet.h"
#include "inventory/hostset.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* A command that can queue its nodes does not begin with fewer than so many at once. */
#define LEAST_AT_ONCE 16

static const int watched[] = {SIGINT, SIGTERM, SIGHUP};
#define WATCHED (sizeof watched / sizeof *watched)

struct command_insides {
    uv_loop_t loop;
    struct ssh_client *client;
    bool has_children; /* some nodes are reached through OpenSSH */
    struct door *door;
    struct link_pool *pool;
    struct jumps *jumps; /* NULL: nobody goes through a jump host */
    char *state_folder;
    struct sources *sources;

    struct progress_options progress;
    const char **names; /* of the chosen nodes, for the progress display */

    uv_signal_t signals[WATCHED];
    bool watching;
    unsigned interrupts;
    void (*hook)(void *arg, unsigned nth);
    void *arg;
};

/* ---- the other way ------------------------------------------------------------------ */

static void add_detour(void *arg, const char *node, const char *reason)
{
    fold_add(arg, node, reason, strlen(reason), NULL); /* untold when memory is short */
}

/* The dear way is not taken in silence. */
static void tell_detours(struct command_insides *in)
{
    CLEANUP(fold_done) struct fold *fold = fold_new();

    if (!fold || !in->client)
        return;
    ssh_client_detours(in->client, add_detour, fold);
    in->has_children |= fold_count(fold) > 0;
    fold_sort(fold);
    for (size_t i = 0; i < fold_count(fold); i++) {
        const char *hosts = fold_hosts(fold, i);
        size_t nodes = fold_size(fold, i), len_bytes;
        const char *reason = fold_text(fold, i, &len_bytes);

        screen_warn("%zu node%s %s through OpenSSH: %.*s", nodes, nodes == 1 ? "" : "s",
                    hosts ? hosts : "", (int)len_bytes, reason);
    }
}

/* ---- life -------------------------------------------------------------------------- */

int command_open(const struct options *options, struct command *c, struct fail *why)
{
    *c = (struct command){.options = options};
    c->insides = calloc(1, sizeof *c->insides);
    if (!c->insides || uv_loop_init(&c->insides->loop) < 0) {
        free(c->insides);
        return fail_memory(why);
    }
    c->loop = &c->insides->loop;
    if (command_takes_hosts(options->command) && !options->plan_file &&
        (command_choose(c, options->hosts, why) < 0 || command_forewarn(c, why) < 0)) {
        command_close(c);
        return -1;
    }
    return 0;
}

void command_close(struct command *c)
{
    struct command_insides *in = c->insides;
    int busy;

    for (size_t i = 0; in->watching && i < WATCHED; i++)
        uv_close((uv_handle_t *)&in->signals[i], NULL);
    census_close(c->census);
    link_pool_close(in->pool);
    jumps_close(in->jumps);
    door_close(in->door);
    tell_detours(in); /* those that were found out on the way */
    uv_run(c->loop, UV_RUN_DEFAULT);
    ssh_client_free(in->client);
    busy = uv_loop_close(c->loop);
    assert(busy == 0);
    (void)busy;
    sources_free(in->sources);
    free(in->state_folder);
    free(in->names);
    free(in);
    free(c->nodes);
    fleet_free(c->fleet);
    census_free(c->census);
    *c = (struct command){0};
}

/* ---- what is opened when asked for --------------------------------------------------
 */

static int too_few_files(const struct command *c, size_t nodes, size_t room,
                         struct fail *why)
{
    bool has_children = c->insides->has_children;

    return fail_set(
        why, FAIL_USAGE,
        "%zu nodes at once need %s open files, and of the %zu allowed there are enough "
        "left for %zu nodes: raise the hard limit (ulimit -Hn) or take fewer nodes",
        nodes, has_children ? "(through OpenSSH) three times as many" : "as many",
        descriptors_allowed(), room);
}

/* How many nodes there are open files for. */
static size_t count_room(const struct command *c)
{
    return descriptors_room(descriptors_left(), c->insides->has_children);
}

/* Each link is an open file for as long as the run: better refused now than node by
 * node later.
 */
static int make_room(const struct command *c, struct fail *why)
{
    size_t room = count_room(c);

    return c->node_count > room ? too_few_files(c, c->node_count, room, why) : 0;
}

int command_at_once(struct command *c, size_t *at_once, struct fail *why)
{
    size_t least = c->node_count < LEAST_AT_ONCE ? c->node_count : LEAST_AT_ONCE;
    size_t wanted =
        c->options->width == OPTION_UNSET ? c->node_count : (size_t)c->options->width;
    size_t room;

    descriptors_raise();
    room = count_room(c);
    if (room < least)
        return too_few_files(c, least, room, why);
    *at_once = wanted < room ? wanted : room;
    return 0;
}

/* What is wrong with one node's key is wrong with the fleet: nobody is reached then. */
static int check_keys(const struct command *c, struct ssh_client *client,
                      struct fail *why)
{
    for (size_t i = 0; i < c->node_count; i++) {
        const struct ssh_order order = ssh_order_to(c->nodes[i]);

        c->insides->has_children |= order.through == SSH_THROUGH_OPENSSH;
        if (ssh_client_check(client, &order, why) < 0)
            return -1;
    }
    return 0;
}

uint64_t command_login_ms(const struct command *c)
{
    int timeout_s = c->options->timeout_s;

    return timeout_s == OPTION_UNSET ? 0 : 1000 * (uint64_t)timeout_s;
}

/* The same for the hosts that nodes are reached through. */
static int check_jumps(const struct command *c, struct ssh_client *client,
                       struct fail *why)
{
    const struct jumps_options options = {.fleet = c->fleet,
                                          .login_ms = command_login_ms(c)};
    struct command_insides *in = c->insides;

    for (size_t i = 0; i < c->node_count; i++) {
        if (!c->nodes[i]->jump)
            continue;
        if ((!in->jumps && jumps_new(c->loop, client, &options, &in->jumps, why) < 0) ||
            jumps_check(in->jumps, c->nodes[i], why) < 0)
            return -1;
    }
    return 0;
}

int command_client(struct command *c, struct ssh_client **client, struct fail *why)
{
    if (!c->insides->client)
        c->insides->client = ssh_client_new();
    if (!c->insides->client)
        return fail_memory(why);
    *client = c->insides->client;
    if (check_keys(c, *client, why) < 0 || check_jumps(c, *client, why) < 0)
        return -1;
    tell_detours(c->insides);
    return 0;
}

int command_door(struct command *c, struct door **door, struct fail *why)
{
    const struct options *o = c->options;
    struct door_options wanted = {
        .width = o->width == OPTION_UNSET ? 0 : (unsigned)o->width,
        .patience_ms = o->timeout_s == OPTION_UNSET ? 0 : 1000 * (uint64_t)o->timeout_s,
    };

    if (!c->insides->door && door_open(c->loop, &wanted, &c->insides->door, why) < 0)
        return -1;
    *door = c->insides->door;
    return 0;
}

int command_pool(struct command *c, struct link_pool **pool, struct fail *why)
{
    const struct options *o = c->options;
    struct link_pool_options wanted = {
        .unprivileged = o->unprivileged,
        .login_ms = command_login_ms(c),
    };

    if (!c->insides->pool &&
        (command_client(c, &wanted.client, why) < 0 || make_room(c, why) < 0 ||
         command_door(c, &wanted.door, why) < 0 ||
         link_pool_open(c->loop, &wanted, &c->insides->pool, why) < 0))
        return -1;
    *pool = c->insides->pool;
    return 0;
}

int command_state_path(const struct command *c, char **path, struct fail *why)
{
    struct state_folder_asker asker = {.given = c->options->state,
                                       .is_root = geteuid() == 0,
                                       .xdg_state_home = getenv("XDG_STATE_HOME"),
                                       .home = own_home()};

    return state_folder_path(&asker, path, why);
}

int command_state(struct command *c, const char **folder, struct fail *why)
{
    CLEANUP(text_done) char *path = NULL;

    if (!c->insides->state_folder) {
        if (command_state_path(c, &path, why) < 0 || state_folder_make(path, why) < 0)
            return -1;
        c->insides->state_folder = path;
        path = NULL;
    }
    *folder = c->insides->state_folder;
    return 0;
}

int command_sources(struct command *c, struct sources **sources, struct fail *why)
{
    CLEANUP(text_done) char *path = NULL;

    /* without a home there are no runs, and that is all */
    if (!c->insides->sources && command_state_path(c, &path, NULL) < 0)
        path = NULL;
    if (!c->insides->sources && sources_new(path, &c->insides->sources, why) < 0)
        return -1;
    *sources = c->insides->sources;
    return 0;
}

int command_progress(struct command *c, const char *title,
                     const struct progress_state *states, size_t state_count,
                     struct progress **p, struct fail *why)
{
    struct command_insides *in = c->insides;
    const char *mode = c->options->quiet ? "none" : c->options->progress;
    const char **names = calloc(c->node_count + 1, sizeof *names);

    if (!names)
        return fail_memory(why);
    for (size_t i = 0; i < c->node_count; i++)
        names[i] = c->nodes[i]->name;
    free(in->names);
    in->names = names;
    in->progress = (struct progress_options){.mode = mode,
                                             .title = title,
                                             .names = names,
                                             .count = c->node_count,
                                             .states = states,
                                             .state_count = state_count};
    return progress_open(c->loop, &in->progress, p, why);
}

/* ---- signals ------------------------------------------------------------------------
 */

static void on_signal(uv_signal_t *handle, int signum)
{
    struct command_insides *in = handle->data;

    if (++in->interrupts > 2) {
        cursor_show();
        signal(signum, SIG_DFL);
        raise(signum);
        return;
    }
    in->hook(in->arg, in->interrupts);
}

int command_watch(struct command *c, void (*hook)(void *arg, unsigned nth), void *arg,
                  struct fail *why)
{
    struct command_insides *in = c->insides;

    in->hook = hook;
    in->arg = arg;
    for (size_t i = 0; !in->watching && i < WATCHED; i++) {
        in->signals[i].data = in;
        if (uv_signal_init(c->loop, &in->signals[i]) < 0)
            return fail_set(why, FAIL_BUG, "signals cannot be watched");
        uv_unref((uv_handle_t *)&in->signals[i]);
    }
    in->watching = true;
    for (size_t i = 0; i < WATCHED; i++)
        if (uv_signal_start(&in->signals[i], on_signal, watched[i]) < 0)
            return fail_set(why, FAIL_BUG, "signal %d cannot be watched", watched[i]);
    return 0;
}
