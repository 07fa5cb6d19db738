/* conduct_hooks - a rollout's hooks: what may be begun, and who is told of what has ended
 *
 * A batch is opened by before-batch, once after-batch of the one before it has been run; then
 * the veto is asked, and before each node its own hook.  After-hooks change nothing: what they
 * have to say is a warning.
 */
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/journal/journal.h"
#include "controller/outside/hook_answer.h"
#include "controller/outside/hook_queue.h"
#include "controller/program/program_file.h"
#include "controller/rollout/conduct_parts.h"
#include "controller/rollout/course.h"
#include "controller/rollout/node.h"
#include "controller/rollout/plan.h"
#include "controller/rollout/rollout.h"
#include "controller/screen/screen.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"
#include "protocol/json.h"
#include "protocol/scope.h"

#define VETO_FRESH_MS 10000u /* an answer holds for so long              */
#define VETO_AGAIN_MS 60000u /* and one that says no is asked for again  */
#define DRAIN_MS      100u   /* between looks whether all hooks are over */

/* A hook of a node that was asked. */
struct asked {
    struct conduct_hooks *hooks;
    size_t node;
};

struct conduct_hooks {
    struct conduct *conduct;
    struct hook_queue *queue;
    char *programs[HOOK_KINDS];
    struct asked *asked; /* by node */

    long opened, asked_to_open, closed; /* batches; -1: none yet */
    bool is_closing, is_vetoed, asks_veto;
    uint64_t veto_ms; /* when it was answered; 0: never */
    uv_timer_t again; /* the veto, or the end           */
    void (*then)(struct conduct *c);
};

/* ---- documents ------------------------------------------------------------------------- */

static struct hook_node stands(const struct conduct *c, size_t i)
{
    const struct node *n = rollout_node(c->rollout, i);

    return (struct hook_node){.name = node_of_fleet(n)->name,
                              .state = node_state_name(node_where(n)),
                              .why = node_why(n)->code ? node_why(n) : NULL,
                              .seconds = rollout_seconds(c->rollout, i)};
}

static struct hook_doc about(const struct conduct *c, enum hook_kind kind, long batch)
{
    const struct course *course = rollout_course(c->rollout);
    size_t first;

    return (struct hook_doc){.kind = kind,
                             .run = journal_run_id(c->journal),
                             .batch = batch < 0 ? 0 : (size_t)batch + 1,
                             .batches = course_stages(course),
                             .batch_nodes =
                                 batch < 0 ? 0
                                           : course_stage(course, (size_t)batch, &first)};
}

typedef void (*answer_fn)(void *arg, const struct hook_answer *answer);

static int ask_of_node(struct conduct_hooks *h, enum hook_kind kind, size_t i,
                       answer_fn on_answer, struct fail *why)
{
    struct conduct *c = h->conduct;
    struct hook_node node = stands(c, i);
    struct hook_doc doc = about(c, kind, rollout_stage(c->rollout, i));
    CLEANUP(json_done)
    struct json *plan = plan_encode_shown(node_decision(rollout_node(c->rollout, i)));

    doc.nodes = &node;
    doc.node_count = 1;
    doc.plan = plan;
    return hook_queue_ask(h->queue, &doc, on_answer, &h->asked[i], why);
}

/* The nodes of the batch. */
static int ask_of_batch(struct conduct_hooks *h, enum hook_kind kind, long batch,
                        answer_fn on_answer, struct fail *why)
{
    struct conduct *c = h->conduct;
    struct hook_doc doc = about(c, kind, batch);
    size_t first, count = course_stage(rollout_course(c->rollout), (size_t)batch, &first);
    struct hook_node *nodes = calloc(count + 1, sizeof *nodes);
    int asked;

    if (!nodes)
        return fail_memory(why);
    for (size_t place = first; place < first + count; place++) {
        long i = course_traveller(rollout_course(c->rollout), place);

        if (i >= 0) /* an earlier controller has brought it to its end, else */
            nodes[doc.node_count++] = stands(c, (size_t)i);
    }
    doc.nodes = nodes;
    asked = hook_queue_ask(h->queue, &doc, on_answer, h, why);
    free(nodes);
    return asked;
}

static bool has(const struct conduct_hooks *h, enum hook_kind kind)
{
    return h->programs[kind] != NULL;
}

/* ---- batches --------------------------------------------------------------------------- */

static void stop(struct conduct_hooks *h, const struct fail *why)
{
    rollout_stop(h->conduct->rollout, why->text);
}

