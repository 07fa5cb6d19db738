/* conduct_outlets - what a rollout tells of itself: metrics in a file, the system's log */
#include <stdlib.h>

#include "controller/command.h"
#include "controller/journal/journal.h"
#include "controller/outside/herald.h"
#include "controller/outside/metrics.h"
#include "controller/outside/metrics_file.h"
#include "controller/outside/notice.h"
#include "controller/rollout/conduct_parts.h"
#include "controller/rollout/course.h"
#include "controller/rollout/node.h"
#include "controller/rollout/rollout.h"
#include "controller/screen/screen.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"

struct conduct_outlets {
    struct conduct *conduct;
    struct herald *herald;     /* NULL: none */
    struct metrics_file *file; /* likewise   */
    int64_t begun_s, moved_s, ended_s;
    long batch; /* the latest that was told; -1: none */
};

/* ---- metrics --------------------------------------------------------------------------- */

static size_t count_states(const struct conduct *c, struct metrics_count *states)
{
    for (int s = 1; s < NODE_STATES; s++)
        states[s - 1] =
            (struct metrics_count){.name = node_state_name((enum node_state)s),
                                   .nodes =
                                       rollout_in_state(c->rollout, (enum node_state)s)};
    return NODE_STATES - 1;
}

static size_t count_failures(const struct conduct *c, struct metrics_count *failures)
{
    size_t by_code[FAIL_CODE_COUNT] = {0}, count = 0;

    for (size_t i = 0; i < rollout_count(c->rollout); i++)
        by_code[node_why(rollout_node(c->rollout, i))->code]++;
    for (int code = FAIL_NONE + 1; code < FAIL_CODE_COUNT; code++)
        if (by_code[code])
            failures[count++] =
                (struct metrics_count){.name = fail_code_name((enum fail_code)code),
                                       .nodes = by_code[code]};
    return count;
}

static int64_t budget_left(const struct conduct *c, const struct fleet_policy *keys)
{
    size_t failed = rollout_in_state(c->rollout, NODE_FAILED);

    if (keys->max_failures == POLICY_MAX_FAILED)
        return METRICS_NONE;
    return failed < keys->max_failures ? (int64_t)(keys->max_failures - failed) : 0;
}

static void render(void *arg, struct text *text)
{
    struct conduct_outlets *o = arg;
    const struct conduct *c = o->conduct;
    const struct fleet_policy *keys = terms_of(c->terms)->keys;
    struct metrics_count states[NODE_STATES], failures[FAIL_CODE_COUNT];
    struct metrics m = METRICS_EMPTY;
    struct fail why;

    rollout_why(c->rollout, &why);
    m.version = IBFLEET_VERSION;
    m.run = journal_run_id(c->journal);
    m.kind = "rollout";
    m.states = states;
    m.state_count = count_states(c, states);
    m.failures = failures;
    m.failure_count = count_failures(c, failures);
    m.begun_s = o->begun_s;
    m.moved_s = o->moved_s;
    m.ended_s = o->ended_s;
    m.window = keys->window;
    m.unavailable = (int64_t)rollout_unavailable(c->rollout);
    m.unavailable_limit =
        (int64_t)share_of_at_least_one(&keys->max_unavailable[POLICY_OF_FLEET],
                                       terms_of(c->terms)->fleet_count);
    m.batch = o->batch < 0 ? METRICS_NONE : o->batch + 1;
    m.batches = (int64_t)course_stages(rollout_course(c->rollout));
    m.budget_left = budget_left(c, keys);
    m.is_paused = why.code != FAIL_NONE;
    metrics_render(&m, text);
}

static void on_not_written(void *arg, const struct fail *why)
{
    (void)arg;
    screen_warn("%s", why->text);
}

static const struct metrics_file_hooks file_hooks = {.render = render,
                                                     .failed = on_not_written};

/* ---- the log --------------------------------------------------------------------------- */

static void tell(struct conduct_outlets *o, struct notice n)
{
    n.run = journal_run_id(o->conduct->journal);
    if (o->herald)
        herald_tell(o->herald, &n);
}

