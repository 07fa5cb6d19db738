#include "controller/fabric/schedule.h"

#include <stdio.h>
#include <stdlib.h>

#include "controller/fabric/islands.h"
#include "controller/fabric/member.h"
#include "controller/fabric/pairs.h"
#include "controller/fabric/verdict.h"
#include "protocol/fail.h"

/* ---- the tournament ---------------------------------------------------------------- */

static size_t people_of(const struct member *members, size_t n, unsigned island)
{
    size_t people = 0;

    for (size_t i = 0; i < n; i++)
        people += members[i].island == island;
    return people;
}

unsigned schedule_round_count(const struct member *members, size_t n)
{
    return (unsigned)pairs_rounds(people_of(members, n, 0)); /* 0 is the largest */
}

size_t schedule_pair_count(const struct member *members, size_t n, unsigned rounds)
{
    size_t pairs = 0, most = rounds * (n / 2);

    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++)
            pairs += islands_can_meet(&members[a], &members[b]);
    return pairs < most ? pairs : most;
}

static int make(struct batch *b, size_t n, unsigned first, unsigned slots, bool alone,
                struct fail *why)
{
    *b = (struct batch){.n = n, .slots = slots, .first_round = first, .alone = alone};
    b->partner = malloc(n * slots * sizeof *b->partner);
    if (!b->partner)
        return fail_memory(why);
    for (size_t i = 0; i < n * slots; i++)
        b->partner[i] = SCHEDULE_REST;
    return 0;
}

void batch_clear(struct batch *b)
{
    free(b->partner);
    *b = (struct batch){0};
}

unsigned batch_partner(const struct batch *b, unsigned slot, size_t i)
{
    return b->partner[slot * b->n + i];
}

static void seat(struct batch *b, unsigned slot, size_t x, size_t y)
{
    b->partner[slot * b->n + x] = (unsigned)y;
    b->partner[slot * b->n + y] = (unsigned)x;
}

static bool is_lost(const struct member *m)
{
    return m->why.code != FAIL_NONE;
}

static bool can_meet(const struct member *a, const struct member *b)
{
    return islands_can_meet(a, b) && !is_lost(a) && !is_lost(b) && !a->given_up &&
           !b->given_up;
}

/* All islands play their own tournament at the same time. */
static void seat_island(struct batch *b, const struct member *members, const size_t *who,
                        size_t people)
{
    for (unsigned slot = 0; slot < b->slots; slot++)
        for (size_t i = 0; i < people && b->first_round + slot < pairs_rounds(people);
             i++) {
            size_t j = pairs_partner(people, b->first_round + slot, i);

            if (j != PAIRS_NOBODY && i < j &&
                can_meet(&members[who[i]], &members[who[j]]))
                seat(b, slot, who[i], who[j]);
        }
}

int schedule_rounds(struct batch *b, const struct member *members, size_t n,
                    unsigned first, unsigned slots, struct fail *why)
{
    size_t *who = malloc((n ? n : 1) * sizeof *who);
    size_t people = 1;

    if (!who || make(b, n, first, slots, false, why) < 0) {
        free(who);
        return fail_memory(why);
    }
    for (unsigned island = 0; people; island++) {
        people = 0;
        for (size_t i = 0; i < n; i++)
            if (members[i].island == island)
                who[people++] = i;
        seat_island(b, members, who, people);
    }
    free(who);
    return 0;
}

/* ---- suspects ---------------------------------------------------------------------- */

int schedule_alone(struct batch *b, const struct member *members, size_t n,
                   unsigned first, unsigned slots, const struct verdict_pair *pairs,
                   size_t count, size_t *taken, struct fail *why)
{
    size_t width = n / SCHEDULE_NODES_PER_LONER;
    unsigned slot = 0;
    size_t seated = 0;

    if (make(b, n, first, slots, true, why) < 0)
        return -1;
    for (*taken = 0; *taken < count; ++*taken) {
        const struct verdict_pair *p = &pairs[*taken];

        if (is_lost(&members[p->a]) || is_lost(&members[p->b]))
            continue;
        if (seated && (seated >= width || batch_partner(b, slot, p->a) != SCHEDULE_REST ||
                       batch_partner(b, slot, p->b) != SCHEDULE_REST)) {
            seated = 0;
            slot++;
        }
        if (slot == slots)
            break;
        seat(b, slot, p->a, p->b);
        seated++;
    }
    b->slots = slot < slots ? slot + 1 : slots;
    return 0;
}

/* ---- orders ------------------------------------------------------------------------ */

/* FNV-1a, then mixed: its low bits alone follow the last byte too closely. */
uint32_t schedule_psn(const char *campaign, unsigned round, size_t i)
{
    char text[96];
    uint64_t hash = 14695981039346656037ULL;

    snprintf(text, sizeof text, "%s/%u/%zu", campaign, round, i);
    for (const char *c = text; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 1099511628211ULL;
    hash ^= hash >> 32;
    return (uint32_t)((hash * 0x9e3779b97f4a7c15ULL) >> 40);
}

void schedule_order(const struct batch *b, const struct member *members, size_t i,
                    const char *campaign, unsigned number, struct measure_order *o,
                    struct measure_round *rounds)
{
    snprintf(o->campaign, sizeof o->campaign, "%s", campaign);
    o->batch = number;
    o->rounds = rounds;
    o->round_count = 0;
    for (unsigned slot = 0; slot < b->slots; slot++) {
        unsigned peer = batch_partner(b, slot, i), round = b->first_round + slot;

        if (peer == SCHEDULE_REST)
            continue;
        rounds[o->round_count++] = (struct measure_round){
            .round = round,
            .slot = slot,
            .peer = peer,
            .first = i < peer,
            .psn = schedule_psn(campaign, round, i),
            .peer_psn = schedule_psn(campaign, round, peer),
            .partner = members[peer].endpoint,
        };
    }
}
