/* Nodes tell their moves; what follows for others is decided once per turn of the
 * loop, in on_turn(), so that no node is moved while another one moves.
 */
#include "controller/rollout/rollout.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "controller/journal/journal.h"
#include "controller/rollout/course.h"
#include "controller/rollout/diary.h"
#include "controller/rollout/dispatch.h"
#include "controller/rollout/node.h"
#include "controller/rollout/policy.h"
#include "controller/rollout/signature.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"

enum phase { PHASE_NEW, PHASE_PROBING, PHASE_PLANNED, PHASE_ACTING, PHASE_OVER };

struct traveller {
    struct rollout *rollout;
    struct node *node;
    uint64_t since_ms; /* of its state, by the loop's clock */
    uint64_t busy_ms;
    bool is_under_way; /* for dispatch */
    bool awaits_hook;  /* and is still planned */
    bool was_begun;    /* by an earlier controller   */
    long stage;        /* of it then; -1: it had none */
    struct diary diary;
};

struct rollout {
    const struct node_crew *crew;
    const struct rollout_hooks *hooks;
    void *arg;
    struct traveller *travellers;
    size_t count, in_state[NODE_STATES];

    enum phase phase;
    uv_idle_t turn; /* runs while there is something to decide */
    struct journal *journal;
    const struct node_claim *claim;
    const struct dispatch_terms *terms;
    struct dispatch *dispatch; /* once it is arranged  */
    struct fail waited;        /* the latest that was told */
    long batch;                /* likewise; -1: none yet   */
    size_t writing;            /* moves on their way to the disk */
    struct fail broken;

    size_t open; /* nodes and the handle */
    bool closing;
    void (*on_closed)(void *arg);
    void *closed_arg;
};

static void on_turn(uv_idle_t *handle);

static void want_turn(struct rollout *r)
{
    if (!r->closing)
        uv_idle_start(&r->turn, on_turn);
}

static bool is_waiting(enum node_state state)
{
    return state == NODE_TODO || state == NODE_PLANNED || node_state_is_end(state);
}

static void free_if_done(struct rollout *r);

/* ---- the journal ----------------------------------------------------------------- */

static void break_off(struct rollout *r, const struct fail *why)
{
    if (!r->broken.code)
        r->broken = *why;
    want_turn(r);
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
        break_off(t->rollout, why);
    else if (!t->rollout->broken.code)
        node_act(t->node);
    want_turn(t->rollout);
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
        break_off(t->rollout, &why);
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
            break_off(r, &why);
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
    want_turn(r);
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

/* ---- the turn: what follows from all moves since the last ---------------------- */

static bool is_probed(const struct rollout *r)
{
    return !rollout_in_state(r, NODE_TODO) && !rollout_in_state(r, NODE_PROBING);
}

static void tell(struct rollout *r, const char *word, const char *text)
{
    const struct journal_happening happening = {.word = word, .text = text};
    struct fail why;

    if (journal_put_happening(r->journal, &happening, NULL, NULL, &why) < 0)
        break_off(r, &why);
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
        tell(r, rollout_is_stopped(r) ? "stopped" : "waits", why.text);
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
    tell(r, "batch", text);
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
    want_turn(arg);
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
    if (word != DISPATCH_GOES_ON || rollout_is_stopped(r))
        tell_why(r);
    else
        r->waited.code = FAIL_NONE;
    if (word == DISPATCH_TIRED)
        rollout_hold(r);
    return word;
}

/* The last moves are on disk before anything is said about the whole. */
static void on_turn(uv_idle_t *handle)
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
    want_turn(r);
}

static int make_dispatch(struct rollout *r, struct fail *why)
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

int rollout_arrange(struct rollout *r, const struct dispatch_terms *terms,
                    struct fail *why)
{
    assert(r->phase == PHASE_PLANNED && !r->dispatch);
    r->terms = terms;
    if (make_dispatch(r, why) < 0)
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
    want_turn(r);
}

void rollout_hold(struct rollout *r)
{
    if (r->dispatch)
        policy_hold(dispatch_policy(r->dispatch));
    want_turn(r);
}

void rollout_begin(struct rollout *r, size_t i, const struct fail *why)
{
    struct traveller *t = &r->travellers[i];

    assert(i < r->count);
    if (!t->is_under_way || node_where(t->node) != NODE_PLANNED)
        return;
    t->awaits_hook = false;
    if (why)
        node_refuse(t->node, why);
    else
        node_go(t->node, r->claim);
}

void rollout_answer(struct rollout *r, size_t i, enum node_state in,
                    const struct fail *why)
{
    assert(i < r->count);
    node_answer(r->travellers[i].node, in, why);
}

void rollout_set_seen(struct rollout *r, const struct dispatch_seen *seen)
{
    if (r->dispatch && !r->closing)
        dispatch_set_seen(r->dispatch, seen);
    want_turn(r);
}

void rollout_look(struct rollout *r)
{
    want_turn(r);
}

void rollout_set_veto(struct rollout *r, bool is_vetoed)
{
    policy_set_veto(dispatch_policy(r->dispatch), is_vetoed);
    want_turn(r);
}

void rollout_stop(struct rollout *r, const char *why)
{
    policy_stop(dispatch_policy(r->dispatch), why);
    want_turn(r);
}

void rollout_promote(struct rollout *r)
{
    if (r->dispatch)
        policy_promote(dispatch_policy(r->dispatch));
    want_turn(r);
}

/* Its turn had come, and it was not begun. */
static void let_wait(struct traveller *t)
{
    t->awaits_hook = t->is_under_way = false;
    dispatch_report(t->rollout->dispatch, (size_t)(t - t->rollout->travellers),
                    POLICY_SKIPPED, NULL);
}

void rollout_pause(struct rollout *r)
{
    rollout_hold(r);
    for (size_t i = 0; i < r->count; i++) {
        enum node_state where = node_where(r->travellers[i].node);

        if (r->travellers[i].awaits_hook)
            let_wait(&r->travellers[i]);
        else if (where != NODE_PLANNED && !node_state_is_end(where))
            node_pause(r->travellers[i].node);
    }
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
    on_part_closed(handle->data);
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
    uv_close((uv_handle_t *)&r->turn, on_turn_closed);
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
    r->crew = crew;
    r->hooks = hooks;
    r->arg = arg;
    r->batch = -1;
    r->travellers = calloc(count + 1, sizeof *r->travellers);
    uv_idle_init(crew->loop, &r->turn);
    r->turn.data = r;
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
