#include "controller/fabric/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/fabric/explain.h"
#include "controller/fabric/grid.h"
#include "controller/fabric/islands.h"
#include "controller/fabric/member.h"
#include "controller/fabric/robust.h"
#include "controller/fabric/sentence.h"
#include "controller/fabric/tally.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

#define MAX_SUSPECTS 4096 /* beyond it no retest helps: it is not a few */
#define NAMED_PAIRS  4    /* in a sentence about many                   */

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

/* ---- who is not there -------------------------------------------------------------- */

static bool same_end(const struct member *a, const struct member *b)
{
    return a->joined == b->joined && a->why.code == b->why.code &&
           strcmp(a->why.text, b->why.text) == 0;
}

/* Those who ended as member i did, once for all of them. */
static int tell_gone(struct bench *w, size_t i, struct fail *why)
{
    const struct member *m = w->members;
    struct finding f = {.kind = FINDING_UNREACHABLE,
                        .symptom = SYMPTOM_FAILED,
                        .proved = true,
                        .measured = NAN,
                        .expected = NAN,
                        .who = calloc(w->n, sizeof *f.who)};
    CLEANUP(text_done) char *names = NULL;

    for (size_t j = i; f.who && j < w->n; j++)
        if (same_end(&m[i], &m[j]))
            f.who[f.who_count++] = j;
    if (f.who)
        names = finding_names(m, f.who, f.who_count);
    f.advice = strdup("see why it cannot be reached, then validate again");
    if (!names || asprintf(&f.text, "%s %s: %s", names,
                           m[i].joined ? "was lost while measuring" : "did not take part",
                           m[i].why.text) < 0)
        f.text = NULL;
    return findings_add(&w->v->findings, &f, why);
}

static int tell_all_gone(struct bench *w, struct fail *why)
{
    for (size_t i = 0; i < w->n; i++) {
        bool told = w->members[i].why.code == FAIL_NONE;

        for (size_t j = 0; !told && j < i; j++)
            told = same_end(&w->members[i], &w->members[j]);
        if (!told && tell_gone(w, i, why) < 0)
            return -1;
    }
    return 0;
}

/* ---- what is to be measured again -------------------------------------------------- */

static bool can_meet_again(const struct bench *w, size_t a, size_t b)
{
    return w->members[a].why.code == FAIL_NONE && w->members[b].why.code == FAIL_NONE;
}

static unsigned retests_of(const struct grid *g)
{
    return g->symptom == SYMPTOM_FAILED ? VERDICT_FAILED_RETESTS : VERDICT_SLOW_RETESTS;
}

static unsigned probes_of(const struct grid *g)
{
    return g->symptom == SYMPTOM_FAILED ? VERDICT_FAILED_PROBES : VERDICT_SLOW_PROBES;
}

static void queue(struct bench *w, struct grid *g, size_t a, size_t b)
{
    struct verdict *v = w->v;

    if (v->suspect_count >= MAX_SUSPECTS || grid_is(g, a, b, CELL_QUEUED))
        return;
    tally_pair(w->t, a, b)->suspected = true;
    g->cells[a * w->n + b] |= CELL_QUEUED;
    g->cells[b * w->n + a] |= CELL_QUEUED;
    v->suspects[v->suspect_count++] = (struct verdict_pair){a < b ? a : b, a < b ? b : a};
}

static bool is_charged(const struct grid *g, const struct culprit *who, size_t j)
{
    return (who->side != SIDE_RECEIVING && grid_is(g, who->a, j, CELL_BAD)) ||
           (who->side != SIDE_SENDING && grid_is(g, j, who->a, CELL_BAD));
}

/* A few of the node's pairs stand for all: first those that have been begun with,
 * then those with partners that nothing is held against.
 */