static void on_batch_opened(void *arg, const struct hook_answer *answer)
{
    struct conduct_hooks *h = arg;

    if (answer->word == HOOK_GO)
        h->opened = h->asked_to_open;
    else
        stop(h, &answer->why);
    rollout_look(h->conduct->rollout);
}

static void on_batch_closed(void *arg, const struct hook_answer *answer)
{
    struct conduct_hooks *h = arg;

    h->is_closing = false;
    if (answer->word != HOOK_GO)
        screen_warn("%s", answer->why.text);
    rollout_look(h->conduct->rollout);
}

/* True: its hook runs, and the next batch waits for it. */
static bool close_batch(struct conduct_hooks *h)
{
    struct fail why;

    if (h->opened < 0 || h->closed == h->opened || !has(h, HOOK_AFTER_BATCH))
        return h->is_closing;
    h->closed = h->opened;
    h->is_closing =
        ask_of_batch(h, HOOK_AFTER_BATCH, h->opened, on_batch_closed, &why) == 0;
    if (!h->is_closing)
        screen_warn("%s", why.text);
    return h->is_closing;
}

/* True: it is. */
static bool open_batch(struct conduct_hooks *h, long batch)
{
    struct fail why;

    if (batch <= h->opened)
        return true;
    if (h->asked_to_open >= batch)
        return false;
    if (close_batch(h))
        return false;
    h->asked_to_open = batch;
    if (!has(h, HOOK_BEFORE_BATCH) && !has(h, HOOK_AFTER_BATCH)) {
        h->opened = batch;
        return true;
    }
    switch (ask_of_batch(h, HOOK_BEFORE_BATCH, batch, on_batch_opened, &why)) {
    case 1:
        h->opened = batch;
        return true;
    case 0:
        return false;
    default:
        stop(h, &why);
        return false;
    }
}

/* ---- the veto -------------------------------------------------------------------------- */

static void on_again(uv_timer_t *timer)
{
    struct conduct_hooks *h = timer->data;

    rollout_set_veto(h->conduct->rollout, false); /* so that it is asked about */
}

static void on_veto(void *arg, const struct hook_answer *answer)
{
    struct conduct_hooks *h = arg;

    h->asks_veto = false;
    h->is_vetoed = answer->word != HOOK_GO;
    h->veto_ms = uv_now(h->conduct->command->loop) + 1;
    if (h->is_vetoed)
        uv_timer_start(&h->again, on_again, VETO_AGAIN_MS, 0);
    rollout_set_veto(h->conduct->rollout, h->is_vetoed);
}

static bool pass_veto(struct conduct_hooks *h, long batch)
{
    uint64_t now = uv_now(h->conduct->command->loop);
    struct fail why;

    if (!has(h, HOOK_VETO))
        return true;
    if (h->veto_ms && !h->is_vetoed && now < h->veto_ms + VETO_FRESH_MS)
        return true;
    if (h->asks_veto)
        return false;
    h->asks_veto = ask_of_batch(h, HOOK_VETO, batch, on_veto, &why) == 0;
    if (!h->asks_veto)
        stop(h, &why);
    return false;
}

/* ---- nodes ----------------------------------------------------------------------------- */

static void on_node_answer(void *arg, const struct hook_answer *answer)
{
    struct asked *a = arg;

    rollout_begin(a->hooks->conduct->rollout, a->node,
                  answer->word == HOOK_GO ? NULL : &answer->why);
}

static void on_node_told(void *arg, const struct hook_answer *answer)
{
    (void)arg;
    if (answer->word != HOOK_GO)
        screen_warn("%s", answer->why.text);
}

bool conduct_may_begin_batch(struct conduct *c, size_t batch)
{
    return !c->hooks ||
           (open_batch(c->hooks, (long)batch) && pass_veto(c->hooks, (long)batch));
}

bool conduct_may_begin_node(void *arg, size_t i)
{
    struct conduct *c = arg;
    struct fail why;

    if (!c->hooks)
        return true;
    switch (ask_of_node(c->hooks, HOOK_BEFORE_NODE, i, on_node_answer, &why)) {
    case 1:
        return true;
    case 0:
        return false;
    default:
        rollout_begin(c->rollout, i, &why);
        return false;
    }
}

void conduct_node_ended(struct conduct *c, size_t i)
{
    struct fail why;

    if (c->hooks && ask_of_node(c->hooks, HOOK_AFTER_NODE, i, on_node_told, &why) < 0)
        screen_warn("%s", why.text);
}

