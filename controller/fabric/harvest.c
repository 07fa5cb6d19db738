#include "controller/fabric/harvest.h"

#include <stdlib.h>

#include "controller/fabric/member.h"
#include "controller/fabric/schedule.h"
#include "controller/fabric/tally.h"
#include "protocol/fail.h"
#include "protocol/measure.h"

struct teller { /* one node */
    struct measure_result *results;
    size_t count;
    unsigned failures; /* in a row */
    bool guilty;       /* of them  */
};

struct harvest {
    size_t n;
    struct teller *tellers;
};

struct harvest *harvest_new(size_t n)
{
    struct harvest *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    h->n = n;
    h->tellers = calloc(n ? n : 1, sizeof *h->tellers);
    if (!h->tellers) {
        free(h);
        return NULL;
    }
    return h;
}

static void forget(struct teller *t)
{
    free(t->results);
    t->results = NULL;
    t->count = 0;
}

void harvest_free(struct harvest *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->n; i++)
        forget(&h->tellers[i]);
    free(h->tellers);
    free(h);
}

/* ---- one answer -------------------------------------------------------------------- */

static unsigned count_ordered(const struct batch *b, size_t i)
{
    unsigned count = 0;

    for (unsigned slot = 0; slot < b->slots; slot++)
        count += batch_partner(b, slot, i) != SCHEDULE_REST;
    return count;
}

static const struct measure_result *result_of(const struct teller *t, unsigned round)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->results[i].round == round)
            return &t->results[i];
    return NULL;
}

static bool is_ordered(const struct batch *b, size_t i, const struct measure_result *r)
{
    return r->round >= b->first_round && r->round - b->first_round < b->slots &&
           batch_partner(b, r->round - b->first_round, i) == r->peer;
}

/* Who says that all went well must have numbers to show. */
static bool is_whole(const struct measure_plan *plan, size_t i,
                     const struct measure_result *r)
{
    bool wants_latency = plan->samples > 0 && i < r->peer;
    bool wants_windows = plan->window_ms > 0 && plan->windows > 0;

    return r->why.code || ((!wants_latency || (r->latency.samples && r->ack.samples)) &&
                           (!wants_windows || r->windows));
}

static int check(const struct teller *t, const struct measure_plan *plan,
                 const struct batch *b, size_t i, struct fail *why)
{
    if (t->count != count_ordered(b, i))
        return fail_set(why, FAIL_GARBAGE, "%zu results of %u meetings", t->count,
                        count_ordered(b, i));
    for (size_t k = 0; k < t->count; k++) {
        const struct measure_result *r = &t->results[k];

        if (!is_ordered(b, i, r))
            return fail_set(why, FAIL_GARBAGE,
                            "result of a meeting that was not ordered");
        if (result_of(t, r->round) != r)
            return fail_set(why, FAIL_GARBAGE, "two results of one meeting");
        if (!is_whole(plan, i, r))
            return fail_set(why, FAIL_GARBAGE, "result of a meeting without its numbers");
    }
    return 0;
}

int harvest_take(struct harvest *h, const struct measure_plan *plan,
                 const struct batch *b, size_t i, const struct json *answer,
                 struct fail *why)
{
    struct teller *t = &h->tellers[i];

    t->results = calloc(b->slots, sizeof *t->results);
    if (!t->results)
        return fail_memory(why);
    if (measure_results_decode(answer, t->results, b->slots, &t->count, why) == 0 &&
        check(t, plan, b, i, why) == 0)
        return 0;
    forget(t);
    return -1;
}

/* ---- both sides -------------------------------------------------------------------- */

static bool ran_out(const struct measure_result *r)
{
    return r->why.code == FAIL_TIMEOUT;
}

static void count_failure(struct teller *t, bool failed)
{
    t->failures = failed ? t->failures + 1 : 0;
}

/* Both were there as long; one that exaggerates shall not slow down all. */
static void keep_longest(struct harvest_sum *sum, const struct measure_result *of_i,
                         const struct measure_result *of_j)
{
    unsigned took_ms = of_i->took_ms < of_j->took_ms ? of_i->took_ms : of_j->took_ms;

    if (took_ms > sum->longest_ms)
        sum->longest_ms = took_ms;
}

/* One meeting of i and j, i below j. */
struct meeting {
    size_t i, j;
    unsigned round;
    bool alone;
};

static int settle(struct harvest *h, const struct meeting *m, struct tally *t,
                  struct harvest_sum *sum, struct fail *why)
{
    const struct measure_result *of_i = result_of(&h->tellers[m->i], m->round);
    const struct measure_result *of_j = result_of(&h->tellers[m->j], m->round);
    bool failed;

    if (!of_i || !of_j)
        return 0;
    failed = of_i->why.code || of_j->why.code;
    sum->ran_out |= ran_out(of_i) || ran_out(of_j);
    sum->fresh += !tally_pair(t, m->i, m->j)->meetings;
    if (!failed)
        keep_longest(sum, of_i, of_j);
    count_failure(&h->tellers[m->i], failed);
    count_failure(&h->tellers[m->j], failed);
    return tally_add(t, m->i, m->j, m->alone, of_i, of_j, why);
}

/* ---- who is given up --------------------------------------------------------------- */

static bool is_hopeless(const struct harvest *h, size_t i)
{
    return h->tellers[i].failures >= HARVEST_GIVE_UP;
}

static bool is_in_play(const struct member *m)
{
    return m->joined && !m->why.code && !m->given_up;
}

/* Has it failed with somebody who gets on with others? */
static bool failed_with_good(const struct harvest *h, const struct member *members,
                             const struct tally *t, size_t i)
{
    for (size_t j = 0; j < h->n; j++)
        if (j != i && is_in_play(&members[j]) && !is_hopeless(h, j) &&
            tally_pair_failed(tally_pair(t, i, j)))
            return true;
    return false;
}

/* Whoever has met nobody but a broken rack fails in a row too, and is innocent. */
static void give_up(struct harvest *h, struct member *members, const struct tally *t)
{
    bool some_good = false;

    for (size_t i = 0; i < h->n; i++)
        some_good |= is_in_play(&members[i]) && !is_hopeless(h, i);
    for (size_t i = 0; i < h->n; i++)
        h->tellers[i].guilty =
            is_hopeless(h, i) && (!some_good || failed_with_good(h, members, t, i));
    for (size_t i = 0; i < h->n; i++)
        members[i].given_up |= h->tellers[i].guilty;
}

int harvest_settle(struct harvest *h, const struct batch *b, struct member *members,
                   struct tally *t, struct harvest_sum *sum, struct fail *why)
{
    int result = 0;

    *sum = (struct harvest_sum){0};
    for (unsigned slot = 0; slot < b->slots; slot++)
        for (size_t i = 0; i < h->n && result == 0; i++) {
            unsigned j = batch_partner(b, slot, i);

            if (j != SCHEDULE_REST && i < j)
                result =
                    settle(h, &(struct meeting){i, j, b->first_round + slot, b->alone}, t,
                           sum, why);
        }
    give_up(h, members, t);
    for (size_t i = 0; i < h->n; i++)
        forget(&h->tellers[i]);
    return result;
}
