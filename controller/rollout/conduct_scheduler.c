/* conduct_scheduler - a rollout and the scheduler of the cluster
 *
 * It looks at all nodes of the fleet, since those that are out of service for whatever cause
 * count for the policy; it takes and gives those of the run.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/options.h"
#include "controller/rollout/conduct_parts.h"
#include "controller/rollout/deadline.h"
#include "controller/rollout/node.h"
#include "controller/rollout/rollout.h"
#include "controller/rollout/takeup.h"
#include "controller/scheduler/scheduler.h"
#include "controller/screen/progress.h"
#include "controller/screen/screen.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"

/* Between looks at the whole fleet while nobody waits for one. */
#define LOOK_MS      60000u
#define IDLE_LOOK_MS 10000u

struct conduct_scheduler {
    struct conduct *conduct;
    struct scheduler *scheduler;
    const char **names; /* of the fleet, borrowed from it */
    size_t count;
    size_t *fleet_index; /* by node of the run               */
    long *node_at;       /* by fleet index; -1: not of the run */
    struct dispatch_seen *seen;
    bool is_ready;
    uv_timer_t again; /* for another look */
};

/* ---- which one ------------------------------------------------------------------------- */

/* Slurm has its own ways to find its configuration; these are those without a network. */
static bool has_slurm(void)
{
    static const char *const files[] = {"/etc/slurm/slurm.conf",
                                        "/etc/slurm-llnl/slurm.conf",
                                        "/run/slurm/conf/slurm.conf"};

    if (getenv("SLURM_CONF"))
        return true;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (access(files[i], F_OK) == 0)
            return true;
    return false;
}

static enum scheduler_kind kind_of(const struct fleet_policy *keys)
{
    switch (keys->scheduler) {
    case POLICY_SCHEDULER_SLURM:
        return SCHEDULER_SLURM;
    case POLICY_SCHEDULER_PROGRAM:
        return SCHEDULER_COMMAND;
    case POLICY_SCHEDULER_AUTO:
        return has_slurm() ? SCHEDULER_SLURM : SCHEDULER_NONE;
    default:
        return SCHEDULER_NONE;
    }
}

bool conduct_has_scheduler(const struct fleet_policy *keys)
{
    return kind_of(keys) != SCHEDULER_NONE;
}

/* ---- what it says ---------------------------------------------------------------------- */

static bool is_away(const struct scheduler_seen *seen)
{
    return seen->standing == SCHEDULER_DRAINING || seen->standing == SCHEDULER_DRAINED ||
           seen->standing == SCHEDULER_DOWN;
}

/* With when-idle a node's turn comes when no job is on it, so that it keeps no other from
 * its own.
 */
static bool is_its_turn(const struct conduct_scheduler *q,
                        const struct scheduler_seen *seen)
{
    const struct fleet_policy *keys = terms_of(q->conduct->terms)->keys;

    return keys->strategy != STRATEGY_WHEN_IDLE || seen->standing != SCHEDULER_BUSY;
}

static void read_all(struct conduct_scheduler *q)
{
    for (size_t i = 0; i < q->count; i++) {
        const struct scheduler_seen *seen = scheduler_see(q->scheduler, i);

        q->seen[i].is_away = is_away(seen);
        q->seen[i].is_ready = is_its_turn(q, seen);
    }
}

static void on_seen(void *arg)
{
    struct conduct_scheduler *q = arg;

    if (!q->is_ready || q->conduct->is_ending)
        return;
    read_all(q);
    rollout_set_seen(q->conduct->rollout, q->seen);
}

/* Partitions are those of the beginning: limits are counted by them. */
static int keep_partitions(struct conduct_scheduler *q)
{
    for (size_t i = 0; i < q->count; i++) {
        q->seen[i].partitions = strdup(scheduler_see(q->scheduler, i)->partitions);
        if (!q->seen[i].partitions)
            return -1;
    }
    return 0;
}

