#include "controller/fabric/campaign.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

#include "controller/fabric/harvest.h"
#include "controller/fabric/islands.h"
#include "controller/fabric/member.h"
#include "controller/fabric/pace.h"
#include "controller/fabric/schedule.h"
#include "controller/fabric/seat.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"

#define MAX_PASSES 8 /* of retests; VERDICT_SLOW_RETESTS are enough, usually */

/* A campaign is always in one phase, and waits for `waiting` answers; when the
 * last has come, proceed() takes the phase's next step.  It owns its timer (the
 * limit) and nothing else of the loop.
 */
struct campaign {
    enum campaign_phase phase;
    const struct campaign_hooks *hooks;
    void *arg;
    uv_timer_t timer;
    char name[40];
    struct measure_plan plan;
    unsigned max_rounds;
    uint64_t limit_ms;

    size_t n;
    struct member *members;
    struct seat *seats;
    struct harvest *harvest;
    struct tally *tally;
    struct verdict *verdict;

    struct batch batch; /* under way                          */
    unsigned batches;   /* so far                             */
    unsigned round;     /* next number                        */
    unsigned rounds;    /* of the tournament                  */
    size_t waiting;     /* for so many answers                */
    size_t next_suspect, passes;
    size_t done, total; /* pairs                              */
    bool ran_out;       /* of time, in the middle of measuring */
    struct fail why;    /* that it did not end as it should   */
};

static void proceed(struct campaign *c);
static void on_limit(uv_timer_t *timer);

/* ---- small things ------------------------------------------------------------------ */

static void advance(struct campaign *c)
{
    struct campaign_progress p = {.phase = c->phase, .done = c->done, .total = c->total};

    if (c->phase == CAMPAIGN_RETESTING) {
        p.done = c->next_suspect;
        p.total = c->verdict->suspect_count;
        p.controls = c->verdict->control_count;
    }
    if (c->hooks->advanced)
        c->hooks->advanced(c->arg, &p);
}

static void enter(struct campaign *c, enum campaign_phase phase)
{
    c->phase = phase;
    advance(c);
}

static void tell_seat(struct campaign *c, size_t i, const struct fail *why)
{
    if (c->hooks->seated)
        c->hooks->seated(c->arg, i, why);
}

/* From now on this node is left out. */
static void lose(struct campaign *c, size_t i, const struct fail *why)
{
    c->members[i].why = *why;
    tell_seat(c, i, why);
}

static void finish(struct campaign *c)
{
    uv_timer_stop(&c->timer);
    enter(c, CAMPAIGN_OVER);
    c->hooks->ended(c->arg, c->why.code ? &c->why : NULL);
}

/* ---- answers ------------------------------------------------------------------------ */

static int take_endpoint(struct campaign *c, size_t i, const struct json *answer,
                         struct fail *why)
{
    struct member *m = &c->members[i];

    if (endpoint_decode(answer, &m->endpoint, why) < 0)
        return -1;
    m->joined = true;
    tell_seat(c, i, NULL);
    return 0;
}

/* A phase asks one kind of question, so it also says what an answer is about. */
static int take(struct campaign *c, size_t i, const struct json *answer, struct fail *why)
{
    switch (c->phase) {
    case CAMPAIGN_JOINING:
        return take_endpoint(c, i, answer, why);
    case CAMPAIGN_MEASURING:
    case CAMPAIGN_RETESTING:
        return harvest_take(c->harvest, &c->plan, &c->batch, i, answer, why);
    default:
        return 0;
    }
}

/* What comes after the end is nobody's; how a node leaves does not matter. */
static void on_answer(void *arg, size_t i, const struct json *answer,
                      const struct fail *why)
{
    struct campaign *c = arg;
    struct fail garbage;

    if (c->phase == CAMPAIGN_OVER)
        return;
    if (!why && take(c, i, answer, &garbage) < 0)
        why = &garbage;
    if (why && c->phase != CAMPAIGN_LEAVING)
        lose(c, i, why);
    assert(c->waiting > 0);
    if (--c->waiting == 0)
        proceed(c);
}

/* ---- a batch ----------------------------------------------------------------------- */

static int give_order(struct campaign *c, size_t i, struct measure_round *rounds,
                      struct fail *why)
{
    struct measure_order o = {.plan = c->plan};

    schedule_order(&c->batch, c->members, i, c->name, c->batches, &o, rounds);
    if (!o.round_count)
        return 0;
    c->waiting++;
    return seat_order(&c->seats[i], &o, pace_order_ms(&c->plan, c->batch.slots), why);
}

