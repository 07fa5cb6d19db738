/* rollout_turn - what follows from all moves since the last turn: who is begun, what is told */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/journal/journal.h"
#include "controller/rollout/course.h"
#include "controller/rollout/dispatch.h"
#include "controller/rollout/node.h"
#include "controller/rollout/policy.h"
#include "controller/rollout/rollout_parts.h"
#include "inventory/fleet_policy.h"

static bool is_probed(const struct rollout *r)
{
    return !rollout_in_state(r, NODE_TODO) && !rollout_in_state(r, NODE_PROBING);
}

void rollout_tell(struct rollout *r, const char *word, const char *text)
{
    const struct journal_happening happening = {.word = word, .text = text};
    struct fail why;

    if (journal_put_happening(r->journal, &happening, NULL, NULL, &why) < 0)
        rollout_break_off(r, &why);
    if (r->hooks->happened)
        r->hooks->happened(r->arg, word, text);
}

/* What it waits for or was stopped by, once; a wait that is over, too. */
static void tell_why(struct rollout *r)
{
    struct fail why;

    rollout_why(r, &why);
    if (why.code == r->waited.code && strcmp(why.text, r->waited.text) == 0)
        return;
    if (why.code)
        rollout_tell(r, rollout_is_stopped(r) ? "stopped" : "waits", why.text);
    r->waited = why;
}

static void tell_batch(struct rollout *r, long batch)
{
    char text[80];

    if (batch <= r->batch)
        return;
    r->batch = batch;
    snprintf(text, sizeof text, "batch %ld of %zu", batch + 1,
             course_stages(rollout_course(r)));
    rollout_tell(r, "batch", text);
}

static void begin(void *arg, size_t i, size_t stage)
{
    struct rollout *r = arg;
    struct traveller *t = &r->travellers[i];

    tell_batch(r, (long)stage);
    t->is_under_way = true;
    if (!r->hooks->may_begin_node || r->hooks->may_begin_node(r->arg, i))
        node_go(t->node, r->claim);
    else
        t->awaits_hook = node_where(t->node) == NODE_PLANNED;
}

static bool may_begin(void *arg, size_t stage)
{
    struct rollout *r = arg;

    return !r->hooks->may_begin_batch || r->hooks->may_begin_batch(r->arg, stage);
}

static void on_overdue(void *arg, size_t i)
{
    struct rollout *r = arg;

    node_overdue(r->travellers[i].node, r->terms->keys->healthy_ms);
}

static void on_woken(void *arg)
{
    rollout_want_turn(arg);
}

static const struct dispatch_hooks dispatch_hooks = {.may_begin = may_begin,
                                                     .begin = begin,
                                                     .overdue = on_overdue,
                                                     .woken = on_woken};

static void end(struct rollout *r)
{
    r->phase = PHASE_OVER;
    r->hooks->ended(r->arg, r->broken.code ? &r->broken : NULL);
}

/* Nothing is under way when it is tired, so that a pause leaves nothing in the middle. */
static enum dispatch_word launch(struct rollout *r)
{
    enum dispatch_word word = DISPATCH_GOES_ON;

    if (r->phase == PHASE_ACTING && r->dispatch && !r->broken.code)
        word = dispatch_turn(r->dispatch);
    if (word == DISPATCH_BLOCKED || word == DISPATCH_TIRED || rollout_is_stopped(r))
        tell_why(r);
    else
        r->waited.code = FAIL_NONE;
    if (word == DISPATCH_TIRED)
        rollout_hold(r);
    if (r->phase == PHASE_ACTING && r->hooks->turned)
        r->hooks->turned(r->arg);
    return word;
}

/* The last moves are on disk before anything is said about the whole. */
void rollout_on_turn(uv_idle_t *handle)
{
    struct rollout *r = handle->data;
    enum dispatch_word word;

    uv_idle_stop(handle);
    word = launch(r);
    if (r->writing || r->phase == PHASE_OVER)
        return; /* on_written() comes back here */
    if (r->broken.code)
        end(r);
    else if (r->phase == PHASE_PROBING && is_probed(r)) {
        r->phase = PHASE_PLANNED;
        r->hooks->planned(r->arg);
    } else if (word == DISPATCH_OVER)
        end(r);
}

int rollout_make_dispatch(struct rollout *r, struct fail *why)
{
    struct dispatch_node *nodes = calloc(r->count + 1, sizeof *nodes);
    int made;

    if (!nodes)
        return fail_memory(why);
    for (size_t i = 0; i < r->count; i++) {
        const struct traveller *t = &r->travellers[i];

        nodes[i] = (struct dispatch_node){
            .of = node_of_fleet(t->node),
            .facts = node_facts(t->node),
            .is_planned = node_where(t->node) == NODE_PLANNED,
            .is_begun = t->was_begun,
            .stage = t->stage,
        };
    }
    made = dispatch_new(r->crew->loop, r->terms, nodes, r->count, &dispatch_hooks, r,
                        &r->dispatch, why);
    free(nodes);
    r->open += made == 0;
    return made;
}