static void queue_node(struct bench *w, struct grid *g, const struct culprit *who,
                       const bool *accused)
{
    unsigned probes = 0, wanted = retests_of(g), enough = probes_of(g);

    for (int turn = 0; turn < 4; turn++)
        for (size_t j = 0; j < w->n && probes < enough; j++) {
            unsigned alone;
            int turn_of_j;

            if (j == who->a || !is_charged(g, who, j) || !can_meet_again(w, who->a, j))
                continue;
            alone = tally_pair(w->t, who->a, j)->alone;
            turn_of_j = alone >= wanted ? 0 : alone ? 1 : !accused[j] ? 2 : 3;
            if (turn_of_j != turn)
                continue;
            probes++;
            if (turn > 0)
                queue(w, g, who->a, j);
        }
}

static void queue_culprit(struct bench *w, struct grid *g, const struct culprit *who,
                          const bool *accused)
{
    if (who->b == CULPRIT_NOBODY)
        queue_node(w, g, who, accused);
    else if (tally_pair(w->t, who->a, who->b)->alone < retests_of(g) &&
             can_meet_again(w, who->a, who->b))
        queue(w, g, who->a, who->b);
}

static bool is_innocent(const struct bench *w, const struct grid *g, size_t a, size_t b)
{
    return grid_is(g, a, b, CELL_TESTED) && !grid_is(g, a, b, CELL_BAD) &&
           !grid_is(g, b, a, CELL_BAD) && !tally_pair(w->t, a, b)->suspected &&
           can_meet_again(w, a, b);
}

static void queue_controls(struct bench *w, const struct grid *g)
{
    struct verdict *v = w->v;

    for (size_t a = 0; a < w->n; a++)
        for (size_t b = a + 1; b < w->n && v->control_count < VERDICT_CONTROLS; b++)
            if (is_innocent(w, g, a, b)) {
                v->suspects[v->suspect_count++] = (struct verdict_pair){a, b};
                v->control_count++;
            }
}

static int queue_all(struct bench *w, struct grid *g, const struct culprits *found,
                     struct fail *why)
{
    bool *accused = calloc(w->n ? w->n : 1, sizeof *accused);
    size_t before = w->v->suspect_count;

    if (!accused)
        return fail_memory(why);
    for (size_t i = 0; i < found->count; i++)
        if (found->list[i].b == CULPRIT_NOBODY)
            accused[found->list[i].a] = true;
    for (size_t i = 0; i < found->count; i++)
        queue_culprit(w, g, &found->list[i], accused);
    if (w->v->suspect_count > before && g->symptom != SYMPTOM_FAILED)
        queue_controls(w, g);
    free(accused);
    return 0;
}

/* ---- one symptom after the other --------------------------------------------------- */

static int judge(struct bench *w, struct grid *g, struct fail *why)
{
    struct culprits found;
    int result = explain(g, &found, why);

    for (size_t i = 0; result == 0 && i < found.count; i++)
        result = sentence_add(&w->v->findings, w->members, w->t, g, &found.list[i],
                              g->center, why);
    if (result == 0)
        result = queue_all(w, g, &found, why);
    free(found.list);
    return result;
}

static int tell_all_low(struct bench *w, double share, struct fail *why)
{
    struct finding f = {.kind = FINDING_FLEET,
                        .symptom = SYMPTOM_SLOW,
                        .proved = true,
                        .measured = w->slow.center,
                        .expected = share};

    if (!w->slow.all_low)
        return 0;
    f.advice = strdup("no single node is to blame: look at PCIe width, power profile, "
                      "relaxed ordering, IOMMU and MTU of all");
    if (asprintf(&f.text,
                 "all are alike and below what the link carries: %.0f %% of its rate, "
                 "at least %.0f %% of the payload ceiling is usual",
                 100 * w->slow.center, 100 * share) < 0)
        f.text = NULL;
    return findings_add(&w->v->findings, &f, why);
}

