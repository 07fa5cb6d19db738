#include "controller/fabric/absence.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/fabric/islands.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "protocol/fail.h"
#include "protocol/scope.h"

/* ---- who is not there -------------------------------------------------------------- */

static bool same_end(const struct member *a, const struct member *b)
{
    return a->joined == b->joined && a->why.code == b->why.code &&
           strcmp(a->why.text, b->why.text) == 0;
}

static const char *advice_for(const struct member *m)
{
    return m->why.code == FAIL_NO_HCA
               ? "bring it to a working RDMA stack (ibfleet rollout), then validate again"
               : "see why it cannot be reached, then validate again";
}

/* Those who ended as member i did, once for all of them. */
static int tell_like(const struct member *m, size_t n, size_t i,
                     struct findings *findings, struct fail *why)
{
    struct finding f = {.kind = FINDING_UNREACHABLE,
                        .symptom = SYMPTOM_FAILED,
                        .proved = true,
                        .measured = NAN,
                        .expected = NAN,
                        .who = calloc(n, sizeof *f.who)};
    CLEANUP(text_done) char *names = NULL;

    for (size_t j = i; f.who && j < n; j++)
        if (same_end(&m[i], &m[j]))
            f.who[f.who_count++] = j;
    if (f.who)
        names = finding_names(m, f.who, f.who_count);
    f.advice = strdup(advice_for(&m[i]));
    if (!names || asprintf(&f.text, "%s %s: %s", names,
                           m[i].joined ? "was lost while measuring" : "did not take part",
                           m[i].why.text) < 0)
        f.text = NULL;
    return findings_add(findings, &f, why);
}

int absence_tell(const struct member *members, size_t n, struct findings *findings,
                 struct fail *why)
{
    for (size_t i = 0; i < n; i++) {
        bool told = members[i].why.code == FAIL_NONE;

        for (size_t j = 0; !told && j < i; j++)
            told = same_end(&members[i], &members[j]);
        if (!told && tell_like(members, n, i, findings, why) < 0)
            return -1;
    }
    return 0;
}

/* ---- what was not measured --------------------------------------------------------- */

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

int absence_tell_gaps(const struct member *members, size_t n, const struct tally *t,
                      struct verdict *v, struct fail *why)
{
    static const char *const because[GAPS] = {
        [GAP_ABSENT] = "one of the two did not take part",
        [GAP_CONFIG] = "cannot talk by their configuration",
        [GAP_LOST] = "one of the two was lost before their turn",
        [GAP_HOPELESS] = "one of the two had failed with everybody before",
        [GAP_TIME] = "the measurement ended before their turn",
    };
    size_t gaps[GAPS] = {0};

    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++)
            if (tally_pair(t, a, b)->word == WORD_NOT_MEASURED)
                gaps[gap_of(&members[a], &members[b])]++;
    for (int i = 0; i < GAPS; i++)
        if (gaps[i] && add_gap(v, gaps[i], because[i], why) < 0)
            return -1;
    return 0;
}