static int open_log(struct conduct_outlets *o, unsigned log, struct fail *why)
{
    static const char nowhere[] = "/dev/null/none";
    struct herald_options options = {.is_asked_for = log != POLICY_LOG_AUTO};

    if (log == POLICY_LOG_NONE)
        return 0;
    if (log == POLICY_LOG_JOURNALD)
        options.syslog = nowhere;
    if (log == POLICY_LOG_SYSLOG)
        options.journal = nowhere;
    return herald_open(&options, &o->herald, why);
}

/* ---- what happens ---------------------------------------------------------------------- */

static int64_t now_s(void)
{
    return journal_clock_ms() / 1000;
}

void conduct_tell_begun(struct conduct *c)
{
    c->outlets->begun_s = now_s();
    tell(c->outlets,
         (struct notice){.kind = NOTICE_BEGUN,
                         .user = c->user,
                         .nodes = rollout_in_state(c->rollout, NODE_PLANNED)});
    conduct_tell_moved(c);
}

void conduct_tell_moved(struct conduct *c)
{
    struct conduct_outlets *o = c->outlets;

    if (!o || !o->begun_s)
        return;
    o->moved_s = now_s();
    if (o->file)
        metrics_file_touch(o->file);
}

void conduct_tell_batch(struct conduct *c, size_t batch)
{
    const struct course *course = rollout_course(c->rollout);
    size_t first;

    c->outlets->batch = (long)batch;
    tell(c->outlets, (struct notice){.kind = NOTICE_BATCH,
                                     .batch = batch + 1,
                                     .batches = course_stages(course),
                                     .nodes = course_stage(course, batch, &first)});
}

void conduct_tell_node(struct conduct *c, size_t i)
{
    const struct node *n = rollout_node(c->rollout, i);
    bool is_done = node_where(n) == NODE_DONE;

    tell(c->outlets,
         (struct notice){.kind = is_done ? NOTICE_NODE_DONE : NOTICE_NODE_FAILED,
                         .node = node_of_fleet(n)->name,
                         .state = node_state_name(node_where(n)),
                         .why = is_done ? NULL : node_why(n)});
}

void conduct_tell_why(struct conduct *c, bool is_stopped, const char *text)
{
    struct fail why;

    fail_set(&why, is_stopped ? FAIL_BUDGET : FAIL_NOT_NOW, "%s", text);
    tell(c->outlets, (struct notice){.kind = is_stopped ? NOTICE_STOPPED : NOTICE_PAUSED,
                                     .why = &why});
}

void conduct_tell_ended(struct conduct *c, const char *word)
{
    struct conduct_outlets *o = c->outlets;

    if (!o || !o->begun_s)
        return;
    o->ended_s = now_s();
    tell(o, (struct notice){.kind = NOTICE_ENDED,
                            .state = word,
                            .nodes = rollout_count(c->rollout),
                            .failed = rollout_in_state(c->rollout, NODE_FAILED)});
    if (o->file)
        metrics_file_touch(o->file);
}

/* ---- life ------------------------------------------------------------------------------ */

int conduct_outlets_open(struct conduct *c, const struct fleet_policy *keys,
                         struct fail *why)
{
    struct conduct_outlets *o = calloc(1, sizeof *o);

    if (!o)
        return fail_memory(why);
    *o = (struct conduct_outlets){.conduct = c, .ended_s = METRICS_NONE, .batch = -1};
    if (open_log(o, keys->log, why) < 0 ||
        (keys->metrics && metrics_file_open(c->command->loop, keys->metrics, &file_hooks,
                                            o, &o->file, why) < 0)) {
        herald_close(o->herald);
        free(o);
        return -1;
    }
    c->outlets = o;
    return 0;
}

static void on_file_closed(void *arg)
{
    free(arg);
}

/* While journal and rollout are there: the last metrics are rendered now. */
void conduct_outlets_close(struct conduct *c)
{
    struct conduct_outlets *o = c->outlets;

    c->outlets = NULL;
    if (!o)
        return;
    herald_close(o->herald);
    if (o->file && o->begun_s)
        metrics_file_close(o->file, on_file_closed, o);
    else
        on_file_closed(o);
}