static int judge_symptoms(struct bench *w, struct fail *why)
{
    struct grid_floors floors = grid_floors_of(w->members, w->n);

    if (grid_of_failures(w->t, &w->failed, why) < 0 || judge(w, &w->failed, why) < 0)
        return -1;
    if (grid_of_bandwidth(w->t, w->members, &floors, &w->slow, why) < 0 ||
        judge(w, &w->slow, why) < 0 || tell_all_low(w, floors.ceiling, why) < 0)
        return -1;
    if (grid_of_latency(w->t, &w->slow, &floors, &w->late, why) < 0 ||
        judge(w, &w->late, why) < 0)
        return -1;
    return 0;
}

/* ---- a word for each pair ---------------------------------------------------------- */

static enum tally_word word_of(const struct bench *w, size_t a, size_t b)
{
    bool there = grid_is(&w->slow, a, b, CELL_BAD);
    bool back = grid_is(&w->slow, b, a, CELL_BAD);

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

/* ---- what has passed, and what was not looked at ----------------------------------- */

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

enum gap { GAP_ABSENT, GAP_CONFIG, GAP_LOST, GAP_HOPELESS, GAP_TIME, GAPS };

static enum gap gap_of(const struct member *a, const struct member *b)
{
    if (!a->joined || !b->joined)
        return GAP_ABSENT;
    if (!islands_can_meet(a, b))
        return GAP_CONFIG;
    if (a->why.code || b->why.code)
        return GAP_LOST;
    return a->given_up || b->given_up ? GAP_HOPELESS : GAP_TIME;
}

static int add_gap(struct verdict *v, size_t pairs, const char *because, struct fail *why)
{
    char **grown = reallocarray(v->not_tested, v->not_tested_count + 1, sizeof *grown);
    char *text;

    if (!grown)
        return fail_memory(why);
    v->not_tested = grown;
    if (asprintf(&text, "%zu pair%s: %s", pairs, pairs == 1 ? "" : "s", because) < 0)
        return fail_memory(why);
    v->not_tested[v->not_tested_count++] = text;
    return 0;
}

static int tell_gaps(struct bench *w, struct fail *why)
{
    static const char *const because[GAPS] = {
        [GAP_ABSENT] = "one of the two did not take part",
        [GAP_CONFIG] = "cannot talk by their configuration",
        [GAP_LOST] = "one of the two was lost before their turn",
        [GAP_HOPELESS] = "one of the two had failed with everybody before",
        [GAP_TIME] = "the measurement ended before their turn",
    };
    size_t gaps[GAPS] = {0};

    for (size_t a = 0; a < w->n; a++)
        for (size_t b = a + 1; b < w->n; b++)
            if (tally_pair(w->t, a, b)->word == WORD_NOT_MEASURED)
                gaps[gap_of(&w->members[a], &w->members[b])]++;
    for (int i = 0; i < GAPS; i++)
        if (gaps[i] && add_gap(w->v, gaps[i], because[i], why) < 0)
            return -1;
    return 0;
}

/* ---- all of it --------------------------------------------------------------------- */

static int judge_all(struct bench *w, struct fail *why)
{
    if (islands_tell(w->members, w->n, &w->v->findings, why) < 0 ||
        tell_all_gone(w, why) < 0 || judge_symptoms(w, why) < 0)
        return -1;
    set_words(w);
    if (tell_passed(w, why) < 0 || tell_gaps(w, why) < 0)
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
            scale = fmax(scale, grid_scale_gbps(&w->members[i], &w->members[i]));
    return w->slow.center * scale;
}

/* Of the good pairs, as it is shown for each. */
static double usual_us(const struct bench *w, struct fail *why)
{
    double *values = malloc((w->v->pairs + 1) * sizeof *values), usual = NAN;
    size_t count = 0;

    if (!values) {
        fail_memory(why);
        return NAN;
    }
    for (size_t a = 0; a < w->n; a++)
        for (size_t b = a + 1; b < w->n; b++) {
            const struct tally_pair *p = tally_pair(w->t, a, b);

            if (p->word == WORD_OK && p->latency.samples)
                values[count++] = p->latency.p50_us;
        }
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
        w.v->suspects = malloc((MAX_SUSPECTS + VERDICT_CONTROLS) * sizeof *w.v->suspects);
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
