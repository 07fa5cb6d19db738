#include "controller/rollout/blame.h"

#include "controller/fabric/finding.h"
#include "controller/fabric/member.h"
#include "controller/fabric/tally.h"
#include "controller/fabric/verdict.h"
#include "protocol/fail.h"

static bool is_somebody_new(const struct finding *f, const bool *was_good)
{
    for (size_t i = 0; i < f->who_count; i++)
        if (!was_good[f->who[i]])
            return true;
    return false;
}

static void hold_against(const struct finding *f, const bool *was_good, struct blame *all)
{
    bool spares = f->kind != FINDING_NODE && is_somebody_new(f, was_good);

    for (size_t i = 0; i < f->who_count; i++) {
        struct fail *why = &all[f->who[i]].why;

        if (!why->code && !(spares && was_good[f->who[i]]))
            fail_set(why, FAIL_FABRIC, "%s", f->text);
    }
}

static bool has_met(const struct tally *t, size_t n, size_t i)
{
    for (size_t j = 0; j < n; j++)
        if (j != i && tally_pair(t, i, j)->meetings)
            return true;
    return false;
}

static bool is_bad(enum tally_word word)
{
    return word != WORD_OK && word != WORD_NOT_MEASURED;
}

/* There are more findings than are told, so the pairs have to do. */
static void hold_pairs_against(const struct tally *t, size_t n, struct blame *all)
{
    for (size_t a = 0; a < n; a++)
        for (size_t b = a + 1; b < n; b++) {
            enum tally_word word = tally_pair(t, a, b)->word;

            if (!is_bad(word) || all[a].why.code || all[b].why.code)
                continue;
            fail_set(&all[a].why, FAIL_FABRIC, "one of many bad pairs: %s",
                     tally_word_name(word));
            all[b].why = all[a].why;
        }
}

void blame_all(const struct member *members, size_t n, const struct tally *t,
               const struct verdict *v, const bool *was_good, struct blame *all)
{
    for (size_t i = 0; i < n; i++)
        all[i] = (struct blame){.has_met = has_met(t, n, i), .why = members[i].why};
    for (size_t i = 0; i < v->findings.count; i++)
        if (v->findings.list[i].kind != FINDING_PASSING)
            hold_against(&v->findings.list[i], was_good, all);
    if (v->findings.unsaid)
        hold_pairs_against(t, n, all);
}
