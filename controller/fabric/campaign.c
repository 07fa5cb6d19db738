#include "controller/fabric/campaign.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include <uv.h>

#include "controller/fabric/islands.h"
#include "controller/fabric/member.h"
#include "controller/fabric/schedule.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "controller/link/link.h"
#include "protocol/json.h"

#define JOIN_MS     20000 /* open a device, register memory                        */
#define SLACK_MS    5000  /* beyond a batch's slots: an order's way and its answer's */
#define LEAVE_MS    2000
#define MAX_PASSES  8 /* of retests; VERDICT_SLOW_RETESTS are enough, usually */
#define GIVE_UP     6 /* failures in a row, whoever the partner was             */
#define AMPLE       3 /* a slot holds so many times what a round has taken         */
#define SLOT_MAX_MS 120000
#define SPARE_SLOTS 64 /* for retests, in the limit that we set ourselves        */

/* One node's place.  A seat is in the batch while its order is not answered. */
struct seat {
    struct campaign *c;
    size_t i;
    struct link *link;
    char hca[64];
    int port;
    bool has_joined;                /* and must be told to leave */
    unsigned failures;              /* in a row                  */
    struct measure_result *results; /* of the batch; NULL: none  */
    size_t result_count;
};

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
static void lose(struct seat *s, const struct fail *why)
{
    s->c->members[s->i].why = *why;
    tell_seat(s->c, s->i, why);
}

static void finish(struct campaign *c)
{
    uv_timer_stop(&c->timer);
    enter(c, CAMPAIGN_OVER);
    c->hooks->ended(c->arg, c->why.code ? &c->why : NULL);
}

/* One answer less to wait for; what comes after the end is nobody's. */
static void answered(struct campaign *c)
{
    if (c->phase == CAMPAIGN_OVER)
        return;
    assert(c->waiting > 0);
    if (--c->waiting == 0)
        proceed(c);
}

static void ask(struct seat *s, const char *what, struct json *body, uint64_t deadline_ms,
                link_answer_fn on_answer)
{
    s->c->waiting++;
    link_ask(s->link, what, body, deadline_ms, on_answer, s);
}

/* ---- joining ----------------------------------------------------------------------- */

static void on_joined(void *arg, const struct json *answer, const struct fail *why)
{
    struct seat *s = arg;
    struct member *m = &s->c->members[s->i];
    struct fail garbage;

    if (s->c->phase == CAMPAIGN_OVER)
        return;
    if (!why && endpoint_decode(answer, &m->endpoint, &garbage) < 0)
        why = &garbage;
    if (why) {
        lose(s, why);
    } else {
        m->joined = s->has_joined = true;
        tell_seat(s->c, s->i, NULL);
    }
    answered(s->c);
}

static int ask_join(struct seat *s, struct fail *why)
{
    struct measure_join join = {.port = s->port};
    struct json *body;

    snprintf(join.campaign, sizeof join.campaign, "%s", s->c->name);
    snprintf(join.hca, sizeof join.hca, "%s", s->hca);
    body = measure_join_encode(&join);
    if (!body)
        return fail_memory(why);
    ask(s, "join", body, JOIN_MS, on_joined);
    return 0;
}

static size_t count_pairs(const struct campaign *c)
{
    size_t pairs = 0, most;

    for (size_t a = 0; a < c->n; a++)
        for (size_t b = a + 1; b < c->n; b++)
            pairs += islands_can_meet(&c->members[a], &c->members[b]);
    most = (size_t)c->rounds * (c->n / 2);
    return pairs < most ? pairs : most;
}

static void begin_measuring(struct campaign *c)
{
    islands_number(c->members, c->n);
    schedule_plan(&c->plan, c->members, c->n);
    c->rounds = schedule_round_count(c->members, c->n);
    if (c->max_rounds && c->rounds > c->max_rounds)
        c->rounds = c->max_rounds;
    c->total = count_pairs(c);
    if (!c->limit_ms) {
        c->limit_ms = (uint64_t)c->plan.slot_ms * (c->rounds + SPARE_SLOTS) +
                      SLACK_MS * (c->rounds + SPARE_SLOTS);
        uv_timer_start(&c->timer, on_limit, c->limit_ms, 0);
    }
    enter(c, CAMPAIGN_MEASURING);
}

