/* Nodes tell their moves; what follows for others is decided once per turn of the
 * loop, in on_turn(), so that no node is moved while another one moves.
 */
#include "controller/rollout/rollout.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/journal/journal.h"
#include "controller/rollout/diary.h"
#include "controller/rollout/node.h"
#include "controller/rollout/policy.h"
#include "protocol/fail.h"

enum phase { PHASE_NEW, PHASE_PROBING, PHASE_PLANNED, PHASE_ACTING, PHASE_OVER };

struct traveller {
    struct rollout *rollout;
    struct node *node;
    uint64_t since_ms; /* of its state, by the loop's clock */
    uint64_t busy_ms;
    long turn; /* its number in the policy; -1: it has none */
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
    struct policy *policy;
    size_t *order;  /* of the planned ones: their turn */
    size_t writing; /* moves on their way to the disk */
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

static void write_move(struct traveller *t, const struct node_move *m)
{
    struct fail why;

    if (diary_put_move(&t->diary, t->rollout->journal, m, seconds_of(t), on_written, t,
                       &why) < 0)
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

        if (diary_put_node(&t->diary, r->journal, seconds_of(t), &why) < 0) {
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

static void settle(struct traveller *t, enum node_state to)
{
    if (t->turn < 0 || !node_state_is_end(to))
        return;
    policy_report(t->rollout->policy, (size_t)t->turn,
                  to == NODE_FAILED ? POLICY_FAILED : POLICY_WELL);
    t->turn = -1;
}

static bool on_moved(void *arg, const struct node_move *move)
{
    struct traveller *t = arg;
    struct rollout *r = t->rollout;

    r->in_state[move->from]--;
    r->in_state[move->to]++;
    count_time(t, move->from);
    settle(t, move->to);
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

static const struct node_hooks node_hooks = {.moved = on_moved, .heard = on_heard};

/* ---- the turn: what follows from all moves since the last ---------------------- */

static bool is_probed(const struct rollout *r)
{
    return !rollout_in_state(r, NODE_TODO) && !rollout_in_state(r, NODE_PROBING);
}

static void launch(struct rollout *r)
{
    long turn;

    while (r->policy && !r->broken.code && (turn = policy_next(r->policy)) >= 0) {
        struct traveller *t = &r->travellers[r->order[turn]];

        if (node_where(t->node) != NODE_PLANNED) { /* paused before its turn came */
            policy_report(r->policy, (size_t)turn, POLICY_WELL);
            continue;
        }
        t->turn = turn;
        node_go(t->node, r->claim);
    }
}

static void end(struct rollout *r)
{
    r->phase = PHASE_OVER;
    r->hooks->ended(r->arg, r->broken.code ? &r->broken : NULL);
}

/* The last moves are on disk before anything is said about the whole. */
static void on_turn(uv_idle_t *handle)
{
    struct rollout *r = handle->data;

    uv_idle_stop(handle);
    if (r->phase == PHASE_ACTING)
        launch(r);
    if (r->writing || r->phase == PHASE_OVER)
        return; /* on_written() comes back here */
    if (r->broken.code)
        end(r);
    else if (r->phase == PHASE_PROBING && is_probed(r)) {
        r->phase = PHASE_PLANNED;
        r->hooks->planned(r->arg);
    } else if (r->phase == PHASE_ACTING && policy_word(r->policy) == POLICY_OVER)
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

static int make_policy(struct rollout *r, const struct policy_limits *limits)
{
    size_t planned = rollout_in_state(r, NODE_PLANNED), n = 0;

    r->policy = policy_new(limits, planned);
    r->order = calloc(planned + 1, sizeof *r->order);
    if (!r->policy || !r->order)
        return -1;
    for (size_t i = 0; i < r->count; i++)
        if (node_where(r->travellers[i].node) == NODE_PLANNED)
            r->order[n++] = i;
    return 0;
}

void rollout_go(struct rollout *r, struct journal *journal,
                const struct policy_limits *limits, const struct node_claim *claim)
{
    bool is_new = !r->journal;
    struct fail why;

    assert(r->phase == PHASE_PLANNED);
    r->phase = PHASE_ACTING;
    r->journal = journal;
    r->claim = claim;
    if (make_policy(r, limits) < 0) {
        fail_memory(&why);
        break_off(r, &why);
    } else if (is_new)
        put_nodes(r);
    want_turn(r);
}

void rollout_hold(struct rollout *r)
{
    if (r->policy)
        policy_hold(r->policy);
    want_turn(r);
}

void rollout_pause(struct rollout *r)
{
    rollout_hold(r);
    for (size_t i = 0; i < r->count; i++) {
        enum node_state where = node_where(r->travellers[i].node);

        if (where != NODE_PLANNED && !node_state_is_end(where))
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
    policy_free(r->policy);
    free(r->order);
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
    uv_close((uv_handle_t *)&r->turn, on_turn_closed);
}

static int hire(struct rollout *r, size_t i, const struct fleet_node *fleet_node)
{
    struct traveller *t = &r->travellers[i];

    t->rollout = r;
    t->turn = -1;
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

void rollout_add_seconds(struct rollout *r, size_t i, double seconds)
{
    assert(i < r->count);
    /* Rounded: as a double, 2.022 is a bit less. */
    r->travellers[i].busy_ms += (uint64_t)llround(seconds * 1000);
}

size_t rollout_in_state(const struct rollout *r, enum node_state state)
{
    return r->in_state[state];
}

bool rollout_is_spent(const struct rollout *r)
{
    return r->policy && policy_is_spent(r->policy) && policy_left(r->policy) > 0;
}
