/* Alive from scheduler_open() to the close callback of its timer, which is its only handle. */
#include "controller/scheduler/scheduler.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/scheduler/scheduler_parts.h"
#include "controller/scheduler/sighting.h"
#include "inventory/hostset.h"
#include "protocol/scope.h"

#define DEFAULT_CALL_MS   60000u
#define DEFAULT_POLL_MS   10000u
#define DEFAULT_RETURN_MS 600000u

#define MAX_RUN 64 /* bytes; it stands in reasons and names of reservations */

/* ---- small things ---------------------------------------------------------------------------- */

void scheduler_note(struct scheduler *s, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (s->hooks->note && !s->is_closing)
        s->hooks->note(s->arg, text);
}

char *scheduler_fold(const struct scheduler *s, const size_t *nodes, size_t count)
{
    CLEANUP(hostset_done) struct hostset *set = hostset_new();

    for (size_t i = 0; set && i < count; i++)
        if (hostset_add(set, namebook_name(s->book, nodes[i]), NULL) < 0)
            return NULL;
    return set ? hostset_fold_suffix(set) : NULL;
}

/* ---- the rest between two looks ---------------------------------------------------------------- */

static bool is_waiting(const struct node *node)
{
    return node->custody.want != CUSTODY_NOTHING && node->custody.want != CUSTODY_HOLD;
}

static uint64_t next_pause(struct scheduler *s, bool failed)
{
    uint64_t max = failed ? SCHEDULER_LAST_PAUSE_MS : s->config.poll_ms;

    s->pause_ms = s->pause_ms ? 2 * s->pause_ms : SCHEDULER_FIRST_PAUSE_MS;
    if (s->pause_ms > max)
        s->pause_ms = max;
    return s->pause_ms;
}

/* Until somebody's time is over, or the next look is due; 0: nobody needs one. */
static uint64_t rest_ms(struct scheduler *s, bool failed)
{
    uint64_t pause_ms = next_pause(s, failed), now_ms = uv_now(s->loop);
    bool waits = false, holds = false;

    for (size_t i = 0; i < s->count; i++) {
        const struct custody *c = &s->nodes[i].custody;

        holds |= c->want == CUSTODY_HOLD;
        if (!is_waiting(&s->nodes[i]))
            continue;
        waits = true;
        if (c->until_ms > now_ms && c->until_ms - now_ms < pause_ms)
            pause_ms = c->until_ms - now_ms;
    }
    if (waits || (failed && s->is_look_wanted))
        return pause_ms;
    return holds ? SCHEDULER_HOLD_LOOK_MS : 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct scheduler *s = timer->data;

    if (s->phase == SCHEDULER_OPENING)
        scheduler_begin(s);
    else
        scheduler_sight(s);
}

void scheduler_rest(struct scheduler *s, bool failed)
{
    uint64_t ms = rest_ms(s, failed);

    s->phase = SCHEDULER_RESTING;
    if (!failed && (s->is_quick || s->is_look_wanted))
        uv_timer_start(s->timer, on_timer, 0, 0);
    else if (ms)
        uv_timer_start(s->timer, on_timer, ms, 0);
}

/* ---- requests ------------------------------------------------------------------------------------ */

/* All of this turn become one look and one order. */
void scheduler_look(struct scheduler *s)
{
    s->is_look_wanted = true;
    if (s->phase == SCHEDULER_RESTING)
        uv_timer_start(s->timer, on_timer, 0, 0);
}

static void ask(struct scheduler *s, size_t i, enum custody_want want)
{
    struct node *node = &s->nodes[i];

    uv_update_time(s->loop);
    custody_ask(&node->custody, &s->rules, want, uv_now(s->loop));
    node->look_from = s->looks + 1;
    node->orders = 0;
    s->pause_ms = 0;
    scheduler_look(s);
}

void scheduler_take(struct scheduler *s, size_t node)
{
    ask(s, node, CUSTODY_TAKE);
}

void scheduler_give(struct scheduler *s, size_t node)
{
    s->nodes[node].is_cut_short |= s->nodes[node].custody.want == CUSTODY_TAKE ||
                                   s->nodes[node].custody.want == CUSTODY_WITHDRAW;
    ask(s, node, CUSTODY_GIVE);
}

void scheduler_reboot(struct scheduler *s, size_t node)
{
    ask(s, node, CUSTODY_REBOOT);
}

const struct scheduler_seen *scheduler_see(const struct scheduler *s, size_t node)
{
    return &s->shown[node];
}

const char *scheduler_found(struct scheduler *s, size_t node)
{
    if (s->nodes[node].found)
        return s->nodes[node].found;
    if (!s->seen)
        return scheduler_standing_name(SCHEDULER_UNKNOWN);
    custody_found_text(&s->nodes[node].custody, &s->rules, &s->seen[node], s->shown_found,
                       sizeof s->shown_found);
    return s->shown_found;
}

int scheduler_restore(struct scheduler *s, size_t node, const char *text,
                      struct fail *why)
{
    char *copy = strdup(text);

    if (!copy)
        return fail_memory(why);
    if (custody_restore(&s->nodes[node].custody, text) < 0) {
        free(copy);
        return fail_set(why, FAIL_STATE, "%s: not how a node is found: '%.60s'",
                        namebook_name(s->book, node), text);
    }
    free(s->nodes[node].found);
    s->nodes[node].found = copy;
    return 0;
}

