#include "controller/rollout/rollout.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/journal/journal.h"
#include "controller/rollout/dispatch.h"
#include "controller/rollout/node.h"
#include "controller/rollout/policy.h"
#include "controller/rollout/rollout_parts.h"
#include "controller/rollout/signature.h"
#include "inventory/fleet.h"

void rollout_want_turn(struct rollout *r)
{
    if (!r->closing)
        uv_idle_start(r->turn, rollout_on_turn);
}

/* For its turn, for others, or for time to pass. */
static bool is_waiting(enum node_state state)
{
    return state == NODE_TODO || state == NODE_PLANNED || state == NODE_CHECKING ||
           state == NODE_SOAKING || node_state_is_end(state);
}

static void free_if_done(struct rollout *r);

/* ---- the journal ----------------------------------------------------------------- */

void rollout_break_off(struct rollout *r, const struct fail *why)
{
    if (!r->broken.code)
        r->broken = *why;
    rollout_want_turn(r);
}

static void on_written(void *arg, const struct fail *why)
{
    struct traveller *t = arg;

    t->rollout->writing--;
    if (t->rollout->closing) {
        free_if_done(t->rollout);
        return;
    }
    if (why)
        rollout_break_off(t->rollout, why);
    else if (!t->rollout->broken.code)
        node_act(t->node);
    rollout_want_turn(t->rollout);
}

static double seconds_of(const struct traveller *t)
{
    return (double)t->busy_ms / 1000;
}

/* Before it is drained is when it is as it was found. */
static const char *found(const struct traveller *t, const struct node_move *m)
{
    const struct rollout *r = t->rollout;

    return m->to == NODE_DRAINING && r->hooks->found
               ? r->hooks->found(r->arg, (size_t)(t - r->travellers))
               : NULL;
}

static void write_move(struct traveller *t, const struct node_move *m)
{
    struct fail why;

    if (diary_put_move(&t->diary, t->rollout->journal, m, found(t, m), seconds_of(t),
                       on_written, t, &why) < 0)
        rollout_break_off(t->rollout, &why);
    else
        t->rollout->writing++;
}

/* A run begins: all of its nodes, and how they came to where they are. */
static void put_nodes(struct rollout *r)
{
    struct fail why;

    for (size_t i = 0; i < r->count; i++) {
        const struct traveller *t = &r->travellers[i];

        if (diary_put_node(&t->diary, r->journal, seconds_of(t), rollout_stage(r, i),
                           &why) < 0) {
            rollout_break_off(r, &why);
            return;
        }
    }
}

/* ---- moves --------------------------------------------------------------------- */

static void count_time(struct traveller *t, enum node_state from)
{
    uint64_t now = uv_now(t->rollout->crew->loop);

    if (!is_waiting(from))
        t->busy_ms += now - t->since_ms;
    t->since_ms = now;
}

static enum policy_end end_of(const struct traveller *t, enum node_state state)
{
    if (state == NODE_DONE)
        return POLICY_WELL;
    if (state != NODE_FAILED)
        return POLICY_SKIPPED;
    return node_is_back(t->node) ? POLICY_RETURNED : POLICY_FAILED;
}

/* What the policy has to know of a move. */
static void settle(struct traveller *t, const struct node_move *move)
{
    struct dispatch *d = t->rollout->dispatch;
    size_t i = (size_t)(t - t->rollout->travellers);
    const struct fail *why = node_why(t->node);
    char signature[SIGNATURE_BYTES];

    if (!t->is_under_way)
        return;
    if (move->to == NODE_INSTALLING)
        dispatch_out(d, i);
    else if (move->to == NODE_SOAKING || move->to == NODE_UNDRAINING)
        dispatch_rests(d, i);
    if (!node_state_is_end(move->to))
        return;
    t->is_under_way = false;
    signature_of(why->code, why->text, node_of_fleet(t->node)->name, signature);
    dispatch_report(d, i, end_of(t, move->to), signature);
    if (t->rollout->hooks->node_ended)
        t->rollout->hooks->node_ended(t->rollout->arg, i);
}

static bool on_moved(void *arg, const struct node_move *move)
{
    struct traveller *t = arg;
    struct rollout *r = t->rollout;

    r->in_state[move->from]--;
    r->in_state[move->to]++;
    count_time(t, move->from);
    settle(t, move);
    if (r->hooks->moved)
        r->hooks->moved(r->arg, (size_t)(t - r->travellers), move);
    rollout_want_turn(r);
    if (r->broken.code || r->closing)
        return false;
    if (!r->journal) {
        diary_keep(&t->diary, move);
        return true;
    }
    write_move(t, move);
    return false;
}

static void on_heard(void *arg, const struct news *news)
{
    struct traveller *t = arg;
    struct rollout *r = t->rollout;

    if (r->hooks->heard && !r->closing)
        r->hooks->heard(r->arg, (size_t)(t - r->travellers), news);
}

static void on_wants(void *arg, enum node_state state)
{
    struct traveller *t = arg;

    t->rollout->hooks->wants(t->rollout->arg, (size_t)(t - t->rollout->travellers),
                             state);
}

static const struct node_hooks node_hooks = {.moved = on_moved,
                                             .heard = on_heard,
                                             .wants = on_wants};

/* ---- from outside -------------------------------------------------------------- */

void rollout_take_up(struct rollout *r, struct journal *journal)
{
    assert(r->phase == PHASE_NEW);
    r->journal = journal;
}