/* ---- a batch ----------------------------------------------------------------------- */

/* A node may only speak of meetings that it was sent to. */
static bool is_ordered(const struct seat *s, const struct measure_result *r)
{
    const struct batch *b = &s->c->batch;

    return r->round >= b->first_round && r->round - b->first_round < b->slots &&
           batch_partner(b, r->round - b->first_round, s->i) == r->peer;
}

static int take_results(struct seat *s, const struct json *answer, struct fail *why)
{
    size_t count;

    s->results = calloc(s->c->batch.slots, sizeof *s->results);
    if (!s->results)
        return fail_memory(why);
    if (measure_results_decode(answer, s->results, s->c->batch.slots, &count, why) < 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!is_ordered(s, &s->results[i]))
            return fail_set(why, FAIL_GARBAGE,
                            "result of a meeting that was not ordered");
    s->result_count = count;
    return 0;
}

static void on_results(void *arg, const struct json *answer, const struct fail *why)
{
    struct seat *s = arg;
    struct fail garbage;

    if (s->c->phase == CAMPAIGN_OVER)
        return;
    if (!why && take_results(s, answer, &garbage) < 0)
        why = &garbage;
    if (why)
        lose(s, why);
    answered(s->c);
}

static int ask_order(struct seat *s, struct measure_round *rounds, struct fail *why)
{
    struct campaign *c = s->c;
    struct measure_order o = {.plan = c->plan};
    struct json *body;

    schedule_order(&c->batch, c->members, s->i, c->name, c->batches, &o, rounds);
    if (!o.round_count)
        return 0;
    body = measure_order_encode(&o);
    if (!body)
        return fail_memory(why);
    ask(s, "order", body, (uint64_t)c->plan.slot_ms * c->batch.slots + SLACK_MS,
        on_results);
    return 0;
}

static int launch(struct campaign *c, struct fail *why)
{
    struct measure_round *rounds = calloc(MEASURE_MAX_ROUNDS, sizeof *rounds);
    int result = rounds ? 0 : fail_memory(why);

    c->batches++;
    c->round += c->batch.slots;
    for (size_t i = 0; result == 0 && i < c->n; i++)
        result = ask_order(&c->seats[i], rounds, why);
    free(rounds);
    return result;
}

static const struct measure_result *result_of(const struct seat *s, unsigned round)
{
    for (size_t i = 0; i < s->result_count; i++)
        if (s->results[i].round == round)
            return &s->results[i];
    return NULL;
}

static void count_failure(struct campaign *c, size_t i, bool failed)
{
    struct seat *s = &c->seats[i];

    s->failures = failed ? s->failures + 1 : 0;
    if (s->failures == GIVE_UP)
        c->members[i].given_up = true;
}

/* A host with other work needs longer than we thought: who only runs out of time
 * must not look broken.
 */
static void widen_slot(struct campaign *c, const struct measure_result *r)
{
    unsigned ample_ms = AMPLE * r->took_ms;

    if (ample_ms > c->plan.slot_ms)
        c->plan.slot_ms = ample_ms < SLOT_MAX_MS ? ample_ms : SLOT_MAX_MS;
}

static bool ran_out(const struct measure_result *r)
{
    return r->why.code == FAIL_TIMEOUT;
}

/* Both sides must tell: when one was lost in the middle, what the other side saw of
 * it says nothing about the fabric.
 */
static int note_meeting(struct campaign *c, size_t a, size_t b, unsigned round,
                        struct fail *why)
{
    const struct measure_result *of_a = result_of(&c->seats[a], round);
    const struct measure_result *of_b = result_of(&c->seats[b], round);
    bool failed;

