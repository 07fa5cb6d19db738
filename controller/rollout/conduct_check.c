/* conduct_check - when nodes of a rollout are measured, and who is kept to measure others with
 *
 * A node that was verified waits here.  Those that wait are measured together, with the
 * references, once nobody follows who would soon wait, too.  Of those that are found good the
 * first become references: they stay out of service, for as long as somebody may need them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "controller/command.h"
#include "controller/journal/journal.h"
#include "controller/rollout/blame.h"
#include "controller/rollout/conduct_parts.h"
#include "controller/rollout/fabric_check.h"
#include "controller/rollout/node.h"
#include "controller/rollout/rollout.h"
#include "controller/rollout/takeup.h"
#include "inventory/fleet.h"
#include "inventory/fleet_policy.h"
#include "protocol/fail.h"
#include "protocol/measure.h"

/* Who installs, reboots or is verified is waited for so long, from when the first waits. */
#define GATHER_MS 300000u

/* How a node stands that has come here. */
enum place {
    PLACE_NONE,
    PLACE_WAITS,     /* for its measurement                     */
    PLACE_STANDS_IN, /* likewise, and meanwhile for a reference */
    PLACE_REFERENCE, /* measured, and good                      */
    PLACE_FALLEN     /* it was kept, and has failed after all   */
};

struct conduct_check {
    struct conduct *conduct;
    enum place *places; /* by node of the run                        */
    size_t *here;       /* the numbers of those that have one, growing */
    size_t here_count;
    unsigned checks; /* so far */
    struct fabric_check *under_way;
    size_t *picked; /* those in it */
    size_t picked_count;
    uint64_t since_ms; /* the first one waits; 0: nobody does */
    uv_timer_t timer;
};

static const struct fleet_policy *keys_of(const struct conduct_check *q)
{
    return terms_of(q->conduct->terms)->keys;
}

static const char *name_of(const struct conduct_check *q, size_t i)
{
    return q->conduct->command->nodes[i]->name;
}

static bool is_kept(enum place place)
{
    return place == PLACE_STANDS_IN || place == PLACE_REFERENCE;
}

static size_t count_at(const struct conduct_check *q, enum place place)
{
    size_t n = 0;

    for (size_t k = 0; k < q->here_count; k++)
        n += q->places[q->here[k]] == place;
    return n;
}

static size_t count_kept(const struct conduct_check *q)
{
    return count_at(q, PLACE_STANDS_IN) + count_at(q, PLACE_REFERENCE);
}

/* ---- to the nodes ----------------------------------------------------------------------- */

/* why NULL: on with it. */
static void let_go(struct conduct_check *q, size_t i, const struct fail *why)
{
    q->places[i] = why && is_kept(q->places[i]) ? PLACE_FALLEN : PLACE_NONE;
    rollout_answer(q->conduct->rollout, i, NODE_CHECKING, why);
}

static bool may_keep(const struct conduct_check *q, size_t i)
{
    return count_kept(q) < keys_of(q)->references &&
           rollout_may_keep(q->conduct->rollout, i);
}

static void keep(struct conduct_check *q, size_t i, enum place as)
{
    q->places[i] = as;
    rollout_keep(q->conduct->rollout, i);
}

static void tell(const struct conduct_check *q, const char *text)
{
    rollout_tell(q->conduct->rollout, "check", text);
}

/* Who was not well before is not taken to be so now. */
static bool had_failed(const struct conduct_check *q, size_t i)
{
    const struct takeup *left = q->conduct->left;

    return left && takeup_code(left, name_of(q, i)) == FAIL_FABRIC;
}

static void pass_unmeasured(struct conduct_check *q, size_t i)
{
    char text[200];
    struct fail why;

    if (had_failed(q, i)) {
        fail_set(
            &why, FAIL_FABRIC,
            "it was not well on the fabric before, and nobody is there to measure it "
            "with; when validate finds it good: resume --failed --fabric-check no");
        let_go(q, i, &why);
        return;
    }
    snprintf(text, sizeof text,
             "%s goes on unmeasured: nobody was there to measure it with", name_of(q, i));
    tell(q, text);
    let_go(q, i, NULL);
}

/* It has nobody to be measured with now.  Kept, it may be measured with those after it, if
 * there will be any.
 */
