#include "controller/fabric/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct tally {
    size_t n;
    struct tally_pair *pairs; /* (0,1) (0,2) ... (1,2) ... */
};

struct tally *tally_new(size_t n)
{
    struct tally *t = calloc(1, sizeof *t);
    size_t count = n ? n * (n - 1) / 2 : 0;

    if (!t)
        return NULL;
    t->n = n;
    t->pairs = calloc(count ? count : 1, sizeof *t->pairs);
    if (!t->pairs) {
        free(t);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        struct tally_pair *p = &t->pairs[i];

        p->gbps[TALLY_A_TO_B] = p->gbps[TALLY_B_TO_A] = p->least_us = NAN;
        p->worst = (struct tally_alone){{NAN, NAN}, NAN, NAN};
    }
    return t;
}

void tally_free(struct tally *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n * (t->n ? t->n - 1 : 0) / 2; i++)
        free(t->pairs[i].text);
    free(t->pairs);
    free(t);
}

size_t tally_size(const struct tally *t)
{
    return t->n;
}

struct tally_pair *tally_pair(const struct tally *t, size_t a, size_t b)
{
    size_t low = a < b ? a : b, high = a < b ? b : a;

    return &t->pairs[low * (2 * t->n - low - 1) / 2 + high - low - 1];
}

double tally_gbps(const struct tally *t, size_t i, size_t j)
{
    return tally_pair(t, i, j)->gbps[i < j ? TALLY_A_TO_B : TALLY_B_TO_A];
}

bool tally_pair_failed(const struct tally_pair *p)
{
    return p->meetings && p->failures == p->meetings;
}

/* ---- one meeting ----------------------------------------------------------------- */

/* fmin() and fmax() pass over what is not a number. */
static void keep_gbps(struct tally_pair *p, int way, bool alone,
                      const struct measure_result *r)
{
    double gbps = measure_result_gbps(r);

    p->gbps[way] = fmax(p->gbps[way], gbps);
    if (alone)
        p->worst.gbps[way] = fmin(p->worst.gbps[way], gbps);
}

static void keep_latency(struct tally_pair *p, bool alone, const struct measure_result *r)
{
    if (!r->latency.samples)
        return;
    p->least_us = fmin(p->least_us, r->latency.min_us);
    if (alone) {
        p->worst.min_us = fmax(p->worst.min_us, r->latency.min_us);
        p->worst.p50_us = fmax(p->worst.p50_us, r->latency.p50_us);
    }
    if (p->latency.samples && r->latency.p50_us >= p->latency.p50_us)
        return;
    p->latency = r->latency;
    p->ack = r->ack;
}

/* "The partner is silent" is what the healthy side of a fault says: the other
 * side's words are worth more.
 */
static const struct fail *worse(const struct measure_result *of_a,
                                const struct measure_result *of_b)
{
    const struct fail *a = of_a->why.code ? &of_a->why : NULL;
    const struct fail *b = of_b->why.code ? &of_b->why : NULL;

    return a && (!b || a->code != FAIL_PARTNER) ? a : b;
}

static int note_failure(struct tally_pair *p, const struct fail *what, struct fail *why)
{
    char *text = strdup(what->text);

    if (!text)
        return fail_memory(why);
    free(p->text);
    p->text = text;
    p->code = what->code;
    p->failures++;
    return 0;
}

int tally_add(struct tally *t, size_t a, size_t b, bool alone,
              const struct measure_result *of_a, const struct measure_result *of_b,
              struct fail *why)
{
    struct tally_pair *p = tally_pair(t, a, b);
    const struct fail *what = worse(of_a, of_b);

    p->meetings++;
    p->alone += alone;
    if (what)
        return note_failure(p, what, why);
    keep_latency(p, alone, of_a);
    keep_gbps(p, TALLY_A_TO_B, alone, of_a);
    keep_gbps(p, TALLY_B_TO_A, alone, of_b);
    return 0;
}

const char *tally_word_name(enum tally_word word)
{
    static const char *const names[] = {
        [WORD_NOT_MEASURED] = "not-measured",
        [WORD_OK] = "ok",
        [WORD_SLOW] = "slow",
        [WORD_SLOW_A_TO_B] = "slow-a-to-b",
        [WORD_SLOW_B_TO_A] = "slow-b-to-a",
        [WORD_HIGH_LATENCY] = "high-latency",
        [WORD_FAILED] = "failed",
    };

    return names[word];
}