/* ---- the end --------------------------------------------------------------------------- */

/* Each hook has a deadline, and so has this. */
static void on_drain(uv_timer_t *timer)
{
    struct conduct_hooks *h = timer->data;

    if (hook_queue_count(h->queue))
        return;
    uv_timer_stop(timer);
    h->then(h->conduct);
}

void conduct_hooks_end(struct conduct *c, bool batch_is_over,
                       void (*then)(struct conduct *c))
{
    struct conduct_hooks *h = c->hooks;

    if (!h) {
        then(c);
        return;
    }
    if (batch_is_over)
        close_batch(h);
    h->then = then;
    uv_timer_start(&h->again, on_drain, 0, DRAIN_MS);
}

/* ---- life ------------------------------------------------------------------------------ */

static void hooks_free(struct conduct_hooks *h)
{
    for (int kind = 0; kind < HOOK_KINDS; kind++)
        free(h->programs[kind]);
    free(h->asked);
    free(h);
}

static int find_programs(struct conduct_hooks *h, const struct fleet_policy *keys,
                         struct fail *why)
{
    static const enum policy_key names[HOOK_KINDS] = {
        [HOOK_BEFORE_NODE] = POLICY_BEFORE_NODE,
        [HOOK_AFTER_NODE] = POLICY_AFTER_NODE,
        [HOOK_BEFORE_BATCH] = POLICY_BEFORE_BATCH,
        [HOOK_AFTER_BATCH] = POLICY_AFTER_BATCH,
        [HOOK_VETO] = POLICY_VETO};
    const char *words[HOOK_KINDS] = {[HOOK_BEFORE_NODE] = keys->before_node,
                                     [HOOK_AFTER_NODE] = keys->after_node,
                                     [HOOK_BEFORE_BATCH] = keys->before_batch,
                                     [HOOK_AFTER_BATCH] = keys->after_batch,
                                     [HOOK_VETO] = keys->veto};

    for (int kind = 0; kind < HOOK_KINDS; kind++)
        if (words[kind] &&
            program_file_find(words[kind], NULL, FAIL_USAGE, &h->programs[kind], why) < 0)
            return fail_prefix(why, "%s", policy_key_name(names[kind]));
    return 0;
}

static int start_queue(struct conduct_hooks *h, const struct fleet_policy *keys,
                       struct fail *why)
{
    struct hook_queue_options options = {.deadline_ms = keys->hook_ms};

    for (int kind = 0; kind < HOOK_KINDS; kind++)
        options.programs[kind] = h->programs[kind];
    h->queue = hook_queue_open(h->conduct->command->loop, &options);
    return h->queue ? 0 : fail_memory(why);
}

static bool are_wanted(const struct fleet_policy *keys)
{
    return keys->before_node || keys->after_node || keys->before_batch ||
           keys->after_batch || keys->veto;
}

static struct conduct_hooks *hooks_new(struct conduct *c)
{
    struct conduct_hooks *h = calloc(1, sizeof *h);
    size_t count = c->command->node_count;

    if (!h)
        return NULL;
    *h = (struct conduct_hooks){.conduct = c,
                                .opened = -1,
                                .asked_to_open = -1,
                                .closed = -1};
    h->asked = calloc(count + 1, sizeof *h->asked);
    for (size_t i = 0; h->asked && i < count; i++)
        h->asked[i] = (struct asked){.hooks = h, .node = i};
    if (h->asked)
        return h;
    hooks_free(h);
    return NULL;
}

int conduct_hooks_open(struct conduct *c, const struct fleet_policy *keys,
                       struct fail *why)
{
    struct conduct_hooks *h;

    if (!are_wanted(keys))
        return 0;
    h = hooks_new(c);
    if (!h)
        return fail_memory(why);
    if (find_programs(h, keys, why) < 0 || start_queue(h, keys, why) < 0) {
        hooks_free(h);
        return -1;
    }
    uv_timer_init(c->command->loop, &h->again);
    h->again.data = h;
    c->hooks = h;
    return 0;
}

static void on_timer_closed(uv_handle_t *timer)
{
    hooks_free(timer->data);
}

static void on_queue_closed(void *arg)
{
    struct conduct_hooks *h = arg;

    uv_close((uv_handle_t *)&h->again, on_timer_closed);
}

void conduct_hooks_close(struct conduct *c)
{
    if (c->hooks)
        hook_queue_close(c->hooks->queue, on_queue_closed, c->hooks);
    c->hooks = NULL;
}