static void stand_in(struct conduct_check *q, size_t i)
{
    char text[200];

    if (may_keep(q, i))
        keep(q, i, PLACE_STANDS_IN);
    if (!is_kept(q->places[i]) || !rollout_needs_kept(q->conduct->rollout)) {
        pass_unmeasured(q, i);
        return;
    }
    snprintf(text, sizeof text, "%s waits for others to be measured with", name_of(q, i));
    tell(q, text);
}

static void stand_in_all(struct conduct_check *q)
{
    for (size_t k = 0; k < q->here_count; k++)
        if (q->places[q->here[k]] == PLACE_WAITS)
            stand_in(q, q->here[k]);
}

/* Nobody is left whom they could be measured with. */
static void release_kept(struct conduct_check *q)
{
    for (size_t k = 0; k < q->here_count; k++) {
        size_t i = q->here[k];

        if (q->places[i] == PLACE_STANDS_IN)
            pass_unmeasured(q, i);
        else if (q->places[i] == PLACE_REFERENCE)
            let_go(q, i, NULL);
    }
}

/* ---- the measurement -------------------------------------------------------------------- */

static void settle(struct conduct_check *q, size_t i, const struct blame *b)
{
    if (node_where(rollout_node(q->conduct->rollout, i)) != NODE_CHECKING)
        return;
    if (b->why.code)
        let_go(q, i, &b->why);
    else if (!b->has_met)
        return;
    else if (is_kept(q->places[i]))
        q->places[i] = PLACE_REFERENCE;
    else if (may_keep(q, i))
        keep(q, i, PLACE_REFERENCE);
    else
        let_go(q, i, NULL);
}

/* Several of whom none has met another are not told apart by measuring them once more. */
static bool is_in_vain(const struct conduct_check *q, const struct blame *all)
{
    size_t unmet = 0;

    for (size_t k = 0; k < q->picked_count; k++)
        unmet += !all[k].why.code && !all[k].has_met;
    return unmet > 1;
}

static void on_ended(void *arg, const struct blame *all, const char *said)
{
    struct conduct_check *q = arg;
    struct blame nobody = {.has_met = false};
    bool in_vain = is_in_vain(q, all);

    fail_set(&nobody.why, FAIL_FABRIC, "it was to be measured, and has met nobody");
    tell(q, said);
    for (size_t k = 0; k < q->picked_count; k++)
        settle(q, q->picked[k],
               in_vain && !all[k].why.code && !all[k].has_met ? &nobody : &all[k]);
    fabric_check_close(q->under_way);
    q->under_way = NULL;
    q->since_ms = 0;
    conduct_check_look(q->conduct);
}

static size_t pick(struct conduct_check *q, const struct fleet_node **nodes,
                   bool *was_good)
{
    size_t n = 0;

    for (size_t k = 0; k < q->here_count; k++) {
        size_t i = q->here[k];

        if (q->places[i] != PLACE_WAITS && !is_kept(q->places[i]))
            continue;
        q->picked[n] = i;
        nodes[n] = q->conduct->command->nodes[i];
        was_good[n++] = q->places[i] == PLACE_REFERENCE;
    }
    return n;
}

/* The journal's id of a run is unique, and short enough. */
static int measure(struct conduct_check *q, struct fail *why)
{
    static const struct fabric_check_hooks hooks = {.ended = on_ended};
    const struct fleet_node **nodes = calloc(q->here_count, sizeof *nodes);
    bool *was_good = calloc(q->here_count, sizeof *was_good);
    char name[MEASURE_CAMPAIGN_BYTES];
    struct fabric_check_order order = {.name = name,
                                       .nodes = nodes,
                                       .was_good = was_good};
    int started = -1;

    if (nodes && was_good) {
        snprintf(name, sizeof name, "%s-%u", journal_run_id(q->conduct->journal),
                 ++q->checks);
        order.count = q->picked_count = pick(q, nodes, was_good);
        started = fabric_check_start(q->conduct->command->loop, q->conduct->crew.pool,
                                     &order, &hooks, q, &q->under_way, why);
    } else {
        fail_memory(why);
    }
    free(nodes);
    free(was_good);
    return started;
}

static void fail_waiting(struct conduct_check *q, const struct fail *why)
{
    for (size_t k = 0; k < q->here_count; k++) {
        enum place place = q->places[q->here[k]];

        if (place == PLACE_WAITS || place == PLACE_STANDS_IN)
            let_go(q, q->here[k], why);
    }
}

/* ---- when ------------------------------------------------------------------------------- */

