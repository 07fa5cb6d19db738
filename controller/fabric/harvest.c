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

static bool is_ordered(const struct batch *b, size_t i, const struct measure_result *r)
{
    return r->round >= b->first_round && r->round - b->first_round < b->slots &&
           batch_partner(b, r->round - b->first_round, i) == r->peer;
}

static int decode(struct teller *t, const struct batch *b, size_t i,
                  const struct json *answer, struct fail *why)
{
    if (measure_results_decode(answer, t->results, b->slots, &t->count, why) < 0)
        return -1;
    for (size_t k = 0; k < t->count; k++)
        if (!is_ordered(b, i, &t->results[k]))
            return fail_set(why, FAIL_GARBAGE,
                            "result of a meeting that was not ordered");
    return 0;
}

int harvest_take(struct harvest *h, const struct batch *b, size_t i,
                 const struct json *answer, struct fail *why)
{
    struct teller *t = &h->tellers[i];

    t->results = calloc(b->slots, sizeof *t->results);
    if (!t->results)
        return fail_memory(why);
    if (decode(t, b, i, answer, why) == 0)
        return 0;
    forget(t);
    return -1;
}

/* ---- both sides -------------------------------------------------------------------- */

static const struct measure_result *result_of(const struct teller *t, unsigned round)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->results[i].round == round)
            return &t->results[i];
    return NULL;
}

static void count_failure(struct teller *t, struct member *m, bool failed)
{
    t->failures = failed ? t->failures + 1 : 0;
    if (t->failures == HARVEST_GIVE_UP)
        m->given_up = true;
}

static bool ran_out(const struct measure_result *r)
{
    return r->why.code == FAIL_TIMEOUT;
}

/* One meeting of i and j, i below j. */
struct meeting {
    size_t i, j;
    unsigned round;
    bool alone;
};

static int settle(struct harvest *h, const struct meeting *m, struct member *members,
                  struct tally *t, struct harvest_sum *sum, struct fail *why)
{
    const struct measure_result *of_i = result_of(&h->tellers[m->i], m->round);
    const struct measure_result *of_j = result_of(&h->tellers[m->j], m->round);
    bool failed;

    if (!of_i || !of_j)
        return 0;
    failed = of_i->why.code || of_j->why.code;
    sum->ran_out |= ran_out(of_i) || ran_out(of_j);
    sum->fresh += !tally_pair(t, m->i, m->j)->meetings;
    if (!failed && of_i->took_ms > sum->longest_ms)
        sum->longest_ms = of_i->took_ms;
    count_failure(&h->tellers[m->i], &members[m->i], failed);
    count_failure(&h->tellers[m->j], &members[m->j], failed);
    return tally_add(t, m->i, m->j, m->alone, of_i, of_j, why);
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
                    settle(h, &(struct meeting){i, j, b->first_round + slot, b->alone},
                           members, t, sum, why);
        }
    for (size_t i = 0; i < h->n; i++)
        forget(&h->tellers[i]);
    return result;
}