/* Who is idle has to be known soon; what is down, in time. */
static uint64_t look_ms(const struct conduct_scheduler *q)
{
    return terms_of(q->conduct->terms)->keys->strategy == STRATEGY_WHEN_IDLE
               ? IDLE_LOOK_MS
               : LOOK_MS;
}

static void on_again(uv_timer_t *timer)
{
    struct conduct_scheduler *q = timer->data;

    scheduler_look(q->scheduler);
}

static void on_ready(void *arg, const struct fail *why)
{
    struct conduct_scheduler *q = arg;
    struct fail told;

    if (q->conduct->is_ending)
        return;
    if (!why && keep_partitions(q) < 0) {
        fail_memory(&told);
        why = &told;
    }
    if (why) {
        conduct_finish_with(q->conduct, why);
        return;
    }
    q->is_ready = true;
    read_all(q);
    uv_timer_start(&q->again, on_again, look_ms(q), look_ms(q));
    conduct_go_on(q->conduct);
}

static void on_note(void *arg, const char *text)
{
    struct conduct_scheduler *q = arg;

    if (q->conduct->progress)
        progress_line(q->conduct->progress, "%s", text);
    else
        screen_warn("%s", text);
}

static void answer(struct conduct_scheduler *q, size_t node, enum node_state state,
                   const struct fail *why)
{
    if (q->node_at[node] >= 0 && !q->conduct->is_ending)
        rollout_answer(q->conduct->rollout, (size_t)q->node_at[node], state, why);
}

static void on_taken(void *arg, size_t node, const struct fail *why)
{
    answer(arg, node, NODE_DRAINING, why);
}

/* One of both; the other is not where it is. */
static void on_given(void *arg, size_t node, const struct fail *why)
{
    answer(arg, node, NODE_UNDRAINING, why);
    answer(arg, node, NODE_RETURNING, why);
}

static void on_rebooting(void *arg, size_t node, const struct fail *why)
{
    if (!why)
        return; /* its boot id will tell */
    answer(arg, node, NODE_REBOOTING, why);
    answer(arg, node, NODE_BACK_REBOOTING, why);
}

static const struct scheduler_hooks hooks = {.ready = on_ready,
                                             .note = on_note,
                                             .seen = on_seen,
                                             .taken = on_taken,
                                             .given = on_given,
                                             .rebooting = on_rebooting};

/* ---- what it is asked ------------------------------------------------------------------ */

bool conduct_scheduler_is_ready(const struct conduct *c)
{
    return !c->scheduler || c->scheduler->is_ready;
}

const struct dispatch_seen *conduct_seen(const struct conduct *c)
{
    return c->scheduler ? c->scheduler->seen : NULL;
}

int conduct_name_run(struct conduct *c, const char *run, struct fail *why)
{
    return c->scheduler && !c->left
               ? scheduler_name_run(c->scheduler->scheduler, run, why)
               : 0;
}

void conduct_wants(struct conduct *c, size_t i, enum node_state state)
{
    struct conduct_scheduler *q = c->scheduler;

    if (state == NODE_DRAINING)
        scheduler_take(q->scheduler, q->fleet_index[i]);
    else if (state == NODE_REBOOTING || state == NODE_BACK_REBOOTING)
        scheduler_reboot(q->scheduler, q->fleet_index[i]);
    else
        scheduler_give(q->scheduler, q->fleet_index[i]);
}

const char *conduct_found(void *arg, size_t i)
{
    const struct conduct *c = arg;
    const struct conduct_scheduler *q = c->scheduler;

    return q ? scheduler_found(q->scheduler, q->fleet_index[i]) : NULL;
}

/* ---- life ------------------------------------------------------------------------------ */

static void scheduler_free(struct conduct_scheduler *q)
{
    for (size_t i = 0; q->seen && i < q->count; i++)
        free(q->seen[i].partitions);
    free(q->seen);
    free(q->names);
    free(q->fleet_index);
    free(q->node_at);
    free(q);
}