void rollout_probe(struct rollout *r)
{
    assert(r->phase == PHASE_NEW);
    r->phase = PHASE_PROBING;
    for (size_t i = 0; i < r->count; i++)
        if (node_where(r->travellers[i].node) == NODE_TODO)
            node_start(r->travellers[i].node);
    rollout_want_turn(r);
}

int rollout_arrange(struct rollout *r, const struct dispatch_terms *terms,
                    struct fail *why)
{
    assert(r->phase == PHASE_PLANNED && !r->dispatch);
    r->terms = terms;
    if (rollout_make_dispatch(r, why) < 0)
        return -1;
    if (terms->seen)
        dispatch_set_seen(r->dispatch, terms->seen);
    return 0;
}

const struct course *rollout_course(const struct rollout *r)
{
    return r->dispatch ? dispatch_course(r->dispatch) : NULL;
}

void rollout_go(struct rollout *r, struct journal *journal,
                const struct node_claim *claim)
{
    bool is_new = !r->journal;

    assert(r->phase == PHASE_PLANNED && r->dispatch);
    r->phase = PHASE_ACTING;
    r->journal = journal;
    r->claim = claim;
    if (is_new)
        put_nodes(r);
    rollout_want_turn(r);
}

/* ---- life ---------------------------------------------------------------------- */

/* Once nodes and handle are closed, and no move is on its way to the disk. */
static void free_if_done(struct rollout *r)
{
    void (*on_closed)(void *arg) = r->on_closed;
    void *arg = r->closed_arg;

    if (r->open || r->writing)
        return;
    free(r->travellers);
    free(r);
    if (on_closed)
        on_closed(arg);
}

static void on_part_closed(void *arg)
{
    struct rollout *r = arg;

    r->open--;
    free_if_done(r);
}

static void on_turn_closed(uv_handle_t *handle)
{
    struct rollout *r = handle->data;

    free(handle);
    on_part_closed(r);
}

void rollout_close(struct rollout *r, void (*on_closed)(void *arg), void *arg)
{
    assert(!r->closing);
    r->closing = true;
    r->on_closed = on_closed;
    r->closed_arg = arg;
    for (size_t i = 0; i < r->count; i++)
        if (r->travellers[i].node)
            node_close(r->travellers[i].node, on_part_closed, r);
    if (r->dispatch)
        dispatch_close(r->dispatch, on_part_closed, r);
    uv_close((uv_handle_t *)r->turn, on_turn_closed);
}

static int hire(struct rollout *r, size_t i, const struct fleet_node *fleet_node)
{
    struct traveller *t = &r->travellers[i];

    t->rollout = r;
    t->stage = -1;
    t->since_ms = uv_now(r->crew->loop);
    t->node = node_new(r->crew, fleet_node, &node_hooks, t);
    if (!t->node)
        return -1;
    t->diary.node = t->node;
    r->in_state[NODE_TODO]++;
    r->open++;
    return 0;
}

struct rollout *rollout_new(const struct node_crew *crew,
                            const struct fleet_node *const *nodes, size_t count,
                            const struct rollout_hooks *hooks, void *arg)
{
    struct rollout *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->turn = malloc(sizeof *r->turn);
    if (!r->turn) {
        free(r);
        return NULL;
    }
    r->crew = crew;
    r->hooks = hooks;
    r->arg = arg;
    r->batch = -1;
    r->travellers = calloc(count + 1, sizeof *r->travellers);
    uv_idle_init(crew->loop, r->turn);
    r->turn->data = r;
    r->open = 1;
    for (; r->travellers && r->count < count; r->count++)
        if (hire(r, r->count, nodes[r->count]) < 0)
            break;
    if (r->travellers && r->count == count)
        return r;
    rollout_close(r, NULL, NULL);
    return NULL;
}

size_t rollout_count(const struct rollout *r)
{
    return r->count;
}

struct node *rollout_node(const struct rollout *r, size_t i)
{
    assert(i < r->count);
    return r->travellers[i].node;
}

double rollout_seconds(const struct rollout *r, size_t i)
{
    assert(i < r->count);
    return seconds_of(&r->travellers[i]);
}

size_t rollout_in_state(const struct rollout *r, enum node_state state)
{
    return r->in_state[state];
}

bool rollout_is_stopped(const struct rollout *r)
{
    return r->dispatch && policy_is_stopped(dispatch_policy(r->dispatch)) &&
           policy_left(dispatch_policy(r->dispatch)) > 0;
}

size_t rollout_unavailable(const struct rollout *r)
{
    return r->dispatch ? policy_unavailable(dispatch_policy(r->dispatch), 0) : 0;
}

void rollout_why(const struct rollout *r, struct fail *why)
{
    *why = (struct fail){.code = FAIL_NONE};
    if (r->dispatch)
        policy_why(dispatch_policy(r->dispatch), why);
}

void rollout_restore(struct rollout *r, size_t i, double seconds, bool was_begun,
                     long stage)
{
    struct traveller *t = &r->travellers[i];

    assert(i < r->count);
    /* Rounded: as a double, 2.022 is a bit less. */
    t->busy_ms += (uint64_t)llround(seconds * 1000);
    t->was_begun = was_begun;
    t->stage = stage;
}

long rollout_stage(const struct rollout *r, size_t i)
{
    return r->dispatch ? dispatch_stage_of(r->dispatch, i) : r->travellers[i].stage;
}
