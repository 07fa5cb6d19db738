#include "controller/fabric/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/fabric/absence.h"
#include "controller/fabric/alike.h"
#include "controller/fabric/capacity.h"
#include "controller/fabric/explain.h"
#include "controller/fabric/grid.h"
#include "controller/fabric/islands.h"
#include "controller/fabric/member.h"
#include "controller/fabric/retest.h"
#include "controller/fabric/robust.h"
#include "controller/fabric/sentence.h"
#include "controller/fabric/tally.h"
#include "protocol/fail.h"

#define NAMED_PAIRS 4 /* in a sentence about many */

/* What the parts below work on. */
struct bench {
    const struct member *members;
    size_t n;
    struct tally *t;
    struct grid failed, slow, late;
    struct verdict *v;
};

void verdict_free(struct verdict *v)
{
    if (!v)
        return;
    findings_clear(&v->findings);
    for (size_t i = 0; i < v->not_tested_count; i++)
        free(v->not_tested[i]);
    free(v->not_tested);
    free(v->suspects);
    free(v);
}

/* ---- one symptom after the other --------------------------------------------------- */

static int judge(struct bench *w, struct grid *g, struct fail *why)
{
    struct retest again = {w->members, w->n, w->t, w->v};
    struct culprits found;
    int result = explain(g, &found, why);

    for (size_t i = 0; result == 0 && i < found.count; i++)
        result = sentence_add(&w->v->findings, w->members, w->t, g, &found.list[i],
                              g->center, why);
    if (result == 0)
        result = retest_queue(&again, g, &found, why);
    free(found.list);
    return result;
}

static int judge_symptoms(struct bench *w, struct fail *why)
{
    struct grid_floors floors = grid_floors_of(w->members, w->n);

    if (grid_of_failures(w->t, &w->failed, why) < 0 || judge(w, &w->failed, why) < 0)
        return -1;
    if (grid_of_bandwidth(w->t, w->members, &floors, &w->slow, why) < 0 ||
        judge(w, &w->slow, why) < 0 ||
        alike_tell(w->members, &w->slow, floors.ceiling, &w->v->findings, why) < 0)
        return -1;
    if (grid_of_latency(w->t, &w->slow, &floors, &w->late, why) < 0 ||
        judge(w, &w->late, why) < 0)
        return -1;
    return 0;
}

/* ---- a word for each pair ---------------------------------------------------------- */

/* Worse than the others, or as bad as all of them. */
static bool is_slow(const struct grid *slow, size_t from, size_t to)
{
    return grid_is(slow, from, to, CELL_BAD) ||
           (slow->all_low && grid_is(slow, from, to, CELL_LOW));
}

static enum tally_word word_of(const struct bench *w, size_t a, size_t b)
{
    bool there = is_slow(&w->slow, a, b);
    bool back = is_slow(&w->slow, b, a);

    if (!grid_is(&w->failed, a, b, CELL_TESTED))
        return WORD_NOT_MEASURED;
    if (grid_is(&w->failed, a, b, CELL_BAD))
        return WORD_FAILED;
    if (there || back)
        return there && back ? WORD_SLOW : there ? WORD_SLOW_A_TO_B : WORD_SLOW_B_TO_A;
    return grid_is(&w->late, a, b, CELL_BAD) ? WORD_HIGH_LATENCY : WORD_OK;
}

static void set_words(struct bench *w)
{
    for (size_t a = 0; a < w->n; a++)
        for (size_t b = a + 1; b < w->n; b++) {
            struct tally_pair *p = tally_pair(w->t, a, b);

            p->word = word_of(w, a, b);
            w->v->pairs++;
            w->v->measured += p->word != WORD_NOT_MEASURED;
            w->v->bad += p->word != WORD_NOT_MEASURED && p->word != WORD_OK;
        }
}

/* ---- what has passed --------------------------------------------------------------- */

static bool has_passed(const struct tally_pair *p)
{
    return p->word == WORD_OK && (p->suspected || p->failures);
}

static int tell_passed(struct bench *w, struct fail *why)
{
    struct finding f = {.kind = FINDING_PASSING, .measured = NAN, .expected = NAN};
    char names[NAMED_PAIRS * 120] = "";
    size_t len = 0;

    for (size_t a = 0; a < w->n; a++)
        for (size_t b = a + 1; b < w->n; b++) {
            if (!has_passed(tally_pair(w->t, a, b)))
                continue;
            if (f.bad++ < NAMED_PAIRS && len < sizeof names)
                len += (size_t)snprintf(names + len, sizeof names - len, "%s%s-%s",
                                        len ? ", " : "", w->members[a].name,
                                        w->members[b].name);
        }
    if (!f.bad)
        return 0;
    f.tested = (unsigned)w->v->measured;
    f.advice = strdup("nothing to do; if it comes back, look for load on the nodes or "
                      "a shared uplink");
    if (asprintf(&f.text,
                 "%u pair%s slow or broken once and well when measured alone: %s%s",
                 f.bad, f.bad == 1 ? " was" : "s were", names,
                 f.bad > NAMED_PAIRS ? ", ..." : "") < 0)
        f.text = NULL;
    return findings_add(&w->v->findings, &f, why);
}

/* ---- all of it --------------------------------------------------------------------- */

static int judge_all(struct bench *w, struct fail *why)
{
    if (islands_tell(w->members, w->n, &w->v->findings, why) < 0 ||
        absence_tell(w->members, w->n, &w->v->findings, why) < 0 ||
        judge_symptoms(w, why) < 0)
        return -1;
    set_words(w);
    if (tell_passed(w, why) < 0 ||
        absence_tell_gaps(w->members, w->n, w->t, w->v, why) < 0)
        return -1;
    findings_sort(&w->v->findings);
    return 0;
}

/* The rate that most real members share, for the one number in the head line. */
static double usual_gbps(const struct bench *w)
{
    double scale = 1;

    for (size_t i = 0; i < w->n; i++)
        if (w->members[i].joined)
            scale = fmax(scale, capacity_scale_gbps(&w->members[i], &w->members[i]));
    return w->slow.center * scale;
}

/* Of the pairs that are neither slow beside others nor late, as it is shown for each. */
static double usual_us(const struct bench *w, struct fail *why)
{
    double *values = malloc((w->v->pairs + 1) * sizeof *values), usual = NAN;
    size_t count = 0;

    if (!values) {
        fail_memory(why);
        return NAN;
    }
    for (size_t a = 0; a < w->n; a++)
        for (size_t b = a + 1; b < w->n; b++)
            if (grid_is(&w->late, a, b, CELL_TESTED) &&
                !grid_is(&w->late, a, b, CELL_BAD))
                values[count++] = tally_pair(w->t, a, b)->latency.p50_us;
    usual = robust_median(values, count);
    free(values);
    return usual;
}

int verdict_judge(const struct member *members, size_t n, struct tally *t,
                  struct verdict **v, struct fail *why)
{
    struct bench w = {.members = members, .n = n, .t = t, .v = calloc(1, sizeof *w.v)};
    int result = -1;

    if (w.v)
        w.v->suspects = malloc(RETEST_ROOM * sizeof *w.v->suspects);
    if (w.v && w.v->suspects)
        result = judge_all(&w, why);
    else
        fail_memory(why);
    if (result == 0) {
        w.v->usual_gbps = usual_gbps(&w);
        w.v->usual_us = usual_us(&w, why);
        *v = w.v;
    } else {
        verdict_free(w.v);
    }
    grid_clear(&w.failed);
    grid_clear(&w.slow);
    grid_clear(&w.late);
    return result;
}