    if (!of_a || !of_b)
        return 0;
    failed = of_a->why.code || of_b->why.code;
    c->ran_out |= ran_out(of_a) || ran_out(of_b);
    c->done += !tally_pair(c->tally, a, b)->meetings;
    count_failure(c, a, failed);
    count_failure(c, b, failed);
    if (!failed)
        widen_slot(c, of_a);
    return tally_add(c->tally, a, b, c->batch.alone, of_a, of_b, why);
}

static int land(struct campaign *c, struct fail *why)
{
    int result = 0;

    for (unsigned slot = 0; slot < c->batch.slots; slot++)
        for (size_t a = 0; result == 0 && a < c->n; a++) {
            unsigned b = batch_partner(&c->batch, slot, a);

            if (b != SCHEDULE_REST && a < b)
                result = note_meeting(c, a, b, c->batch.first_round + slot, why);
        }
    for (size_t i = 0; i < c->n; i++) {
        free(c->seats[i].results);
        c->seats[i].results = NULL;
        c->seats[i].result_count = 0;
    }
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

    if (!c->why.code)
        fail_set(&c->why, FAIL_TIMEOUT, "the measurement was to end after %llu s",
                 (unsigned long long)(c->limit_ms / 1000));
    if (c->batch.partner)
        land(c, &c->why);
    judge(c, &c->why);
    finish(c);
}

static int measure(struct campaign *c, struct fail *why)
{
    unsigned slots = schedule_slots(&c->plan);

    if (c->round < c->rounds && !is_stopped(c)) {
        if (slots > c->rounds - c->round)
            slots = c->rounds - c->round;
        if (schedule_rounds(&c->batch, c->members, c->n, c->round, slots, why) < 0)
            return -1;
        return launch(c, why);
    }
    if (judge(c, why) < 0)
        return -1;
    if (c->ran_out && c->plan.slot_ms <= SLOT_MAX_MS / 2)
        c->plan.slot_ms *= 2;
    enter(c, CAMPAIGN_RETESTING);
    return 0;
}

static void on_left(void *arg, const struct json *answer, const struct fail *why)
{
    const struct seat *s = arg;

    (void)answer;
    (void)why; /* it is the end anyway */
    answered(s->c);
}

static int leave(struct campaign *c, struct fail *why)
{
    enter(c, CAMPAIGN_LEAVING);
    for (size_t i = 0; i < c->n; i++) {
        struct json *body;

        if (!c->seats[i].has_joined || c->members[i].why.code)
            continue;
        body = json_object();
        if (!body || json_put_text(body, "campaign", c->name) < 0) {
            json_free(body);
            return fail_memory(why);
        }
        ask(&c->seats[i], "leave", body, LEAVE_MS, on_left);
    }
    return 0;
}

static int retest(struct campaign *c, struct fail *why)
{
    const struct verdict *v = c->verdict;
    size_t taken;

    if (c->next_suspect == v->suspect_count && c->next_suspect > 0) {
        c->passes++;
        if (judge(c, why) < 0)
            return -1;
        v = c->verdict;
        advance(c);
    }
    if (!v->suspect_count || c->passes == MAX_PASSES || is_stopped(c))
        return leave(c, why);
    if (schedule_alone(&c->batch, c->n, c->round, schedule_slots(&c->plan),
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
    for (size_t i = 0; c->seats && i < c->n; i++)
        free(c->seats[i].results);
    free(c->seats);
    free(c->members);
    batch_clear(&c->batch);
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
    c->tally = tally_new(n);
    if (!c->members || !c->seats || !c->tally) {
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
        c->seats[i] = (struct seat){.c = c, .i = i, .link = nodes[i].link};
        c->seats[i].port = nodes[i].port;
        if (nodes[i].hca)
            snprintf(c->seats[i].hca, sizeof c->seats[i].hca, "%s", nodes[i].hca);
    }
    return c;
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
    for (size_t i = 0; i < n; i++)
        if (nodes[i].link && ask_join(&made->seats[i], &made->why) < 0)
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