/* ---- life -------------------------------------------------------------------------------------------- */

static void free_all(struct scheduler *s)
{
    for (size_t i = 0; s->nodes && i < s->count; i++)
        free(s->nodes[i].found);
    free(s->nodes);
    sightings_free(s->seen, s->count);
    sightings_free(s->fresh, s->count);
    free(s->shown);
    slurm_reservations_done(&s->made);
    slurm_reservations_done(&s->fresh_made);
    scheduler_drop_orders(s);
    namebook_free(s->book);
    free(s->timer);
    free(s->command);
    free(s->run);
    free(s->prefix);
    free(s->reason);
    free(s);
}

static int check_config(const struct scheduler_config *c, struct fail *why)
{
    size_t len = strlen(c->run);

    if (len == 0 || len > MAX_RUN || strcspn(c->run, " ,=:|'\"\\\n") != len)
        return fail_set(why, FAIL_USAGE, "the scheduler: no run's name: '%.80s'", c->run);
    if (c->kind != SCHEDULER_COMMAND)
        return 0;
    if (!c->command || *c->command != '/')
        return fail_set(why, FAIL_USAGE,
                        "the scheduler's command '%s' is to be an absolute path",
                        c->command ? c->command : "");
    if (c->strategy == SCHEDULER_RESERVATION || c->on_timeout == SCHEDULER_FORCE)
        return fail_set(why, FAIL_USAGE, "%s: a command has no %s, which needs Slurm",
                        c->command,
                        c->strategy == SCHEDULER_RESERVATION ? "reservation" : "force");
    return 0;
}

/* What it is called by in reasons and reservations. */
static int name_run(struct scheduler *s, const char *run)
{
    char *name = strdup(run), *prefix, *reason;

    if (asprintf(&prefix, "ibfleet:%s: ", run) < 0)
        prefix = NULL;
    if (asprintf(&reason, "ibfleet:%s: driver", run) < 0)
        reason = NULL;
    if (!name || !prefix || !reason) {
        free(name);
        free(prefix);
        free(reason);
        return -1;
    }
    free(s->run);
    free(s->prefix);
    free(s->reason);
    s->run = name;
    s->prefix = prefix;
    s->reason = reason;
    s->config.run = name;
    s->rules.prefix = prefix;
    return 0;
}

static int fill(struct scheduler *s, const struct scheduler_config *config,
                const char *const *names)
{
    s->book = namebook_new(names, s->count);
    s->nodes = calloc(s->count + 1, sizeof *s->nodes);
    s->timer = calloc(1, sizeof *s->timer);
    s->shown = calloc(s->count + 1, sizeof *s->shown);
    s->command = strdup(config->command ? config->command : "");
    if (!s->book || !s->nodes || !s->timer || !s->shown || !s->command ||
        name_run(s, config->run) < 0)
        return -1;
    for (size_t i = 0; i < s->count; i++)
        s->shown[i].reason = s->shown[i].partitions = "";
    return 0;
}

int scheduler_name_run(struct scheduler *s, const char *run, struct fail *why)
{
    struct scheduler_config config = s->config;

    config.run = run;
    if (check_config(&config, why) < 0)
        return -1;
    return name_run(s, run) < 0 ? fail_memory(why) : 0;
}

static void set_times(struct scheduler *s)
{
    struct scheduler_config *c = &s->config;

    c->call_ms = c->call_ms ? c->call_ms : DEFAULT_CALL_MS;
    c->poll_ms = c->poll_ms ? c->poll_ms : DEFAULT_POLL_MS;
    c->return_ms = c->return_ms ? c->return_ms : DEFAULT_RETURN_MS;
    s->rules = (struct custody_rules){.strategy = c->strategy,
                                      .on_timeout = c->on_timeout,
                                      .deadline_ms = c->deadline_ms,
                                      .return_ms = c->return_ms,
                                      .prefix = s->prefix};
}

int scheduler_open(struct uv_loop_s *loop, const struct scheduler_config *config,
                   const char *const *names, size_t count,
                   const struct scheduler_hooks *hooks, void *arg,
                   struct scheduler **opened, struct fail *why)
{
    struct scheduler *s;

    if (check_config(config, why) < 0)
        return -1;
    s = calloc(1, sizeof *s);
    if (!s)
        return fail_memory(why);
    s->count = count;
    if (fill(s, config, names) < 0) {
        free_all(s);
        return fail_memory(why);
    }
    s->loop = loop;
    s->config = *config;
    s->config.command = s->command;
    s->config.run = s->run;
    s->rules.prefix = s->prefix;
    s->hooks = hooks;
    s->arg = arg;
    set_times(s);
    uv_timer_init(loop, s->timer);
    s->timer->data = s;
    uv_timer_start(s->timer, on_timer, 0, 0);
    *opened = s;
    return 0;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct scheduler *s = handle->data;
    void (*on_closed)(void *arg) = s->on_closed;
    void *arg = s->on_closed_arg;

    free_all(s);
    if (on_closed)
        on_closed(arg);
}

void scheduler_close(struct scheduler *s, void (*on_closed)(void *arg), void *arg)
{
    s->is_closing = true;
    s->on_closed = on_closed;
    s->on_closed_arg = arg;
    scheduler_call_stop(s);
    uv_close((uv_handle_t *)s->timer, on_timer_closed);
}