/* A drain may take a day: who is drained is not waited for.  Who has come, and of whom that is
 * not on disk yet, is.
 */
static bool is_somebody_coming(const struct conduct_check *q, size_t waiting)
{
    const struct rollout *r = q->conduct->rollout;

    return rollout_in_state(r, NODE_CLAIMING) || rollout_in_state(r, NODE_INSTALLING) ||
           rollout_in_state(r, NODE_REBOOTING) || rollout_in_state(r, NODE_VERIFYING) ||
           rollout_in_state(r, NODE_CHECKING) > waiting + count_kept(q);
}

/* Let go, paused, overdue, or fallen and at its end by now. */
static bool is_gone(const struct conduct_check *q, size_t i)
{
    enum node_state where = node_where(rollout_node(q->conduct->rollout, i));

    return q->places[i] == PLACE_FALLEN
               ? node_state_is_end(where)
               : q->places[i] == PLACE_NONE || where != NODE_CHECKING;
}

static void forget_the_gone(struct conduct_check *q)
{
    size_t left = 0;

    for (size_t k = 0; k < q->here_count; k++) {
        size_t i = q->here[k];

        if (is_gone(q, i))
            q->places[i] = PLACE_NONE;
        else
            q->here[left++] = i;
    }
    q->here_count = left;
}

static void on_timer(uv_timer_t *timer);

static void look(struct conduct_check *q)
{
    uint64_t now_ms = uv_now(q->conduct->command->loop);
    size_t waiting;
    struct fail why;

    forget_the_gone(q);
    if (!rollout_needs_kept(q->conduct->rollout))
        release_kept(q);
    waiting = count_at(q, PLACE_WAITS);
    if (!waiting) {
        q->since_ms = 0;
        return;
    }
    if (!q->since_ms)
        q->since_ms = now_ms;
    if (is_somebody_coming(q, waiting) && now_ms < q->since_ms + GATHER_MS)
        uv_timer_start(&q->timer, on_timer, q->since_ms + GATHER_MS - now_ms, 0);
    else if (waiting + count_kept(q) < 2)
        stand_in_all(q);
    else if (measure(q, &why) < 0)
        fail_waiting(q, &why);
}

static void on_timer(uv_timer_t *timer)
{
    struct conduct_check *q = timer->data;

    if (!q->under_way && !q->conduct->is_ending)
        look(q);
}

void conduct_check_look(void *arg)
{
    const struct conduct *c = arg;

    if (c->check)
        uv_timer_start(&c->check->timer, on_timer, 0, 0);
}

bool conduct_check_holds(const struct conduct *c)
{
    const struct conduct_check *q = c->check;

    for (size_t k = 0; q && k < q->here_count; k++)
        if (q->places[q->here[k]] == PLACE_FALLEN && !is_gone(q, q->here[k]))
            return true;
    return false;
}

void conduct_check(struct conduct *c, size_t i)
{
    struct conduct_check *q = c->check;

    size_t at = q->here_count++;

    for (; at > 0 && q->here[at - 1] > i; at--)
        q->here[at] = q->here[at - 1];
    q->here[at] = i;
    q->places[i] = PLACE_WAITS;
    conduct_check_look(c);
}

/* ---- life ------------------------------------------------------------------------------- */

static void check_free(struct conduct_check *q)
{
    free(q->places);
    free(q->here);
    free(q->picked);
    free(q);
}

static void on_timer_closed(uv_handle_t *timer)
{
    check_free(timer->data);
}

int conduct_check_open(struct conduct *c, struct fail *why)
{
    size_t count = c->command->node_count;
    struct conduct_check *q;

    if (!terms_of(c->terms)->keys->fabric_check)
        return 0;
    q = calloc(1, sizeof *q);
    if (!q)
        return fail_memory(why);
    q->conduct = c;
    q->places = calloc(count + 1, sizeof *q->places);
    q->here = calloc(count + 1, sizeof *q->here);
    q->picked = calloc(count + 1, sizeof *q->picked);
    if (!q->places || !q->here || !q->picked) {
        check_free(q);
        return fail_memory(why);
    }
    uv_timer_init(c->command->loop, &q->timer);
    q->timer.data = q;
    c->check = q;
    return 0;
}

void conduct_check_close(struct conduct *c)
{
    struct conduct_check *q = c->check;

    c->check = NULL;
    if (!q)
        return;
    fabric_check_close(q->under_way);
    uv_close((uv_handle_t *)&q->timer, on_timer_closed);
}