static int launch(struct campaign *c, struct fail *why)
{
    struct measure_round *rounds = calloc(MEASURE_MAX_ROUNDS, sizeof *rounds);
    int result = rounds ? 0 : fail_memory(why);

    c->batches++;
    c->round += c->batch.slots;
    for (size_t i = 0; result == 0 && i < c->n; i++)
        result = give_order(c, i, rounds, why);
    free(rounds);
    return result;
}

static int land(struct campaign *c, struct fail *why)
{
    struct harvest_sum sum;
    int result = harvest_settle(c->harvest, &c->batch, c->members, c->tally, &sum, why);

    c->done += sum.fresh;
    c->ran_out |= sum.ran_out;
    pace_widen(&c->plan, sum.longest_ms);
    batch_clear(&c->batch);
    return result;
}

/* ---- steps: each is taken when nothing is waited for ------------------------------- */

static bool is_stopped(const struct campaign *c)
{
    return c->why.code != FAIL_NONE;
}

static int judge(struct campaign *c, struct fail *why)
{
    verdict_free(c->verdict);
    c->verdict = NULL;
    c->next_suspect = 0;
    return verdict_judge(c->members, c->n, c->tally, &c->verdict, why);
}

/* What has come of the batch under way counts; who has not answered has not. */
static void on_limit(uv_timer_t *timer)
{
    struct campaign *c = timer->data;

    if (!is_stopped(c) && c->phase != CAMPAIGN_LEAVING)
        fail_set(&c->why, FAIL_TIMEOUT, "the measurement was to end after %llu s",
                 (unsigned long long)(c->limit_ms / 1000));
    if (c->batch.partner)
        land(c, &c->why);
    judge(c, &c->why);
    finish(c);
}

static void begin_measuring(struct campaign *c)
{
    islands_number(c->members, c->n);
    pace_plan(&c->plan, c->members, c->n);
    c->rounds = schedule_round_count(c->members, c->n);
    if (c->max_rounds && c->rounds > c->max_rounds)
        c->rounds = c->max_rounds;
    c->total = schedule_pair_count(c->members, c->n, c->rounds);
    if (!c->limit_ms) {
        c->limit_ms = pace_limit_ms(&c->plan, c->rounds);
        uv_timer_start(&c->timer, on_limit, c->limit_ms, 0);
    }
    enter(c, CAMPAIGN_MEASURING);
}

static int leave(struct campaign *c, struct fail *why)
{
    enter(c, CAMPAIGN_LEAVING);
    for (size_t i = 0; i < c->n; i++)
        if (c->members[i].joined && !c->members[i].why.code) {
            c->waiting++;
            if (seat_leave(&c->seats[i], c->name, why) < 0)
                return -1;
        }
    return 0;
}

static int measure(struct campaign *c, struct fail *why)
{
    unsigned slots = pace_slots(&c->plan);

    if (c->round < c->rounds && !is_stopped(c)) {
        if (slots > c->rounds - c->round)
            slots = c->rounds - c->round;
        if (schedule_rounds(&c->batch, c->members, c->n, c->round, slots, why) < 0)
            return -1;
        return launch(c, why);
    }
    if (judge(c, why) < 0)
        return -1;
    if (is_stopped(c))
        return leave(c, why);
    if (c->ran_out)
        pace_double(&c->plan);
    enter(c, CAMPAIGN_RETESTING);
    return 0;
}

/* A pass is over when all suspects have met once more, or with a stop. */
static int retest(struct campaign *c, struct fail *why)
{
    const struct verdict *v = c->verdict;
    bool is_over =
        c->next_suspect > 0 && (c->next_suspect == v->suspect_count || is_stopped(c));
    size_t taken;
    bool is_last;

    if (is_over) {
        c->passes++;
        if (judge(c, why) < 0)
            return -1;
        v = c->verdict;
    }
    is_last = !v->suspect_count || c->passes == MAX_PASSES;
    if (is_over && !is_last && !is_stopped(c))
        advance(c);
    if (is_last || is_stopped(c))
        return leave(c, why);
    if (schedule_alone(&c->batch, c->members, c->n, c->round, pace_slots(&c->plan),
                       v->suspects + c->next_suspect, v->suspect_count - c->next_suspect,
                       &taken, why) < 0)
        return -1;
    c->next_suspect += taken;
    return launch(c, why);
}