static int list_nodes(struct conduct_scheduler *q)
{
    const struct dispatch_terms *terms = terms_of(q->conduct->terms);
    const struct command *c = q->conduct->command;
    size_t count = terms->fleet_count;

    q->count = count;
    q->names = calloc(count + 1, sizeof *q->names);
    q->seen = calloc(count + 1, sizeof *q->seen);
    q->node_at = calloc(count + 1, sizeof *q->node_at);
    q->fleet_index = calloc(c->node_count + 1, sizeof *q->fleet_index);
    if (!q->names || !q->seen || !q->node_at || !q->fleet_index)
        return -1;
    for (size_t i = 0, node = 0; i < count; i++) {
        q->names[i] = terms->fleet[i]->name;
        q->node_at[i] = -1;
        if (node < c->node_count && c->nodes[node] == terms->fleet[i]) {
            q->node_at[i] = (long)node;
            q->fleet_index[node++] = i;
        }
    }
    return 0;
}

static struct conduct_scheduler *scheduler_new(struct conduct *c)
{
    struct conduct_scheduler *q = calloc(1, sizeof *q);

    if (!q)
        return NULL;
    q->conduct = c;
    if (list_nodes(q) == 0)
        return q;
    scheduler_free(q);
    return NULL;
}

/* What an earlier controller found, as it may have drained the node since. */
static int restore(struct conduct_scheduler *q, struct fail *why)
{
    for (size_t i = 0; q->conduct->left && i < q->conduct->command->node_count; i++) {
        const char *name = q->conduct->command->nodes[i]->name;
        const char *found = takeup_found(q->conduct->left, name);

        if (found && scheduler_restore(q->scheduler, q->fleet_index[i], found, why) < 0)
            return fail_prefix(why, "%s", name);
    }
    return 0;
}

static int open_it(struct conduct_scheduler *q, const char *run, struct fail *why)
{
    const struct fleet_policy *keys = terms_of(q->conduct->terms)->keys;
    const struct scheduler_config config = {
        .kind = kind_of(keys),
        .command = keys->scheduler_program,
        .strategy = (enum scheduler_strategy)keys->strategy,
        .on_timeout = (enum scheduler_on_timeout)keys->on_timeout,
        .deadline_ms = keys->drain_ms,
        .reboots = keys->reboot_by_scheduler,
        .reboot_ms = DEADLINE_REBOOT_MS,
        .run = run ? run : "new"};

    if (scheduler_open(q->conduct->command->loop, &config, q->names, q->count, &hooks, q,
                       &q->scheduler, why) < 0)
        return -1;
    if (restore(q, why) == 0)
        return 0;
    scheduler_close(q->scheduler, NULL, NULL);
    return -1;
}

int conduct_scheduler_open(struct conduct *c, const char *run, struct fail *why)
{
    const struct fleet_policy *keys = terms_of(c->terms)->keys;
    struct conduct_scheduler *q;

    if (!conduct_has_scheduler(keys))
        return keys->reboot_by_scheduler
                   ? fail_set(why, FAIL_USAGE,
                              "reboot_by = scheduler, but there is none: scheduler = %s",
                              fleet_policy_text(keys, POLICY_SCHEDULER))
                   : 0;
    q = scheduler_new(c);
    if (!q)
        return fail_memory(why);
    if (open_it(q, run, why) < 0) {
        scheduler_free(q);
        return -1;
    }
    uv_timer_init(c->command->loop, &q->again);
    q->again.data = q;
    c->scheduler = q;
    return 0;
}

static void on_timer_closed(uv_handle_t *timer)
{
    scheduler_free(timer->data);
}

static void on_closed(void *arg)
{
    struct conduct_scheduler *q = arg;

    uv_close((uv_handle_t *)&q->again, on_timer_closed);
}

void conduct_scheduler_close(struct conduct *c)
{
    struct conduct_scheduler *q = c->scheduler;

    c->scheduler = NULL;
    if (!q)
        return;
    uv_timer_stop(&q->again);
    scheduler_close(q->scheduler, on_closed, q);
}