static int step(struct campaign *c, struct fail *why)
{
    if (c->batch.partner) {
        if (land(c, why) < 0)
            return -1;
        advance(c);
    }
    switch (c->phase) {
    case CAMPAIGN_JOINING:
        begin_measuring(c);
        return 0;
    case CAMPAIGN_MEASURING:
        return measure(c, why);
    case CAMPAIGN_RETESTING:
        return retest(c, why);
    default:
        finish(c);
        return 0;
    }
}

static void proceed(struct campaign *c)
{
    while (c->phase != CAMPAIGN_OVER && c->waiting == 0) {
        struct fail why;

        if (step(c, &why) < 0) {
            c->why = why;
            finish(c);
        }
    }
}

/* ---- beginning and end ------------------------------------------------------------- */

static void free_campaign(struct campaign *c)
{
    free(c->seats);
    free(c->members);
    batch_clear(&c->batch);
    harvest_free(c->harvest);
    tally_free(c->tally);
    verdict_free(c->verdict);
    free(c);
}

static struct campaign *make(const struct campaign_node *nodes, size_t n,
                             const struct campaign_options *options)
{
    struct campaign *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->n = n;
    c->members = calloc(n, sizeof *c->members);
    c->seats = calloc(n, sizeof *c->seats);
    c->harvest = harvest_new(n);
    c->tally = tally_new(n);
    if (!c->members || !c->seats || !c->harvest || !c->tally) {
        free_campaign(c);
        return NULL;
    }
    c->phase = CAMPAIGN_JOINING;
    c->plan = options->plan;
    c->max_rounds = options->rounds;
    c->limit_ms = options->limit_ms;
    snprintf(c->name, sizeof c->name, "%s", options->name);
    for (size_t i = 0; i < n; i++) {
        c->members[i] = (struct member){.name = nodes[i].name, .island = ISLAND_NONE};
        c->members[i].why = nodes[i].why;
        c->seats[i] = (struct seat){.link = nodes[i].link,
                                    .hca = nodes[i].hca,
                                    .port = nodes[i].port,
                                    .i = i,
                                    .on_answer = on_answer,
                                    .arg = c};
    }
    return c;
}

static int ask_all_to_join(struct campaign *c, struct fail *why)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->seats[i].link) {
            c->waiting++;
            if (seat_join(&c->seats[i], c->name, why) < 0)
                return -1;
        }
    return 0;
}

static size_t count_links(const struct campaign_node *nodes, size_t n)
{
    size_t links = 0;

    for (size_t i = 0; i < n; i++)
        links += nodes[i].link != NULL;
    return links;
}

int campaign_start(struct uv_loop_s *loop, const struct campaign_node *nodes, size_t n,
                   const struct campaign_options *options,
                   const struct campaign_hooks *hooks, void *arg, struct campaign **c,
                   struct fail *why)
{
    struct campaign *made;

    if (n > MEMBERS_MAX)
        return fail_set(why, FAIL_USAGE,
                        "%zu nodes; at most %d are measured pair by pair", n,
                        MEMBERS_MAX);
    if (!count_links(nodes, n))
        return fail_set(why, FAIL_USAGE, "nobody to measure");
    made = make(nodes, n, options);
    if (!made)
        return fail_memory(why);
    made->hooks = hooks;
    made->arg = arg;
    uv_timer_init(loop, &made->timer);
    made->timer.data = made;
    if (made->limit_ms)
        uv_timer_start(&made->timer, on_limit, made->limit_ms, 0);
    if (ask_all_to_join(made, &made->why) < 0)
        uv_timer_start(&made->timer, on_limit, 0, 0);
    *c = made;
    return 0;
}

void campaign_stop(struct campaign *c, bool at_once)
{
    if (c->phase == CAMPAIGN_OVER)
        return;
    if (!c->why.code)
        fail_set(&c->why, FAIL_INTERRUPTED, "stopped by the operator");
    if (at_once)
        uv_timer_start(&c->timer, on_limit, 0, 0);
}

const struct verdict *campaign_verdict(const struct campaign *c)
{
    return c->verdict;
}

const struct tally *campaign_tally(const struct campaign *c)
{
    return c->tally;
}

const struct member *campaign_members(const struct campaign *c)
{
    return c->members;
}

const struct measure_plan *campaign_plan(const struct campaign *c)
{
    return &c->plan;
}

static void on_closed(uv_handle_t *timer)
{
    free_campaign(timer->data);
}

void campaign_close(struct campaign *c)
{
    if (!c)
        return;
    assert(c->phase == CAMPAIGN_OVER);
    uv_close((uv_handle_t *)&c->timer, on_closed);
}
